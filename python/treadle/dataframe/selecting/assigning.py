"""What may become a column of a frame in partitions.

Columns of frames that correspond, arrays whose blocks are as long as the partitions, scalars; and
of a frame of one partition all that pandas takes, since nothing has to be cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from treadle.dataframe.build import aligned, as_expr, new_collection, partwise
from treadle.dataframe.callables import made_of
from treadle.dataframe.calls import Method
from treadle.dataframe.expr import Assign, FrameExpr, Partwise, Projection
from treadle.dataframe.frame import FrameCollection
from treadle.graph.expr import Expr, walk
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize


def assign(frame: Any, items: Iterable[tuple[Any, Any]]) -> Any:
    """Return a frame with columns added or replaced, in as few nodes as it takes.

    Callables are called with the frame that has the columns before theirs.
    """
    pending: list[tuple[Any, Any]] = []
    for label, value in items:
        if callable(value) and not isinstance(value, FrameCollection):
            between = _assigned(frame, pending)
            value = made_of(value, between)
            if pending and _stands_on(value, between):
                frame, pending = between, []
        pending.append((label, value))
    return _assigned(frame, pending)


def _stands_on(value: Any, frame: Any) -> bool:
    expr = as_expr(value)
    return expr is not None and any(item.name == frame.expr.name for item in walk([expr]))


def _assigned(frame: Any, items: list[tuple[Any, Any]]) -> Any:
    if not items:
        return frame
    values = [(label, as_column(frame, label, value)) for label, value in items]
    grids = [value for _, value in values if isinstance(value, Expr) and value.numblocks]
    expr, *better = aligned([frame.expr, *grids])
    if expr.npartitions != frame.npartitions:
        # Cut at other labels: what was made for the partitions there were is made again.
        return _assigned(new_collection(expr), [(label, _again(v)) for label, v in values])
    cut = iter(better)
    placed = [
        (label, next(cut) if isinstance(value, Expr) and value.numblocks else value)
        for label, value in values
    ]
    return new_collection(Assign(expr, placed))


def _again(value: Any) -> Any:
    return new_collection(value) if isinstance(value, FrameExpr) else value


def as_column(frame: Any, label: Any, value: Any) -> Any:
    """Return an expression of a series or scalar, or a scalar, that can be a column.

    Raises
    ------
    TypeError, ValueError
        If it can't; the text says what to do.
    """
    expr = as_expr(value)
    if isinstance(expr, FrameExpr):
        if isinstance(expr.meta, pd.DataFrame):
            if expr.meta.shape[1] != 1:
                raise ValueError(
                    f"column {label!r} can't be a frame of {expr.meta.shape[1]} columns; "
                    "give a list of as many labels"
                )
            return new_collection(expr).iloc[:, 0].expr
        return expr if expr.numblocks else _of_scalar(frame, expr)
    if expr is not None:
        return _of_blocks(frame, label, value, expr)
    if pd.api.types.is_scalar(value) or not pd.api.types.is_list_like(value):
        return value
    return _of_values(frame, label, value)


def _of_scalar(frame: Any, scalar: FrameExpr) -> FrameExpr:
    """Return the series of one value that is not there yet."""
    meta = pd.Series([scalar.meta], index=[0]).iloc[:0]
    meta.index = frame._meta.index[:0]
    found = partwise("column", repeated, frame, scalar, meta=meta, rowwise=True, reads=[[], None])
    return found.expr  # type: ignore[no-any-return]


def repeated(part: Any, value: Any) -> Any:
    """Return a series of a value for all rows of a partition."""
    return pd.Series(value, index=part.index)


def _of_blocks(frame: Any, label: Any, value: Any, expr: Expr) -> FrameExpr:
    """Return the series of an array in blocks, one of them for each partition."""
    if not expr.numblocks or not hasattr(value, "dtype"):
        raise TypeError(f"column {label!r} can't be made of a {type(value).__name__}")
    if value.ndim != 1:
        raise ValueError(f"column {label!r} must have one dimension, not {value.ndim}")
    if expr.numblocks[0] != frame.npartitions:
        raise ValueError(
            f"the array for column {label!r} has {expr.numblocks[0]} blocks, and the frame "
            f"{frame.npartitions} partitions; rechunk the array to the rows of the partitions"
        )
    lengths = _lengths(frame.expr)
    sizes = value.chunks[0]
    if lengths is not None and not any(size != size for size in sizes) and sizes != lengths:
        raise ValueError(
            f"the array for column {label!r} has blocks of {sizes} elements, and the frame "
            f"partitions of {lengths} rows; rechunk({lengths}) the array"
        )
    meta = pd.Series(np.empty(0, value.dtype), index=frame._meta.index[:0])
    reads: tuple[Any, ...] = ([], None) if frame.expr.columns is not None else (None, None)
    return Partwise(
        f"column-{tokenize('column', frame.name, expr.name)}", meta, frame.divisions,
        (frame.expr, expr), of_block, (Reg(0), Reg(1)), rowwise=True, reads=reads,
        layout=frame.expr.layout,
    )  # fmt: skip


def of_block(part: Any, block: Any) -> Any:
    """Return a block of an array as a series with the index of a partition."""
    return pd.Series(block, index=part.index)


def _lengths(expr: FrameExpr) -> tuple[int, ...] | None:
    """Return the rows of each partition, where a source knows them."""
    from treadle.dataframe.expr import Source

    while isinstance(expr, Assign | Projection):
        inner = expr.inputs[0]
        assert isinstance(inner, FrameExpr)
        expr = inner
    found = expr.reading.lengths() if isinstance(expr, Source) else None
    return None if found is None else tuple(int(n) for n in found)


def _of_values(frame: Any, label: Any, value: Any) -> FrameExpr:
    """Return the series of values in memory, for a frame of one partition."""
    if frame.npartitions != 1:
        raise ValueError(
            f"column {label!r} is in memory, and it is not known which of its values belong to "
            f"which of {frame.npartitions} partitions; make it a collection, by from_pandas or "
            "from_array, or the frame one partition"
        )
    if not isinstance(value, pd.Series | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray):
        value = list(value)
    made = pd.Series(value) if not isinstance(value, pd.Series) else value
    meta = made.iloc[:0].set_axis(frame._meta.index[:0])
    reads: Any = [[]] if frame.expr.columns is not None else None
    found = partwise("column", with_index, frame, value, meta=meta, rowwise=True, reads=reads)
    return found.expr  # type: ignore[no-any-return]


def with_index(part: Any, values: Any) -> Any:
    """Return values as a series with the index of a partition; series go by their labels."""
    if isinstance(values, pd.Series):
        same = values.index.equals(part.index)
        return values if same else values.reindex(part.index)
    if len(values) != len(part):
        raise ValueError(f"there are {len(values)} values for a frame of {len(part)} rows")
    return pd.Series(values, index=part.index)


def set_item(frame: Any, key: Any, value: Any) -> Any:
    """Return the frame that ``frame[key] = value`` makes of it."""
    if isinstance(key, FrameCollection):
        return partwise("setitem", with_items, frame, key, value, rowwise=True, meta=frame._meta)
    if isinstance(key, slice) or callable(key):
        raise NotImplementedError(
            f"rows can't be set by {key!r}; use where() or mask(), which take a condition"
        )
    if isinstance(key, list | pd.Index | np.ndarray):
        return assign(frame, _several(list(key), value))
    hash(key)
    return _set_one(frame, key, value)


def _set_one(frame: Any, label: Any, value: Any) -> Any:
    if callable(value) and not isinstance(value, FrameCollection):
        raise TypeError(f"column {label!r} can't be a function; use assign(), which calls it")
    return assign(frame, [(label, value)])


def _several(labels: list[Any], value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, pd.DataFrame) or (isinstance(value, FrameCollection) and value.ndim == 2):
        value = cast("Any", value)
        if len(value.columns) != len(labels):
            raise ValueError(f"there are {len(labels)} labels, and {len(value.columns)} columns")
        return [(label, value.iloc[:, n]) for n, label in enumerate(labels)]
    if pd.api.types.is_list_like(value) and not isinstance(value, FrameCollection | Mapping):
        if len(value) != len(labels):
            raise ValueError(f"there are {len(labels)} labels, and {len(value)} values")
        return list(zip(labels, value, strict=True))
    return [(label, value) for label in labels]


def with_items(part: Any, key: Any, value: Any) -> Any:
    """Return a partition in which the rows or elements of a mask have another value."""
    part = part.copy()
    part[key] = value
    return part


def insert(frame: Any, loc: int, column: Any, value: Any, allow_duplicates: bool) -> Any:
    """Return a frame with one more column, at position ``loc``."""
    columns = list(frame._meta.columns)
    if column in columns:
        if allow_duplicates:
            raise NotImplementedError("columns with equal labels can't be told apart; rename one")
        raise ValueError(f"cannot insert {column}, already exists")
    if not -1 < loc <= len(columns):
        raise IndexError(f"position {loc} is out of bounds: there are {len(columns)} columns")
    wider = _set_one(frame, column, value)
    return wider[[*columns[:loc], column, *columns[loc:]]]


def with_new_index(frame: Any, index: Any) -> Any:
    """Return a frame whose rows have the labels of another collection that corresponds."""
    expr = as_expr(index)
    if not isinstance(expr, FrameExpr) or not expr.numblocks:
        if frame.npartitions == 1 and pd.api.types.is_list_like(index):
            index = index if isinstance(index, pd.Index) else pd.Index(index)
            return partwise(
                "index", Method("set_axis"), frame, index, divisions=None, rowwise=True,
                columnwise=frame.ndim == 2, meta=frame._meta.set_axis(index[:0]),
            )  # fmt: skip
        raise NotImplementedError(
            "labels of rows have to be an Index or Series of a collection that corresponds, "
            f"not {type(index).__name__}; see from_pandas"
        )
    divisions = expr.divisions if isinstance(expr.meta, pd.Index) else None
    one, other = aligned([frame.expr, expr])
    if one.npartitions != frame.npartitions:
        raise ValueError("the index has other divisions than the frame: rows don't correspond")
    columnwise = frame.ndim == 2
    return partwise(
        "index", with_index_of, new_collection(one), new_collection(other),
        divisions=divisions, rowwise=True, columnwise=columnwise,
    )  # fmt: skip


def with_index_of(part: Any, index: Any) -> Any:
    """Return a partition with the labels of an index, or the values of a series as labels."""
    return part.set_axis(pd.Index(index))
