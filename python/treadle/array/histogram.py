"""Histograms and counts of integers: one small array of counts a block, added up as a tree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from treadle.array.core import Array, asanyarray, new_array
from treadle.array.elementwise import match_blocks
from treadle.array.expr import operand
from treadle.array.histogram_chunks import (
    add_padded,
    count_integers,
    digitized,
    edges_of_range,
    histogram_block,
)
from treadle.array.tree import (
    Last,
    Pairwise,
    SplitEvery,
    TreeReduction,
    normalize_split_every,
)
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise, Operand
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def histogram(
    a: Any,
    bins: Any = None,
    range: Any = None,
    normed: bool = False,
    weights: Any = None,
    density: bool | None = None,
) -> tuple[Array, Any]:
    """Return how many elements fall into each bin, and the edges of the bins.

    Parameters
    ----------
    a : array_like
    bins : int or array_like, optional
        How many, of equal widths, or their edges; an array in blocks is fine.  10 without it.
    range : (low, high), optional
        Where the first one starts and the last one ends; without it, at the smallest and the
        largest element, and then the edges are an array in blocks.
    normed : bool
        Not supported any more; must be False.
    weights : array_like, optional
        What each element counts for; of the shape of ``a``.
    density : bool, optional
        Return the density instead of counts: its integral is 1.

    Returns
    -------
    counts : Array
    edges : ndarray or Array

    Raises
    ------
    ValueError
        If shapes of ``a`` and ``weights`` differ, or bins make no sense.

    Examples
    --------
    >>> import treadle.array as da
    >>> counts, edges = da.histogram(da.arange(10, chunks=4), bins=2, range=(0, 10))
    >>> counts.compute(), edges
    (array([5, 5]), array([ 0.,  5., 10.]))
    """
    if normed:
        raise ValueError("normed= is not supported any more; use density=")
    x = asanyarray(a)
    if weights is not None:
        weights = asanyarray(weights)
        if weights.shape != x.shape:
            raise ValueError(
                f"weights have shape {weights.shape}, and the array has {x.shape}: they must agree"
            )
    edges = _edges(bins, range, x)
    counts = _counted([x], [edges], weights, grid_samples=False)
    if density:
        counts = _density(counts, [edges])
    return counts, edges


def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    normed: bool | None = None,
    weights: Any = None,
    density: bool | None = None,
) -> tuple[Array, Any, Any]:
    """Return how many pairs fall into each cell of two dimensions, and the edges along both.

    Parameters
    ----------
    x, y : array_like
        One dimension each, of the same length.
    bins : int, array_like or pair of these
    range : pair of (low, high), optional
    normed, weights, density
        As for :func:`histogram`.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.histogram2d(x, x, bins=2, range=[(0, 4), (0, 4)])[0].compute()
    array([[2., 0.],
           [0., 2.]])
    """
    if not isinstance(bins, (Array, np.ndarray, list, tuple)) or len(bins) not in (1, 2):
        bins = [bins, bins]
    elif len(bins) == 1:
        bins = [bins[0], bins[0]]
    counts, (x_edges, y_edges) = histogramdd((x, y), bins, range, normed, weights, density)
    return counts, x_edges, y_edges


def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,
    normed: bool | None = None,
    weights: Any = None,
    density: bool | None = None,
) -> tuple[Array, list[Any]]:
    """Return how many points fall into each cell, and the edges along every dimension.

    Parameters
    ----------
    sample : (n, d) array_like, or sequence of d one-dimensional ones
        The points.
    bins : int or sequence of int or array_like
        How many along each dimension, or edges for each.
    range : sequence of (low, high), optional
        One for each dimension; None in it, or for it, takes the smallest and largest coordinate.
    normed, weights, density
        As for :func:`histogram`.

    Returns
    -------
    counts : Array
    edges : list of ndarray or Array

    Raises
    ------
    ValueError
        If there are not as many bins or ranges as dimensions, or lengths differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> points = da.from_array([[0, 0], [1, 1], [1, 0]], chunks=2)
    >>> da.histogramdd(points, bins=2, range=[(0, 2), (0, 2)])[0].compute()
    array([[1., 0.],
           [1., 1.]])
    """
    if normed:
        raise ValueError("normed= is not supported any more; use density=")
    if isinstance(sample, (tuple, list)) and not np.isscalar(sample[0]):
        columns = [asanyarray(column) for column in sample]
    else:
        points = asanyarray(sample)
        columns = [points[:, n] for n in np.arange(points.shape[1]).tolist()]
    if any(column.ndim != 1 or column.shape != columns[0].shape for column in columns):
        raise ValueError(
            "coordinates need one dimension and the same length, not shapes "
            f"{[column.shape for column in columns]}"
        )
    count = len(columns)
    many = bins if isinstance(bins, (tuple, list)) else [bins] * count
    ranges = range if range is not None else [None] * count
    if len(many) != count or len(ranges) != count:
        raise ValueError(
            f"{count} dimensions need as many bins and ranges, not {len(many)} and {len(ranges)}"
        )
    edges = [_edges(*each) for each in zip(many, ranges, columns, strict=True)]
    counts = _counted(columns, edges, weights, grid_samples=True)
    if density:
        counts = _density(counts, edges)
    return counts, edges


def _edges(bins: Any, limits: Any, x: Array) -> Any:
    """Return the edges of bins: an array in memory where all is known, or in blocks."""
    import treadle.array as da

    if bins is None:
        bins = 10
    if isinstance(bins, str):
        raise ValueError(
            f"bins={bins!r} can't be chosen before the data are seen; give a number or edges"
        )
    lazy = isinstance(bins, Array) or (
        limits is not None and any(isinstance(limit, Array) for limit in limits)
    )
    if not lazy and np.ndim(bins) == 1:
        edges = np.asarray(bins)
        if np.any(edges[:-1] > edges[1:]):
            raise ValueError("bins must increase monotonically")
        return edges
    if np.ndim(bins) > 1 or (isinstance(bins, Array) and bins.ndim > 1):
        raise ValueError("bins must be a number or have one dimension")
    if isinstance(bins, Array):
        if bins.ndim:
            return bins.rechunk(-1)
        raise ValueError("the number of bins must be known, not an array in blocks; compute() it")
    if int(bins) != bins or bins < 1:
        raise ValueError(f"bins must be a whole number from 1 on, or edges, not {bins!r}")
    if limits is not None and not lazy:
        low, high = limits
        return np.histogram_bin_edges(np.empty(0), int(bins), (low, high))
    low, high = limits if limits is not None else (da.min(x), da.max(x))
    ends = [asanyarray(low), asanyarray(high)]

    def body(name: str) -> Blockwise:
        args = [operand(end.expr, ()) for end in ends]
        return Blockwise.call(name, (1,), edges_of_range, [int(bins), *args])

    token = ([end.name for end in ends], int(bins))
    return new_array("edges", token, ((int(bins) + 1,),), np.empty((0,)), body)


def _counted(columns: list[Array], edges: list[Any], weights: Any, *, grid_samples: bool) -> Array:
    """Return the sum over all blocks of the counts of each."""
    arrays = columns if weights is None else [*columns, asanyarray(weights)]
    if any(array.shape != arrays[0].shape for array in arrays):
        raise ValueError(f"shapes differ: {[array.shape for array in arrays]}")
    arrays = match_blocks(arrays)
    first = arrays[0]
    operands = [operand(array.expr, tuple(np.arange(first.ndim).tolist())) for array in arrays]
    along = [operand(edge.expr, (None,)) if isinstance(edge, Array) else edge for edge in edges]
    lengths = tuple((edge.shape[0] if isinstance(edge, Array) else len(edge)) - 1 for edge in edges)
    dtype: np.dtype[Any] = np.dtype(float if grid_samples else np.intp)
    if weights is not None:
        dtype = np.dtype(float) if grid_samples else arrays[-1].dtype
    if dtype.kind == "b":
        dtype = np.dtype(np.intp)
    token = tokenize(
        [array.name for array in arrays], [getattr(e, "name", e) for e in edges], grid_samples
    )
    counts = functools.partial(
        histogram_block, len(columns), weights is not None, grid_samples, dtype
    )
    partials = Blockwise.call(
        f"histogram-partial-{token}", first.numblocks, counts, [*operands, *along]
    )
    return merge_all(
        "histogram", token, partials, Pairwise(np.add), tuple((n,) for n in lengths),
        np.empty((0,) * len(lengths), dtype),
    )  # fmt: skip


def merge_all(
    prefix: str,
    token: str,
    partials: Blockwise,
    combine: Callable[..., Any],
    chunks: Any,
    meta: Any,
    split_every: SplitEvery = None,
    finish: Callable[..., Any] | None = None,
) -> Array:
    """Return the one block that all partial results are merged to, whatever its shape."""
    axes = tuple(np.arange(len(partials.numblocks)).tolist())
    every = normalize_split_every(split_every, axes)
    name = f"{prefix}-{tokenize(token, combine, finish, sorted(every.items()))}"
    expr = TreeReduction(
        name, chunks, meta, partials, axes, False, combine, Last(combine, finish, ()), every,
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return Array(expr)


def _density(counts: Array, edges: Sequence[Any]) -> Array:
    """Return counts per unit of length, area, ..., whose integral is 1."""
    import treadle.array as da

    found: Array = counts / da.sum(counts)
    for n, edge in enumerate(edges):
        widths = edge[1:] - edge[:-1]
        index = tuple(slice(None) if d == n else None for d in np.arange(counts.ndim).tolist())
        widths = da.from_array(widths, chunks=-1) if isinstance(widths, np.ndarray) else widths
        found = found / widths.rechunk(-1)[index]
    return found


def bincount(
    x: Any, weights: Any = None, minlength: int = 0, split_every: SplitEvery = None
) -> Array:
    """Return how often each integer from 0 on occurs.

    Parameters
    ----------
    x : array_like of int
        One dimension, nothing negative.
    weights : array_like, optional
        What each element counts for.
    minlength : int
        The result has this length or more.
    split_every : int, optional

    Returns
    -------
    Array
        Its length is not known before it is computed.

    Raises
    ------
    ValueError
        If ``x`` has not one dimension, or weights have another shape.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.bincount(da.from_array([1, 1, 3], chunks=2)).compute()
    array([0, 2, 0, 1])
    """
    x = asanyarray(x)
    if x.ndim != 1:
        raise ValueError(f"bincount takes arrays of one dimension, not of {x.ndim}")
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    if not np.can_cast(x.dtype, np.intp, "safe"):
        raise TypeError(f"bincount counts integers, not {x.dtype}")
    arrays = [x]
    if weights is not None:
        weights = asanyarray(weights)
        if weights.shape != x.shape:
            raise ValueError(f"weights have shape {weights.shape}, and x has {x.shape}")
        arrays = match_blocks([x, weights])
    operands = [operand(array.expr, (0,)) for array in arrays]
    token = tokenize([array.name for array in arrays], minlength)
    partials = Blockwise.call(
        f"bincount-partial-{token}",
        arrays[0].numblocks,
        count_integers,
        [int(minlength), *operands],
    )
    dtype = np.dtype(np.intp if weights is None else float)
    return merge_all(
        "bincount", token, partials, add_padded, ((np.nan,),), np.empty((0,), dtype), split_every
    )


def digitize(a: Any, bins: Any, right: bool = False) -> Array:
    """Return the number of the bin that each element falls into.

    Parameters
    ----------
    a : array_like
    bins : array_like
        Edges, going up or down; an array in blocks is fine.
    right : bool
        Bins hold their right edge instead of the left one.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.digitize(da.from_array([0.5, 1.5, 2.5], chunks=2), [1, 2]).compute()
    array([0, 1, 2])
    """
    x = asanyarray(a)
    bins = bins.rechunk(-1) if isinstance(bins, Array) else np.asarray(bins)
    if bins.ndim != 1:
        raise ValueError(f"bins need one dimension, not {bins.ndim}")
    if x.dtype.kind == "c":
        raise TypeError("x may not be complex")
    if isinstance(bins, np.ndarray):
        digitized(np.empty(0), bins, right)  # says what is wrong with bins
    edges: Operand | np.ndarray[Any, Any] = (
        operand(bins.expr, (None,)) if isinstance(bins, Array) else bins
    )

    def body(name: str) -> Blockwise:
        axes = tuple(np.arange(x.ndim).tolist())
        return Blockwise.call(name, x.numblocks, digitized, [operand(x.expr, axes), edges, right])

    meta = np.empty((0,) * x.ndim, np.intp)
    return new_array(
        "digitize", (x.name, getattr(bins, "name", bins), bool(right)), x.chunks, meta, body
    )


__all__ = ["bincount", "digitize", "histogram", "histogram2d", "histogramdd"]
