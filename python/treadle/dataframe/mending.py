"""Frames whose columns turn out to have other dtypes than files promised.

Dtypes of text are told from samples. A value that no sample showed, such as the first ``1.5`` in a
column of integers, is found when its block is read, and the error says which dtype would do. Then
the computation runs once more: the source takes the wider dtype, and every expression on it is
made anew, with a name and a meta of its own. ::

    CsvDtypeError(promotion={"x": "float64"})
        read_csv: x is float64  -->  getitem x: float64  -->  mean

What a method of a collection made is made anew by calling the method again; see `recipes`. Other
nodes are made anew if they keep no dtypes of their own: else there is no second run, and the error
says what to write.
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
from treadle.dataframe.recipes import expressions, placed
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
    def expr(self) -> FrameExpr:
        """The expression that makes the partitions."""
        if News.some:
            better = mended(self._expr, None)
            if better is not None:
                self._expr = better
        found: FrameExpr = self._expr
        return found

    def __treadle_expr__(self) -> FrameExpr:
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
    if not any(_source_mended(node, error) for node in walk([expr])):
        return None
    done: dict[str, Expr | None] = {}
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        node, entered = stack.pop()
        if node.name in done:
            continue
        if not entered:
            stack.append((node, True))
            stack.extend((item, False) for item in _made_of(node))
            continue
        done[node.name] = _again(node, done, error)
    root = done[expr.name]
    if not isinstance(root, FrameExpr) or root is expr:
        return None
    # What still reads with the old dtypes would bring the same error, for ever.
    return None if any(_source_mended(node, error) for node in walk([root])) else root


def _source_mended(node: Expr, error: BaseException | None) -> Any:
    return node.reading.mended(error) if isinstance(node, Source) else None


def _made_of(node: Expr) -> list[Expr]:
    """Return the expressions that a node is made anew of."""
    if isinstance(node, FrameExpr) and node.recipe is not None:
        _, args, kwargs = node.recipe
        return list(expressions([args, kwargs]))
    return list(node.inputs)


def _again(node: Expr, done: dict[str, Expr | None], error: BaseException | None) -> Expr | None:
    """Return a node made of what its inputs became; None if that can't be known."""
    parts = _made_of(node)
    if any(done[item.name] is None for item in parts):
        return None
    reading = _source_mended(node, error)
    if isinstance(node, Source) and reading is not None:
        dtypes = reading.meta.dtypes.astype(str).tolist()
        return node.replace(name=_name(node, dtypes), reading=reading, meta=reading.meta)
    if all(done[item.name] is item for item in parts):
        return node
    if isinstance(node, FrameExpr) and node.recipe is not None:
        func, args, kwargs = node.recipe
        found: FrameExpr = func(*placed(args, done), **placed(kwargs, done)).expr
        return found
    return _on(node, tuple(done[item.name] for item in node.inputs))


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
        def value(v: Any) -> Any:
            return meta_of(of[v.index]) if type(v) is Reg else v

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
_COMMON = {
    "annotations", "divisions", "inputs", "layout", "meta", "name", "numblocks", "recipe", "source",
}  # fmt: skip


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
