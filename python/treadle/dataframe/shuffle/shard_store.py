"""Pieces of a shuffle, by the partition they go to: in memory as long as they fit, then on disk.

Every input partition is a source of pieces, and is taken once, whole: when a source comes again,
since its worker died and another did its work, it is ignored. ::

    source 7 --> {0: piece, 3: piece, 4: piece}
                      |
               buffer, by partition       full: all of it goes to disk, one record a partition
                      |
               read(3) --> records and buffer, in the order of sources, as one partition

All of the buffer is written at a time: pieces are views of what their source was, and a few that
stay would keep all of it in memory. Records are pickles whose arrays lie beside them: these hold
every dtype as it is, and are written and read 50 times quicker than small Arrow streams.

>>> import pandas as pd
>>> with ShardStore(memory_limit=2**20) as store:
...     _ = store.append(1, {0: pd.DataFrame({"x": [3]})})
...     _ = store.append(0, {0: pd.DataFrame({"x": [1]}), 5: pd.DataFrame({"x": [2]})})
...     store.read(0).x.tolist()
[1, 3]
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pandas as pd

from treadle.dataframe.shuffle.pieces import concat_parts
from treadle.dataframe.shuffle.spill_file import Extent, SpillFile
from treadle.utils.sizeof import sizeof

_PARTITIONS_A_FILE = 64  # so that space is freed while partitions are read one after the other


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece: where it comes from, its rows, and about how many bytes they take."""

    source: int
    rows: pd.DataFrame
    nbytes: int


class ShardStore:
    """Pieces of partitions, in bounded memory; any thread may append and read.

    Parameters
    ----------
    memory_limit : int
        Bytes that pieces may take in memory. Half of it is filled while the other half is written.
    directory : str, optional
        Where pieces go that don't fit. Files have no names there, and are gone with the process.
    meta : DataFrame, optional
        What a partition without rows is; otherwise any empty piece serves, if one came.
    """

    def __init__(
        self, memory_limit: int, directory: str | None = None, meta: pd.DataFrame | None = None
    ):
        self.memory_limit = memory_limit
        self.directory = directory
        self._meta = meta
        self._empty = meta
        self._sources: set[int] = set()
        self._buffer: dict[int, list[Shard]] = {}
        self._buffered = 0
        self._records: dict[int, list[Extent]] = {}
        self._files: dict[int, SpillFile] = {}
        self._closed = False
        self._lock = threading.Lock()  # the fields above; never held while a file is used
        self._writing = threading.Lock()  # one spill at a time; those who wait append no more

    def append(
        self, source: int, shards: Mapping[int, pd.DataFrame] | Sequence[pd.DataFrame]
    ) -> bool:
        """Take all pieces of a source.

        Parameters
        ----------
        source : int
            The number of the input partition: a partition's rows come in the order of these.
        shards : mapping or sequence of DataFrame
            By target partition.

        Returns
        -------
        bool
            False if the source had been taken before; nothing is done then.

        Raises
        ------
        SpillError
            If the disk is full. The pieces are taken nevertheless, and stay in memory.
        """
        pairs = shards.items() if isinstance(shards, Mapping) else enumerate(shards)
        filled = [(partition, rows) for partition, rows in pairs if len(rows)]
        row_nbytes = _row_nbytes([rows for _, rows in filled])
        with self._lock:
            self._check_open()
            if source in self._sources:
                return False
            self._sources.add(source)
            if self._empty is None:
                values = shards.values() if isinstance(shards, Mapping) else shards
                self._empty = next((rows.iloc[:0].copy() for rows in values), None)
            for partition, rows in filled:
                shard = Shard(source, rows, int(len(rows) * row_nbytes) + 1)
                self._buffer.setdefault(partition, []).append(shard)
                self._buffered += shard.nbytes
            full = self._is_full()
        if full:
            self.spill()
        return True

    def has(self, source: int) -> bool:
        """Whether a source has been taken."""
        with self._lock:
            return source in self._sources

    def read(self, partition: int, *, keep: bool = False) -> pd.DataFrame:
        """Return a partition, and give its pieces up unless told otherwise.

        Rows come in the order of their sources, whenever these arrived.

        Parameters
        ----------
        keep : bool
            Whether the partition may be read once more.
        """
        with self._writing:  # pieces that are on their way to disk are in neither place
            with self._lock:
                self._check_open()
                records = self._records.get(partition, [])
                shards = self._buffer.get(partition, [])
                empty = self._empty
            file = self._files.get(partition // _PARTITIONS_A_FILE)
            shards = [*shards, *(shard for extent in records for shard in _load(file, extent))]
            if not keep:
                self._forget(partition)
        shards.sort(key=lambda shard: shard.source)
        parts = [shard.rows for shard in shards]
        if parts:
            return concat_parts(parts, self._meta)
        if empty is None:
            raise KeyError(f"nothing came for partition {partition}, and there is no meta")
        return empty

    def _forget(self, partition: int) -> None:
        with self._lock:
            shards = self._buffer.pop(partition, [])
            self._buffered -= sum(shard.nbytes for shard in shards)
            records = self._records.pop(partition, [])
        for extent in records:
            self._files[partition // _PARTITIONS_A_FILE].free(extent)

    def spill(self) -> None:
        """Write the buffer to disk if it is full.

        Who made it full waits until it is written, and so do those who would fill it again.
        """
        with self._writing:
            with self._lock:
                if self._closed or not self._is_full():
                    return  # somebody else has written it meanwhile
                batch, self._buffer = self._buffer, {}
                nbytes, self._buffered = self._buffered, 0
            try:
                for partition in sorted(batch):
                    shards = batch[partition]
                    extent = self._file(partition).write(_dump(shards))
                    with self._lock:
                        self._records.setdefault(partition, []).append(extent)
                    del batch[partition]
                    nbytes -= sum(shard.nbytes for shard in shards)
            except BaseException:
                with self._lock:
                    for partition, shards in batch.items():
                        self._buffer[partition] = shards + self._buffer.get(partition, [])
                    self._buffered += nbytes
                raise

    def _is_full(self) -> bool:
        return self._buffered > self.memory_limit // 2

    def _file(self, partition: int) -> SpillFile:
        number = partition // _PARTITIONS_A_FILE
        if number not in self._files:
            self._files[number] = SpillFile(self.directory)
        return self._files[number]

    @property
    def nbytes_in_memory(self) -> int:
        """About how many bytes wait in memory."""
        return self._buffered

    @property
    def nbytes_on_disk(self) -> int:
        """How many bytes are on disk."""
        return sum(file.nbytes for file in list(self._files.values()))

    def close(self) -> None:
        """Give up everything, in memory and on disk."""
        with self._writing, self._lock:
            self._closed = True
            self._buffer.clear()
            self._records.clear()
            self._buffered = 0
            for file in self._files.values():
                file.close()
            self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("the store of a shuffle is closed, and all it held is gone")


def _row_nbytes(parts: list[pd.DataFrame]) -> float:
    """Bytes of a row, from the largest piece: asking each of very many takes longer than they."""
    if not parts:
        return 0.0
    largest = max(parts, key=len)
    return sizeof(largest) / len(largest)


def _dump(shards: list[Shard]) -> list[Any]:
    """Shards as a pickle and the buffers of their arrays."""
    buffers: list[pickle.PickleBuffer] = []
    # Tuples and one list of columns: pickling objects of our own, one by one, takes longer.
    plain = [(shard.source, shard.rows) for shard in shards]
    head = pickle.dumps(plain, 5, buffer_callback=buffers.append)
    return [head, *(buffer.raw() for buffer in buffers)]


def _load(file: SpillFile | None, extent: Extent) -> list[Shard]:
    assert file is not None  # there is an extent in it
    head, *buffers = file.read(extent)
    return [Shard(source, rows, 0) for source, rows in pickle.loads(head, buffers=buffers)]
