"""How many workers, threads and bytes a local cluster gets when nobody says so.  Pure.

>>> plan(cores=8), plan(n_workers=3, cores=8), plan(threads_per_worker=2, cores=8)
((4, 2), (3, 3), (4, 2))
>>> memory_limit("auto", n_workers=4, total=16 * 2**30) == 4 * 2**30
True
"""

from __future__ import annotations

import math
import re

from treadle.errors import ConfigError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_UNITS |= {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "pi": 2**50}
_SIZE = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*([kmgtp]?i?)b?\s*", re.IGNORECASE)


def processes_and_threads(cores: int) -> tuple[int, int]:
    """Divide cores among processes and threads in them.

    Up to four cores each get a process; beyond, processes have several threads, fewer than there
    are processes.

    Examples
    --------
    >>> [processes_and_threads(cores) for cores in (1, 2, 4, 6, 8, 16, 64)]
    [(1, 1), (2, 1), (4, 1), (3, 2), (4, 2), (4, 4), (8, 8)]
    """
    if cores <= 4:
        return cores, 1
    processes = next(n for n in range(1, cores + 1) if cores % n == 0 and n * n >= cores)
    return processes, cores // processes


def plan(
    n_workers: int | None = None,
    threads_per_worker: int | None = None,
    *,
    cores: int,
    processes: bool = True,
) -> tuple[int, int]:
    """Return the number of workers and of threads in each.

    Raises
    ------
    ConfigError
        If what was asked for makes no sense.
    """
    for name, value in (("n_workers", n_workers), ("threads_per_worker", threads_per_worker)):
        least = 0 if name == "n_workers" else 1
        if value is not None and (not isinstance(value, int) or value < least):
            raise ConfigError(f"{name} must be a whole number from {least} on, not {value!r}")
    if n_workers is None and threads_per_worker is None:
        return processes_and_threads(cores) if processes else (1, cores)
    if n_workers is None:
        assert threads_per_worker is not None
        return (max(1, cores // threads_per_worker) if processes else 1), threads_per_worker
    if threads_per_worker is None:
        # rather a thread too many than a core without any
        threads_per_worker = max(1, math.ceil(cores / n_workers)) if n_workers else 1
    return n_workers, threads_per_worker


def parse_size(text: str) -> int:
    """Read a number of bytes.

    Examples
    --------
    >>> parse_size("4 GB"), parse_size("1.5GiB"), parse_size("1e6")
    (4000000000, 1610612736, 1000000)

    Raises
    ------
    ConfigError
        If it is none.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ConfigError(f"not a size in bytes: {text!r}; write it like '4 GB' or '512 MiB'")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def memory_limit(value: object, *, n_workers: int, total: int) -> int:
    """Return the bytes that each worker may use; 0 for no limit.

    Parameters
    ----------
    value : str, int, float or None
        "auto" is an equal part of ``total``; a float up to 1 that part of it; None no limit.
    n_workers : int
    total : int
        Bytes there are.

    Raises
    ------
    ConfigError
        If ``value`` is none of these.
    """
    if value is None or value == 0:
        return 0
    if value == "auto":
        return total // max(1, n_workers)
    if isinstance(value, str):
        return min(parse_size(value), total)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ConfigError(f"not a memory limit: {value!r}")
    if isinstance(value, float) and value <= 1:
        return int(value * total)
    return min(int(value), total)
