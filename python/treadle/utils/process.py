"""What the operating system offers for processes that must not outlive each other.

Knows nothing of clusters.  Where a system lacks something, the function says so by its answer and
does nothing: whoever calls has a second line of defence, the end of a connection.

>>> exit_text(0), exit_text(-9)
('exited with code 0', 'killed by signal 9 (SIGKILL)')
"""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36

_memory_limit = 0


def cpu_count() -> int:
    """Cores that this process may use: fewer than the machine has under ``taskset`` or cgroups.

    >>> cpu_count() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _cgroup_cores()
    return cores if quota is None else max(1, min(cores, quota))


def total_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or less where a cgroup says so.

    >>> total_memory() > 2**20
    True
    """
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in (
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ):
        text = _read(path)
        if text.isdigit():
            total = min(total, int(text))
    return total


def limit_memory(nbytes: int) -> None:
    """Say how many bytes this process is meant to use; 0 for as many as there are."""
    global _memory_limit
    _memory_limit = nbytes


def process_memory() -> int:
    """Bytes of memory that this process is meant to use.

    >>> process_memory() <= total_memory()
    True
    """
    total = total_memory()
    return min(_memory_limit, total) if _memory_limit else total


def exit_text(code: int) -> str:
    """Say how a process ended; ``code`` is its exit code, or minus the signal that killed it.

    >>> exit_text(3), exit_text(-11)
    ('exited with code 3', 'killed by signal 11 (SIGSEGV)')
    """
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"killed by signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"killed by signal {-code}"


def die_with_parent(parent: int, sig: int = signal.SIGKILL) -> bool:
    """Have this process killed as soon as its parent ends.  False where that can't be arranged.

    The kernel watches the *thread* that forked, so this is for children of processes that fork
    from their main thread and have no other.

    Parameters
    ----------
    parent : int
        The parent's pid.  If that is our parent no more, this process ends here and now.
    sig : int
        The signal that kills.
    """
    arranged = _prctl(_PR_SET_PDEATHSIG, sig)
    if os.getppid() != parent:
        os._exit(1)  # it ended before we could ask to be told
    return arranged


def adopt_orphans() -> bool:
    """Become the parent of descendants whose own parents end, so that they can be seen to end."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def set_process_name(name: str) -> bool:
    """Set the name that ``ps -o comm`` and ``top`` show: 15 bytes of it."""
    return _prctl(_PR_SET_NAME, name.encode()[:15])


def _prctl(option: int, argument: Any) -> bool:
    prctl = _find_prctl()
    return prctl is not None and prctl(option, argument, 0, 0, 0) == 0


@cache
def _find_prctl() -> Any:
    if sys.platform != "linux":
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "prctl", None)


def _cgroup_cores() -> int | None:
    """The quota of version 2, or of version 1, rounded up; None where there is none."""
    limit, _, period = _read("/sys/fs/cgroup/cpu.max").partition(" ")
    if not period:
        limit = _read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
        period = _read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    if not (limit.isdigit() and period.isdigit() and int(period)):
        return None  # "max", -1, or no such file
    return -(-int(limit) // int(period))


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
