"""Which part of a value refuses to be pickled, said so that its owner finds it.

>>> import threading
>>> find_culprit({"a": 1, "b": [threading.Lock()]}, "result")[0]
"result['b'][0]"
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator
from typing import Any

from treadle.errors import DeserializeError, UnpicklableError
from treadle.graph.template import Constant, Template
from treadle.protocol.pickling import PROTOCOL, Pickler

#: What pickling and unpickling may raise and still be the fault of the value: whatever it does in
#: its own methods, it must end neither a thread of ours nor the program that asked for it.
FAILURES = (Exception, SystemExit, GeneratorExit)

_DEEPEST = 50
_MOST_CHILDREN = 10_000
_LONGEST = 300  # characters of a reason

_PLAIN = frozenset((int, float, bool, complex, str, bytes, type(None), type(Ellipsis)))

# Name of a type -> what to do instead.
_HINTS = {
    "generator": "make a list of it first",
    "async_generator": "collect it into a list first",
    "coroutine": "await it first",
    "TextIOWrapper": "open the file inside the task",
    "BufferedReader": "open the file inside the task",
    "BufferedWriter": "open the file inside the task",
    "BufferedRandom": "open the file inside the task",
    "socket": "connect inside the task",
    "Connection": "connect inside the task",
    "Cursor": "connect inside the task",
    "module": "import it inside the task",
    "frame": "pass what it holds",
    "traceback": "pass its text",
    "weakref": "pass what it refers to",
    "ReferenceType": "pass what it refers to",
    "lock": "make it inside the task",
    "RLock": "make it inside the task",
    "local": "make it inside the task",
}


class _Nowhere:
    """A file that forgets: pickling into it tells only whether it works."""

    def write(self, data: Any) -> int:
        return len(data)


def refuse(value: Any, name: str, error: BaseException) -> UnpicklableError:
    """Return the error that says which part of ``value`` could not be pickled.

    Parameters
    ----------
    value : object
    name : str
        What its owner calls it, such as ``args`` or ``result``: the path begins with it.
    error : Exception
        What pickling it raised.
    """
    if _is_depth(error):
        return UnpicklableError(
            name, type_name(value), "its parts are nested too deeply", "flatten it"
        )
    try:
        path, part, reason = find_culprit(value, name)
    except FAILURES:  # a value that answers differently each time, or lies
        path, part, reason = name, value, None
    return UnpicklableError(
        path, type_name(part), reason_text(reason or error), _HINTS.get(type(part).__name__, "")
    )


def cannot_load(error: BaseException, what: str) -> DeserializeError:
    """Return the error that says why ``what`` could not be unpickled."""
    return DeserializeError(f"{type(error).__name__}: {reason_text(error)}", what)


def find_culprit(value: Any, name: str) -> tuple[str, Any, BaseException | None]:
    """Return the path of the innermost part that can't be pickled, that part, and why not."""
    path, part, reason = name, value, try_pickling(value)
    for _ in range(_DEEPEST):
        for step, child in _some(_children(part)):
            if type(child) in _PLAIN:
                continue
            inner = try_pickling(child)
            if inner is not None:
                path, part, reason = path + step, child, inner
                break
        else:
            break
    return path, part, reason


def try_pickling(value: Any) -> BaseException | None:
    """Return what pickling raises, if anything."""
    try:
        Pickler(_Nowhere(), local_by_value=False).dump(value)
    except FAILURES as error:
        return error
    return None


def type_name(value: Any) -> str:
    """Return the name of a value's type, qualified unless builtin."""
    kind = type(value)
    name = str(kind.__qualname__)
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def reason_text(error: BaseException) -> str:
    """Return what an error says, in one short line."""
    try:
        text = " ".join(str(error).split())
    except FAILURES:
        text = ""
    return (text or type(error).__name__)[:_LONGEST]


def _is_depth(error: BaseException) -> bool:
    return isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError)


def _some(children: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for number, child in enumerate(children):
        if number >= _MOST_CHILDREN:
            return
        yield child


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what pickling ``value`` would go into, each with the step that leads there."""
    kind = type(value)
    if kind in (list, tuple):
        for number, item in enumerate(value):
            yield f"[{number}]", item
    elif kind in (set, frozenset):
        for item in value:
            yield "{…}", item
    elif isinstance(value, dict):
        for key, item in value.items():
            yield ".keys()", key
            yield f"[{_short(key)}]", item
        if kind is not dict:
            yield from _reduction(value)
    elif kind is Template:
        yield from _template(value)
    elif kind is Constant:
        yield "", value.value
    elif kind is types.FunctionType:
        yield from _function(value)
    elif kind is types.MethodType:
        yield ".__self__", value.__self__
        yield ".__func__", value.__func__
    elif kind is functools.partial:
        yield ".func", value.func
        for number, item in enumerate(value.args):
            yield f".args[{number}]", item
        for name, item in value.keywords.items():
            yield f".keywords[{name!r}]", item
    elif isinstance(value, type):
        for name, item in vars(value).items():
            yield f".{name}", getattr(item, "__func__", item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield f"[{number}]", item
        yield from _reduction(value)
    else:
        yield from _reduction(value)


def _function(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f" -> {name}", cell.cell_contents
        except ValueError:  # not filled
            continue
    names: dict[str, None] = {}
    stack = [code]
    while stack:
        current = stack.pop()
        names.update(dict.fromkeys(current.co_names))
        stack.extend(c for c in current.co_consts if isinstance(c, types.CodeType))
    for name in names:
        if name in function.__globals__:
            yield f" -> {name}", function.__globals__[name]
    for number, item in enumerate(function.__defaults__ or ()):
        yield f".__defaults__[{number}]", item
    for name, item in (function.__kwdefaults__ or {}).items():
        yield f".__kwdefaults__[{name!r}]", item
    for name, item in function.__dict__.items():
        yield f".{name}", item


def _template(template: Template) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(template.args):
        yield f"[{number}]", item
    for number, builder in template.builders:
        yield f"[{number}]", builder
    for name, item in template.kwargs.items():
        yield f"[{name!r}]", item
    for name, builder in template.keywords:
        yield f"[{name!r}]", builder


def _reduction(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object says it is made of; nothing if it refuses, for then it is to blame itself."""
    try:
        reduced = value.__reduce_ex__(PROTOCOL)
    except FAILURES:
        return
    if not isinstance(reduced, tuple):
        return
    _, args, state, items, pairs = (*reduced, None, None, None)[:5]
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
    for part in parts:
        if isinstance(part, dict):
            for name, item in part.items():
                yield f".{name}", item
        else:
            yield ".__getstate__()", part
    for number, item in enumerate(args or ()):
        if not isinstance(item, type):
            yield f".args[{number}]", item
    for number, item in enumerate(items or ()):
        yield f"[{number}]", item
    for key, item in pairs or ():
        yield f"[{_short(key)}]", item


def _short(key: Any) -> str:
    try:
        return repr(key)[:60]
    except FAILURES:
        return "…"
