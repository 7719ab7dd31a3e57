"""Rows of tasks as one binary frame, and back.

    +----------+---------------------------+---------+---------+----
    | u32 LE n | header: JSON, n bytes,    | column  | column  | ...
    |          | spaces up to 8*k - 4      | f8 x m  | i4 x m  |
    +----------+---------------------------+---------+---------+----
                                           ^ offset 0; every column begins at a multiple of 8

So a browser lays typed arrays over the message without copying.  The header is `events.Tasks`.

    >>> import numpy as np
    >>> from treadle.telemetry.ring import TaskRing
    >>> ring = TaskRing(capacity=8)
    >>> ring.append(start=np.array([1.0, 2.0]), stop=np.array([1.5, 2.5]), number=np.array([0, 1]),
    ...             group=ring.names.id("load"), lane=ring.names.id("thread 1"),
    ...             run=ring.names.id("ab"), status=0)
    >>> frame = TaskFrame.parse(encode_tasks(ring.read(0, limit=10)))
    >>> frame.header.first, frame.header.count, frame.column("stop")
    (0, 2, [1.5, 2.5])
    >>> frame.resume(1).column("number")
    [1]
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from treadle.telemetry.events import Column, Tasks, clean_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from treadle.telemetry.views import TaskBatch

NAMED = ("lane", "group", "run")
"""Columns whose values are places in the header's strings."""

_LENGTH = struct.Struct("<I")
_ITEMSIZE = {"f8": 8, "i4": 4}
_TYPECODE = {"f8": "d", "i4": "i"}
_decode_header = msgspec.json.Decoder(Tasks).decode
_encode = msgspec.json.Encoder().encode


def encode_tasks(batch: TaskBatch) -> bytes:
    """A batch as it is sent."""
    columns = []
    for name, column in batch.columns.items():
        dtype = f"{column.dtype.kind}{column.dtype.itemsize}"
        # a view: the one copy is made when the frame is put together
        columns.append((name, dtype, memoryview(column.astype(f"<{dtype}", copy=False).view("u1"))))
    strings = [clean_label(name) for name in batch.strings]
    return _pack(batch.first, batch.count, batch.missed, strings, columns)


def _pack(
    first: int,
    count: int,
    missed: int,
    strings: list[str],
    columns: Sequence[tuple[str, str, bytes | memoryview]],
) -> bytes:
    offset = 0
    specs: list[Column] = []
    blobs: list[bytes | memoryview] = []
    for name, dtype, blob in columns:
        specs.append(Column(name=name, dtype=dtype, offset=offset))  # type: ignore[arg-type]
        padding = bytes(-len(blob) % 8)
        blobs += (blob, padding)
        offset += len(blob) + len(padding)
    header = _encode(Tasks(first=first, count=count, missed=missed, strings=strings, columns=specs))
    header += b" " * (-(len(header) + _LENGTH.size) % 8)
    return b"".join((_LENGTH.pack(len(header)), header, *blobs))


@dataclass(frozen=True, slots=True)
class TaskFrame:
    """A frame as it came, and its header.

    Parameters
    ----------
    data : bytes
        The whole frame.
    header : Tasks
    body : int
        Where the header ends.
    """

    data: bytes
    header: Tasks
    body: int

    @classmethod
    def parse(cls, data: bytes) -> TaskFrame:
        """Read the header and check that every column lies inside the frame.

        Raises
        ------
        ValueError
            If not (msgspec's errors are among them).
        """
        if len(data) < _LENGTH.size:
            raise ValueError(f"a frame of {len(data)} bytes has no header")
        body = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        if body > len(data):
            raise ValueError(f"header of {body - 4} bytes in a frame of {len(data)}")
        header = _decode_header(data[_LENGTH.size : body])
        for column in header.columns:
            end = body + column.offset + header.count * _ITEMSIZE[column.dtype]
            if column.offset % 8 or end > len(data):
                raise ValueError(f"column {column.name!r} lies outside its frame")
        return cls(data, header, body)

    @property
    def next(self) -> int:
        """Sequence number after the last row."""
        return self.header.first + self.header.count

    def column(self, name: str) -> list[float] | list[int]:
        """The values of one column, for people and tests."""
        (spec,) = (c for c in self.header.columns if c.name == name)
        return _values(spec, self._blob(spec, 0)).tolist()

    def resume(self, seq: int) -> TaskFrame:
        """This frame for a reader whose next row is ``seq``: no row twice, `missed` counted anew.

        ``seq`` may not lie beyond the frame's end.
        """
        skip = max(0, seq - self.header.first)
        missed = max(0, self.header.first - seq)
        if not skip and missed == self.header.missed:
            return self
        return TaskFrame.parse(
            _pack(
                self.header.first + skip,
                self.header.count - skip,
                missed,
                self.header.strings,
                [(c.name, c.dtype, self._blob(c, skip)) for c in self.header.columns],
            )
        )

    def joined(self, later: TaskFrame) -> TaskFrame | None:
        """This frame with the next one's rows at its end; None if they do not fit together.

        Work grows with the rows of ``later`` alone, so a long history takes in short frames.
        """
        here, there = self.header, later.header
        layout = [(c.name, c.dtype) for c in here.columns]
        if self.next != there.first or layout != [(c.name, c.dtype) for c in there.columns]:
            return None
        places = {name: i for i, name in enumerate(here.strings)}
        moved = [places.setdefault(name, len(places)) for name in there.strings]
        columns = []
        for mine, theirs in zip(here.columns, there.columns, strict=True):
            tail = later._blob(theirs, 0)
            if mine.name in NAMED:
                values = _values(theirs, tail)
                tail = _bytes(theirs, (moved[int(i)] for i in values))
            columns.append((mine.name, mine.dtype, self._blob(mine, 0) + tail))
        count = here.count + there.count
        return TaskFrame.parse(_pack(here.first, count, here.missed, list(places), columns))

    def _blob(self, column: Column, skip: int) -> bytes:
        size = _ITEMSIZE[column.dtype]
        begin = self.body + column.offset
        return self.data[begin + skip * size : begin + self.header.count * size]


def _values(column: Column, blob: bytes) -> array[Any]:
    values = array(_TYPECODE[column.dtype], blob)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _bytes(column: Column, values: Iterable[Any]) -> bytes:
    blob = array(_TYPECODE[column.dtype], values)
    if sys.byteorder == "big":
        blob.byteswap()
    return blob.tobytes()
