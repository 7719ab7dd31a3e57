"""Writing partitions as a Parquet dataset, of which nothing is seen until all of it is there.

::

    plan_write       checks what is there, decides on names and the schema
        |
    write_parquet_part (one a task) -> root/.writing-TOKEN/part.00000.parquet
        |
    finish_dataset   makes the schemas one, takes old files away, moves the new ones in place

A task that runs twice writes the same file twice.  Files that are overwritten stay until every
partition is written, so a dataset can be read and overwritten in one computation.

>>> import pathlib, tempfile
>>> folder = pathlib.Path(tempfile.mkdtemp()) / "data"
>>> frame = pd.DataFrame({"x": [1, 2]})
>>> writer = plan_write(folder, frame.iloc[:0], write_index=None)
>>> finish_dataset(writer, [writer(frame, 0)]) == [f"{folder}/part.00000.parquet"]
True
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from treadle.dataframe.io.arrow_frames import stored_index
from treadle.dataframe.io.dataset_files import NO_VALUE, FileSet, find_files, is_local
from treadle.dataframe.io.parquet_finish import SUFFIXES, WrittenPart, abandon, finish
from treadle.dataframe.io.parquet_footer import read_footer
from treadle.dataframe.io.row_filters import is_missing
from treadle.errors import DataFileError


@dataclass(frozen=True)
class ParquetWriter:
    """How partitions are written.

    Attributes
    ----------
    fs : file system of fsspec
    root : str
        Directory of the dataset.
    staging : str
        Directory below it, where files wait.
    types : dict of str to pyarrow.DataType
        Types of fields; others are as data has them.
    names : tuple of str
        Fields that every file must have, those of folders left out.
    partition_on : tuple of str
        Columns that become folders.
    index : bool or None
        Write the index as fields; None only notes a range.
    compression : str or None
    options : dict
        More, for :func:`pyarrow.parquet.write_table`.
    first : int
        Number of the first partition.
    replaced : tuple of str
        Files to take away in the end.
    summary : bool
        Write ``_metadata``.
    naming : callable, optional
        Number of a partition -> name of its file.
    """

    fs: Any
    root: str
    staging: str
    types: dict[str, Any]
    names: tuple[str, ...]
    partition_on: tuple[str, ...] = ()
    index: bool | None = True
    compression: Any = "snappy"
    options: dict[str, Any] = field(default_factory=dict)
    first: int = 0
    replaced: tuple[str, ...] = ()
    summary: bool = False
    naming: Callable[[int], str] | None = None

    def name_of(self, number: int) -> str:
        """Return the name of the file of a partition."""
        number += self.first
        return f"part.{number:05}.parquet" if self.naming is None else self.naming(number)

    def __call__(self, frame: pd.DataFrame, number: int) -> WrittenPart:
        """Write partition ``number``."""
        return write_parquet_part(frame, number, self)


def plan_write(
    path: Any,
    meta: pd.DataFrame,
    append: bool = False,
    overwrite: bool = False,
    partition_on: str | Sequence[str] = (),
    write_index: bool | None = True,
    schema: Any = None,
    compression: Any = "snappy",
    write_metadata_file: bool = False,
    storage_options: dict[str, Any] | None = None,
    token: str | None = None,
    name_function: Callable[[int], str] | None = None,
    **options: Any,
) -> ParquetWriter:
    """Check that a frame can be written to a directory, and say how.

    Parameters
    ----------
    path : str or path
        Directory, which may not exist yet.
    meta : DataFrame
        Without rows.
    append : bool
        Add files to the dataset that is there; its schema must fit.
    overwrite : bool
        Take the dataset's old files away when the new ones are written.
    partition_on : str or list of str
        Columns that become folders, ``year=2024``.
    write_index : bool or None
        True makes fields of the index, False leaves it out; None does as pandas, which notes a
        range and makes fields of others.
    schema : pyarrow.Schema or dict of str to pyarrow.DataType, optional
        Types of fields, or of some; others are told from dtypes, and of objects from values.
    compression : str, dict or None
    write_metadata_file : bool
        Write ``_metadata`` with the footers of all files.
    storage_options : dict, optional
        For the file system.
    token : str, optional
        Name of this writing; a random one without it.
    name_function : callable, optional
        Number of a partition -> name of its file, which ends with ``.parquet``.
    **options
        For :func:`pyarrow.parquet.write_table`, ``row_group_size`` for example.

    Raises
    ------
    FileExistsError
        If there is data already and neither ``append`` nor ``overwrite`` was asked for, or
        files that are no Parquet stand in the way.
    DataFileError
        If columns do not fit those of the dataset to append to.
    ValueError
        For columns that are not there, or can't be stored.

    Examples
    --------
    >>> import tempfile
    >>> plan_write(tempfile.mkdtemp(), pd.DataFrame({"x": [0.5]}).iloc[:0]).names
    ('x', '__index_level_0__')
    """
    import pyarrow as pa
    from fsspec.core import url_to_fs

    if append and overwrite:
        raise ValueError("give either append or overwrite")
    keys = (partition_on,) if isinstance(partition_on, str) else tuple(partition_on)
    _check_frame(meta, keys)
    fs, root = url_to_fs(str(path), **(storage_options or {}))
    root = str(root).rstrip("/")
    found = _existing(fs, root, storage_options)
    if found is not None and not append and not overwrite:
        raise FileExistsError(
            f"{root} holds a dataset of {len(found.files)} files; "
            "use overwrite=True to replace it or append=True to add to it"
        )
    if write_index is None and keys and isinstance(meta.index, pd.RangeIndex):
        write_index = False  # ranges do not outlive that rows go into folders
    chosen = pa.Schema.from_pandas(meta, preserve_index=write_index)
    types = {field.name: field.type for field in chosen if not pa.types.is_null(field.type)}
    given = (
        {f.name: f.type for f in schema} if isinstance(schema, pa.Schema) else dict(schema or {})
    )
    for name in given:
        if name not in chosen.names:
            raise ValueError(f"schema names a field {name!r}; there are {chosen.names}")
    types |= given
    names = tuple(name for name in chosen.names if name not in keys)
    if found is not None and append:
        types = _fitting_types(found, chosen, types, names, keys)
    return ParquetWriter(
        fs=fs,
        root=root,
        staging=f"{root}/.writing-{token or uuid.uuid4().hex[:12]}",
        types=types,
        names=names,
        partition_on=keys,
        index=write_index,
        compression=compression,
        options=options,
        first=_next_number(found) if append and found is not None else 0,
        replaced=tuple(file.path for file in found.files) if overwrite and found else (),
        summary=write_metadata_file,
        naming=None if name_function is None else checked_names(name_function),
    )


def checked_names(name_function: Callable[[int], str]) -> Callable[[int], str]:
    """Return a function of names, if it names files that will be found again.

    Raises
    ------
    ValueError
        If names end otherwise, or do not differ.
    """
    names = [name_function(number) for number in (0, 1)]
    for name in names:
        if not isinstance(name, str) or not name.endswith(SUFFIXES):
            raise ValueError(
                f"name_function has to return names that end with .parquet, not {name!r}"
            )
    if names[0] == names[1]:
        raise ValueError(f"name_function calls two files {names[0]!r}; names have to differ")
    return name_function


def write_parquet_part(frame: pd.DataFrame, number: int, writer: ParquetWriter) -> WrittenPart:
    """Write a partition where it waits for the others.

    Returns
    -------
    WrittenPart
        Names and rows of its files; none if it has no rows, unless it is the first.

    Raises
    ------
    DataFileError
        If values do not fit the type that a column has; names the column.
    """
    import pyarrow.parquet as pq

    name = writer.name_of(number)
    table = _table(frame, name, writer)
    if not len(frame) and (number > 0 or writer.first or writer.partition_on):
        return WrittenPart((), (), table.schema)
    files, rows = [], []
    for folder, piece in _pieces(frame, table, writer):
        path = f"{writer.staging}/{folder}{name}"
        if is_local(writer.fs):
            writer.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        with writer.fs.open(path, "wb") as stream:
            pq.write_table(piece, stream, compression=writer.compression, **writer.options)
        files.append(folder + name)
        rows.append(piece.num_rows)
    return WrittenPart(tuple(files), tuple(rows), table.schema.remove_metadata())


def finish_dataset(writer: ParquetWriter, written: Sequence[WrittenPart]) -> list[str]:
    """Put the files of all partitions in place, and return their paths.

    Raises
    ------
    DataFileError
        If a column has types in two partitions that do not go together; nothing is changed then.
    """
    try:
        return finish(writer, written)
    except DataFileError:
        abandon(writer)
        raise


def abandon_dataset(writer: ParquetWriter) -> None:
    """Take away the files that wait; the dataset is as it was before."""
    abandon(writer)


def _check_frame(meta: pd.DataFrame, keys: Sequence[str]) -> None:
    for label in meta.columns:
        if not isinstance(label, str):
            raise ValueError(
                f"names of columns must be strings in Parquet, not {label!r}; "
                "rename them first, with frame.rename(columns=str)"
            )
    if not meta.columns.is_unique:
        twice = meta.columns[meta.columns.duplicated()][0]
        raise ValueError(f"there are two columns {twice!r}; rename one of them first")
    for key in keys:
        if key not in meta.columns:
            raise ValueError(f"no column {key!r} to partition on; there are {list(meta.columns)}")
    if keys and len(keys) == len(meta.columns):
        raise ValueError("every column would become a folder, and none is left for the files")


def _existing(fs: Any, root: str, storage_options: dict[str, Any] | None) -> FileSet | None:
    """Return the data that is there, None if there is none."""
    if not fs.exists(root):
        return None
    if fs.info(root)["type"] != "directory":
        raise FileExistsError(f"{root} is a file; a dataset is a directory")
    try:
        found = find_files(fs.unstrip_protocol(root), (), storage_options)
    except FileNotFoundError:
        return None
    for file in found.files:
        if not file.path.endswith(SUFFIXES):
            raise FileExistsError(
                f"{root} holds a file that is no Parquet, {file.path}; "
                "write to another directory, or move it away"
            )
    return found


def _fitting_types(
    found: FileSet, chosen: Any, types: dict[str, Any], names: Sequence[str], keys: Sequence[str]
) -> dict[str, Any]:
    """Return the types of the dataset that is there, if the frame's fit."""
    import pyarrow as pa

    there = read_footer(found.fs, found.files[0]).schema
    path = found.files[0].path
    folders = [name for name, _ in found.files[0].keys]
    if folders != list(keys):
        raise DataFileError(path, f"the dataset is partitioned on {folders}, not on {list(keys)}")
    if set(there.names) != set(names):
        missing = [name for name in there.names if name not in names]
        added = [name for name in names if name not in there.names]
        raise DataFileError(
            path,
            f"columns to append differ: {missing} are missing and {added} are new",
            hint="choose the same columns, or overwrite=True",
        )
    index, _ = stored_index(there)
    mine, _ = stored_index(chosen)
    if index != mine:
        raise DataFileError(
            path, f"the index there is {list(index)}, and {list(mine)} in what is appended"
        )
    for name in names:
        kind, have = there.field(name).type, types.get(name)
        if have is None or have == kind or pa.types.is_null(kind):
            continue
        if not _widens(have, kind):
            raise DataFileError(
                path,
                f"it is of type {kind} there, and {have} in what is appended",
                name,
                hint="convert it with astype first",
            )
        types[name] = kind
    kinds = {name: there.field(name).type for name in names}
    return types | {name: kind for name, kind in kinds.items() if not pa.types.is_null(kind)}


def _widens(have: Any, kind: Any) -> bool:
    """Whether every value of one type, or all but odd ones, is a value of the other."""
    import pyarrow as pa

    for family in ("is_integer", "is_floating", "is_timestamp"):
        if all(getattr(pa.types, family)(one) for one in (have, kind)):
            return getattr(have, "tz", None) == getattr(kind, "tz", None)
    strings = [pa.types.is_string(one) or pa.types.is_large_string(one) for one in (have, kind)]
    if all(strings):
        return True
    if pa.types.is_dictionary(have) or pa.types.is_dictionary(kind):
        plain = [one.value_type if pa.types.is_dictionary(one) else one for one in (have, kind)]
        return plain[0] == plain[1] or _widens(*plain)
    return bool(pa.types.is_integer(have) and pa.types.is_floating(kind))


def _next_number(found: FileSet) -> int:
    names = [file.path.rpartition("/")[2] for file in found.files]
    numbers = [int(match[1]) for name in names if (match := re.match(r"part\D*(\d+)", name))]
    return max(numbers, default=len(names) - 1) + 1


def _table(frame: pd.DataFrame, name: str, writer: ParquetWriter) -> Any:
    """Return a partition in the types that were planned."""
    import pyarrow as pa

    if writer.index is None and "__index_level_0__" not in writer.names:
        named = [one for one in frame.index.names if one is not None]
        ranged = isinstance(frame.index, pd.RangeIndex)
        if not ranged and not all(one in writer.names for one in named or [None]):
            raise DataFileError(
                name,
                "the index of this partition is no range as was planned",
                hint="use write_index=True to store it, or write_index=False to leave it out",
            )
    try:
        table = pa.Table.from_pandas(frame, preserve_index=writer.index, nthreads=1)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise _unfit(frame, name, error, writer) from error
    for number, stored in enumerate(table.schema):
        kind = writer.types.get(stored.name)
        if kind is None or kind == stored.type:
            continue
        try:
            column = table.column(number).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataFileError(
                name,
                f"values of type {stored.type} do not fit the type {kind} that it has: {error}",
                stored.name,
                hint="convert it with astype first, or give schema=",
            ) from error
        table = table.set_column(number, pa.field(stored.name, kind), column)
    missing = [one for one in writer.names if one not in table.schema.names]
    if missing:
        raise DataFileError(name, "this partition lacks a column", missing[0])
    return table


def _unfit(
    frame: pd.DataFrame, name: str, error: Exception, writer: ParquetWriter
) -> DataFileError:
    """Say which column can't be stored."""
    import pyarrow as pa

    for label in frame.columns:
        try:
            pa.array(frame[label], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as reason:
            return DataFileError(
                name,
                f"values can't be stored in one column: {reason}",
                str(label),
                hint="make them alike, with astype(str) for example",
            )
    return DataFileError(name, f"the partition can't be stored: {error}")


def _pieces(frame: pd.DataFrame, table: Any, writer: ParquetWriter) -> Iterator[tuple[str, Any]]:
    """Yield folders and the rows that go into them."""
    keys = list(writer.partition_on)
    if not keys:
        yield "", table
        return
    grouped = frame.groupby(keys, sort=False, observed=True, dropna=False)
    numbers = grouped.ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers)).tolist()
    rows = table.drop_columns(keys).take(order)
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        values = [frame[key].iloc[int(order[begin])] for key in keys]
        folder = "".join(
            f"{quote(key)}={_text(value)}/" for key, value in zip(keys, values, strict=True)
        )
        yield folder, rows.slice(begin, end - begin)


def _text(value: Any) -> str:
    return NO_VALUE if is_missing(value) else quote(str(value), safe="")
