"""What the tasks of ``x[index] = value`` do to one block: a copy of it, with elements set.

``basic`` has an int or a slice for each dimension of the block, or None along one of them if the
block has no element of the index; arrays index the dimensions ``axes`` of what that cuts out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE


def keep(block: Any) -> Any:
    """Return a block that the index does not touch."""
    return block


def set_elements(
    block: Any, basic: tuple[Any, ...], local: tuple[Any, ...] | None, axes: Any, value: Any
) -> Any:
    """Set elements at places that are written in the task.

    ``local`` has the places for each of ``axes``; None if the block has none of them.
    """
    if local is None or None in basic:
        return block

    def assign(out: Any, value: Any) -> None:
        if not local:
            out[basic] = value
        else:
            view = out[(*basic, ...)]  # also of an element it is a view
            view[_index(view.ndim, axes, local)] = value

    return _assigned(block, value, assign)


def set_where(block: Any, mask: Any, basic: tuple[Any, ...], axis: int, value: Any) -> Any:
    """Set the elements where a block of booleans is true."""
    if None in basic:
        return block

    def assign(out: Any, value: Any) -> None:
        view = out[(*basic, ...)]  # also of an element it is a view
        view[(WHOLE,) * axis + (np.asarray(mask),)] = value

    return _assigned(block, value, assign)


def set_in_order(
    block: Any, mask: Any, limits: tuple[Any, ...], basic: tuple[Any, ...], axis: int, value: Any
) -> Any:
    """Set the elements where booleans are true to values that follow each other.

    ``mask`` is whole, ``limits`` say which part of it is the block's.
    """
    mask = np.asarray(mask)
    count = int(np.count_nonzero(mask))
    given = value.shape[axis]
    if given not in (1, count):
        raise ValueError(
            f"boolean array indexing assignment cannot assign {given} input values to the {count} "
            "output values where the mask is true"
        )
    if None in basic:
        return block
    here = tuple(slice(start, stop) for start, stop in limits)
    own = mask[here]
    if given > 1:
        places = (np.cumsum(mask.ravel()) - 1).reshape(mask.shape)[here][own]
        value = value[(WHOLE,) * axis + (places,)]
    return set_where(block, own, basic, axis, value)


def set_points(
    block: Any,
    limits: tuple[Any, ...],
    basic: tuple[Any, ...],
    axes: tuple[int, ...],
    position: int,
    value: Any,
    *indices: Any,
) -> Any:
    """Set elements at places that are in blocks themselves, each whole.

    ``value`` has the dimensions of the index at ``position``, unless it is a scalar; ``limits``
    are first place, last place and length of the whole for each of ``axes``.
    """
    whole = np.broadcast_arrays(*map(np.asarray, indices))
    inside: Any = True
    local = []
    for places, (start, stop, total), axis in zip(whole, limits, axes, strict=True):
        flat = check_places(places.ravel(), total, axis)
        inside = inside & (flat >= start) & (flat < stop)
        local.append(flat - start)
    if None in basic or not inside.any():
        return block
    if np.ndim(value):
        shape = whole[0].shape
        first = np.moveaxis(value, range(position, position + len(shape)), range(len(shape)))
        rest = first.shape[len(shape) :]
        flat = np.broadcast_to(first, shape + rest, subok=True).reshape((-1, *rest))
        value = np.moveaxis(flat[inside], 0, position)

    def assign(out: Any, value: Any) -> None:
        view = out[basic]
        view[_index(view.ndim, axes, [places[inside] for places in local])] = value

    return _assigned(block, value, assign)


def check_places(places: Any, total: int, axis: int) -> Any:
    """Return places that are not negative; raise if one is out of bounds."""
    if places.size:
        low, high = places.min(), places.max()
        if low < -total or high >= total:
            wrong = low if low < -total else high
            raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {total}")
    return np.where(places < 0, places + total, places)


def set_field(block: Any, value: Any, field: str) -> Any:
    """Set a field of all records."""
    out = np.broadcast_to(block, np.broadcast_shapes(block.shape, np.shape(value))).copy()
    out[field] = value
    return out


def _index(ndim: int, axes: Any, local: Any) -> tuple[Any, ...]:
    index: list[Any] = [WHOLE] * ndim
    for axis, places in zip(axes, local, strict=True):
        index[axis] = places
    return tuple(index)


def _assigned(block: Any, value: Any, assign: Callable[[Any, Any], None]) -> Any:
    """Return a copy of a block that values were assigned to."""
    if isinstance(value, np.ma.MaskedArray) or isinstance(block, np.ma.MaskedArray):
        # Both parts by themselves: a view of a masked array may have a mask of its own.
        data = np.ma.getdata(block).copy()
        mask = np.ma.getmaskarray(block).copy()
        values, masked = np.ma.getdata(value), np.ma.getmaskarray(value)
        if np.ndim(value) == 0:
            if not masked:
                assign(data, values)
        else:
            assign(data, values)
        assign(mask, masked)
        return np.ma.masked_array(data, mask, fill_value=getattr(block, "fill_value", None))
    out = np.array(block) if isinstance(block, np.generic) else block.copy()
    assign(out, value)
    return out
