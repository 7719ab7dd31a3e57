"""Cutting a partition into the pieces of other partitions, and putting pieces together.

Rows get the number of their new partition, from a hash of keys, from divisions, or from a column
of numbers. One counting sort brings rows of one number next to each other, one gather moves them,
and pieces are slices of the result: a cut costs the same for 2 partitions and for 2000. ::

    numbers  1 0 2 1 0     order  1 4 | 0 3 | 2     pieces  [1 4]  [0 3]  [2]

Within a piece rows keep their order, so a shuffle is stable if pieces are put together in the
order of the partitions they came from.

>>> import pandas as pd
>>> df = pd.DataFrame({"x": [5, 1, 9, 5]})
>>> numbers = numbers_by_divisions(df.x, [0, 5, 10])
>>> [piece.x.tolist() for piece in split_by_numbers(df, numbers, 2)]
[[1], [5, 9, 5]]
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.shuffle.key_hash import hash_keys, partition_numbers, smallest_unsigned
from treadle.dataframe.shuffle.utf8 import Texts, first_words


def key_columns(df: pd.DataFrame, by: Any = None) -> list[Any]:
    """Return the columns that rows are told apart by.

    Parameters
    ----------
    df : DataFrame
    by : label, Series, Index, array or list of these, optional
        Labels are names of columns, or of levels of the index. None is the whole index.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"a": [1], "b": [2]}, index=pd.Index([3], name="i"))
    >>> [int(column[0]) for column in map(list, key_columns(df, ["b", "i"]))]
    [2, 3]
    """
    if by is None:
        return [df.index.get_level_values(n) for n in range(df.index.nlevels)]
    return [_key_column(df, key) for key in (by if isinstance(by, list) else [by])]


def _key_column(df: pd.DataFrame, key: Any) -> Any:
    if isinstance(key, pd.Series | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray):
        if len(key) != len(df):
            raise ValueError(f"a key has {len(key)} values for {len(df)} rows")
        return key
    if key in df.columns:
        column = df[key]
        if isinstance(column, pd.DataFrame):
            raise ValueError(
                f"{column.shape[1]} columns are named {key!r}; rename them before the shuffle"
            )
        return column
    if key in df.index.names:
        return df.index.get_level_values(key)
    raise KeyError(
        f"{key!r} is neither a column nor a level of the index; "
        f"there are {', '.join(map(repr, [*df.columns, *filter(None, df.index.names)]))}"
    )


def numbers_by_hash(df: Any, by: Any, npartitions: int) -> NDArray[Any]:
    """Return the new partition of each row: that of equal keys is the same, in every frame.

    Parameters
    ----------
    df : DataFrame or Series
    by : label, array or list of these, optional
        See :func:`key_columns`.
    npartitions : int

    Examples
    --------
    >>> import pandas as pd
    >>> left = numbers_by_hash(pd.DataFrame({"id": [1, 2, 3]}), "id", 4)
    >>> right = numbers_by_hash(pd.DataFrame({"key": [3.0, 1.0]}), ["key"], 4)
    >>> (right == left[[2, 0]]).all()
    np.True_
    """
    return partition_numbers(hash_keys(key_columns(df, by)), npartitions)


def split_by_hash(df: Any, by: Any, npartitions: int, *, own: bool = False) -> list[Any]:
    """Cut a partition so that equal keys go to the same new partition, from every frame.

    Examples
    --------
    >>> import pandas as pd
    >>> pieces = split_by_hash(pd.DataFrame({"id": [1, 2, 1]}), "id", 100)
    >>> sorted(piece.id.tolist() for piece in pieces if len(piece))
    [[1, 1], [2]]
    """
    return split_by_numbers(df, numbers_by_hash(df, by, npartitions), npartitions, own=own)


def split_by_numbers(df: Any, numbers: Any, npartitions: int, *, own: bool = False) -> list[Any]:
    """Cut a partition by the number of the new partition of each row.

    Parameters
    ----------
    df : DataFrame or Series
    numbers : array of int
    npartitions : int
    own : bool
        Whether each piece has memory of its own, and so is freed alone. Otherwise pieces are
        views of one copy, which is cut quicker.

    Returns
    -------
    list of DataFrame
        One for each new partition; many may be empty.

    Examples
    --------
    >>> import pandas as pd
    >>> pieces = split_by_numbers(pd.DataFrame({"x": [7, 8, 9]}), [1, 0, 1], 3)
    >>> [piece.x.tolist() for piece in pieces]
    [[8], [7, 9], []]
    """
    numbers = _checked_numbers(numbers, npartitions)
    counts = np.bincount(numbers, minlength=npartitions)
    borders = np.concatenate([[0], np.cumsum(counts)]).tolist()
    if (numbers[1:] >= numbers[:-1]).all():  # sorted already: nothing is moved
        pieces = [df.iloc[a:b] for a, b in pairwise(borders)]
        return [piece.copy() for piece in pieces] if own else pieces
    order = np.argsort(numbers, kind="stable")
    if own:
        return [df.take(order[a:b]) for a, b in pairwise(borders)]
    gathered = df.take(order)
    return [gathered.iloc[a:b] for a, b in pairwise(borders)]


def _checked_numbers(numbers: Any, npartitions: int) -> NDArray[Any]:
    array = np.asarray(numbers)
    if len(array) == 0:
        return np.zeros(0, np.uint8)
    if array.dtype.kind not in "iu":
        if pd.isna(array).any() or (array != array.astype(np.int64)).any():
            raise ValueError("numbers of partitions have to be whole, and none may be missing")
        array = array.astype(np.int64)
    smallest = smallest_unsigned(npartitions)
    if array.dtype.kind == "i" or array.dtype.itemsize > np.dtype(smallest).itemsize:
        low, high = array.min(), array.max()
        if low < 0 or high >= npartitions:
            wrong = low if low < 0 else high
            raise ValueError(f"there is no partition {wrong}: they are 0 to {npartitions - 1}")
        array = array.astype(smallest)
    return array


def numbers_by_divisions(
    values: Any, divisions: Sequence[Any], *, ascending: bool = True, na_position: str = "last"
) -> NDArray[Any]:
    """Return the partition of each value, between divisions.

    Parameters
    ----------
    values : Series, Index or array
    divisions : sequence
        Sorted borders, one more than there are new partitions. A partition begins with its
        left border; values outside of all go to the first or the last partition.
    ascending : bool
        If not, the largest values go to the first partition.
    na_position : {"last", "first"}
        Where missing values go.

    Examples
    --------
    >>> numbers_by_divisions(pd.Series(["a", "k", "z"]), ["b", "k", "m"])
    array([0, 1, 1], dtype=uint8)
    """
    if na_position not in ("first", "last"):
        raise ValueError(f"na_position is {na_position!r}; use 'first' or 'last'")
    npartitions = max(len(divisions) - 1, 1)
    array: Any = values.array if isinstance(values, pd.Series | pd.Index) else pd.array(values)
    missing = np.asarray(array.isna())
    if isinstance(array, pd.arrays.NumpyExtensionArray):
        array = array.to_numpy()
    if len(divisions) < 3:
        numbers: NDArray[Any] = np.zeros(len(array), np.uint8)
    else:
        numbers = _places(array, missing, list(divisions[1:-1]))
        numbers = numbers.astype(smallest_unsigned(npartitions))
        if not ascending:
            numbers = (npartitions - 1) - numbers
    numbers[missing] = npartitions - 1 if na_position == "last" else 0
    return numbers


def _places(array: Any, missing: NDArray[np.bool_], borders: list[Any]) -> NDArray[Any]:
    """How many borders are not above each value; anything where values are missing."""
    dtype = array.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = dtype.categories.get_indexer(pd.Index(borders))
        if (codes < 0).any():
            unknown = borders[int(np.argmin(codes))]
            raise ValueError(f"{unknown!r} is a division, and no category of the column")
        return _searched(codes, np.asarray(array.codes))
    if isinstance(dtype, pd.StringDtype):
        return _places_of_texts(array, borders)
    if isinstance(dtype, np.dtype):
        if dtype.kind != "O":
            return _searched(np.asarray(borders), array)
        if pd.api.types.infer_dtype(array, skipna=True) == "string":
            return _places_of_texts(array, borders)
        return _searched_where(~missing, _objects(borders), array)
    if dtype.kind in "biuf":  # masked, or of Arrow
        plain = array.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return _searched(np.asarray(borders), plain)
    index: Any = pd.Index(array)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        wanted: Any = pd.Index(borders)
        unit = max(index.unit, wanted.unit, key=("s", "ms", "us", "ns").index)
        index, wanted = index.as_unit(unit), wanted.as_unit(unit)
        return _searched(wanted.asi8, index.asi8)
    return _searched_where(~missing, pd.Index(borders), index)


def _searched(borders: Any, values: Any) -> NDArray[Any]:
    found: NDArray[Any] = borders.searchsorted(values, side="right")
    return found


def _searched_where(there: NDArray[np.bool_], borders: Any, values: Any) -> NDArray[Any]:
    found = np.zeros(len(there), np.intp)
    found[there] = _searched(borders, values[there])
    return found


def _objects(values: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array


def _places_of_texts(array: Any, borders: list[str]) -> NDArray[np.intp]:
    """Places of texts: by their first eight bytes, and by the whole where these are a border's."""
    words = first_words(Texts.of(array))
    limits = first_words(Texts.of(_objects(borders)))
    found = np.searchsorted(limits, words, side="left")
    upper = np.searchsorted(limits, words, side="right")
    unsure = np.flatnonzero(found < upper)
    if len(unsure):
        # Equal texts share a place, and there are few of them where many are unsure.
        codes, distinct = pd.factorize(array[unsure])
        places = [*(_place_of_text(text, borders) for text in distinct), 0]
        found[unsure] = np.asarray(places, np.intp)[codes]
    return found


def _place_of_text(text: str, borders: list[str]) -> int:
    return bisect.bisect_right(borders, text)


def concat_parts(parts: Sequence[pd.DataFrame], meta: pd.DataFrame | None = None) -> pd.DataFrame:
    """Put pieces together into one partition.

    Empty pieces have no say in dtypes. Categories that differ are united, and text comes to lie
    in one piece of memory.

    Parameters
    ----------
    parts : sequence of DataFrame
        With the same columns.
    meta : DataFrame, optional
        Returned, emptied, if there are no parts; its categories come first, in its order.

    Examples
    --------
    >>> import pandas as pd
    >>> a = pd.DataFrame({"x": pd.Categorical(["lo"])})
    >>> b = pd.DataFrame({"x": pd.Categorical(["hi"])})
    >>> concat_parts([a, b, b.iloc[:0]]).x.dtype.categories.tolist()
    ['lo', 'hi']
    """
    filled = [part for part in parts if len(part)]
    if not filled:
        if parts:
            return parts[0]
        if meta is None:
            raise ValueError("there is nothing to put together, and no meta that says its columns")
        return meta.iloc[:0]
    if len(filled) == 1 and meta is None:
        return filled[0]
    filled = _unite_categories(filled, meta)
    if len(filled) == 1:
        return filled[0]
    together = _in_one_piece(pd.concat(filled))
    labels = together.index
    if labels.dtype != object and all(part.index.dtype == object for part in filled):
        # pandas takes objects that are all texts for texts, which they were not before.
        together.index = labels if labels.nlevels > 1 else labels.astype(object)
    return together


def _unite_categories(parts: list[pd.DataFrame], meta: pd.DataFrame | None) -> list[pd.DataFrame]:
    """Give the categorical columns of all parts the same categories."""
    for number, dtype in enumerate(parts[0].dtypes):
        if isinstance(dtype, pd.CategoricalDtype):
            known = None if meta is None else meta.dtypes.iloc[number]
            columns = _same_categories([part.iloc[:, number].array for part in parts], known)
            if columns is not None:
                parts = [part.copy(deep=False) for part in parts]
                for part, column in zip(parts, columns, strict=True):
                    part.isetitem(number, column)
    if isinstance(parts[0].index, pd.CategoricalIndex):
        columns = _same_categories(
            [part.index.array for part in parts], None if meta is None else meta.index.dtype
        )
        if columns is not None:
            indexes = [
                pd.CategoricalIndex(column, name=part.index.name)
                for part, column in zip(parts, columns, strict=True)
            ]
            parts = [part.set_axis(index) for part, index in zip(parts, indexes, strict=True)]
    return parts


def _same_categories(columns: list[Any], known: Any) -> list[Any] | None:
    """Columns with the same categories; None if they have them, or if they can't."""
    dtypes = [column.dtype for column in columns]
    if not all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        return None  # some part has other values: pandas finds a dtype for all
    first = dtypes[0]
    if isinstance(known, pd.CategoricalDtype) and len(known.categories):
        dtypes.insert(0, known)
        first = known
    if all(_identical(dtype, first) for dtype in dtypes):
        return None
    if any(dtype.ordered for dtype in dtypes):
        if not all(_identical(dtype, first) for dtype in dtypes[1:]):
            return None  # as in pandas: orders that differ make objects
        return [column.astype(first) for column in columns]
    categories = first.categories
    for dtype in dtypes[1:]:
        if not _identical(dtype, first):
            categories = categories.append(dtype.categories.difference(categories, sort=False))
    united = pd.CategoricalDtype(categories, ordered=False)
    return [column.astype(united) for column in columns]


def _identical(dtype: Any, other: Any) -> bool:
    """Whether codes mean the same: equality of dtypes ignores the order of categories."""
    return dtype is other or (
        dtype.ordered == other.ordered
        and len(dtype.categories) == len(other.categories)
        and dtype.categories.equals(other.categories)
    )


def _in_one_piece(df: pd.DataFrame) -> pd.DataFrame:
    """Copy text that lies in many chunks: gathering rows from chunks takes much longer."""
    for number, dtype in enumerate(df.dtypes):
        if isinstance(dtype, pd.ArrowDtype) or getattr(dtype, "storage", "") == "pyarrow":
            chunked = df.iloc[:, number].array.__arrow_array__()
            if getattr(chunked, "num_chunks", 1) > 1:
                df.isetitem(number, pd.array(chunked.combine_chunks(), dtype=dtype))
    return df
