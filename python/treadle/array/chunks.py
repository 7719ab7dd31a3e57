"""Chunks: the lengths of blocks along each dimension, and what people write for them.

Lengths are ints; a length that is not known before the run is ``nan``.

>>> normalize_chunks(4, (10,)), normalize_chunks((5, -1), (10, 3))
(((4, 4, 2),), ((5, 5), (3,)))
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from treadle import config
from treadle.utils.format import parse_bytes

#: Lengths of the blocks along each dimension.
Chunks: TypeAlias = tuple[tuple[int, ...], ...]


def is_known(chunks: Iterable[Iterable[float]]) -> bool:
    """Tell whether all lengths are known."""
    return not any(math.isnan(sum(lengths)) for lengths in chunks)


def shape_of(chunks: Chunks) -> tuple[int, ...]:
    """Return the lengths of the whole, ``nan`` where a block's is not known."""
    return tuple(map(sum, chunks))


def starts(lengths: Sequence[int]) -> list[int]:
    """Return where blocks begin, and where the last one ends.

    >>> starts((3, 4))
    [0, 3, 7]
    """
    found = [0]
    for length in lengths:
        found.append(found[-1] + length)
    return found


@lru_cache(1000)
def _equal_lengths(length: int, total: int) -> tuple[int, ...]:
    """Return blocks of one length, and the rest."""
    if total == 0:
        return (0,)
    whole, rest = divmod(total, max(length, 1))
    return (length,) * whole + ((rest,) if rest else ())


def normalize_chunks(
    chunks: Any,
    shape: Sequence[int] | None = None,
    limit: int | str | None = None,
    dtype: Any = None,
    previous_chunks: Chunks | None = None,
) -> Chunks:
    """Return the lengths of blocks along each dimension, from what a user wrote.

    Parameters
    ----------
    chunks : int, str, tuple, dict
        One length for all dimensions or one entry for each: a length, the lengths of all blocks,
        ``-1`` or ``None`` for the whole, ``"auto"`` for lengths that make blocks of ``limit``
        bytes, or such a number of bytes, ``"64MiB"``.  A dict has the dimensions for keys.
    shape : sequence of int, optional
        Lengths of the whole.
    limit : int or str, optional
        Bytes of a block where ``"auto"`` decides; the setting ``array.chunk-size`` without it.
    dtype : dtype, optional
        What ``"auto"`` counts in.
    previous_chunks : tuple of tuple of int, optional
        ``"auto"`` chooses multiples of these.

    Returns
    -------
    tuple of tuple of int

    Raises
    ------
    ValueError
        Where chunks don't fit the shape, or say nothing that is known.

    Examples
    --------
    >>> from treadle.array import normalize_chunks
    >>> normalize_chunks("auto", shape=(10, 10), limit=200, dtype="f8")
    ((5, 5), (5, 5))
    >>> normalize_chunks({0: 4}, shape=(10, 3))
    ((4, 4, 2), (3,))
    """
    known = tuple(shape) if shape is not None else None
    entries = _entries(chunks, known)
    if known is not None and len(entries) != len(known):
        raise ValueError(
            f"chunks {chunks!r} speak of {len(entries)} dimensions, and the array has "
            f"{len(known)}: shape {known}"
        )
    done = [
        entry if _is_open(entry) else _lengths(entry, None if known is None else known[n])
        for n, entry in enumerate(entries)
    ]
    if any(map(_is_open, done)):
        if known is None:
            raise ValueError(f"chunks {chunks!r} can't be chosen without a shape")
        done = _automatic(done, known, limit, dtype, previous_chunks)
    found = tuple(tuple(lengths) for lengths in done)
    if known is not None:
        for lengths, total in zip(found, known, strict=True):
            if not math.isnan(total) and is_known([lengths]) and sum(lengths) != total:
                raise ValueError(
                    f"chunks {lengths} add up to {sum(lengths)}, and the dimension has {total}; "
                    f"shape {known}, chunks {chunks!r}"
                )
    return found


def _entries(chunks: Any, shape: tuple[int, ...] | None) -> list[Any]:
    """Return one entry a dimension."""
    if isinstance(chunks, Mapping):
        if shape is None:
            raise ValueError("chunks as a dict need a shape")
        chunks = {axis % len(shape): entry for axis, entry in chunks.items()}
        return [chunks.get(n, -1) for n in range(len(shape))]
    if isinstance(chunks, (np.ndarray, list)):
        chunks = tuple(chunks)
    if not isinstance(chunks, tuple):
        return [chunks] * (1 if shape is None else len(shape))
    nested = any(isinstance(entry, (tuple, list, np.ndarray)) for entry in chunks)
    if shape is not None and len(shape) == 1 and len(chunks) > 1 and not nested:
        return [chunks]  # the lengths of all blocks of the one dimension
    return list(chunks)


def _is_open(entry: Any) -> bool:
    """Tell whether an entry leaves the length to us: ``"auto"``, or a number of bytes."""
    return isinstance(entry, str) or entry is _AUTO


_AUTO = object()


def _lengths(entry: Any, total: int | None) -> tuple[int, ...]:
    if isinstance(entry, (tuple, list, np.ndarray)):
        return tuple(_length(item) for item in entry)
    if entry is None or entry == -1:
        if total is None:
            raise ValueError("a chunk of -1, the whole, needs a shape")
        return (total,)
    length = _length(entry)
    if length < 1:
        raise ValueError(f"a chunk must be 1 or longer, or -1 for the whole, not {entry!r}")
    if total is None or math.isnan(total):
        return (length,)
    return _equal_lengths(length, total)


def _length(item: Any) -> int:
    if isinstance(item, float) and math.isnan(item):
        return item  # type: ignore[return-value]
    try:
        length = int(item)
        if length != item:
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(f"a chunk must be a whole number, not {item!r}") from None
    return length


def _automatic(
    entries: list[Any],
    shape: tuple[int, ...],
    limit: int | str | None,
    dtype: Any,
    previous: Chunks | None,
) -> list[Any]:
    """Choose the lengths that were left open: near to cubes of ``limit`` bytes."""
    texts = [entry for entry in entries if isinstance(entry, str) and entry != "auto"]
    if texts:
        limit = min(map(parse_bytes, texts))
    if limit is None:
        limit = config.get("array.chunk-size")
    if dtype is None:
        raise ValueError("chunks 'auto' need a dtype, to know how long a block may be")
    itemsize = np.dtype(dtype).itemsize
    if np.dtype(dtype).hasobject:
        raise ValueError("chunks 'auto' can't count bytes of objects; give lengths instead")
    open_axes = [n for n, entry in enumerate(entries) if _is_open(entry)]
    if any(math.isnan(shape[n]) for n in open_axes):
        raise ValueError("chunks 'auto' need a known shape; call compute_chunk_sizes() first")
    fixed = math.prod(max(entry) for n, entry in enumerate(entries) if n not in open_axes)
    room = max(parse_bytes(limit) / max(itemsize, 1) / max(fixed, 1), 1)
    found = list(entries)
    for n in sorted(open_axes, key=lambda n: shape[n]):  # short ones first: they leave room over
        side = room ** (1 / len(open_axes))
        length = min(max(int(side + 1e-9), 1), max(shape[n], 1))
        if previous is not None and is_known([previous[n]]):
            length = _multiple(length, previous[n], shape[n])
        else:
            length = _evened(length, shape[n])
        room = max(room / length, 1)
        open_axes = [other for other in open_axes if other != n]
        found[n] = _equal_lengths(length, shape[n])
    return found


def _evened(length: int, total: int) -> int:
    """Return a length that makes as many blocks, of nearly one size."""
    return -(-total // max(-(-total // length), 1)) if total else 1


def _multiple(length: int, previous: tuple[int, ...], total: int) -> int:
    """Return a multiple, or a part, of the blocks there are."""
    usual = max(previous)
    if usual <= 0 or length >= total:
        return max(min(length, total), 1)
    if length >= usual:
        return length // usual * usual
    return -(-usual // -(-usual // length))


def unify(several: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return blocks whose borders are the borders of all: blocks of each are whole runs of these.

    >>> unify([(4, 6), (5, 5)])
    (4, 1, 5)
    """
    first = several[0]
    if all(lengths == first for lengths in several):
        return first
    if not is_known(several):
        raise ValueError(
            f"blocks of unknown lengths can't be matched with others: {tuple(several)}; call "
            "compute_chunk_sizes() on the arrays first"
        )
    totals = {sum(lengths) for lengths in several}
    if len(totals) > 1:
        raise ValueError(f"chunks of different totals can't be matched: {tuple(several)}")
    borders = sorted({place for lengths in several for place in starts(lengths)})
    return tuple(b - a for a, b in pairwise(borders)) or (0,)
