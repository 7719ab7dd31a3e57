"""Equality of frames in partitions and frames in memory, in all that users can see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from treadle import base
from treadle.dataframe.core import DataFrame, Index, Scalar, Series
from treadle.dataframe.frame import FrameCollection


def assert_eq(
    a: Any,
    b: Any,
    *,
    check_dtype: bool = True,
    check_index: bool = True,
    check_names: bool = True,
    check_divisions: bool = True,
    sort_results: bool = False,
    scheduler: Any = "sync",
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> None:
    """Raise unless two frames are equal in values, dtypes, index and names.

    Of a frame in partitions, what it promised before it was computed is checked too: kind,
    columns, dtypes and names of its meta in every partition, and that labels lie within divisions.

    Parameters
    ----------
    a, b : collection, DataFrame, Series, Index or scalar
    check_dtype, check_index, check_names : bool
    check_divisions : bool
    sort_results : bool
        Rows in any order are equal: both are sorted by all columns and the index.
    scheduler : str, Client or Engine
        Where partitions are computed.
    rtol, atol : float
        For floating dtypes.

    Raises
    ------
    AssertionError
        Says in what they differ.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> from treadle.dataframe.testing import assert_eq
    >>> df = pd.DataFrame({"x": [1, 2, 3]})
    >>> assert_eq(dd.from_pandas(df, npartitions=2) + 1, df + 1)
    """
    x = _checked(a, scheduler, check_dtype, check_divisions)
    y = _checked(b, scheduler, check_dtype, check_divisions)
    if not check_index and isinstance(x, pd.DataFrame | pd.Series):
        x, y = x.reset_index(drop=True), y.reset_index(drop=True)
    if sort_results:
        x, y = _sorted(x), _sorted(y)
    if not check_index and isinstance(x, pd.DataFrame | pd.Series):
        x, y = x.reset_index(drop=True), y.reset_index(drop=True)
    # A range and the same numbers one by one are the same labels.
    alike: Any = "equiv" if check_dtype else False
    options: dict[str, Any] = {"check_names": check_names, "rtol": rtol, "atol": atol}
    if isinstance(y, pd.DataFrame):
        assert isinstance(x, pd.DataFrame), f"{type(x).__name__} is no DataFrame"
        pd.testing.assert_frame_equal(
            x, y, check_dtype=check_dtype, check_index_type=alike,
            check_column_type=alike, check_freq=False, **options,
        )  # fmt: skip
    elif isinstance(y, pd.Series):
        assert isinstance(x, pd.Series), f"{type(x).__name__} is no Series"
        pd.testing.assert_series_equal(
            x, y, check_dtype=check_dtype, check_index_type=alike, check_freq=False, **options
        )
    elif isinstance(y, pd.Index):
        assert isinstance(x, pd.Index), f"{type(x).__name__} is no Index"
        pd.testing.assert_index_equal(x, y, exact=alike, **options)
    elif isinstance(y, np.ndarray):
        np.testing.assert_allclose(np.asarray(x), y, rtol=rtol, atol=atol)
    else:
        _assert_scalars(x, y, check_dtype, rtol, atol)


def _assert_scalars(x: Any, y: Any, check_dtype: bool, rtol: float, atol: float) -> None:
    assert not isinstance(x, pd.DataFrame | pd.Series | pd.Index), (
        f"{type(x).__name__} is no scalar"
    )
    if check_dtype:
        kinds = [getattr(value, "dtype", type(value)) for value in (x, y)]
        assert kinds[0] == kinds[1], f"types differ: {kinds[0]} and {kinds[1]}"
    if pd.api.types.is_scalar(y) and pd.isna(y):
        assert pd.isna(x), f"{x!r} is not {y!r}"
    elif isinstance(y, float | complex | np.floating):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)
    else:
        assert x == y, f"{x!r} is not {y!r}"


def _sorted(value: Any) -> Any:
    if isinstance(value, pd.Series):
        return value.sort_index().sort_values(kind="stable")
    if isinstance(value, pd.DataFrame):
        return value.sort_index().sort_values(list(value.columns), kind="stable")
    return value.sort_values() if isinstance(value, pd.Index) else value


def _checked(value: Any, scheduler: Any, check_dtype: bool, check_divisions: bool) -> Any:
    if isinstance(value, Scalar):
        return value.compute(scheduler=scheduler)
    if not isinstance(value, FrameCollection):
        return value
    kinds = {DataFrame: pd.DataFrame, Series: pd.Series, Index: pd.Index}
    kind: Any = next(theirs for ours, theirs in kinds.items() if isinstance(value, ours))
    parts = [value.get_partition(n) for n in range(value.npartitions)]
    # Together, as a user computes them: partitions alone would be read with other columns.
    (found,) = base.compute(parts, scheduler=scheduler)
    for number, part in enumerate(found):
        assert isinstance(part, kind), f"partition {number} is a {type(part).__name__}"
        _check_meta(part, value._meta, number, check_dtype)
    if check_divisions and value.known_divisions:
        _check_divisions(found, value.divisions)
    return value.compute(scheduler=scheduler)


def _check_meta(part: Any, meta: Any, number: int, check_dtype: bool) -> None:
    where = f"partition {number}"
    if isinstance(meta, pd.DataFrame):
        assert list(part.columns) == list(meta.columns), (
            f"{where} has columns {list(part.columns)}, its meta {list(meta.columns)}"
        )
        assert part.columns.names == meta.columns.names
        pairs = [(c, part.dtypes.iloc[n], meta.dtypes.iloc[n]) for n, c in enumerate(meta.columns)]
    else:
        assert part.name == meta.name, f"{where} is named {part.name!r}, its meta {meta.name!r}"
        pairs = [(meta.name, part.dtype, meta.dtype)]
    if not isinstance(meta, pd.Index):
        assert part.index.names == meta.index.names, (
            f"the index of {where} is named {part.index.names}, of its meta {meta.index.names}"
        )
    if not check_dtype:
        return
    for column, ours, promised in pairs:
        alike = ours == promised or (
            isinstance(ours, pd.CategoricalDtype) and isinstance(promised, pd.CategoricalDtype)
        )
        assert alike, f"{where} has dtype {ours} in {column!r}, its meta {promised}"
    if not isinstance(meta, pd.Index) and len(part) and meta.index.nlevels == 1:
        ours, promised = part.index.dtype, meta.index.dtype
        assert ours == promised or isinstance(ours, pd.CategoricalDtype), (
            f"the index of {where} has dtype {ours}, of its meta {promised}"
        )


def _check_divisions(parts: list[Any], divisions: tuple[Any, ...]) -> None:
    for number, part in enumerate(parts):
        index = part if isinstance(part, pd.Index) else part.index
        if not len(index):
            continue
        low, high = divisions[number], divisions[number + 1]
        least, most = index.min(), index.max()
        last = number == len(parts) - 1
        assert least >= low, f"partition {number} begins at {least!r}, before its division {low!r}"
        assert most <= high if last else most < high, (
            f"partition {number} ends at {most!r}, past its division {high!r}"
        )
