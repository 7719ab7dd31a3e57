"""Which chunks lie between the old and the new ones of an array.

Going from rows to columns at once cuts each of ``n`` row blocks into ``m`` pieces.  With chunks in
between there are fewer: the numbers of blocks along each dimension go from old to new in even
ratios, so that blocks on the way have a size between the old and the new one, or up to a limit.

>>> old, new = ((1,) * 400, (400,)), ((400,), (1,) * 400)
>>> pieces(old, new)
160000
>>> (between,) = plan_rechunk(old, new, 8, threshold=20, limit=3200)
>>> list(map(len, between)), pieces(old, between), pieces(between, new)
([20, 20], 8000, 8000)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np

from treadle.array.chunks import Chunks, starts

#: So many stages are tried.
MOST_BETWEEN = 4


def pieces(old: Chunks, new: Chunks) -> int:
    """Return into how many pieces old and new borders together cut an array."""
    return prod(
        len(before) if before == after else len({*starts(before), *starts(after)}) - 1
        for before, after in zip(old, new, strict=True)
    )


def blocks(chunks: Chunks) -> int:
    """Return the number of blocks."""
    return prod(map(len, chunks))


def plan_rechunk(
    old: Chunks, new: Chunks, itemsize: int, threshold: float, limit: int
) -> list[Chunks]:
    """Return the chunks on the way, none if it is best to go at once.

    Parameters
    ----------
    old, new : tuple of tuple of int
        Known.
    itemsize : int
        Bytes of an element.
    threshold : float
        How many pieces there may be at each stage for each block before and after.
    limit : int
        Bytes of a block in between; at least those of the largest block before or after.
    """
    most = threshold * (blocks(old) + blocks(new))
    best: tuple[int, list[Chunks]] = (pieces(old, new), [])
    if best[0] <= most:
        return []
    room = max(limit // max(itemsize, 1), prod(map(max, old)), prod(map(max, new)))
    for count in range(1, MOST_BETWEEN + 1):
        stages: list[Chunks] = []
        for n in range(1, count + 1):
            stage = _between(stages[-1] if stages else old, new, old, n / (count + 1), room)
            stages.append(stage)
        sizes = [pieces(*pair) for pair in pairwise([old, *stages, new])]
        if sum(sizes) < best[0]:
            best = sum(sizes), stages
        if max(sizes) <= most:
            break
    return best[1]


def _between(before: Chunks, new: Chunks, old: Chunks, way: float, room: int) -> Chunks:
    """Return chunks that have come so far of the way from ``old`` to ``new``.

    Dimensions whose blocks grow keep borders of the blocks before; others get some of the borders
    of the new ones.
    """
    wanted = [len(a) ** (1 - way) * len(b) ** way for a, b in zip(old, new, strict=True)]
    borders = [
        starts(a) if len(o) >= len(b) else starts(b)
        for a, b, o in zip(before, new, old, strict=True)
    ]
    fixed = [a == b for a, b in zip(old, new, strict=True)]
    # Larger blocks mean fewer pieces: take them as large as there is room for.
    size = prod(
        max(a) if same else sum(a) / count
        for a, count, same in zip(old, wanted, fixed, strict=True)
    )
    free = [n for n, same in enumerate(fixed) if not same]
    shrink = max(room / max(size, 1), 1) ** (1 / max(len(free), 1))
    while True:
        chunks = tuple(
            before[n]
            if fixed[n]
            else _chosen(borders[n], max(wanted[n] / shrink, min(len(old[n]), len(new[n]))))
            for n in range(len(old))
        )
        if prod(map(max, chunks)) <= room or shrink < 1e-3:
            return chunks
        shrink /= 1.2


def _chosen(borders: Sequence[int], count: float) -> tuple[int, ...]:
    """Return about so many blocks of nearly one length, between some of the borders there are.

    >>> _chosen([0, 2, 4, 6, 8, 10, 12], 3)
    (4, 4, 4)
    """
    places = np.array(borders)
    ideal = np.linspace(places[0], places[-1], max(round(count), 1) + 1)
    after = np.searchsorted(places, ideal).clip(1, len(places) - 1)
    nearer = ideal - places[after - 1] <= places[after] - ideal
    chosen = np.unique(places[after - nearer])
    return tuple(np.diff(chosen).tolist()) or (0,)


def balanced(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return nearly equal lengths, one less if the shortest was no more than half of the longest.

    >>> balanced((5, 5, 5, 1)), balanced((5, 5, 4))
    ((6, 5, 5), (5, 5, 4))
    """
    count = len(lengths) - (2 * min(lengths) <= max(lengths) and len(lengths) > 1)
    length, longer = divmod(sum(lengths), count)
    return (length + 1,) * longer + (length,) * (count - longer)
