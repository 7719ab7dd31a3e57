"""Sets: distinct elements, membership, unions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from treadle.array import set_chunks as tasks
from treadle.array.chunks import is_known, starts
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand, per_position
from treadle.array.tree import Last, Pairwise, TreeReduction, normalize_split_every
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    *,
    equal_nan: bool = True,
) -> Any:
    """Return the distinct elements in order.

    Parameters
    ----------
    ar : array_like
    return_index : bool
        Return the places, in the flattened array, at which elements come first.
    return_inverse : bool
        Return for each element of ``ar`` the place of its equal in the result; of the shape of
        ``ar``.
    return_counts : bool
        Return how often elements come.
    equal_nan : bool
        Take all ``nan`` for one.

    Returns
    -------
    Array, or a tuple of them
        Their lengths are not known before they are computed.

    Raises
    ------
    ValueError
        If places are asked for and lengths are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> values, counts = da.unique(da.from_array([3, 1, 3], chunks=2), return_counts=True)
    >>> values.compute(), counts.compute()
    (array([1, 3]), array([1, 2]))
    """
    x = asanyarray(ar)
    dims = list(range(x.ndim))
    if return_index and not is_known(x.chunks):
        raise ValueError(
            "places can't be counted in an array of unknown lengths; call compute_chunk_sizes() "
            "first"
        )
    if return_inverse and not equal_nan:
        raise NotImplementedError("return_inverse needs equal_nan=True")
    detailed = return_index or return_counts
    shape = tuple(map(int, x.shape)) if return_index else None
    begins: Any = per_position(*[starts(n)[:-1] for n in x.chunks]) if return_index else None
    token = tokenize(x.name, return_index, detailed, equal_nan)
    partials = Blockwise.call(
        f"unique-partial-{token}", x.numblocks, tasks.distinct,
        [operand(x.expr, dims), begins],
        {"shape": shape, "detailed": detailed, "equal_nan": equal_nan},
    )  # fmt: skip
    merge = functools.partial(tasks.merge_distinct, equal_nan)
    every = normalize_split_every(None, tuple(dims))
    merged = TreeReduction(
        f"unique-{token}", (), np.empty(()), partials, tuple(dims), False, merge,
        Last(merge, None, ()), every,
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    values = _picked(merged, "values", x.dtype)
    found = [values]
    if return_index:
        found.append(_picked(merged, "first", np.dtype(np.intp)))
    if return_inverse:
        found.append(_inverse(x, values))
    if return_counts:
        found.append(_picked(merged, "counts", np.dtype(np.intp)))
    return tuple(found) if len(found) > 1 else values


def _picked(merged: TreeReduction, field: str, dtype: np.dtype[Any]) -> Array:
    """Return one of the arrays that the distinct elements come with."""
    chunks: Any = ((np.nan,),)

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, (1,), getattr, [operand(merged, ()), field])

    return new_array(f"unique-{field}", (merged.name, field), chunks, np.empty((0,), dtype), body)


def _inverse(x: Array, values: Array) -> Array:
    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, x.numblocks, tasks.places_among,
            [operand(x.expr, list(range(x.ndim))), operand(values.expr, (None,))],
        )  # fmt: skip

    meta = np.empty((0,) * x.ndim, np.intp)
    return new_array("unique-inverse", (x.name, values.name), x.chunks, meta, body)


def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> Array:
    """Tell of each element whether it is among others.

    Parameters
    ----------
    element, test_elements : array_like
    assume_unique : bool
        Both are without repetitions, which may be quicker.
    invert : bool
        Tell whether it is not.
    kind : {"sort", "table"}, optional
        How NumPy looks.

    Returns
    -------
    Array of bool
        Of the shape of ``element``.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.isin(da.arange(4, chunks=2), [1, 3]).compute()
    array([False,  True, False,  True])
    """
    x, others = asanyarray(element), asanyarray(test_elements)
    options = {"assume_unique": bool(assume_unique), "kind": kind}
    token = tokenize(x.name, others.name, options, bool(invert))
    dims = list(range(x.ndim))
    rest = [x.ndim + n for n in range(others.ndim)]
    partials = Blockwise.call(
        f"isin-partial-{token}", x.numblocks + others.numblocks, tasks.among,
        [operand(x.expr, dims), operand(others.expr, rest), others.ndim], options,
    )  # fmt: skip
    merge = Pairwise(np.logical_or)
    last = Last(merge, np.logical_not if invert else None, tuple(rest))
    expr = TreeReduction(
        f"isin-{token}", x.chunks, np.empty((0,) * x.ndim, bool), partials, tuple(rest), False,
        merge, last, normalize_split_every(None, rest),
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return Array(expr)


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Tell of each element of the flattened array whether it is among others; see :func:`isin`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.in1d(da.ones((2, 1), chunks=1), [1]).compute()
    array([ True,  True])
    """
    import treadle.array as da

    return isin(da.ravel(asanyarray(ar1)), ar2, assume_unique, invert)


def union1d(ar1: Any, ar2: Any) -> Array:
    """Return the distinct elements of two arrays, in order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.union1d(da.arange(3, chunks=2), [2, 5]).compute()
    array([0, 1, 2, 5])
    """
    import treadle.array as da

    parts = [da.ravel(asanyarray(ar)) for ar in (ar1, ar2)]
    return unique(da.concatenate(parts))  # type: ignore[no-any-return]


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """Return the distinct elements that are in both arrays, in order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.intersect1d(da.arange(4, chunks=2), [7, 2, 3]).compute()
    array([2, 3])
    """
    return _among(ar1, ar2, False)


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """Return the distinct elements of the first array that are not in the second, in order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.setdiff1d(da.arange(4, chunks=2), [2, 3]).compute()
    array([0, 1])
    """
    return _among(ar1, ar2, True)


def _among(ar1: Any, ar2: Any, invert: bool) -> Array:
    values = unique(ar1)
    others = asanyarray(ar2)
    dtype = values.dtype if invert else np.result_type(values.dtype, others.dtype)
    wanted = isin(values, others, invert=invert)

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name,
            (1,),
            tasks.chosen,
            [operand(values.expr, (0,)), operand(wanted.expr, (0,)), dtype],
        )

    chunks: Any = ((np.nan,),)
    prefix = "setdiff1d" if invert else "intersect1d"
    return new_array(prefix, (values.name, wanted.name), chunks, np.empty((0,), dtype), body)


__all__ = ["in1d", "intersect1d", "isin", "setdiff1d", "union1d", "unique"]
