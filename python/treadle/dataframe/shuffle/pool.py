"""Pieces on their way from old partitions to new ones: in memory as far as they fit, then on disk.

A task that cuts a partition returns `Pieces`, one `Piece` for each new partition. A piece is a
small handle: an engine passes it on, keeps it and lets go of it as it does with any result. ::

    cut ──> Pool.keep ──┬─ fits ──────> Piece, rows in memory ───┬─ load()     in this process
                        └─ too much ──> Piece, bytes in a file ──┴─ pickled    to another worker,
                                                                               into its pool

So the memory of a process is bounded whatever the size of the data. What a worker held that died
is made again as lost results always are. Files have no names: nothing is left of them when their
process has gone, however that came.

>>> import pandas as pd
>>> pool = Pool()
>>> (piece,) = pool.keep([pd.DataFrame({"x": range(1000)})], Room(memory=0))
>>> piece.nbytes, len(piece.load())
(0, 1000)
>>> del piece
>>> pool.nbytes_on_disk
0
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from treadle import config
from treadle.dataframe.shuffle.spill_file import Extent, SpillFile
from treadle.deploy.sizing import memory_limit
from treadle.errors import SpillError
from treadle.protocol.payloads import dump_payload
from treadle.utils.process import process_memory
from treadle.utils.sizeof import sizeof

#: Pieces of fewer bytes stay in memory: on disk their handles would take as much.
SMALL = 4096

#: What has come from other workers may take this much more than what was made here, since it
#: is about to be used.
ARRIVALS = 1.25


@dataclass(frozen=True, slots=True)
class Room:
    """Where pieces may lie; travels with the tasks that make them.

    Parameters
    ----------
    memory : int, float, str or None
        Bytes, or the part of a process's memory; None is the setting of that process.
    directory : str or None
        Of files; None is the setting of that process.
    """

    memory: int | float | str | None = None
    directory: str | None = None

    @classmethod
    def configured(cls) -> Room:
        """Return the room that settings allow."""
        return cls(config.get("dataframe.shuffle.memory"), config.get("temporary-directory"))

    def limit(self) -> int:
        """Return how many bytes pieces may take in the memory of this process."""
        memory = self.memory
        if memory is None:
            memory = config.get("dataframe.shuffle.memory")
        if not memory:
            return 0
        return memory_limit(memory, n_workers=1, total=process_memory())


class Piece:
    """Rows of one old partition that go to one new one; gives up its place when it is dropped.

    Attributes
    ----------
    rows : int
    nbytes : int
        Bytes it takes in memory: none, if it is on disk.
    """

    __slots__ = (
        "_error",
        "_extent",
        "_file",
        "_frame",
        "_packed",
        "_pool",
        "nbytes",
        "room",
        "rows",
    )

    def __init__(self, pool: Pool, rows: int, room: Room):
        self._pool = pool
        self.rows = rows
        self.room = room
        self.nbytes = 0
        self._frame: Any = None
        self._packed: list[Any] | None = None
        self._file: SpillFile | None = None
        self._extent: Extent | None = None
        self._error: SpillError | None = None

    def load(self) -> Any:
        """Return the rows, as a frame or series.

        Raises
        ------
        SpillError
            If they can't be read, or could not be written when they came.
        """
        if self._frame is not None:
            return self._frame
        head, *buffers = self._bytes()
        return pickle.loads(head, buffers=buffers)

    def _bytes(self) -> list[Any]:
        """The pickle of the rows, and the buffers of their arrays."""
        if self._error is not None:
            raise self._error
        if self._frame is not None:
            return packed(self._frame)
        if self._packed is not None:
            return self._packed
        assert self._file is not None
        assert self._extent is not None
        return list(self._file.read(self._extent))

    def __reduce__(self) -> tuple[Any, ...]:
        head, *buffers = self._bytes()
        views = [pickle.PickleBuffer(buffer) for buffer in buffers]
        return arrived, (bytes(head), views, self.rows, self.room)

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.forget(self)

    def __repr__(self) -> str:
        where = "on disk" if self._file is not None else "in memory"
        return f"<Piece: {self.rows} rows {where}>"


class Pieces(list[Piece]):
    """All pieces of one partition.

    Attributes
    ----------
    nbytes : int
        Bytes that would travel if it went to another worker, wherever they lie: so schedulers
        take pieces out of it where it is.
    """

    __slots__ = ("nbytes",)

    def __init__(self, pieces: Sequence[Piece] = (), nbytes: int = 0):
        super().__init__(pieces)
        self.nbytes = nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return Pieces, (list(self), self.nbytes)


class Pool:
    """The pieces of one process; any thread may use it.

    Attributes
    ----------
    nbytes : int
        Bytes of pieces in memory.
    """

    def __init__(self) -> None:
        # Reentrant: pieces may be dropped by the garbage collector wherever a thread is.
        self._lock = threading.RLock()
        self._files: dict[str | None, SpillFile] = {}
        self._writers: dict[SpillFile, int] = {}
        self.nbytes = 0

    def keep(self, frames: Sequence[Any], room: Room) -> Pieces:
        """Take the pieces of a partition, which have memory of their own.

        Raises
        ------
        SpillError
            If they have to go to disk, and can't.
        """
        limit = room.limit()
        of_row = _row_nbytes(frames)
        total = 0
        pieces = []
        for frame in frames:
            rows = len(frame)
            nbytes = int(rows * of_row)
            total += nbytes
            piece = Piece(self, rows, room)
            if nbytes < SMALL or self._reserve(nbytes, limit):
                piece._frame = frame
                piece.nbytes = nbytes
            else:
                self._spill(piece, packed(frame))
            pieces.append(piece)
        return Pieces(pieces, total)

    def take_in(self, record: list[Any], rows: int, room: Room) -> Piece:
        """Take a piece that has come from another process; never raises."""
        piece = Piece(self, rows, room)
        nbytes = sum(memoryview(buffer).nbytes for buffer in record)
        if nbytes < SMALL or self._reserve(nbytes, int(room.limit() * ARRIVALS)):
            piece._packed = record
            piece.nbytes = nbytes
            return piece
        try:
            self._spill(piece, record)
        except SpillError as error:
            piece._error = error  # for the task that needs it, not for the thread that fetches
        return piece

    def forget(self, piece: Piece) -> None:
        """Give up what a piece takes."""
        if piece._file is not None and piece._extent is not None:
            # Not under the lock: whoever holds that of a file may have to drop a piece.
            piece._file.free(piece._extent)
            with self._lock:
                self._close_if_empty(piece._file)
        elif piece.nbytes >= SMALL:
            with self._lock:
                self.nbytes -= piece.nbytes

    @property
    def nbytes_on_disk(self) -> int:
        """How many bytes of pieces are on disk."""
        return sum(file.nbytes for file in list(self._files.values()))

    def _reserve(self, nbytes: int, limit: int) -> bool:
        with self._lock:
            if self.nbytes + nbytes > limit:
                return False
            self.nbytes += nbytes
            return True

    def _spill(self, piece: Piece, record: list[Any]) -> None:
        directory = piece.room.directory or config.get("temporary-directory")
        with self._lock:
            file = self._files.get(directory)
            if file is None:
                file = self._files[directory] = SpillFile(directory)
            self._writers[file] = self._writers.get(file, 0) + 1
        try:
            piece._extent = file.write(record)
            piece._file = file
        finally:
            with self._lock:
                self._writers[file] -= 1
                self._close_if_empty(file)

    def _close_if_empty(self, file: SpillFile) -> None:
        """Close a file that nobody needs.  Called with the lock held."""
        if not file.nbytes and not self._writers.get(file):
            self._writers.pop(file, None)
            for directory in [place for place, one in self._files.items() if one is file]:
                del self._files[directory]
            file.close()

    def after_fork(self) -> None:
        """Begin anew in a forked process: locks may be held, and files are those of the parent."""
        self._lock = threading.RLock()
        self._files = {}
        self._writers = {}


#: Where the tasks of this process keep their pieces.
POOL = Pool()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=POOL.after_fork)


def arrived(head: bytes, buffers: list[Any], rows: int, room: Room) -> Piece:
    """Return the piece that another one was pickled as."""
    return POOL.take_in([head, *buffers], rows, room)


def packed(frame: Any) -> list[Any]:
    """Return the pickle of a frame, and the buffers of its arrays."""
    payload = dump_payload(frame, name="rows")
    return [b"".join(payload.pickle), *payload.buffers]


def _row_nbytes(frames: Sequence[Any]) -> float:
    """Bytes of a row, from the largest piece: asking each of very many takes longer than they.

    Columns of plain numbers are not asked at all, which takes pandas a millisecond.
    """
    largest = max(frames, key=len)
    if not len(largest):
        return 0.0
    if not isinstance(largest, pd.DataFrame):
        return sizeof(largest) / len(largest)
    labels = sizeof(largest.index)
    others = 0
    plain = 0
    for number, kind in enumerate(largest.dtypes):
        if isinstance(kind, np.dtype) and not kind.hasobject:
            plain += kind.itemsize
        else:
            others += sizeof(largest.iloc[:, number]) - labels
    return plain + (labels + others) / len(largest)
