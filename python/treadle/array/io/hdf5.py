"""HDF5: arrays as datasets of one file."""

from __future__ import annotations

import os
from typing import Any

from treadle.array.core import Array
from treadle.array.io.store import store
from treadle.array.locks import SerializableLock
from treadle.array.sources import HDF5Source


def to_hdf5(filename: Any, *args: Any, chunks: Any = True, **kwargs: Any) -> None:
    """Write arrays to datasets of an HDF5 file.

    Parameters
    ----------
    filename : str or path
        Made if it does not exist.
    *args : (str, Array) or dict of str to Array
        Names of datasets, and what to write to them.
    chunks : bool or tuple of int, default True
        Chunks of the datasets: True takes the length of the blocks, None stores them in one piece.
    **kwargs : object
        For ``h5py.File.create_dataset``: ``compression``, ``shuffle``, ...

    Raises
    ------
    ValueError
        If there is nothing to write, lengths of blocks are not known, or a dataset of that name
        has another shape or dtype.

    Notes
    -----
    Tasks open the file one after the other, in whichever process they are.

    Examples
    --------
    >>> import tempfile, h5py
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.to_hdf5(folder + "/file.h5", "/x", da.arange(3, chunks=2))
    ...     with h5py.File(folder + "/file.h5") as file:
    ...         file["x"][:]
    array([0, 1, 2])
    """
    import h5py

    if len(args) == 1 and isinstance(args[0], dict):
        data = args[0]
    elif len(args) == 2 and isinstance(args[0], str) and isinstance(args[1], Array):
        data = {args[0]: args[1]}
    else:
        raise ValueError(
            "pass a name and an array, to_hdf5(file, '/x', x), or a dict of them, {'/x': x}"
        )
    targets = []
    path = os.path.abspath(os.fspath(filename))
    with h5py.File(path, "a") as file:
        for name, x in data.items():
            options = dict(kwargs)
            if any(length != length for length in x.shape):
                raise ValueError(
                    f"an array of the unknown shape {x.shape} can't be saved to HDF5; call "
                    "compute_chunk_sizes() first"
                )
            if chunks is not None and chunks is not False and x.ndim and x.size:
                options["chunks"] = x.chunksize if chunks is True else chunks
            dataset = file.require_dataset(name, shape=x.shape, dtype=x.dtype, **options)
            targets.append(HDF5Source(path, dataset.name, shape=x.shape))
    lock = SerializableLock(f"hdf5 {path}")
    store(list(data.values()), targets, lock=lock)


__all__ = ["to_hdf5"]
