"""Quantiles, percentiles and medians."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from treadle.array import quantile_chunks as tasks
from treadle.array.chunks import Chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.array.reducing import Axis, into, meta_as, normalize_axes
from treadle.array.tree import Last, TreeReduction, normalize_split_every, reduced_chunks
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def percentile(
    a: Any,
    q: Any,
    method: str = "linear",
    internal_method: str = "default",
    *,
    axis: Axis = None,
    keepdims: bool = False,
    out: Any = None,
    interpolation: str | None = None,
) -> Array:
    """Return percentiles, exact as NumPy's.

    Parameters
    ----------
    a : array_like
        Of any number of dimensions and blocks.
    q : float or array_like
        From 0 to 100.
    method : str
        One of NumPy's, such as ``"linear"`` or ``"nearest"``.
    internal_method : {"default", "dask", "tdigest"}
        Ignored; programs written for Dask give it.  Nothing is approximated.
    axis : int or tuple of int, optional
        Without it, of all elements.
    keepdims : bool
    out : Array, optional
    interpolation : str, optional
        The old name of ``method``.

    Returns
    -------
    Array
        Dimensions of ``q`` come first.

    Raises
    ------
    ValueError
        If ``q`` is out of range or the method isn't known.

    Notes
    -----
    Without ``axis`` every block is sorted once, and only the few elements near a percentile leave
    it.  Along an axis, blocks are made whole along it first.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.percentile(da.arange(11, chunks=4), [10, 50]).compute()
    array([1., 5.])
    """
    if internal_method not in ("default", "dask", "tdigest"):
        raise ValueError(
            f"internal_method is 'default', 'dask' or 'tdigest', not {internal_method!r}"
        )
    method = interpolation or method
    return _quantile(a, q, 100, axis, out, method, keepdims, skip_nan=False)


def nanpercentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    interpolation: str | None = None,
    **ignored: Any,
) -> Array:
    """Return percentiles of the elements that are not ``nan``; see :func:`percentile`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanpercentile(da.from_array([1.0, np.nan, 3.0], chunks=2), 50).compute()
    np.float64(2.0)
    """
    if unknown := set(ignored) - {"internal_method"}:
        raise TypeError(f"nanpercentile has no parameters {sorted(unknown)}")
    return _quantile(a, q, 100, axis, out, interpolation or method, keepdims, skip_nan=True)


def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
) -> Array:
    """Return quantiles; as :func:`percentile`, with ``q`` from 0 to 1.

    ``overwrite_input`` is ignored; ``weights`` are not supported.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.quantile(da.arange(11, chunks=4), 0.25).compute()
    np.float64(2.5)
    """
    _no_weights(weights)
    return _quantile(a, q, 1, axis, out, interpolation or method, keepdims, skip_nan=False)


def nanquantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
) -> Array:
    """Return quantiles of the elements that are not ``nan``; see :func:`quantile`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanquantile(da.from_array([1.0, np.nan, 3.0], chunks=2), 0.5).compute()
    np.float64(2.0)
    """
    _no_weights(weights)
    return _quantile(a, q, 1, axis, out, interpolation or method, keepdims, skip_nan=True)


def _no_weights(weights: Any) -> None:
    if weights is not None:
        raise NotImplementedError("weights= of quantiles is not supported")


def median(a: Any, axis: Axis = None, keepdims: bool = False, out: Any = None) -> Array:
    """Return the median along axes, exact.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
        Without it, of all elements; see the notes of :func:`percentile`.
    keepdims : bool
    out : Array, optional

    Examples
    --------
    >>> import treadle.array as da
    >>> da.median(da.from_array([[3, 1], [4, 5], [9, 2]], chunks=2), axis=0).compute()
    array([4., 2.])
    """
    return _median(np.median, a, axis, keepdims, out)


def nanmedian(a: Any, axis: Axis = None, keepdims: bool = False, out: Any = None) -> Array:
    """Return the median of the elements that are not ``nan``; see :func:`median`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nanmedian(da.from_array([1.0, np.nan, 3.0], chunks=2)).compute()
    np.float64(2.0)
    """
    return _median(np.nanmedian, a, axis, keepdims, out)


def _median(func: Any, a: Any, axis: Axis, keepdims: bool, out: Any) -> Array:
    x = asanyarray(a)
    axes = normalize_axes(axis, x.ndim)
    if axes == tuple(range(x.ndim)) and x.npartitions > 1 and x.dtype.kind in "fiu":
        return _quantile(x, 0.5, 1, None, out, "linear", keepdims, func is np.nanmedian)
    x = _whole_along(x, axes)
    dtype = np.asarray(np.median(np.ones(1, x.dtype))).dtype
    chunks = reduced_chunks(x.chunks, axes, True)

    def body(name: str) -> Blockwise:
        source = operand(x.expr, list(range(x.ndim)))
        return Blockwise.call(name, x.numblocks, tasks.median_along, [source, func, axes])

    found = new_array(
        func.__name__, (x.name, func, axes), chunks, meta_of(meta_as(x.meta, dtype)), body
    )
    return into(out, found if keepdims else _without(found, axes))


def _without(x: Array, axes: tuple[int, ...]) -> Array:
    return x[tuple(0 if n in axes else slice(None) for n in range(x.ndim))]


def _whole_along(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the array in blocks that are whole along axes, and cut as finely along others."""
    if all(x.numblocks[n] == 1 for n in axes):
        return x
    chunks = {n: -1 if n in axes else "auto" for n in range(x.ndim)}
    return x.rechunk(chunks)


def _quantile(
    a: Any,
    q: Any,
    whole: int,
    axis: Axis,
    out: Any,
    method: str,
    keepdims: bool,
    skip_nan: bool,
) -> Array:
    x = asanyarray(a)
    if method not in tasks.METHODS:
        raise ValueError(f"{method!r} is no method; there are {sorted(tasks.METHODS)}")
    if x.dtype.kind in "cb":
        raise TypeError(f"a must be an array of real numbers, not {x.dtype}")
    axes = normalize_axes(axis, x.ndim)
    share = np.true_divide(q, x.dtype.type(whole) if x.dtype.kind == "f" else whole)
    share = np.asarray(share)
    if share.dtype.kind not in "f" or not np.all((share >= 0) & (share <= 1)):
        limits = "[0, 100]" if whole == 100 else "[0, 1]"
        raise ValueError(f"quantiles must be in the range {limits}, not {q!r}")
    like: Any = np.ones(2, x.dtype)
    dtype = np.asarray(np.quantile(like, share, method=method)).dtype  # type: ignore[call-overload]
    skip_nan = skip_nan and x.dtype.kind == "f"
    if axes == tuple(range(x.ndim)) and x.dtype.kind in "fiu":
        found = _of_all(x, share, method, skip_nan, dtype)
        if keepdims:
            found = found[(..., *[None] * x.ndim)]
    else:
        found = _along(x, share, axes, method, skip_nan, keepdims, dtype)
    return into(out, found)


def _of_all(x: Array, q: Any, method: str, skip_nan: bool, dtype: Any) -> Array:
    """Return quantiles of all elements: see the tasks."""
    token = tokenize(x.name)
    dims = list(range(x.ndim))
    source: Any = {"source": outside_caller(), "annotations": current_annotations()}
    ordered = Blockwise.call(
        f"sorted-elements-{token}", x.numblocks, tasks.sorted_elements,
        [operand(x.expr, dims)], **source,
    )  # fmt: skip
    samples = _blockwise("sampled", token, x, tasks.sampled, [ordered], **source)
    flat = q.ravel()
    brackets = _merged(
        "brackets", samples, tasks.gathered, functools.partial(tasks.brackets, flat, method), (),
        np.empty(()), **source,
    )  # fmt: skip
    pieces = _blockwise("cut-out", brackets.name, x, tasks.cut_out, [ordered, brackets], **source)
    finish = functools.partial(tasks.quantiles, q.shape, dtype, skip_nan)
    chunks = tuple((length,) for length in q.shape)
    meta = np.empty((0,) * q.ndim, dtype)
    return Array(_merged("quantile", pieces, tasks.put_together, finish, chunks, meta, **source))


def _blockwise(
    label: str, token: str, x: Array, func: Any, inputs: list[Any], **options: Any
) -> Blockwise:
    dims = list(range(x.ndim))
    operands = [operand(item, dims if item.numblocks == x.numblocks else ()) for item in inputs]
    name = f"{label}-{tokenize(token, [item.name for item in inputs])}"
    return Blockwise.call(name, x.numblocks, func, operands, **options)


def _merged(
    label: str, partials: Blockwise, combine: Any, finish: Any, chunks: Chunks, meta: Any,
    **options: Any,
) -> TreeReduction:  # fmt: skip
    axes = tuple(np.arange(len(partials.numblocks)).tolist())
    name = f"{label}-{tokenize(partials.name, combine, finish)}"
    return TreeReduction(
        name, chunks, meta, partials, axes, False, combine, Last(combine, finish, ()),
        normalize_split_every(None, axes), **options,
    )  # fmt: skip


def _along(
    x: Array, q: Any, axes: tuple[int, ...], method: str, skip_nan: bool, keepdims: bool, dtype: Any
) -> Array:
    x = _whole_along(x, axes)
    kept = [n for n in range(x.ndim) if keepdims or n not in axes]
    chunks = tuple((length,) for length in q.shape) + reduced_chunks(x.chunks, axes, keepdims)
    place = {n: q.ndim + i for i, n in enumerate(kept)}
    follow = [None if n in axes else place[n] for n in range(x.ndim)]
    func = np.nanquantile if skip_nan else np.quantile
    options = {"method": method, "keepdims": keepdims}

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, tuple(map(len, chunks)), tasks.quantile_along,
            [operand(x.expr, follow), func, q, axes, options, dtype],
        )  # fmt: skip

    token = (x.name, q, axes, method, skip_nan, keepdims)
    return new_array("quantile", token, chunks, np.empty((0,) * len(chunks), dtype), body)


__all__ = ["median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"]
