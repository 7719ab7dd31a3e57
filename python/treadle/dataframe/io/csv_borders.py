r"""Where the records of a CSV file end: the only places where it may be cut.

A newline ends a record unless it stands inside quotes, and whether it does depends on every quote
before it.  Most files hold no newline inside quotes, and there each newline is a border; of the
others the quotes are counted from the start of the file, once, when the reading is planned.

::

    1,"two          <- not a border
    lines",x\n      <- a border
    2,"",y\n

Quotes count only where a field begins: ``5" pipe`` has none.  Bytes here are those of an encoding
in which the newline, the separator and the quote are single bytes that mean nothing else.

This file knows bytes and no files.

>>> find_borders([b'1,"a\nb"\n2,c\n'], [3], Marks())
[8]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 17
"""Bytes looked at together, which stay in the cache."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The bytes that give a file its shape.

    Attributes
    ----------
    newline : bytes
        One byte.
    quote : bytes, optional
        One byte; without it nothing is quoted.
    separators : bytes
        Those after which a field may begin.
    """

    newline: bytes = b"\n"
    quote: bytes | None = b'"'
    separators: bytes = b","


class QuoteScan:
    """Follows the quotes of a file from its first record on, chunk by chunk.

    Attributes
    ----------
    position : int
        Bytes seen so far.
    inside : bool
        Whether the next byte stands inside quotes.
    opened : int
        Where the last quoted field began.
    """

    def __init__(self, marks: Marks):
        assert marks.quote is not None
        self._marks = marks
        self._quote = marks.quote[0]
        self._starters = _starters(marks)
        self._last = marks.newline[-1]
        self.position = 0
        self.inside = False
        self.opened = -1
        self._pending = False  # the last byte seen was a quote that closes, or half of a pair

    def feed(self, chunk: bytes) -> NDArray[np.int64]:
        """Take the next bytes; return where in ``chunk`` the state turns over, sorted.

        From an even to an odd entry bytes are inside, if the chunk began outside.
        """
        data = np.frombuffer(chunk, np.uint8)
        quotes = np.flatnonzero(data == self._quote)
        turns = self._turns_if_plain(data, quotes)
        if turns is None:
            turns = self._turns_one_by_one(chunk)
        if len(turns):
            openings = turns[0 if not self.inside else 1 :: 2]
            if len(openings):
                self.opened = self.position + int(openings[-1])
        self.inside ^= bool(len(turns) & 1)
        self.position += len(chunk)
        if len(chunk):
            self._last = chunk[-1]
            self._pending = not self.inside and len(turns) > 0 and int(turns[-1]) == len(chunk) - 1
        return turns

    def _turns_if_plain(
        self, data: NDArray[np.uint8], quotes: NDArray[np.int64]
    ) -> NDArray[np.int64] | None:
        """Each quote turns the state over, if those that open stand where a field begins.

        A pair of quotes inside a field closes and opens again, which comes to the same.
        """
        if not len(quotes):
            return quotes
        openings = quotes[1 if self.inside else 0 :: 2]
        before = data[openings - 1]
        if len(openings) and openings[0] == 0:
            before[0] = self._before()
        # Quotes are starters, too, because one right after one that closes reopens the field.
        return quotes if bool(self._starters[before].all()) else None

    def _before(self) -> int:
        """Return the byte before the chunk; a quote only if it closed a field."""
        if self._pending:
            return self._quote
        return 0 if self._last == self._quote else self._last

    def _turns_one_by_one(self, chunk: bytes) -> NDArray[np.int64]:
        quote = bytes([self._quote])
        turns = []
        inside, at, before_first = self.inside, 0, self._before()
        closed = 0 if self._pending else -1  # where a quote would make a pair of the last one
        while (at := chunk.find(quote, at)) >= 0:
            if inside:
                turns.append(at)
                inside, closed = False, at + 1
            else:
                before = chunk[at - 1] if at else before_first
                if at == closed or (before != self._quote and self._starters[before]):
                    turns.append(at)
                    inside = True
            at += 1
        return np.array(turns, np.int64)


def _starters(marks: Marks) -> NDArray[np.bool_]:
    """Tell for each byte whether a quote after it can open a field, or reopen one."""
    table = np.zeros(256, bool)
    ends = b"\r" if marks.newline == b"\n" else b""
    table[list(marks.newline + (marks.quote or b"") + marks.separators + ends)] = True
    return table


def find_borders(chunks: Iterable[bytes], targets: Sequence[int], marks: Marks) -> list[int]:
    """Return, for each target, where the first record that starts at or after it starts.

    Parameters
    ----------
    chunks : iterable of bytes
        The records of a file from the first one on, in any pieces.
    targets : sequence of int
        Bytes from there, ascending.
    marks : Marks

    Returns
    -------
    list of int
        Where no record starts any more, the count of all bytes.  Ascending; two targets may share
        a border.
    """
    found: list[int] = []
    waiting = list(targets)
    while waiting and waiting[0] <= 0:
        found.append(0)
        waiting.pop(0)
    scan = QuoteScan(marks) if marks.quote else None
    base = 0
    for chunk in chunks:
        if not waiting:
            break
        inside = scan.inside if scan else False
        turns = scan.feed(chunk) if scan else np.empty(0, np.int64)
        while waiting and waiting[0] <= base + len(chunk):
            # A border right at the target counts, so the newline before it is looked at.
            border = _next_border(chunk, waiting[0] - base - 1, turns, inside, marks)
            if border is None:
                break
            found.append(base + border)
            waiting.pop(0)
            while waiting and waiting[0] <= found[-1]:
                found.append(found[-1])
                waiting.pop(0)
        base += len(chunk)
    return found + [base] * len(waiting)


def _next_border(
    chunk: bytes, start: int, turns: NDArray[np.int64], inside: bool, marks: Marks
) -> int | None:
    """Return where a record starts behind a newline at or after ``start``, within the chunk."""
    at = max(start, 0)
    while (at := chunk.find(marks.newline, at)) >= 0:
        before = int(np.searchsorted(turns, at))
        if not inside ^ bool(before & 1):
            return at + len(marks.newline)
        if before == len(turns):
            return None
        at = int(turns[before])
    return None


def next_newline(data: bytes, start: int, marks: Marks) -> int:
    """Return the place behind the first newline at or after ``start``, or -1."""
    found = data.find(marks.newline, start)
    return found + len(marks.newline) if found >= 0 else -1


def looks_whole(data: bytes, marks: Marks) -> bool:
    """Tell whether bytes, taken as whole records, have quotes that say the same.

    Every quote that opens stands where a field begins and every one that closes where a field
    ends.  Bytes that begin or end inside quotes hardly ever pass.

    >>> looks_whole(b'1,"a"\\n', Marks()), looks_whole(b'a"\\n2,"b\\n', Marks())
    (True, False)
    """
    if marks.quote is None or marks.quote not in data:
        return True
    array = np.frombuffer(data, np.uint8)
    starters = _starters(marks)
    odd, last = 0, len(array) - 1
    for start in range(0, len(array), PIECE):
        quotes = np.flatnonzero(array[start : start + PIECE] == marks.quote[0])
        quotes += start
        opens, closes = quotes[odd::2], quotes[1 - odd :: 2]
        before = starters[array[opens - 1]]
        if len(opens) and opens[0] == 0:
            before[0] = True
        after = starters[array[np.minimum(closes + 1, last)]]
        if not (before.all() and after.all()):
            return False
        odd ^= len(quotes) & 1
    return not odd


def has_quoted_newline(data: bytes, marks: Marks) -> bool:
    """Tell whether whole records hold a newline inside quotes."""
    if marks.quote is None or marks.quote not in data:
        return False
    turns = QuoteScan(marks).feed(data)
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == marks.newline[0])
    return bool((np.searchsorted(turns, newlines) & 1).any())


def record_starts(data: bytes, marks: Marks) -> NDArray[np.int64]:
    """Return where each line that begins a record starts; blank lines are among them.

    >>> record_starts(b'a\\n"b\\nc"\\nd', Marks()).tolist()
    [0, 2, 8]
    """
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == marks.newline[0])
    if marks.quote is not None and marks.quote in data:
        turns = QuoteScan(marks).feed(data)
        newlines = newlines[(np.searchsorted(turns, newlines) & 1) == 0]
    starts = np.concatenate([np.zeros(1, np.int64), newlines + 1])
    return starts[starts < len(data)]


def records(data: bytes, marks: Marks) -> Iterator[bytes]:
    """Yield the records of bytes, each with its newline."""
    starts = [*record_starts(data, marks).tolist(), len(data)]
    for begin, end in pairwise(starts):
        yield data[begin:end]
