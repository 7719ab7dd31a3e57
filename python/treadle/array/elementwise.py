"""Elementwise calls on arrays: operands are matched block for block, and called block by block."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.chunks import Chunks, is_known, unify
from treadle.array.core import Array, asanyarray
from treadle.array.expr import ArrayExpr, Basic, elementwise, operand
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.naming import function_name, key_prefix
from treadle.graph.source import Source, outside_caller
from treadle.graph.tokenize import tokenize

SCALARS = (bool, int, float, complex, str, bytes, np.generic, type(None), np.dtype, type)


def elemwise(
    op: Callable[..., Any],
    *args: Any,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Apply a function element by element, broadcasting as NumPy does.

    Parameters
    ----------
    op : callable
        Called with blocks; must give one element for each element it gets.
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
) -> tuple[Any, ...]:
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
) -> tuple[Any, ...]:
    if len(outs) != nout:
        raise ValueError(f"the 'out' tuple must have exactly {nout} entries")
    for out in outs:
        if out is not None and not isinstance(out, Array):
            raise TypeError(
                f"out= must be an array in blocks, not {type(out).__name__}; to write into memory "
                "or a file use treadle.array.store"
            )
    like = _Origin(name or function_name(op))
    is_ufunc = isinstance(op, np.ufunc) or hasattr(op, "nin")
    if is_ufunc and dtype is not None:
        kwargs = {**kwargs, "dtype": np.dtype(dtype)}
        dtype = None
    func = op
    if where is not True:
        args = [where, *args]
        func = WithWhere(op, nout)
    operands = [arg if is_scalar(arg) else asanyarray(arg) for arg in args]
    arrays = [arg for arg in operands if isinstance(arg, Array)]
    shape = broadcast_shapes(*[array.shape for array in arrays])
    matched = iter(match_blocks(arrays))
    exprs = [next(matched).expr if isinstance(arg, Array) else arg for arg in operands]
    metas = _metas(op, exprs[where is not True :], kwargs, dtype, len(shape), nout, is_ufunc)
    if nout == 1:
        if dtype is not None:
            func = Enforced(func, np.dtype(dtype))
        results = [Array(elementwise(func, exprs, kwargs, meta=metas[0], like=like))]
    else:
        all_of_them = elementwise(func, exprs, kwargs, meta=metas[0], like=like)
        results = [Array(OutputOf.of(all_of_them, n, meta)) for n, meta in enumerate(metas)]
    casting = kwargs.get("casting", "same_kind")
    return tuple(
        result if out is None else _into(out, result, where, casting)
        for out, result in zip(outs, results, strict=True)
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


def _into(out: Array, result: Array, where: Any, casting: Any) -> Array:
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


class WithWhere:
    """Calls a universal function where a mask, its first argument, says so."""

    def __init__(self, op: Callable[..., Any], nout: int):
        self.op = op
        self.nout = nout
        self.__name__ = function_name(op)

    def __call__(self, mask: Any, *args: Any, **kwargs: Any) -> Any:
        return self.op(*args, where=mask, **kwargs)

    def __reduce__(self) -> Any:
        return WithWhere, (self.op, self.nout)

    def __treadle_tokenize__(self) -> Any:
        return "WithWhere", self.op


class Enforced:
    """Calls a function and casts its result to a dtype."""

    def __init__(self, op: Callable[..., Any], dtype: np.dtype[Any]):
        self.op = op
        self.dtype = dtype
        self.__name__ = function_name(op)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.op(*args, **kwargs)
        if getattr(result, "dtype", None) == self.dtype:
            return result
        return (result if hasattr(result, "astype") else np.asarray(result)).astype(self.dtype)

    def __reduce__(self) -> Any:
        return Enforced, (self.op, self.dtype)

    def __treadle_tokenize__(self) -> Any:
        return "Enforced", self.op, self.dtype


class OutputOf(ArrayExpr):
    """One of the arrays of calls that return several."""

    __slots__ = ("number", "several")

    def __init__(self, name: str, several: ArrayExpr, number: int, meta: Any, **options: Any):
        super().__init__(name, several.chunks, meta, (several,), **options)
        self.several = several
        self.number = number

    @classmethod
    def of(cls, several: ArrayExpr, number: int, meta: Any) -> OutputOf:
        """Return output ``number`` of calls."""
        name = f"{key_prefix(several.name)}-{tokenize('output', several.name, number)}"
        return cls(
            name, several, number, meta, source=several.source, annotations=several.annotations
        )

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Expr:
        (several,) = inputs
        if isinstance(several, ArrayExpr):
            return OutputOf(
                self.name, several, self.number, self.meta,
                source=self.source, annotations=self.annotations,
            )  # fmt: skip
        raise TypeError(f"{self!r} has to be lowered before its input is")

    def lower(self) -> Expr:
        return Blockwise.call(
            self.name, self.numblocks, output,
            [operand(self.several, range(self.ndim)), self.number],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1:
            return None
        several = self.several.sliced(index, users)
        if several is None:  # tuples can't be sliced afterwards
            return None
        return OutputOf.of(several, self.number, meta_of(self.meta, several.ndim))


def output(several: tuple[Any, ...], number: int) -> Any:
    """Return one of the results of a call."""
    return several[number]


def _metas(
    op: Callable[..., Any],
    exprs: Sequence[Any],
    kwargs: Any,
    dtype: Any,
    ndim: int,
    nout: int,
    is_ufunc: bool,
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
    if dtype is None or is_ufunc:
        along = iter(kinds)
        values = [next(along) if isinstance(arg, ArrayExpr) else arg for arg in exprs]
        found = _called(op, values, kwargs, is_ufunc)
        if found is not None and nout == 1:
            found = (found,)
    if found is None:
        if dtype is None:
            raise TypeError(
                f"can't tell the dtype {function_name(op)} gives, since it fails on empty arrays; "
                "say it with dtype="
            )
        found = [kinds[0] if kinds else np.empty(())] * nout
    return [meta_of(meta, ndim, dtype) for meta in found]


def _called(op: Callable[..., Any], values: list[Any], kwargs: Any, is_ufunc: bool) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = op(*values, **kwargs)
        except TypeError:
            if is_ufunc:
                raise  # there is no loop for these dtypes: say so at once, as NumPy does
            return None
        except (ValueError, ZeroDivisionError, IndexError):
            return None
    return None if found is NotImplemented else found


class _Origin(Expr):
    """Gives an expression its first name, and where it was written."""

    __slots__ = ()

    def __init__(self, name: str):
        super().__init__(name, (), source=here(), annotations=current_annotations())


def here() -> Source:
    """Return the line of the user's that is calling us."""
    return outside_caller()


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
