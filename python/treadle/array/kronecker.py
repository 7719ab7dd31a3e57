"""Kronecker products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import treadle.array as da
from treadle import config
from treadle.array.chunks import Chunks, is_known, normalize_chunks
from treadle.array.core import Array, new_array
from treadle.array.expr import operand
from treadle.array.factors import arrays_of, product_meta
from treadle.graph.blockwise import Blockwise
from treadle.utils.format import parse_bytes


def kron(a: Any, b: Any) -> Array:
    """Kronecker product: ``b`` scaled by every element of ``a``, side by side.

    Parameters
    ----------
    a, b : array_like
        The smaller of both should be ``b``, which is held whole.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the shape of ``b`` is not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.kron(da.arange(2, chunks=1), [1, 10]).compute()
    array([ 0,  0,  1, 10])
    """
    a, b = arrays_of(a, b)
    if not is_known(b.chunks):
        raise ValueError("kron needs a known shape; call compute_chunk_sizes() first")
    ndim = max(a.ndim, b.ndim)
    a, b = (da.reshape(x, (1,) * (ndim - x.ndim) + x.shape) if x.ndim < ndim else x for x in (a, b))
    if not ndim:
        product: Array = da.multiply(a, b)
        return product
    b = da.rechunk(b, -1)
    meta = product_meta(np.multiply, ndim, a, b)
    if is_known(a.chunks):  # a block of the result is so many times larger than one of ``a``
        room = parse_bytes(config.get("array.chunk-size"))
        largest = math.prod(a.chunksize) * max(b.size, 1) * meta.dtype.itemsize
        if largest > room:
            limit = max(room // max(b.size, 1), 1)
            chunks = normalize_chunks(
                "auto", a.shape, limit=limit, dtype=meta.dtype, previous_chunks=a.chunks
            )
            a = da.rechunk(a, chunks)
    whole: Chunks = tuple(
        tuple(length * times for length in lengths)
        for lengths, times in zip(a.chunks, b.shape, strict=True)
    )

    def body(name: str) -> Blockwise:
        args = [operand(a.expr, range(ndim)), operand(b.expr, [None] * ndim)]
        return Blockwise.call(name, a.numblocks, np.kron, args)

    return new_array("kron", (a.name, b.name), whole, meta, body)
