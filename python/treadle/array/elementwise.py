"""Elementwise calls on arrays: operands are matched block for block, and the call is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, is_known, unify
from treadle.array.core import Array, asanyarray
from treadle.array.expr import Elementwise, elementwise
from treadle.array.meta import compute_meta, meta_of
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.expr import Expr
from treadle.graph.naming import function_name
from treadle.graph.source import Source, outside_caller

SCALARS = (bool, int, float, complex, str, bytes, np.generic, type(None), np.dtype, type)


def elemwise(
    op: Callable[..., Any], *args: Any, dtype: Any = None, name: str | None = None, **kwargs: Any
) -> Any:
    """Apply a function element by element, broadcasting as NumPy does.

    Parameters
    ----------
    op : callable
        Called with blocks; must give one element for each element it gets.
    *args : array_like or scalar
    dtype : dtype, optional
        Dtype of the result; otherwise what ``op`` makes of empty arrays.
    name : str, optional
        Beginning of the tasks' names.
    **kwargs : object
        Passed on to ``op``.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the shapes can't be broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.elemwise(np.add, da.ones(3, chunks=2), 1).compute()
    array([2., 2., 2.])
    """
    operands = [arg if isinstance(arg, SCALARS) else asanyarray(arg) for arg in args]
    arrays = [arg for arg in operands if isinstance(arg, Array)]
    shape = broadcast_shapes(*[array.shape for array in arrays])
    matched = iter(match_blocks(arrays))
    exprs = [next(matched).expr if isinstance(arg, Array) else arg for arg in operands]
    meta = _meta(op, exprs, kwargs, dtype, len(shape))
    return Array(elementwise(op, exprs, kwargs, meta=meta, like=_Origin(name or function_name(op))))


class _Origin(Expr):
    """Gives an expression its first name, and where it was written."""

    __slots__ = ()

    def __init__(self, name: str):
        super().__init__(name, (), source=here(), annotations=current_annotations())


def here() -> Source:
    """Return the line of the user's that is calling us."""
    return outside_caller()


def _meta(op: Callable[..., Any], exprs: list[Any], kwargs: Any, dtype: Any, ndim: int) -> Any:
    metas = [arg.meta if isinstance(arg, Expr) else arg for arg in exprs]
    meta = compute_meta(op, *metas, **kwargs)
    if meta is None:
        kinds = [arg.meta for arg in exprs if isinstance(arg, Expr)]
        if dtype is None:
            dtype = np.result_type(*[kind.dtype for kind in kinds])
        meta = kinds[0] if kinds else np.empty(())
    return meta_of(meta, ndim, dtype)


def broadcast_shapes(*shapes: Sequence[float]) -> tuple[Any, ...]:
    """Return the shape that arrays have together; lengths may be ``nan``.

    Raises
    ------
    ValueError
        If they don't fit, as NumPy would.

    >>> broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    ndim = max(map(len, shapes), default=0)
    found = []
    for n in range(ndim):
        along = [shape[n - ndim + len(shape)] for shape in shapes if n - ndim + len(shape) >= 0]
        lengths = {length for length in along if length != 1}
        known = {length for length in lengths if length == length}
        if len(known) > 1 or (known and len(known) != len(lengths)):
            text = " ".join(str(tuple(shape)) for shape in shapes)
            raise ValueError(f"operands could not be broadcast together with shapes {text}")
        found.append(next(iter(lengths)) if lengths else 1)
    return tuple(found)


def match_blocks(arrays: Sequence[Array]) -> list[Array]:
    """Rechunk arrays that are broadcast together so that their blocks match.

    Raises
    ------
    ValueError
        If blocks of unknown lengths would have to be cut.
    """
    ndim = max((array.ndim for array in arrays), default=0)
    target: list[tuple[int, ...]] = []
    for n in range(ndim):
        along = [array.chunks[n - ndim + array.ndim] for array in arrays if n >= ndim - array.ndim]
        long = [lengths for lengths in along if sum(lengths) != 1] or along[:1]
        target.append(_matched(long))
    return [_matched_array(array, target) for array in arrays]


def _matched(several: list[tuple[int, ...]]) -> tuple[int, ...]:
    if not is_known(several) and len({len(lengths) for lengths in several}) == 1:
        return next((lengths for lengths in several if is_known([lengths])), several[0])
    return unify(several)


def _matched_array(array: Array, target: list[tuple[int, ...]]) -> Array:
    before = len(target) - array.ndim
    chunks: Chunks = tuple(
        lengths if sum(lengths) == 1 or not is_known([lengths]) else target[before + n]
        for n, lengths in enumerate(array.chunks)
    )
    if chunks == array.chunks or not is_known(chunks):
        return array
    return rechunk(array, chunks)
