"""Cluster records: one small file for each process that runs tasks and can be watched.

    <jupyter runtime dir>/treadle/<name>.json        directory 0700, file 0600

Whoever can read a record can watch its tasks, so it is written where only its owner can read it,
and not read when anybody else could have written it.  Written in full under another name, then
renamed: a reader never sees half of one.

    >>> is_name("kernel-0f3a9c21"), is_name("../x"), is_name("watch")
    (True, False, False)
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from treadle.errors import RecordError
from treadle.utils.secret import Secret

MAX_RECORD_BYTES = 16_384
SAME_START_SECONDS = 2.0
"""Start times of one process, told by two others, differ by their clocks' corrections."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RESERVED = {"watch"}  # a route of the relay


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record.  ``started`` is when the process began: pids are used again.

    A cluster's record tells where clients and workers connect, and holds the secrets that they
    show there.
    """

    version: Literal[1] = 1
    name: str
    kind: str
    label: str
    pid: Annotated[int, Meta(gt=0)]
    started: float
    host: Literal["127.0.0.1"] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)]
    observer_token: Secret
    instance: str
    kernel_id: str | None
    treadle: str
    addresses: list[str] = []
    client_secret: Secret | None = None
    worker_secret: Secret | None = None
    cluster: str = ""


def is_name(name: str) -> bool:
    """May a record be called that?"""
    return _NAME.fullmatch(name) is not None and name not in _RESERVED


def record_name(kind: str, kernel_id: str | None) -> str:
    """A name made of the kind and the first eight characters of the kernel's id, or of a new one.

    Examples
    --------
    >>> record_name("kernel", "0F3A9C21-7d11-4b0e-9a55-3f6f0c1f2a10")
    'kernel-0f3a9c21'
    """
    tail = re.sub(r"[^a-z0-9]", "", (kernel_id or "").lower())[:8] or secrets.token_hex(4)
    return f"{kind}-{tail}"


def records_directory() -> Path:
    """Where records lie; it need not exist."""
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / "treadle"


def make_directory(directory: Path) -> None:
    """Make the directory of records, or see that it is ours alone.

    Raises
    ------
    RecordError
        If it is open to others.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_directory(directory)


def write_record(record: Record, directory: Path) -> Path:
    """Write a record, over an older one of the same name.

    Raises
    ------
    RecordError
        If the directory isn't ours alone, or the name isn't allowed.
    """
    if not is_name(record.name):
        raise RecordError(f"{record.name!r} can't be the name of a cluster")
    make_directory(directory)
    path = directory / f"{record.name}.json"
    draft = directory / f".{record.name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(draft, flags, 0o600), "wb") as file:
        file.write(msgspec.json.encode(record, enc_hook=_reveal))
    os.replace(draft, path)
    return path


def check_free(name: str, directory: Path) -> None:
    """May a new process take this name?

    Raises
    ------
    RecordError
        If a process that runs has it, or it isn't allowed.
    """
    if not is_name(name):
        raise RecordError(f"{name!r} can't be the name of a cluster")
    path = directory / f"{name}.json"
    if path.exists():
        try:
            record = read_record(path)
        except RecordError:
            return  # what can't be read is nobody's
        if record.pid != os.getpid() and is_alive(record):
            raise RecordError(f"{name!r} is running already (process {record.pid})")


def read_record(path: Path) -> Record:
    """Read a record that its owner alone can have written.

    Raises
    ------
    RecordError
        If anybody else could have, or it isn't a record, or not that of its name.
    """
    # a link is not followed, and opening a pipe does not wait for its writer
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    _check_directory(path.parent)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RecordError(f"{path.name} is not a file")
            _check_owner(path, status)
            data = file.read(MAX_RECORD_BYTES + 1)
    except RecordError:
        raise
    except OSError as error:
        raise RecordError(f"can't read {path.name}: {error.strerror}") from error
    if len(data) > MAX_RECORD_BYTES:
        raise RecordError(f"{path.name} is longer than {MAX_RECORD_BYTES} bytes")
    try:
        record = msgspec.json.decode(data, type=Record, dec_hook=_conceal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{path.name} is not a record: {error}") from None
    if not is_name(record.name) or f"{record.name}.json" != path.name:
        raise RecordError(f"{path.name} holds the record of another name")
    return record


def list_records(directory: Path) -> list[Record]:
    """All records that can be trusted, by name; others are passed over."""
    records = []
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError:
        return []  # none was ever written
    for name in names:
        if name.endswith(".json") and is_name(name.removesuffix(".json")):
            try:
                records.append(read_record(directory / name))
            except RecordError:
                continue
    return records


def remove_record(record: Record, directory: Path) -> None:
    """Delete a record, unless another process has since taken its name."""
    path = directory / f"{record.name}.json"
    try:
        if read_record(path).instance == record.instance:
            path.unlink()
    except (RecordError, FileNotFoundError):
        pass  # gone, or not ours to touch


def process_started(pid: int) -> float | None:
    """When a process began, in epoch seconds; None when there is none."""
    if os.path.exists("/proc/stat"):
        return _started_on_linux(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def _started_on_linux(pid: int) -> float | None:
    """What psutil would say, without the time that it takes to be imported."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # the name, in brackets, may hold anything
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/stat", "rb") as file:
            boot = next(int(line[6:]) for line in file if line.startswith(b"btime "))
    except (OSError, StopIteration):
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def is_alive(record: Record) -> bool:
    """Does the very process that wrote the record still run?"""
    started = process_started(record.pid)
    return started is not None and abs(started - record.started) < SAME_START_SECONDS


def _check_directory(directory: Path) -> None:
    try:
        status = os.lstat(directory)
    except OSError as error:
        raise RecordError(f"can't read {directory}: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        raise RecordError(f"{directory} is not a directory")
    _check_owner(directory, status)


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not hasattr(os, "geteuid"):
        return  # Windows keeps profiles apart by itself
    if status.st_uid != os.geteuid():
        raise RecordError(f"{path} belongs to another user")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise RecordError(f"{path} is open to other users (mode {mode:04o}); make it 0700 or 0600")


def _reveal(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a record can't hold {type(value).__name__}")


def _conceal(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
        return Secret(value)
    raise ValueError("not a token")
