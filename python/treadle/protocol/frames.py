"""Frames: a stream of bytes cut into messages, whatever way it arrives.

    u32 length, little endian | payload          1 <= length <= limit

Pure: no socket and no clock.  The length is checked before anything is kept for the frame, and
nothing is ever allocated because a length says so: memory grows as bytes arrive.

>>> parser = FrameParser()
>>> stream = frame(b"one") + frame(b"two")
>>> parser.feed(stream[:9])
[b'one']
>>> parser.feed(stream[9:])
[b'two']
"""

from __future__ import annotations

import struct

from treadle.errors import FrameError

#: The longest payload of a frame on a control connection, in bytes.
MAX_FRAME = 64 * 2**20

HEADER_BYTES = 4
_HEADER = struct.Struct("<I")
_pack = _HEADER.pack
_unpack_from = _HEADER.unpack_from


def header(nbytes: int, limit: int = MAX_FRAME) -> bytes:
    """What goes before a payload of ``nbytes``.

    Raises
    ------
    FrameError
        If the other side would refuse a frame of that length.

    Examples
    --------
    >>> header(3)
    b'\\x03\\x00\\x00\\x00'
    """
    if not 0 < nbytes <= limit:
        raise _refusal(nbytes, limit)
    return _pack(nbytes)


def frame(*parts: bytes, limit: int = MAX_FRAME) -> bytes:
    """One frame of several parts.

    Examples
    --------
    >>> frame(b"a", b"bc")
    b'\\x03\\x00\\x00\\x00abc'
    """
    return b"".join((header(sum(map(len, parts)), limit), *parts))


class FrameParser:
    """Takes a stream in pieces of any length and gives the payloads that are complete.

    Once it has refused a stream it refuses all that follows: after a wrong length there is no
    telling where the next frame begins.

    Parameters
    ----------
    limit : int
        The longest payload that is accepted, in bytes.

    Examples
    --------
    >>> FrameParser(limit=100).feed(b"\\xff\\xff\\xff\\xff")
    Traceback (most recent call last):
    treadle.errors.FrameError: a frame of 4294967295 bytes; at most 100 are accepted here
    """

    __slots__ = ("_error", "_limit", "_need", "_partial")

    def __init__(self, limit: int = MAX_FRAME):
        self._limit = limit
        self._partial = bytearray()  # the beginning of a frame
        self._need = HEADER_BYTES  # how long it must be before it is looked at again
        self._error: FrameError | None = None

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._partial)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the payloads that they complete, in order."""
        if self._error is not None:
            raise self._error
        frames: list[bytes] = []
        start = 0
        if self._partial:
            start = self._continue(data, frames)
        end = len(data)
        limit = self._limit
        while end - start >= HEADER_BYTES:
            (length,) = _unpack_from(data, start)
            if not 0 < length <= limit:
                self._refuse(length)
            stop = start + HEADER_BYTES + length
            if stop > end:
                self._need = HEADER_BYTES + length
                break
            frames.append(data[start + HEADER_BYTES : stop])
            start = stop
        if start < end:
            self._partial += data[start:] if start else data
        return frames

    def _continue(self, data: bytes, frames: list[bytes]) -> int:
        """Add to the frame that has begun; return how much of ``data`` it took."""
        partial = self._partial
        taken = 0
        while True:
            piece = data[taken : taken + self._need - len(partial)]
            partial += piece
            taken += len(piece)
            if len(partial) < self._need:
                return taken
            if self._need > HEADER_BYTES:
                break
            (length,) = _unpack_from(partial)
            if not 0 < length <= self._limit:
                self._refuse(length)
            self._need = HEADER_BYTES + length
        with memoryview(partial) as view:
            frames.append(bytes(view[HEADER_BYTES:]))
        self._partial = bytearray()  # a long frame's memory goes with it
        self._need = HEADER_BYTES
        return taken

    def _refuse(self, length: int) -> None:
        self._partial = bytearray()
        self._error = _refusal(length, self._limit)
        raise self._error


def _refusal(length: int, limit: int) -> FrameError:
    if length == 0:
        return FrameError("an empty frame")
    return FrameError(f"a frame of {length} bytes; at most {limit} are accepted here")
