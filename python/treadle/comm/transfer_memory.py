"""Memory for what arrives, and the shortest way from another process of this machine.

``process_vm_readv`` copies out of the memory of another process of ours, with no socket in between:
one copy instead of two, at three times the speed.  Kernels and containers may forbid it, so both
sides try it on a few bytes when they connect.

Only the process that the kernel names as the peer of a UNIX socket is ever read: a peer can give
us its own memory, and nobody else's.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from treadle.errors import ConnectionClosed

#: From this size on NumPy makes room for a buffer: it asks for huge pages, and clears none.
NUMPY_BYTES = 1 << 20

_AT_ONCE = 1 << 28  # bytes a call may copy: a thread can be told to stop between two of them
_PR_SET_PTRACER = 0x59616D61


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _find_read() -> Any:
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        function = libc.process_vm_readv
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_ssize_t
    function.argtypes = (
        ctypes.c_int, ctypes.POINTER(_IoVec), ctypes.c_ulong,
        ctypes.POINTER(_IoVec), ctypes.c_ulong, ctypes.c_ulong,
    )  # fmt: skip
    return function


_read = _find_read()


def can_read_memory() -> bool:
    """Tell whether this system has the call at all."""
    return _read is not None


def make_room(nbytes: int) -> Any:
    """Return writable memory of ``nbytes``, uninitialised if that is cheaper."""
    if nbytes < NUMPY_BYTES:
        return bytearray(nbytes)
    import numpy  # only who receives something large needs it

    return numpy.empty(nbytes, numpy.uint8)


def address_of(view: memoryview) -> int:
    """Return the address of a buffer, which must be held while somebody reads it."""
    import numpy

    return int(numpy.frombuffer(view, numpy.uint8).__array_interface__["data"][0])


def read_memory(pid: int, address: int, into: memoryview) -> None:
    """Fill ``into`` from the memory of another process.

    Raises
    ------
    ConnectionClosed
        If the process is gone, or the address is not its own.
    """
    nbytes = into.nbytes
    base = ctypes.addressof(ctypes.c_char.from_buffer(into))
    done = 0
    while done < nbytes:
        length = min(nbytes - done, _AT_ONCE)
        here, there = _IoVec(base + done, length), _IoVec(address + done, length)
        copied = _read(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        if copied <= 0:
            reason = os.strerror(ctypes.get_errno()) if copied else "nothing was there"
            raise ConnectionClosed(f"process {pid} can't be read any more: {reason}")
        done += copied


def let_relatives_read() -> None:
    """Where only ancestors may read a process (Yama, level 1), let our parent's children do it.

    For a process whose parent started all of its cluster, and nothing else.
    """
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as file:
            restricted = file.read().strip() == "1"
        if restricted:
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(os.getppid()), 0, 0, 0)
    except (OSError, AttributeError):
        return  # no Yama here: nothing to allow
