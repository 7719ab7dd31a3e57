"""A file without a name, for pieces that don't fit in memory.

The file is unlinked as soon as it is open, so nothing is left of it whatever happens to the
process: the system frees its space when the last handle is gone. Pieces are written one after the
other and read by their place. What has been given up becomes a hole that takes no space, where the
system can do that; once all has been given up, the file is empty again.

>>> file = SpillFile()
>>> extent = file.write([b"some", b"bytes"])
>>> bytes(file.read(extent)[1])
b'bytes'
>>> file.close()
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from treadle.errors import SpillError

_ALIGNED = 64  # bytes: what Arrow likes its buffers to start at
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # of fallocate(2)


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a piece lies: its offset in the file, and the lengths of its buffers, in bytes."""

    offset: int
    lengths: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return sum(map(_padded, self.lengths))


class SpillFile:
    """Buffers on disk; any thread may write and read.

    Parameters
    ----------
    directory : str, optional
        Where the file is; the system's folder for temporary files by default.
    """

    def __init__(self, directory: str | None = None):
        self.directory = directory or tempfile.gettempdir()
        # Reentrant: the garbage collector may give an extent up wherever a thread is.
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._end = 0
        self._live = 0
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115
                prefix="treadle-spill-", dir=directory, buffering=0
            )
        except OSError as error:
            raise SpillError(self.directory, 0, str(error)) from error

    def write(self, buffers: Sequence[Any]) -> Extent:
        """Write buffers, and return where they are.

        Raises
        ------
        SpillError
            If there is no space; nothing has changed then.
        """
        extent = Extent(0, tuple(memoryview(buffer).nbytes for buffer in buffers))
        data = bytearray(extent.nbytes)
        place = 0
        for buffer, length in zip(buffers, extent.lengths, strict=True):
            data[place : place + length] = memoryview(buffer).cast("B")
            place += _padded(length)
        with self._lock:
            self._live += len(data)  # first, so that nothing given up meanwhile empties the file
            offset = self._end
            self._end = offset + len(data)
        try:
            self._write_at(memoryview(data), offset)
        except OSError as error:
            with self._lock:
                self._live -= len(data)
                self._shrink()
            raise SpillError(
                self.directory, len(data), error.strerror or str(error), _free_bytes(self.directory)
            ) from error
        return Extent(offset, extent.lengths)

    def read(self, extent: Extent) -> list[memoryview]:
        """Return the buffers of an extent; they may be written to."""
        data = memoryview(np.empty(extent.nbytes, np.uint8))  # type: ignore[arg-type]
        self._read_at(data, extent.offset)
        buffers = []
        place = 0
        for length in extent.lengths:
            buffers.append(data[place : place + length])
            place += _padded(length)
        return buffers

    def free(self, extent: Extent) -> None:
        """Give an extent up."""
        if self._pid != os.getpid():
            return  # the file of a parent, who still needs it
        with self._lock:
            self._live -= extent.nbytes
            self._shrink()
            if self._live and not self._file.closed:
                _punch(self._file.fileno(), extent.offset, extent.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes on disk that somebody may still read."""
        return self._live

    def close(self) -> None:
        """Give everything up."""
        self._file.close()

    def _shrink(self) -> None:
        """Free the space of the whole file once nobody needs any of it."""
        if self._live == 0 and not self._file.closed:
            self._end = 0
            self._file.truncate(0)

    def _write_at(self, data: memoryview, offset: int) -> None:
        if hasattr(os, "pwrite"):
            while data:
                written = os.pwrite(self._file.fileno(), data, offset)
                data, offset = data[written:], offset + written
            return
        with self._lock:  # Windows has no place of its own for each write
            self._file.seek(offset)
            while data:
                data = data[self._file.write(data) :]

    def _read_at(self, data: memoryview, offset: int) -> None:
        if hasattr(os, "preadv"):
            while data:
                count = os.preadv(self._file.fileno(), [data], offset)
                if count == 0:
                    raise SpillError(self.directory, len(data), "the file ends too early")
                data, offset = data[count:], offset + count
            return
        with self._lock:
            self._file.seek(offset)
            while data:
                count = self._file.readinto(data)
                if not count:
                    raise SpillError(self.directory, len(data), "the file ends too early")
                data = data[count:]


def _punch(descriptor: int, offset: int, nbytes: int) -> None:
    """Free the space of a part of a file, if the system can; what is written there later counts."""
    fallocate = _fallocate()
    if fallocate is not None:
        fallocate(descriptor, _KEEP_SIZE | _PUNCH_HOLE, offset, nbytes)


@cache
def _fallocate() -> Any:
    """Linux's call, which Python has only in its POSIX form, without holes."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found = ctypes.CDLL(None).fallocate64
    except (OSError, AttributeError):
        return None
    found.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return found


def _padded(length: int) -> int:
    return -(-length // _ALIGNED) * _ALIGNED


def _free_bytes(directory: str) -> int | None:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return None
