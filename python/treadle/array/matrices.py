"""Matrices that are mostly zeros: identities, triangles, diagonals."""

# ruff: noqa: N803, N806 -- N and M are NumPy's names

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.exceptions import AxisError

from treadle.array.chunks import Chunks, is_known, normalize_chunks, starts
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import elementwise, operand, per_position
from treadle.array.meta import meta_of
from treadle.array.placed import Places, open_grid, placed_array
from treadle.graph.blockwise import Axis, Blockwise
from treadle.graph.gather import Gather
from treadle.graph.layer import AnyTemplate, Inputs


def eye(
    N: int,
    chunks: Any = "auto",
    M: int | None = None,
    k: int = 0,
    dtype: Any = float,
    *,
    device: Any = None,
) -> Array:
    """Return a matrix of zeros with ones on a diagonal.

    Parameters
    ----------
    N : int
        Rows.
    chunks : int, tuple, str
        Lengths of blocks; see :func:`treadle.array.normalize_chunks`.
    M : int, optional
        Columns; as many as rows without it.
    k : int
        Which diagonal: 0 is the main one, positive ones lie above it.
    dtype : dtype
    device : {"cpu"}, optional

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        For negative lengths, and chunks that don't fit.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.eye(3, chunks=2, k=1, dtype=int).compute()
    array([[0, 1, 0],
           [0, 0, 1],
           [0, 0, 0]])
    """
    return _of_places("eye", eye_block, N, M, k, dtype, chunks, device)


def identity(n: int, dtype: Any = float, *, chunks: Any = "auto") -> Array:
    """Return a square matrix with ones on the main diagonal.

    Parameters
    ----------
    n : int
    dtype : dtype
    chunks : int, tuple, str

    Examples
    --------
    >>> import treadle.array as da
    >>> da.identity(2, dtype=int, chunks=1).compute()
    array([[1, 0],
           [0, 1]])
    """
    return eye(n, chunks=chunks, dtype=dtype)


def tri(
    N: int,
    M: int | None = None,
    k: int = 0,
    dtype: Any = float,
    chunks: Any = "auto",
    *,
    like: Any = None,
) -> Array:
    """Return a matrix with ones at and below a diagonal, zeros above.

    Parameters
    ----------
    N, M, k, dtype, chunks
        As for :func:`treadle.array.eye`.
    like : array_like, optional
        Blocks are arrays of this kind.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.tri(3, dtype=int, chunks=2).compute()
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    return _of_places("tri", tri_block, N, M, k, dtype, chunks, None, like)


def _of_places(
    prefix: str,
    func: Any,
    N: int,
    M: int | None,
    k: int,
    dtype: Any,
    chunks: Any,
    device: Any,
    like: Any = None,
) -> Array:
    from treadle.array.creation import as_shape, check_device

    check_device(device)
    shape = as_shape((N, N if M is None else M))
    kind = np.dtype(float if dtype is None else dtype)
    blocks = normalize_chunks(chunks, shape, dtype=kind)
    args: tuple[Any, ...] = (int(k), kind.str)
    meta = None
    if like is not None:
        meta = meta_of(like.meta if isinstance(like, Array) else like, 2, kind)
        args = (*args, meta)
    return placed_array(prefix, blocks, kind, func, args, meta=meta)


def eye_block(places: Places, k: int, dtype: str) -> Any:
    """Return ones where the column is ``k`` past the row."""
    rows, columns = places
    if isinstance(rows, int) or isinstance(columns, int):
        row, column = open_grid(places)
        return np.asarray(column - row == k).astype(dtype)
    block = np.zeros((len(rows), len(columns)), dtype)
    for n, row in enumerate(rows):
        if row + k in columns:
            block[n, columns.index(row + k)] = 1
    return block


def tri_block(places: Places, k: int, dtype: str, like: Any = None) -> Any:
    """Return ones where the column is not more than ``k`` past the row."""
    row, column = open_grid(places)
    block = np.asarray(column - row <= k).astype(dtype)
    return block if like is None else np.asarray(block, like=like)


def tril(m: Any, k: int = 0) -> Array:
    """Return a copy of matrices with zeros above a diagonal.

    Parameters
    ----------
    m : array_like
        Of two dimensions or more; the last two are those of the matrices.
    k : int
        Which diagonal: 0 is the main one, positive ones lie above it.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there are fewer than two dimensions, or their lengths are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.tril(da.ones((2, 2), dtype=int, chunks=1)).compute()
    array([[1, 0],
           [1, 1]])
    """
    return _triangle(asanyarray(m), k, kept_below)


def triu(m: Any, k: int = 0) -> Array:
    """Return a copy of matrices with zeros below a diagonal; see :func:`treadle.array.tril`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.triu(da.ones((2, 2), dtype=int, chunks=1)).compute()
    array([[1, 1],
           [0, 1]])
    """
    return _triangle(asanyarray(m), k - 1, kept_above)


def _triangle(m: Array, k: int, keep: Any) -> Array:
    if m.ndim < 2:
        raise ValueError(f"triangles need two dimensions or more, not shape {m.shape}")
    _need_known(m, m.chunks[-2:], "a triangle")
    below = tri(m.shape[-2], m.shape[-1], k=k, dtype=bool, chunks=m.chunks[-2:])
    made = elementwise(keep, (m.expr, below.expr), {}, meta=m.meta, like=m.expr)
    return Array(made.renamed(f"{keep.__name__}-{made.name.rpartition('-')[2]}"))


def kept_below(block: Any, below: Any) -> Any:
    """Return elements at and below the diagonal, zeros above."""
    return np.where(below, block, np.zeros_like(block, shape=(1,) * block.ndim))


def kept_above(block: Any, below: Any) -> Any:
    """Return elements above the diagonal, zeros at and below."""
    return np.where(below, np.zeros_like(block, shape=(1,) * block.ndim), block)


def _need_known(array: Array, chunks: Chunks, what: str) -> None:
    if not is_known(chunks):
        raise ValueError(
            f"{what} of an array of the unknown shape {array.shape} can't be found; call "
            "compute_chunk_sizes() first"
        )


# -- diagonals -------------------------------------------------------------------------------------


def diag(v: Any, k: int = 0) -> Array:
    """Return a matrix with a vector on a diagonal, or the diagonal of a matrix.

    Parameters
    ----------
    v : array_like
        Of one dimension, or of two.
    k : int
        Which diagonal: 0 is the main one, positive ones lie above it.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        For other numbers of dimensions, and lengths that are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.diag(da.arange(1, 3, chunks=1)).compute()
    array([[1, 0],
           [0, 2]])
    """
    v = asanyarray(v)
    if v.ndim == 2:
        return diagonal(v, offset=k)
    if v.ndim != 1:
        raise ValueError(f"diag() takes one or two dimensions, not shape {v.shape}")
    _need_known(v, v.chunks, "a matrix with the diagonal")
    lengths = v.chunks[0]
    beside = (abs(k),) if k else ()
    chunks = (
        (*lengths, *beside) if k > 0 else (*beside, *lengths),
        (*beside, *lengths) if k > 0 else (*lengths, *beside),
    )
    # Block (row, column) holds block `row - above` of the vector where both count the same one.
    above, left = (1 if k < 0 else 0), (1 if k > 0 else 0)
    numblocks = (len(chunks[0]), len(chunks[1]))
    diagonal_rows = (np.arange(len(lengths)) + above) * numblocks[1]
    diagonal_rows += np.arange(len(lengths)) + left
    taken = np.zeros(numblocks[0] * numblocks[1], np.int64)
    taken[diagonal_rows] = 1
    meta = meta_of(v.meta, 2)

    def rows() -> Inputs:
        indptr = np.concatenate([[0], np.cumsum(taken)])
        blocks = np.arange(len(lengths))
        return Inputs([v.name], indptr, np.zeros(len(lengths), np.int64), blocks)

    def templates() -> list[AnyTemplate]:
        shapes = [(a, b) for a in chunks[0] for b in chunks[1]]
        return [
            None if there else (shape, meta) for there, shape in zip(taken, shapes, strict=True)
        ]

    def body(name: str) -> Gather:
        return Gather(
            name, numblocks, (v.expr,), [zeros_block, np.diag], rows,
            function_index=taken, templates=templates,
        )  # fmt: skip

    return new_array("diag", (v.name, k), chunks, meta, body)


def zeros_block(shape: tuple[int, ...], meta: Any) -> Any:
    """Return a block of zeros of a meta's kind."""
    return np.zeros_like(meta, shape=shape)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return diagonals of matrices, along a new last dimension.

    Parameters
    ----------
    a : array_like
        Of two dimensions or more.
    offset : int
        Which diagonal: 0 is the main one, positive ones lie above it.
    axis1, axis2 : int
        Rows and columns of the matrices.

    Returns
    -------
    Array

    Raises
    ------
    numpy.exceptions.AxisError
        If an axis is out of range.
    ValueError
        If the axes are the same, there are fewer than two, or their lengths are not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.diagonal(da.tri(3, chunks=2), offset=-1).compute()
    array([1., 1.])
    """
    a = asanyarray(a)
    if a.ndim < 2:
        raise ValueError(f"diagonals need two dimensions or more, not shape {a.shape}")
    for axis in (axis1, axis2):
        if not -a.ndim <= axis < a.ndim:
            raise AxisError(axis, a.ndim)
    axis1, axis2 = axis1 % a.ndim, axis2 % a.ndim
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    _need_known(a, (a.chunks[axis1], a.chunks[axis2]), "a diagonal")
    blocks1, blocks2, offsets, lengths = _crossed(a.chunks[axis1], a.chunks[axis2], offset)
    others = [n for n in range(a.ndim) if n not in (axis1, axis2)]
    chunks = (*[a.chunks[n] for n in others], lengths)
    last = len(others)
    axes: list[Axis] = [Axis(None)] * a.ndim
    for out, n in enumerate(others):
        axes[n] = Axis(out)
    axes[axis1], axes[axis2] = Axis(last, blocks1), Axis(last, blocks2)
    along: list[tuple[Any, ...]] = [(0,) * len(a.chunks[n]) for n in others]

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, tuple(map(len, chunks)), diagonal_block,
            [operand(a.expr, axes), per_position(*along, offsets), axis1, axis2],
        )  # fmt: skip

    token = (a.name, offset, axis1, axis2)
    return new_array("diagonal", token, chunks, meta_of(a.meta, len(chunks)), body)


def _crossed(
    rows: tuple[int, ...], columns: tuple[int, ...], offset: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the blocks a diagonal crosses: rows, columns, offset in each, and length in each.

    >>> _crossed((2, 2), (3, 1), 0)
    ((0, 1, 1), (0, 0, 1), (0, 2, -1), (2, 1, 1))
    """
    row_starts, column_starts = starts(rows), starts(columns)
    row, column = max(0, -offset), max(0, offset)
    end = min(row_starts[-1] - row, column_starts[-1] - column)
    found = []
    done = 0
    while done < end:
        i = int(np.searchsorted(row_starts, row + done, "right")) - 1
        j = int(np.searchsorted(column_starts, column + done, "right")) - 1
        length = min(row_starts[i + 1] - row, column_starts[j + 1] - column, end) - done
        found.append((i, j, offset + row_starts[i] - column_starts[j], length))
        done += length
    if not found:  # past a corner: nothing of the first block
        return (0,), (0,), (max(rows[0], columns[0]) + 1,), (0,)
    return tuple(zip(*found, strict=True))  # type: ignore[return-value]


def diagonal_block(block: Any, offset: tuple[int, ...], axis1: int, axis2: int) -> Any:
    """Return the part of the diagonal that is in a block."""
    part = np.diagonal(block, offset[-1], axis1, axis2)
    return part.copy() if type(part) is np.ndarray else part


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:
    """Return a matrix whose columns are powers of a vector.

    Parameters
    ----------
    x : array_like
        Of one dimension.
    N : int, optional
        Number of columns; as many as ``x`` has elements without it.
    increasing : bool, default False
        Whether powers increase from left to right.

    Returns
    -------
    Array
        Its columns are in one block.

    Raises
    ------
    ValueError
        If ``x`` has not one dimension; without ``N`` if its length is not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.vander(da.arange(3, chunks=2), 3).compute()
    array([[0, 0, 1],
           [1, 1, 1],
           [4, 2, 1]])
    """
    x = asanyarray(x)
    if x.ndim != 1:
        raise ValueError(f"x must be a one-dimensional array or sequence, not of shape {x.shape}")
    if N is None:
        _need_known(x, x.chunks, "as many columns as elements")
        N = x.shape[0]
    chunks = (x.chunks[0], (int(N),))
    meta = meta_of(np.vander(x.meta, 1), 2)

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, (len(chunks[0]), 1), np.vander, [operand(x.expr, [0]), int(N), increasing]
        )

    return new_array("vander", (x.name, N, increasing), chunks, meta, body)
