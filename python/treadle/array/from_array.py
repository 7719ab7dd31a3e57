"""Arrays that exist already, in memory or in a file, as blocks.

Arrays of NumPy become views that are written into the tasks.  All others are read by tasks, block
by block; a slice of them reads no more than the slice.

>>> import numpy as np
>>> import treadle.array as da
>>> da.from_array(np.arange(6), chunks=3)[4:].compute()
array([4, 5])
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np

from treadle.array import core
from treadle.array.basic_indexing import WHOLE, getitem, sliced_chunks
from treadle.array.chunks import Chunks, is_known, normalize_chunks, starts
from treadle.array.core import Array
from treadle.array.expr import ArrayExpr, Basic, elementwise, per_block
from treadle.array.meta import meta_of
from treadle.array.placed import Placed, Places
from treadle.array.sources import as_lock, read_block, sendable, source_token, stored_chunks
from treadle.base import current_annotations, is_treadle_collection
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.program import Program
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def from_array(
    x: Any,
    chunks: Any = "auto",
    name: Any = None,
    lock: Any = False,
    asarray: bool | None = None,
    fancy: bool = True,
    getitem: Callable[..., Any] | None = None,
    meta: Any = None,
    inline_array: bool = False,
) -> Array:
    """Return an array whose blocks are slices of ``x``.

    Parameters
    ----------
    x : array_like
        What has ``shape``, ``dtype`` and takes slices: an array in memory, a dataset of h5py, an
        array of zarr, ...  Lists and scalars become arrays of NumPy.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.  ``"auto"`` makes blocks of
        whole chunks of the file.
    name : str or bool, optional
        Name of the keys.  Without it a hash of the content; False, a random one, saves the
        hashing of large arrays.
    lock : bool or Lock, default False
        Hold a lock while reading; True makes one.
    asarray : bool, optional
        Make the pieces arrays of NumPy.  By default pieces of array libraries keep their kind.
    fancy : bool, default True
        Whether ``x`` takes lists of indices; only slices are ever asked of it.
    getitem : callable, optional
        Reads a piece, ``getitem(x, slices)``, instead of ``x[slices]``.  It gets ``asarray`` and
        ``lock`` too if it has parameters of these names.
    meta : array_like, optional
        An array of the kind and dtype of the pieces; or ``numpy.ndarray`` itself.
    inline_array : bool, default False
        For programs that know it; ``x`` is sent once to each process anyway.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If ``x`` is an array in blocks already, or chunks don't fit its shape.
    TypeError
        If ``x`` is another collection.

    Notes
    -----
    An array of NumPy is copied unless it is read-only, since changing it later would change the
    result.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array(np.arange(6).reshape(2, 3), chunks=(1, 3))
    >>> x.sum().compute()
    np.int64(15)
    """
    if isinstance(x, Array):
        raise ValueError("this is an array in blocks already; take asarray() or rechunk()")
    if is_treadle_collection(x):
        raise TypeError(f"a {type(x).__name__} can't be cut into blocks; see from_delayed()")
    x, fresh = _array_like(x)
    dtype = np.dtype(x.dtype)
    counted = np.dtype(np.intp) if dtype.hasobject else dtype
    blocks = normalize_chunks(chunks, x.shape, dtype=counted, previous_chunks=stored_chunks(x))
    in_memory = isinstance(x, np.ndarray) and sendable(x) is x
    literal = in_memory and not lock and getitem is None
    if meta is np.ndarray:  # a promise, of xarray for one
        asarray, meta = True, None
    if asarray is None:
        asarray = not hasattr(x, "__array_function__") or _is_lazy(x)
    if literal and asarray:
        x = np.asarray(x)
    token = None
    if name is None or name is True:
        token = x if in_memory else source_token(x)
        if token is not None:
            token = tokenize(token, blocks, lock, asarray, fancy, getitem, meta)
    name = name if isinstance(name, str) else f"array-{token or uuid.uuid4().hex}"
    if meta is None:
        meta = x if literal or not asarray else np.empty((), dtype)
    options: Any = {"source": outside_caller(), "annotations": current_annotations()}
    if literal:
        if not fresh and x.flags.writeable:
            if not _in_one_piece(blocks):
                return Array(
                    CopiedBlocks(name, _copies(x, blocks), blocks, meta_of(meta, x.ndim), **options)
                )
            x = x.copy()
        return Array(InMemory(name, x, blocks, meta_of(meta, x.ndim), **options))
    places = tuple(map(range, map(int, x.shape)))
    args = (sendable(x), getitem, as_lock(lock), bool(asarray))
    return Array(FromSource(name, blocks, meta_of(meta, len(x.shape)), places, args, **options))


def _array_like(x: Any) -> tuple[Any, bool]:
    """Return what can be sliced, and whether nobody else has it."""
    if type(x) is np.ndarray or isinstance(x, np.ndarray):
        return x, False
    library = type(x).__module__.split(".")[0]
    slices = hasattr(x, "shape") and hasattr(x, "dtype") and hasattr(x, "__getitem__")
    if slices and not isinstance(x, np.generic) and library != "pandas":
        return x, False
    array = np.asarray(x)
    return array, not isinstance(x, memoryview) and library != "pandas"


def _is_lazy(x: Any) -> bool:
    """Tell whether pieces of ``x`` are no data yet, though it speaks NumPy's protocols."""
    return type(x).__module__.split(".")[0] in ("dask", "xarray")


class InMemory(ArrayExpr):
    """Blocks that are views of an array in memory."""

    __slots__ = ("of",)

    def __init__(self, name: str, of: Any, chunks: Chunks, meta: Any, **options: Any):
        super().__init__(name, chunks, meta, **options)
        self.of = of

    def with_inputs(self, inputs: tuple[Expr, ...]) -> InMemory:
        return self

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        chunks = sliced_chunks(self.chunks, index)
        # With an Ellipsis an index of ints only is an array still.
        of = self.of[(*map(_numpy_entry, index), ...)]
        return InMemory(
            self.name, of, chunks, meta_of(self.meta, len(chunks)),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def rechunked(self, chunks: Chunks, users: Users) -> ArrayExpr | None:
        return InMemory(
            self.name, self.of, chunks, self.meta, source=self.source, annotations=self.annotations
        )

    def lower(self) -> Expr:
        def blocks() -> list[Any]:
            # Nobody can change the views: a task that did would change the array itself.
            array = self.of.view()
            array.flags.writeable = False
            if not self.ndim:
                return [array]
            along = [[slice(a, b) for a, b in pairwise(starts(n))] for n in self.chunks]
            return [array[index] for index in product(*along)]

        return Blockwise(
            self.name, self.numblocks, Program(1, ()), (per_block(self.numblocks, blocks),),
            cheap=True, source=self.source, annotations=self.annotations,
        )  # fmt: skip


def _in_one_piece(chunks: Chunks) -> bool:
    """Tell whether blocks of an array in C order lie in memory in one piece each."""
    return all(len(lengths) == 1 for lengths in chunks[1:])


def _copies(x: Any, chunks: Chunks) -> list[Any]:
    """Return a copy of each block, which lies in one piece and can't be changed."""
    along = [[slice(a, b) for a, b in pairwise(starts(n))] for n in chunks]
    copies = [x[index].copy() for index in product(*along)]
    for block in copies:
        block.flags.writeable = False
    return copies


class CopiedBlocks(ArrayExpr):
    """Blocks that are arrays of their own in memory.

    Since NumPy's arrays that others can change are copied, each block is put into one piece:
    summing a block whose rows lie apart takes four times as long.
    """

    __slots__ = ("blocks",)

    def __init__(self, name: str, blocks: list[Any], chunks: Chunks, meta: Any, **options: Any):
        super().__init__(name, chunks, meta, **options)
        self.blocks = blocks

    def with_inputs(self, inputs: tuple[Expr, ...]) -> CopiedBlocks:
        return self

    def lower(self) -> Expr:
        return Blockwise(
            self.name, self.numblocks, Program(1, ()), (per_block(self.numblocks, self.blocks),),
            cheap=True, source=self.source, annotations=self.annotations,
        )  # fmt: skip


def _numpy_entry(entry: slice | int) -> slice | int:
    """Return NumPy's form of an entry whose backward slices have the last element for stop."""
    if isinstance(entry, slice) and entry != WHOLE and entry.step < 0:
        return slice(entry.start, entry.stop - 1 if entry.stop else None, entry.step)
    return entry


class FromSource(Placed):
    """Blocks that are read from a source."""

    __slots__ = ()

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        places: Places,
        args: tuple[Any, ...],
        **options: Any,
    ):
        super().__init__(name, chunks, meta, places, read_block, args, cheap=False, **options)

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1:  # reading all of it once is better than parts of it often
            return None
        if not any(isinstance(entry, slice) and entry.step and entry.step < 0 for entry in index):
            return self._taken(index)
        cover, rest = zip(*map(_forward, index, self.shape), strict=True)
        if all(entry == WHOLE for entry in cover):
            return None
        read = self._taken(cover).renamed(getitem(self, cover).name)
        return getitem(read, tuple(entry for entry in rest if entry is not None))

    def rechunked(self, chunks: Chunks, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1 or not is_known(chunks):
            return None
        # Whole blocks in one read: any other cut might read chunks of a file more than once.
        merged = all(
            set(starts(new)) <= set(starts(old))
            for new, old in zip(chunks, self.chunks, strict=True)
        )
        return self._like(chunks, self.places) if merged else None

    def _like(self, chunks: Chunks, places: Places) -> FromSource:
        return FromSource(
            self.name, chunks, meta_of(self.meta, len(chunks)), places, self.args,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def _forward(entry: slice | int, length: int) -> tuple[slice | int, slice | None]:
    """Return what to read for an entry, going forward, and what to take of that."""
    if isinstance(entry, int):
        return entry, None
    if entry == WHOLE or entry.step > 0:
        return entry, WHOLE
    first, last = entry.stop, entry.start
    count = (last - first) // -entry.step + 1
    read = slice(first, last + 1, -entry.step)
    whole = (first, count, entry.step) == (0, length, -1)
    return WHOLE if whole else read, slice(count - 1, 0, -1)


# -- whatever there is, as an array in blocks ------------------------------------------------------


def asanyarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    like: Any = None,
    inline_array: bool = False,
    **options: Any,
) -> Array:
    """Return ``a`` as an array in blocks; arrays of other libraries keep their kind.

    Parameters
    ----------
    a : array_like
        An array in blocks comes back as it is; lists may hold some.
    dtype : dtype, optional
    order : {"C", "F", "A", "K"}, optional
        Memory layout of each block.
    like : array_like, optional
        Blocks are arrays of this kind.
    inline_array : bool
        As for :func:`treadle.array.from_array`.
    **options : object
        For :func:`treadle.array.from_array`.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.asanyarray([1, 2, 3]).compute()
    array([1, 2, 3])
    """
    x = _in_blocks(a, False, **options)
    return _converted(x, dtype, order, like, False)


def asarray(
    a: Any,
    allow_unknown_chunksizes: bool = False,
    dtype: Any = None,
    order: str | None = None,
    *,
    like: Any = None,
    copy: bool | None = None,
    device: Any = None,
    **options: Any,
) -> Array:
    """Return ``a`` as an array in blocks.

    Parameters
    ----------
    a : array_like
        An array in blocks comes back as it is; lists may hold some.
    allow_unknown_chunksizes : bool, default False
        Let arrays of unknown lengths in a list be stacked.
    dtype : dtype, optional
    order : {"C", "F", "A", "K"}, optional
        Memory layout of each block.
    like : array_like, optional
        Blocks are arrays of this kind.
    copy : bool, optional
        False refuses what has to be copied, or converted.
    device : {"cpu"}, optional
    **options : object
        For :func:`treadle.array.from_array`.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        With ``copy=False`` if a copy is needed.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.asarray([1, 2, 3], dtype="f4").compute()
    array([1., 2., 3.], dtype=float32)
    """
    from treadle.array.creation import check_device

    check_device(device)
    if copy is False and not isinstance(a, Array):
        raise ValueError("blocks of an array that is not in blocks yet are copies; take copy=None")
    if isinstance(a, np.ndarray) and type(a) is not np.ndarray:
        a = np.asarray(a)
    x = _in_blocks(a, allow_unknown_chunksizes, **options)
    made = _converted(x, dtype, order, like, copy is False)
    return made.copy() if copy and made is a else made


def array(
    x: Any, dtype: Any = None, ndmin: int | None = None, *, like: Any = None, **options: Any
) -> Array:
    """Return ``x`` as an array in blocks, with ``ndmin`` dimensions or more.

    Parameters
    ----------
    x : array_like
    dtype : dtype, optional
    ndmin : int, optional
    like : array_like, optional
        Blocks are arrays of this kind.
    **options : object
        For :func:`treadle.array.asarray`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.array([1, 2], ndmin=2).shape
    (1, 2)
    """
    found = asarray(x, dtype=dtype, like=like, **options)
    missing = max((ndmin or 0) - found.ndim, 0)
    return found[(np.newaxis,) * missing] if missing else found


def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Return an array of one dimension or more whose blocks are contiguous in C order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ascontiguousarray([1, 2]).compute()
    array([1, 2])
    """
    return array(a, dtype=dtype, ndmin=1, like=like, order="C")


def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Return an array of one dimension or more whose blocks are contiguous in Fortran order.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.asfortranarray([1, 2]).compute()
    array([1, 2])
    """
    return array(a, dtype=dtype, ndmin=1, like=like, order="F")


def _in_blocks(a: Any, allow_unknown_chunksizes: bool, **options: Any) -> Array:
    if isinstance(a, (list, tuple)) and _holds_arrays(a):
        from treadle.array.joining import stack

        parts = [_in_blocks(item, allow_unknown_chunksizes) for item in a]
        return stack(parts, allow_unknown_chunksizes=allow_unknown_chunksizes)
    if hasattr(a, "to_dask_array") and hasattr(a, "__treadle_expr__"):  # a frame of ours
        return a.to_dask_array()  # type: ignore[no-any-return]
    return core.asanyarray(a, **options)


def _holds_arrays(items: Any) -> bool:
    return any(
        _holds_arrays(item) if isinstance(item, (list, tuple)) else isinstance(item, Array)
        for item in items
    )


def _converted(x: Array, dtype: Any, order: str | None, like: Any, same: bool) -> Array:
    """Return the array in a dtype, memory layout and kind."""
    kind = like.meta if isinstance(like, Array) else like
    if kind is not None and type(kind) is type(x.meta):
        kind = None
    if dtype is not None and np.dtype(dtype) != x.dtype:
        if same:
            raise ValueError(f"{x.dtype} can't become {np.dtype(dtype)} without a copy")
        from treadle.array.dtypes import astype

        x = astype(x, dtype)
    if order not in ("C", "F"):
        order = None
    if kind is None and order is None:
        return x
    meta = x.meta if kind is None else meta_of(kind, x.ndim, x.dtype)
    options = {} if kind is None else {"like": meta}
    if order is not None:
        options["order"] = order
    return Array(elementwise(np.asanyarray, (x.expr,), options, meta=meta, like=x.expr))


__all__ = [
    "array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "from_array",
]  # fmt: skip
