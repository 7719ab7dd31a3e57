"""Zarr: arrays in chunks that are files of their own, so that tasks write them side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from treadle.array.chunks import Chunks, is_known, starts
from treadle.array.core import Array
from treadle.array.from_array import from_array
from treadle.array.io.store import store
from treadle.array.rechunk import rechunk


def to_zarr(
    arr: Array,
    url: Any,
    component: str | None = None,
    storage_options: dict[str, Any] | None = None,
    region: Any = None,
    compute: bool = True,
    return_stored: bool = False,
    mode: str = "a",
    **zarr_array_kwargs: Any,
) -> Any:
    """Write an array to a zarr array.

    Parameters
    ----------
    arr : Array
    url : str, path, zarr.Array, store of zarr
        Where; an array of zarr is filled as it is.
    component : str, optional
        Name of the array in a group.
    storage_options : dict, optional
        For file systems that are not local.
    region : tuple of slice, optional
        What of an existing zarr array to write to.
    compute : bool, default True
        Write now.  Otherwise a ``Delayed`` is returned that writes.
    return_stored : bool, default False
        Return what is in the file, as an array.
    mode : {"a", "w", "w-", "r+"}, default "a"
        ``"w"`` replaces what is there, ``"a"`` and ``"w-"`` refuse to, ``"r+"`` fills an array that
        is there.
    **zarr_array_kwargs : object
        For :func:`zarr.create_array`: ``chunks``, ``shards``, ``compressors``, ...

    Returns
    -------
    None, Delayed or Array

    Raises
    ------
    ValueError
        If lengths of blocks are not known, a shape does not fit, or the mode is not known.
    zarr.errors.ContainsArrayError
        If there is an array already.

    Notes
    -----
    Blocks are rechunked to whole chunks (or shards) of the file where they are not: tasks that
    write to one chunk at once would spoil it.

    Examples
    --------
    >>> import tempfile
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.to_zarr(da.arange(6, chunks=4), folder + "/x.zarr")
    ...     da.from_zarr(folder + "/x.zarr").compute()
    array([0, 1, 2, 3, 4, 5])
    """
    zarr = _zarr()
    if not is_known(arr.chunks):
        raise ValueError(
            f"an array of the unknown shape {arr.shape} can't be saved to zarr; call "
            "compute_chunk_sizes() first"
        )
    if mode not in ("a", "w", "w-", "r+"):
        raise ValueError(f"mode must be 'a', 'w', 'w-' or 'r+', not {mode!r}")
    if isinstance(url, zarr.Array):
        target = url
    elif mode == "r+":
        target = zarr.open_array(
            _location(url), path=component, mode="r+", storage_options=storage_options
        )
    elif region is not None:
        raise ValueError("a region is one of an array that exists: pass it, or take mode='r+'")
    else:
        options = {"chunks": _even(arr.chunks), **zarr_array_kwargs}
        name = options.pop("name", None)
        options.setdefault("overwrite", mode == "w")
        target = zarr.create_array(
            _location(url), name=component or name, shape=arr.shape, dtype=arr.dtype,
            storage_options=storage_options, **options,
        )  # fmt: skip
    arr = rechunk(arr, _aligned(arr.chunks, target, region))
    return store(
        arr, target, lock=False, regions=region, compute=compute, return_stored=return_stored
    )


def from_zarr(
    url: Any,
    component: str | None = None,
    storage_options: dict[str, Any] | None = None,
    chunks: Any = None,
    name: str | None = None,
    inline_array: bool = False,
    **kwargs: Any,
) -> Array:
    """Return a zarr array as an array in blocks.

    Parameters
    ----------
    url : str, path, zarr.Array, store of zarr
    component : str, optional
        Name of the array in a group.
    storage_options : dict, optional
        For file systems that are not local.
    chunks : int, tuple, str, optional
        Lengths of blocks; those of the file's chunks (or shards) without it.
    name : str, optional
        Name of the keys.
    inline_array : bool
        As for :func:`treadle.array.from_array`.
    **kwargs : object
        For :func:`zarr.open_array`.

    Returns
    -------
    Array

    Raises
    ------
    FileNotFoundError
        If there is no such array.

    Examples
    --------
    >>> import tempfile
    >>> import treadle.array as da
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     da.to_zarr(da.ones((4, 4), chunks=2), folder + "/x.zarr")
    ...     da.from_zarr(folder + "/x.zarr").chunks
    ((2, 2), (2, 2))
    """
    zarr = _zarr()
    if isinstance(url, zarr.Array):
        source = url
    else:
        kwargs.setdefault("mode", "r")
        source = zarr.open_array(
            _location(url), path=component, storage_options=storage_options, **kwargs
        )
    if chunks is None:
        chunks = source.shards or source.chunks
    return from_array(source, chunks=chunks, name=name, inline_array=inline_array)


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise ImportError("zarr arrays need zarr: install it with 'pip install zarr'") from None
    return zarr


def _location(url: Any) -> Any:
    return os.fspath(url) if isinstance(url, os.PathLike) else url


def _even(chunks: Chunks) -> tuple[int, ...]:
    """Return the length of all chunks of a file along each dimension."""
    return tuple(max(*lengths, 1) for lengths in chunks)


def _aligned(chunks: Chunks, target: Any, region: Any) -> Chunks:
    """Return blocks of whole chunks of the target, as near to those there are as can be."""
    from treadle.array.io.store import _region

    pieces = target.shards or target.chunks
    found: list[tuple[int, ...]] = []
    lengths = iter(chunks)
    for entry, piece, total in zip(
        _region(region, target.shape), pieces, target.shape, strict=True
    ):
        if isinstance(entry, int):
            continue
        along = next(lengths)
        begin = entry.start or 0
        step = entry.step or 1
        found.append(_snapped(along, range(begin, total, step), piece))
    return tuple(found)


def _snapped(along: Sequence[int], places: range, piece: int) -> tuple[int, ...]:
    """Return blocks that begin where chunks do, or in the first place.

    >>> _snapped((3, 3, 3), range(9), 4), _snapped((3, 3), range(2, 8), 4)
    ((4, 5), (2, 4))
    """
    begins = starts(along)
    kept = [0]
    for begin in begins[1:-1]:
        place = places[begin]
        snapped = place // piece * piece  # the chunk it is in goes to the block before, or after
        if place - snapped > piece / 2:
            snapped += piece
        first = -(-(snapped - places.start) // places.step)
        if kept[-1] < first < begins[-1]:
            kept.append(first)
    return tuple(b - a for a, b in zip(kept, [*kept[1:], begins[-1]], strict=True))


__all__ = ["from_zarr", "to_zarr"]
