"""How an array gets another shape, block by block.

Dimensions fall into groups of equal products, old and new, and each group is planned by itself.  A
block can be reshaped where its elements follow each other in the whole group: along one dimension
it may be cut, in those before it is 1 long, in those after it is whole.  Which dimension is cut is
chosen so that a block has room; if the old and the new dimensions can't be cut at the same
places, the group becomes one dimension first.

>>> groups_of((4, 3, 2), (12, 2))
[((0, 1), (0,)), ((2,), (1,))]
>>> plan_reshape(((2, 2), (1, 2), (2,)), (12, 2), room=100)
[(((2, 2), (3,), (2,)), ((6, 6), (2,)))]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod

from treadle.array.chunks import Chunks, shape_of

#: Dimensions of the old shape, and those of the new shape that have the same elements.
Group = tuple[tuple[int, ...], tuple[int, ...]]
#: Chunks that an array must have, and those that it has when its blocks are reshaped.
Stage = tuple[Chunks, Chunks]


def groups_of(old: Sequence[int], new: Sequence[int]) -> list[Group]:
    """Return the smallest groups of dimensions of equal products, in order.

    A side may be empty: the other one has length 1 then.
    """
    groups: list[Group] = []
    i = j = 0
    while i < len(old) or j < len(new):
        if i == len(old) or (j < len(new) and new[j] == 1 != old[i]):
            groups.append(((), (j,)))
            j += 1
            continue
        if j == len(new) or (old[i] == 1 != new[j]):
            groups.append(((i,), ()))
            i += 1
            continue
        left, right, a, b = i, j, old[i], new[j]
        i, j = i + 1, j + 1
        while a != b:
            if a < b:
                a, i = a * old[i], i + 1
            else:
                b, j = b * new[j], j + 1
        groups.append((tuple(range(left, i)), tuple(range(right, j))))
    return groups


def plan_reshape(
    chunks: Chunks, new: Sequence[int], room: int, *, merge: bool = True
) -> list[Stage]:
    """Return one or two stages that give an array of ``chunks`` a shape.

    Parameters
    ----------
    chunks : tuple of tuple of int
        Known, and of more than 0 elements.
    new : sequence of int
    room : int
        Elements that a block may have.
    merge : bool
        Without it, no block becomes longer than it is along the last dimension that is cut.
    """
    groups = groups_of(shape_of(chunks), new)
    longest = [prod(max(chunks[n]) for n in old) for old, _ in groups]
    plans: list[list[Stage]] = []
    for n, (old, into) in enumerate(groups):
        others = prod(length for m, length in enumerate(longest) if m != n)
        plan = _plan_group(
            tuple(chunks[axis] for axis in old), tuple(new[axis] for axis in into),
            max(room // others, 1), merge,
        )  # fmt: skip
        longest[n] = max(prod(map(max, side)) for stage in plan for side in stage)
        plans.append(plan)
    depth = max(map(len, plans), default=1)
    for plan in plans:
        while len(plan) < depth:
            plan.append((plan[-1][1], plan[-1][1]))
    return [
        (sum((plan[n][0] for plan in plans), ()), sum((plan[n][1] for plan in plans), ()))
        for n in range(depth)
    ]


def _plan_group(chunks: Chunks, new: tuple[int, ...], room: int, merge: bool) -> list[Stage]:
    old = shape_of(chunks)
    if not old or not new:
        return [(((1,),) * len(old), ((1,),) * len(new))]
    if len(old) == len(new) == 1:
        return [(chunks, chunks)]
    if len(new) == 1:
        return [_merged(chunks, room, merge)]
    if len(old) == 1:
        return [_split(chunks[0], new, room)]
    unit = math.lcm(prod(old[1:]), prod(new[1:]))
    if unit <= room and merge:
        after = prod(old[1:])
        sizes = rounded([length * after for length in chunks[0]], unit, room)
        return [(_cut_first(old, sizes), _cut_first(new, sizes))]
    first = _merged(chunks, room, merge)
    return [first, _split(first[1][0], new, room)]


def _merged(chunks: Chunks, room: int, merge: bool) -> Stage:
    """Return the stage that makes one dimension of several."""
    old = shape_of(chunks)
    axis = _contiguous(chunks)
    if axis is not None:
        lengths = chunks[axis]
    elif merge:
        axis = _axis_to_cut(old, room)
        most = max(room // prod(old[axis + 1 :]), 1)
        lengths = limited(_joined(chunks[axis], most) if axis else chunks[axis], most)
    else:
        axis = max(n for n, along in enumerate(chunks) if len(along) > 1)
        lengths = chunks[axis]
    after = prod(old[axis + 1 :])
    sizes = tuple(length * after for length in lengths) * prod(old[:axis])
    return _cut_at(old, axis, lengths), (sizes,)


def _split(sizes: tuple[int, ...], new: tuple[int, ...], room: int) -> Stage:
    """Return the stage that makes several dimensions of one."""
    axis = _axis_to_cut(new, room)
    after = prod(new[axis + 1 :])
    if axis == 0:
        flat = rounded(sizes, after, room)
        return (flat,), _cut_first(new, flat)
    most = max(min(max(sizes), room) // after, 1)
    lengths = limited((new[axis],), most)
    flat = tuple(length * after for length in lengths) * prod(new[:axis])
    return (flat,), _cut_at(new, axis, lengths)


def _contiguous(chunks: Chunks) -> int | None:
    """Return the dimension that is cut, if the elements of each block follow each other."""
    axis = 0
    while axis < len(chunks) - 1 and all(length == 1 for length in chunks[axis]):
        axis += 1
    return axis if all(len(lengths) == 1 for lengths in chunks[axis + 1 :]) else None


def _axis_to_cut(shape: Sequence[int], room: int) -> int:
    """Return the first dimension after which all dimensions may be whole."""
    return next(n for n in range(len(shape)) if prod(shape[n + 1 :]) <= max(room, 1))


def _cut_at(shape: Sequence[int], axis: int, lengths: tuple[int, ...]) -> Chunks:
    return tuple(
        (1,) * length if n < axis else lengths if n == axis else (length,)
        for n, length in enumerate(shape)
    )


def _cut_first(shape: Sequence[int], sizes: Sequence[int]) -> Chunks:
    after = prod(shape[1:])
    return _cut_at(shape, 0, tuple(size // after for size in sizes))


def _joined(lengths: Sequence[int], most: int) -> tuple[int, ...]:
    """Join neighbours as long as they are no longer than ``most`` together.

    >>> _joined((2, 2, 2), 5)
    (4, 2)
    """
    found: list[int] = []
    for length in lengths:
        if found and found[-1] + length <= most:
            found[-1] += length
        else:
            found.append(length)
    return tuple(found)


def limited(lengths: Sequence[int], most: int) -> tuple[int, ...]:
    """Cut those that are longer than ``most`` into nearly equal parts.

    >>> limited((7, 2), 3)
    (3, 2, 2, 2)
    """
    found: list[int] = []
    for length in lengths:
        parts = max(-(-length // most), 1)
        found += [length // parts + (n < length % parts) for n in range(parts)]
    return tuple(found)


def rounded(sizes: Sequence[int], unit: int, room: int | None = None) -> tuple[int, ...]:
    """Return sizes that are multiples of ``unit``, and end near to where the given ones end; none
    of them larger than ``room``, if there is room for one unit.

    >>> rounded((5, 5, 5, 9), 4)
    (4, 4, 8, 8)
    """
    ends = [round(end / unit) for end in accumulate(sizes, initial=0)]
    counts = [b - a for a, b in pairwise(sorted(set(ends)))]
    if room is not None:
        counts = list(limited(counts, max(room // unit, 1)))
    return tuple(count * unit for count in counts)
