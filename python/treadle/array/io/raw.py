"""Files of nothing but elements, as ``numpy.ndarray.tofile`` writes them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from treadle.array.chunks import is_known
from treadle.array.core import Array
from treadle.array.creation import as_shape
from treadle.array.from_array import from_array
from treadle.array.io.store import store


def tofile(x: Array, filename: Any, sep: str = "", format: str = "%s", compute: bool = True) -> Any:
    """Write the elements to a file, in C order, without any header.

    Parameters
    ----------
    x : Array
    filename : str or path
        Is replaced if it exists.
    sep, format : str
        Only the default, binary elements: text can't be written side by side.
    compute : bool, default True
        Write now.  Otherwise a ``Delayed`` is returned that writes.

    Returns
    -------
    None or Delayed

    Raises
    ------
    NotImplementedError
        With a separator.
    ValueError
        If lengths of blocks are not known, or elements are Python objects.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.tofile(da.arange(3, chunks=2), folder + "/x")
    ...     np.fromfile(folder + "/x", dtype=int)
    array([0, 1, 2])
    """
    if sep:
        raise NotImplementedError("text files are written by NumPy: x.compute().tofile(...)")
    if not is_known(x.chunks):
        raise ValueError(
            f"elements of an array of the unknown shape {x.shape} have no place in a file; call "
            "compute_chunk_sizes() first"
        )
    if x.dtype.hasobject:
        raise ValueError("Python objects have no bytes to be written to a file")
    path = os.path.abspath(os.fspath(filename))
    with open(path, "wb") as file:
        file.truncate(x.nbytes)
    if not x.nbytes:  # an empty file can't be mapped
        target: Any = np.empty(x.shape, x.dtype)
    else:
        target = np.memmap(path, x.dtype, "r+", 0, x.shape)
    return store(x, target, lock=False, compute=compute)


def fromfile(
    filename: Any,
    dtype: Any = float,
    shape: Any = None,
    chunks: Any = "auto",
    offset: int = 0,
) -> Array:
    """Return the elements of a file that has nothing else in it, or after ``offset`` bytes.

    Parameters
    ----------
    filename : str or path
    dtype : dtype
    shape : int or tuple of int, optional
        In C order; one dimension to the end of the file without it.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    offset : int
        Bytes before the first element.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the file is too short.

    Examples
    --------
    >>> import tempfile
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.tofile(da.arange(4, chunks=2), folder + "/x")
    ...     da.fromfile(folder + "/x", int, (2, 2)).compute()
    array([[0, 1],
           [2, 3]])
    """
    kind = np.dtype(dtype)
    path = os.path.abspath(os.fspath(filename))
    room = os.path.getsize(path) - offset
    lengths = (room // kind.itemsize,) if shape is None else as_shape(shape)
    if int(np.prod(lengths, dtype=object)) * kind.itemsize > room:
        raise ValueError(f"{path} has {room} bytes, too few for shape {lengths} of {kind}")
    if 0 in lengths:
        return from_array(np.empty(lengths, kind), chunks=chunks)
    return from_array(np.memmap(path, kind, "r", offset, lengths), chunks=chunks)


__all__ = ["fromfile", "tofile"]
