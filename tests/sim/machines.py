"""The two state machines as one bundle, taken from the package, or from a changed copy of it.

>>> machines = load()
>>> machines.scheduler().columns.ids
[]
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

PACKAGES = ("treadle.scheduling.scheduler", "treadle.scheduling.worker")


@dataclass(frozen=True)
class Mutant:
    """A change of one source file that must be noticed within ``seeds`` seeds from ``first`` on.

    ``old`` stands in the file exactly once.
    """

    name: str
    module: str
    old: str
    new: str
    seeds: int
    first: int = 0


@dataclass(frozen=True)
class Machines:
    """What a world is made of."""

    events: ModuleType
    instructions: ModuleType
    orders: ModuleType  # what a worker's state machine tells its shell
    scheduler: Callable[[], Any]
    worker: Callable[..., Any]
    fetches: Callable[..., Any]
    validate_worker: Callable[[Any], None]


def load(mutant: Mutant | None = None) -> Machines:
    """Return the machines of the package, or those of a copy that a mutant changes."""
    if mutant is None:
        return _bundle()
    with _fresh_modules(mutant):
        return _bundle()


def _bundle() -> Machines:
    def take(name: str) -> ModuleType:
        return importlib.import_module(f"treadle.scheduling.{name}")

    return Machines(
        events=take("scheduler.events"),
        instructions=take("scheduler.instructions"),
        orders=take("worker.instructions"),
        scheduler=take("scheduler.state").SchedulerState,
        worker=take("worker.state").WorkerState,
        fetches=take("worker.fetching").Fetches,
        validate_worker=take("worker.invariants").validate,
    )


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds the two packages, and changes the source of one module on its way in."""

    def __init__(self, mutant: Mutant):
        self.mutant = mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.mutant.module:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_file_location(name, found.origin, loader=self)

    def get_filename(self, name: str) -> str:
        return name

    def get_data(self, path: str) -> bytes:
        raise OSError(path)

    def get_source(self, name: str) -> str:
        found = importlib.machinery.PathFinder.find_spec(name, _folder(name))
        assert found is not None
        assert found.origin is not None
        with open(found.origin, encoding="utf-8") as file:
            source = file.read()
        mutant = self.mutant
        count = source.count(mutant.old)
        assert count == 1, f"{mutant.name}: what it changes stands {count} times in {name}"
        return source.replace(mutant.old, mutant.new)

    def get_code(self, name: str) -> Any:
        return compile(self.get_source(name), f"<mutant {self.mutant.name}>", "exec")


def _folder(name: str) -> list[str]:
    return list(importlib.import_module(name.rpartition(".")[0]).__path__)


@contextmanager
def _fresh_modules(mutant: Mutant) -> Iterator[None]:
    """Import both packages anew while it lasts; afterwards everything is as before."""
    mine = [name for name in sys.modules if name.startswith(PACKAGES)]
    before = {name: sys.modules.pop(name) for name in mine}
    parent = importlib.import_module("treadle.scheduling")
    finder = _Changed(mutant)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(PACKAGES)]:
            del sys.modules[name]
        sys.modules.update(before)
        for name in PACKAGES:
            if name in before:
                setattr(parent, name.rpartition(".")[2], before[name])
