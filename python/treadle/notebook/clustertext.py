"""How clusters and workers are described in the text of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.utils.format import nbytes


def workers_of(info: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the workers in what a scheduler tells about itself."""
    workers = info.get("workers", [])
    return list(workers.values()) if isinstance(workers, dict) else list(workers)


def workers_and_threads(info: dict[str, Any]) -> str:
    """Say how large a cluster is.

    >>> workers_and_threads({"workers": [{"nthreads": 2}, {"nthreads": 2}]})
    '2 workers, 4 threads'
    """
    workers = workers_of(info)
    threads = sum(worker["nthreads"] for worker in workers)
    return f"{_count(len(workers), 'worker')}, {_count(threads, 'thread')}"


def cluster_table(rows: Sequence[tuple[str, dict[str, Any], bool]]) -> str:
    """Return a table of clusters: name, what the scheduler tells, whether it is connected.

    >>> print(cluster_table([("lab", {"workers": [{"nthreads": 1}]}, True)]))
    cluster  workers
    lab      1 worker, 1 thread  connected
    """
    lines = [("cluster", "workers", "")]
    for name, info, is_connected in rows:
        size = info.get("error") or workers_and_threads(info)
        lines.append((name, str(size), "connected" if is_connected else ""))
    return _aligned(lines)


def worker_table(name: str, info: dict[str, Any]) -> str:
    """Return a cluster's workers, one a line, and what the scheduler is busy with.

    >>> worker = {"name": "worker-1", "nthreads": 1, "nbytes": 0, "processing": 0, "host": "here"}
    >>> print(worker_table("lab", {"workers": [worker]}))
    lab: 1 worker, 1 thread; nothing to do
    worker    host  threads  tasks  results
    worker-1  here  1        0      0 B
    """
    tasks = info.get("tasks", {})
    open_tasks = sum(
        tasks.get(state, 0) for state in ("waiting", "queued", "no-worker", "processing")
    )
    doing = f"{_count(open_tasks, 'task')} to do" if open_tasks else "nothing to do"
    head = f"{name}: {workers_and_threads(info)}; {doing}"
    lines = [("worker", "host", "threads", "tasks", "results")]
    for worker in sorted(workers_of(info), key=lambda each: str(each["name"])):
        lines.append(
            (
                str(worker["name"]),
                str(worker.get("host", "")),
                str(worker["nthreads"]),
                str(worker.get("processing", 0)),
                nbytes(worker.get("nbytes", 0)),
            )
        )
    return f"{head}\n{_aligned(lines)}" if len(lines) > 1 else head


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
