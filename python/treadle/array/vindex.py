"""Pointwise indexing: ``x.vindex[[0, 1], [2, 3]]`` takes ``x[0, 2]`` and ``x[1, 3]``."""

from __future__ import annotations

from typing import Any

import treadle.array as da
from treadle.array.core import Array
from treadle.array.indexing import cut_basic, read_index, take_arrays


class VIndex:
    """Takes elements pointwise; what ``x.vindex`` is.

    Arrays of the index are broadcast together, and their dimensions come first in the result,
    wherever the indexed dimensions stood; slices are taken of the others.

    Parameters
    ----------
    array : Array

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.arange(12).reshape(3, 4), chunks=2)
    >>> x.vindex[[0, 1, 2], [3, 0, 1]].compute()
    array([3, 4, 9])
    >>> x.vindex[:, [[1, 2]]].shape
    (1, 2, 3)
    """

    def __init__(self, array: Array):
        self._array = array

    def __getitem__(self, index: Any) -> Array:
        x = self._array
        rest, axes, arrays, _ = cut_basic(x, read_index(x.shape, index))
        return take_arrays(rest, axes, arrays, 0) if arrays else rest

    def __setitem__(self, index: Any, value: Any) -> None:
        x = self._array
        x._expr = da.with_elements(x, index, value, pointwise_first=True).expr


__all__ = ["VIndex"]
