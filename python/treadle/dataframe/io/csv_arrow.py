"""The records of a block through pyarrow, where that comes to what pandas would read.

pyarrow is given the type of every column, and refuses a value of another one; then, and for
anything else that it reads otherwise than pandas does, the answer is None, and pandas has to look.
Known differences, which are asked for here: hexadecimal integers, which pandas takes for text;
missing values in columns of integers and bools; some spellings of NaN.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.io.csv_borders import PIECE
from treadle.dataframe.io.csv_dtypes import widen
from treadle.dataframe.io.csv_options import CsvReading

NULLS = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
]  # fmt: skip
"""What pandas takes for a missing value."""

TRUE, FALSE = ["True", "TRUE", "true"], ["False", "FALSE", "false"]

# pyarrow parses this much at a time: longer records are left to pandas.
AT_ONCE = 1 << 20


@cache
def is_there() -> bool:
    """Tell whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def parse(
    data: bytes,
    start: int,
    reading: CsvReading,
    fields: Sequence[int],
    order: Sequence[int] | None = None,
) -> pd.DataFrame | None:
    """Return some fields of all records, with the dtypes of the plan, or None.

    Parameters
    ----------
    data : bytes
        Whole records from ``start`` on, in UTF-8.
    reading : CsvReading
    fields : sequence of int
        Numbers of those that are wanted: the labels of the result.
    order : sequence of int, optional
        Numbers of the fields as they stand in this file.
    """
    count = len(reading.labels)
    types = _types(reading, fields)
    if types is None or count < 2 or start >= len(data):
        return None
    import pyarrow as pa
    from pyarrow import csv

    integers = any(pa.types.is_integer(kind) for kind in types.values())
    if integers and _has_hexadecimal(data):
        return None
    quote = reading.marks.quote
    numbers = range(count) if order is None else order
    try:
        table = csv.read_csv(
            pa.py_buffer(memoryview(data)[start:]),
            read_options=csv.ReadOptions(
                column_names=[str(number) for number in numbers],
                use_threads=False,
                block_size=min(AT_ONCE, len(data) - start + 1),
            ),
            parse_options=csv.ParseOptions(
                delimiter=reading.options["sep"],
                quote_char=quote.decode() if quote else False,
                newlines_in_values=quote is not None and quote in data,
            ),
            convert_options=csv.ConvertOptions(
                column_types=types,
                include_columns=[str(number) for number in fields],
                null_values=NULLS,
                true_values=TRUE,
                false_values=FALSE,
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    dates = [str(number) for number in fields if number in reading.dates]
    for name in dates:
        table = _with_times(table, name, *reading.dates[int(name)])
    nulls = {name: table.column(name).null_count for name in types}
    for name, kind in types.items():
        if nulls[name] and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
            return None
    frame = table.to_pandas(use_threads=False, split_blocks=True, self_destruct=True)
    del table
    for name, kind in types.items():
        # Spellings of NaN that pandas takes for text, such as ``NAN``.
        if pa.types.is_floating(kind) and int(frame[name].isna().sum()) != nulls[name]:
            return None
    frame.columns = pd.Index(list(fields))
    return _finished(frame, reading, fields)


#: What strptime calls the forms that Arrow reads by itself: their length, and their separator.
_ISO = {
    "%Y-%m-%d": (10, ""), "%Y-%m-%d %H:%M:%S": (19, " "), "%Y-%m-%dT%H:%M:%S": (19, "T"),
    "%Y-%m-%d %H:%M:%S%z": (20, " "), "%Y-%m-%dT%H:%M:%S%z": (20, "T"),
}  # fmt: skip


def _with_times(table: Any, name: str, form: str | None, dtype: Any) -> Any:
    """Return a table whose texts have become times, if Arrow reads them just as pandas would.

    It takes other forms for times as well, so all texts have to be of the length of this one, have
    its separator, and where there is a zone, that of UTC.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if form not in _ISO:
        return table
    length, separator = _ISO[form]
    zoned = form.endswith("%z")
    if isinstance(dtype, pd.DatetimeTZDtype) is not zoned or (zoned and str(dtype.tz) != "UTC"):
        return table
    texts = table.column(name)
    lengths = pc.min_max(pc.binary_length(texts))
    if lengths["min"].as_py() != length or lengths["max"].as_py() != length:
        return table
    if separator and not _all_have(texts, 10, separator):
        return table
    if zoned and not _all_have(texts, 19, "Z"):
        return table
    kind = pa.timestamp(pd.Series([], dtype=dtype).dt.unit, "UTC" if zoned else None)
    try:
        times = pc.cast(texts, kind)
    except pa.ArrowInvalid:
        return table
    return table.set_column(table.schema.get_field_index(name), name, times)


def _all_have(texts: Any, place: int, letter: str) -> bool:
    import pyarrow.compute as pc

    found = pc.equal(pc.binary_slice(texts.cast("large_binary"), place, place + 1), letter.encode())
    return bool(pc.all(found).as_py())


def _has_hexadecimal(data: bytes) -> bool:
    """Tell whether a field may begin with ``0x``.

    With numpy, which lets other threads run meanwhile, in pieces that stay in the cache.
    """
    if data[:2] in (b"0x", b"0X"):
        return True
    array = np.frombuffer(data, np.uint8)
    lower, letter = np.empty(PIECE, np.uint8), np.empty(PIECE, np.bool_)
    for start in range(2, len(array), PIECE):
        piece = array[start : start + PIECE]
        size = len(piece)
        np.bitwise_or(piece, 0x20, out=lower[:size])
        np.equal(lower[:size], ord("x"), out=letter[:size])
        np.equal(array[start - 1 : start - 1 + size], ord("0"), out=lower[:size].view(np.bool_))
        np.logical_and(letter[:size], lower[:size].view(np.bool_), out=letter[:size])
        if letter[:size].any():
            found = np.flatnonzero(letter[:size]) + start
            # Behind a letter or digit it is the inside of some text.
            if bool((~_ALPHANUMERIC[array[found - 2]]).any()):
                return True
    return False


_ALPHANUMERIC = np.array([chr(n).isalnum() and n < 128 for n in range(256)])


def _types(reading: CsvReading, fields: Sequence[int]) -> dict[str, Any] | None:
    """Return the type in which each field is to be parsed, or None if one has none."""
    if not is_there():
        return None
    import pyarrow as pa

    plain = {
        "int": pa.int64(), "uint": pa.uint64(), "float": pa.float64(), "null": pa.float64(),
        "bool": pa.bool_(), "str": pa.large_string(),
    }  # fmt: skip
    types: dict[str, Any] = {}
    for number in fields:
        if number in reading.dates:
            found = pa.large_string() if reading.dates[number][0] is not None else None
        elif number in reading.given:
            found = _type_of(reading.given[number])
        else:
            found = plain.get(reading.kinds[number])
        if found is None:
            return None
        types[str(number)] = found
    return types


def _type_of(dtype: Any) -> Any:
    import pyarrow as pa

    if isinstance(dtype, pd.StringDtype):
        return pa.large_string() if dtype == pd.Series(["x"]).dtype else None
    if isinstance(dtype, np.dtype):
        if dtype.kind == "f":
            return pa.float64()  # as pandas, which rounds to narrower ones afterwards
        if dtype.kind in "iub" and dtype.isnative:
            return pa.from_numpy_dtype(dtype)
    return None


def _finished(
    frame: pd.DataFrame, reading: CsvReading, fields: Sequence[int]
) -> pd.DataFrame | None:
    columns: dict[int, Any] = {}
    for number in fields:
        values = frame[number]
        if number in reading.dates:
            form, dtype = reading.dates[number]
            if values.dtype == dtype:
                continue
            try:
                dates = pd.to_datetime(values, format=form)
            except (ValueError, TypeError):
                return None
            columns[number] = dates if dates.dtype == dtype else widen(dates, "date", dtype)
        elif number in reading.given and values.dtype != reading.given[number]:
            columns[number] = values.astype(reading.given[number])
    for number, values in columns.items():
        frame[number] = values
    return frame
