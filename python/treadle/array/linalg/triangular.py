"""Triangular systems of blocks.

The triangle is halved again and again, so that nearly all of the work is in matrix products, which
run beside other tasks: SciPy's own triangular solver holds Python's lock all the time, and its BLAS
has threads of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Triangles of so many rows are solved as they are.
SMALL = 64


def solve_triangle(a: Any, b: Any, *, lower: bool, unit: bool = False) -> Any:
    """Return ``x`` with ``triangle of a @ x = b``; the rest of ``a`` is not looked at.

    Raises
    ------
    LinAlgError
        If a zero stands on the diagonal.
    """
    if not unit and a.shape[0] and not np.diagonal(a).all():
        raise np.linalg.LinAlgError("the matrix is singular: a zero stands on the diagonal")
    x = np.array(b, np.result_type(a, b), order="C")
    vector = x.ndim == 1
    _solve(a, x[:, np.newaxis] if vector else x, lower, unit)
    return x


def _solve(a: Any, x: Any, lower: bool, unit: bool) -> None:
    """Solve in place."""
    rows = a.shape[0]
    if rows <= SMALL:
        triangle = np.tril(a) if lower else np.triu(a)
        if unit:
            np.fill_diagonal(triangle, 1)
        x[...] = np.linalg.solve(triangle, x)
        return
    half = rows // 2
    if lower:
        _solve(a[:half, :half], x[:half], lower, unit)
        x[half:] -= a[half:, :half] @ x[:half]
        _solve(a[half:, half:], x[half:], lower, unit)
    else:
        _solve(a[half:, half:], x[half:], lower, unit)
        x[:half] -= a[:half, half:] @ x[half:]
        _solve(a[:half, :half], x[:half], lower, unit)
