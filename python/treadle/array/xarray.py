"""Arrays in blocks for xarray: ``ds.chunk(chunked_array_type="treadle")``.

xarray finds this class by the entry point ``treadle`` of the group ``xarray.chunkmanagers``, and
asks it for whatever it wants done to arrays in blocks.  Where Dask is installed as well, both
kinds live side by side: each array belongs to the library that made it.  To have treadle wherever
xarray makes chunks, say ``xarray.set_options(chunk_manager="treadle")``.

>>> import numpy as np, xarray
>>> x = xarray.DataArray(np.arange(6.0), dims="time").chunk(time=2, chunked_array_type="treadle")
>>> x.mean().compute().item()
2.5
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from xarray.namedarray.parallelcompat import ChunkManagerEntrypoint

import treadle
import treadle.array as da
from treadle import config
from treadle.array.chunks import Chunks, normalize_chunks
from treadle.array.core import Array
from treadle.delayed import Delayed
from treadle.utils.format import parse_bytes


class TreadleManager(ChunkManagerEntrypoint["Array"]):
    """What xarray asks of arrays in blocks; the methods are functions of :mod:`treadle.array`."""

    array_cls: type[Array]
    available = True

    def __init__(self) -> None:
        self.array_cls = Array

    def chunks(self, data: Array) -> Chunks:
        """Return the lengths of an array's blocks."""
        return data.chunks

    def normalize_chunks(
        self,
        chunks: Any,
        shape: tuple[int, ...] | None = None,
        limit: int | None = None,
        dtype: Any = None,
        previous_chunks: Chunks | None = None,
    ) -> Chunks:
        """Return lengths of blocks from what a user wrote."""
        return normalize_chunks(chunks, shape, limit, dtype, previous_chunks)

    def from_array(self, data: Any, chunks: Any, **kwargs: Any) -> Array:
        """Return what xarray holds, in memory or lazily from a file, as an array in blocks."""
        if type(data).__name__ == "ImplicitToExplicitIndexingAdapter":  # a variable of a file
            kwargs.setdefault("meta", np.empty((0,) * data.ndim, data.dtype))
            kwargs.setdefault("asarray", True)
            kwargs.setdefault("name", False)
        return da.from_array(data, chunks, **kwargs)

    def compute(self, *data: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Compute arrays together; ``kwargs`` are those of :func:`treadle.compute`."""
        return treadle.compute(*data, **kwargs)

    def persist(self, *data: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return arrays that hold their blocks."""
        return treadle.persist(*data, **kwargs)

    @property
    def array_api(self) -> Any:
        """The functions for these arrays."""
        return da

    def reduction(
        self,
        arr: Array,
        func: Callable[..., Any],
        combine_func: Callable[..., Any] | None = None,
        aggregate_func: Callable[..., Any] | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: Any = None,
        keepdims: bool = False,
    ) -> Array:
        """Return a tree reduction by functions of xarray."""
        return da.reduction(
            arr, chunk=func, combine=combine_func, aggregate=aggregate_func or func, axis=axis,
            dtype=dtype, keepdims=keepdims,
        )  # fmt: skip

    def scan(
        self,
        func: Callable[..., Any],
        binop: Callable[..., Any],
        ident: float,
        arr: Array,
        axis: int | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> Array:
        """Return a running reduction along an axis."""
        return da.cumreduction(func, binop, ident, arr, axis=axis, dtype=dtype, **kwargs)

    def apply_gufunc(
        self, func: Callable[..., Any], signature: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Call a function along core dimensions: what ``apply_ufunc`` is made of."""
        return da.apply_gufunc(func, signature, *args, **kwargs)

    def map_blocks(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function on every block."""
        return da.map_blocks(func, *args, **kwargs)

    def blockwise(
        self, func: Callable[..., Any], out_ind: Iterable[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Call a function on blocks that indices match."""
        return da.blockwise(func, out_ind, *args, **kwargs)

    def unify_chunks(self, *args: Any, **kwargs: Any) -> tuple[dict[Any, Any], list[Array]]:
        """Return arrays in blocks that match along shared indices."""
        return da.unify_chunks(*args, **kwargs)

    def store(self, sources: Any, targets: Any, **kwargs: Any) -> Any:
        """Write arrays into the arrays of a file.

        Without ``compute`` xarray finishes the file in a task of Dask, which has to wait for this
        one: so it gets a ``Delayed`` of Dask that computes ours.
        """
        kwargs.pop("flush", None)  # for another library
        stored = da.store(sources, targets, **kwargs)
        if kwargs.get("compute", True) or not isinstance(stored, Delayed):
            return stored
        from dask.delayed import delayed

        return delayed(stored.compute, pure=False)()

    def shuffle(self, x: Array, indexer: list[list[int]], axis: int, chunks: Any) -> Array:
        """Return the elements of an axis in groups."""
        return da.shuffle(x, indexer, axis, chunks="auto" if chunks is None else chunks)

    def get_auto_chunk_size(self) -> int:
        """Return the bytes of a block where chunks are ``"auto"``."""
        return parse_bytes(config.get("array.chunk-size"))
