"""How CSV files are to be read: what the user asked for, brought into the form that blocks need.

A block of a file has no header, so in blocks columns go by number: the options of
``pandas.read_csv`` that speak of columns are turned around to numbers once, when the reading is
planned.  Files with options that only make sense for a file as a whole (comments, rows to skip
given one by one, headers of several rows, patterns as separators) are read whole, by pandas, with
the options as they were given: ``verbatim``.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_borders import Marks, records
from treadle.dataframe.io.csv_dtypes import Kind
from treadle.errors import CsvError

REFUSED = {
    "nrows": "use df.head(n)",
    "chunksize": "use blocksize",
    "iterator": "use blocksize",
    "dtype_backend": 'give dtype, as in dtype={"x": "Int64"}',
}

# Options under which pyarrow reads text otherwise than pandas does, unless they have this value.
PLAIN = {
    "thousands": None,
    "decimal": ".",
    "true_values": None,
    "false_values": None,
    "converters": None,
    "quoting": 0,
    "doublequote": True,
    "skipinitialspace": False,
    "lineterminator": None,
    "na_filter": True,
    "on_bad_lines": "error",
    "float_precision": None,
    "na_values": None,
    "keep_default_na": True,
    "engine": None,
}

# These change nothing about the result.
IDLE = ("low_memory", "memory_map", "verbose", "cache_dates", "delimiter")

WHOLE = ("comment", "escapechar", "dialect", "skipfooter")

# Beside encodings of one byte a character, those whose other bytes look like no newline or quote.
MULTIBYTE = {"euc_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5", "cp932", "cp949", "cp950",
             "shift_jis"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CsvReading:
    """How each block is read; the same for all blocks.

    Attributes
    ----------
    labels : pandas.Index
        Of all fields of a record; with ``verbatim``, of the columns that come out.
    kinds : tuple
        What the samples hold, for each field; the dtype of a column follows from it.
    given : dict
        Number of a field -> dtype that the user gave.
    selected : tuple of int
        Fields that become columns, in their order.
    index : tuple of int
        Fields that become the index, named ``index_names``.
    dates : dict
        Number of a field of dates -> its format, which may be None, and its dtype.
    skip, header : int
        Records to skip, and then the number of the one that holds the labels, or None.
    header_bytes : bytes
        That record, in UTF-8.
    options : dict
        For ``pandas.read_csv``.
    meta : pandas.DataFrame
        Without rows: columns, dtypes and index of what comes out.
    """

    labels: Any
    options: Mapping[str, Any]
    marks: Marks = field(default_factory=Marks)
    encoding: str = "utf-8"
    encoding_errors: str = "strict"
    verbatim: bool = False
    arrow: bool = True
    kinds: tuple[Kind, ...] = ()
    given: Mapping[int, Any] = field(default_factory=dict)
    selected: tuple[int, ...] = ()
    index: tuple[int, ...] = ()
    index_names: tuple[Any, ...] = ()
    dates: Mapping[int, tuple[str | None, Any]] = field(default_factory=dict)
    skip: int = 0
    header: int | None = 0
    header_bytes: bytes = b""
    path_column: str | None = None
    paths: tuple[str, ...] = ()
    meta: Any = None


def first_reading(options: dict[str, Any]) -> CsvReading:
    """Return the reading for the options of ``pandas.read_csv``, before any file was looked at.

    Raises
    ------
    ValueError
        For options that have no meaning here.
    """
    for name, mend in REFUSED.items():
        if options.pop(name, None) not in (None, False):
            raise ValueError(f"read_csv takes no {name}; {mend}")
    delimiter = options.get("delimiter")
    separator = options.pop("sep", ",") if delimiter is None else delimiter
    for name in IDLE:
        options.pop(name, None)
    header, names = options.get("header", "infer"), options.get("names")
    if header == "infer":
        header = 0 if names is None else None
    skip = options.get("skiprows") or 0
    blanks = separator == r"\s+" or options.pop("delim_whitespace", False)
    quoted = options.get("quoting", 0) != 3 and options.get("quotechar", '"')
    encoding = codecs.lookup(options.pop("encoding", None) or "utf-8").name
    verbatim = (
        not isinstance(skip, int)
        or not (header is None or isinstance(header, int))
        or not options.get("skip_blank_lines", True)
        or any(options.get(name) for name in WHOLE)
        or not (blanks or (isinstance(separator, str) and len(separator.encode()) == 1))
        or (options.get("lineterminator") or "\n") == "\r"
    )
    starters = b" \t" if blanks else separator.encode()[:1] if separator else b","
    marks = Marks(
        (options.get("lineterminator") or "\n").encode(),
        quoted.encode() if quoted else None,
        starters + (b" " if options.get("skipinitialspace") else b""),
    )
    arrow = not verbatim and not blanks and _is_plain(options)
    return CsvReading(
        labels=None,
        options={**options, "sep": r"\s+" if blanks else separator},
        marks=marks,
        encoding="utf-8" if encoding in ("ascii", "utf-8-sig") else encoding,
        encoding_errors=options.pop("encoding_errors", None) or "strict",
        verbatim=verbatim,
        arrow=arrow,
        skip=skip if isinstance(skip, int) else 0,
        header=header if isinstance(header, int) else None,
    )


def _is_plain(options: Mapping[str, Any]) -> bool:
    """Tell whether pyarrow reads the text as pandas does."""
    plain = {**PLAIN, "engine": options.get("engine")}
    if options.get("engine") not in (None, "pyarrow"):
        return False
    return (
        all(name not in options or _same(options[name], value) for name, value in plain.items())
        and len(options.get("quotechar", '"').encode()) == 1
    )


def _same(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, (str, int)) and bool(one == other))


@lru_cache
def can_be_cut(encoding: str) -> bool:
    """Tell whether a newline is one byte that means nothing else.

    >>> can_be_cut("cp1252"), can_be_cut("utf-16")
    (True, False)
    """
    if encoding == "utf-8" or encoding in MULTIBYTE:
        return True
    try:
        plain = bytes(range(128)).decode(encoding) == bytes(range(128)).decode("ascii")
        return (
            plain
            and all(len(bytes([n]).decode(encoding, "replace")) == 1 for n in range(128, 256))
            and len(bytes([200, 200]).decode(encoding, "ignore")) != 1
        )
    except UnicodeError:
        return False


def to_utf8(data: bytes, reading: CsvReading, path: str, offset: int) -> bytes:
    """Return text in UTF-8; UTF-8 itself is checked where it is used.

    Raises
    ------
    CsvError
        If it is not in the encoding that was given.
    """
    if reading.encoding == "utf-8" and reading.encoding_errors == "strict":
        return data
    try:
        return data.decode(reading.encoding, reading.encoding_errors).encode()
    except UnicodeDecodeError as error:
        raise encoding_error(error, path, offset, reading.encoding) from None


def encoding_error(error: UnicodeDecodeError, path: str, offset: int, encoding: str) -> CsvError:
    """Return the error for bytes that mean nothing in an encoding."""
    other = "latin-1" if encoding == "utf-8" else "utf-8"
    if offset == 0 and error.object[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        other = "utf-16"
    return CsvError(
        path, f"these bytes are no {encoding}", offset + error.start, None,
        error.object[error.start : error.end][:8],
        f'give encoding="{other}" or what the file is in, or encoding_errors="replace"',
    )  # fmt: skip


BOM = codecs.BOM_UTF8

# Bytes that are looked at for the header first.
HEADER = 1 << 16


def split_header(data: bytes, reading: CsvReading) -> tuple[bytes, int]:
    """Return the record of the labels, and where the first record of data starts.

    ``data`` is the head of a file in UTF-8.  The record is empty where a file has none.
    """
    at = len(BOM) if data.startswith(BOM) else 0
    if reading.skip == 0 and reading.header is None:
        return b"", at
    # Nearly always it stands in the first few kilobytes; the last record of these may be cut off.
    for stop in (at + HEADER, len(data)):
        found = _header_within(data[at:stop], reading, whole=stop >= len(data))
        if found is not None:
            break
    assert found is not None
    header, end = found
    return header, at + end


def _header_within(data: bytes, reading: CsvReading, whole: bool) -> tuple[bytes, int] | None:
    """Return the record of the labels and its end; None if more has to be looked at."""
    at = 0
    skip, ahead = reading.skip, 0 if reading.header is None else reading.header + 1
    for record in records(data, reading.marks):
        if skip == 0 and ahead == 0:
            return b"", at
        if not whole and at + len(record) == len(data):
            return None
        at += len(record)
        if skip:
            skip -= 1
        elif record.strip(b" \t\r\n"):
            ahead -= 1
            if ahead == 0:
                return record.removesuffix(reading.marks.newline).rstrip(b"\r"), at
    return (b"", at) if whole else None


def parse_labels(record: bytes, reading: CsvReading) -> Any:
    """Return the labels in a header, as pandas names them: repeated ones get numbers."""
    kept = {
        name: reading.options[name]
        for name in ("sep", "quotechar", "quoting", "doublequote", "skipinitialspace")
        if name in reading.options
    }
    return pd.read_csv(io.BytesIO(record + b"\n"), index_col=False, **kept).columns


def with_kinds(reading: CsvReading, kinds: tuple[Kind, ...]) -> CsvReading:
    """Return the reading for other kinds; its ``meta`` is out of date then."""
    return replace(reading, kinds=kinds, meta=None)
