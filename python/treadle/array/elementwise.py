"""Elementwise calls on arrays: operands are matched block for block, and called block by block."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import is_known, unify
from treadle.array.core import Array, asanyarray
from treadle.array.expr import ArrayExpr, elementwise
from treadle.array.meta import meta_of
from treadle.array.outputs import Enforced, OutputOf, WithWhere
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.expr import Expr
from treadle.graph.naming import function_name
from treadle.graph.source import outside_caller

SCALARS = (bool, int, float, complex, str, bytes, np.generic, type(None), np.dtype, type)


def elemwise(
    op: Callable[..., Any],
    *args: Any,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Array:
    """Apply a function element by element, broadcasting as NumPy does.

    Parameters
    ----------
    op : callable
        Called with blocks, and first with empty ones unless ``dtype`` is given; must give one
        element for each element it gets.
    *args : array_like or scalar
        Python's numbers take the dtype of the arrays, as in NumPy 2.
    out : Array, optional
        Becomes the result, cast to its dtype.
    where : array_like of bool
        Other elements are those of ``out``; without ``out``, anything.
    dtype : dtype, optional
        Dtype of the result; otherwise what ``op`` makes of empty arrays.  Universal functions of
        NumPy compute in it.
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
    TypeError
        If ``op`` has no loop for the dtypes, or ``out`` can't take the result.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.elemwise(np.add, da.ones(3, chunks=2), 1).compute()
    array([2., 2., 2.])
    """
    (made,) = _several(op, 1, args, [out] if not isinstance(out, tuple) else list(out),
                       where, dtype, name, kwargs)  # fmt: skip
    return made


def elemwise_several(
    op: Callable[..., Any],
    nout: int,
    *args: Any,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> tuple[Array, ...]:
    """Apply a function that returns several arrays; each becomes an array, and calls are shared.

    Parameters
    ----------
    op : callable
        Called with blocks; returns ``nout`` blocks of the same shape.
    nout : int
    *args, out, where, dtype, name, **kwargs
        As for :func:`elemwise`; ``out`` is a tuple with ``nout`` entries.

    Returns
    -------
    tuple of Array
    """
    outs = [None] * nout if out is None else list(out) if isinstance(out, tuple) else [out]
    return _several(op, nout, args, outs, where, dtype, name, kwargs)


def _several(
    op: Callable[..., Any],
    nout: int,
    args: Sequence[Any],
    outs: list[Any],
    where: Any,
    dtype: Any,
    name: str | None,
    kwargs: dict[str, Any],
) -> tuple[Array, ...]:
    _check_outs(outs, nout)
    like = _Origin(name or function_name(op))
    func = op
    if hasattr(op, "nin"):  # a universal function: it takes dtype= and where= itself
        if dtype is not None:
            kwargs = {**kwargs, "dtype": np.dtype(dtype)}
            dtype = None
        if where is not True:
            args = [where, *outs, *args]
            func = WithWhere(op, nout)
            where = True
    operands = [arg if is_scalar(arg) else asanyarray(arg) for arg in args]
    arrays = [arg for arg in operands if isinstance(arg, Array)]
    shape = broadcast_shapes(*[array.shape for array in arrays])
    matched = iter(match_blocks(arrays))
    exprs = [next(matched).expr if isinstance(arg, Array) else arg for arg in operands]
    metas = _metas(func, exprs, kwargs, dtype, len(shape), nout)
    if nout == 1:
        if dtype is not None:
            func = Enforced(func, np.dtype(dtype))
        results = [Array(elementwise(func, exprs, kwargs, meta=metas[0], like=like))]
    else:
        tuples = elementwise(func, exprs, kwargs, meta=metas[0], like=like)
        results = [Array(OutputOf.of(tuples, n, meta)) for n, meta in enumerate(metas)]
    casting = kwargs.get("casting", "same_kind")
    return tuple(
        result if out is None else write_into(out, result, where, casting)
        for out, result in zip(outs, results, strict=True)
    )


def _check_outs(outs: list[Any], nout: int) -> None:
    if len(outs) != nout:
        raise ValueError(f"the 'out' tuple must have exactly {nout} entries")
    for out in outs:
        if out is not None and not isinstance(out, Array):
            raise TypeError(
                f"out= must be an array in blocks, not {type(out).__name__}; to write into memory "
                "or a file use treadle.array.store"
            )


def is_scalar(value: Any) -> bool:
    """Tell whether an argument goes into the calls as it is."""
    if isinstance(value, SCALARS):
        return True
    if isinstance(value, np.ndarray):
        return value.ndim == 0
    return not isinstance(value, Array) and not any(
        hasattr(value, name) for name in ("__len__", "__iter__", "__array__", "shape")
    )


def write_into(out: Array, result: Array, where: Any, casting: Any) -> Array:
    """Make ``out`` the array of these elements, as NumPy would write them into it."""
    if broadcast_shapes(out.shape, result.shape) != out.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {out.shape} doesn't match the broadcast "
            f"shape {result.shape}"
        )
    result = da.astype(result, out.dtype, casting=casting)
    if where is not True:
        result = da.where(where, result, out)
    if result.shape != out.shape:
        result = da.broadcast_to(result, out.shape)
    out._expr = result.expr
    return out


def _metas(
    op: Callable[..., Any],
    exprs: Sequence[Any],
    kwargs: Any,
    dtype: Any,
    ndim: int,
    nout: int,
) -> list[Any]:
    """Return the metas of the results.

    Metas without dimensions hold an element, so they are given one: results must not hang on it.
    """
    kinds = [
        arg.meta if arg.ndim else meta_of(arg.meta, 1)
        for arg in exprs
        if isinstance(arg, ArrayExpr)
    ]
    found: Any = None
    if dtype is None:
        along = iter(kinds)
        values = [next(along) if isinstance(arg, ArrayExpr) else arg for arg in exprs]
        found = _called(op, values, kwargs)
        if found is not None and nout == 1:
            found = (found,)
        if found is None:
            raise TypeError(
                f"can't tell the dtype {function_name(op)} gives, since it fails on empty arrays; "
                "say it with dtype="
            )
    else:
        found = [kinds[0] if kinds else np.empty(())] * nout
    return [meta_of(meta, ndim, dtype) for meta in found]


def _called(op: Callable[..., Any], values: list[Any], kwargs: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = op(*values, **kwargs)
        except TypeError:
            if hasattr(op, "nin") or getattr(op, "__module__", "").startswith("numpy"):
                raise  # NumPy can't work on these dtypes: say so at once, as it does
            return None
        except (ValueError, ZeroDivisionError, IndexError):
            return None
    return None if found is NotImplemented else found


class _Origin(Expr):
    """Gives an expression its first name, and where it was written."""

    __slots__ = ()

    def __init__(self, name: str):
        super().__init__(name, (), source=outside_caller(), annotations=current_annotations())


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
        known = {length for length in along if length == length and length != 1}
        if len(known) > 1:
            text = " ".join(str(tuple(shape)) for shape in shapes)
            raise ValueError(f"operands could not be broadcast together with shapes {text}")
        unknown = [length for length in along if length != length]
        found.append(next(iter(known)) if known else unknown[0] if unknown else 1)
    return tuple(found)


def match_blocks(arrays: Sequence[Array]) -> list[Array]:
    """Rechunk arrays that are broadcast together so that their blocks match.

    Blocks of unknown lengths match if there are as many; that their lengths do is seen when they
    are computed.

    Raises
    ------
    ValueError
        If blocks of unknown lengths would have to be cut.
    """
    ndim = max((array.ndim for array in arrays), default=0)
    target: list[tuple[int, ...]] = []
    for n in range(ndim):
        along = [array.chunks[n - ndim + array.ndim] for array in arrays if n >= ndim - array.ndim]
        long = [lengths for lengths in along if sum(lengths) != 1]
        target.append(_matched(long) if long else (1,))
    return [_matched_array(array, target) for array in arrays]


def _matched(several: list[tuple[int, ...]]) -> tuple[int, ...]:
    if not is_known(several) and len({len(lengths) for lengths in several}) == 1:
        known = {lengths for lengths in several if is_known([lengths])}
        if len(known) <= 1:
            return known.pop() if known else several[0]
    return unify(several)


def _matched_array(array: Array, target: list[tuple[int, ...]]) -> Array:
    before = len(target) - array.ndim
    wanted = {}
    for n, lengths in enumerate(array.chunks):
        new = (1,) if sum(lengths) == 1 else target[before + n]
        if is_known([lengths]) and new != lengths:
            wanted[n] = new
    return rechunk(array, wanted) if wanted else array
