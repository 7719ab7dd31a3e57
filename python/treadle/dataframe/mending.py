"""Frames whose columns turn out to have other dtypes than files promised.

Dtypes of text are told from samples. A value that no sample showed, such as the first ``1.5`` in a
column of integers, is found when its block is read, and the error says which dtype would do. Then
the computation runs once more: the source takes the wider dtype, and every expression on it is
made anew, with a name and a meta of its own. ::

    CsvDtypeError(promotion={"x": "float64"})
        read_csv: x is float64  -->  getitem x: float64  -->  mean

A node that keeps dtypes of its own, for the results that it makes, can't be made anew without who
built it: then there is no second run, and the error says what to write.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, meta_from, meta_of
from treadle.dataframe.expr import (
    Assign,
    Filter,
    FrameExpr,
    Partitions,
    Partwise,
    Projection,
    Source,
)
from treadle.graph.expr import Expr, walk
from treadle.graph.naming import key_prefix
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


class News:
    """Whether any source of this process has learned of other dtypes: most never do."""

    some = False


class Mendable:
    """A collection that takes in what its sources learn."""

    __slots__ = ()

    _expr: Any

    @property
    def expr(self) -> Any:
        """The expression that makes the partitions."""
        if News.some:
            better = mended(self._expr, None)
            if better is not None:
                self._expr = better
        return self._expr

    def __treadle_expr__(self) -> Any:
        return self.expr

    def __treadle_mend__(self, error: BaseException) -> bool:
        """Take in what an error says of the files; tell whether to run again."""
        sources = [node for node in walk([self._expr]) if isinstance(node, Source)]
        if not any(node.reading.mended(error) for node in sources):
            return False
        better = mended(self._expr, error)
        for node in sources:
            node.reading.learn(error, again=better is not None)
        News.some = True
        if better is None:
            error.add_note(
                "treadle: the frame that was read knows this dtype now: make what stands on it "
                "again, and compute that"
            )
            return False
        self._expr = better
        return True

    def __treadle_mended__(self, result: Any) -> None:
        """Take the dtypes of a result for granted, after a second run."""
        if isinstance(result, pd.DataFrame | pd.Series | pd.Index):
            self._expr = self._expr.replace(meta=emptied(result))


def mended(expr: FrameExpr, error: BaseException | None) -> FrameExpr | None:
    """Return an expression on sources that know what an error says; None if there is no such.

    Without an error, on sources that know what those of the same files learned before.
    """
    done: dict[str, Expr] = {}
    found = False
    for node in walk([expr]):
        inputs = tuple(done[item.name] for item in node.inputs)
        new: Expr | None = node
        if isinstance(node, Source):
            reading = node.reading.mended(error)
            if reading is not None:
                found = True
                new = node.replace(
                    name=_name(node, reading.meta.dtypes.astype(str).tolist()),
                    reading=reading, meta=reading.meta,
                )  # fmt: skip
        elif any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            new = _on(node, inputs)
        if new is None:
            return None
        done[node.name] = new
    root = done[expr.name]
    return root if found and isinstance(root, FrameExpr) else None


def _name(node: Expr, token: Any) -> str:
    return f"{key_prefix(node.name)}-{tokenize(node.name, token)}"


def _on(node: Expr, inputs: tuple[Any, ...]) -> FrameExpr | None:
    """Return a node on inputs of other dtypes; None if it may rely on those it had."""
    from treadle.dataframe.reducing.tree import Length

    match node:
        case Projection():
            return Projection(inputs[0], node.wanted)
        case Filter():
            return Filter(*inputs)
        case Assign():
            items = [(k, inputs[v.index] if type(v) is Reg else v) for k, v in node.items]
            return Assign(inputs[0], items)
        case Partitions():
            return Partitions(inputs[0], node.chosen)
        case Length():
            return Length(inputs[0])
        case Partwise() if (meta := _meta_on(node, inputs)) is not None:
            return node.replace(name=_name(node, _names(inputs)), inputs=inputs, meta=meta)
        case FrameExpr() if not _keeps_dtypes(node):
            return node.replace(name=_name(node, _names(inputs)), inputs=inputs)
    return None


def _meta_on(node: Partwise, inputs: tuple[Any, ...]) -> Any:
    """Return what the function makes of the metas of other inputs, if its meta is from such."""

    def made(of: tuple[Any, ...]) -> Any:
        value = lambda v: meta_of(of[v.index]) if type(v) is Reg else v
        kwargs = {key: value(each) for key, each in node.kwargs.items()}
        return meta_from(node.func, *map(value, node.args), **kwargs)

    if node.derived:
        return made(inputs)
    if _is_of_users([node.func, *node.args, *node.kwargs.values()]):
        return None  # not to be tried on what is no data
    try:
        return made(inputs) if _alike(made(node.inputs), node.meta) else None
    except Exception:  # it does not stand frames without rows: then the meta came otherwise
        return None


def _alike(one: Any, two: Any) -> bool:
    """Tell whether two metas have the same columns and dtypes."""
    if type(one) is not type(two):
        return False
    if isinstance(one, pd.DataFrame):
        return bool(one.columns.equals(two.columns)) and list(one.dtypes) == list(two.dtypes)
    return bool(getattr(one, "dtype", None) == getattr(two, "dtype", None))


_KNOWN = ("treadle", "pandas", "numpy", "operator", "_operator", "builtins")


def _is_of_users(values: list[Any], seen: set[int] | None = None) -> bool:
    """Tell whether some function among values, or in them, is not of a library known here."""
    seen = set() if seen is None else seen
    for value in values:
        if id(value) in seen or isinstance(value, str | bytes | int | float | pd.DataFrame):
            continue
        seen.add(id(value))
        if callable(value):
            module = getattr(value, "__module__", None) or type(value).__module__
            if module.partition(".")[0] not in _KNOWN:
                return True
        if _is_of_users(_parts(value), seen):
            return True
    return False


def _names(inputs: tuple[Expr, ...]) -> list[str]:
    return [item.name for item in inputs]


#: What every node has.
_COMMON = {"annotations", "divisions", "inputs", "layout", "meta", "name", "numblocks", "source"}


def _keeps_dtypes(node: FrameExpr) -> bool:
    """Tell whether a node holds dtypes or frames, besides its meta."""
    slots = {slot for kind in type(node).__mro__ for slot in getattr(kind, "__slots__", ())}
    seen: set[int] = set()
    return any(
        _has_dtypes(getattr(node, slot, None), seen)
        for slot in slots - _COMMON
        if not slot.startswith("__")
    )


def _has_dtypes(value: Any, seen: set[int]) -> bool:
    if id(value) in seen or value is None or isinstance(value, str | bytes | int | float | type):
        return False
    seen.add(id(value))
    if type(value).__module__.partition(".")[0] == "pyarrow":
        return True
    if isinstance(value, pd.DataFrame | pd.Series | np.dtype | pd.api.extensions.ExtensionDtype):
        return True
    if isinstance(value, pd.Index):
        return not len(value)  # an empty one is a meta; others are labels of columns
    return any(_has_dtypes(part, seen) for part in _parts(value))


def _parts(value: Any) -> list[Any]:
    """Return what a value is made of."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, FunctionType):
        cells = [c.cell_contents for c in value.__closure__ or () if _is_filled(c)]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    kinds = type(value).__mro__
    slots = [slot for kind in kinds for slot in getattr(kind, "__slots__", ())]
    return [getattr(value, slot, None) for slot in slots if not slot.startswith("__")] + list(
        getattr(value, "__dict__", {}).values()
    )


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
