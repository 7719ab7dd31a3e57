"""Systems and inverses of tensors, taken as matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.linalg.inputs import need_known
from treadle.array.linalg.solving import inv, solve


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Array:
    """Solve ``tensordot(a, x, x.ndim) = b``.

    Parameters
    ----------
    a : array_like
        Of the shape of ``b`` and then that of ``x``, whose sizes are equal.
    b : array_like
    axes : sequence of int, optional
        Dimensions of ``a`` that go to the right first.

    Returns
    -------
    Array

    Raises
    ------
    LinAlgError
        If the sizes don't make ``a`` a square matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> a = da.from_array(np.eye(4).reshape(2, 2, 2, 2), chunks=2)
    >>> da.linalg.tensorsolve(a, np.ones((2, 2))).compute()
    array([[1., 1.],
           [1., 1.]])
    """
    a, b = asanyarray(a), asanyarray(b)
    need_known(a, "tensorsolve")
    if axes is not None:
        order = [n for n in range(a.ndim) if n not in axes] + list(axes)
        a = da.transpose(a, order)
    shape = a.shape[b.ndim :]
    size = math.prod(shape)
    if a.size != size**2:
        raise np.linalg.LinAlgError(
            f"tensorsolve takes as many equations as unknowns, not {a.shape}"
        )
    x = solve(da.reshape(a, (size, size)), da.ravel(b))
    return da.reshape(x, shape)


def tensorinv(a: Any, ind: int = 2) -> Array:
    """Inverse of a tensor with respect to ``tensordot(a, b, ind)``.

    Parameters
    ----------
    a : array_like
        The first ``ind`` dimensions have the same size together as the others.
    ind : int

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``ind`` isn't positive.
    LinAlgError
        If the sizes don't make ``a`` a square matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> a = da.from_array(np.eye(4).reshape(2, 2, 4), chunks=2)
    >>> da.linalg.tensorinv(a).shape
    (4, 2, 2)
    """
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    a = asanyarray(a)
    need_known(a, "tensorinv")
    rows, columns = a.shape[:ind], a.shape[ind:]
    inverse = inv(da.reshape(a, (math.prod(rows), math.prod(columns))))
    return da.reshape(inverse, columns + rows)


__all__ = ["tensorinv", "tensorsolve"]
