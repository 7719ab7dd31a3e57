"""``blockwise``: calls on blocks whose places are said by indices, as ``einsum`` says them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from treadle.array.block_calls import Joined, inferred_meta, sample, stated_meta, whole
from treadle.array.chunks import Chunks, is_known, unify
from treadle.array.core import Array, asanyarray
from treadle.array.expr import Computed, operand
from treadle.array.rechunk import rechunk
from treadle.base import current_annotations
from treadle.graph.blockwise import Axis, Blockwise
from treadle.graph.naming import function_name
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize

#: An argument, and the indices of its dimensions; None where every block takes it as it is.
Pair = tuple[Any, tuple[Hashable, ...] | None]


def blockwise(
    func: Callable[..., Any],
    out_ind: Iterable[Hashable],
    *args: Any,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    adjust_chunks: Mapping[Any, Any] | None = None,
    new_axes: Mapping[Any, Any] | None = None,
    align_arrays: bool = True,
    concatenate: bool | None = None,
    meta: Any = None,
    **kwargs: Any,
) -> Array:
    """Call a function on blocks that indices match with each other.

    Parameters
    ----------
    func : callable
        Called once for each block of the result.
    out_ind : iterable
        Indices of the result's dimensions, ``"ij"`` or ``(0, 1)``.
    *args : array_like, indices, array_like, indices, ...
        An array and the indices of its dimensions; ``None`` for indices: a value that every call
        takes whole.  Along indices that the result has not, a call takes all blocks.
    name : str, optional
        Name of the result's keys, instead of one made from the parameters.
    token : str, optional
        What the name begins with, instead of the function's name.
    dtype : dtype, optional
        Without it and ``meta``, the function is called once on empty blocks, to see.
    adjust_chunks : dict, optional
        Index -> lengths of the result's blocks: a function of the lengths there would be, a
        length, or a tuple of lengths.
    new_axes : dict, optional
        Index -> length, or lengths of the blocks, of dimensions that no array has.
    align_arrays : bool
        Rechunk arrays so that their blocks match; otherwise there must be as many.
    concatenate : bool, optional
        Along indices that the result has not, blocks come concatenated, not as (nested) lists.
    meta : array, optional
        An empty array of the kind and dtype of the result's blocks.
    **kwargs : object
        Passed on; arrays among them are taken whole.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If indices don't fit their arrays, blocks don't match, or the dtype can't be told.

    Examples
    --------
    >>> import operator
    >>> import treadle.array as da
    >>> x, y = da.arange(4, chunks=2), da.ones(3, chunks=3)
    >>> da.blockwise(lambda x, y: x[:, None] * y, "ij", x, "i", y, "j").shape
    (4, 3)
    """
    if len(args) % 2:
        raise ValueError("arguments come in pairs: an array, then the indices of its dimensions")
    pairs = _pairs(zip(args[::2], args[1::2], strict=True))
    out = tuple(out_ind)
    return index_call(
        func, out, pairs, kwargs, name=name, token=token, dtype=dtype, meta=meta,
        adjust_chunks=adjust_chunks or {}, new_axes=new_axes or {}, align=align_arrays,
        concatenate=bool(concatenate),
    )  # fmt: skip


def _pairs(args: Iterable[tuple[Any, Any]]) -> list[Pair]:
    pairs: list[Pair] = []
    for value, indices in args:
        if indices is None:
            pairs.append((value, None))
            continue
        array, own = asanyarray(value), tuple(indices)
        if len(own) != array.ndim:
            raise ValueError(
                f"an array of {array.ndim} dimensions has the indices {own}: one each is needed"
            )
        pairs.append((array, own))
    return pairs


def index_call(
    func: Callable[..., Any],
    out: tuple[Hashable, ...],
    pairs: Sequence[Pair],
    kwargs: Mapping[str, Any],
    *,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    meta: Any = None,
    adjust_chunks: Mapping[Any, Any],
    new_axes: Mapping[Any, Any],
    align: bool = True,
    concatenate: bool = True,
    wrap: Callable[[Callable[..., Any], list[Pair], Chunks, Any], tuple[Any, list[Any]]]
    | None = None,
    sample_kwargs: Mapping[str, Any] | None = None,
    salt: Any = None,
) -> Array:
    """Return the array that calls on matching blocks make; see :func:`blockwise`.

    Parameters
    ----------
    wrap : callable, optional
        Takes the function, the aligned pairs, the result's chunks and its meta; returns the
        function to call and what to put before its arguments.
    sample_kwargs : mapping, optional
        More keywords for the call on empty blocks.
    salt : object
        What else the values depend on.
    """
    lengths, pairs = _aligned(pairs, align)
    _add_axes(lengths, new_axes, out)
    chunks = tuple(_adjusted(lengths[index], adjust_chunks.get(index)) for index in out)
    arrays = [value for value, indices in pairs if indices is not None]
    found = stated_meta(arrays, len(out), dtype, meta)
    place, contracted = _places(out, pairs, lengths, concatenate)
    if found is None:
        found = inferred_meta(
            func, [_sample(pair, place, len(out), not concatenate) for pair in pairs],
            {**{key: sample(value) for key, value in kwargs.items()}, **(sample_kwargs or {})},
            len(out),
        )  # fmt: skip
    if name is None:
        names = [(item.name if isinstance(item, Array) else item, own) for item, own in pairs]
        options = (out, names, kwargs, chunks, concatenate, str(found.dtype), salt)
        name = f"{token or function_name(func)}-{tokenize(func, options)}"
    target, before = wrap(func, pairs, chunks, found) if wrap is not None else (func, [])
    passed = [_passed(pair, place, len(out), contracted, concatenate) for pair in pairs]
    if concatenate and any(dims for _, dims in passed):
        target = Joined(target, (*[()] * len(before), *(dims for _, dims in passed)))
    body = Blockwise.call(
        name, tuple(map(len, chunks)), target, [*before, *(arg for arg, _ in passed)],
        {key: whole(value) for key, value in kwargs.items()}, contracted=contracted,
    )  # fmt: skip
    return Array(
        Computed(
            name, chunks, found, body, source=outside_caller(), annotations=current_annotations()
        )
    )


def _add_axes(
    lengths: dict[Hashable, tuple[int, ...]],
    new_axes: Mapping[Any, Any],
    out: tuple[Hashable, ...],
) -> None:
    """Add the lengths of new dimensions, so that all of the result are known."""
    for index, wanted in new_axes.items():
        if index in lengths:
            raise ValueError(f"index {index!r} is no new one: an array has it")
        lengths[index] = tuple(wanted) if isinstance(wanted, (tuple, list)) else (wanted,)
    for index in out:
        if index not in lengths:
            raise ValueError(f"no array has the index {index!r}; give its length in new_axes")


def _passed(
    pair: Pair,
    place: Mapping[Hashable, int | None],
    ndim: int,
    contracted: tuple[int, ...],
    concatenate: bool,
) -> tuple[Any, tuple[int, ...]]:
    """Return what stands for an argument in the call, and the dimensions it comes in lists along.

    A block that is alone is broadcast: it is taken as it is, or in a list as often as others.
    """
    value, own = pair
    if own is None:
        return whole(value), ()
    axes: list[Axis] = []
    dims: list[int] = []
    for n, (index, count) in enumerate(zip(own, value.numblocks, strict=True)):
        axis = place[index]
        if axis is None or (count == 1 and (axis < ndim or concatenate)):
            axes.append(Axis(None))
        elif axis < ndim:
            axes.append(Axis(axis))
        else:
            most = contracted[axis - ndim]
            axes.append(Axis(axis, (0,) * most if count < most else None))
            dims.append(n)
    return operand(value.expr, axes), tuple(dims)


def _places(
    out: tuple[Hashable, ...],
    pairs: Sequence[Pair],
    lengths: Mapping[Hashable, tuple[int, ...]],
    concatenate: bool,
) -> tuple[dict[Hashable, int | None], tuple[int, ...]]:
    """Return the axis of the grid that each index is, and the blocks along those past the grid.

    A block that is alone along an index that goes away needs no list to be concatenated.
    """
    place: dict[Hashable, int | None] = {index: axis for axis, index in enumerate(out)}
    contracted: list[int] = []
    for _, own in pairs:
        for index in own or ():
            if index not in place:
                count = len(lengths[index])
                if concatenate and count == 1:
                    place[index] = None
                else:
                    place[index] = len(out) + len(contracted)
                    contracted.append(count)
    return place, tuple(contracted)


def _is_list(axis: int | None, ndim: int) -> bool:
    return axis is not None and axis >= ndim


def _sample(pair: Pair, place: Mapping[Hashable, int | None], ndim: int, lists: bool) -> Any:
    """Return what stands for an argument in a call on empty blocks."""
    value, own = pair
    found = sample(value)
    for index in own or ():
        if lists and _is_list(place[index], ndim):
            found = [found]
    return found


def _adjusted(lengths: tuple[int, ...], wanted: Any) -> tuple[int, ...]:
    """Return the lengths of the result's blocks along one dimension.

    Raises
    ------
    ValueError
        If there are not as many as blocks.
    """
    if wanted is None:
        return lengths
    if callable(wanted):
        return tuple(wanted(length) for length in lengths)
    if isinstance(wanted, (tuple, list)):
        if len(wanted) != len(lengths):
            raise ValueError(
                f"there are {len(lengths)} blocks along the dimension, and chunks for "
                f"{len(wanted)} are given: {tuple(wanted)}"
            )
        return tuple(wanted)
    return (wanted,) * len(lengths)


def _aligned(
    pairs: Sequence[Pair], align: bool = True
) -> tuple[dict[Hashable, tuple[int, ...]], list[Pair]]:
    """Return the lengths of the blocks along each index, and arrays that have such blocks.

    Dimensions of length 1 are broadcast against longer ones.
    """
    several: dict[Hashable, list[tuple[int, ...]]] = {}
    for value, own in pairs:
        for index, along in zip(own or (), value.chunks if own is not None else (), strict=True):
            several.setdefault(index, []).append(along)
    if not align:
        return {index: _counted(index, along) for index, along in several.items()}, list(pairs)
    lengths = {index: _common(along) for index, along in several.items()}
    done: list[Pair] = []
    for value, own in pairs:
        if own is not None:
            wanted = {
                n: lengths[index]
                for n, (index, along) in enumerate(zip(own, value.chunks, strict=True))
                if lengths[index] != along and sum(along) != 1 and is_known([along])
            }
            ones = {
                n: (1,) for n, along in enumerate(value.chunks) if sum(along) == 1 != len(along)
            }
            value = rechunk(value, {**wanted, **ones}) if wanted or ones else value
        done.append((value, own))
    return lengths, done


def _common(several: list[tuple[int, ...]]) -> tuple[int, ...]:
    long = [along for along in several if sum(along) != 1]
    if not long:
        return (1,)
    if not is_known(long) and len({len(along) for along in long}) == 1:
        return next((along for along in long if is_known([along])), long[0])
    return unify(long)


def _counted(index: Hashable, several: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the lengths of an array that has most blocks; others must have one, or as many."""
    most = max(several, key=len)
    if any(len(along) not in (1, len(most)) for along in several):
        raise ValueError(
            f"along index {index!r} arrays have {sorted(map(len, several))} blocks; they match "
            "with align_arrays=True"
        )
    return most


def unify_chunks(*args: Any, **kwargs: Any) -> tuple[dict[Any, tuple[int, ...]], list[Any]]:
    """Rechunk arrays so that blocks along the same index match.

    Parameters
    ----------
    *args : array_like, indices, array_like, indices, ...
        As for :func:`blockwise`.
    **kwargs : object
        Taken for Dask's sake.

    Returns
    -------
    chunks : dict
        Index -> lengths of blocks.
    arrays : list of Array

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> import treadle.array as da
    >>> chunks, arrays = da.unify_chunks(da.ones(4, chunks=2), "i", da.ones(4, chunks=3), "i")
    >>> chunks
    {'i': (2, 1, 1)}
    """
    lengths, pairs = _aligned(_pairs(zip(args[::2], args[1::2], strict=True)))
    return lengths, [value for value, _ in pairs]


__all__ = ["blockwise", "unify_chunks"]
