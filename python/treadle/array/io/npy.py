"""A folder of ``.npy`` files, one for each block along an axis, and a file that describes them."""

from __future__ import annotations

import os
import pickle
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from treadle import base
from treadle.array.chunks import Chunks, is_known
from treadle.array.core import Array, new_array
from treadle.array.expr import operand, per_position
from treadle.array.io.store import all_written
from treadle.array.meta import meta_of
from treadle.array.rechunk import rechunk
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand


def to_npy_stack(dirname: Any, x: Array, axis: int = 0) -> None:
    """Write an array to a folder, one ``.npy`` file for each block along an axis.

    Parameters
    ----------
    dirname : str or path
        Made if it does not exist.
    x : Array
    axis : int
        Blocks along the other axes are put together.

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis is out of range.
    ValueError
        If lengths of blocks are not known.

    Examples
    --------
    >>> import os, tempfile
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.to_npy_stack(folder, da.ones((3, 2), chunks=2))
    ...     sorted(os.listdir(folder))
    ['0.npy', '1.npy', 'info']
    """
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    if not is_known(x.chunks):
        raise ValueError(
            f"files of an array of the unknown shape {x.shape} can't be described; call "
            "compute_chunk_sizes() first"
        )
    axis %= x.ndim
    chunks: Chunks = tuple(
        lengths if n == axis else (sum(lengths),) for n, lengths in enumerate(x.chunks)
    )
    x = rechunk(x, chunks)
    folder = Path(dirname).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    names = [str(folder / f"{n}.npy") for n in range(len(chunks[axis]))]
    files = per_position(*[names if n == axis else [""] for n in range(x.ndim)])

    def body(name: str) -> Blockwise:
        args = [operand(x.expr, range(x.ndim)), files, axis]
        return Blockwise.call(name, x.numblocks, save_block, args)

    base.compute(all_written([new_array("to-npy", uuid.uuid4().hex, chunks, x.meta, body)]))
    # Last, so that a folder that can be read is whole.  The form is Dask's.
    with open(folder / "info", "wb") as file:
        pickle.dump({"chunks": chunks, "dtype": x.dtype, "axis": axis}, file)


def save_block(block: Any, names: tuple[str, ...], axis: int) -> None:
    """Write a file beside the one that it then replaces: nobody ever reads half of it."""
    path = names[axis]
    part = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(part, "wb") as file:
            np.save(file, np.asarray(block))
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


class _DtypesOnly(pickle.Unpickler):
    """Reads pickles of numbers, containers and dtypes; refuses to call anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "numpy" and name == "dtype":
            return np.dtype
        if module == "numpy.dtypes":
            return getattr(np.dtypes, name)
        raise pickle.UnpicklingError(f"a description of arrays holds no {module}.{name}")


def from_npy_stack(dirname: Any, mmap_mode: Any = "r") -> Array:
    """Return the array that :func:`treadle.array.to_npy_stack` wrote to a folder.

    Parameters
    ----------
    dirname : str or path
    mmap_mode : {"r", "c", None}, default "r"
        Map the files instead of reading them: what is not used is not read.

    Returns
    -------
    Array

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    pickle.UnpicklingError
        If its description is none.

    Examples
    --------
    >>> import tempfile
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.to_npy_stack(folder, da.arange(3, chunks=2))
    ...     da.from_npy_stack(folder).compute()
    array([0, 1, 2])
    """
    folder = Path(dirname).absolute()
    with open(folder / "info", "rb") as file:
        info = _DtypesOnly(file).load()
        written = os.fstat(file.fileno()).st_mtime_ns
    chunks, axis, dtype = info["chunks"], info["axis"], np.dtype(info["dtype"])
    names = [str(folder / f"{n}.npy") for n in range(len(chunks[axis]))]
    numblocks = tuple(map(len, chunks))
    files = Operand(GridValues(names), (Axis(axis),))

    def body(name: str) -> Blockwise:
        return Blockwise.call(name, numblocks, load_file, [files, mmap_mode])

    token = (str(folder), chunks, axis, dtype, mmap_mode, written)
    return new_array("from-npy-stack", token, chunks, meta_of(dtype, len(chunks), dtype), body)


def load_file(name: tuple[str, ...], mmap_mode: Any) -> Any:
    """Return the array in a file; nobody can write to the file through it."""
    array = np.load(name[0], mmap_mode=mmap_mode)
    if not isinstance(array, np.memmap):
        return array
    block = array.view(np.ndarray)
    if mmap_mode != "c":
        block.flags.writeable = False
    return block


__all__ = ["from_npy_stack", "to_npy_stack"]
