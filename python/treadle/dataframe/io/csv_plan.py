r"""What reading CSV files comes to: blocks, columns and dtypes, from a look at parts of the files.

Samples are the head of the first file and windows spread evenly over all bytes, the end included:
a column that turns from integers to floats half way is seen.  pandas itself says what a sample
holds, and the kinds of all samples join.

::

    file 1  [head##..............#..............#......]
    file 2  [#...............#..............#.........#]
             cut at newlines every ``blocksize`` bytes; by the quotes where newlines are quoted

What no sample shows is found when the blocks are read; see `csv_read`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_blocks import CsvBlock, header_order
from treadle.dataframe.io.csv_borders import find_borders, has_quoted_newline, next_newline
from treadle.dataframe.io.csv_columns import with_columns
from treadle.dataframe.io.csv_dtypes import Kind, join
from treadle.dataframe.io.csv_errors import undecodable
from treadle.dataframe.io.csv_options import CsvReading, can_be_cut, first_reading, split_header
from treadle.dataframe.io.csv_read import empty_frame
from treadle.dataframe.io.csv_samples import WINDOW, look, whole_head
from treadle.dataframe.io.csv_source import (
    Source,
    at_once,
    common_size,
    find_sources,
    read_range,
    stream_chunks,
)
from treadle.errors import CsvError
from treadle.utils.format import parse_bytes

SMALLEST, LARGEST, FEWEST = 4 << 20, 32 << 20, 32
"""Bounds of an automatic blocksize, and the blocks it aims for between them."""


@dataclass(frozen=True, slots=True)
class CsvPlan:
    """Blocks to read and how to read them.

    Attributes
    ----------
    blocks : tuple of CsvBlock
        One a partition, in the order of the files.
    reading : CsvReading
        The same for all blocks; ``reading.meta`` is the empty frame.
    """

    blocks: tuple[CsvBlock, ...]
    reading: CsvReading

    @property
    def meta(self) -> pd.DataFrame:
        """Columns, dtypes and index of the result, without rows."""
        meta: pd.DataFrame = self.reading.meta
        return meta

    @property
    def marks(self) -> tuple[Any, ...]:
        """What changes when a file does: for the name of the expression."""
        sources = {block.source.path: block.source for block in self.blocks}
        return tuple((source.path, source.size, source.mark) for source in sources.values())

    def promoted(self, promotion: Mapping[Any, str]) -> CsvPlan:
        """Return the plan with the dtypes that a `CsvDtypeError` asks for.

        Parameters
        ----------
        promotion : mapping
            Label -> dtype; its attribute ``promotion``.
        """
        kinds = list(self.reading.kinds)
        for number, label in enumerate(self.reading.labels):
            if label in promotion:
                kinds[number] = join(kinds[number], _kind_named(promotion[label]))
        return CsvPlan(self.blocks, _with_kinds(self.reading, kinds))

    def with_kinds(self, found: Sequence[Mapping[Any, Kind]]) -> CsvPlan:
        """Return the plan for what all blocks hold, as `scan_csv_block` tells of each.

        With it no value of the files is late any more.
        """
        kinds = list(self.reading.kinds)
        for number, label in enumerate(self.reading.labels):
            for each in found:
                kinds[number] = join(kinds[number], each.get(label, "none"))
        return CsvPlan(self.blocks, _with_kinds(self.reading, kinds))


def _kind_named(dtype: str) -> Kind:
    names: dict[str, Kind] = {
        "int64": "int", "uint64": "uint", "float64": "float", "bool": "bool", "str": "str",
        "object": "flag",
    }  # fmt: skip
    return names.get(dtype, "str")


def _with_kinds(reading: CsvReading, kinds: Sequence[Kind]) -> CsvReading:
    dates = {n: date for n, date in reading.dates.items() if kinds[n] == "date"}
    reading = replace(reading, kinds=tuple(kinds), dates=dates)
    return replace(reading, meta=empty_frame(reading))


def plan_csv(
    urlpath: Any,
    blocksize: int | str | None = "auto",
    *,
    sample: int | str = 256 << 10,
    compression: str | None = "infer",
    storage_options: Mapping[str, Any] | None = None,
    include_path_column: bool | str = False,
    newlines_in_values: bool | None = None,
    **options: Any,
) -> CsvPlan:
    r"""Plan how to read CSV files in blocks.

    Parameters
    ----------
    urlpath : str, path, or sequence of these
        Names may hold ``*``; ``s3://``, ``http://`` and others as fsspec has them.
    blocksize : int, str or None
        Bytes of a block; None for a block a file.  Files that are compressed are not cut, nor
        those in encodings such as UTF-16.
    sample : int or str
        Bytes of the head of the first file that are looked at; the windows elsewhere are shorter.
    compression : str, optional
        ``"infer"`` goes by the name's ending: gzip, bz2, xz, zstd or zip.
    storage_options : mapping, optional
        For the file system.
    include_path_column : bool or str
        Add a column with the path of each record's file.
    newlines_in_values : bool, optional
        Whether fields in quotes may hold newlines; if so, the quotes of all files are counted
        before they are cut.  By default, if a sample shows one; what the samples miss is seen when
        a block is read.
    **options
        As for :func:`pandas.read_csv`.

    Returns
    -------
    CsvPlan

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CsvError
        If the files have no columns, or not the same.
    ValueError
        For options that have no meaning in parts.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a,b\n" + b"1,x\n" * 1000)
    >>> plan = plan_csv(path, blocksize=1000)
    >>> len(plan.blocks), plan.meta.dtypes.astype(str).to_dict()
    (5, {'a': 'int64', 'b': 'str'})
    """
    options = dict(options)
    parse_dates = options.pop("parse_dates", None)
    reading = first_reading(options)
    sources = find_sources(urlpath, compression, storage_options)
    nbytes = parse_bytes(sample)
    first, head = _first_with_records(sources, reading, nbytes)
    if b"\n" not in head and b"\r" in head and "lineterminator" not in options:
        # Lines as they were on old Macintoshes.
        reading = replace(reading, marks=replace(reading.marks, newline=b"\r"))
    reading = with_columns(reading, head, first, parse_dates)
    if include_path_column:
        name = include_path_column if isinstance(include_path_column, str) else "path"
        if name in reading.labels:
            raise ValueError(f"the files have a column {name!r}; give another name")
        reading = replace(reading, path_column=name, paths=tuple(s.path for s in sources))
    size = _blocksize(blocksize, sources, reading)
    quoted = newlines_in_values
    if quoted is None:
        quoted = not reading.verbatim and has_quoted_newline(head, reading.marks)
    blocks = tuple(_blocks(sources, reading, size, bool(quoted)))
    found = look(blocks, reading, head, first, parse_dates)
    if found is None and newlines_in_values is None:
        blocks = tuple(_blocks(sources, reading, size, True))
        found = look(blocks, reading, head, first, parse_dates)
    kinds, dates = found or ((), {})
    reading = replace(reading, kinds=kinds, dates=dates)
    return CsvPlan(blocks, replace(reading, meta=empty_frame(reading)))


def _first_with_records(
    sources: Sequence[Source], reading: CsvReading, nbytes: int
) -> tuple[Source, bytes]:
    """Return the first file that is not empty, and the whole records at its head, in UTF-8."""
    for source in sources:
        if source.size == 0:
            continue
        head = whole_head(source, reading, nbytes)
        try:
            head.decode()
        except UnicodeDecodeError:
            raise undecodable(head, source.path, 0, reading) from None
        if head.strip(b"\xef\xbb\xbf \t\r\n"):
            return source, head
    raise CsvError(
        sources[0].path, "there is nothing in it, not even names of columns", 0, None, None,
        "leave it out, or give names=[...]",
    )  # fmt: skip


def _blocksize(blocksize: int | str | None, sources: Sequence[Source], reading: CsvReading) -> int:
    """Return the bytes of a block; 0 for a block a file."""
    if blocksize is None or reading.verbatim or not can_be_cut(reading.encoding):
        return 0
    if blocksize in ("auto", "default"):
        return min(max(common_size(sources) // FEWEST, SMALLEST), LARGEST)
    size = parse_bytes(blocksize)
    if size < 1:
        raise ValueError(f"blocksize must be 1 or more, not {blocksize}")
    return size


def _blocks(
    sources: Sequence[Source], reading: CsvReading, size: int, quoted: bool
) -> Iterator[CsvBlock]:
    for source in sources:
        if source.size == 0 and len(sources) > 1:
            continue
        if not source.divisible or source.size is None:
            yield CsvBlock(source)
        elif not size or source.size <= size:
            yield CsvBlock(source, 0, source.size)
        else:
            yield from _cut(source, reading, size, quoted)


def _cut(source: Source, reading: CsvReading, size: int, quoted: bool) -> Iterator[CsvBlock]:
    """Yield the blocks of one file; the first begins with the header."""
    assert source.size is not None
    header, order = b"", None
    if reading.header is not None or reading.skip:
        header, _ = split_header(whole_head(source, reading, WINDOW), reading)
        if header != reading.header_bytes:
            order = header_order(header, reading, source.path)
    count = -(-source.size // size)
    targets = [source.size * n // count for n in range(1, count)]
    if quoted and reading.marks.quote is not None:
        borders = find_borders(stream_chunks(source, 0), targets, reading.marks)
    else:
        find = lambda target: _newline_from(source, target, reading)
        borders = at_once([source], find, targets)
    edges = sorted({0, *borders, source.size})
    for begin, end in pairwise(edges):
        yield CsvBlock(source, begin, end, order, quoted or reading.marks.quote is None)


def _newline_from(source: Source, target: int, reading: CsvReading) -> int:
    assert source.size is not None
    at, step = target - 1, 4 << 10
    while at < source.size:
        data = read_range(source, at, min(at + step, source.size))
        border = next_newline(data, 0, reading.marks)
        if border >= 0:
            return at + border
        at, step = at + len(data), step * 8
        if not data:
            break
    return source.size
