"""The contract that every engine answers to.

An engine takes a table and runs it; a run is one table on its way::

    engine = get_engine("threads", num_workers=2)
    run = engine.submit(table)
    run.wait()
    values = run.result()

Blame is the same on every engine: when tasks fail, the failure is that of the lowest task number,
which is the one a serial run meets first; all tasks numbered below it have run, and their results
are in ``run.values``.
"""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from treadle.errors import RunCancelled
from treadle.graph.naming import function_name
from treadle.graph.source import UNKNOWN, Source
from treadle.graph.table import TaskTable
from treadle.telemetry.recorder import Segment

RunState: TypeAlias = Literal["running", "finished", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do beyond running a table; each claim has a contract test."""

    #: ``cancel()`` also stops tasks that are running Python code.
    cancel_running: bool = False
    #: Several tasks run at the same time.
    parallel: bool = False
    #: Tasks share this process's memory: they get and give the very objects, not copies.
    in_process: bool = True


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """The task that failed, and how.

    Attributes
    ----------
    number : int
        Its row in the table.
    exception : BaseException
        The very object the task raised, with its traceback.
    source : Source
        Where the task was written.
    traceback : TracebackType or None
        The task's own frames; None when it was a single call into C.
    """

    number: int
    exception: BaseException
    source: Source
    traceback: TracebackType | None = None


@runtime_checkable
class Engine(Protocol):
    """Runs tables."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def num_workers(self) -> int:
        """Tasks at once, at this moment."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do beyond running a table."""
        ...

    def submit(self, table: TaskTable, *, segment: Segment | None = None) -> Run:
        """Take a table to run; with a ``segment``, telemetry is recorded into it."""
        ...


class Run(ABC):
    """One table on its way; engines provide how it is waited for and cancelled.

    Attributes
    ----------
    table : TaskTable
    values : list
        Results by task number; only rows in ``table.outputs`` are kept.
    state : str
        "running", "finished", "failed" or "cancelled".
    failure : TaskFailure or None
        The lowest-numbered task that failed.
    """

    def __init__(self, table: TaskTable):
        self.table = table
        self.values: list[Any] = []
        self.state: RunState = "running"
        self.failure: TaskFailure | None = None

    @abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run ended, at most ``timeout`` seconds; tell whether it did.

        Never raises a task's error.  KeyboardInterrupt cancels the run and is raised.
        """

    @abstractmethod
    def cancel(self, force: bool = False) -> None:
        """Start nothing more; with ``force``, also stop tasks that run, where that is possible."""

    def peek(self, number: int) -> tuple[bool, Any]:
        """Tell whether a task is known to have ended well before the run has, and its result.

        The result is None unless the task is an output.  An engine need not know.
        """
        return False, None

    def result(self) -> list[Any]:
        """Wait, and return the results of ``table.outputs`` in their order.

        Raises
        ------
        BaseException
            What the failing task raised, with a note that says which task it was.
        RunCancelled
            If the run was cancelled.
        """
        __tracebackhide__ = True  # IPython and pytest show the user's frames only
        self.wait()
        if self.failure is not None:
            raise self.failure.exception.with_traceback(self.failure.traceback)
        if self.state == "cancelled":
            raise RunCancelled("the run was cancelled before its results were there; run it again")
        return [self.values[number] for number in self.table.outputs]

    def _failed(self, number: int, error: BaseException) -> None:
        """Record the failure that this run is blamed on."""
        table = self.table
        source = table.source(number)
        note = f"treadle: {describe_task(table, number)}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        error.__traceback__ = _from_the_task_on(error.__traceback__)
        self.failure = TaskFailure(number, error, source, error.__traceback__)
        self.state = "failed"


def _from_the_task_on(traceback: TracebackType | None) -> TracebackType | None:
    """Drop the frames of the engine itself, which come before those of the task."""
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        if not module.startswith(("treadle.engines.", "treadle.graph.")):
            break
        traceback = traceback.tb_next
    return traceback


def describe_task(table: TaskTable, number: int) -> str:
    """Say in one sentence which task this is, where it was written, and what it was given.

    >>> from treadle.graph.dictgraph import table_from_dict
    >>> describe_task(table_from_dict({"x": (divmod, 1, 0)}, ["x"]), 0)
    "task 'x' failed; call: divmod(1, 0)"
    """
    text = f"task {table.keys[number]!r} failed"
    source = table.source(number)
    if source is not UNKNOWN:
        text += f"; written at {source.short}"
        if source.text:
            text += f": {source.text}"
    return f"{text}; call: {_describe_call(table, number)}"


def _describe_call(table: TaskTable, number: int) -> str:
    short = _short_repr()
    inputs = [_Shown(f"<{table.keys[other]!r}>") for other in table.inputs[number]]
    template = table.templates[number]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    if template is None:
        args = list(inputs)
    elif isinstance(template, tuple):
        args = list(template)
    else:
        # Builders of nested calls would run user code: show only what is put in place directly.
        args = list(template.args)
        for position, value in zip(template.holes, inputs, strict=False):
            args[position] = value
        for position, _ in template.builders:
            args[position] = _Shown("...")
        kwargs = {**template.kwargs, **{name: _Shown("...") for name, _ in template.keywords}}
    parts = [short(arg) for arg in args[:8]]
    if len(args) > 8:
        parts.append(f"and {len(args) - 8} more")
    parts += [f"{name}={short(value)}" for name, value in kwargs.items()]
    return f"{function_name(table.function(number))}({', '.join(parts)})"


class _Shown:
    """Text that stands for a value."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _short_repr() -> Callable[[Any], str]:
    shortener = reprlib.Repr()
    shortener.maxother = shortener.maxstring = 60

    def short(value: Any) -> str:
        if isinstance(value, _Shown):
            return value.text
        if type(value) in (int, float, str, bytes, bool, type(None), list, tuple, dict, set):
            return shortener.repr(value)
        # The repr of an array or a frame can be long and slow: its type says enough.
        return f"<{type(value).__name__}>"

    return short
