"""What the tail of an ORC file says that pyarrow does not: rows of stripes, and missing values.

The tail is a message of protocol buffers, of which a few fields are read here; numbers of fields
are those of the format's specification.

>>> list(fields(bytes([8, 150, 1])))
[(1, 150)]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Of the tail, the footer, a stripe, a type and the statistics of a column.
_FOOTER = 2
_STRIPES, _TYPES, _STATISTICS = 3, 4, 7
_INDEX_LENGTH, _DATA_LENGTH, _ROWS = 2, 3, 5
_SUBTYPES, _NAMES = 2, 3
_VALUES = 1


@dataclass(frozen=True, slots=True)
class OrcTail:
    """Rows and bytes of each stripe, and how many values of each field are there.

    Attributes
    ----------
    rows : tuple of int
    nbytes : tuple of int
        As stored, of all columns.
    values : dict of str to int
        Values that are not missing, of fields of which that is known.
    """

    rows: tuple[int, ...]
    nbytes: tuple[int, ...]
    values: dict[str, int]


def parse_tail(data: bytes) -> OrcTail:
    """Return what the tail of a file says.

    Raises
    ------
    ValueError
        If it is cut off.
    """
    footer = list(fields(next(_messages(fields(data), _FOOTER))))
    rows, sizes = [], []
    for stripe in _messages(iter(footer), _STRIPES):
        known = dict(fields(stripe))
        rows.append(known.get(_ROWS, 0))
        sizes.append(known.get(_INDEX_LENGTH, 0) + known.get(_DATA_LENGTH, 0))
    values: dict[str, int] = {}
    counts = [dict(fields(one)).get(_VALUES) for one in _messages(iter(footer), _STATISTICS)]
    root = next(_messages(iter(footer), _TYPES), b"")
    names = [name.decode() for name in _messages(fields(root), _NAMES)]
    for name, number in zip(names, _numbers(root), strict=False):
        if number < len(counts) and (count := counts[number]) is not None:
            values[name] = count
    return OrcTail(tuple(rows), tuple(sizes), values)


def _messages(found: Iterator[tuple[int, Any]], number: int) -> Iterator[bytes]:
    return (value for field, value in found if field == number and isinstance(value, bytes))


def _numbers(kind: bytes) -> list[int]:
    """Return the numbers of the columns that a struct is made of, packed or one by one."""
    numbers: list[int] = []
    for field, value in fields(kind):
        if field == _SUBTYPES and isinstance(value, bytes):
            place = 0
            while place < len(value):
                number, place = _varint(value, place)
                numbers.append(number)
        elif field == _SUBTYPES:
            numbers.append(value)
    return numbers


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield numbers and values of the fields of a message: integers, or bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value: Any
            value, place = _varint(data, place)
        else:
            if kind == 2:
                length, place = _varint(data, place)
            elif kind in (1, 5):
                length = 8 if kind == 1 else 4
            else:
                raise ValueError(f"a field of kind {kind} at byte {place}")
            value = data[place : place + length]
            if len(value) < length:
                raise ValueError(f"the message ends within a field, at byte {place}")
            place += length
        yield number, value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if place >= len(data):
            raise ValueError(f"the message ends within a number, at byte {place}")
        byte = data[place]
        number |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return number, place
        shift += 7
