"""Merging two partitions as pandas does, and what a join may do to partitions.

A plan is made once, from the metas, by pandas' own checks. Partitions are merged by it in one of
three ways::

    hashed      equal keys meet in partition i of both sides     merge_parts(left[i], right[i])
    sorted      both sides have the same divisions               merge_parts(left[i], right[i])
    broadcast   all of one side meets every part of the other    merge_parts(left[i], right)

A side may be broadcast if its rows can't turn out unmatched in one part and matched in the next;
for where they can, see `treadle.dataframe.join.broadcast`.

>>> import pandas as pd
>>> flights = pd.DataFrame({"plane": ["N1", "N2", "N1"]})
>>> planes = pd.DataFrame({"plane": ["N1", "N3"], "seats": [2, 4]})
>>> plan = plan_join(flights, planes, how="leftsemi", on="plane")
>>> merge_parts(flights, planes, plan).plane.tolist()
['N1', 'N1']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.join.lookup import can_look_up, look_up, lookup_join
from treadle.dataframe.one_row import one_row
from treadle.dataframe.shuffle.pieces import key_columns

#: Joins whose result keeps only columns of the left side.
FILTERS = {"leftsemi": "inner", "leftanti": "left_anti"}
HOWS = ("inner", "left", "right", "outer", "cross", "left_anti", "right_anti", *FILTERS)

# Which rows appear also when nothing matches them: for such a side, a part alone can't tell.
KEEPS_LEFT = {"left", "outer", "left_anti", "leftanti", "leftsemi"}
KEEPS_RIGHT = {"right", "outer", "right_anti"}


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """How two frames are merged: the arguments of pandas' ``merge``, checked and filled in.

    Attributes
    ----------
    how : str
        One of pandas' ways, or ``leftsemi`` and ``leftanti``, which filter the left side.
    left_on, right_on : list or None
        Names of columns or levels; None where the index is the key, or there is none.
    meta : DataFrame
        The result without rows. Columns in `promoted` may hold another dtype in a partition.
    promoted : tuple
        Columns that gain missing values in rows that match nothing: integers turn to floats and
        booleans to objects there, as in pandas.
    looks_up : bool
        Whether a side with unique keys may be looked up, see `treadle.dataframe.join.lookup`.
    """

    how: str
    left_on: list[Any] | None
    right_on: list[Any] | None
    left_index: bool
    right_index: bool
    suffixes: tuple[str | None, str | None]
    indicator: bool | str
    validate: str | None
    meta: pd.DataFrame
    promoted: tuple[Any, ...]
    looks_up: bool = False

    @property
    def token(self) -> tuple[Any, ...]:
        """What was asked, in values."""
        return (
            self.how, self.left_on, self.right_on, self.left_index, self.right_index,
            self.suffixes, self.indicator, self.validate,
        )  # fmt: skip

    def can_broadcast(self, side: str) -> bool:
        """Whether all of ``side`` may be merged with each part of the other side alone.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame({"a": [1]})
        >>> plan = plan_join(df, df, how="left", on="a")
        >>> plan.can_broadcast("right"), plan.can_broadcast("left")
        (True, False)
        """
        if side not in ("left", "right"):
            raise ValueError(f"there is no side {side!r}; use 'left' or 'right'")
        keeping = KEEPS_LEFT if side == "left" else KEEPS_RIGHT
        return self.how not in keeping and self.can_mark(side)

    def can_mark(self, side: str) -> bool:
        """Whether the parts of the other side may be looked at one by one at all.

        They may not if their keys have to be unique as a whole.
        """
        checked = {"1:1", "one_to_one"} | (
            {"m:1", "many_to_one"} if side == "left" else {"1:m", "one_to_many"}
        )
        return self.validate not in checked and not (side == "left" and self.how in FILTERS)


def plan_join(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    suffixes: tuple[str | None, str | None] = ("_x", "_y"),
    indicator: bool | str = False,
    validate: str | None = None,
) -> JoinPlan:
    """Check the arguments of a merge on metas, and return what partitions are merged by.

    Parameters
    ----------
    left, right : DataFrame
        Metas; rows are not looked at.

    Raises
    ------
    ValueError, KeyError, pandas.errors.MergeError
        As pandas raises them, before anything is computed.

    Examples
    --------
    >>> import pandas as pd
    >>> a, b = pd.DataFrame({"k": [1], "x": [1]}), pd.DataFrame({"k": [1], "x": [2.0]})
    >>> plan = plan_join(a, b, how="left", on="k")
    >>> list(plan.meta.columns), plan.promoted, plan.left_on
    (['k', 'x_x', 'x_y'], (), ['k'])
    """
    if how not in HOWS:
        raise ValueError(f"how is {how!r}; use one of {', '.join(map(repr, HOWS))}")
    if how in FILTERS and indicator:
        raise ValueError(f"how={how!r} keeps no column that could tell where rows come from")
    if on is not None:
        if left_on is not None or right_on is not None or left_index or right_index:
            raise pd.errors.MergeError("give either on, or keys of the left and of the right")
        left_on = right_on = on
    elif how != "cross" and left_on is right_on is None and not left_index and not right_index:
        left_on = right_on = [name for name in left.columns if name in right.columns]
        if not left_on:
            raise pd.errors.MergeError(
                f"there is no column with the same name on both sides to merge on: {how=}, "
                f"columns {list(left.columns)} and {list(right.columns)}"
            )
    plan = JoinPlan(
        how, _listed(left_on), _listed(right_on), left_index, right_index,
        tuple(suffixes), indicator, validate, left.iloc[:0], (),  # type: ignore[arg-type]
    )  # fmt: skip
    meta = _merged(left.iloc[:0], right.iloc[:0], plan)
    if left_index != right_index and how not in FILTERS:
        # Without rows, pandas gives the index of the wrong side.
        rows = _merged(one_row(left), one_row(right), replace(plan, how="outer", validate=None))
        meta = meta.set_axis(rows.index[:0])
        if meta.index.nlevels == 1:
            meta.index = meta.index.astype((right if left_index else left).index.dtype)
    return replace(
        plan,
        meta=meta,
        promoted=_promoted(left, right, plan, meta),
        looks_up=_looks_up(left, right, plan, meta),
    )


def _looks_up(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, meta: pd.DataFrame) -> bool:
    """Whether a merge by one column of each side, of one dtype, adds columns and nothing else."""
    if not plan.left_on or not plan.right_on or len(plan.left_on) != 1:
        return False
    names = (left.columns, right.columns, meta.columns)
    if not all(columns.is_unique for columns in names) or names[0].nlevels + names[1].nlevels > 2:
        return False
    on = plan.left_on[0], plan.right_on[0]
    if on[0] not in left.columns or on[1] not in right.columns:
        return False
    if plan.how in FILTERS:
        plain = plan.validate is None
    else:
        unchecked = (None, "m:1", "many_to_one", "m:m", "many_to_many")
        plain = plan.how in ("inner", "left") and plan.validate in unchecked and not plan.indicator
    return plain and can_look_up(left[on[0]].dtype, right[on[1]].dtype)


def _listed(keys: Any) -> list[Any] | None:
    if keys is None:
        return None
    return list(keys) if isinstance(keys, list | tuple | pd.Index) else [keys]


def _promoted(
    left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, meta: pd.DataFrame
) -> tuple[Any, ...]:
    """Columns that can't hold what is missing, of a side whose rows may be missing."""
    sides = (
        (left, plan.how in KEEPS_RIGHT, plan.suffixes[0]),
        (right, plan.how in KEEPS_LEFT and plan.how not in FILTERS, plan.suffixes[1]),
    )
    keys = {*(plan.left_on or ())} & {*(plan.right_on or ())}
    found = []
    for frame, missing, suffix in sides:
        for name, dtype in frame.dtypes.items():
            if missing and dtype.kind in "biu" and isinstance(dtype, np.dtype) and name not in keys:
                renamed = name if name in meta.columns else f"{name}{suffix or ''}"
                found.append(renamed)
    return tuple(found)


def merge_parts(
    left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, wanted: list[Any] | None = None
) -> pd.DataFrame:
    """Merge two partitions whose keys meet nowhere else.

    Parameters
    ----------
    wanted : list, optional
        Only these columns of the result, in its order: keys are often needed to merge, and for
        nothing else.

    Returns
    -------
    DataFrame
        What ``pandas.merge`` returns, with the dtypes of the meta also if a side is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> a, b = pd.DataFrame({"k": [1, 2]}), pd.DataFrame({"k": [2], "x": [5]})
    >>> merge_parts(a, b, plan_join(a, b, how="left"))
       k    x
    0  1  NaN
    1  2  5.0
    """
    merged = _merged(left, right, plan, wanted)
    if plan.left_index != plan.right_index and plan.how not in FILTERS:
        merged = _with_labels_of_columns(merged, left, right, plan)
    if wanted is None:
        return conform(merged, plan.meta)
    chosen = merged if list(merged.columns) == wanted else merged[wanted]
    return conform(chosen, plan.meta[wanted])


def _with_labels_of_columns(
    merged: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan
) -> pd.DataFrame:
    """Give rows no label where the side whose labels they get has no rows.

    pandas gives them the labels of the other side then, though not if there is one row.
    """
    empty = not len(right if plan.left_index else left)
    if not empty or not len(merged) or plan.meta.index.nlevels > 1:
        return merged
    missing = pd.Series(plan.meta.index.array).reindex(range(len(merged)))
    return merged.set_axis(pd.Index(missing.array, name=plan.meta.index.name))


def _merged(
    left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, wanted: list[Any] | None = None
) -> pd.DataFrame:
    if plan.how in FILTERS:
        return _filtered(left, right, plan, wanted)
    if plan.looks_up and plan.left_on and plan.right_on:
        on = plan.left_on[0], plan.right_on[0]
        if can_look_up(left[on[0]].dtype, right[on[1]].dtype):
            merged = lookup_join(left, right, plan.how, *on, plan.meta.columns, wanted)
            if merged is not None:
                return merged
    return left.merge(
        right, how=plan.how, left_on=plan.left_on, right_on=plan.right_on,  # type: ignore[arg-type]
        left_index=plan.left_index, right_index=plan.right_index,
        suffixes=plan.suffixes, indicator=plan.indicator, validate=plan.validate,  # type: ignore[arg-type]
    )  # fmt: skip


def _filtered(
    left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, wanted: list[Any] | None = None
) -> pd.DataFrame:
    """Rows of the left side that have a match, or none; each at most once, and in its order.

    They are numbered anew unless an index takes part, as an inner merge does.
    """
    if plan.looks_up and plan.left_on and plan.right_on:
        keys, table = left[plan.left_on[0]], right[plan.right_on[0]].drop_duplicates()
        rows = look_up(keys, table) if can_look_up(keys.dtype, table.dtype) else None
        if rows is not None:
            shown = left if wanted is None else left[wanted]
            kept: pd.DataFrame = shown[(rows >= 0) == (plan.how == "leftsemi")]
            return kept.set_axis(pd.RangeIndex(len(kept)))
    if plan.validate is not None:
        _check_unique(left, right, plan)
    columns = key_columns(right, None if plan.right_index else plan.right_on)
    distinct = frame_of(columns).drop_duplicates()
    how: Any = FILTERS[plan.how]
    if plan.left_index:
        names = left.index.names
        if distinct.shape[1] == 1:
            other = pd.DataFrame(index=pd.Index(distinct[0].array, name=names[0]))
        else:
            other = pd.DataFrame(index=pd.MultiIndex.from_frame(distinct, names=names))
        return left.merge(other, how=how, left_index=True, right_index=True)
    distinct.columns = pd.Index(plan.left_on or [], dtype=object)
    merged = left.merge(distinct, how=how, on=plan.left_on)[list(left.columns)]
    return merged.set_axis(pd.RangeIndex(len(merged)))


def frame_of(columns: Sequence[Any]) -> pd.DataFrame:
    """Return key columns as a frame with columns 0, 1, ... and an index of its own."""
    arrays = {n: getattr(column, "array", column) for n, column in enumerate(columns)}
    return pd.DataFrame(arrays)


def _check_unique(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> None:
    """Let pandas check what the merge of a filter does not show, since the right has no repeats."""
    left_keys = frame_of(key_columns(left, None if plan.left_index else plan.left_on))
    right_keys = frame_of(key_columns(right, None if plan.right_index else plan.right_on))
    left_keys.merge(right_keys, on=list(left_keys.columns), validate=plan.validate)  # type: ignore[arg-type]


def conform(part: pd.DataFrame, meta: pd.DataFrame) -> pd.DataFrame:
    """Give a partition the columns and dtypes of its meta where no value changes by it.

    Integers and booleans that gained missing values stay what pandas made of them.

    Examples
    --------
    >>> import pandas as pd
    >>> meta = pd.DataFrame({"a": pd.Series(dtype="int64"), "b": pd.Series(dtype="float64")})
    >>> conform(pd.DataFrame({"b": [1], "a": [None]}), meta).dtypes.astype(str).tolist()
    ['object', 'float64']
    """
    if not part.columns.equals(meta.columns):
        part = part[list(meta.columns)] if part.columns.is_unique else part
    wrong = [n for n, (a, b) in enumerate(zip(part.dtypes, meta.dtypes, strict=True)) if a != b]
    if wrong:
        part = part.copy(deep=False)
        for number in wrong:
            _conform_column(part, number, meta.dtypes.iloc[number])
    index = part.index
    if len(part) == 0 and (index.dtype != meta.index.dtype or index.names != meta.index.names):
        part = part.set_axis(meta.index[:0])
    return part


def _conform_column(part: pd.DataFrame, number: int, dtype: Any) -> None:
    column = part.iloc[:, number]
    if len(column) == 0:
        fits = True
    elif isinstance(dtype, pd.CategoricalDtype):
        fits = bool(column.dropna().isin(dtype.categories).all())
    elif isinstance(dtype, np.dtype) and dtype.kind in "biu":
        fits = column.dtype.kind in "biu" and not column.isna().any()
    else:
        fits = True
    if fits:
        part.isetitem(number, column.astype(dtype).array)
