"""What a function carries with it: for telling people why it is large.

>>> def outer():
...     table = bytes(2_000_000)
...     return lambda: len(table)
>>> largest_captured(outer())
"'table' (2.0 MB)"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from treadle.utils.sizeof import sizeof


def largest_captured(func: Callable[..., Any]) -> str:
    """Return the name and size of the largest value that a function takes along, or nothing."""
    found = [(sizeof(value), name) for name, value in _captured(func)]
    if not found:
        return ""
    size, name = max(found)
    return f"{name!r} ({size / 1e6:.1f} MB)" if size > 100_000 else ""


def _captured(func: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values that a function reads from around it, by name."""
    if hasattr(func, "func") and hasattr(func, "keywords"):  # a functools.partial
        yield from func.keywords.items()
        yield from ((f"argument {n}", value) for n, value in enumerate(func.args))
        yield from _captured(func.func)
        return
    func = getattr(func, "__func__", func)
    code = getattr(func, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, func.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name in code.co_names:
        if name in func.__globals__:
            yield name, func.__globals__[name]
    for position, value in enumerate(func.__defaults__ or ()):
        yield f"default {position}", value
