"""What is known about types: which values can't change, and which are safe to read beside others.

======== =====================================================================================
atomic   can't change and holds nothing that can: ``int``, ``str``, ``Path``, ``Timestamp`` ...
list ... exact builtin containers; their items are looked at
leaf     can change, but reading it has no effect: ``ndarray``, ``DataFrame``, ``deque`` ...
iterator is used up by reading
function a Python function; the screen looks into it
builtin  a function written in C
user     an instance of a class written in Python: its operators are screened
unknown  anything else
======== =====================================================================================

>>> kind_of(3), kind_of([3]), kind_of(iter([3])), kind_of(len)
('atomic', 'list', 'iterator', 'builtin')
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pathlib
import re
import sys
import types
import uuid
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "atomic", "list", "dict", "tuple", "set", "view", "leaf", "iterator", "function", "method",
    "builtin", "module", "class", "user", "unknown", "partial",
]  # fmt: skip

_EXACT: dict[type, Kind] = {
    **dict.fromkeys(
        (
            int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented),
            range, datetime.date, datetime.time, datetime.datetime, datetime.timedelta,
            datetime.timezone, decimal.Decimal, fractions.Fraction, uuid.UUID,
            pathlib.PurePosixPath, pathlib.PosixPath, pathlib.PureWindowsPath,
            pathlib.WindowsPath, re.Pattern, re.Match, types.CodeType,
        ),
        "atomic",
    ),
    list: "list",
    dict: "dict",
    tuple: "tuple",
    slice: "tuple",
    set: "set",
    frozenset: "set",
    type({}.keys()): "view",
    type({}.values()): "view",
    type({}.items()): "view",
    types.FunctionType: "function",
    types.MethodType: "method",
    types.BuiltinFunctionType: "builtin",
    types.MethodDescriptorType: "builtin",
    types.WrapperDescriptorType: "builtin",
    types.ModuleType: "module",
    types.GeneratorType: "iterator",
    types.GenericAlias: "atomic",
    bytearray: "leaf",
}  # fmt: skip

#: Packages whose types are safe to read; what they hold is found through the garbage collector.
TRUSTED = frozenset({"numpy", "pandas", "collections", "datetime", "zoneinfo", "array", "decimal"})

#: Types in trusted packages that are not: they hold state that reading changes.
_STATEFUL_MODULES = ("numpy.random", "pandas.io", "numpy.lib")
_STATEFUL_NAMES = frozenset({"defaultdict", "ChainMap", "UserDict", "UserList", "nditer", "memmap"})

_ATOMIC_NAMES = frozenset(
    {"Timestamp", "Timedelta", "NaTType", "Interval", "Period", "ZoneInfo", "NAType"}
)

_known: dict[type, Kind] = dict(_EXACT)


def kind_of(value: Any) -> Kind:
    """Return the kind of ``value``, by its exact type."""
    cls = type(value)
    kind = _known.get(cls)
    if kind is None:
        kind = _classify(cls)
        if kind not in ("user", "unknown"):  # classes of the notebook come and go
            _known[cls] = kind
    return kind


def is_atomic_type(cls: type) -> bool:
    """Tell whether values of exactly this type can't change."""
    kind = _known.get(cls)
    return kind == "atomic" if kind is not None else _classify(cls) == "atomic"


def only_atomic(items: Any) -> bool:
    """Tell whether a builtin collection holds nothing that can change; fast for long ones."""
    return all(map(is_atomic_type, set(map(type, items))))


def _classify(cls: type) -> Kind:
    package = cls.__module__.partition(".")[0]
    if issubclass(cls, type):
        return "class"
    if issubclass(cls, types.ModuleType):
        return "module"
    if package == "functools" and cls.__name__ == "partial":
        return "partial"
    if package == "builtins" and cls.__name__ in ("method-wrapper", "classmethod_descriptor"):
        return "builtin"
    if package == "numpy" and cls.__name__ in ("ufunc", "_ArrayFunctionDispatcher"):
        return "builtin"
    if hasattr(cls, "__next__"):
        return "iterator"
    if package in TRUSTED:
        if cls.__module__.startswith(_STATEFUL_MODULES) or cls.__name__ in _STATEFUL_NAMES:
            return "unknown"
        if cls.__name__ in _ATOMIC_NAMES:
            return "atomic"
        numpy = sys.modules.get("numpy")
        if numpy is not None and issubclass(cls, (numpy.generic, numpy.dtype)):
            return "atomic" if not issubclass(cls, numpy.void) else "leaf"
        return "leaf"
    if package == "builtins":
        return "iterator" if cls.__name__ in ("zip", "map", "filter") else "unknown"
    if issubclass(cls, BaseException) and cls.__flags__ & (1 << 9) == 0:
        return "leaf"
    if issubclass(cls, tuple) and cls.__bases__ == (tuple,) and hasattr(cls, "_fields"):
        return "tuple"
    if cls.__flags__ & (1 << 9):  # made by a class statement
        # enum members are instances too: their class is looked at like any other
        return "user" if type(cls) in (type, enum.EnumMeta) or _is_plain_meta(cls) else "unknown"
    return "unknown"


def _is_plain_meta(cls: type) -> bool:
    return type(cls).__module__ == "abc"
