"""Runs one cell twice, serially and under ``%%parallel``, and tells what differs."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import io
import itertools
import random
import traceback
import types
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
from IPython.core.interactiveshell import InteractiveShell

from treadle.engines import Engine, get_engine
from treadle.notebook.cell.parse import parse_cell
from treadle.notebook.cell.run import CellOptions, Run, run_cell, run_plain

from .elsewhere import ElsewhereEngine

_ATOMS = (int, float, complex, str, bytes, bool, type(None), range, np.generic, PurePath)
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_serial = itertools.count()


@dataclass
class Outcome:
    """Everything of a run that the serial law speaks of."""

    names: dict[str, Any]
    printed: str
    error: tuple[Any, ...] | None
    result: Any
    run: Run | None = field(default=None, compare=False)
    exception: BaseException | None = field(default=None, compare=False)


MODES = {
    "sync": {"engine": "sync", "min_task": 0.0},
    "threads": {"engine": "threads", "min_task": 0.0},
    # loops hand over to their plain form almost at once, and calls count as cheap
    "plain-loops": {"engine": "sync", "min_task": 1e9, "idle_limit": 4, "held_limit": 9},
    "processes": {"engine": "elsewhere", "min_task": 0.0},
    "gated": {"engine": "threads", "min_task": 0.0002, "idle_limit": 40, "held_limit": 90},
}


def shell() -> InteractiveShell:
    """The one shell of the test process."""
    made = InteractiveShell.instance()
    made.automagic = False  # `load(3)` is a call here
    return made


elsewhere = ElsewhereEngine()
atexit.register(elsewhere.close)

_compiled: dict[str, types.CodeType] = {}


def prepare(setup: str) -> dict[str, Any]:
    """Return a namespace in which ``setup`` was run, with its source to be found."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    if setup not in _compiled:
        filename = shell().compile.cache(setup, next(_serial), raw_code=setup)
        _compiled[setup] = compile(setup, filename, "exec", dont_inherit=True)
    exec(_compiled[setup], namespace)
    return namespace


def run_serially(setup: str, body: str) -> Outcome:
    """Run a cell as Python does."""
    namespace = prepare(setup)
    cell = parse_cell(shell(), "%%parallel", body)
    printed = io.StringIO()
    error, result = None, None
    with contextlib.redirect_stdout(printed):
        try:
            result = run_plain(cell.plain, cell.tree, namespace)
        except BaseException as raised:
            error = raised
    return _outcome(namespace, printed.getvalue(), error, result, cell.filename)


def run_in_parallel(setup: str, body: str, mode: str, engine: Engine | None = None) -> Outcome:
    """Run a cell under ``%%parallel``."""
    options = dict(MODES[mode])
    name = options.pop("engine")
    if engine is None:
        engine = (
            elsewhere if name == "elsewhere" else get_engine(name, 3 if mode == "threads" else 2)
        )
    namespace = prepare(setup)
    cell = parse_cell(shell(), "%%parallel", body)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run, _ = run_cell(cell, namespace, CellOptions(engine, **options), lambda: None)
    outcome = _outcome(namespace, printed.getvalue(), run.error, run.result, cell.filename)
    outcome.run = run
    return outcome


def _outcome(
    namespace: dict[str, Any],
    printed: str,
    error: BaseException | None,
    result: Any,
    filename: str,
) -> Outcome:
    describe = Describer()
    names = {
        name: describe(value)
        for name, value in sorted(namespace.items())
        if not name.startswith("__") or name == "__annotations__"
    }
    told = None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        # comprehensions may be taken apart, and are no frames at all from Python 3.12 on; how often
        # a recursion fits on the stack depends on what is on it
        ours = dict.fromkeys(
            (f.name, f.lineno)
            for f in frames
            if f.filename.startswith("<ipython") and f.name not in _COMPREHENSIONS
        )
        ours = list(ours)
        told = (type(error).__name__, str(error), ours)
        if error.__context__ is not None:
            told += (type(error.__context__).__name__,)
    return Outcome(names, printed, told, describe(result), exception=error)


class Describer:
    """Describes values and who is the same as whom: equal descriptions mean equal worlds."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._owners: dict[int, int] = {}
        self._alive: list[Any] = []

    def __call__(self, value: Any) -> Any:
        if isinstance(value, _ATOMS):
            return (type(value).__name__, repr(value))
        if type(value) is tuple and all(isinstance(item, _ATOMS) for item in value):
            return ("tuple", repr(value))
        if isinstance(value, types.ModuleType | type | types.BuiltinFunctionType):
            return (type(value).__name__, value.__name__)
        if isinstance(value, random.Random):
            return ("Random", value.getstate()[1][:3])
        if id(value) in self._seen:
            return ("same as", self._seen[id(value)])
        self._seen[id(value)] = len(self._seen)
        self._alive.append(value)
        kind = type(value).__name__
        if isinstance(value, list | tuple):
            return (kind, [self(item) for item in value])
        if isinstance(value, dict):
            return (kind, [(self(key), self(item)) for key, item in value.items()])
        if isinstance(value, set | frozenset):
            return (kind, sorted(repr(self(item)) for item in value))
        if kind == "ndarray":
            owner = value  # of its memory; arrays that came from elsewhere have a buffer below it
            while isinstance(owner.base, type(value)):
                owner = owner.base
            self._alive.append(owner)
            number = self._owners.setdefault(id(owner), len(self._owners))
            return (kind, str(value.dtype), value.tolist(), "memory", number)
        if kind in ("DataFrame", "Series"):
            return (kind, value.to_csv(), str(getattr(value, "dtypes", "")))
        if hasattr(value, "__next__"):
            return (kind,)
        if isinstance(value, BaseException):
            return (kind, str(value))
        if callable(value):
            return (kind, getattr(value, "__qualname__", kind))
        if hasattr(value, "__dict__"):
            return (kind, [(name, self(item)) for name, item in vars(value).items()])
        return (kind, repr(value) if "0x" not in repr(value) else "")
