"""What samples of CSV files hold: heads, and windows spread evenly over all bytes.

A window starts behind a newline, which is the start of a record unless it stands inside quotes.
Where quotes in a window say so, there is no answer: the blocks have to be cut by quotes first.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_blocks import CsvBlock, header_order
from treadle.dataframe.io.csv_borders import (
    has_quoted_newline,
    looks_whole,
    next_newline,
    record_starts,
)
from treadle.dataframe.io.csv_dtypes import Kind, join, kind_of
from treadle.dataframe.io.csv_options import CsvReading, can_be_cut, split_header, to_utf8
from treadle.dataframe.io.csv_pandas import parse_fields
from treadle.dataframe.io.csv_source import (
    Source,
    at_once,
    read_head,
    read_range,
    read_whole,
)

WINDOW = 64 << 10
"""Bytes of a sample that is not the head of a file."""

WINDOWS = 16
"""Such samples, over all files."""


def whole_head(source: Source, reading: CsvReading, nbytes: int) -> bytes:
    """Return the first records, at least one and the header, in UTF-8."""
    if reading.verbatim or not can_be_cut(reading.encoding):
        return to_utf8(read_whole(source), reading, source.path, 0)
    while True:
        raw = read_head(source, nbytes)
        if len(raw) < nbytes:
            return to_utf8(raw, reading, source.path, 0)
        border = last_border(raw, reading)
        head = to_utf8(raw[:border], reading, source.path, 0)
        start = split_header(head, reading)[1]
        if border and start < len(head):
            return head
        nbytes *= 4


def last_border(raw: bytes, reading: CsvReading) -> int:
    """Return where the last record that is whole ends."""
    starts = record_starts(raw + b"x", reading.marks)
    return int(starts[-1])


Look = tuple[tuple[Kind, ...], dict[int, tuple[str | None, Any]]]


def look(
    blocks: Sequence[CsvBlock], reading: CsvReading, head: bytes, first: Source, parse_dates: Any
) -> Look | None:
    """Return the kinds of all fields, and the formats of dates; None if borders are not such."""
    if reading.verbatim:
        return _look_whole(blocks, reading, head, first)
    start = split_header(head, reading)[1]
    wanted = sorted({*reading.selected, *reading.index})
    dates = _date_fields(parse_dates, reading)
    formats = _date_formats(head[start:], reading, dates)
    samples: list[tuple[bytes, tuple[int, ...] | None]] = [(head[start:], None)]
    windows = list(_windows(blocks, first, len(head)))
    sources = [block.source for block, _ in windows]
    for found in at_once(sources, lambda window: _window(*window, reading), windows):
        if found is None:
            return None
        samples.append(found)
    kinds: list[Kind] = ["none"] * len(reading.labels)
    dtypes: dict[int, Any] = {}
    # Samples of files with the same order are one text to pandas, which joins the kinds itself.
    for order in dict.fromkeys(order for _, order in samples):
        data = b"".join(_ended(text, reading) for text, each in samples if each == order)
        frame = _parse_sample(data, reading, wanted, order, dates, formats)
        for number in wanted:
            kind = kind_of(frame[number])
            kinds[number] = join(kinds[number], kind)
            if kind == "date":
                dtypes.setdefault(number, frame[number].dtype)
    return tuple(kinds), {n: (formats.get(n), dtypes[n]) for n in dates if kinds[n] == "date"}


def _ended(text: bytes, reading: CsvReading) -> bytes:
    newline = reading.marks.newline
    return text if not text or text.endswith(newline) else text + newline


def _windows(
    blocks: Sequence[CsvBlock], first: Source, seen: int
) -> Iterator[tuple[CsvBlock, int]]:
    """Yield blocks and places in them to look at, spread over all bytes."""
    total = sum(block.end - block.begin for block in blocks if block.end is not None)
    last = len(blocks) - 1
    places = [total * n // WINDOWS for n in range(1, WINDOWS)] + [max(total - WINDOW, 0)]
    base = 0
    for number, block in enumerate(blocks):
        if block.end is None:
            # Compressed: only the head can be had cheaply, of some files.
            if block.source != first and number in {last // 2, last}:
                yield block, 0
            continue
        size, done = block.end - block.begin, -1
        for place in places:
            at = block.begin + place - base
            if base <= place < base + size and at > done:
                if block.source == first and at + WINDOW <= seen:
                    continue
                yield block, at
                done = at + WINDOW
        base += size


def _window(
    block: CsvBlock, at: int, reading: CsvReading
) -> tuple[bytes, tuple[int, ...] | None] | None:
    """Return whole records from about a place in a block; None if quotes show a false border."""
    source, order = block.source, block.order
    if block.end is None or block.end - block.begin <= 2 * WINDOW:
        data = whole_head(source, reading, WINDOW) if block.end is None else b""
        if block.end is not None:
            raw = read_range(source, block.begin, block.end)
            if not block.exact and not looks_whole(raw, reading.marks):
                return None
            data = to_utf8(raw, reading, source.path, block.begin)
        if block.begin:
            return data, order
        header, start = split_header(data, reading)
        if reading.header is not None and header != reading.header_bytes:
            order = header_order(header, reading, source.path)
        return data[start:], order
    raw = read_range(source, at, min(at + WINDOW, block.end))
    begin = 0 if at == block.begin else next_newline(raw, 0, reading.marks)
    end = raw.rfind(reading.marks.newline) + 1
    if begin < 0 or end <= begin:
        return b"", order
    raw = raw[begin:end]
    if not looks_whole(raw, reading.marks):
        # The window may begin or end inside quotes; with true borders a block's start is safe.
        if not block.exact:
            return None
        raw = read_range(source, block.begin, min(block.begin + WINDOW, block.end))
        end = last_border(raw, reading)
        raw = raw[:end]
        if not block.begin:
            return b"", order  # the head, which is a sample anyway
    elif not block.exact and has_quoted_newline(raw, reading.marks):
        return None
    if not block.begin and at == 0:
        data = to_utf8(raw, reading, source.path, 0)
        return data[split_header(data, reading)[1] :], order
    return to_utf8(raw, reading, source.path, at), order


def _parse_sample(
    data: bytes,
    reading: CsvReading,
    wanted: Sequence[int],
    order: Sequence[int] | None,
    dates: Sequence[int],
    formats: Mapping[int, str],
) -> pd.DataFrame:
    """Return a sample as pandas sees it; what is wrong with it is for the reading to tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse_fields(
                data, 0, reading, wanted, order, dict.fromkeys(reading.given, "str"), dates,
                formats, on_bad_lines="skip", encoding_errors="replace",
            )  # fmt: skip
        except pd.errors.ParserError:
            return pd.DataFrame(columns=list(wanted), dtype=object)


def _date_fields(parse_dates: Any, reading: CsvReading) -> list[int]:
    if parse_dates is None or parse_dates is False:
        return []
    if parse_dates is True:
        return list(reading.index)
    if not isinstance(parse_dates, (list, tuple)):
        raise ValueError(f"parse_dates takes a list of columns, not {parse_dates!r}")
    found = []
    for each in parse_dates:
        if each in reading.labels:
            found.append(int(reading.labels.get_loc(each)))
        elif isinstance(each, int):
            found.append(each)
        else:
            raise ValueError(
                f"parse_dates names {each!r}; the columns are {list(reading.labels)[:20]}"
            )
    return [n for n in found if n in reading.selected or n in reading.index]


def _date_formats(data: bytes, reading: CsvReading, dates: Sequence[int]) -> dict[int, str]:
    """Return the format of each field of dates: given, or guessed from the first value as pandas
    does, so that all blocks are read by the same one."""
    given = reading.options.get("date_format")
    if isinstance(given, str):
        return dict.fromkeys(dates, given)
    formats = dict(given or {})
    rest = [number for number in dates if number not in formats]
    if rest:
        from pandas.tseries.api import guess_datetime_format

        frame = _parse_sample(data, replace(reading, given=dict.fromkeys(rest)), rest, None, (), {})
        dayfirst = bool(reading.options.get("dayfirst", False))
        for number in rest:
            values = frame[number].dropna()
            if len(values):
                found = guess_datetime_format(str(values.iloc[0]), dayfirst=dayfirst)
                if found is not None:
                    formats[number] = found
    return formats


def _look_whole(
    blocks: Sequence[CsvBlock], reading: CsvReading, head: bytes, first: Source
) -> Look:
    """Return the kinds of some files that are read as they are: the first, middle and last."""
    kinds: list[Kind] = ["none"] * len(reading.labels)
    dates: dict[int, tuple[str | None, Any]] = {}
    texts = [head]
    for number in sorted({len(blocks) // 2, len(blocks) - 1}):
        source = blocks[number].source
        if source != first:
            texts.append(to_utf8(read_whole(source), reading, source.path, 0))
    for text in texts:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(text), **reading.options)
        if len(frame.columns) != len(kinds):
            continue
        for number in range(len(kinds)):
            values = frame.iloc[:, number]
            found = kind_of(values)
            kinds[number] = join(kinds[number], found)
            if found == "date":
                dates.setdefault(number, (None, values.dtype))
    return tuple(kinds), {n: date for n, date in dates.items() if kinds[n] == "date"}
