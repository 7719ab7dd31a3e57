"""Columns of text as bytes in one buffer: hashed and compared word by word, never object by object.

A text is cut into words of eight bytes, the last one filled with zeros. A pass reads the same word
of all texts that have it, so a column costs as many passes as its longest text has words::

    offsets  0      3          11        data   a b c d a t a f r a m e ...
    pass 0   abc00000  dataframe[:8]
    pass 1             e0000000

Text of pandas' own dtype lies that way already when pyarrow stores it. Lists of objects are
written out first.

>>> import pandas as pd
>>> hash_texts(Texts.of(pd.array(["a", "b", "a"], dtype="str"))).argsort(stable=True).size
3
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROWS = 1 << 15  # a block of rows whose words stay in the second cache
_LONG = 512  # bytes; a few longer texts would cost many passes with little to do in each
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_FACTOR = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of a column, in UTF-8.

    Attributes
    ----------
    data : array of uint8
        All texts, one after the other, and eight zeros: a word can be read at every byte.
    offsets : array of int64
        Text ``i`` is ``data[offsets[i]:offsets[i + 1]]``.
    missing : array of bool or None
        Where there is no text; None if there is one everywhere.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    missing: NDArray[np.bool_] | None

    @classmethod
    def of(cls, values: Any) -> Texts:
        """Return the texts of an array of pandas, of Arrow, or of objects that are text or missing.

        Examples
        --------
        >>> import numpy as np
        >>> texts = Texts.of(np.array(["a", None, "ß"], dtype=object))
        >>> texts.offsets.tolist(), bytes(texts.data).rstrip(bytes(1)).decode()
        ([0, 1, 1, 3], 'aß')
        """
        found = _from_arrow(values)
        return found if found is not None else _from_objects(np.asarray(values, dtype=object))

    def __len__(self) -> int:
        return len(self.offsets) - 1


def _from_arrow(values: Any) -> Texts | None:
    """Texts of what Arrow holds or can take; None if it is not there, or can't."""
    try:
        import pyarrow as pa
    except ImportError:
        return None
    if hasattr(values, "__arrow_array__"):
        array = values.__arrow_array__()
    elif isinstance(values, pa.Array | pa.ChunkedArray):
        array = values
    else:
        try:
            array = pa.array(values, type=pa.large_string(), from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
            return None
    if isinstance(array, pa.ChunkedArray):
        chunks = [chunk for chunk in array.chunks if len(chunk)]
        array = chunks[0] if len(chunks) == 1 else array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # as older versions answer
            array = pa.concat_arrays(array.chunks)
    if not (pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)):
        binary = pa.types.is_binary(array.type) or pa.types.is_fixed_size_binary(array.type)
        array = array.cast(pa.large_binary() if binary else pa.large_string())
    _, places, content = array.buffers()
    if places is None:
        offsets = np.zeros(len(array) + 1, np.int64)
    else:
        offsets = np.frombuffer(places, np.int64)[array.offset : array.offset + len(array) + 1]
    start, stop = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    data = np.zeros(stop - start + 8, np.uint8)
    if stop > start:
        data[:-8] = np.frombuffer(content, np.uint8)[start:stop]
    missing = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    return Texts(data, offsets - start, missing)


def _from_objects(values: NDArray[np.object_]) -> Texts:
    """Texts of objects, without Arrow, or with halves of surrogate pairs, which Arrow refuses."""
    encoded = [
        value.encode("utf-8", "surrogatepass")
        if isinstance(value, str)
        else bytes(value)
        if isinstance(value, bytes | bytearray)
        else None
        for value in values
    ]
    lengths = np.fromiter((len(text or b"") for text in encoded), np.int64, len(encoded))
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    data = np.frombuffer(b"".join(text or b"" for text in encoded) + bytes(8), np.uint8)
    missing = np.fromiter((text is None for text in encoded), np.bool_, len(encoded))
    return Texts(data, offsets, missing if missing.any() else None)


def first_words(texts: Texts) -> NDArray[np.uint64]:
    """Return the first eight bytes of each text as numbers that sort as the texts do.

    Texts that share eight bytes share the number; UTF-8 sorts as code points do.

    Examples
    --------
    >>> import numpy as np
    >>> words = first_words(Texts.of(np.array(["b", "ab", "a"], dtype=object)))
    >>> words.argsort().tolist()
    [2, 1, 0]
    """
    found = np.empty(len(texts), np.uint64)
    for rows in _row_blocks(len(texts)):
        begin = texts.offsets[rows]
        found[rows] = _words(texts.data, begin, texts.offsets[rows.start + 1 : rows.stop + 1])
    return found.byteswap()


def hash_texts(texts: Texts) -> NDArray[np.uint64]:
    """Return a hash of each text; a missing one hashes as an empty one does.

    Examples
    --------
    >>> import numpy as np
    >>> a, b, c = hash_texts(Texts.of(np.array(["tea", "eat", "tea"], dtype=object)))
    >>> a == c, a == b
    (np.True_, np.False_)
    """
    found = np.empty(len(texts), np.uint64)
    for rows in _row_blocks(len(texts)):
        begin = texts.offsets[rows]
        end = texts.offsets[rows.start + 1 : rows.stop + 1]
        found[rows] = _hash_block(texts.data, begin, end)
    return found


def _row_blocks(length: int) -> Iterator[slice]:
    for start in range(0, length, _ROWS):
        yield slice(start, min(start + _ROWS, length))


def _hash_block(
    data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Hash a block of texts, one word of each at a time."""
    lengths = end - begin
    state = lengths.astype(np.uint64) * _FIRST + _FACTOR
    active: NDArray[np.intp] | None = None  # None: all of them
    done = 0
    while True:
        going = lengths > done if active is None else lengths[active] > done
        if not going.all():
            active = np.flatnonzero(going) if active is None else active[going]
        if active is None:
            state ^= _words(data, begin + done, end)
            _stir(state)
        elif len(active) == 0:
            return state
        elif done >= _LONG:
            _hash_long(data, begin, end, active, state)
            return state
        else:
            part = state[active] ^ _words(data, begin[active] + done, end[active])
            _stir(part)
            state[active] = part
        done += 8
        if active is None and done >= _LONG:
            active = np.arange(len(lengths))


def _words(
    data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """The word that begins at each place, with zeros for what lies beyond its text."""
    anywhere: NDArray[np.uint64] = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    # Empty texts at the very end begin where no byte is left; what they read is cut away.
    words = anywhere[np.minimum(begin, len(data) - 8)].astype(np.uint64, copy=False)
    over = np.maximum(8 - (end - begin), 0)
    if over.any():
        bits = (over << 3).astype(np.uint64)
        # In two steps, since a shift by all 64 bits is not defined.
        ones = np.uint64(0xFFFFFFFFFFFFFFFF)
        words = words & ((ones >> (bits >> np.uint64(1))) >> (bits - (bits >> np.uint64(1))))
    return words


def _stir(state: NDArray[np.uint64]) -> None:
    state *= _FACTOR
    state ^= state >> np.uint64(32)


def _hash_long(
    data: NDArray[np.uint8],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    rows: NDArray[np.intp],
    state: NDArray[np.uint64],
) -> None:
    """Take in the whole of texts that are longer than passes are worth."""
    view = data.data
    for row in rows.tolist():
        digest = hashlib.blake2b(view[begin[row] : end[row]], digest_size=8).digest()
        state[row] ^= np.uint64(int.from_bytes(digest, "little"))
