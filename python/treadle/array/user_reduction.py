"""Reductions of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import broadcast_shapes, match_blocks
from treadle.array.expr import matching_axes, operand
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import compute_meta, meta_of
from treadle.array.reducing import Axis, into, meta_as, normalize_axes, positive_axes
from treadle.array.tree import SplitEvery, TreeReduction, normalize_split_every, reduced_chunks
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.naming import function_name
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def reduction(
    x: Any,
    chunk: Callable[..., Any],
    aggregate: Callable[..., Any],
    axis: Axis = None,
    keepdims: bool = False,
    dtype: Any = None,
    split_every: SplitEvery = None,
    combine: Callable[..., Any] | None = None,
    name: str | None = None,
    out: Any = None,
    concatenate: bool = True,
    output_size: int = 1,
    meta: Any = None,
    weights: Any = None,
) -> Array:
    """Return a reduction by functions of the user's own.

    Parameters
    ----------
    x : array_like
    chunk : callable
        ``chunk(block, axis=axes, keepdims=True)``, or with weights
        ``chunk(block, weights_block, axis=axes, keepdims=True)``: reduces one block.
    aggregate : callable
        ``aggregate(partials, axis=axes, keepdims=keepdims)``: the last step.
    axis : int or tuple of int, optional
    keepdims : bool
    dtype : dtype, optional
        Of the result.  Without it and ``meta``, the functions are called with an empty block.
    split_every : int or dict, optional
        How many partial results are merged at a time.
    combine : callable, optional
        ``combine(partials, axis=axes, keepdims=True)``: the steps in between; otherwise
        ``aggregate``.
    name : str, optional
        Beginning of the tasks' names.
    out : Array, optional
    concatenate : bool
        Partial results come as one array; if False, as nested lists along the reduced axes.
    output_size : int
        Length of the reduced axes in the result, with ``keepdims``.
    meta : array, optional
        An empty array of the kind and dtype of the result.
    weights : array_like, optional
        Broadcast against ``x``.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the dtype can't be found out, or ``combine`` isn't given where ``aggregate`` can't do
        its work.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array([[1, 2], [3, 4]], chunks=1)
    >>> da.reduction(x, np.sum, np.sum, axis=0, dtype=int).compute()
    array([4, 6])
    """
    array = asanyarray(x)
    axes = normalize_axes(axis, array.ndim)
    every = normalize_split_every(positive_axes(split_every, array.ndim), axes)
    operands = [operand(array.expr, range(array.ndim))]
    names = [array.name]
    if weights is not None:
        operands.append(_weights(array, weights))
        names.append(asanyarray(weights).name)
    if meta is None:
        meta = _meta(array, chunk, aggregate, axes, keepdims, dtype, len(operands))
    chunks = reduced_chunks(array.chunks, axes, keepdims, output_size)
    token = tokenize(names, chunk, axes)
    label = name or function_name(chunk)
    partials = Blockwise.call(
        f"{label}-partial-{token}", array.numblocks, chunk, operands,
        {"axis": axes, "keepdims": True},
    )  # fmt: skip
    merge = Merge(combine or aggregate, axes, True, concatenate)
    last = Merge(aggregate, axes, keepdims, concatenate)
    full = tokenize(token, merge, last, sorted(every.items()), output_size)
    expr = TreeReduction(
        f"{name or function_name(aggregate)}-{full}", chunks, meta_of(meta, len(chunks), dtype),
        partials, axes, keepdims, merge, last, every,
        source=outside_caller(), annotations=current_annotations(),
    )  # fmt: skip
    return into(out, Array(expr))


def _weights(array: Array, weights: Any) -> Any:
    """Return weights in blocks that match."""
    w = asanyarray(weights)
    if broadcast_shapes(array.shape, w.shape) != array.shape:
        raise ValueError(f"weights of shape {w.shape} don't fit an array of shape {array.shape}")
    matched, w = match_blocks([array, w])
    if matched is not array:
        raise ValueError("weights have other blocks than the array; rechunk them to its chunks")
    return operand(w.expr, matching_axes(w.expr, array.expr))


def _meta(
    array: Array,
    chunk: Callable[..., Any],
    aggregate: Callable[..., Any],
    axes: tuple[int, ...],
    keepdims: bool,
    dtype: Any,
    count: int,
) -> Any:
    if dtype is not None:
        return meta_as(array.meta, np.dtype(dtype))

    def both() -> Any:
        partial = chunk(*[array.meta] * count, axis=axes, keepdims=True)
        return aggregate(partial, axis=axes, keepdims=keepdims)

    meta = compute_meta(both)
    if meta is None:
        raise ValueError(
            f"{function_name(chunk)} and {function_name(aggregate)} don't take an empty block, so "
            "the dtype of the result is not known; give dtype= or meta="
        )
    return meta


class Merge:
    """Calls a user's function on partial results that lie side by side."""

    __slots__ = ("__name__", "axes", "concatenate", "func", "keepdims", "shape")

    def __init__(
        self,
        func: Callable[..., Any],
        axes: tuple[int, ...],
        keepdims: bool,
        concatenate: bool,
        shape: tuple[int, ...] | None = None,
    ):
        self.func = func
        self.axes = axes
        self.keepdims = keepdims
        self.concatenate = concatenate
        self.shape = shape
        self.__name__ = function_name(func)

    def for_group(self, shape: tuple[int, ...]) -> Merge:
        """Return the same call for so many partial results along each dimension."""
        return Merge(self.func, self.axes, self.keepdims, self.concatenate, shape)

    def __call__(self, *partials: Any) -> Any:
        counts = [1 if self.shape is None else self.shape[axis] for axis in self.axes]
        nested = _nested(iter(partials), counts)
        if self.concatenate:
            nested = _joined(nested, self.axes)
        return self.func(nested, axis=self.axes, keepdims=self.keepdims)

    def __reduce__(self) -> tuple[Any, ...]:
        return Merge, (self.func, self.axes, self.keepdims, self.concatenate, self.shape)

    def __treadle_tokenize__(self) -> Any:
        return "Merge", self.func, self.axes, self.keepdims, self.concatenate


def _nested(values: Iterator[Any], counts: list[int]) -> Any:
    if not counts:
        return next(values)
    return [_nested(values, counts[1:]) for _ in range(counts[0])]


def _joined(nested: Any, axes: tuple[int, ...]) -> Any:
    if not axes:
        return nested
    parts = [_joined(part, axes[1:]) for part in nested]
    return parts[0] if len(parts) == 1 else concatenate_blocks(parts, axes[0])


__all__ = ["reduction"]
