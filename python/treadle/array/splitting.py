"""Arrays taken apart along a dimension."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from treadle.array.core import Array, asanyarray

Where = int | Sequence[int]


def array_split(ary: Any, indices_or_sections: Where, axis: int = 0) -> list[Array]:
    """Return the parts of an array along a dimension, which may be uneven.

    Parameters
    ----------
    ary : array_like
    indices_or_sections : int or sequence of int
        How many parts, or where they end.
    axis : int

    Returns
    -------
    list of Array

    Raises
    ------
    ValueError
        If there is to be no part, or the length is not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.array_split(da.ones(7, chunks=3), 3)]
    [(3,), (2,), (2,)]
    """
    ary = asanyarray(ary)
    axis = normalize_axis_index(axis, ary.ndim)
    length = _length(ary, axis)
    if np.ndim(indices_or_sections) == 0:
        count = operator.index(indices_or_sections)  # type: ignore[arg-type]
        if count < 1:
            raise ValueError(f"there must be 1 or more parts, not {count}")
        each, longer = divmod(length, count)
        ends = np.cumsum([0] + [each + 1] * longer + [each] * (count - longer)).tolist()
    else:
        ends = [0, *indices_or_sections, length]  # type: ignore[misc]
    before = (slice(None),) * axis
    return [ary[(*before, slice(*pair))] for pair in pairwise(ends)]


def _length(ary: Array, axis: int) -> int:
    length = ary.shape[axis]
    if math.isnan(length):
        raise ValueError(
            f"an array can't be split along axis {axis}, whose length is not known; call "
            "compute_chunk_sizes() first"
        )
    return length


def split(ary: Any, indices_or_sections: Where, axis: int = 0) -> list[Array]:
    """Return the parts of an array along a dimension, equally long ones if only their number is
    given.

    Parameters
    ----------
    ary : array_like
    indices_or_sections : int or sequence of int
        How many parts, or where they end.
    axis : int

    Returns
    -------
    list of Array

    Raises
    ------
    ValueError
        If parts can't be equally long.

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.split(da.ones(7, chunks=3), [2, 5])]
    [(2,), (3,), (2,)]
    """
    ary = asanyarray(ary)
    axis = normalize_axis_index(axis, ary.ndim)
    if np.ndim(indices_or_sections) == 0 and indices_or_sections:
        length = _length(ary, axis)
        if length % indices_or_sections:  # type: ignore[operator]
            raise ValueError(
                f"a dimension of {length} can't be split into {indices_or_sections} equal parts; "
                "array_split makes uneven ones"
            )
    return array_split(ary, indices_or_sections, axis)


def _split_along(ary: Any, where: Where, axis: int, least: int) -> list[Array]:
    ary = asanyarray(ary)
    if ary.ndim < least:
        raise ValueError(f"an array of {least} or more dimensions is needed, not {ary.ndim}")
    return split(ary, where, axis)


def hsplit(ary: Any, indices_or_sections: Where) -> list[Array]:
    """Return the parts of an array along the second dimension, of a vector along its only one.

    Parameters
    ----------
    ary : array_like
    indices_or_sections : int or sequence of int
        How many parts, or where they end.

    Returns
    -------
    list of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.hsplit(da.ones((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    ary = asanyarray(ary)
    return _split_along(ary, indices_or_sections, 0 if ary.ndim == 1 else 1, 1)


def vsplit(ary: Any, indices_or_sections: Where) -> list[Array]:
    """Return the parts of an array along the first dimension.

    Parameters
    ----------
    ary : array_like
        Of two or more dimensions.
    indices_or_sections : int or sequence of int
        How many parts, or where they end.

    Returns
    -------
    list of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.vsplit(da.ones((2, 4)), 2)]
    [(1, 4), (1, 4)]
    """
    return _split_along(ary, indices_or_sections, 0, 2)


def dsplit(ary: Any, indices_or_sections: Where) -> list[Array]:
    """Return the parts of an array along the third dimension.

    Parameters
    ----------
    ary : array_like
        Of three or more dimensions.
    indices_or_sections : int or sequence of int
        How many parts, or where they end.

    Returns
    -------
    list of Array

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.dsplit(da.ones((2, 4, 2)), 2)]
    [(2, 4, 1), (2, 4, 1)]
    """
    return _split_along(ary, indices_or_sections, 2, 3)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the arrays that lie along a dimension.

    Parameters
    ----------
    x : array_like
    axis : int

    Returns
    -------
    tuple of Array

    Raises
    ------
    ValueError
        If there is no dimension, or its length is not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> [part.shape for part in da.unstack(da.ones((2, 4)))]
    [(4,), (4,)]
    """
    x = asanyarray(x)
    if not x.ndim:
        raise ValueError("an array without dimensions can't be taken apart")
    axis = normalize_axis_index(axis, x.ndim)
    before = (slice(None),) * axis
    return tuple(x[(*before, n)] for n in range(_length(x, axis)))


__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]
