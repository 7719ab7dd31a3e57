"""Footers of Parquet files: rows, sizes and extremes of row groups, read once.

Decides nothing.  A footer is kept in the process while it is among the last few hundred, so tasks
that read several row groups of a file parse it once.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from treadle.dataframe.io.dataset_files import DataFile, is_local, open_file
from treadle.dataframe.io.row_filters import Extremes
from treadle.errors import DataFileError

#: Footers that a process keeps.
MAX_KEPT = 512
#: Footers that are read at a time where the file system is far away.
CONNECTIONS = 16

_kept: OrderedDict[tuple[str, str], Footer] = OrderedDict()
_lock = threading.Lock()


@dataclass
class Footer:
    """What a file says of itself.

    Attributes
    ----------
    metadata : pyarrow.parquet.FileMetaData
    schema : pyarrow.Schema
        With the types that were written, not just those that Parquet knows.
    numbers : tuple of int, optional
        Numbers in ``metadata`` of the file's row groups, where it is about several files.
    """

    metadata: Any
    schema: Any
    numbers: tuple[int, ...] | None = None

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Rows of each row group."""
        count = self.metadata.num_row_groups if self.numbers is None else len(self.numbers)
        return tuple(self._group(number).num_rows for number in range(count))

    def _group(self, number: int) -> Any:
        return self.metadata.row_group(self.numbers[number] if self.numbers else number)

    @cached_property
    def leaves(self) -> dict[str, range]:
        """Numbers of the columns of the file that a field is made of."""
        found, start = {}, 0
        for field in self.schema:
            count = _count_leaves(field.type)
            found[field.name] = range(start, start + count)
            start += count
        return found

    def nbytes(self, group: int, fields: Sequence[str]) -> int:
        """Bytes of fields in a row group, encoded but not compressed."""
        row_group = self._group(group)
        numbers = [n for field in fields for n in self.leaves.get(field, ())]
        return sum(row_group.column(n).total_uncompressed_size for n in numbers)

    def extremes(self, group: int, field: str) -> Extremes | None:
        """What statistics say of a field that is no list or struct."""
        leaves = self.leaves.get(field, range(0))
        if len(leaves) != 1:
            return None
        kind = self.schema.field(field).type
        if _is_nested(kind):
            return None
        row_group = self._group(group)
        found = row_group.column(leaves[0]).statistics
        if found is None:
            return None
        nulls = found.null_count if found.has_null_count else None
        least = greatest = None
        if found.has_min_max:
            least, greatest = _value(found.min, kind), _value(found.max, kind)
            if _is_nan(least) or _is_nan(greatest):
                least = greatest = None
        # Statistics of floats leave NaN out.
        exact = not str(kind).startswith(("float", "double", "halffloat"))
        return Extremes(least, greatest, nulls, row_group.num_rows, exact)


def open_source(fs: Any, file: DataFile) -> Any:
    """Return what pyarrow opens: a path of this machine, or a file of a file system."""
    return file.path if is_local(fs) else open_file(fs, file.path)


def read_footer(fs: Any, file: DataFile) -> Footer:
    """Return the footer of a file, from memory if it was read before.

    Raises
    ------
    DataFileError
        If the file is not a Parquet file.
    """
    key = (f"{type(fs).__name__}:{file.path}", file.mark)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    footer = _read(fs, file)
    with _lock:
        _kept[key] = footer
        while len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
    return footer


def read_footers(fs: Any, files: Sequence[DataFile]) -> list[Footer]:
    """Return the footers of several files, read side by side where that is quicker."""
    from concurrent.futures import ThreadPoolExecutor

    if is_local(fs) or len(files) < 2:
        return [read_footer(fs, file) for file in files]
    with ThreadPoolExecutor(min(CONNECTIONS, len(files)), "treadle-footers") as pool:
        return list(pool.map(lambda file: read_footer(fs, file), files))


def _read(fs: Any, file: DataFile) -> Footer:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = open_source(fs, file)
    try:
        metadata = pq.read_metadata(source)
    except pa.ArrowInvalid as error:
        raise DataFileError(file.path, f"this is no Parquet file: {error}") from error
    finally:
        if not isinstance(source, str):
            source.close()
    return Footer(metadata, metadata.schema.to_arrow_schema())


def _count_leaves(kind: Any) -> int:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return _count_leaves(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return 1
    if not _is_nested(kind):
        return 1
    return sum(_count_leaves(kind.field(n).type) for n in range(kind.num_fields))


def _is_nested(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind))


def _value(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        stamp = pd.Timestamp(value)
        if kind.tz is None:
            return stamp
        return (stamp.tz_localize("UTC") if stamp.tz is None else stamp).tz_convert(kind.tz)
    if pa.types.is_duration(kind):
        return pd.Timedelta(value, unit=kind.unit) if isinstance(value, int) else value
    return value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
