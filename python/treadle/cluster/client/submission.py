"""From calls and tables to the messages that carry them.

    arguments ── futures and large values become inputs ──> templates ──> bytes
    rows ── columns ── cut to messages of 20,000 rows or 7 MB ──> SubmitGraph ...

A value of more than 1 MB that several tasks of one call take becomes a task of its own, so that it
is shipped once; one that no message should carry goes to a worker directly, as `scatter` does it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from treadle.cluster.client.future import Future
from treadle.cluster.client.session import Session
from treadle.graph.naming import function_name
from treadle.graph.template import NO_REFERENCE, Template, make_template
from treadle.protocol.messages import FunctionSpec, SubmitGraph, TaskOptions
from treadle.protocol.serialize import dumps_function
from treadle.utils.sizeof import sizeof

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

#: Types of values that are small and hold no other value: nothing to look into.
ATOMS = frozenset((int, float, complex, bool, type(None)))
SMALL = ATOMS | {str, bytes}
_CONTAINERS = (list, tuple, dict, set, frozenset)

#: One message holds at most this many rows, and about this many bytes of arguments.
MAX_ROWS = 20_000
MAX_BYTES = 7_000_000

#: Bytes from which on a value that several tasks of a call take is shipped once for all.
LARGE = 1_000_000

#: Bytes from which on people are told of a better way.
HUGE = 10_000_000

#: Bytes of a function or a row that no frame can carry.
LIMIT = 48_000_000


@dataclass(slots=True)
class Columns:
    """Rows on their way: the columns of `SubmitGraph`, of any length."""

    keys: list[str]
    functions: list[FunctionSpec]  # blobs are all there
    function: list[int]
    args: list[bytes]
    inputs: list[tuple[int, ...]]
    wanted: list[int] | range
    watch: bool = False
    run: str = ""
    label: str = ""
    groups: list[str] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    priority: float = 0.0
    options: dict[int, TaskOptions] = field(default_factory=dict)
    definitions: dict[int, bytes] = field(default_factory=dict)


def function_spec(func: Callable[..., Any]) -> FunctionSpec:
    """Return what names a function on the wire, with its pickle.

    Raises
    ------
    UnpicklableError
        If it can't travel.
    ValueError
        If it holds more than a message can.
    """
    name = function_name(func)[:1000]
    digest, blob = dumps_function(func)
    if len(blob) > HUGE:
        _check_size(func, name, len(blob))
    return FunctionSpec(digest, name, blob)


def _check_size(func: Callable[..., Any], name: str, size: int) -> None:
    """Tell of a function that carries too much, and of what it carries."""
    from treadle.cluster.client.carried import largest_captured

    culprit = largest_captured(func)
    what = f"; most of it is {culprit}" if culprit else ""
    text = f"the function {name} carries {size / 1e6:.0f} MB{what}"
    hint = "pass large values as arguments: client.scatter(value), then the future"
    if size > LIMIT:
        raise ValueError(f"{text}, more than a message can hold; {hint}")
    warnings.warn(f"{text}; {hint}", stacklevel=5)


def send(session: Session, base: int, columns: Columns) -> None:
    """Send rows whose first has the handle ``base``, in as many messages as they need.

    Raises
    ------
    ClientClosed, SchedulerLost
    """
    if len(columns.keys) <= MAX_ROWS and sum(map(len, columns.args)) <= MAX_BYTES:
        wanted = columns.wanted
        message = SubmitGraph(
            base, columns.keys, columns.functions, columns.function, columns.args,
            columns.inputs, wanted if type(wanted) is list else list(wanted), columns.watch,
            columns.run, columns.label, columns.groups, columns.group, columns.priority,
            columns.options, columns.definitions,
        )  # fmt: skip
        _send_message(session, message)
        return
    wanted_rows = set(columns.wanted)
    for begin, end in cuts(columns.args):
        rows = range(begin, end)
        function, functions = _used(columns.function[begin:end], columns.functions)
        group, groups = _used(columns.group[begin:end], columns.groups)
        message = SubmitGraph(
            base + begin, columns.keys[begin:end], functions, function, columns.args[begin:end],
            columns.inputs[begin:end], [n - begin for n in rows if n in wanted_rows],
            columns.watch, columns.run, columns.label, groups, group, columns.priority,
            {n - begin: columns.options[n] for n in rows if n in columns.options},
            {n - begin: columns.definitions[n] for n in rows if n in columns.definitions},
        )  # fmt: skip
        _send_message(session, message)


def cuts(args: list[bytes], rows: int = MAX_ROWS, nbytes: int = MAX_BYTES) -> Iterator[Any]:
    """Yield (begin, end) of each message.

    >>> list(cuts([b"12", b"3456", b"7", b"8"], rows=3, nbytes=4))
    [(0, 1), (1, 2), (2, 4)]
    """
    begin = size = 0
    for number, blob in enumerate(args):
        if number > begin and (number - begin >= rows or size + len(blob) > nbytes):
            yield begin, number
            begin, size = number, 0
        size += len(blob)
    yield begin, len(args)


def _used(positions: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    """Return the same choice from only those values that are chosen at all."""
    if len(values) == 1:
        return positions, values
    places: dict[int, int] = {}
    positions = [places.setdefault(position, len(places)) for position in positions]
    return positions, [values[position] for position in places]


def _send_message(session: Session, message: SubmitGraph) -> None:
    """Send one message; the pickles of functions only where the scheduler has not seen them."""
    known = session.known_functions
    if known.issuperset([spec.digest for spec in message.functions]):
        session.send(_without_blobs(message, known))
        return
    # Whoever names a digest alone must be behind the one who sends its pickle.
    with session.order:
        session.send(_without_blobs(message, known))
        known.update([spec.digest for spec in message.functions])


def _without_blobs(message: SubmitGraph, known: set[bytes]) -> SubmitGraph:
    specs = [
        FunctionSpec(spec.digest, spec.name, None) if spec.digest in known else spec
        for spec in message.functions
    ]
    return replace(message, functions=specs)


# -- arguments ------------------------------------------------------------------------------------


class Arguments:
    """Reads arguments: which of them are results of tasks, and which are too large to repeat.

    Parameters
    ----------
    client : Client
    limit : int
        Values of more bytes become tasks of their own.

    Attributes
    ----------
    kept : list
        Futures that must live until the tasks were sent.
    """

    def __init__(self, client: Client, limit: int):
        self._client = client
        self._limit = limit
        self._large: dict[int, int] = {}
        self.kept: list[Any] = []

    def read(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[int, ...], Template | tuple[Any, ...] | None]:
        """Return the handles of inputs, and the template that puts their results in place."""
        if not kwargs and ATOMS.issuperset(map(type, args)):
            return (), args
        inputs, template = make_template(args, kwargs, self.handle_of)
        return inputs, template

    def handle_of(self, value: Any) -> Any:
        """Return the handle of the task that makes ``value``, or NO_REFERENCE."""
        kind = type(value)
        if kind in ATOMS:
            return NO_REFERENCE
        if kind is Future:
            return self._handle_of_future(value)
        if kind in _CONTAINERS:
            # Containers are looked into; a large one of small values is large all the same.
            if len(value) < self._limit // 64:
                return NO_REFERENCE
        elif (kind is str or kind is bytes) and len(value) <= self._limit:
            return NO_REFERENCE
        found = self._large.get(id(value))
        if found is not None:
            return found
        if sizeof(value) <= self._limit or _holds_future(value):
            return NO_REFERENCE
        future = self._client._ship(value)
        self.kept += (value, future)  # the id must stay its own
        handle = self._large[id(value)] = future._handle
        return handle

    def _handle_of_future(self, future: Future) -> int:
        owner = future._batch.owner
        if owner is not self._client:
            _check_same_cluster(future, owner, self._client)
            text = future._batch.keys[future._index]
            (future,) = self._client._want([text], [future.key])
            self.kept.append(future)
        return future._handle


def _check_same_cluster(future: Future, owner: Client, client: Client) -> None:
    """Refuse a future of another cluster: its result can't be had there by its name."""
    if "closed" in (owner.status, client.status):
        return
    if owner._session.welcome.cluster != client._session.welcome.cluster:
        raise ValueError(
            f"the future {future.key!r} belongs to another cluster than this call; "
            "pass its result, future.result()"
        )


def _holds_future(value: Any) -> bool:
    """Tell whether a large container holds a future at its top: then it must be looked into."""
    if type(value) is dict:
        return Future in map(type, value.values())
    return type(value) in _CONTAINERS and Future in map(type, value)


def warn_of_size(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Warn of each argument of more than 10 MB, by its name."""
    for position, value in enumerate([*args, *kwargs.values()]):
        if type(value) in ATOMS or type(value) is Future:
            continue
        size = sizeof(value)
        if size > HUGE:
            if position < len(args):
                name = _parameter(func, position)
            else:
                name = repr(list(kwargs)[position - len(args)])
            warnings.warn(
                f"argument {name} of {function_name(func)} is {size / 1e6:.0f} MB; "
                "large values travel once if they are scattered: client.scatter(value)",
                stacklevel=4,
            )


def _parameter(func: Callable[..., Any], position: int) -> str:
    import inspect

    try:
        names = list(inspect.signature(func).parameters)
        return repr(names[position])
    except (TypeError, ValueError, IndexError):
        return f"number {position}"
