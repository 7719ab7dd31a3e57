"""Arrays of random numbers: one draw a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, normalize_chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.elementwise import broadcast_shapes
from treadle.array.expr import operand
from treadle.array.meta import meta_of
from treadle.array.random.streams import Streams
from treadle.array.rechunk import rechunk
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.tokenize import tokenize

#: What is drawn by these are whole numbers.
COUNTS = frozenset(
    "binomial geometric hypergeometric integers logseries multinomial multivariate_hypergeometric "
    "negative_binomial poisson randint tomaxint zipf".split()
)


class Whole:
    """An argument that every draw gets as it is: it is no array of one value an element."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value


def draw(
    places: tuple[tuple[int, int], ...], streams: Streams, method: str, /, *args: Any, **kwargs: Any
) -> Any:
    """Draw the numbers of one block.

    Parameters
    ----------
    places : tuple of (int, int)
        For each dimension of ``size`` the block's position, and its length.
    """
    generator = streams.at(position for position, _ in places)
    shape = tuple(length for _, length in places)
    return np.asarray(getattr(generator, method)(*args, size=shape, **kwargs))


def drawn(
    streams: Streams,
    method: str,
    args: Sequence[Any] = (),
    size: Any = None,
    chunks: Any = "auto",
    kwargs: Mapping[str, Any] | None = None,
    *,
    dtype: Any = None,
    before: Sequence[int] = (),
    after: Sequence[int] = (),
) -> Array:
    """Return an array whose blocks are drawn by a method of NumPy's generators.

    Parameters
    ----------
    streams : Streams
    method : str
    args : sequence
        Scalars, arrays that are broadcast to ``size``, and :class:`Whole`.
    size : int or tuple of int, optional
        That of the broadcast arguments without it.
    chunks : int, tuple, str
        Of the dimensions of ``size``.
    kwargs : mapping, optional
        Of plain values.
    dtype : dtype, optional
        That of the method without it.
    before, after : sequence of int
        Lengths of dimensions of each draw itself, around those of ``size``.

    Raises
    ------
    ValueError
        If the method refuses the arguments, or they can't be broadcast to ``size``.
    """
    kwargs = dict(kwargs or {})
    if dtype is None:
        dtype = kwargs.get("dtype")
    dtype = np.dtype(dtype or (np.int64 if method in COUNTS else np.float64))
    args = [arg if isinstance(arg, Whole) else _argument(arg) for arg in args]
    along = [arg for arg in args if isinstance(arg, Array)]
    shape = _shape(size, along)
    if not along and not any(isinstance(arg, Whole) for arg in args):
        getattr(Streams(0, legacy=streams.legacy).at(()), method)(*args, size=(0,), **kwargs)
    lengths = _chunks(chunks, shape, dtype, along)
    args = [_fitted(arg, lengths) if isinstance(arg, Array) else arg for arg in args]
    first = len(before)
    grid = tuple(range(first, first + len(lengths)))
    whole: Chunks = (
        *((length,) for length in before), *lengths, *((length,) for length in after),
    )  # fmt: skip
    numblocks = tuple(map(len, whole))
    places = Operand(GridValues(*[list(enumerate(n)) for n in lengths]), tuple(map(Axis, grid)))
    call = [_passed(arg, grid) for arg in args]
    token = (streams, method, tokenize(*map(_token, args)), kwargs, whole, first)
    return new_array(
        method, token, whole, meta_of(np.empty((), dtype), len(whole)),
        lambda name: Blockwise.call(
            name, numblocks, draw, [places, streams, method, *call], kwargs
        ),
    )  # fmt: skip


def _argument(value: Any) -> Any:
    """Return a scalar, or an array in blocks."""
    if value is None or isinstance(value, Array):
        return value
    if np.ndim(value) == 0:
        return value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    return asanyarray(np.asarray(value))


def _shape(size: Any, along: Sequence[Array]) -> tuple[int, ...]:
    shapes = [array.shape for array in along]
    if size is None:
        return broadcast_shapes(*shapes)
    size = (size,) if np.ndim(size) == 0 else tuple(size)
    shape = tuple(int(length) for length in size)
    if any(length < 0 for length in shape):
        raise ValueError(f"negative dimensions are not allowed: size {shape}")
    if broadcast_shapes(shape, *shapes) != shape:
        raise ValueError(f"arguments of shapes {shapes} can't be broadcast to size {shape}")
    return shape


def _chunks(
    chunks: Any, shape: tuple[int, ...], dtype: np.dtype[Any], along: Sequence[Array]
) -> Chunks:
    if isinstance(chunks, str) and chunks == "auto":
        for array in along:
            if array.shape == shape:
                return array.chunks
    return normalize_chunks(chunks, shape, dtype=dtype)


def _fitted(array: Array, lengths: Chunks) -> Array:
    """Rechunk an argument so that its blocks match those of the draws."""
    own = lengths[len(lengths) - array.ndim :]
    wanted = {
        n: (1,) if length == 1 else along
        for n, (length, along) in enumerate(zip(array.shape, own, strict=True))
    }
    return rechunk(array, wanted) if array.ndim else array


def _passed(arg: Any, grid: tuple[int, ...]) -> Any:
    """Return what stands for an argument in the call."""
    if isinstance(arg, Whole):
        if isinstance(arg.value, Array):
            return operand(whole_block(arg.value).expr, (None,) * arg.value.ndim)
        return arg.value
    if not isinstance(arg, Array):
        return arg
    own = grid[len(grid) - arg.ndim :]
    axes = [
        None if lengths == (1,) else axis for axis, lengths in zip(own, arg.chunks, strict=True)
    ]
    return operand(arg.expr, axes)


def whole_block(array: Array) -> Array:
    """Return the array in one block."""
    return rechunk(array, (-1,) * array.ndim) if array.npartitions > 1 else array


def _token(arg: Any) -> Any:
    value = arg.value if isinstance(arg, Whole) else arg
    return type(arg).__name__, value.name if isinstance(value, Array) else value


def permute(streams: Streams, x: Any, axis: int = 0) -> Any:
    """Return the elements, or so many numbers, in a random order."""
    generator = streams.at(())
    return generator.permutation(x) if streams.legacy else generator.permutation(x, axis=axis)


def permuted_range(streams: Streams, count: int) -> Array:
    """Return the numbers below ``count`` in a random order."""
    if count < 0:
        raise ValueError(f"can't permute {count} numbers")
    made = new_array(
        "permutation", (streams, count), ((count,),), np.empty((0,), np.int64),
        lambda name: Blockwise.call(name, (1,), permute, [streams, count]),
    )  # fmt: skip
    return rechunk(made, "auto")
