"""Who holds the very same object: told across two processes.

A task elsewhere works on copies.  When its result *is* one of its arguments, or holds one, or an
item of one, the serial cell would have the very object there.  So the worker compares what the
result holds with what the call was given, by identity, and sends the ways along:

    serial        kept = keep(parts)          kept["value"] is parts
    worker        result["value"] is args[0]  ->  Link((at "value",), (at 0, at 0))
    kernel        the copy at the first way is replaced by the object at the second one

A way is a tuple of steps, each a pair that can be pickled.

>>> shared = [1]
>>> inside = Contents({"a": (shared, 2)})
>>> way = inside.found[id(shared)][1]
>>> way, follow({"a": (shared, 2)}, way) is shared
((('at', 'a'), ('at', 0)), True)
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from treadle.notebook.cell.kinds import is_atomic_type, kind_of, only_atomic
from treadle.protocol.installed import is_importable
from treadle.protocol.pickling import Pickler

Way: TypeAlias = tuple[tuple[str, Any], ...]

#: Objects looked at before a look gives up.
MOST = 100_000

_NO_WAY: Any = None  # an object that is there, and no way is known that leads to it


class TooMany(Exception):
    """There are more objects than are looked at."""


class Link(NamedTuple):
    """The object at ``place`` of a result is the one at ``origin`` of what the call was given."""

    place: Way
    origin: Way


class Contents:
    """Everything with an identity that some values hold, each with a way to it.

    Parameters
    ----------
    *values : object
    known : Contents, optional
        What is in there is not looked into again: see ``links``.
    apart : iterable
        Objects that are left out, with all that only they hold.

    Attributes
    ----------
    found : dict
        id -> (object, way); the way is None where none can be told.
    owners : dict
        id of memory -> the array that was seen first on it.
    overlap : bool
        Two arrays share memory.
    functions, classes : list
        Functions and classes met that another process can't import.
    links : list of (way, object)
        Where objects stand that ``known`` holds too; they are not looked into.
    foreign : bool
        Something other than builtin containers, arrays and frames was met.
    """

    def __init__(
        self,
        *values: Any,
        known: Contents | None = None,
        apart: Iterable[Any] = (),
    ):
        self._known = known.found if known is not None else {}
        self._apart = frozenset(map(id, apart))
        self.links: list[tuple[Way | None, Any]] = []
        self.found: dict[int, tuple[Any, Way | None]] = {}
        self.owners: dict[int, Any] = {}
        self.overlap = False
        self.functions: list[Any] = []
        self.classes: list[type] = []
        self.foreign = False
        for number, value in enumerate(values):
            self.add(value, () if len(values) == 1 else (("at", number),))

    def add(self, value: Any, way: Way | None) -> None:
        """Look at a value, which stands at ``way``, and at all it holds."""
        stack = [(value, way)]
        while stack:
            self._visit(*stack.pop(), stack)

    def _visit(self, value: Any, way: Way | None, stack: list[Any]) -> None:
        kind = kind_of(value)
        if kind == "atomic" or id(value) in self._apart:
            return
        if kind == "tuple" or type(value) is frozenset:
            if type(value) is not slice and only_atomic(value):
                return
        elif kind == "builtin":
            owner = getattr(value, "__self__", None)
            if owner is not None and kind_of(owner) not in ("module", "atomic", "class"):
                stack.append((owner, _step(way, "attribute", "__self__")))
            return
        elif kind in ("class", "module", "function") and is_elsewhere(value):
            return
        if id(value) in self._known:
            self.links.append((way, value))
            return
        if id(value) in self.found:
            if way is not None and self.found[id(value)][1] is None:
                self.found[id(value)] = value, way
            return
        if len(self.found) >= MOST:
            raise TooMany
        self.found[id(value)] = value, way
        if kind in ("list", "tuple"):
            if type(value) is slice:
                value = (value.start, value.stop, value.step)
            elif only_atomic(value):
                return
            for number, item in enumerate(value):
                if not is_atomic_type(type(item)):
                    stack.append((item, _step(way, "at", number)))
        elif kind == "dict":
            self._visit_dict(value, way, stack)
        elif kind == "function":
            self.functions.append(value)
            self._visit_function(value, way, stack)
        elif kind == "class":
            self.classes.append(value)
            self._visit_class(value, way, stack)
        elif kind == "module":
            self.foreign = True
            for name, item in list(vars(value).items()):
                if not name.startswith("__"):
                    stack.append((item, _step(way, "attribute", name)))
        elif kind == "leaf":
            self._visit_leaf(value, stack)
        else:
            self._visit_object(value, kind, way, stack)

    def _visit_dict(self, value: dict[Any, Any], way: Way | None, stack: list[Any]) -> None:
        if not only_atomic(value):
            stack.extend((key, _NO_WAY) for key in value)
        items = value.values()
        if only_atomic(items):
            return
        for key, item in value.items():
            if not is_atomic_type(type(item)):
                known = is_atomic_type(type(key))
                stack.append((item, _step(way, "at", key) if known else _NO_WAY))

    def _visit_function(self, function: Any, way: Way | None, stack: list[Any]) -> None:
        for number, cell in enumerate(function.__closure__ or ()):
            try:
                stack.append((cell.cell_contents, _step(way, "cell", number)))
            except ValueError:  # not filled yet
                continue
        for number, item in enumerate(function.__defaults__ or ()):
            stack.append((item, _step(_step(way, "attribute", "__defaults__"), "at", number)))
        for name, item in (function.__kwdefaults__ or {}).items():
            stack.append((item, _step(_step(way, "attribute", "__kwdefaults__"), "at", name)))
        for name, item in vars(function).items():
            stack.append((item, _step(way, "attribute", name)))
        names = function.__globals__
        for name in global_names(function.__code__):
            if name in names:
                stack.append((names[name], _step(way, "global", name)))

    def _visit_class(self, cls: type, way: Way | None, stack: list[Any]) -> None:
        for base in cls.__mro__:
            if base is not cls:
                stack.append((base, _NO_WAY))
        for name, item in list(vars(cls).items()):
            if name.startswith("__"):
                continue
            if kind_of(item) in ("list", "dict", "set", "user", "leaf", "tuple"):
                stack.append((item, _step(way, "attribute", name)))

    def _visit_leaf(self, value: Any, stack: list[Any]) -> None:
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if numpy is not None and isinstance(value, numpy.ndarray):
            owner = _owner(value)
            if self.owners.setdefault(id(owner), value) is not value:
                self.overlap = True
            if value.dtype.hasobject and not only_atomic(value.flat):
                stack.extend((item, _NO_WAY) for item in value.flat)
            return
        if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
            frame = value.to_frame() if isinstance(value, pandas.Series) else value
            for position, dtype in enumerate(frame.dtypes):
                if dtype.kind == "O" and not only_atomic(column := frame.iloc[:, position].array):
                    stack.extend((item, _NO_WAY) for item in column)
            if value.attrs:
                stack.append((value.attrs, _NO_WAY))
            return
        if type(value).__module__.partition(".")[0] == "pandas":
            return  # indices and the like can't change
        self._hidden(value, stack)

    def _visit_object(self, value: Any, kind: str, way: Way | None, stack: list[Any]) -> None:
        if kind == "set":
            stack.extend((item, _NO_WAY) for item in value)
            return
        self.foreign = True
        if kind == "user":
            stack.append((type(value), _step(way, "class", None)))
        names = getattr(value, "__dict__", None)
        if kind in ("user", "partial", "method") and type(names) is dict:
            for name, item in names.items():
                stack.append((item, _step(way, "attribute", name)))
        if kind in ("partial", "method"):
            for name in ("func", "args", "keywords") if kind == "partial" else (
                "__self__", "__func__",
            ):  # fmt: skip
                stack.append((getattr(value, name), _step(way, "attribute", name)))
            return
        self._hidden(value, stack)

    def _hidden(self, value: Any, stack: list[Any]) -> None:
        """What only the garbage collector knows a value to hold."""
        for item in gc.get_referents(value):
            if not isinstance(item, type) and item is not getattr(value, "__dict__", None):
                stack.append((item, _NO_WAY))


def is_elsewhere(value: Any) -> bool:
    """Tell whether another process finds a function, class or module under its name."""
    if isinstance(value, types.ModuleType):
        return sys.modules.get(value.__name__) is value
    return is_importable(value)


def global_names(code: types.CodeType) -> list[str]:
    """Names that code, and the code in it, may look up as globals."""
    names: dict[str, None] = {}
    stack = [code]
    while stack:
        current = stack.pop()
        names.update(dict.fromkeys(current.co_names))
        stack.extend(each for each in current.co_consts if isinstance(each, types.CodeType))
    return list(names)


def follow(value: Any, way: Way, resolve: Callable[[Any], Any] = lambda value: value) -> Any:
    """Return the object that a way leads to; ``resolve`` is asked about every value on it."""
    value = resolve(value)
    for kind, step in way:
        if kind == "at":
            value = (value.start, value.stop, value.step)[step] if type(value) is slice else (
                value[step]
            )  # fmt: skip
        elif kind == "attribute":
            value = getattr(value, step)
        elif kind == "cell":
            value = value.__closure__[step].cell_contents
        elif kind == "global":
            value = value.__globals__[step]
        else:
            value = type(value)
        value = resolve(value)
    return value


def replace(value: Any, replacements: list[tuple[Way, Any]]) -> Any:
    """Return a copy of ``value`` with other objects at some of its places.

    >>> mine = [1]
    >>> replace({"a": [[1], 2]}, [((("at", "a"), ("at", 0)), mine)])["a"][0] is mine
    True
    """
    if any(way == () for way, _ in replacements):
        return next(each for way, each in replacements if way == ())
    numbers: dict[int, int] = {}
    objects: list[Any] = []
    for way, each in replacements:
        old = follow(value, way)
        numbers[id(old)] = len(objects)
        objects.append(each)

    class Outward(Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return numbers.get(id(obj))

    class Inward(pickle.Unpickler):
        def persistent_load(self, pid: Any) -> Any:
            return objects[pid]

    file = io.BytesIO()
    Outward(file).dump(value)
    file.seek(0)
    return Inward(file).load()


def _owner(array: Any) -> Any:
    owner = array
    while getattr(owner, "base", None) is not None:
        owner = owner.base
    return owner


def _step(way: Way | None, kind: str, step: Any) -> Way | None:
    return None if way is None else (*way, (kind, step))
