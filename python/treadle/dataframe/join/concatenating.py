"""``concat``: frames below each other, or next to each other.

Below each other, partitions stay as they are, and only those of other columns or dtypes are made
fit. What the columns and dtypes are is pandas' own answer, from metas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from treadle.dataframe.build import aligned, emptied, new_collection, partwise
from treadle.dataframe.creating import from_pandas
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.join.sizes import estimated_nbytes
from treadle.dataframe.join.stacking import Beside, Fitted, PartsBelow, Stacked

_ROWS, _COLUMNS = (0, "index", "rows"), (1, "columns")


def concat(
    dfs: Iterable[Any],
    axis: Any = 0,
    join: str = "outer",
    ignore_unknown_divisions: bool = False,
    ignore_order: bool = False,
    interleave_partitions: bool = False,
    ignore_index: bool = False,
    sort: bool = False,
) -> Any:
    """Put frames and series below each other, or next to each other.

    Parameters
    ----------
    dfs : iterable of DataFrame or Series
        In partitions or of pandas. What is None is left out.
    axis : {0, "index", 1, "columns"}
        0 for below each other; 1 for next to each other, rows with equal labels together.
    join : {"outer", "inner"}
        All labels of the other axis, or those that all frames have.
    ignore_unknown_divisions : bool
        Along columns: take frames with equally many partitions to correspond partition by
        partition, though nothing is known of their labels.
    ignore_order : bool
        Let categories with different orders become categories without an order.
    interleave_partitions : bool
        Along rows: if labels of frames overlap, and divisions are known, sort rows by them into
        common partitions. Otherwise partitions follow each other, and divisions are not known.
    ignore_index : bool
        Along rows: number the rows of each partition from 0.
    sort : bool
        Sort the columns if frames have different ones.

    Returns
    -------
    DataFrame or Series
        Divisions are known if those of all frames are, and labels of each lie above those of the
        one before. Categories that differ are united.

    Raises
    ------
    ValueError
        Along columns, if it is not known which partitions belong together.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> june = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=1)
    >>> july = pd.DataFrame({"x": [3], "y": [0.5]}, index=[2])
    >>> both = dd.concat([june, july])
    >>> both.divisions
    (0, 2, 2)
    >>> both.compute()
       x    y
    0  1  NaN
    1  2  NaN
    2  3  0.5
    """
    if isinstance(dfs, Mapping):
        raise NotImplementedError(
            "frames can't be labelled by the keys of a mapping; add a column with assign() to each "
            "and pass a list"
        )
    if isinstance(dfs, FrameCollection | pd.DataFrame | pd.Series) or not isinstance(dfs, Iterable):
        raise TypeError(f"concat takes a list of frames or series, not one {type(dfs).__name__}")
    if join not in ("outer", "inner"):
        raise ValueError(f"join is {join!r}; use 'outer' or 'inner'")
    if axis not in (*_ROWS, *_COLUMNS):
        raise ValueError(f"there is no axis {axis!r}; use 0 (rows) or 1 (columns)")
    frames = [_as_expr(item) for item in dfs if item is not None]
    if not frames:
        raise ValueError("there is nothing to concatenate: the list holds no frames")
    if axis in _COLUMNS:
        if ignore_index:
            raise NotImplementedError(
                "columns are not numbered anew; set the columns of the result instead"
            )
        return _beside(frames, join, ignore_unknown_divisions, sort)
    found = _below(frames, join, ignore_order, interleave_partitions and not ignore_index, sort)
    if ignore_index:
        found = partwise("reset_index", numbered, found, divisions=None)
    return found


def _as_expr(item: Any) -> FrameExpr:
    if isinstance(item, pd.DataFrame | pd.Series):
        item = from_pandas(item, npartitions=1, sort=item.index.is_monotonic_increasing)
    if isinstance(item, FrameCollection) and isinstance(item._meta, pd.DataFrame | pd.Series):
        found: FrameExpr = item.expr
        return found
    raise TypeError(f"frames and series can be concatenated, not {type(item).__name__}")


def numbered(part: Any) -> Any:
    """Return a partition with rows numbered from 0."""
    return part.reset_index(drop=True)


# -- below each other ------------------------------------------------------------------------------


def _below(
    frames: list[FrameExpr], join: str, ignore_order: bool, interleave: bool, sort: bool
) -> Any:
    meta = common_meta([frame.meta for frame in frames], join, ignore_order, sort)
    divisions = _ordered(frames)
    known = all(frame.known_divisions for frame in frames)
    if interleave and divisions is None and known:
        from treadle.dataframe.arranging.divisions import with_equal_divisions

        alike = [new_collection(frame) for frame in with_equal_divisions(frames)]
        return partwise("concat", PartsBelow(meta), *alike, meta=meta)
    sizes = [estimated_nbytes(frame) for frame in frames]
    fitting = [frame if _fits(frame.meta, meta) else Fitted(frame, meta) for frame in frames]
    if len(fitting) == 1:
        return new_collection(fitting[0])
    nbytes = sum(size for size in sizes if size is not None) if None not in sizes else None
    return new_collection(Stacked(fitting, meta, divisions, nbytes=nbytes))


def common_meta(metas: Sequence[Any], join: str, ignore_order: bool, sort: bool) -> Any:
    """Return what frames below each other are, without rows.

    Examples
    --------
    >>> import pandas as pd
    >>> a = pd.DataFrame({"x": pd.Categorical(["a"]), "n": [1]})
    >>> b = pd.DataFrame({"x": pd.Categorical(["b"])})
    >>> found = common_meta([a, b], "outer", False, False)
    >>> found.x.dtype.categories.tolist(), found.n.dtype
    (['a', 'b'], dtype('float64'))
    """
    metas = [emptied(meta) for meta in metas]
    dtypes: dict[Any, list[Any]] = {}
    for meta in metas:
        if isinstance(meta, pd.DataFrame) and not meta.columns.is_unique:
            continue
        for label in meta.columns if isinstance(meta, pd.DataFrame) else [meta.name]:
            dtypes.setdefault(label, []).append(
                meta[label].dtype if isinstance(meta, pd.DataFrame) else meta.dtype
            )
    found: Any = pd.concat(metas, axis=0, join=join, sort=sort)  # type: ignore[call-overload]
    for label, kinds in dtypes.items():
        united = _united(kinds, ignore_order)
        if united is None:
            continue
        if isinstance(found, pd.Series):
            if len(kinds) == len(metas):
                found = found.astype(united)
        elif label in found.columns:
            found[label] = found[label].astype(united)
    return emptied(found)


def _united(dtypes: list[Any], ignore_order: bool) -> pd.CategoricalDtype | None:
    """One categorical dtype for several; None if they are none, or have orders that differ."""
    if not all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        return None
    first = dtypes[0]
    if all(dtype == first for dtype in dtypes):
        return None
    if any(dtype.ordered for dtype in dtypes) and not ignore_order:
        return None
    categories = first.categories
    for dtype in dtypes[1:]:
        categories = categories.append(dtype.categories.difference(categories, sort=False))
    return pd.CategoricalDtype(categories, ordered=False)


def _fits(meta: Any, wanted: Any) -> bool:
    """Whether partitions of a meta can stay as they are."""
    if type(meta) is not type(wanted):
        return False
    if isinstance(meta, pd.Series):
        return bool(meta.name == wanted.name and _same(meta.dtype, wanted.dtype))
    return bool(meta.columns.equals(wanted.columns)) and all(
        _same(a, b) for a, b in zip(meta.dtypes, wanted.dtypes, strict=True)
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, pd.CategoricalDtype) and isinstance(other, pd.CategoricalDtype):
        return bool(one.ordered == other.ordered)  # categories are united when parts are joined
    return bool(one == other)


def _ordered(frames: Sequence[FrameExpr]) -> tuple[Any, ...] | None:
    """The divisions of frames of which each begins above the end of the one before."""
    if not all(frame.known_divisions for frame in frames):
        return None
    borders: list[Any] = [frame.divisions for frame in frames]
    try:
        rising = all(a[-1] < b[0] for a, b in pairwise(borders))
    except TypeError:  # labels that have no common order
        return None
    if not rising:
        return None
    return (*(label for divisions in borders for label in divisions[:-1]), borders[-1][-1])


# -- next to each other ----------------------------------------------------------------------------


def _beside(frames: list[FrameExpr], join: str, by_number: bool, sort: bool) -> Any:
    options: dict[str, Any] = {"join": join, "sort": sort}
    if by_number and not all(frame.known_divisions for frame in frames):
        counts = sorted({frame.npartitions for frame in frames})
        if len(counts) > 1:
            raise ValueError(
                f"frames of {counts} partitions can't correspond partition by partition; "
                "repartition() them first"
            )
    else:
        frames = aligned(frames)
    meta = emptied(pd.concat([frame.meta for frame in frames], axis=1, **options))
    first = frames[0]
    divisions = first.divisions or ()
    layout = first.layout if len({frame.layout for frame in frames}) == 1 else None
    return new_collection(Beside(frames, meta, divisions, options, layout))
