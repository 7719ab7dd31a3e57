"""What products ask of their factors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from treadle.array.contraction import Labels
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import broadcast_shapes, write_into
from treadle.array.meta import compute_meta, meta_of


def arrays_of(*values: Any) -> list[Array]:
    return [asanyarray(value) for value in values]


def product_meta(func: Any, ndim: int, *arrays: Array, **kwargs: Any) -> Any:
    """Return the kind and dtype of products; shapes of the metas are no matter."""
    dtype = kwargs.pop("dtype", None)
    metas = [meta_of(array.meta, 1) for array in arrays]
    meta = compute_meta(func, *metas, **kwargs)
    if meta is None:
        meta = arrays[0].meta
        dtype = dtype or np.result_type(*[array.dtype for array in arrays])
    return meta_of(meta, ndim, dtype)


def need_same(a: Array, b: Array, axis: int, other: int, what: str) -> None:
    """Refuse dimensions that are to be summed over together and differ in length."""
    m, n = a.shape[axis], b.shape[other]
    if m != n and not (math.isnan(m) or math.isnan(n)):
        raise ValueError(
            f"{what}: dimension {axis % a.ndim} of the first array has length {m} and dimension "
            f"{other % b.ndim} of the second {n}; shapes {a.shape} and {b.shape}"
        )


def batch_labels(a: Array, b: Array, own: int, other: int) -> tuple[Labels, Labels, Labels]:
    """Return labels of the dimensions that are broadcast: of each array, and of the result."""
    shapes = [x.shape[: x.ndim - n] for x, n in ((a, own), (b, other))]
    broadcast_shapes(*shapes)
    several: list[Labels] = [tuple(("batch", n) for n in range(-len(shape), 0)) for shape in shapes]
    return several[0], several[1], max(several, key=len)


def into(out: Any, result: Array) -> Array:
    """Return the result, having made ``out`` the same array if there is one."""
    if isinstance(out, tuple):
        (out,) = out
    return result if out is None else write_into(out, result, True, "same_kind")
