"""Passes: files that let one role, and no other, into a cluster from another machine.

A record holds all secrets of a cluster; a pass those that its bearer needs: a worker its own, a
client that of workers too, since it fetches results from them as they do from each other.  Like a
record it is written for its owner alone, and not read when others could have written or read it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from treadle.comm.credentials import Credentials
from treadle.errors import ConfigError, RecordError

if TYPE_CHECKING:
    from treadle.feedserver.records import Record

ROLES: dict[str, tuple[str, ...]] = {"client": ("client", "worker"), "worker": ("worker",)}
"""What each is let in with."""

MAX_BYTES = 16_384

Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Content = TypeVar("Content")


class Pass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the file."""

    treadle_pass: Literal[1] = 1
    name: str
    cluster: str
    addresses: Annotated[list[str], Meta(min_length=1)]
    role: Literal["client", "worker"]
    secrets: dict[str, Hex]

    def __repr__(self) -> str:
        return f"Pass(name={self.name!r}, role={self.role!r})"

    @property
    def credentials(self) -> Credentials:
        """The secrets it holds."""
        return Credentials.revealed(self.cluster, self.secrets)

    @property
    def address(self) -> str:
        """The first address that can be meant here: a socket file of another machine can't.

        Raises
        ------
        ConfigError
            If there is none.
        """
        for address in self.addresses:
            path = address.removeprefix("unix://")
            if path == address or os.path.exists(path):
                return address
        raise ConfigError(
            f"{self.name} listens at {', '.join(self.addresses)}, which is on another machine; "
            "start it with --host"
        )


def make_pass(record: Record, role: str) -> bytes:
    """Return the content of a pass.

    Raises
    ------
    RecordError
        If the record has no secret for the role.
    """
    from treadle.deploy.records import credentials

    content = {
        "treadle_pass": 1,
        "name": record.name,
        "cluster": record.cluster,
        "addresses": record.addresses,
        "role": role,
        "secrets": credentials(record, *ROLES[role]).reveal(),
    }
    return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def write_pass(path: Path, content: bytes) -> None:
    """Write a pass that nobody else can read; an older file is not touched.

    Raises
    ------
    RecordError
        If it can't be written, or there is a file already.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with open(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise RecordError(f"can't write {path}: {error.strerror}") from error


def read_pass(path: Path) -> Pass:
    """Read a pass that its owner alone can have written.

    Raises
    ------
    RecordError
        If it can't be read, or can't be trusted, or is none.
    """
    found = _read(path, Pass, "a pass")
    if set(found.secrets) != set(ROLES[found.role]):
        raise RecordError(f"{path} is not a pass")
    return found


class _Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cluster's id and all its secrets, for a scheduler that is started again."""

    treadle_secrets: Literal[1] = 1
    cluster: str
    secrets: dict[str, Hex]

    def __repr__(self) -> str:
        return f"Secrets(cluster={self.cluster!r})"


def write_secrets(path: Path, credentials: Credentials) -> None:
    """Write all secrets of a cluster where nobody else can read them.

    Raises
    ------
    RecordError
        If that can't be done, or there is a file already.
    """
    kept = _Secrets(cluster=credentials.cluster, secrets=credentials.reveal())
    write_pass(path, msgspec.json.encode(kept) + b"\n")


def read_secrets(path: Path) -> Credentials:
    """Read what `write_secrets` wrote.

    Raises
    ------
    RecordError
        If it can't be read, or can't be trusted, or is something else.
    """
    kept = _read(path, _Secrets, "a file of secrets")
    try:
        credentials = Credentials.revealed(kept.cluster, kept.secrets)
    except ValueError:
        raise RecordError(f"{path} is not a file of secrets") from None
    if not (credentials.holds("client") and credentials.holds("worker")):
        raise RecordError(f"{path} lacks a secret")
    return credentials


def _read(path: Path, kind: type[Content], what: str) -> Content:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecordError(f"can't read {path}: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode) or len(data) > MAX_BYTES:
        raise RecordError(f"{path} is not {what}")
    if status.st_uid != os.geteuid():
        raise RecordError(f"{path} belongs to another user")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise RecordError(f"{path} is open to other users (mode {mode:04o}); make it 0600")
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordError(f"{path} is not {what}") from None  # and nothing of it is repeated
