"""Where in a file a block could not be read, and how to mend it.

Called when something is wrong already, so it may look at the block once more, a column at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from treadle.dataframe.io.csv_borders import QuoteScan, record_starts
from treadle.dataframe.io.csv_dtypes import Kind, dtype_of
from treadle.dataframe.io.csv_options import CsvReading, encoding_error
from treadle.dataframe.io.csv_pandas import parse_fields
from treadle.errors import CsvDtypeError, CsvError

BOOLS = ("True", "TRUE", "true", "False", "FALSE", "false")


class Place(Protocol):
    """The text of a block in UTF-8, behind a header of ``start`` bytes, and where it is from."""

    data: bytes
    start: int
    block: Any
    begin: int


def undecodable(data: bytes, path: str, begin: int, reading: CsvReading) -> CsvError:
    """Return the error for text that is no UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return encoding_error(error, path, begin, reading.encoding)
    return CsvError(path, f"bytes that are no {reading.encoding}", begin)


def parser_error(error: Exception, text: Place, reading: CsvReading) -> CsvError:
    """Return the error for a record with too many fields, or quotes that do not end."""
    path = text.block.source.path
    line = re.search(r"line (\d+), saw (\d+)", str(error))
    if line:
        start = 0 if reading.verbatim else text.start
        starts = record_starts(text.data[start:], reading.marks)
        at = start + int(starts[min(int(line[1]), len(starts)) - 1])
        return too_long(text, reading, at, int(line[2]))
    if "EOF inside string" in str(error):
        scan = QuoteScan(reading.marks)
        scan.feed(text.data[text.start :])
        place = _offset(text, reading, text.start + scan.opened) if scan.inside else text.begin
        return CsvError(
            path, "a quote opens here that is never closed", place, None, None,
            "give quoting=csv.QUOTE_NONE if quotes mean nothing in this file",
        )  # fmt: skip
    return CsvError(path, str(error).strip(), text.begin)


def too_long(text: Place, reading: CsvReading, at: int, found: int) -> CsvError:
    """Return the error for a record with too many fields, which starts at ``at`` in the text."""
    count = len(reading.labels)
    return CsvError(
        text.block.source.path, f"a record has {found} fields, and not {count}",
        _offset(text, reading, at), None, None,
        'give on_bad_lines="skip" to leave such records out',
    )  # fmt: skip


def misfit(
    text: Place,
    reading: CsvReading,
    fields: Sequence[int],
    order: Sequence[int] | None,
    misfits: Mapping[int, Kind],
    error: Exception | None,
) -> CsvDtypeError:
    """Return the error for values that do not fit their column's dtype.

    ``misfits`` has the kinds that would; it is empty if a dtype of the user is at odds with them.
    """
    path = text.block.source.path
    promotion: dict[Any, str] = {}
    if misfits:
        number = next(iter(misfits))
        promotion = {reading.labels[n]: _name(kind) for n, kind in misfits.items()}
        wanted = str(dtype_of(reading.kinds[number], reading.dates.get(number, (None, None))[1]))
        gives = f"give dtype={promotion!r}, or a larger sample"
        if number in reading.dates:
            gives = f"give date_format, or leave {reading.labels[number]!r} out of parse_dates"
    else:
        found = _at_odds(text, reading, fields, order)
        if found is None:
            return CsvDtypeError(path, str(error), text.begin)
        number, wanted = found, str(reading.given[found])
        gives = f'give another dtype for {reading.labels[number]!r}, such as "float64" or "str"'
    if reading.verbatim:
        return CsvDtypeError(
            path, f"holds values that are no {wanted}", None, reading.labels[number], None, gives,
            promotion=promotion,
        )  # fmt: skip
    row, value = _first_misfit(text, reading, number, order, wanted)
    place = _offset_of_row(text, reading, row)
    problem = f"is no {wanted}, as the samples of this column are" if misfits else f"is no {wanted}"
    problem = f"a value {problem}" if value is not None else f"a missing value {problem}"
    return CsvDtypeError(
        path, problem, place, reading.labels[number], value, gives, promotion=promotion
    )


def _name(kind: Kind) -> str:
    return "str" if kind == "str" else str(dtype_of(kind))


def _column(
    text: Place, reading: CsvReading, number: int, order: Sequence[int] | None, dtype: Any
) -> pd.Series[Any]:
    fields = parse_fields(text.data, text.start, reading, [number], order, {number: dtype},
                          converters=None)  # fmt: skip
    return fields[number]


def _at_odds(
    text: Place, reading: CsvReading, fields: Sequence[int], order: Sequence[int] | None
) -> int | None:
    """Return the number of the first field that can't be parsed as the user said."""
    for number in fields:
        if number in reading.given:
            try:
                _column(text, reading, number, order, reading.given[number])
            except (ValueError, TypeError, OverflowError):
                return number
    return None


def _first_misfit(
    text: Place, reading: CsvReading, number: int, order: Sequence[int] | None, wanted: str
) -> tuple[int, str | None]:
    """Return the number of the first record whose value does not fit, and the value."""
    values = _column(text, reading, number, order, "str")
    missing = values.isna()
    if wanted.startswith(("int", "uint", "Int", "UInt")):
        sign = r"\+?" if wanted.lower().startswith("u") else "[+-]?"
        bad = ~values.str.fullmatch(rf"\s*{sign}\d+\s*").fillna(False).astype(bool)
        # Numbers that are too large are integers, too.
        bad |= pd.to_numeric(values.where(~bad), errors="coerce").abs() >= 2.0**63
    elif wanted.startswith(("float", "Float")):
        bad = pd.to_numeric(values, errors="coerce").isna() & ~missing
    elif wanted.startswith("bool"):
        bad = ~values.isin(BOOLS)
    elif wanted.startswith("datetime"):
        form = reading.dates[number][0]
        bad = pd.to_datetime(values, errors="coerce", format=form).isna() & ~missing
    elif wanted == "object":
        bad = ~values.isin(BOOLS) & ~missing
    else:
        bad = ~missing
    row = int(np.argmax(bad.to_numpy())) if bool(bad.any()) else 0
    return row, None if not len(values) or missing.iloc[row] else str(values.iloc[row])


def _offset_of_row(text: Place, reading: CsvReading, row: int) -> int:
    """Return where in the file the record of a row starts; blank lines are no rows."""
    body = text.data[text.start :]
    starts = record_starts(body, reading.marks)
    ends = np.append(starts[1:], len(body))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if body[start:end].strip(b" \t\r\n"):
            if row == 0:
                return _offset(text, reading, text.start + start)
            row -= 1
    return text.begin


def _offset(text: Place, reading: CsvReading, at: int) -> int:
    """Turn a place in the text, which is UTF-8, into one in the file."""
    if reading.encoding == "utf-8" and reading.encoding_errors == "strict":
        return text.begin + at
    before = text.data[:at].decode("utf-8", "replace")
    return text.begin + len(before.encode(reading.encoding, "replace"))
