"""QR of tall blocks, in pieces that fit the caches.

LAPACK goes through a tall matrix column by column, and so through all of memory for each column.
A block is therefore cut into pieces of rows, all of which are factorized in one call; the R of
the pieces, stacked, are factorized in turn, and so on up (TSQR: Demmel, Grigori, Hoemmen, Langou,
"Communication-optimal parallel and sequential QR and LU factorizations", 2012).  For a block of
100,000 x 50 that takes a third of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.blas_threads import shares_blas

#: Elements of a piece, about; matrices that are wider than ``WIDE`` go to LAPACK as they are.
PIECE, WIDE = 2**16, 160


class TallQ:
    """Q of a tall block as it comes out of the pieces, not multiplied together yet.

    Parameters
    ----------
    pieces : array, (pieces, rows, columns)
        Q of each piece.
    rest : array or None
        Q of the rows left over.
    above : TallQ or None
        Q of the stacked R.
    """

    __slots__ = ("above", "pieces", "rest")

    def __init__(self, pieces: Any, rest: Any, above: TallQ | None):
        self.pieces = pieces
        self.rest = rest
        self.above = above

    def __reduce__(self) -> Any:
        return TallQ, (self.pieces, self.rest, self.above)

    def __sizeof__(self) -> int:
        below = 0 if self.rest is None else self.rest.nbytes
        return int(self.pieces.nbytes + below)

    def times(self, right: Any = None) -> Any:
        """Return Q, or Q times a matrix."""
        if self.above is None:
            return self.pieces[0] if right is None else self.pieces[0] @ right
        factor = self.above.times(right)
        count, rows, columns = self.pieces.shape
        below = 0 if self.rest is None else len(self.rest)
        whole = np.empty((count * rows + below, factor.shape[1]), factor.dtype)
        np.matmul(
            self.pieces,
            factor[: count * columns].reshape(count, columns, -1),
            out=whole[: count * rows].reshape(count, rows, -1),
        )
        if self.rest is not None:
            np.matmul(self.rest, factor[count * columns :], out=whole[count * rows :])
        return whole


def _piece_rows(rows: int, columns: int) -> int:
    """Return the rows of a piece; 0 if the block is best left whole."""
    if not columns or columns > WIDE:
        return 0
    length = max(PIECE // columns, 4 * columns)
    return length if rows >= 2 * length else 0


@shares_blas
def tall_qr(block: Any) -> tuple[TallQ, Any]:
    """Return Q, in factors, and R of a block."""
    return _tall_qr(block)


def _tall_qr(block: Any) -> tuple[TallQ, Any]:
    rows, columns = block.shape
    length = _piece_rows(rows, columns)
    if not length or type(block) is not np.ndarray:
        q, r = np.linalg.qr(block)
        return TallQ(q[np.newaxis], None, None), r
    count = rows // length
    pieces, tops = np.linalg.qr(block[: count * length].reshape(count, length, columns))
    stacked = tops.reshape(count * columns, columns)
    rest = None
    if rows > count * length:
        rest, top = np.linalg.qr(block[count * length :])
        stacked = np.concatenate([stacked, top])
    above, r = _tall_qr(stacked)
    return TallQ(pieces, rest, above), r


@shares_blas
def tall_r(block: Any) -> Any:
    """Return R of a block."""
    return _tall_r(block)


def _tall_r(block: Any) -> Any:
    rows, columns = block.shape
    length = _piece_rows(rows, columns)
    if not length or type(block) is not np.ndarray:
        return np.linalg.qr(block, mode="r")
    count = rows // length
    tops: Any = np.linalg.qr(block[: count * length].reshape(count, length, columns), mode="r")
    stacked = tops.reshape(count * columns, columns)
    if rows > count * length:
        stacked = np.concatenate([stacked, np.linalg.qr(block[count * length :], mode="r")])
    return _tall_r(stacked)


@shares_blas
def stacked_qr(*tops: Any) -> tuple[list[Any], Any]:
    """Return Q of matrices stacked on each other, cut where they were, and R."""
    factors, r = _tall_qr(np.concatenate(tops))
    q = factors.times()
    ends = np.cumsum([len(top) for top in tops])
    return np.split(q, ends[:-1]), r


def stacked_r(*tops: Any) -> Any:
    """Return R of matrices stacked on each other."""
    return tall_r(np.concatenate(tops))


@shares_blas
def q_times(factors: tuple[TallQ, Any], right: Any = None) -> Any:
    """Return the Q of a block, or Q times a matrix."""
    return factors[0].times(right)


@shares_blas
def part_times(factors: tuple[list[Any], Any], number: int, right: Any = None) -> Any:
    """Return the part of a stacked Q that belongs to one of the matrices, times a matrix."""
    part = factors[0][number]
    return part if right is None else part @ right


def r_of(factors: tuple[Any, Any]) -> Any:
    """Return R, without the Q that it came with."""
    return factors[1]
