"""What the tasks of ``topk``, ``sort`` and ``searchsorted`` do.

``k`` counts the largest elements if it is positive, the smallest if it is negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.finalize import concatenate_blocks

#: Elements, and their places along the axis in the whole array.
Placed = tuple[Any, Any]


def _end(k: int) -> slice:
    """Return where the elements are after a partition."""
    return slice(-k, None) if k > 0 else slice(None, -k)


def _along(axis: int, entry: slice) -> tuple[slice, ...]:
    return (slice(None),) * axis + (entry,)


def top(k: int, axis: int, block: Any) -> Any:
    """Return the top of a block, in no order."""
    if abs(k) >= block.shape[axis]:
        return block
    if k == 0:
        return block[_along(axis, slice(0, 0))]
    found = np.partition(block, -k if k > 0 else -k - 1, axis=axis)[_along(axis, _end(k))]
    return found.copy() if type(found) is np.ndarray else found  # not a view of the whole block


def top_of_all(k: int, axis: int, *parts: Any) -> Any:
    """Return the top of several parts."""
    return top(k, axis, concatenate_blocks(list(parts), axis))


def top_in_order(k: int, axis: int, part: Any) -> Any:
    """Return the top of a part, the outermost first."""
    found = np.sort(top(k, axis, part), axis=axis)
    return found[_along(axis, slice(None, None, -1))] if k > 0 else found


def top_with_places(k: int, axis: int, block: Any, begin: tuple[int, ...]) -> Placed:
    """Return the top of a block and its places in the whole, in no order."""
    shape = [-1 if n == axis else 1 for n in range(block.ndim)]
    places = np.arange(begin[axis], begin[axis] + block.shape[axis]).reshape(shape)
    return _chosen(k, axis, block, np.broadcast_to(places, block.shape))


def _chosen(k: int, axis: int, values: Any, places: Any) -> Placed:
    if abs(k) >= values.shape[axis]:
        return values, places
    if k == 0:
        none = _along(axis, slice(0, 0))
        return values[none], places[none]
    order = np.argpartition(values, -k if k > 0 else -k - 1, axis=axis)[_along(axis, _end(k))]
    return np.take_along_axis(values, order, axis), np.take_along_axis(places, order, axis)


def places_of_all(k: int, axis: int, *parts: Placed) -> Placed:
    """Return the top of several parts, with places."""
    values = concatenate_blocks([part[0] for part in parts], axis)
    return _chosen(k, axis, values, np.concatenate([part[1] for part in parts], axis))


def places_in_order(k: int, axis: int, part: Placed) -> Any:
    """Return the places of the top of a part, the outermost first."""
    values, places = _chosen(k, axis, *part)
    order = np.argsort(values, axis=axis)
    if k > 0:
        order = order[_along(axis, slice(None, None, -1))]
    return np.take_along_axis(places, order, axis)


def places(ordered: Any, wanted: Any, side: Any) -> Any:
    """Return where elements go in a sorted block, with a first dimension of length 1."""
    return np.asarray(np.searchsorted(ordered, wanted, side=side))[np.newaxis]


def sorted_block(block: Any, axis: int, descending: bool, stable: bool) -> Any:
    """Return a block sorted along an axis."""
    found = np.sort(block, axis=axis, kind="stable" if stable else None)
    return np.flip(found, axis) if descending else found


def sorting_places(block: Any, axis: int, descending: bool, stable: bool) -> Any:
    """Return the places that sort a block along an axis."""
    kind: Any = "stable" if stable else None
    if not descending:
        return np.argsort(block, axis=axis, kind=kind)
    # Backwards twice, so that equal elements stay in their order.
    backwards = np.argsort(np.flip(block, axis), axis=axis, kind=kind)
    return np.flip(block.shape[axis] - 1 - backwards, axis)


__all__: list[str] = []
