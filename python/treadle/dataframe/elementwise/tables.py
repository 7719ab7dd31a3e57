"""Methods that are plainly those of pandas, made of a table: signature and docstring included.

>>> def call(self, *args, **kwargs):
...     return args, kwargs
>>> title = like_pandas(pd.Series.str, "center", "Pad texts on both sides.", call)
>>> print(title.__doc__.splitlines()[0])
Pad texts on both sides.
>>> inspect.signature(title)
<Signature (self, width, fillchar=' ')>
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

import pandas as pd

#: Arguments that make no sense for results that are computed later.
_LEFT_OUT = frozenset({"inplace", "copy"})


def like_pandas(
    owner: Any,
    name: str,
    summary: str,
    call: Callable[..., Any],
    *,
    without: Collection[str] = (),
    home: str = "pandas.Series",
) -> Any:
    """Return a method with the arguments of one of pandas.

    Parameters
    ----------
    owner : type
        Class of pandas that has the method.
    name : str
    summary : str
        What it does, in one line.
    call : callable
        Does it: takes the object and the arguments.
    without : collection of str
        Arguments that it does not have.
    home : str
        Where pandas documents it.
    """
    theirs = inspect.signature(getattr(owner, name))
    left_out = _LEFT_OUT.union(without)
    kept = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in theirs.parameters.values()
        if parameter.name not in left_out
    ]
    names = [parameter.name for parameter in kept[1:]]

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        signature.bind(self, *args, **kwargs)
        return call(self, *args, **kwargs)

    signature = inspect.Signature(kept)
    method.__name__ = name
    method.__qualname__ = name
    method.__module__ = call.__module__
    method.__signature__ = signature  # type: ignore[attr-defined]
    method.__doc__ = documented(summary, f"{home}.{name}", names)
    return method


def documented(summary: str, theirs: str, names: Collection[str] = ()) -> str:
    """Return a docstring for what pandas does to each row."""
    text = f"{summary}\n\nRow by row, as :meth:`{theirs}`; nothing is computed yet.\n"
    if names:
        text += f"\nParameters\n----------\n{', '.join(names)}\n    As there.\n"
    return text


def no_default(value: Any) -> bool:
    """Tell whether a value is pandas' mark for an argument that was not given."""
    return value is pd.api.extensions.no_default


def add_all(methods: dict[str, Any]) -> Callable[[type], type]:
    """Return what puts methods into a class, but for those that it has."""

    def add(kind: type) -> type:
        for name, method in methods.items():
            if name not in kind.__dict__:
                if callable(method):
                    method.__qualname__ = f"{kind.__qualname__}.{name}"
                setattr(kind, name, method)
        return kind

    return add
