"""What calls on blocks are given beside the blocks: where they are, whole arrays, joined lists.

Functions of users are wrapped here so that tasks keep their names.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from treadle.array.chunks import Chunks, shape_of
from treadle.array.core import Array
from treadle.array.expr import operand
from treadle.array.finalize import concatenate_blocks
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.base import is_treadle_collection
from treadle.graph.blockwise import Operand
from treadle.graph.expr import CollectionExpr
from treadle.graph.naming import function_name
from treadle.graph.tokenize import tokenize


class Joined:
    """Calls a function with lists of blocks concatenated.

    Parameters
    ----------
    func : callable
    dims : tuple of tuple of int
        For each argument, the dimensions along which it comes in lists, the outermost first.
    """

    def __init__(self, func: Callable[..., Any], dims: tuple[tuple[int, ...], ...]):
        self.func = func
        self.dims = dims
        self.__name__ = function_name(func)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        joined = [join(arg, along) for arg, along in zip(args, self.dims, strict=True)]
        return self.func(*joined, **kwargs)

    def __reduce__(self) -> Any:
        return Joined, (self.func, self.dims)


def join(blocks: Any, dims: tuple[int, ...]) -> Any:
    """Concatenate nested lists of blocks, one level for each dimension.

    >>> join([[np.zeros((1, 2)), np.ones((1, 1))]], (0, 1))
    array([[0., 0., 1.]])
    """
    if not dims:
        return blocks
    parts = [join(part, dims[1:]) for part in blocks]
    return parts[0] if len(parts) == 1 else concatenate_blocks(parts, dims[0])


class Located:
    """Calls a function that wants to know which block it makes: ``(place, *args)``."""

    def __init__(self, func: Callable[..., Any], wants_id: bool, info: BlockInfo | None):
        self.func = func
        self.wants_id = wants_id
        self.info = info
        self.__name__ = function_name(func)

    def __call__(self, place: tuple[int, ...], *args: Any, **kwargs: Any) -> Any:
        if self.wants_id:
            kwargs["block_id"] = place
        if self.info is not None:
            kwargs["block_info"] = self.info.at(place)
        return self.func(*args, **kwargs)

    def __reduce__(self) -> Any:
        return Located, (self.func, self.wants_id, self.info)


class OfDimensions:
    """Calls a function and refuses results of another number of dimensions than was said."""

    def __init__(self, func: Callable[..., Any], ndim: int):
        self.func = func
        self.ndim = ndim
        self.__name__ = function_name(func)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.func(*args, **kwargs)
        if np.ndim(result) != self.ndim:
            raise ValueError(
                f"{self.__name__} returned an array of {np.ndim(result)} dimensions, and "
                f"{self.ndim} were expected; say with drop_axis and new_axis which ones change"
            )
        return result

    def __reduce__(self) -> Any:
        return OfDimensions, (self.func, self.ndim)


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """What ``block_info`` says of the blocks of a call.

    Attributes
    ----------
    chunks : tuple of tuple of int
        Of the result.
    dtype : dtype
        Of the result.
    inputs : tuple of (int, chunks, axes)
        For each array its position among the arguments, its chunks, and for each of its dimensions
        the axis of the result that it follows; None for one that is taken whole.
    """

    chunks: Chunks
    dtype: Any
    inputs: tuple[tuple[int, Chunks, tuple[int | None, ...]], ...]

    def at(self, place: tuple[int, ...]) -> dict[int | None, dict[str, Any]]:
        """Return the information for one block of the result."""
        info: dict[int | None, dict[str, Any]] = {}
        for position, chunks, axes in self.inputs:
            blocks = [
                None if axis is None else place[axis] if len(lengths) > 1 else 0
                for axis, lengths in zip(axes, chunks, strict=True)
            ]
            info[position] = _described(chunks, blocks)
        own = _described(self.chunks, place)
        shape = tuple(lengths[n] for lengths, n in zip(self.chunks, place, strict=True))
        info[None] = {**own, "chunk-shape": shape, "dtype": self.dtype}
        return info


def _described(chunks: Chunks, blocks: Sequence[int | None]) -> dict[str, Any]:
    where = []
    for lengths, block in zip(chunks, blocks, strict=True):
        ends = list(accumulate(lengths, initial=0))
        where.append((0, ends[-1]) if block is None else (ends[block], ends[block + 1]))
    return {
        "shape": shape_of(chunks),
        "num-chunks": tuple(map(len, chunks)),
        "array-location": where,
        "chunk-location": tuple(block or 0 for block in blocks),
    }


def takes_keyword(func: Callable[..., Any], keyword: str) -> bool:
    """Tell whether a function names a parameter.

    >>> takes_keyword(lambda block, block_id=None: block, "block_id")
    True
    """
    try:
        return keyword in inspect.signature(func).parameters
    except (TypeError, ValueError):  # builtins don't say
        return False


def inferred_meta(
    func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], ndim: int
) -> Any:
    """Return the meta of what a user's function makes, by calling it on empty blocks.

    Raises
    ------
    ValueError
        If the call fails.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            raise ValueError(
                f"can't tell the dtype {function_name(func)} gives: called on empty blocks it "
                f"raised {error!r}; say it with dtype= or meta="
            ) from error
    return meta_of(result, ndim)


def stated_meta(arrays: Sequence[Array], ndim: int, dtype: Any, meta: Any) -> Any:
    """Return the meta that a user stated; None if nothing was.

    With a dtype alone, blocks are said to be of the kind of those they are made from.
    """
    if meta is not None:
        return meta_of(getattr(meta, "meta", meta), ndim, dtype)
    if dtype is None:
        return None
    kinds = [array.meta for array in arrays if array.ndim]
    if not kinds or type(kinds[0]) is np.ndarray:
        return np.empty((0,) * ndim, dtype)
    return meta_of(kinds[0], ndim, dtype)


def whole(value: Any) -> Any:
    """Return what stands in a call for a value that all blocks take: an operand for collections."""
    if isinstance(value, Array):
        one = rechunk(value, (-1,) * value.ndim) if value.npartitions != 1 else value
        return operand(one.expr, (None,) * value.ndim)
    if is_treadle_collection(value):
        return Operand(CollectionExpr(f"whole-{tokenize('whole', value)}", value), ())
    return value


def sample(value: Any) -> Any:
    """Return what stands for a value when a function is tried: metas for arrays."""
    return value.meta if isinstance(value, Array) else value
