"""Writing blocks into arrays that exist: what takes ``target[slices] = block``.

Writing is part of the task that makes the block.

>>> import treadle.array as da
>>> target = np.zeros(4)
>>> da.store(da.arange(4, chunks=2), target)
>>> target
array([0., 1., 2., 3.])
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise, product
from typing import Any

import numpy as np

from treadle import base
from treadle.array.basic_indexing import WHOLE, compose, normalize_entry, sliced_chunks
from treadle.array.chunks import Chunks, is_known, shape_of, starts
from treadle.array.core import Array, new_array
from treadle.array.delayed_blocks import lazy_value
from treadle.array.expr import Basic, operand, per_block
from treadle.array.meta import meta_of
from treadle.array.sources import InThisProcess, as_lock, sendable
from treadle.delayed import Delayed
from treadle.graph.blockwise import Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.spec import Alias


def store(
    sources: Any,
    targets: Any,
    lock: Any = True,
    regions: Any = None,
    compute: bool = True,
    return_stored: bool = False,
    load_stored: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Write arrays into others, block by block.

    Parameters
    ----------
    sources : Array or sequence of Array
    targets : array_like, Delayed, or sequence of them
        Where to write: arrays of NumPy, h5py, zarr, or whatever takes ``target[slices] = block``;
        or what computes to such a one.
    lock : bool or Lock, default True
        Hold a lock while writing: True makes one for each target.
    regions : tuple of slice, or sequence of them, optional
        What of each target to write to; all of it without.
    compute : bool, default True
        Write now.  Otherwise what is returned writes when it is computed.
    return_stored : bool, default False
        Return what is in the targets, as arrays.
    load_stored : bool, optional
        With ``return_stored``: keep the blocks in memory instead of reading them again.
    **kwargs : object
        For :func:`treadle.compute`.

    Returns
    -------
    None, Delayed, Array or tuple of Array
        With ``return_stored`` an array, or one for each of several sources; with ``compute=False``
        a ``Delayed``; otherwise nothing.

    Raises
    ------
    ValueError
        If there are not as many targets or regions as sources, shapes differ, or the length of
        blocks is not known.
    TypeError
        If sources are no arrays in blocks.

    Notes
    -----
    Blocks that share a chunk of a file must not be written at once: keep the lock, or make the
    blocks of whole chunks.  Arrays in memory can be written to by threads only.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> target = np.zeros((3, 2))
    >>> da.store(da.ones(2, chunks=1), target, regions=(1, slice(None)))
    >>> target
    array([[0., 0.],
           [1., 1.],
           [0., 0.]])
    """
    single = isinstance(sources, Array)
    if single:
        sources, targets = [sources], [targets]
    arrays, into, where = _matched(list(sources), list(targets), regions)
    locks = _locks(lock, into)
    writes = [
        _write(x, target, region, guard, return_stored and not compute)
        for x, target, region, guard in zip(arrays, into, where, locks, strict=True)
    ]
    if return_stored and not compute:
        return writes[0] if single else tuple(writes)
    done = all_written(writes)
    if not compute:
        key = f"store-{done.name}"
        return Delayed(key, Alias(key, (done.name,)), (done,), done.expr.source)
    base.compute(done, **kwargs)
    if not return_stored:
        return None
    found = tuple(
        _stored(x, target, region, guard)
        for x, target, region, guard in zip(arrays, into, where, locks, strict=True)
    )
    if load_stored:
        found = base.persist(*found, **kwargs)
    return found[0] if single else found


def _matched(
    sources: list[Any], targets: list[Any], regions: Any
) -> tuple[list[Array], list[Any], list[Any]]:
    """Return sources, targets and regions, as many of each."""
    for x in sources:
        if not isinstance(x, Array):
            raise TypeError(f"store() takes arrays in blocks, not {type(x).__name__}")
        if not is_known(x.chunks):
            raise ValueError(
                f"blocks of the unknown shape {x.shape} have no place in a target; call "
                "compute_chunk_sizes() first"
            )
    if len(targets) != len(sources):
        raise ValueError(f"there are {len(sources)} sources and {len(targets)} targets")
    if regions is None or isinstance(regions, tuple):
        several = [regions] * len(sources)
    else:
        several = list(regions)
    if len(several) != len(sources):
        raise ValueError(f"there are {len(sources)} sources and {len(several)} regions")
    for x, target, region in zip(sources, targets, several, strict=True):
        shape = getattr(target, "shape", None)
        if base.is_treadle_collection(target) or shape is None:
            continue
        room = shape_of(sliced_chunks(_whole(shape), _region(region, shape)))
        if room != x.shape:
            part = "" if region is None else f" in the region {region}"
            raise ValueError(f"an array of shape {x.shape} can't fill {room}{part} of a target")
    return sources, targets, several


def _whole(shape: Sequence[int]) -> Chunks:
    return tuple((int(length),) for length in shape)


def _region(region: Any, shape: Sequence[int]) -> Basic:
    """Return an entry for each dimension of a target."""
    entries = [] if region is None else list(region if isinstance(region, tuple) else (region,))
    if Ellipsis in entries:
        place = entries.index(Ellipsis)
        entries[place : place + 1] = [WHOLE] * (len(shape) - len(entries) + 1)
    entries += [WHOLE] * (len(shape) - len(entries))
    found = tuple(
        normalize_entry(entry, length, axis)
        for axis, (entry, length) in enumerate(zip(entries, shape, strict=True))
    )
    if any(isinstance(entry, slice) and entry.step and entry.step < 0 for entry in found):
        raise ValueError(f"a region can't go backward: {region}")
    return found


def _locks(lock: Any, targets: list[Any]) -> list[Any]:
    """Return a lock for each target; the same target has the same one."""
    if lock is not True:
        return [as_lock(lock)] * len(targets)
    made = {id(target): as_lock(True) for target in targets}
    return [made[id(target)] for target in targets]


def _write(x: Array, target: Any, region: Any, lock: Any, load: bool) -> Array:
    """Return an array whose blocks are written when they are computed."""
    lazy = lazy_value(target)
    place: Any = _writable(target) if lazy is None else Operand(lazy, ())
    numblocks = x.numblocks
    shape = getattr(target, "shape", None) if lazy is None else None

    def places() -> list[Any]:
        return _places(x.chunks, region, shape)

    def body(name: str) -> Blockwise:
        axes = range(len(numblocks))
        args = [operand(x.expr, axes), place, per_block(numblocks, places), lock, load]
        return Blockwise.call(name, numblocks, write_block, args)

    # Writing twice is not the same as once: every call has a name of its own.
    return new_array("store", uuid.uuid4().hex, x.chunks, x.meta, body)


def _places(chunks: Chunks, region: Any, shape: Any) -> list[Any]:
    """Return what of the target each block fills."""
    along = [[slice(a, b, 1) for a, b in pairwise(starts(lengths))] for lengths in chunks]
    if region is None:
        return list(product(*along))
    if shape is None:  # of a target that is computed first: tasks find out
        return [(region, index) for index in product(*along)]
    within = _region(region, shape)
    return [_plain(compose(within, index)) for index in product(*along)]


def _plain(index: Basic) -> Basic:
    return tuple(
        slice(entry.start, entry.stop, entry.step) if isinstance(entry, slice) else entry
        for entry in index
    )


def write_block(block: Any, target: Any, place: Any, lock: Any, load: bool) -> Any:
    """Write a block; return nothing, or what is in the target then."""
    if len(place) == 2 and type(place[1]) is tuple:
        within = _region(place[0], target.shape)
        place = compose(within, place[1])
    with lock or nullcontext():
        target[place] = block
        return np.asarray(target[place]) if load else None


def _writable(target: Any) -> Any:
    """Return a target in a form that other processes write to too, or refuse to."""
    if isinstance(target, np.ndarray) and not target.flags.writeable:
        raise ValueError("the target is read-only")
    sent = sendable(target)
    in_memory = isinstance(sent, np.ndarray) or isinstance(getattr(sent, "store", None), dict)
    in_memory |= type(getattr(sent, "store", None)).__name__ == "MemoryStore"  # of zarr
    return InThisProcess(sent) if in_memory else sent


def all_written(writes: list[Array]) -> Array:
    """Return an array without dimensions that is computed when all blocks are written."""
    counts = [x.npartitions for x in writes]

    def rows() -> Inputs:
        return Inputs(
            [x.name for x in writes],
            np.array([0, sum(counts)]),
            np.repeat(np.arange(len(writes)), counts),
            np.concatenate([np.arange(count) for count in counts] or [np.empty(0, np.int64)]),
        )

    def body(name: str) -> Gather:
        exprs: tuple[Expr, ...] = tuple(x.expr for x in writes)
        return Gather(name, (), exprs, nothing, rows)

    meta = meta_of(np.dtype(object), 0)
    return new_array("store", [x.name for x in writes], (), meta, body)


def nothing(*written: Any) -> None:
    """Return nothing, when all is written."""


def _stored(x: Array, target: Any, region: Any, lock: Any) -> Array:
    """Return what is in a target that has been written to."""
    lazy = lazy_value(target)
    place: Any = sendable(target) if lazy is None else Operand(lazy, ())
    shape = getattr(target, "shape", None) if lazy is None else None

    def places() -> list[Any]:
        return _places(x.chunks, region, shape)

    def body(name: str) -> Blockwise:
        args = [place, per_block(x.numblocks, places), lock]
        return Blockwise.call(name, x.numblocks, load_block, args)

    meta = meta_of(np.dtype(getattr(target, "dtype", x.dtype)) if lazy is None else x.dtype, x.ndim)
    return new_array("load", uuid.uuid4().hex, x.chunks, meta, body)


def load_block(target: Any, place: Any, lock: Any) -> Any:
    """Read what was written."""
    if len(place) == 2 and type(place[1]) is tuple:
        place = compose(_region(place[0], target.shape), place[1])
    with lock or nullcontext():
        return np.array(target[place])


__all__ = ["store"]
