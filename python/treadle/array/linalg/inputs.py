"""What the functions of this package ask of their arguments, and how they make several results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.blas_threads import shares_blas
from treadle.array.chunks import Chunks, is_known
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.tokenize import tokenize


def matrices(a: Any, *, what: str, square: bool = False, ndim: int | None = None) -> Array:
    """Return an array of matrices, of a dtype that LAPACK has.

    Raises
    ------
    LinAlgError
        If ``a`` isn't made of matrices, of square ones where asked.
    TypeError
        If the dtype has no linear algebra.
    """
    a = asanyarray(a)
    if a.ndim < 2 or (ndim is not None and a.ndim != ndim):
        kind = "a matrix" if ndim == 2 else "matrices"
        raise np.linalg.LinAlgError(f"{what} takes {kind}, not an array of shape {a.shape}")
    if square and a.shape[-1] != a.shape[-2] and not any(map(math.isnan, a.shape[-2:])):
        raise np.linalg.LinAlgError(f"{what} takes square matrices, not shape {a.shape}")
    return inexact(a, what)


def inexact(a: Array, what: str) -> Array:
    """Return an array of a dtype that LAPACK has: ints become ``float64``."""
    if a.dtype.kind in "biu":
        return da.astype(a, np.float64)
    if a.dtype.char not in "fdFD":
        raise TypeError(f"{what} takes float32, float64 and complex numbers, not {a.dtype}")
    return a


def one_block(a: Array, axes: Sequence[int]) -> Array:
    """Return the array in one block along some dimensions."""
    return da.rechunk(a, {axis % a.ndim: -1 for axis in axes})


def need_known(a: Array, what: str) -> None:
    """Refuse blocks of unknown lengths."""
    if not is_known(a.chunks):
        raise ValueError(f"{what} needs a known shape; call compute_chunk_sizes() on the array")


def each_matrix(
    func: Callable[..., Any],
    a: Array,
    results: Sequence[tuple[tuple[Any, ...], Any]],
    prefix: str,
    **kwargs: Any,
) -> list[Array]:
    """Call a function of stacks of matrices on every block; matrices are whole in a block.

    Parameters
    ----------
    results : sequence of (shape, dtype)
        Of each result the lengths that stand for the two of the matrix, and the dtype.
    """
    a = one_block(a, (-1, -2))
    stack = a.numblocks[:-2]
    n = len(stack)
    calls_token = tokenize(prefix, a.name, kwargs)
    args = [operand(a.expr, [*range(n), None, None])]
    if len(results) == 1:
        ((shape, dtype),) = results
        return [_like_stack(prefix, a, (calls_token,), shape, dtype,
                            lambda name, grid: Blockwise.call(
                                name, grid, shares_blas_call, [func, *args], kwargs))]  # fmt: skip
    calls = Blockwise.call(
        f"{prefix}-{tokenize('calls', calls_token)}", stack, shares_blas_call, [func, *args], kwargs
    )
    return [
        _like_stack(prefix, a, (calls_token, number), shape, dtype,
                    lambda name, grid, number=number: Blockwise.call(
                        name, grid, entry_of, [operand_of(calls, range(n)), number]))
        for number, (shape, dtype) in enumerate(results)
    ]  # fmt: skip


def _like_stack(
    prefix: str, a: Array, token: Any, shape: tuple[int, ...], dtype: Any, body: Any
) -> Array:
    chunks: Chunks = (*a.chunks[:-2], *[(length,) for length in shape])
    grid = tuple(map(len, chunks))
    meta = meta_of(a.meta, len(chunks), dtype)
    return new_array(prefix, token, chunks, meta, lambda name: body(name, grid))


def operand_of(expr: Expr, axes: Iterable[int]) -> Operand:
    """Return an operand of blocks that needn't be arrays."""
    return Operand(expr, tuple(map(Axis, axes)))


@shares_blas
def shares_blas_call(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function of linear algebra with its share of the threads of BLAS."""
    found = func(*args, **kwargs)
    return tuple(found) if isinstance(found, tuple) else found


def entry_of(several: Any, number: int) -> Any:
    """Return one of the results of a call."""
    return several[number]


def small_calls(
    prefix: str, token: Any, func: Callable[..., Any], inputs: Sequence[Array], **kwargs: Any
) -> Expr:
    """Return the one call of a function on arrays of one block; its result may be a tuple."""
    arrays = [one_block(a, range(a.ndim)) for a in inputs]
    name = f"{prefix}-{tokenize(token, [a.name for a in arrays], kwargs)}"
    args = [operand(a.expr, [None] * a.ndim) for a in arrays]
    return Blockwise.call(name, (), shares_blas_call, [func, *args], kwargs)


def entry(prefix: str, calls: Expr, number: int, shape: tuple[int, ...], meta: Any) -> Array:
    """Return entry ``number`` of a single call's result, an array of one block."""
    grid = (1,) * len(shape)

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, grid, entry_of, [operand_of(calls, ()), number])

    chunks: Any = tuple((length,) for length in shape)
    return new_array(prefix, (calls.name, number), chunks, meta, body)


def adjoint(a: Array) -> Array:
    """Return the conjugate transpose of a matrix."""
    return da.conj(da.transpose(a)) if a.dtype.kind == "c" else da.transpose(a)


def real_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype of absolute values."""
    return np.empty(0, dtype).real.dtype
