"""About how many bytes a value takes: cheap, and right where it matters, for large ones.

Arrays and frames are asked; containers are sampled; everything else is what Python says of it.
Neither NumPy nor pandas is imported: a value of theirs shows that they are loaded.

>>> sizeof(b"x" * 1000) // 1000, sizeof([b"x" * 1000] * 100) // 1000
(1, 104)
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_getsizeof = sys.getsizeof
_SAMPLE = 16
_DEEPEST = 4
_LARGEST = 1 << 60  # nobody has more; a value that claims so is not believed

# Exact types of one size, or whose own word is good: no look inside is needed.
_ATOMS: frozenset[type] = frozenset(
    (
        int, float, bool, complex, type(None), str, bytes, bytearray, range, type, array,
        # These are named when they are sent, or a few kilobytes.
        ModuleType, FunctionType, BuiltinFunctionType,
    )
)  # fmt: skip


def sizeof(value: Any) -> int:
    """Return about how many bytes of memory a value takes.

    Parameters
    ----------
    value : object
        Of any type; large containers are estimated from a sample of their items.

    Returns
    -------
    int
        Never negative, and nothing is raised, whatever the value does when it is asked.

    Examples
    --------
    >>> sizeof(1) < 50
    True
    >>> import numpy
    >>> sizeof(numpy.zeros(1000)) - 8000 < 200
    True
    """
    kind = type(value)
    if kind in _ATOMS:
        return _getsizeof(value)
    try:
        size = _measure(value, _DEEPEST)
    except Exception:
        size = _shallow(value)
    return min(max(int(size), 0), _LARGEST)


def _measure(value: Any, depth: int) -> int:
    kind = type(value)
    if kind in _ATOMS:
        return _getsizeof(value)
    if kind in (list, tuple, set, frozenset):
        return _getsizeof(value) + _items(value, len(value), depth)
    if kind is dict:
        return (
            _getsizeof(value)
            + _items(value, len(value), depth)
            + _items(value.values(), len(value), depth)
        )
    asked = _KNOWN.get(str(kind.__module__).partition(".")[0])
    if asked is not None:
        size = asked(value)
        if size is not None:
            return size
    return _object(value, depth)


def _items(items: Iterable[Any], count: int, depth: int) -> int:
    """Bytes of ``count`` items, from the first few and, of a sequence, some further ones."""
    if not count or depth <= 0:
        return 0
    if count <= _SAMPLE:
        return sum([_measure(item, depth - 1) for item in items])
    if isinstance(items, list | tuple):
        step = count // _SAMPLE
        sample: Iterable[Any] = items[::step]
    else:
        sample = islice(items, _SAMPLE)
    sizes = [_measure(item, depth - 1) for item in sample]
    return sum(sizes) * count // len(sizes)


def _object(value: Any, depth: int) -> int:
    """Any other object: what it says itself, and its attributes."""
    nbytes = getattr(value, "nbytes", None)
    if type(nbytes) is int:
        return _shallow(value) + nbytes
    size = _shallow(value)
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is dict and depth > 0 and not isinstance(value, type):
        size += _items(attributes.values(), len(attributes), depth)
    if isinstance(value, list | tuple | set | frozenset):
        size += _items(value, len(value), depth)
    elif isinstance(value, dict):
        size += _items(value.values(), len(value), depth)
    return size


def _shallow(value: Any) -> int:
    try:
        return _getsizeof(value)
    except Exception:
        return 64


# -- libraries ------------------------------------------------------------------------------------


def _numpy(value: Any) -> int | None:
    nbytes = getattr(value, "nbytes", None)
    if nbytes is None:
        return None
    dtype = getattr(value, "dtype", None)
    if dtype is not None and dtype.hasobject and getattr(value, "size", 0):
        flat = value.ravel(order="K")[:: max(1, value.size // _SAMPLE)]
        return int(nbytes) + _items(flat.tolist(), value.size, 2)
    if getattr(value, "strides", None) and 0 in value.strides:
        return int(nbytes)  # broadcast: this is what it takes once it has been sent
    return 112 + int(nbytes)


def _pandas(value: Any) -> int | None:
    usage = getattr(value, "memory_usage", None)
    if usage is None:
        return None
    name = type(value).__name__
    if name == "DataFrame":
        total = int(usage(index=True, deep=False).sum())
        objects = [number for number, dtype in enumerate(value.dtypes) if _holds_objects(dtype)]
        return total + sum(_texts(value.iloc[:, number]) for number in objects[:_SAMPLE])
    if name == "Series":
        return int(usage(index=True, deep=False)) + _texts(value)
    if name == "MultiIndex":
        return int(value.memory_usage(deep=False))
    return int(usage(deep=False)) + _texts(value)


def _texts(column: Any) -> int:
    """Bytes of the objects that a column refers to."""
    if not _holds_objects(getattr(column, "dtype", None)) or not len(column):
        return 0
    step = max(1, len(column) // _SAMPLE)
    return _items(list(column[::step]), len(column), 2)


def _holds_objects(dtype: Any) -> bool:
    return bool(getattr(dtype, "hasobject", False))


def _scipy(value: Any) -> int | None:
    parts = [getattr(value, name, None) for name in ("data", "indices", "indptr", "row", "col")]
    return sum(getattr(part, "nbytes", 0) for part in parts) or None


def _polars(value: Any) -> int | None:
    estimate = getattr(value, "estimated_size", None)
    return None if estimate is None else int(estimate())


def _torch(value: Any) -> int | None:
    size = getattr(value, "element_size", None)
    return None if size is None else int(size() * value.nelement())


_KNOWN: dict[str, Callable[[Any], int | None]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "scipy": _scipy,
    "polars": _polars,
    "torch": _torch,
}
