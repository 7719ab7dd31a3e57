"""``x[index]``: what an index means, and which module makes its blocks.

An index is read once, into one entry for each thing written in it.  Ints, slices, ``...`` and
``newaxis`` are cut out of blocks as they are (:mod:`treadle.array.basic_indexing`).
"""

from __future__ import annotations

from typing import Any

from treadle.array.basic_indexing import getitem as basic_getitem
from treadle.array.basic_indexing import normalize_entry
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise


def getitem(x: Array, index: Any) -> Array:
    """Return ``x[index]``."""
    entries = list(index) if isinstance(index, tuple) else [index]
    given = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if given > x.ndim:
        raise IndexError(
            f"too many indices for array: array is {x.ndim}-dimensional, but {given} were indexed"
        )
    places = [n for n, entry in enumerate(entries) if entry is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if not places:
        entries.append(Ellipsis)
    (at,) = places or [len(entries) - 1]
    entries[at : at + 1] = [slice(None)] * (x.ndim - given)
    taken = [entry for entry in entries if entry is not None]
    basic = tuple(
        normalize_entry(entry, length, axis)
        for axis, (entry, length) in enumerate(zip(taken, x.shape, strict=True))
    )
    found = Array(basic_getitem(x.expr, basic))
    kept = [entry for entry in entries if entry is None or isinstance(entry, slice)]
    if None not in kept:
        return found
    return _with_new_axes(found, [n for n, entry in enumerate(kept) if entry is None])


def _with_new_axes(x: Array, axes: list[int]) -> Array:
    """Return an array with dimensions of length 1 at these places of the result."""
    ndim = x.ndim + len(axes)
    old = [n for n in range(ndim) if n not in axes]
    chunks = tuple(x.chunks[old.index(n)] if n in old else (1,) for n in range(ndim))
    index = tuple(slice(None) if n in old else None for n in range(ndim))
    numblocks = tuple(map(len, chunks))

    def body(name: str) -> Any:
        return Blockwise.call(name, numblocks, add_axes, [operand(x.expr, old), index])

    return new_array("expand_dims", (x.name, tuple(axes)), chunks, meta_of(x.meta, ndim), body)


def add_axes(block: Any, index: tuple[Any, ...]) -> Any:
    """Return ``block`` with dimensions of length 1."""
    return block[index]


__all__ = ["getitem"]
