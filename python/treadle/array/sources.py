"""Arrays that are read piece by piece: files, and whatever else has a shape and takes slices.

Tasks carry the source itself.  Open files can't be sent to other processes, so they are wrapped in
what opens them again over there.

>>> data = np.arange(6)
>>> read_block((range(1, 6, 2),), data, None, False, True)
array([1, 3, 5])
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import numpy as np

from treadle.array.basic_indexing import take
from treadle.array.locks import SerializableLock
from treadle.array.placed import Places


class HDF5Source:
    """A dataset of an HDF5 file; in other processes the file is opened for each read.

    Parameters
    ----------
    filename, path : str
        The file, and the dataset's name in it.
    dataset : h5py.Dataset, optional
        The open dataset, in the process that opened it.
    shape : tuple of int, optional
    """

    def __init__(self, filename: str, path: str, dataset: Any = None, shape: Any = None):
        self.filename = filename
        self.path = path
        self.shape = shape if dataset is None else dataset.shape
        self._dataset = dataset

    def __getitem__(self, index: Any) -> Any:
        # A closed dataset is false: the file may have been closed after the array was made.
        if self._dataset is not None and self._dataset:
            return self._dataset[index]
        import h5py

        with h5py.File(self.filename, "r") as file:
            return file[self.path][index]

    def __setitem__(self, index: Any, block: Any) -> None:
        if self._dataset is not None and self._dataset:
            self._dataset[index] = block
            return
        import h5py

        with h5py.File(self.filename, "r+") as file:
            file[self.path][index] = block

    def __reduce__(self) -> tuple[Any, ...]:
        return HDF5Source, (self.filename, self.path, None, self.shape)

    def __repr__(self) -> str:
        return f"<HDF5Source {self.filename}:{self.path}>"


class MappedFile:
    """An array in a file that is mapped into memory; other processes map it again.

    Parameters
    ----------
    filename : str
    layout : tuple
        Dtype, bytes before the first element, shape, strides.
    array : numpy.ndarray, optional
        The mapped array, in the process that mapped it.
    """

    def __init__(self, filename: str, layout: tuple[Any, ...], array: Any = None):
        self.filename = filename
        self.shape = layout[2]
        self._layout = layout
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        if self._array is None:
            dtype, offset, shape, strides = self._layout
            buffer = np.memmap(self.filename, np.uint8, "r")
            self._array = np.ndarray(shape, dtype, buffer, offset, strides)
        entries = index if isinstance(index, tuple) else (index,)
        piece = self._array[(*entries, ...)]
        piece.flags.writeable = False  # whoever changed it would change the file
        return piece

    def __setitem__(self, index: Any, block: Any) -> None:
        if self._array is None or not self._array.flags.writeable:
            dtype, offset, shape, strides = self._layout
            buffer = np.memmap(self.filename, np.uint8, "r+")
            self._array = np.ndarray(shape, dtype, buffer, offset, strides)
        self._array[index] = block

    def __reduce__(self) -> tuple[Any, ...]:
        return MappedFile, (self.filename, self._layout)

    def __repr__(self) -> str:
        return f"<MappedFile {self.filename}>"


class InThisProcess:
    """An array in memory that is written to: a copy of it elsewhere would be of no use."""

    def __init__(self, array: Any):
        self._array = array
        self.shape = array.shape

    def __getitem__(self, index: Any) -> Any:
        return self._array[index]

    def __setitem__(self, index: Any, block: Any) -> None:
        self._array[index] = block

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "an array in memory can't be written to by other processes: compute with "
            'scheduler="threads", or store into a file'
        )


def mapped_file(x: np.memmap[Any, Any]) -> MappedFile | None:
    """Return a mapped array as one that can be sent; None if its file doesn't hold its elements."""
    whole: Any = x
    while isinstance(whole.base, np.memmap):
        whole = whole.base
    if whole.filename is None or whole.mode == "c":
        return None
    offset = whole.offset + x.ctypes.data - whole.ctypes.data
    layout = (x.dtype, offset, x.shape, x.strides)
    return MappedFile(os.fspath(whole.filename), layout, x.view(np.ndarray))


def sendable(x: Any) -> Any:
    """Return a source in a form that other processes can open."""
    kind = f"{type(x).__module__}.{type(x).__name__}"
    if kind == "h5py._hl.dataset.Dataset" and x.file.filename:
        return HDF5Source(os.path.abspath(x.file.filename), x.name, x)
    if isinstance(x, np.memmap):
        return mapped_file(x) or x
    return x


def source_token(x: Any) -> Any:
    """Return what stands for the values of a source; None if they may change behind our back."""
    filename = None
    where: Any = None
    if isinstance(x, np.memmap):
        mapped = mapped_file(x)
        if mapped is not None and not x.flags.writeable:
            filename, where = mapped.filename, mapped._layout
    elif isinstance(source := sendable(x), HDF5Source) and x.file.mode == "r":
        filename, where = source.filename, source.path
    if filename is None:
        changes = type(x).__module__.split(".")[0] in ("h5py", "zarr") or isinstance(x, np.memmap)
        return None if changes else x
    found = os.stat(filename)
    return os.path.abspath(filename), where, found.st_mtime_ns, found.st_size


def stored_chunks(x: Any) -> tuple[tuple[int, ...], ...] | None:
    """Return the pieces a source is stored in, along each dimension; None if it has none."""
    pieces = getattr(x, "shards", None) or getattr(x, "chunks", None)
    try:
        lengths = tuple(pieces)  # type: ignore[arg-type]
    except TypeError:
        return None
    if len(lengths) != len(x.shape):
        return None
    if all(isinstance(length, (int, np.integer)) for length in lengths):
        return tuple((int(length),) for length in lengths)
    return lengths if all(isinstance(length, tuple) for length in lengths) else None


def read_block(
    places: Places,
    source: Any,
    getitem: Callable[..., Any] | None,
    lock: Any,
    asarray: bool,
) -> Any:
    """Read some places of a source.

    Steps are taken after the read: few sources know them, and those that do are slow at them.
    """
    cover = []
    inside: list[slice | int] = []
    for along in places:
        if isinstance(along, int):
            cover.append(slice(along, along + 1))
            inside.append(0)
        elif len(along):
            cover.append(slice(along[0], along[-1] + 1))
            inside.append(slice(None, None, along.step))
        else:
            cover.append(slice(0, 0))
            inside.append(slice(None))
    block = _read(source, tuple(cover), getitem, lock, asarray)
    if all(entry == slice(None, None, 1) or entry == slice(None) for entry in inside):
        return block
    return take(block, tuple(inside))


def _read(
    source: Any,
    index: tuple[slice, ...],
    getitem: Callable[..., Any] | None,
    lock: Any,
    asarray: bool,
) -> Any:
    if getitem is not None and _takes_options(getitem):
        return getitem(source, index, asarray=asarray, lock=lock)
    with lock or nullcontext():
        block = source[index] if getitem is None else getitem(source, index)
        return np.asarray(block) if asarray else block


@lru_cache(100)
def _takes_options(getitem: Callable[..., Any]) -> bool:
    """Tell whether a user's function takes ``asarray`` and ``lock``, as Dask passes them."""
    try:
        names = set(inspect.signature(getitem).parameters)
    except (TypeError, ValueError):
        return False
    return {"asarray", "lock"} <= names


def as_lock(lock: Any) -> Any:
    """Return the lock that a user means: True is a new one, False and None are none."""
    if lock is True:
        return SerializableLock()
    if lock is False or lock is None:
        return None
    if not hasattr(lock, "__enter__"):
        raise TypeError(f"lock must be True, False, or a lock to be used in `with`, not {lock!r}")
    return lock
