"""``merge``: what the arguments mean, and how rows with equal keys are brought together.

The way is chosen when the merge is written, the first of these that can be taken::

    one side has one partition, or is small      it meets every partition of the other side
    both by index, and divisions are known       both are cut at the same labels
    a column with an index of known divisions    the side of the column is cut at these labels
    anything else                                both are shuffled by a hash of the keys

A side that is where it has to be already stays there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import method, new_collection
from treadle.dataframe.creating import from_pandas
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.join.expr import Gathered, MarkedMerge, Merge
from treadle.dataframe.join.kernels import FILTERS, JoinPlan, plan_join
from treadle.dataframe.join.matching import by_divisions, by_hash, by_index
from treadle.dataframe.join.sides import Sides, sides_of
from treadle.dataframe.join.sizes import estimated_nbytes, width
from treadle.dataframe.shuffle.placing import check_method

#: A side of more bytes is not put together into one partition, unless somebody says so.
MOST_BYTES = 64 << 20
# Up to here it costs next to nothing.
_FEW_BYTES = 1 << 20
# A shuffle hashes, moves and puts together; a broadcast looks at the small side once a partition.
_SHUFFLE_COST = 3.0
_BIAS = 0.5


def merge(
    left: Any,
    right: Any,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    sort: bool = False,
    suffixes: Sequence[str | None] = ("_x", "_y"),
    indicator: bool | str = False,
    validate: str | None = None,
    shuffle_method: str | None = None,
    npartitions: int | None = None,
    broadcast: bool | float | None = None,
) -> Any:
    """Merge two frames by columns or by their indexes, as databases join tables.

    Parameters
    ----------
    left, right : DataFrame or named Series
        In partitions or of pandas; one of them has to be in partitions.
    how : str
        ``"inner"``, ``"left"``, ``"right"``, ``"outer"``, ``"cross"``, ``"left_anti"`` or
        ``"right_anti"`` as in pandas; ``"leftsemi"`` and ``"leftanti"`` keep the rows of the left
        side that match, or that do not, and only its columns.
    on : label or list, optional
        Columns, or levels of the index, that both sides have; all common columns without any.
    left_on, right_on : label or list, optional
        Those of each side.
    left_index, right_index : bool
        The index of that side is the key.
    sort : bool
        Not supported, since rows are in partitions by their keys; sort the result.
    suffixes : (str or None, str or None)
        For columns of one name on both sides.
    indicator : bool or str
        Add a column that tells where a row comes from.
    validate : str, optional
        Check that keys are unique: ``"1:1"``, ``"1:m"``, ``"m:1"``.
    shuffle_method : str, optional
        How rows are moved, if they are.
    npartitions : int, optional
        Partitions of the result, if both sides are shuffled; the larger number of both without it.
    broadcast : bool or float, optional
        Whether one side is put together into one partition that meets every partition of the
        other, so that rows of the other stay where they are. Small sides are, without it. A number
        makes it likelier than 0.5, the default, if it is larger.

    Returns
    -------
    DataFrame
        Rows as pandas has them, in another order if rows were moved. Unless an index takes part,
        rows are numbered from 0 in each partition. A column of integers or booleans
        that gains missing values has another dtype, as in pandas, in those partitions where it
        does.

    Raises
    ------
    ValueError, KeyError, pandas.errors.MergeError
        What pandas raises for the same arguments, when the merge is written.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> flights = pd.DataFrame({"carrier": ["UA", "AA", "UA"], "delay": [5, 0, 7]})
    >>> names = pd.DataFrame({"carrier": ["AA", "UA"], "name": ["American", "United"]})
    >>> df = dd.from_pandas(flights, npartitions=2)
    >>> dd.merge(df, names, on="carrier").compute().reset_index(drop=True)
      carrier  delay      name
    0      UA      5    United
    1      AA      0  American
    2      UA      7    United
    """
    if sort:
        raise NotImplementedError(
            "rows come by their keys into partitions, not in order; sort the result: "
            "merge(...).sort_values(keys)"
        )
    check_method(shuffle_method)
    for keys in (on, left_on, right_on):
        _check_labels(keys)
    if broadcast is not None and not isinstance(broadcast, bool | int | float | np.bool_):
        raise TypeError(f"broadcast must be True, False or a number, not {broadcast!r}")
    if npartitions is not None and npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    if not isinstance(left, FrameCollection) and not isinstance(right, FrameCollection):
        raise TypeError("merge takes a frame in partitions at least on one side; see from_pandas")
    mine, theirs = as_frame(left), as_frame(right)
    plan = plan_join(
        mine.meta, theirs.meta, how=how, on=on, left_on=left_on, right_on=right_on,
        left_index=left_index, right_index=right_index,
        suffixes=tuple(suffixes), indicator=indicator, validate=validate,  # type: ignore[arg-type]
    )  # fmt: skip
    return new_collection(merged(mine, theirs, plan, npartitions=npartitions, broadcast=broadcast))


def _check_labels(keys: Any) -> None:
    for key in keys if isinstance(keys, list | tuple) else [keys]:
        if isinstance(key, FrameCollection | pd.Series | pd.Index | np.ndarray):
            raise NotImplementedError(
                f"keys have to be labels of columns, not a {type(key).__name__}; "
                "add it to the frame with assign() and merge on its label"
            )


def as_frame(value: Any) -> FrameExpr:
    """Return the expression of a frame, or of a series as a frame of one column.

    Raises
    ------
    TypeError, ValueError
        If it is neither, or has no name.
    """
    if isinstance(value, pd.DataFrame | pd.Series):
        value = from_pandas(value, npartitions=1, sort=False)
    if not isinstance(value, FrameCollection) or not isinstance(
        value._meta, pd.DataFrame | pd.Series
    ):
        raise TypeError(f"a frame or a named series can be merged, not {type(value).__name__}")
    if isinstance(value._meta, pd.Series):
        if value._meta.name is None:
            raise ValueError("a series without a name can't be merged; rename() it first")
        value = method(value, "to_frame", rowwise=True)
    found: FrameExpr = value.expr
    return found


def merged(
    left: FrameExpr,
    right: FrameExpr,
    plan: JoinPlan,
    *,
    npartitions: int | None = None,
    broadcast: bool | float | None = None,
) -> FrameExpr:
    """Return the expression of a merge, with rows brought where they have to be."""
    sides = sides_of(left.meta, right.meta, plan)
    sizes = estimated_nbytes(left), estimated_nbytes(right)
    size = _size_of_result(left, right, sides, sizes)
    if left.npartitions == right.npartitions == 1:
        divisions = _divisions_kept(left, right, plan, None)
        return Merge(left, right, sides, divisions=divisions, nbytes=size)
    side = _side_to_broadcast(left, right, plan, sizes, broadcast)
    if side is not None:
        return _broadcast(left, right, sides, side, size)
    if plan.left_index and plan.right_index:
        found = by_index(left, right, plan)
    else:
        found = by_divisions(left, right, plan)
    if found is None:
        found = by_hash(left, right, plan, npartitions)
    return Merge(
        found.left, found.right, sides, divisions=found.divisions, split=found.split, nbytes=size
    )


def _size_of_result(
    left: FrameExpr, right: FrameExpr, sides: Sides, sizes: tuple[float | None, float | None]
) -> float | None:
    """About how large a merge is, if each row of the larger side has one match."""
    if sizes[0] is None or sizes[1] is None or sides.plan.how == "cross":
        return None
    rows = sizes[0] / width(left.meta)
    if sides.plan.how not in FILTERS:
        rows = max(rows, sizes[1] / width(right.meta))
    return rows * width(sides.plan.meta)


# -- one side for all ------------------------------------------------------------------------------


def _side_to_broadcast(
    left: FrameExpr,
    right: FrameExpr,
    plan: JoinPlan,
    sizes: tuple[float | None, float | None],
    broadcast: bool | float | None,
) -> str | None:
    """Return the side that meets all partitions of the other; None for neither."""
    frames = {"left": left, "right": right}
    allowed = [side for side in ("right", "left") if plan.can_broadcast(side) or _marks(plan, side)]
    for side in sorted(allowed, key=lambda side: not plan.can_broadcast(side)):
        if frames[side].npartitions == 1:
            return side
    if plan.how == "cross":  # there are no keys to shuffle by
        return min(allowed, key=lambda side: frames[side].npartitions)
    if broadcast is False or not allowed:
        return None
    known = {"left": sizes[0], "right": sizes[1]}

    def order(side: str) -> Any:
        size = known[side]
        return (
            size is None and broadcast is not True,
            not plan.can_broadcast(side),
            frames[side].npartitions if size is None else size,
        )

    allowed.sort(key=order)
    if broadcast is True:
        return allowed[0]
    bias = _BIAS if broadcast is None else float(broadcast)
    for side in allowed:
        other = "left" if side == "right" else "right"
        cost = 1.0 if plan.can_broadcast(side) else 2.0
        size, rest = known[side], known[other]
        count = frames[other].npartitions
        if size is not None:
            if size > MOST_BYTES * bias / _BIAS:
                continue
            shuffled = _SHUFFLE_COST * (size + (rest if rest is not None else size))
            if size <= _FEW_BYTES or cost * size * count <= shuffled * bias / _BIAS:
                return side
        elif frames[side].npartitions < log2(max(count, 1)) * bias / cost:
            return side
    return None


def _marks(plan: JoinPlan, side: str) -> bool:
    """Whether rows of a side that meet nothing can be told afterwards."""
    ways = ("left", "right", "outer", "inner")
    return plan.how in ways and plan.can_mark(side)


def _broadcast(
    left: FrameExpr, right: FrameExpr, sides: Sides, side: str, size: float | None
) -> FrameExpr:
    plan = sides.plan
    if side == "left" and left.npartitions > 1:
        left = Gathered(left)
    if side == "right" and right.npartitions > 1:
        right = Gathered(right)
    if not plan.can_broadcast(side):
        return MarkedMerge(left, right, sides, whole=side, nbytes=size)
    return Merge(
        left, right, sides, whole=side, nbytes=size,
        divisions=_divisions_kept(left, right, plan, side),
    )  # fmt: skip


def _divisions_kept(left: FrameExpr, right: FrameExpr, plan: JoinPlan, whole: str | None) -> Any:
    """Return the divisions of the side that stays, if the result has the labels of its index.

    A merge by the index of one side and columns of the other has the labels of the other.
    """
    filters = plan.how in FILTERS and plan.left_index
    if whole != "left" and (filters or (plan.right_index and plan.how in ("inner", "left"))):
        return left.divisions
    if whole != "right" and plan.left_index and plan.how in ("inner", "right"):
        return right.divisions
    return None
