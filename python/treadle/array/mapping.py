"""Functions of users on blocks: ``map_blocks``; and the names of all that is like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from treadle.array.block_calls import BlockInfo, Located, OfDimensions, takes_keyword
from treadle.array.chunks import Chunks
from treadle.array.core import Array
from treadle.array.expr import per_position
from treadle.array.index_calls import Pair, blockwise, index_call, unify_chunks
from treadle.array.over_axes import apply_along_axis, apply_over_axes


def map_blocks(
    func: Callable[..., Any],
    *args: Any,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    chunks: Any = None,
    drop_axis: Any = None,
    new_axis: Any = None,
    enforce_ndim: bool = False,
    meta: Any = None,
    **kwargs: Any,
) -> Array:
    """Call a function on every block.

    Parameters
    ----------
    func : callable
        Takes matching blocks.  If it has a parameter ``block_id`` it gets the block's position;
        ``block_info`` is a dict that says for each array (by its position among the arguments),
        and for the result (``None``), the shape, the number of blocks, and which part this is.
    *args : object
        Arrays in blocks are matched as NumPy broadcasts; everything else goes to all calls whole.
    name : str, optional
        Name of the result's keys, instead of one made from the parameters.
    token : str, optional
        What the name begins with, instead of the function's name.
    dtype : dtype, optional
        Without it and ``meta``, the function is called once on empty blocks, to see.
    chunks : tuple, optional
        Lengths of the result's blocks if the function changes them: for each dimension one length,
        or those of all blocks.
    drop_axis : int or sequence of int, optional
        Dimensions that the function removes; it gets blocks that are whole along them.
    new_axis : int or sequence of int, optional
        Dimensions of the result that the function makes; of length 1, unless ``chunks`` say more.
    enforce_ndim : bool
        Check that results have as many dimensions as they should.
    meta : array, optional
        An empty array of the kind and dtype of the result's blocks.
    **kwargs : object
        Passed on; arrays among them are taken whole.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If blocks don't match, chunks don't fit, or the dtype can't be told.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(6, chunks=3)
    >>> da.map_blocks(lambda block: block[::-1], x).compute()
    array([2, 1, 0, 5, 4, 3])
    >>> da.map_blocks(lambda block, block_id: block * 0 + block_id[0], x, dtype=int).compute()
    array([0, 0, 0, 1, 1, 1])
    """
    if not callable(func):
        raise TypeError(
            f"map_blocks takes a function first, then the arrays: not {type(func).__name__}"
        )
    ndim = max((arg.ndim for arg in args if isinstance(arg, Array)), default=-1)
    pairs: list[Pair] = [
        (arg, tuple(range(ndim - arg.ndim, ndim))) if isinstance(arg, Array) else (arg, None)
        for arg in args
    ]
    out: list[Any] = list(range(ndim))
    new: dict[Any, Any] = {}
    if ndim < 0:
        if chunks is None:
            raise ValueError("there is no array to map over; say with chunks= which blocks to make")
        out = [("new", n) for n in range(len(chunks))]
        new = {index: _all_of(chunks[n]) for n, index in enumerate(out)}
        chunks = None
    if drop_axis is not None:
        gone = {normalize_axis_index(axis, ndim) for axis in _several(drop_axis)}
        out = [axis for axis in out if axis not in gone]
    if new_axis is not None:
        made = _several(new_axis)
        total = len(out) + len(made)
        for axis in sorted(normalize_axis_index(axis, total) for axis in made):
            out.insert(axis, ("new", axis))
            new["new", axis] = 1 if chunks is None else _all_of(chunks[axis])
    adjust: dict[Any, Any] = {}
    if chunks is not None:
        if len(chunks) != len(out):
            raise ValueError(
                f"chunks {chunks} are for {len(chunks)} dimensions, and the result has {len(out)}"
            )
        adjust = dict(zip(out, chunks, strict=True))
    wants_id, wants_info = (takes_keyword(func, word) for word in ("block_id", "block_info"))

    def wrap(func: Any, pairs: list[Pair], whole: Chunks, meta: Any) -> tuple[Any, list[Any]]:
        if enforce_ndim:
            func = OfDimensions(func, len(whole))
        if not (wants_id or wants_info):
            return func, []
        info = BlockInfo(whole, meta.dtype, _inputs(pairs, out)) if wants_info else None
        return Located(func, wants_id, info), [per_position(*[range(len(n)) for n in whole])]

    trial: dict[str, Any] = {}
    if wants_id:
        trial["block_id"] = (0,) * len(out)
    if wants_info:
        trial["block_info"] = _trial_info(pairs, len(out))
    return index_call(
        func, tuple(out), pairs, kwargs, name=name, token=token, dtype=dtype, meta=meta,
        adjust_chunks=adjust, new_axes=new, wrap=wrap, sample_kwargs=trial, salt=enforce_ndim,
    )  # fmt: skip


def _several(axes: Any) -> list[int]:
    return [int(axis) for axis in np.atleast_1d(axes)]


def _all_of(lengths: Any) -> Any:
    """Return lengths of all blocks along a new dimension."""
    return tuple(lengths) if isinstance(lengths, (tuple, list)) else lengths


def _inputs(pairs: Sequence[Pair], out: Sequence[Any]) -> Any:
    """Return what :class:`BlockInfo` wants to know of the arrays."""
    place = {index: axis for axis, index in enumerate(out)}
    return tuple(
        (position, value.chunks, tuple(place.get(index) for index in own))
        for position, (value, own) in enumerate(pairs)
        if own is not None
    )


def _trial_info(pairs: Sequence[Pair], ndim: int) -> Any:
    """Return the information that goes with empty blocks: all of it says that nothing is there."""
    empty = tuple(
        (position, ((0,),) * value.ndim, (None,) * value.ndim)
        for position, (value, own) in enumerate(pairs)
        if own is not None
    )
    return BlockInfo(((0,),) * ndim, np.dtype(float), empty).at((0,) * ndim)


__all__ = ["apply_along_axis", "apply_over_axes", "blockwise", "map_blocks", "unify_chunks"]
