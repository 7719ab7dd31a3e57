"""From what a user says to a connection: an address, a name, a cluster, or nothing.

None                a local cluster is started, and belongs to the client
LocalCluster        its address and secrets
"tcp://…"           with the secrets that were given, else those of the record that has it
"name"              the record of a cluster of this user
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.errors import CommError, ConfigError, ConnectError

if TYPE_CHECKING:
    from treadle.comm.base import Connection
    from treadle.comm.credentials import Credentials


@dataclass(slots=True)
class Found:
    """Where a cluster is, and how to get in."""

    addresses: list[str]
    credentials: Credentials
    cluster: Any = None
    owned: bool = False


def find_cluster(address: Any, credentials: Credentials | None, options: dict[str, Any]) -> Found:
    """Return the cluster that a user means; start one when nothing was said.

    Raises
    ------
    ConfigError
        If it is none, or its secrets are not known.
    RecordError
        If no cluster has this name.
    """
    if address is None:
        from treadle.deploy.local import LocalCluster

        cluster = LocalCluster(**options)
        return Found([cluster.address], cluster.credentials, cluster, owned=True)
    if options:
        raise TypeError(
            f"{', '.join(map(repr, options))} would start a cluster, and {address!r} is one already"
        )
    if isinstance(address, Path):
        return _passed(str(address))
    if not isinstance(address, str):
        if hasattr(address, "address") and hasattr(address, "credentials"):
            return Found([address.address], address.credentials, address)
        raise ConfigError(f"a cluster is an address, a name or a LocalCluster, not {address!r}")
    if "://" not in address and credentials is None:
        return _passed(address) if os.sep in address else _recorded(address)
    if credentials is None:
        return _recorded_at(address)
    return Found([address], credentials)


def _recorded(name: str) -> Found:
    from treadle.deploy import records

    record = records.find(name)
    return Found(list(record.addresses), records.credentials(record))


def _passed(path: str) -> Found:
    from treadle.deploy.passes import read_pass

    held = read_pass(Path(path))
    return Found(list(held.addresses), held.credentials)


def _recorded_at(address: str) -> Found:
    """Find the record that has an address: clusters of this user need no secret to be named."""
    from treadle.deploy import records

    for record in records.all_records():
        if address in record.addresses:
            return Found([address], records.credentials(record))
    raise ConfigError(
        f"no cluster of yours is at {address}: pass its secrets as credentials=, or its name"
    )


def open_connection(
    found: Found, role: str, timeout: float, insecure: bool = False
) -> tuple[Connection, str]:
    """Connect to the first address that answers; also return which that was.

    Raises
    ------
    ConnectError, HandshakeError
    """
    from treadle.comm.blocking import connect

    errors: list[CommError] = []
    for address in found.addresses:
        try:
            link = connect(address, found.credentials, role, timeout=timeout, insecure=insecure)
            return link, address
        except ConnectError as error:
            errors.append(error)
    if not errors:
        raise ConfigError("the cluster has no address to connect to")
    raise errors[0]
