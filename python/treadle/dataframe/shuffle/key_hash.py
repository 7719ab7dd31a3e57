"""Hashes of keys that are the same in every process: which partition a row goes to.

Keys that a merge would match hash the same, whatever they are stored as: whole numbers, floats,
booleans and decimals by their value as a float; times by nanoseconds, whatever their unit; text by
its bytes, whether objects, Arrow or categories hold it; everything missing (NaN, None, NaT, NA) as
one value. Equal floats are compared as a merge compares them, so integers beyond 2**53 that share
a float share a hash, too: they meet in a partition and are told apart there.

pandas' own hashes depend on the dtype, and take 400 ns a text where these take 20.

>>> import pandas as pd
>>> a = hash_values(pd.Series([1, 2]))
>>> b = hash_values(pd.Series([1.0, None]))
>>> a[0] == b[0], a[1] == b[1]
(np.True_, np.False_)
>>> partition_numbers(a, 2).dtype
dtype('uint8')
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import numbers
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.shuffle.utf8 import Texts, hash_texts

Hashes = NDArray[np.uint64]

_MISSING = np.uint64(0x5F6D697373696E67)  # any number; the same one for all that is missing
_BLOCK = 1 << 15
_FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_2 = np.uint64(0x94D049BB133111EB)
_NEXT_KEY = np.uint64(0x9E3779B97F4A7C15)
_NANOSECONDS = {"D": 86400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6,
                "us": 10**3, "ns": 1}  # fmt: skip
_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def hash_keys(columns: Sequence[Any]) -> Hashes:
    """Return a hash of each row of some key columns of one length.

    Parameters
    ----------
    columns : sequence of Series, Index or array
        At least one. Their order matters, their names do not.

    Examples
    --------
    >>> import pandas as pd
    >>> hours, days = pd.Series([1, 1, 2]), pd.Series(["mo", "tu", "mo"])
    >>> len(set(hash_keys([hours, days])))
    3
    """
    first, *others = columns
    state = hash_values(first)
    for column in others:
        state *= _NEXT_KEY
        state ^= hash_values(column)
    if others:
        _mix(state)
    return state


def hash_values(values: Any) -> Hashes:
    """Return a hash of each value of a series, index or array.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.Series(["2024-02-29"])
    >>> stamps = pd.to_datetime(days)
    >>> hash_values(stamps) == hash_values(stamps.astype("datetime64[s]"))
    array([ True])
    >>> hash_values(days.astype("category")) == hash_values(days)
    array([ True])
    """
    if isinstance(values, pd.MultiIndex):
        return hash_keys([values.get_level_values(n) for n in range(values.nlevels)])
    array: Any = values.array if isinstance(values, pd.Series | pd.Index) else values
    if isinstance(array, pd.arrays.NumpyExtensionArray):
        array = array.to_numpy()
    if isinstance(array, np.ndarray):
        return _hash_numpy(array)
    return _hash_extension(pd.array(array) if not hasattr(array, "dtype") else array)


def partition_numbers(hashes: Hashes, npartitions: int) -> NDArray[Any]:
    """Return the partition of each hash, in the smallest integers that hold it.

    Small integers are sorted by counting, which is what rows are grouped with next.

    Examples
    --------
    >>> import numpy as np
    >>> partition_numbers(np.array([0, 2**64 - 1], dtype=np.uint64), 10)
    array([0, 9], dtype=uint8)
    """
    # The high half of a 32 by 32 bit product: even, and without a division a row.
    high = hashes >> np.uint64(32)
    high *= np.uint64(npartitions)
    high >>= np.uint64(32)
    return high.astype(smallest_unsigned(npartitions))


def smallest_unsigned(count: int) -> Any:
    """Return the smallest dtype that holds ``0 .. count - 1``."""
    return np.min_scalar_type(max(count - 1, 0))


def _mix(state: Hashes) -> Hashes:
    """Spread every bit over all others, in place (the finalizer of splitmix64)."""
    scratch = np.empty(min(_BLOCK, len(state)), np.uint64)
    for start in range(0, len(state), _BLOCK):
        block = state[start : start + _BLOCK]
        other = scratch[: len(block)]
        for shift, factor in ((30, _FACTOR_1), (27, _FACTOR_2)):
            np.right_shift(block, np.uint64(shift), out=other)
            block ^= other
            block *= factor
        np.right_shift(block, np.uint64(31), out=other)
        block ^= other
    return state


def _with_missing(state: Hashes, missing: NDArray[np.bool_] | None) -> Hashes:
    if missing is not None:
        state[missing] = _MISSING
    return state


def _hash_floats(values: NDArray[Any]) -> Hashes:
    floats = values.astype(np.float64)  # a copy, which becomes the result
    floats += 0.0  # -0.0 equals 0.0
    missing = np.isnan(floats) if values.dtype.kind == "f" else None
    state: Hashes = floats.view(np.uint64)
    return _with_missing(_mix(state), missing)


def _hash_times(ticks: NDArray[np.int64], unit: str) -> Hashes:
    """Hash times or durations, counted in a unit.

    Nanoseconds are taken modulo 2**64, so two units agree also where nanoseconds overflow.
    """
    state: Hashes = ticks.view(np.uint64) * np.uint64(_NANOSECONDS[unit])
    return _with_missing(_mix(state), ticks == np.iinfo(np.int64).min)


def _hash_text(values: Any) -> Hashes:
    texts = Texts.of(values)
    return _with_missing(_mix(hash_texts(texts)), texts.missing)


def _hash_numpy(array: NDArray[Any]) -> Hashes:
    kind = array.dtype.kind
    if kind in "biuf":
        return _hash_floats(array)
    if kind in "mM":
        unit, step = np.datetime_data(array.dtype)
        if unit in _NANOSECONDS and step == 1:
            return _hash_times(np.ascontiguousarray(array).view(np.int64), unit)
        return _hash_objects(array.astype(object))
    if kind == "c":
        state = _hash_floats(array.real)
        imaginary = array.imag != 0
        state[imaginary] ^= _hash_floats(array.imag[imaginary]) * _NEXT_KEY
        return state
    return _hash_objects(array.astype(object, copy=False))


def _hash_extension(array: Any) -> Hashes:
    """Hash what pandas stores in arrays of its own."""
    dtype = array.dtype
    match dtype:
        case pd.CategoricalDtype():
            # One entry more, for the code -1 of what is missing.
            table = np.append(hash_values(dtype.categories), _MISSING)
            found: Hashes = table[np.asarray(array.codes)]
            return found
        case pd.StringDtype():
            return _hash_text(array)
        case pd.DatetimeTZDtype():
            return _hash_times(array.asi8, array.unit)
        case pd.PeriodDtype():
            state = np.asarray(array.asi8).view(np.uint64) * _NEXT_KEY
            return _with_missing(_mix(state), np.asarray(array.isna()))
        case pd.IntervalDtype():
            state = hash_keys([array.left, array.right])
            return _with_missing(state, np.asarray(array.isna()))
        case pd.SparseDtype():
            return hash_values(np.asarray(array))
        case pd.ArrowDtype():
            return _hash_arrow(array)
    if hasattr(array, "asi8") and hasattr(array, "unit"):
        return _hash_times(np.ascontiguousarray(array.asi8), array.unit)
    if getattr(dtype, "kind", "O") in "biuf":
        missing = np.asarray(array.isna())
        state = _hash_floats(array.to_numpy(dtype=np.float64, na_value=0.0))
        return _with_missing(state, missing if missing.any() else None)
    return _hash_objects(np.asarray(array, dtype=object))


def _hash_arrow(array: Any) -> Hashes:
    """Hash a column of an Arrow type as its values are hashed elsewhere."""
    import pyarrow as pa

    kind = array.dtype.pyarrow_dtype
    types = pa.types
    if types.is_dictionary(kind):
        return _hash_arrow(array.astype(pd.ArrowDtype(kind.value_type)))
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _hash_text(array)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _hash_text(array)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        missing = np.asarray(array.isna())
        return _with_missing(_hash_floats(array.to_numpy(np.float64, na_value=0.0)), missing)
    if types.is_timestamp(kind) or types.is_duration(kind):
        missing = np.asarray(array.isna())
        ticks = array.__arrow_array__().cast(pa.int64()).to_numpy(zero_copy_only=False)
        ticks = np.where(missing, np.iinfo(np.int64).min, ticks).astype(np.int64)
        return _hash_times(ticks, kind.unit)
    return _hash_objects(np.asarray(array, dtype=object))


def _hash_objects(array: NDArray[np.object_]) -> Hashes:
    """Hash objects: quick if they are of one kind, and the distinct ones otherwise."""
    kind = pd.api.types.infer_dtype(array, skipna=True)
    if kind in ("string", "bytes"):
        return _hash_text(array)
    if kind in ("integer", "floating", "mixed-integer-float", "boolean", "decimal"):
        missing = np.asarray(pd.isna(array))
        try:
            floats = np.where(missing, 0.0, array).astype(np.float64)
        except OverflowError:
            pass  # integers of more than 1024 bits, which take the long way
        else:
            return _with_missing(_hash_floats(floats), missing)
    try:
        codes, distinct = pd.factorize(array, use_na_sentinel=True)
    except TypeError as error:
        value = next((v for v in array if not _hashable(v)), None)
        raise TypeError(
            f"rows can't be shuffled by {value!r}: a value of type {type(value).__name__} "
            "has no hash; use a column of plain values, or turn lists into tuples"
        ) from error
    table = np.full(len(distinct) + 1, _MISSING, np.uint64)
    _hash_distinct(list(distinct), table)
    return table[codes]


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _hash_distinct(values: list[Any], table: Hashes) -> None:
    """Write hashes of different values to the front of ``table``, kind by kind."""
    places: dict[Callable[[list[Any]], Hashes], list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(_way(value), []).append(place)
    for way, chosen in places.items():
        table[chosen] = way([values[place] for place in chosen])


def _way(value: Any) -> Callable[[list[Any]], Hashes]:
    """The function that hashes a list of values such as this one."""
    if isinstance(value, str | bytes):
        return _hash_list_of_text
    if isinstance(value, numbers.Complex | decimal.Decimal | fractions.Fraction | np.bool_):
        return _hash_list_of_numbers
    if isinstance(value, datetime.datetime | datetime.timedelta | np.datetime64 | np.timedelta64):
        return _hash_list_of_times
    if isinstance(value, tuple):
        return _hash_list_of_tuples
    return _hash_list_by_pickle


def _object_array(values: Sequence[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # all at once, tuples would be taken for rows
        array[place] = value
    return array


def _hash_list_of_text(values: list[Any]) -> Hashes:
    return _hash_text(_object_array(values))


def _hash_list_of_numbers(values: list[Any]) -> Hashes:
    floats = np.empty(len(values), np.float64)
    for place, value in enumerate(values):
        try:
            floats[place] = float(value)
        except OverflowError:  # an integer that no float reaches equals no float either
            floats[place] = float(int(value) % (2**61 - 1))
        except TypeError:  # complex
            floats[place] = value.real if value.imag == 0 else hash(value)
    return _hash_floats(floats)


def _hash_list_of_times(values: list[Any]) -> Hashes:
    ticks = [_nanoseconds(value) & (2**64 - 1) for value in values]
    return _mix(np.array(ticks, dtype=np.uint64))


def _nanoseconds(value: Any) -> int:
    """Nanoseconds of a duration, or since 1970; exact, and without a limit."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    elif isinstance(value, np.timedelta64):
        value = pd.Timedelta(value)
    finer = getattr(value, "nanosecond", getattr(value, "nanoseconds", 0))
    if isinstance(value, datetime.datetime):
        aware = value.tzinfo is not None
        value = value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
        span = value - (_EPOCH_UTC if aware else _EPOCH)
    else:
        span = value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value
    microseconds = (int(span.days) * 86400 + int(span.seconds)) * 10**6 + int(span.microseconds)
    return microseconds * 1000 + int(finer)


def _hash_list_of_tuples(values: list[Any]) -> Hashes:
    state = np.empty(len(values), np.uint64)
    lengths = np.fromiter(map(len, values), np.intp, len(values))
    for length in set(lengths.tolist()):
        rows = np.flatnonzero(lengths == length)
        same = [values[row] for row in rows]
        parts = [_hash_objects(_object_array([v[n] for v in same])) for n in range(length)]
        state[rows] = hash_keys(parts) if parts else np.uint64(length)
    return state


def _hash_list_by_pickle(values: list[Any]) -> Hashes:
    """Dates, enums and values of people's own classes: by what makes them, if that is the same."""
    return _hash_list_of_text([pickle.dumps(value, 5) for value in values])
