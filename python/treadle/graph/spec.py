"""The readable form of one node of a graph.

A graph maps keys to nodes, and a node is one of three things:

``Task(key, func, args, kwargs)``
    a call; wherever a ``TaskRef`` stands in its arguments (also inside lists, tuples, sets and
    dictionaries) the result of that key is put before the call
``DataNode(key, value)``
    a value that is already there
``Alias(key, target)``
    another name of a result

Only ``TaskRef`` means "result of"; a tuple or a string is data.

>>> from operator import add
>>> task = Task("y", add, (TaskRef("x"), 1))
>>> task.inputs
('x',)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from treadle.graph.source import UNKNOWN, Source
from treadle.graph.template import NO_REFERENCE, Template, make_template
from treadle.types import Key


class TaskRef:
    """Stands in the arguments of a task for the result of ``key``."""

    __slots__ = ("key",)

    def __init__(self, key: Key):
        self.key = key

    def __repr__(self) -> str:
        return f"TaskRef({self.key!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is TaskRef and other.key == self.key

    def __hash__(self) -> int:
        return hash((TaskRef, self.key))

    def __reduce__(self) -> tuple[type[TaskRef], tuple[Key]]:
        return TaskRef, (self.key,)


def references(keys: Any) -> Any:
    """Return the references to keys, in nested lists like theirs.

    >>> references(["x", ["y"]])
    [TaskRef('x'), [TaskRef('y')]]
    """
    return [references(key) for key in keys] if isinstance(keys, list) else TaskRef(keys)


class Task:
    """A call whose arguments may be results of other tasks.

    Parameters
    ----------
    key : Key
        Name of the result.
    func : callable
        What is called.
    args : tuple, optional
        Positional arguments; ``TaskRef`` anywhere in builtin containers is replaced by the result.
    kwargs : mapping, optional
        Keyword arguments, treated alike.
    source : Source, optional
        Where the call was written.
    annotations : mapping, optional
        Wishes for the scheduler, such as ``{"retries": 2}``.
    """

    __slots__ = ("_args", "_kwargs", "annotations", "func", "inputs", "key", "source", "template")

    #: Keys whose results the call takes, in the order in which the template asks for them.
    inputs: tuple[Key, ...]
    #: How inputs become arguments: see :mod:`treadle.graph.template`.
    template: Template | tuple[Any, ...] | None

    def __init__(
        self,
        key: Key,
        func: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        source: Source = UNKNOWN,
        annotations: Mapping[str, Any] | None = None,
    ):
        self.key = key
        self.func = func
        self._args = args
        self._kwargs = kwargs or {}
        self.source = source
        self.annotations = annotations
        self.inputs, self.template = make_template(args, self._kwargs, _key_of_reference)

    @property
    def args(self) -> tuple[Any, ...]:
        """Positional arguments as they were given."""
        return self._args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """Keyword arguments as they were given."""
        return self._kwargs

    def __call__(self, results: Mapping[Key, Any] | None = None) -> Any:
        """Run the task, taking inputs from ``results``.

        >>> Task("y", max, ([TaskRef("a"), TaskRef("b")],))({"a": 1, "b": 5})
        5
        """
        found = results or {}
        return call(self.func, self.template, [found[key] for key in self.inputs])

    def __repr__(self) -> str:
        name = getattr(self.func, "__name__", None) or type(self.func).__name__
        parts = [repr(arg) for arg in self._args]
        parts += [f"{name}={value!r}" for name, value in self._kwargs.items()]
        return f"<Task {self.key!r} {name}({', '.join(parts)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_task, (
            self.key, self.func, self._args, dict(self._kwargs), self.source, self.annotations,
        )  # fmt: skip


def _rebuild_task(
    key: Key,
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    source: Source,
    annotations: Mapping[str, Any] | None,
) -> Task:
    return Task(key, func, args, kwargs, source=source, annotations=annotations)


def call(
    func: Callable[..., Any], template: Template | tuple[Any, ...] | None, inputs: list[Any]
) -> Any:
    """Call ``func`` as its template says: the one definition of what a task does."""
    if template is None:
        return func(*inputs)
    if isinstance(template, tuple):
        return func(*template)
    return template.call(func, inputs)


class DataNode:
    """A value under a key."""

    __slots__ = ("key", "value")

    def __init__(self, key: Key, value: Any):
        self.key = key
        self.value = value

    def __repr__(self) -> str:
        return f"<DataNode {self.key!r} {type(self.value).__name__}>"


class Alias:
    """Another name of the result of ``target``."""

    __slots__ = ("key", "target")

    def __init__(self, key: Key, target: Key):
        self.key = key
        self.target = target

    def __repr__(self) -> str:
        return f"<Alias {self.key!r} of {self.target!r}>"


Node: TypeAlias = Task | DataNode | Alias


def _key_of_reference(value: Any) -> Any:
    """Tell a template's maker which values are references, and to what."""
    return value.key if type(value) is TaskRef else NO_REFERENCE
