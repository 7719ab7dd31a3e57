"""More, fewer or other partitions: what ``repartition`` is asked, as new groups of rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.arranging.divisions import cut_at
from treadle.dataframe.arranging.regroup import Piece, Regroup, Share
from treadle.dataframe.build import new_collection, partwise
from treadle.dataframe.expr import Divisions, FrameExpr


def repartition(
    frame: Any,
    divisions: Any = None,
    npartitions: Any = None,
    partition_size: Any = None,
    freq: Any = None,
    force: bool = False,
) -> Any:
    """Return a frame with other partitions; see :meth:`DataFrame.repartition`.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series(range(6)), npartitions=3)
    >>> dd.repartition(x, npartitions=2).divisions
    (0, 2, 5)
    """
    given = [x is not None for x in (divisions, npartitions, partition_size, freq)]
    if sum(given) != 1:
        raise ValueError("give exactly one of divisions, npartitions, partition_size and freq")
    expr: FrameExpr = frame.expr
    if npartitions is not None:
        return new_collection(into(expr, npartitions))
    if partition_size is not None:
        return new_collection(of_size(frame, partition_size))
    if not expr.known_divisions:
        what = "divisions" if freq is None else "freq"
        raise ValueError(
            f"to cut at other labels ({what}=) one has to know where there are which; divisions of "
            "this frame are not known: use set_index(), or npartitions="
        )
    if freq is not None:
        return new_collection(cut_at(expr, by_time(expr, freq), force=True))
    return new_collection(cut_at(expr, list(divisions), force=force))


def into_one(expr: FrameExpr) -> FrameExpr:
    """Return a frame in one partition."""
    return merged(expr, 1) if expr.npartitions > 1 else expr


def into(expr: FrameExpr, count: int) -> FrameExpr:
    """Return a frame in ``count`` partitions."""
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"npartitions must be an integer, not {count!r}")
    count = int(count)
    if count < 1:
        raise ValueError(f"npartitions must be 1 or more, not {count}")
    if count == expr.npartitions:
        return expr
    if count < expr.npartitions:
        return merged(expr, count)
    if expr.known_divisions:
        between = interpolated(expr.divisions or (), count)
        if between is not None:
            return cut_at(expr, between)
    borders = _borders(expr.npartitions, count, count)
    shares = [b - a for a, b in pairwise(borders)]
    return split(expr, shares)


def _borders(parts: int, count: int, total: int) -> list[int]:
    """Return where ``parts`` runs begin among ``total``, as evenly as can be."""
    return [total * n // parts for n in range(parts + 1)]


def merged(expr: FrameExpr, count: int) -> FrameExpr:
    """Return a frame whose partitions are neighbours put together."""
    return merged_at(expr, _borders(count, expr.npartitions, expr.npartitions))


def merged_at(expr: FrameExpr, borders: list[int]) -> FrameExpr:
    """Return a frame whose partition ``n`` are those from ``borders[n]`` to ``borders[n + 1]``."""
    groups = [[(n, None) for n in range(a, b)] for a, b in pairwise(borders)]
    divisions = expr.divisions or ()
    known = tuple(divisions[n] for n in borders) if expr.known_divisions else None
    return Regroup(expr, groups, known)


def split(expr: FrameExpr, shares: list[int]) -> FrameExpr:
    """Return a frame each of whose partitions is cut into so many equal shares."""
    groups: list[list[Piece]] = []
    for number, of in enumerate(shares):
        groups.extend([(number, Share(k, of) if of > 1 else None)] for k in range(of))
    return Regroup(expr, groups)


def interpolated(divisions: Divisions, count: int) -> Divisions | None:
    """Return more divisions, as far as there are labels between; None if labels are no numbers.

    Examples
    --------
    >>> interpolated((0, 10, 20), 4)
    (0, 5, 10, 15, 20)
    >>> interpolated(("a", "b"), 2)
    """
    labels: pd.Index[Any] = pd.Index(list(divisions))
    if isinstance(labels, pd.DatetimeIndex | pd.TimedeltaIndex):
        places = labels.asi8.astype(float)
    elif pd.api.types.is_numeric_dtype(labels.dtype) and not pd.api.types.is_bool_dtype(labels):
        places = labels.to_numpy(float)
    else:
        return None
    at = np.interp(np.linspace(0, len(divisions) - 1, count + 1), range(len(divisions)), places)
    if isinstance(labels, pd.DatetimeIndex):
        stamps = pd.DatetimeIndex(at.astype("int64").view(f"M8[{labels.unit}]"))
        found: Any = stamps.tz_localize("UTC").tz_convert(labels.tz) if labels.tz else stamps
    elif isinstance(labels, pd.TimedeltaIndex):
        found = pd.TimedeltaIndex(at.astype("int64").view(f"m8[{labels.unit}]"))
    elif pd.api.types.is_integer_dtype(labels.dtype):
        found = np.round(at).astype("int64")
    else:
        found = at
    inner = found.tolist() if isinstance(found, np.ndarray) else list(found)
    # Rounding must not move the ends.
    distinct = sorted({divisions[0], *inner[1:-1], divisions[-1]})
    distinct = [x for x in distinct if divisions[0] <= x <= divisions[-1]]
    return tuple(distinct) if len(distinct) > 1 else None


def by_time(expr: FrameExpr, freq: Any) -> Divisions:
    """Return divisions at multiples of a time, such as midnights for ``"1D"``.

    Raises
    ------
    TypeError
        If labels are no times.
    """
    index = expr.meta if isinstance(expr.meta, pd.Index) else expr.meta.index
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(f"freq= cuts an index of times, and this one has dtype {index.dtype}")
    assert expr.divisions is not None
    start, stop = expr.divisions[0], expr.divisions[-1]
    offset = pd.tseries.frequencies.to_offset(freq)
    try:
        first = pd.Timestamp(start).floor(freq)
    except ValueError:  # not a fixed time, such as months
        first = offset.rollback(pd.Timestamp(start).normalize())
    labels = [first, *(label for label in pd.date_range(first, stop, freq=offset) if label > first)]
    return (*labels, labels[-1] + offset)


# -- by bytes --------------------------------------------------------------------------------------


def of_size(frame: Any, size: Any) -> FrameExpr:
    """Return a frame whose partitions have about ``size`` bytes in memory, and no more if it can.

    Partitions are computed to measure them.
    """
    from treadle.utils.format import parse_bytes

    limit = parse_bytes(size)
    if limit < 1:
        raise ValueError(f"partition_size must be at least one byte, not {size!r}")
    measured = partwise("nbytes", nbytes_of, frame, meta=pd.Series([], dtype="int64"))
    sizes = [int(n) for n in measured.compute()]
    shares = [max(-(-n // limit), 1) for n in sizes]
    expr: FrameExpr = frame.expr
    if any(of > 1 for of in shares):
        expr = split(expr, shares)
        sizes = [n / of for n, of in zip(sizes, shares, strict=True) for _ in range(of)]  # type: ignore[misc]
    borders, total = [0], 0.0
    for number, nbytes in enumerate(sizes):
        if number > borders[-1] and total + nbytes > limit:
            borders.append(number)
            total = 0.0
        total += nbytes
    borders.append(len(sizes))
    return merged_at(expr, borders) if len(borders) <= expr.npartitions else expr


def nbytes_of(part: Any) -> pd.Series[Any]:
    """Return the bytes of a partition in memory."""
    return pd.Series([int(np.sum(part.memory_usage(deep=True)))])
