"""Who may be what: the secrets of a cluster, one for each role that needs its own.

    role        secret     may
    client      client     submit, fetch, manage
    manager     client     scale, stop and ask; speaks no pickles, so its Python may be any
    worker      worker     register, run tasks, serve and fetch data
    task        worker     act as a client from inside a task
    observer    observer   look

Who holds only the worker secret can't pose as a client, and the other way round.  What proves a
secret is never the secret itself: keys are derived for each role and cluster.

>>> everything = Credentials.new("abc")
>>> everything
Credentials(cluster='abc', roles=('client', 'manager', 'observer', 'task', 'worker'))
>>> everything.only("worker")
Credentials(cluster='abc', roles=('task', 'worker'))
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Literal

from treadle.utils.secret import Secret, new_secret

Role = Literal["client", "worker", "task", "observer", "manager"]

#: Which secret proves a role.
SECRET_OF: dict[str, str] = {
    "client": "client",
    "manager": "client",
    "observer": "observer",
    "task": "worker",
    "worker": "worker",
}

_SECRET = re.compile(r"[0-9a-f]{64}")


class Credentials:
    """The secrets of one cluster that this process holds.

    Parameters
    ----------
    cluster : str
        The cluster's id.  Keys differ from cluster to cluster even if secrets should not.
    secrets : dict
        From "client", "worker" and "observer" to their `Secret`; any of them may be missing.

    Examples
    --------
    >>> credentials = Credentials.new("abc").only("client")
    >>> credentials.holds("client"), credentials.holds("worker")
    (True, False)
    """

    __slots__ = ("_secrets", "cluster")

    def __init__(self, cluster: str, secrets: Mapping[str, Secret]):
        for name, secret in secrets.items():
            if name not in SECRET_OF.values():
                raise ValueError(f"no role has the secret {name!r}")
            if not _SECRET.fullmatch(secret.reveal()):
                raise ValueError(f"the {name} secret is not 64 digits in hex")
        self.cluster = cluster
        self._secrets = dict(secrets)

    @classmethod
    def new(cls, cluster: str) -> Credentials:
        """Fresh secrets for all roles of a new cluster."""
        return cls(cluster, {name: new_secret() for name in sorted(set(SECRET_OF.values()))})

    @property
    def secrets(self) -> dict[str, Secret]:
        """The secrets by name, for a record or for a child process."""
        return dict(self._secrets)

    @property
    def roles(self) -> tuple[str, ...]:
        """What a process with these can be."""
        return tuple(role for role, name in SECRET_OF.items() if name in self._secrets)

    def holds(self, role: str) -> bool:
        """Is there a secret for this role?"""
        return SECRET_OF.get(role) in self._secrets

    def only(self, *names: str) -> Credentials:
        """Those of these secrets ("client", "worker", "observer") that somebody may be given."""
        return Credentials(self.cluster, {name: self._secrets[name] for name in names})

    def key_for(self, role: str) -> bytes:
        """The key that proves a role in this cluster: 32 bytes.

        Raises
        ------
        KeyError
            If the role, or its secret, is unknown here.
        """
        secret = self._secrets[SECRET_OF[role]]
        # HKDF (RFC 5869) with one block: extract, then expand for this role and cluster.
        seed = hmac.digest(b"treadle handshake 1", bytes.fromhex(secret.reveal()), hashlib.sha256)
        purpose = role.encode() + b"\0" + self.cluster.encode() + b"\x01"
        return hmac.digest(seed, purpose, hashlib.sha256)

    def reveal(self) -> dict[str, str]:
        """The bare secrets by name: only for a private pipe to a child process."""
        return {name: secret.reveal() for name, secret in self._secrets.items()}

    @classmethod
    def revealed(cls, cluster: str, secrets: Mapping[str, str]) -> Credentials:
        """Credentials from what `reveal` gave."""
        return cls(cluster, {name: Secret(text) for name, text in secrets.items()})

    def __repr__(self) -> str:
        return f"Credentials(cluster={self.cluster!r}, roles={self.roles})"
