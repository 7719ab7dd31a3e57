"""Fields of records through pandas' own parser, by number, without a header.

It reads what pyarrow refuses, and says of samples what kinds of values they hold.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_borders import records
from treadle.dataframe.io.csv_options import CsvReading

# Settled when the reading is planned, and said otherwise for each block.
SETTLED = ("names", "header", "skiprows", "usecols", "dtype", "parse_dates", "date_format",
           "engine")  # fmt: skip

SHAPE = ("sep", "quotechar", "quoting", "doublequote", "skipinitialspace")


def parse_fields(
    data: bytes,
    start: int,
    reading: CsvReading,
    fields: Sequence[int],
    order: Sequence[int] | None,
    dtype: Mapping[int, Any],
    dates: Sequence[int] = (),
    formats: Mapping[int, str] | None = None,
    **more: Any,
) -> pd.DataFrame:
    """Return some fields of the records from ``start`` on.

    Parameters
    ----------
    data : bytes
        In UTF-8.
    reading : CsvReading
    fields : sequence of int
        Numbers, ascending.
    order : sequence of int, optional
        Numbers of the fields as they stand in this file.
    dtype : mapping
        Number -> dtype.
    dates : sequence of int
        Fields of dates, with ``formats``.
    **more
        Other options than those of the reading.
    """
    count = len(reading.labels)
    names = list(order) if order is not None else list(range(count))
    options = {name: value for name, value in reading.options.items() if name not in SETTLED}
    options = {"index_col": None, **options, **more}
    given: dict[Any, str] = dict(formats or {})
    kept: list[int] | None = list(fields)
    if len(fields) == count and "on_bad_lines" not in more:
        kept = None
    for usecols in (kept, None):
        try:
            frame: Any = pd.read_csv(
                io.BytesIO(memoryview(data)[start:]), header=None, names=names, usecols=usecols,
                dtype={n: each for n, each in dtype.items() if n in fields} or None,
                parse_dates=list(dates) or None, date_format=given or None,
                low_memory=False, **options,
            )  # fmt: skip
            break
        except pd.errors.ParserError as error:
            # All records are too short; with all fields asked for, that is allowed.
            if usecols is None or "Too many columns specified" not in str(error):
                raise
    chosen: pd.DataFrame = frame[list(fields)].reset_index(drop=True)
    return chosen


def count_fields(data: bytes, start: int, reading: CsvReading) -> int:
    """Return how many fields the first record has; 0 where there is none, or no end of it."""
    end = start
    while end >= 0:
        end = data.find(reading.marks.newline, end + 1)
        head = data[start:] if end < 0 else data[start : end + 1]
        for record in records(head, reading.marks):
            record = record.removesuffix(reading.marks.newline)
            if record.strip(b" \t\r\n"):
                kept = {name: reading.options[name] for name in SHAPE if name in reading.options}
                try:
                    frame: Any = pd.read_csv(io.BytesIO(record), header=None, dtype=str, **kept)
                except pd.errors.ParserError:
                    break  # it goes on behind this newline
                return len(frame.columns)
    return 0
