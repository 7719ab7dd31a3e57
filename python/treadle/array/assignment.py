"""``x[index] = value``: an array that differs from another one in some elements.

Blocks are copied where the index touches them and are taken as they are elsewhere.  The values are
brought into blocks that match those of the array: along slices by rechunking, along a list of
places by taking them in the order in which the array's blocks need them::

    x[2:7] = v        x   | 0 1 2 3 | 4 5 6 7 | 8 9 |
                      v         0 1 | 2 3 4 |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.basic_indexing import WHOLE
from treadle.array.chunks import is_known, starts
from treadle.array.core import Array, new_array
from treadle.array.elementwise import elemwise
from treadle.array.expr import operand
from treadle.array.fancy import take_places
from treadle.array.place import Place
from treadle.array.setting import keep, set_elements, set_field, set_in_order, set_points, set_where
from treadle.array.taking import TakePlan
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand, Values
from treadle.graph.expr import distinct
from treadle.graph.gather import Gather
from treadle.graph.layer import AnyTemplate, Inputs
from treadle.graph.template import Template


def with_elements(x: Array, index: Any, value: Any, *, pointwise_first: bool = False) -> Array:
    """Return an array like ``x`` in which ``x[index]`` is ``value``.

    Parameters
    ----------
    x : Array
    index : object
        Whatever may stand in ``x[index]``.
    value : array_like
        Broadcast to the shape of ``x[index]``.  Booleans in blocks also take values of their own
        shape, which are set where they are true.
    pointwise_first : bool
        The dimensions of arrays come first in that shape, as for ``x.vindex``.

    Returns
    -------
    Array
        ``x`` itself is as it was; ``x[index] = value`` puts this in its place.

    Raises
    ------
    IndexError
        Where NumPy raises it.
    ValueError
        If ``value`` can't be broadcast, or lengths have to be known that are not.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=4)
    >>> da.with_elements(x, slice(3, 5), [30, 40]).compute()
    array([ 0,  1,  2, 30, 40,  5])
    >>> x[x > 3] = 0
    >>> x.compute()
    array([0, 1, 2, 3, 0, 0])
    """
    x = x.copy()  # what is looked up later must not see the assignment
    value = _read_value(x, value)
    kind = value.meta if isinstance(value, Array) else value
    if isinstance(kind, np.ma.MaskedArray) and type(x.meta) is np.ndarray:
        x = elemwise(np.ma.masked_array, x)
    if isinstance(index, str):
        return elemwise(set_field, x, value, field=index, dtype=x.dtype)
    if isinstance(index, Array) and index.dtype == bool and _is_alike(x, index, value):
        return elemwise(_set_alike, x, index, value, dtype=x.dtype)
    place = Place(x, index, pointwise_first)
    if place.nothing:
        return x
    value = place.broadcast(value)
    if 0 in place.shape:
        return x
    if place.whole and not isinstance(value, np.ma.MaskedArray):
        return _all_of(x, value)
    if any(isinstance(item, Array) for item in place.arrays):
        return _with_lazy_places(place, value)
    return _with_known_places(place, value)


def _read_value(x: Array, value: Any) -> Any:
    """Return a value as a scalar or as an array in blocks; refuse what no element can be."""
    if isinstance(value, Array):
        return value.copy()
    if value is np.ma.masked:
        return np.ma.masked_array(np.zeros((), x.dtype), True)
    given = value
    if not hasattr(value, "dtype"):
        value = np.asarray(value)
    if x.dtype.kind in "iu" and value.dtype.kind == "f" and not np.all(np.isfinite(value)):
        # NumPy lets arrays pass with a warning, in a task that nobody looks at.
        np.zeros((), x.dtype)[()] = float("nan")
    if value.ndim == 0 or (value.size == 1 and isinstance(value, np.ndarray)):
        if not isinstance(value, np.ma.MaskedArray) and value.ndim == 0:
            np.zeros((), x.dtype)[()] = given
        return value
    return da.from_array(value)


def _is_alike(x: Array, mask: Array, value: Any) -> bool:
    """Tell whether values have the place of the elements they are for."""
    return mask.ndim == 0 or (
        isinstance(value, Array) and value.shape == mask.shape == x.shape and value.size != 1
    )


def _set_alike(block: Any, mask: Any, value: Any) -> Any:
    """Set elements where booleans of the same shape are true."""
    mask = np.broadcast_to(np.asarray(mask), block.shape)
    if np.ndim(value):
        value = np.broadcast_to(value, block.shape, subok=True)[mask]
    return set_where(block, mask, (WHOLE,) * block.ndim, 0, value)


def _all_of(x: Array, value: Any) -> Array:
    if not isinstance(value, Array):
        value = da.from_array(np.asarray(value))
    value = da.astype(da.broadcast_to(value, x.shape), x.dtype)
    return da.rechunk(value, x.chunks)


def _with_known_places(place: Place, value: Any) -> Array:
    """Set elements whose places are known."""
    plan = _plan(place) if place.arrays else None
    token = (place.token, value)
    x = place.x
    if isinstance(value, Array) and value.ndim:
        value = _along_points(place, value, plan) if plan else value
        value, tables = _along_slices(place, value)
        return new_array(
            "setitem", token, x.chunks, x.meta,
            lambda name: _gathered(name, place, plan, value, tables),
        )  # fmt: skip
    every = tuple(map(Axis, range(x.ndim)))
    axes = tuple(map(Axis, place.indexed))
    counts = tuple(x.numblocks[n] for n in place.indexed)

    def body(name: str) -> Blockwise:
        args = [
            operand(x.expr, every),
            Operand(GridValues(*place.columns()), every),
            Operand(Values(counts, lambda: _locals(place, plan)), axes) if plan else (),
            place.axes,
            operand(value.expr, ()) if isinstance(value, Array) else value,
        ]
        return Blockwise.call(name, x.numblocks, set_elements, args)

    return new_array("setitem", token, x.chunks, x.meta, body)


def _plan(place: Place) -> TakePlan:
    """Return which of the points lie in which blocks."""
    chunks = tuple(place.x.chunks[n] for n in place.indexed)
    if not is_known(chunks):
        raise ValueError(
            f"axis {place.indexed[0]} has blocks of unknown lengths, so elements at a list of "
            "places can't be set; call compute_chunk_sizes() first"
        )
    whole = np.broadcast_arrays(*place.arrays)
    return TakePlan(chunks, tuple(item.ravel() for item in whole), (whole[0].size,))


def _sources(place: Place, plan: TakePlan) -> Any:
    """Return for every piece the block it lies in, counted along the indexed dimensions."""
    counts = tuple(place.x.numblocks[n] for n in place.indexed)
    return np.ravel_multi_index(plan.tables, counts)


def _locals(place: Place, plan: TakePlan) -> list[Any]:
    """Return the places in each block; None where there are none."""
    counts = tuple(place.x.numblocks[n] for n in place.indexed)
    found: list[Any] = [None] * math.prod(counts)
    for source, local in zip(_sources(place, plan).tolist(), plan.locals(), strict=True):
        found[source] = local
    return found


def _along_points(place: Place, value: Array, plan: TakePlan) -> Array:
    """Return values with one dimension of points, in blocks that match the pieces of the plan."""
    shape = np.broadcast_shapes(*[item.shape for item in place.arrays])
    first = place.before
    axes = tuple(range(first, first + len(shape)))
    if all(value.shape[n] == 1 for n in axes):
        places: Any = (np.zeros(1, np.int64),) * len(axes)
        return take_places(value, axes, places, position=place.now, lengths=(1,))
    places = tuple(
        along if value.shape[n] > 1 else np.zeros_like(along)
        for n, along in zip(axes, np.unravel_index(plan.order, shape), strict=True)
    )
    return take_places(value, axes, places, position=place.now, lengths=plan.sizes)


def _along_slices(place: Place, value: Array) -> tuple[Array, dict[int, Any]]:
    """Match blocks of values along slices.

    Returns
    -------
    value : Array
    tables : dict
        For each dimension of ``x`` that a slice is taken of, the block of the values for each
        block of ``x``: -1 where there is none.
    """
    cuts = place.cuts
    sliced = [label for label in place.labels if label is not None]
    width = value.ndim - len(sliced)  # dimensions of points, which stand together
    tables: dict[int, Any] = {}
    target = {}
    for n, axis in enumerate(sliced):
        blocks, _, sizes = cuts[axis]
        at = n if n < place.now else n + width
        table = np.full(place.x.numblocks[axis], -1)
        table[list(blocks)] = 0 if value.shape[at] == 1 else np.arange(len(blocks))
        tables[axis] = table
        if value.shape[at] != 1 and value.chunks[at] != sizes and is_known([sizes]):
            target[at] = sizes
    return (da.rechunk(value, target) if target else value), tables


def _gathered(
    name: str, place: Place, plan: TakePlan | None, value: Array, tables: dict[int, Any]
) -> Gather:
    """Return calls that take a block and its values, if it has any."""
    x, axes = place.x, place.axes
    counts = tuple(x.numblocks[n] for n in place.indexed)
    grid = np.indices(x.numblocks, np.int64).reshape(x.ndim, -1)
    touched = np.ones(grid.shape[1], bool)
    index: list[Any] = []
    for axis in range(x.ndim):
        if axis in tables:
            index.append(tables[axis][grid[axis]])
            touched &= index[-1] >= 0
        elif axis in place.cuts:  # an int
            touched &= grid[axis] == place.cuts[axis][0][0]
    source = np.zeros_like(grid[0]) if not x.ndim else np.zeros(grid.shape[1], np.int64)
    if plan is not None:
        pieces = np.full(math.prod(counts), -1)
        pieces[_sources(place, plan)] = np.arange(plan.pieces)
        source = np.ravel_multi_index([grid[n] for n in place.indexed], counts)
        piece = pieces[source]
        touched &= piece >= 0
        index.insert(place.now, np.zeros_like(piece) if value.shape[place.now] == 1 else piece)

    def rows() -> Inputs:
        block = np.zeros(len(touched), np.int64)
        block[touched] = np.ravel_multi_index([n[touched] for n in index], value.numblocks)
        indptr = np.concatenate([[0], np.cumsum(1 + touched)])
        producer = np.zeros(indptr[-1], np.int64)
        blocks = np.zeros(indptr[-1], np.int64)
        blocks[indptr[:-1]] = np.arange(len(touched))
        producer[indptr[:-1][touched] + 1] = 1
        blocks[indptr[:-1][touched] + 1] = block[touched]
        return Inputs([x.name, value.name], indptr, producer, blocks)

    def templates() -> list[AnyTemplate]:
        columns = place.columns()
        local = _locals(place, plan) if plan is not None else None
        found: list[AnyTemplate] = []
        for row, hit in enumerate(touched.tolist()):
            if not hit:
                found.append(None)
                continue
            basic = tuple(along[n] for along, n in zip(columns, grid[:, row].tolist(), strict=True))
            where = local[source[row]] if local is not None else ()
            found.append(Template((None, basic, where, axes, None), (0, 4), (), {}, ()))
        return found

    return Gather(
        name, x.numblocks, distinct([x.expr, value.expr]), [keep, set_elements], rows,
        function_index=touched.astype(np.int64), templates=templates,
    )  # fmt: skip


# -- places that are in blocks ---------------------------------------------------------------------


def _with_lazy_places(place: Place, value: Any) -> Array:
    """Set elements whose places nobody knows before they are computed."""
    x = place.x
    arrays = [item if isinstance(item, Array) else da.from_array(item) for item in place.arrays]
    several = isinstance(value, Array) and value.ndim > 0
    width = 1 if place.mask else len(place.shared)
    axes = range(place.now, place.now + width)
    tables: dict[int, Any] = {}
    if several:
        before = range(place.before, place.before + width)
        if before != axes:
            value = da.moveaxis(value, tuple(before), tuple(axes))
        value, tables = _along_slices(place, value)
    in_order = place.mask and several and value.shape[place.now] != 1
    if place.mask and not in_order:
        arrays = [_matching(x, place.indexed, arrays[0])]
        follow = [Axis(n) for n in place.indexed]
    else:
        arrays = [_in_one_block(item, range(item.ndim)) for item in arrays]
        follow = []
        if not is_known(x.chunks[n] for n in place.indexed):
            raise ValueError(
                f"axis {place.indexed[0]} has blocks of unknown lengths, so these elements can't "
                "be found; call compute_chunk_sizes() first"
            )
        if several:
            value = _in_one_block(value, axes)
    given: Any = value
    if isinstance(value, Array):
        outer = iter(label for label in place.labels if label is not None)
        along = [
            Axis(None) if n in axes else _following(next(outer), tables) for n in range(value.ndim)
        ]
        given = operand(value.expr, along)
    every = tuple(map(Axis, range(x.ndim)))
    target = operand(x.expr, every)
    basic = Operand(GridValues(*place.columns()), every)
    indices = [operand(item.expr, follow or [Axis(None)] * item.ndim) for item in arrays]
    limits = Operand(_limits(place), tuple(map(Axis, place.indexed)))

    def body(name: str) -> Blockwise:
        if in_order:
            args = [target, *indices, limits, basic, place.now, given]
            return Blockwise.call(name, x.numblocks, set_in_order, args)
        if place.mask:
            args = [target, *indices, basic, place.now, given]
            return Blockwise.call(name, x.numblocks, set_where, args)
        args = [target, limits, basic, place.axes, place.now, given, *indices]
        return Blockwise.call(name, x.numblocks, set_points, args)

    return new_array("setitem", (place.token, value), x.chunks, x.meta, body)


def _limits(place: Place) -> GridValues:
    """Return the first and last places of blocks along the indexed dimensions, and the total."""
    x = place.x
    if place.mask:
        return GridValues(*[list(pairwise(starts(x.chunks[n]))) for n in place.indexed])
    return GridValues(*[
        [(a, b, x.shape[n]) for a, b in pairwise(starts(x.chunks[n]))] for n in place.indexed
    ])  # fmt: skip


def _following(axis: int, tables: dict[int, Any]) -> Axis:
    table = tables[axis]
    return Axis(None) if table.max() <= 0 else Axis(axis, tuple(np.maximum(table, 0).tolist()))


def _matching(x: Array, axes: Sequence[int], mask: Array) -> Array:
    """Return booleans in the blocks of ``x``."""
    chunks = tuple(x.chunks[n] for n in axes)
    if mask.chunks == chunks:
        return mask
    if not is_known(chunks) or not is_known(mask.chunks):
        if mask.numblocks == tuple(map(len, chunks)):
            return mask  # of the same lengths, or the task fails
        raise ValueError(
            f"booleans in blocks {mask.chunks} can't be matched with blocks {chunks}; call "
            "compute_chunk_sizes() first"
        )
    return da.rechunk(mask, chunks)


def _in_one_block(x: Array, axes: Sequence[int]) -> Array:
    long = [n for n in axes if len(x.chunks[n]) > 1]
    return da.rechunk(x, dict.fromkeys(long, -1)) if long else x


__all__ = ["with_elements"]
