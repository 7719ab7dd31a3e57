"""Places of extremes.

A partial result is the extreme of a block and its place in the whole; of equal ones, the first in
the whole is kept, so it is of no matter in which order they are merged.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from treadle.array import arg_chunks
from treadle.array.chunks import is_known, starts
from treadle.array.core import Array, asanyarray
from treadle.array.expr import operand, per_position
from treadle.array.meta import meta_of
from treadle.array.moments import has_nan
from treadle.array.reducing import into, meta_as, normalize_axes, positive_axes
from treadle.array.tree import (
    Last,
    SplitEvery,
    TreeReduction,
    normalize_split_every,
    reduced_chunks,
)
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def argmin(
    a: Any,
    axis: int | None = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the place of the smallest element, of equal ones the first; a ``nan`` is smallest.

    Parameters
    ----------
    a : array_like
    axis : int, optional
        Without it places are counted through the whole array, in C order.
    keepdims : bool
    split_every : int or dict, optional
    out : Array, optional

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is nothing to choose from, or lengths that places depend on are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.argmin(da.from_array([[4, 2], [3, 5]], chunks=1), axis=0).compute()
    array([1, 0])
    """
    return _places("argmin", np.argmin, a, axis, keepdims, split_every, out)


def argmax(
    a: Any,
    axis: int | None = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the place of the largest element; see :func:`argmin`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.argmax(da.from_array([[4, 2], [3, 5]], chunks=1), axis=0).compute()
    array([0, 1])
    """
    return _places("argmax", np.argmax, a, axis, keepdims, split_every, out)


def nanargmin(
    a: Any,
    axis: int | None = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the place of the smallest element that is not ``nan``; see :func:`argmin`.

    Where all are ``nan``, computing it raises ``ValueError``.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanargmin(da.from_array([np.nan, 2.0, 1.0], chunks=2)).compute()
    np.int64(2)
    """
    return _places("nanargmin", np.argmin, a, axis, keepdims, split_every, out)


def nanargmax(
    a: Any,
    axis: int | None = None,
    keepdims: bool = False,
    split_every: SplitEvery = None,
    out: Any = None,
) -> Array:
    """Return the place of the largest element that is not ``nan``; see :func:`nanargmin`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanargmax(da.from_array([np.nan, 2.0, 1.0], chunks=2)).compute()
    np.int64(1)
    """
    return _places("nanargmax", np.argmax, a, axis, keepdims, split_every, out)


def _places(
    what: str,
    func: Any,
    a: Any,
    axis: int | None,
    keepdims: bool,
    split_every: SplitEvery,
    out: Any,
) -> Array:
    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    if axis is not None and len(axes) != 1:
        raise TypeError(f"{what} takes one axis or None, not {axis!r}")
    if not is_known([x.chunks[n] for n in axes]):
        raise ValueError(
            f"{what} counts places along axes of unknown lengths; call compute_chunk_sizes() first"
        )
    if any(x.shape[n] == 0 for n in axes) and x.size == 0:
        raise ValueError(f"attempt to get {what.removeprefix('nan')} of an empty sequence")
    every = normalize_split_every(positive_axes(split_every, x.ndim), axes)
    skip_nan = what.startswith("nan") and has_nan(x.dtype)
    lowest = func is np.argmin
    combine = functools.partial(arg_chunks.merge, lowest, skip_nan)
    begins = per_position(
        *[starts(n)[:-1] if d in axes else [0] * len(n) for d, n in enumerate(x.chunks)]
    )
    lengths = x.shape if axis is None else None
    token = tokenize(x.name, what, axes, axis is None)
    partials = Blockwise.call(
        f"{what}-partial-{token}", x.numblocks, arg_chunks.extreme_and_place,
        [operand(x.expr, range(x.ndim)), begins],
        {"axis": axes, "lengths": lengths, "lowest": lowest, "skip_nan": skip_nan},
    )  # fmt: skip
    chunks = reduced_chunks(x.chunks, axes, keepdims)
    last = Last(combine, functools.partial(arg_chunks.places, skip_nan), () if keepdims else axes)
    expr = TreeReduction(
        f"{what}-{tokenize(token, keepdims, sorted(every.items()))}", chunks,
        _meta(x, len(chunks)), partials, axes, keepdims,
        combine, last, every, source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return into(out, Array(expr))


def _meta(x: Array, ndim: int) -> Any:
    kind = np.empty(()) if hasattr(x.meta, "todense") else x.meta
    if isinstance(kind, np.ma.MaskedArray):  # a place is never masked
        kind = np.empty(())
    return meta_of(meta_as(kind, np.dtype(np.intp)), ndim)


__all__ = ["argmax", "argmin", "nanargmax", "nanargmin"]
