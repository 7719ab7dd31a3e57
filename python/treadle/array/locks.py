"""A lock that can be sent to other processes, and is the same lock there."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import uuid
from types import TracebackType
from typing import Any
from weakref import WeakValueDictionary

if sys.platform != "win32":  # there, a lock is one for the threads of a process only
    import fcntl


class SerializableLock:
    """A lock that copies and pickles share, within a process and between those of one machine.

    Between processes it is a lock on a file in the folder for temporary files.

    Parameters
    ----------
    token : str, optional
        Locks with the same token are one lock.

    Examples
    --------
    >>> import pickle
    >>> lock = SerializableLock("the one")
    >>> with lock:
    ...     pickle.loads(pickle.dumps(lock)).locked()
    True
    """

    def __init__(self, token: str | None = None):
        self.token = token or uuid.uuid4().hex
        self._local = _thread_lock(self.token)

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; wait for it unless told not to."""
        if not self._local.lock.acquire(blocking):
            return False
        if sys.platform == "win32":
            return True
        file = os.open(self._path(), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if blocking else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException as error:
            os.close(file)
            self._local.lock.release()
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._local.file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        file, self._local.file = self._local.file, None
        if file is not None:
            os.close(file)  # which unlocks it
        self._local.lock.release()

    def locked(self) -> bool:
        """Tell whether a thread of this process has the lock."""
        return self._local.lock.locked()

    def _path(self) -> str:
        folder = os.path.join(tempfile.gettempdir(), f"treadle-locks-{os.getuid()}")
        os.makedirs(folder, 0o700, exist_ok=True)
        return os.path.join(folder, uuid.uuid5(uuid.NAMESPACE_OID, self.token).hex)

    def __enter__(self) -> SerializableLock:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def __reduce__(self) -> tuple[Any, ...]:
        return SerializableLock, (self.token,)

    def __repr__(self) -> str:
        return f"<SerializableLock {self.token}>"


class _Local:
    """What all locks of one token share in a process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.file: int | None = None


_locals: WeakValueDictionary[str, _Local] = WeakValueDictionary()
_guard = threading.Lock()


def _thread_lock(token: str) -> _Local:
    with _guard:
        found = _locals.get(token)
        if found is None:
            found = _locals[token] = _Local()
        return found
