"""What all collections share: compute, persist, visualize, annotate, and the protocol behind them.

A collection is an object that can add the nodes of its graph to a bigger one and make itself
again from results.  ``compute`` lowers all collections it is given into one graph, so what they
share runs once.

>>> import treadle
>>> one = treadle.delayed(1) + 1
>>> treadle.compute({"sum": one, "plain": "text"}, one)
({'sum': 2, 'plain': 'text'}, 2)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

from treadle import config
from treadle.engines import Engine, SchedulerLike, get_engine
from treadle.engines.base import RunState
from treadle.graph.dictgraph import table_from_dict
from treadle.graph.expr import add_collections
from treadle.graph.graph import Graph
from treadle.graph.optimize import fuse_linear
from treadle.graph.source import outside_caller
from treadle.graph.spec import DataNode
from treadle.graph.table import TaskTable, compile_graph
from treadle.types import Key


@runtime_checkable
class Collection(Protocol):
    """What makes an object a collection.  All methods are cheap and compute nothing."""

    def __treadle_lower__(self, graph: Graph) -> None:
        """Add the nodes of this collection to ``graph``, but none that is there already."""
        ...

    def __treadle_keys__(self) -> Any:
        """Return the keys of the results: one key, or nested lists of them."""
        ...

    def __treadle_postcompute__(self, results: Any) -> Any:
        """Make the concrete object out of results, nested as the keys are."""
        ...

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Any:
        """Make a collection of the same kind whose results are already there."""
        ...

    def __treadle_tokenize__(self) -> Hashable:
        """Return what tells this collection from all different ones."""
        ...


def is_treadle_collection(value: object) -> bool:
    """Tell whether ``value`` is a treadle collection, such as a ``Delayed``.

    Examples
    --------
    >>> import treadle
    >>> treadle.is_treadle_collection(treadle.delayed(1)), treadle.is_treadle_collection(1)
    (True, False)
    """
    return hasattr(type(value), "__treadle_lower__")


def compute(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: SchedulerLike = None,
    num_workers: int | None = None,
) -> tuple[Any, ...]:
    """Compute several collections at once, sharing what they have in common.

    Parameters
    ----------
    *args : object
        Collections, or builtin containers of them; anything else comes back as it is.
    traverse : bool, default True
        Look for collections inside lists, tuples, sets, dictionaries and dataclasses.
    optimize_graph : bool, default True
        Apply the optimisations that are switched on in the settings.
    scheduler : str, Client or Engine, optional
        ``"threads"``, ``"sync"``, ``"processes"``, the name of a cluster, or a client; without it
        the setting ``scheduler`` decides.
    num_workers : int, optional
        Tasks at once.

    Returns
    -------
    tuple
        One result an argument.

    Raises
    ------
    Exception
        What the failing task raised, with a note that names the task and its source line.
    UnknownSchedulerError, ConfigError
        For a scheduler or a number of workers that means nothing.

    Examples
    --------
    >>> import treadle
    >>> a = treadle.delayed(sum)([1, 2])
    >>> treadle.compute(a, [a, "text"])
    (3, [3, 'text'])
    """
    __tracebackhide__ = True
    engine = get_engine(scheduler, num_workers)
    collections, rebuild = _unpack(args, traverse)
    if not collections:
        return args
    keys, values, again = _run_mended(collections, engine, optimize_graph, "compute")
    results = [
        collection.__treadle_postcompute__(_nest(nested, values))
        for collection, nested in zip(collections, keys, strict=True)
    ]
    for collection, result in zip(again, results, strict=False):
        if hasattr(collection, "__treadle_mended__"):
            collection.__treadle_mended__(result)
    return tuple(rebuild(results))


def persist(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: SchedulerLike = None,
    num_workers: int | None = None,
) -> tuple[Any, ...]:
    """Compute collections and return collections of the same kind that hold their results.

    On a cluster, or on processes, results stay with the workers; what comes back stands on their
    futures, at once, and errors are raised when it is computed further.  Parameters and errors
    are those of :func:`compute`.

    Returns
    -------
    tuple
        One object an argument, its collections replaced.

    Examples
    --------
    >>> import treadle
    >>> (there,) = treadle.persist(treadle.delayed(sum)([1, 2]))
    >>> there.compute()
    3
    """
    __tracebackhide__ = True
    engine = get_engine(scheduler, num_workers)
    collections, rebuild = _unpack(args, traverse)
    if not collections:
        return args
    if hasattr(engine, "persist"):  # results stay where its workers are
        return tuple(rebuild(engine.persist(collections, optimize_graph)))
    _, values, _ = _run_mended(collections, engine, optimize_graph, "persist")
    nodes = {key: DataNode(key, value) for key, value in values.items()}
    return tuple(rebuild([collection.__treadle_postpersist__(nodes) for collection in collections]))


def visualize(
    *args: Any,
    filename: str | None = None,
    traverse: bool = True,
    optimize_graph: bool = False,
) -> Any:
    """Draw the graph of collections.

    Parameters
    ----------
    *args : object
        Collections, or containers of them.
    filename : str, optional
        Also write the picture there; ``.svg``, ``.json`` or ``.txt`` says how.
    traverse, optimize_graph : bool
        As for :func:`compute`.

    Returns
    -------
    GraphPicture
        Shows itself in a notebook; ``svg()``, ``json()`` and ``text()`` give its forms.

    Raises
    ------
    ValueError
        If there is no collection to draw, or the file name's ending is not known.

    Examples
    --------
    >>> import treadle
    >>> picture = treadle.visualize(treadle.delayed(sum)([1, 2]))
    >>> picture.svg().startswith("<svg")
    True
    """
    from treadle.graph.draw import graph_picture

    collections, _ = _unpack(args, traverse)
    if not collections:
        raise ValueError(
            "there is no treadle collection to draw; pass a Delayed, or a list of some"
        )
    table, _ = _compile(collections, optimize_graph)
    picture = graph_picture(table)
    if filename is not None:
        picture.save(filename)
    return picture


def get(
    graph: Mapping[Key, Any],
    keys: Any,
    scheduler: SchedulerLike = None,
    num_workers: int | None = None,
) -> Any:
    """Run a Dask-style graph: a dictionary of keys and tuples with a function in front.

    Parameters
    ----------
    graph : mapping
        ``{"x": 1, "y": (inc, "x"), "z": (sum, ["x", "y"])}``.
    keys : Key or (nested) list of Key
        Which results.
    scheduler, num_workers
        As for :func:`compute`.

    Returns
    -------
    object or tuple
        The result of one key; for a list of keys a tuple, nested alike.

    Raises
    ------
    MissingKeyError
        If a wanted key is not in the graph.
    CycleError
        If a task needs its own result.
    Exception
        What the failing task raised.

    Examples
    --------
    >>> import treadle
    >>> from operator import add
    >>> treadle.get({"x": 1, "y": (add, "x", 10)}, ["x", "y"])
    (1, 11)
    """
    __tracebackhide__ = True
    engine = get_engine(scheduler, num_workers)
    outputs = list(dict.fromkeys(_flatten(keys)))
    table = table_from_dict(graph, outputs, outside_caller())
    values = _run(table, engine, "get")
    nested = _nest(keys, values)
    return _as_tuples(nested) if isinstance(keys, list) else nested


# -- annotations ---------------------------------------------------------------------------------

_annotations: ContextVar[Mapping[str, Any] | None] = ContextVar("annotations", default=None)


@contextmanager
def annotate(**annotations: Any) -> Iterator[None]:
    """Give the tasks that are made inside the block wishes for the scheduler.

    Parameters
    ----------
    **annotations : object
        ``priority`` (higher runs earlier), ``retries`` (int), ``workers``, ``resources``,
        ``allow_other_workers``, and whatever else a scheduler understands.  Blocks nest; the inner
        one wins.  They are for clusters: the engines of one machine take no notice of them.

    Raises
    ------
    TypeError
        If ``retries`` or ``priority`` has the wrong type.

    Examples
    --------
    >>> import treadle
    >>> with treadle.annotate(retries=2):
    ...     flaky = treadle.delayed(max)(1, 2)
    """
    retries = annotations.get("retries", 0)
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise TypeError(f"retries must be a whole number, 0 or more, not {retries!r}")
    if not isinstance(annotations.get("priority", 0), (int, float)):
        raise TypeError(f"priority must be a number, not {annotations['priority']!r}")
    token = _annotations.set({**(_annotations.get() or {}), **annotations})
    try:
        yield
    finally:
        _annotations.reset(token)


def get_annotations() -> dict[str, Any]:
    """Return the annotations that a task made here would get."""
    return dict(_annotations.get() or {})


def current_annotations() -> Mapping[str, Any] | None:
    """Return the same without a copy; None when there are none.  For collections."""
    return _annotations.get()


# -- from collections to results -----------------------------------------------------------------


def _compile(
    collections: Sequence[Collection], optimize_graph: bool
) -> tuple[TaskTable, list[Any]]:
    """Return one table of all collections, and the (nested) keys of each."""
    graph = Graph()
    add_collections(collections, graph, fuse=optimize_graph)
    keys = [collection.__treadle_keys__() for collection in collections]
    outputs = list(dict.fromkeys(_flatten(keys)))
    if optimize_graph and config.get("optimization.fuse"):
        graph = fuse_linear(graph, outputs)
    return compile_graph(graph, outputs), keys


def _run_mended(
    collections: Sequence[Collection], engine: Engine, optimize_graph: bool, label: str
) -> tuple[list[Any], dict[Key, Any], Sequence[Collection]]:
    """Run collections, again if an error tells them how; also return those that ran again.

    An error with a true attribute ``mendable`` goes to ``__treadle_mend__`` of the collections
    that have it: they take in what it says of their data, and tell whether that changes them.
    """
    __tracebackhide__ = True
    again: Sequence[Collection] = ()
    while True:
        table, keys = _compile(collections, optimize_graph)
        try:
            return keys, _run(table, engine, label), again
        except Exception as error:
            if not getattr(error, "mendable", False):
                raise
            mends = [getattr(each, "__treadle_mend__", None) for each in collections]
            changed = [mend(error) for mend in mends if mend is not None]
            if not any(changed):
                raise
            again = collections


def _run(table: TaskTable, engine: Engine, label: str) -> dict[Key, Any]:
    """Run a table to its end under telemetry, and return the results of its outputs by key."""
    __tracebackhide__ = True
    if "treadle.cluster.client.future" in sys.modules:  # or there is no future in the world
        from treadle.cluster.client.bringing import bring_futures

        bring_futures(table, engine)
    if not config.get("telemetry"):
        results = engine.submit(table).result()
    else:
        results = _run_recorded(table, engine, label)
    return dict(zip(table.output_keys, results, strict=True))


def _run_recorded(table: TaskTable, engine: Engine, label: str) -> list[Any]:
    __tracebackhide__ = True
    from treadle.telemetry.hub import default_hub

    recorder = default_hub().open_run(label, engine.name)
    segment = recorder.add_table(table, engine.num_workers)
    state: RunState = "cancelled"
    try:
        run = engine.submit(table, segment=segment)
        run.wait()
        state = run.state
        return run.result()
    finally:
        recorder.close(state)


# -- nested containers ---------------------------------------------------------------------------


def _flatten(nested: Any) -> Iterator[Key]:
    """Yield the keys in nested lists."""
    if not isinstance(nested, list):
        yield nested
        return
    for item in nested:
        if isinstance(item, list):
            yield from _flatten(item)
        else:
            yield item


def _nest(nested: Any, values: Mapping[Key, Any]) -> Any:
    """Put values in the places of keys."""
    if isinstance(nested, list):
        return [_nest(item, values) for item in nested]
    return values[nested]


def _as_tuples(nested: Any) -> Any:
    return tuple(_as_tuples(item) if isinstance(item, list) else item for item in nested)


def _unpack(
    args: tuple[Any, ...], traverse: bool
) -> tuple[list[Collection], Callable[[list[Any]], list[Any]]]:
    """Find the collections in ``args``; also return what puts results in their places."""
    if all(map(is_treadle_collection, args)):
        return list(args), list  # nothing to look into

    from dataclasses import fields, is_dataclass

    collections: list[Collection] = []
    positions: dict[int, int] = {}

    def find(value: Any) -> Callable[[list[Any]], Any]:
        if is_treadle_collection(value):
            index = positions.setdefault(id(value), len(collections))
            if index == len(collections):
                collections.append(value)
            return lambda results: results[index]
        kind = type(value)
        if traverse and kind in (list, tuple, set, frozenset):
            items = [find(item) for item in value]
            return lambda results: kind(item(results) for item in items)
        if traverse and kind is dict:
            pairs = [(find(key), find(item)) for key, item in value.items()]
            return lambda results: {key(results): item(results) for key, item in pairs}
        if traverse and isinstance(value, tuple) and hasattr(value, "_fields"):
            items = [find(item) for item in value]
            return lambda results: kind(*(item(results) for item in items))
        if traverse and is_dataclass(value) and not isinstance(value, type):
            parts = {
                field.name: find(getattr(value, field.name))
                for field in fields(value)
                if field.init
            }
            return lambda results: kind(**{name: part(results) for name, part in parts.items()})
        return lambda results: value

    builders = [find(arg) for arg in args]
    return collections, lambda results: [build(results) for build in builders]
