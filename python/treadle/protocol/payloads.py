"""Values for the data plane: a small pickle, and large buffers left where they are.

A value becomes a `Payload`: the pickle in pieces, and views of the memory that NumPy, pandas,
Arrow and others offer out of band.  Nothing large is copied.  Several payloads make a *part*:

    header    kind, flags, number of items, bytes of the head, bytes of large buffers      24 bytes
    head      per item:    id, status, number of buffers, bytes of its pickle              24 bytes
                           size and address of each buffer                            16 bytes each
              per item:    its pickle; its small buffers
    large     buffers from 64 KiB on, one after the other; but one with an address is not sent:
              the receiver copies it out of the sender's memory

>>> payload = dump_payload([1, 2])
>>> load_payload(memoryview(b"".join(payload.pickle)), [])
[1, 2]
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from treadle.errors import DeserializeError, FrameError, UnpicklableError
from treadle.protocol.culprit import FAILURES, cannot_load, refuse
from treadle.protocol.pickling import PROTOCOL, Pickler

Buffer = bytes | bytearray | memoryview

#: Buffers below this are copied into the pickle by whoever pickles.
INLINE = 2048
#: Buffers from this size on are sent, and received, without a copy.
LARGE = 65536

HEADER = struct.Struct("<BBHIQQ")
_ITEM = struct.Struct("<QBBHIQ")
_BUFFER = struct.Struct("<QQ")

PART = 1  # kind of a part
LAST = 1  # flag: no part follows
BY_MEMORY = 2  # flag: it has addresses, and waits for a sign that they have been read

VALUE, MISSING_ITEM, REFUSED, TAKEN = 0, 1, 2, 3  # status

_MOST_ITEMS = 1 << 20
_MOST_BUFFERS = 1 << 22
_SCALARS = frozenset((int, float, bool, type(None), complex))


class Payload:
    """One value, taken apart."""

    __slots__ = ("buffers", "nbytes", "pickle", "pickle_nbytes", "status")

    def __init__(self, pickle: list[bytes], buffers: list[memoryview], status: int = VALUE):
        self.pickle = pickle
        self.buffers = buffers
        self.status = status
        self.pickle_nbytes = sum(map(len, pickle))
        self.nbytes = self.pickle_nbytes + sum(buffer.nbytes for buffer in buffers)


MISSING_PAYLOAD = Payload([], [], MISSING_ITEM)
TAKEN_PAYLOAD = Payload([], [], TAKEN)


class _Pieces:
    """A file that keeps what is written as it came: large ``bytes`` are not copied."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: Any) -> int:
        # A view is of the pickler's own memory, which it uses again.
        self.parts.append(data if type(data) is bytes else bytes(data))
        return len(data)


def dump_payload(value: Any, *, name: str = "result", local_by_value: bool = False) -> Payload:
    """Take a value apart.

    Raises
    ------
    UnpicklableError
        It names the part to blame, such as ``result[0].lock``.
    """
    if type(value) in _SCALARS:
        return Payload([pickle.dumps(value, PROTOCOL)], [])
    buffers: list[memoryview] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer out of band, unless it is small; True leaves it in the pickle."""
        view = memoryview(buffer)
        if view.nbytes < INLINE or not view.contiguous:
            return True
        buffers.append(buffer.raw())
        return False

    try:
        return Payload(_pickle(value, local_by_value, keep), buffers)
    except FAILURES as error:
        failure = error
    if local_by_value:
        buffers.clear()
        try:
            return Payload(_pickle(value, False, keep), buffers)
        except FAILURES:
            pass  # the first error tells more
    raise refuse(value, name, failure) from failure


def _pickle(value: Any, local_by_value: bool, keep: Callable[[Any], bool]) -> list[bytes]:
    pieces = _Pieces()
    Pickler(pieces, local_by_value, keep).dump(value)
    return pieces.parts


def refused_payload(error: BaseException) -> Payload:
    """Return what is sent instead of a value that can't be pickled."""
    if isinstance(error, UnpicklableError):
        fields = (error.path, error.kind, error.reason, error.hint)
    else:
        fields = ("", "", str(error)[:2000], "")
    return Payload([pickle.dumps(fields, PROTOCOL)], [], REFUSED)


def load_payload(data: Buffer, buffers: Sequence[Any]) -> Any:
    """Put a value together.

    Raises
    ------
    DeserializeError
        Its ``__cause__`` is what was raised.
    """
    try:
        return pickle.loads(data, buffers=buffers)
    except FAILURES as error:
        raise cannot_load(error, "the result of a task") from error


def load_refusal(data: Buffer) -> Exception:
    """Return the error that `refused_payload` made bytes of."""
    try:
        path, kind, reason, hint = pickle.loads(data)
        if path:
            return UnpicklableError(path, kind, reason, hint)
        return DeserializeError(reason)
    except FAILURES as error:
        return cannot_load(error, "the reason why a result was not sent")


# -- parts ----------------------------------------------------------------------------------------


def encode_part(
    items: Sequence[tuple[int, Payload]], last: bool, address_of: Callable[[memoryview], int] | None
) -> tuple[list[Buffer], list[memoryview]]:
    """Return the buffers of a part up to its head, and the large ones that follow on the wire.

    Parameters
    ----------
    items : list of (id, Payload)
    last : bool
        Whether no part follows.
    address_of : callable, optional
        Gives the address of a large buffer, or 0 to send it; without it all are sent.
    """
    index = bytearray()
    inline: list[Buffer] = []
    large: list[memoryview] = []
    by_memory = False
    for id, payload in items:
        buffers = payload.buffers
        index += _ITEM.pack(id, payload.status, 0, 0, len(buffers), payload.pickle_nbytes)
        inline += payload.pickle
        for buffer in buffers:
            address = 0
            if buffer.nbytes < LARGE:
                inline.append(buffer)
            elif address_of is not None and (address := address_of(buffer)):
                by_memory = True
            else:
                large.append(buffer)
            index += _BUFFER.pack(buffer.nbytes, address)
    head = len(index) + sum(_nbytes(piece) for piece in inline)
    flags = (LAST if last else 0) | (BY_MEMORY if by_memory else 0)
    header = HEADER.pack(PART, flags, 0, len(items), head, sum(view.nbytes for view in large))
    return [header + index, *inline], large


class Item(NamedTuple):
    """An item as its head tells: where its pickle is, and its buffers, some still to come."""

    id: int
    status: int
    pickle: memoryview
    buffers: list[Any]  # bytearray for a small one; None for a large one
    large: list[tuple[int, int, int]]  # position among buffers, size, address (0: it follows)


def check_header(data: Buffer, limit: int) -> tuple[int, int, int]:
    """Return flags, number of items and bytes of the head, before anything is made room for.

    Raises
    ------
    FrameError
        For what is no header, or more than ``limit`` bytes.
    """
    kind, flags, zero, count, head, large = HEADER.unpack(data)
    if kind != PART or zero or flags & ~(LAST | BY_MEMORY):
        raise FrameError("not the header of a part")
    if count > _MOST_ITEMS or head > limit or large > limit or head < count * _ITEM.size:
        raise FrameError(f"a part of {count} values, {head} and {large} bytes is refused")
    return flags, count, head


def decode_head(head: Buffer, count: int, limit: int) -> list[Item]:
    """Return the items of a part.

    Raises
    ------
    FrameError
        If the head contradicts itself or wants more than ``limit`` bytes.
    """
    view = memoryview(head).cast("B")
    try:
        raw, offset = _decode_index(view, count)
    except struct.error as error:
        raise FrameError("the head of a part ends too early") from error
    items = []
    total = 0
    for id, status, pickle_nbytes, sizes in raw:
        data = view[offset : offset + pickle_nbytes]
        offset += pickle_nbytes
        total += pickle_nbytes + sum(size for size, _ in sizes)
        if offset > view.nbytes or total > limit:
            raise FrameError("the head of a part promises too much")
        buffers: list[Any] = []
        large = []
        for position, (size, address) in enumerate(sizes):
            if size < LARGE:
                if offset + size > view.nbytes:
                    raise FrameError("the head of a part ends too early")
                # A copy: one small value must not keep all of the head alive.
                buffers.append(bytearray(view[offset : offset + size]))
                offset += size
            else:
                buffers.append(None)
                large.append((position, size, address))
        items.append(Item(id, status, data, buffers, large))
    if offset != view.nbytes:
        raise FrameError("the head of a part is too long")
    return items


def _decode_index(
    view: memoryview, count: int
) -> tuple[list[tuple[int, int, int, list[tuple[int, int]]]], int]:
    found = []
    offset = 0
    for _ in range(count):
        id, status, zero, more, buffers, pickle_nbytes = _ITEM.unpack_from(view, offset)
        if zero or more or status > TAKEN or buffers > _MOST_BUFFERS:
            raise FrameError("not an item of a part")
        offset += _ITEM.size
        end = offset + buffers * _BUFFER.size
        if end > view.nbytes:
            raise FrameError("the head of a part ends too early")
        sizes: list[Any] = list(_BUFFER.iter_unpack(view[offset:end]))
        offset = end
        found.append((id, status, pickle_nbytes, sizes))
    return found, offset


def _nbytes(piece: Buffer) -> int:
    return piece.nbytes if isinstance(piece, memoryview) else len(piece)
