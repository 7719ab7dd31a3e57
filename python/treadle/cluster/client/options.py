"""Wishes for single tasks: what `Client.submit` and annotations may say.

>>> task_options("big-box", None, 2, False)
TaskOptions(retries=2, priority=0.0, workers=['big-box'], allow_other=False, resources=None)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from treadle.protocol.messages import TaskOptions


def task_options(
    workers: str | Iterable[str] | None,
    resources: Mapping[str, float] | None,
    retries: int | None,
    allow_other_workers: bool,
) -> TaskOptions | None:
    """Return the wishes for a task, None if there are none."""
    if workers is None and not resources and not retries:
        if allow_other_workers:
            raise ValueError("allow_other_workers means something together with workers only")
        return None
    names = None if workers is None else [workers] if isinstance(workers, str) else list(workers)
    wanted = {name: float(amount) for name, amount in resources.items()} if resources else None
    return TaskOptions(retries or 0, 0.0, names, allow_other_workers, wanted)


def annotated(wishes: Mapping[str, Any], before: TaskOptions | None) -> TaskOptions | None:
    """Return the options that annotations mean, on top of others.

    >>> annotated({"retries": 2, "note": "mine"}, None).retries
    2
    """
    names = {"retries", "priority", "workers", "allow_other_workers", "resources"}
    if names.isdisjoint(wishes):
        return before
    before = before or TaskOptions()
    workers = wishes.get("workers", before.workers)
    if isinstance(workers, str):
        workers = [workers]
    resources = wishes.get("resources", before.resources)
    return TaskOptions(
        wishes.get("retries", before.retries),
        float(wishes.get("priority", before.priority)),
        None if workers is None else list(workers),
        bool(wishes.get("allow_other_workers", before.allow_other)),
        None if resources is None else {name: float(n) for name, n in resources.items()},
    )
