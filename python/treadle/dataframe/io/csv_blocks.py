"""Blocks of CSV files: their bytes, their borders and their headers.

A block is what a partition is read from, and small: the reading that it goes with is the same for
all blocks, and travels once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from treadle.dataframe.io.csv_borders import PIECE, find_borders, looks_whole
from treadle.dataframe.io.csv_options import CsvReading, parse_labels
from treadle.dataframe.io.csv_source import Source, read_range, read_whole, stream_chunks
from treadle.errors import CsvError


@dataclass(frozen=True, slots=True)
class CsvBlock:
    """Some records of a file: what a partition is read from.

    Attributes
    ----------
    source : Source
    begin, end : int
        Bytes of the file; ``end`` is None for a file that can't be cut.
    order : tuple of int, optional
        For a file whose columns stand in another order, the number in the plan of each field.
    exact : bool
        The borders are known to be such, because all quotes before them were looked at.
    """

    source: Source
    begin: int = 0
    end: int | None = None
    order: tuple[int, ...] | None = None
    exact: bool = True


@dataclass(slots=True)
class Text:
    """The text of a block in UTF-8, and where it is from."""

    data: bytes
    start: int
    block: CsvBlock
    begin: int

    def records(self) -> memoryview:
        """Return the text behind the header."""
        return memoryview(self.data)[self.start :]


def block_bytes(block: CsvBlock, reading: CsvReading) -> tuple[bytes, int, bool]:
    """Return the bytes of a block, where in the file they begin, and if their quotes are plain.

    Borders that were found by newlines alone are checked by the quotes between them.  Where these
    can't be, the quotes before the block are counted, and the true borders taken: the blocks beside
    it come to the same ones.
    """
    if block.end is None:
        data = read_whole(block.source)
        return data, 0, looks_whole(data, reading.marks)
    data = read_range(block.source, block.begin, block.end)
    plain = looks_whole(data, reading.marks)
    if block.exact or plain:
        return data, block.begin, plain
    chunks = stream_chunks(block.source, 0)
    begin, end = find_borders(chunks, [block.begin, block.end], reading.marks)
    data = read_range(block.source, begin, end)
    return data, begin, looks_whole(data, reading.marks)


def order_of(header: bytes, reading: CsvReading, block: CsvBlock) -> tuple[int, ...] | None:
    """Return the order of the fields of a file whose header was just read."""
    if header == reading.header_bytes or reading.header is None:
        return None
    return header_order(header, reading, block.source.path)


def header_order(header: bytes, reading: CsvReading, path: str) -> tuple[int, ...] | None:
    """Return the number in the plan of each field of a file with this header.

    Raises
    ------
    CsvError
        If it has other columns.
    """
    if not header or "names" in reading.options:
        return None
    labels = parse_labels(header, reading)
    wanted = reading.labels
    if len(reading.index) and reading.index[0] < 0:
        return None
    if labels.equals(wanted[len(wanted) - len(labels) :]):
        return None
    missing = [label for label in wanted if label not in labels]
    extra = [label for label in labels if label not in wanted]
    if missing or extra:
        parts = [f"lacks {missing[:5]}"] * bool(missing) + [f"has {extra[:5]}"] * bool(extra)
        raise CsvError(
            path, f"its header {' and '.join(parts)}, unlike that of the first file", 0,
            mend="read the files with different columns apart, and concatenate them",
        )  # fmt: skip
    return tuple(int(wanted.get_loc(label)) for label in labels)


def count_records(text: Text, reading: CsvReading) -> int | None:
    """Return how many records there are, or None where newlines do not tell."""
    data, marks = text.data, reading.marks
    if marks.newline != b"\n" or (marks.quote and data.find(marks.quote, text.start) >= 0):
        return None
    if "on_bad_lines" in reading.options or b"\r" in data:
        return None
    array = np.frombuffer(data, np.uint8)[text.start :]
    if not len(array):
        return 0
    # A line that begins with a blank may be blank.
    newlines, blank = _count_newlines(array)
    if blank or array[0] <= ord(" "):
        return None
    return newlines + int(array[-1] != ord("\n"))


def _count_newlines(array: NDArray[np.uint8]) -> tuple[int, bool]:
    """Return how many newlines there are, and whether one comes before a blank or a newline.

    In pieces that stay in the cache, which is three times quicker than to find the places.
    """
    count, blank = 0, False
    newline, after = np.empty(PIECE, np.bool_), np.empty(PIECE, np.bool_)
    for start in range(0, len(array), PIECE):
        part = array[start : start + PIECE + 1]
        size = min(PIECE, len(part))
        np.equal(part[:size], ord("\n"), out=newline[:size])
        count += int(np.count_nonzero(newline[:size]))
        followed = len(part) - 1
        np.less_equal(part[1:], ord(" "), out=after[:followed])
        np.logical_and(newline[:followed], after[:followed], out=after[:followed])
        blank = blank or bool(after[:followed].any())
    return count, blank
