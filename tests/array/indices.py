"""Shapes, chunks and indices of all kinds, drawn by hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import treadle.array as da

shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=7)


@st.composite
def chunk_lengths(draw: Any, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Blocks of any lengths, now and then none."""
    found = []
    for total in shape:
        borders = draw(st.lists(st.integers(0, total), max_size=3).map(sorted))
        found.append(tuple(np.diff([0, *borders, total]).tolist()))
    return tuple(found)


@st.composite
def arrays(draw: Any, shapes: Any = shapes) -> tuple[np.ndarray, da.Array]:
    """An array of distinct elements, in memory and in blocks."""
    shape = draw(shapes)
    values = np.arange(np.prod(shape)).reshape(shape)
    return values, da.from_array(values, chunks=draw(chunk_lengths(shape)))


def places(length: int, shape: Any) -> st.SearchStrategy:
    """Places in a dimension, from either end."""
    return hnp.arrays(np.int64, shape, elements=st.integers(-length, length - 1))


@st.composite
def index_arrays(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index with arrays in it that fits ``shape``: integers, booleans, ints, slices, newaxis."""
    shared = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=5))
    entries: list[Any] = []
    for length in shape:
        kind = draw(st.sampled_from(["slice", "int", "array", "array", "new"]))
        if kind == "new":
            entries.append(None)
            kind = "slice"
        if kind == "slice":
            entries.append(draw(st.slices(length)))
        elif kind == "int":
            entries.append(draw(st.integers(-length, length - 1)))
        else:
            own = draw(st.sampled_from([shared, shared[-1:], (1,)]))
            entries.append(draw(places(length, own)))
    return tuple(entries)


@st.composite
def index_masks(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index with one array of booleans in it that fits ``shape``."""
    first = draw(st.integers(0, len(shape) - 1))
    stop = draw(st.integers(first + 1, len(shape)))
    mask = draw(hnp.arrays(bool, shape[first:stop]))
    before = [draw(st.slices(length) | st.integers(0, length - 1)) for length in shape[:first]]
    after = [draw(st.slices(length) | st.integers(0, length - 1)) for length in shape[stop:]]
    return (*before, mask, *after)


def in_blocks(index: tuple[Any, ...], chunks: Any) -> tuple[Any, ...]:
    """The same index with its arrays in blocks."""
    return tuple(
        da.from_array(entry, chunks=chunks) if isinstance(entry, np.ndarray) else entry
        for entry in index
    )


def broadcastable(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that can be broadcast to ``shape``."""
    kept = draw(st.integers(0, len(shape)))
    return tuple(draw(st.sampled_from([length, 1])) for length in shape[len(shape) - kept :])
