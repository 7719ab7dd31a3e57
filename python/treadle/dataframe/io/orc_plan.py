"""ORC files: stripes become partitions, and partitions frames.

Decides which stripes make a partition, from the tails of all files; rows are numbered through, and
dtypes are those that pandas would give the whole, as for Parquet.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.orc"
>>> pd.DataFrame({"x": [1, 2]}).to_orc(path)
>>> plan = plan_orc(path)
>>> plan.reader(plan.parts[0])
   x
0  1
1  2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from treadle.dataframe.io.arrow_frames import (
    Backend,
    Framing,
    empty_frame,
    nullable_fields,
    to_frame,
    unify,
)
from treadle.dataframe.io.dataset_files import DataFile, find_files, is_local, open_file
from treadle.dataframe.io.orc_tail import OrcTail, parse_tail
from treadle.errors import DataFileError

#: Ends of the names of files with data, where a directory holds other files, too.
SUFFIXES = (".orc",)


@dataclass(frozen=True, slots=True)
class OrcPart:
    """Stripes of one file.

    Attributes
    ----------
    file : DataFile
    stripes : tuple of int
    first : int
        Where the first row stands among all rows.
    nrows : int
    """

    file: DataFile
    stripes: tuple[int, ...]
    first: int
    nrows: int


@dataclass(frozen=True)
class OrcReader:
    """What reading has in common for all partitions.

    Attributes
    ----------
    fs : file system of fsspec
    schema : pyarrow.Schema
        All fields, in the types of the dataset.
    fields : tuple of str
        The ones to return, in order, with those of the index.
    framing : Framing
    """

    fs: Any
    schema: Any
    fields: tuple[str, ...]
    framing: Framing

    def __call__(self, part: OrcPart) -> pd.DataFrame:
        """Return the frame of a partition."""
        return read_orc_part(part, self)


@dataclass(frozen=True)
class OrcPlan:
    """How ORC files are read: parts, and one reader for them.

    Attributes
    ----------
    parts : tuple of OrcPart
        At least one, which may be empty.
    reader : OrcReader
        ``reader(part)`` is the frame of a partition.
    meta : DataFrame
        Without rows; every partition has its columns, dtypes and names.
    divisions : tuple of int or None
    nrows : int
    mark : tuple
        Changes when a file does.
    """

    parts: tuple[OrcPart, ...]
    reader: OrcReader
    meta: pd.DataFrame
    divisions: tuple[int, ...] | None
    nrows: int
    mark: tuple[Any, ...]

    def project(self, columns: Sequence[str]) -> OrcPlan:
        """Return the plan that reads only these columns, in this order, and the index.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        for name in columns:
            if name not in self.meta.columns:
                raise KeyError(f"no column {name!r}; there are {list(self.meta.columns)}")
        fields = (*columns, *self.reader.framing.index)
        return replace(
            self, reader=replace(self.reader, fields=fields), meta=self.meta[list(columns)]
        )


def plan_orc(
    urlpath: Any,
    columns: Sequence[str] | str | None = None,
    index: str | Sequence[str] | None = None,
    split_stripes: bool | int = 1,
    dtype_backend: Backend = None,
    storage_options: dict[str, Any] | None = None,
) -> OrcPlan:
    """Plan how to read ORC files.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Files, globs or directories.
    columns : list or str, optional
        Columns to read.
    index : str or list of str, optional
        Fields of the index; without it rows are numbered through.
    split_stripes : bool or int
        Stripes of a partition; False makes a file one.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
        As for pandas.
    storage_options : dict, optional
        For the file system.

    Raises
    ------
    FileNotFoundError
        If there are no files.
    DataFileError
        If a file is not ORC, or its columns do not fit those of the first.
    KeyError
        For columns that are not there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.orc"
    >>> pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_orc(path)
    >>> plan_orc(path, columns="y").meta.dtypes["y"]
    <StringDtype(na_value=nan)>
    """
    if split_stripes is not False and split_stripes < 1:
        raise ValueError(f"split_stripes must be 1 or more, or False, not {split_stripes}")
    found = find_files(urlpath, SUFFIXES, storage_options)
    opened = [_look(found.fs, file) for file in found.files]
    schema, conflict = unify(
        (file.path, kind) for file, (kind, _) in zip(found.files, opened, strict=True)
    )
    if conflict is not None:
        path, column, kind, known = conflict
        raise DataFileError(
            path, f"it is of type {kind} here and {known} in {found.files[0].path}", column
        )
    names = () if index is None else (index,) if isinstance(index, str) else tuple(index)
    for name in names:
        if name not in schema.names:
            raise KeyError(f"no column {name!r} for the index; there are {schema.names}")
    framing = Framing(index=names, dtype_backend=dtype_backend)
    tails = [tail for _, tail in opened]
    depends = nullable_fields(schema, framing)
    framing = replace(framing, widened=tuple(n for n in depends if _some_missing(tails, n)))
    parts = tuple(_parts(found.files, tails, split_stripes))
    nrows = sum(sum(tail.rows) for tail in tails)
    meta = empty_frame(schema, framing)
    divisions = (*(part.first for part in parts), nrows - 1) if nrows and not names else None
    plan = OrcPlan(
        parts or (OrcPart(found.files[0], (), 0, 0),),
        OrcReader(found.fs, schema, tuple(schema.names), framing),
        meta,
        divisions,
        nrows,
        tuple((file.path, file.mark) for file in found.files),
    )
    if columns is None:
        return plan
    return plan.project([columns] if isinstance(columns, str) else list(columns))


def read_orc_part(part: OrcPart, reader: OrcReader) -> pd.DataFrame:
    """Return the rows of some stripes as pandas would read them.

    Raises
    ------
    DataFileError
        If a stripe can't be read.
    """
    import pyarrow as pa
    import pyarrow.orc as orc

    schema = pa.schema([reader.schema.field(name) for name in reader.fields])
    source = part.file.path if is_local(reader.fs) else open_file(reader.fs, part.file.path)
    try:
        file = orc.ORCFile(source)
        here = [name for name in reader.fields if name in file.schema.names]
        batches = [file.read_stripe(number, columns=here) for number in part.stripes if here]
    except (OSError, pa.ArrowInvalid, IndexError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise DataFileError(part.file.path, f"reading failed: {error}") from error
    finally:
        if not isinstance(source, str):
            source.close()
    tables = [_conform(batch, schema, part) for batch in batches]
    if reader.fields:
        lacking = {field.name: pa.nulls(part.nrows, field.type) for field in schema}
        empty = schema.empty_table() if here else pa.table(lacking)
        frame = to_frame(pa.concat_tables(tables) if tables else empty, reader.framing)
    else:
        frame = empty_frame(reader.schema, reader.framing).iloc[:, :0].reindex(range(part.nrows))
    if not reader.framing.index:
        frame.index = pd.RangeIndex(part.first, part.first + part.nrows)
    return frame


def _conform(batch: Any, schema: Any, part: OrcPart) -> Any:
    """Return a stripe in the types of the dataset."""
    import pyarrow as pa

    columns = []
    for field in schema:
        if field.name not in batch.schema.names:
            columns.append(pa.nulls(batch.num_rows, field.type))
            continue
        try:
            columns.append(batch.column(field.name).cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataFileError(
                part.file.path, f"values do not fit {field.type}: {error}", field.name
            ) from error
    return pa.Table.from_arrays(columns, schema=schema)


def _look(fs: Any, file: DataFile) -> tuple[Any, OrcTail]:
    """Return the schema and the tail of a file."""
    import pyarrow as pa
    import pyarrow.orc as orc

    source = file.path if is_local(fs) else open_file(fs, file.path)
    try:
        opened = orc.ORCFile(source)
        return opened.schema, parse_tail(opened.reader.serialized_file_tail())
    except (OSError, pa.ArrowInvalid, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise DataFileError(file.path, f"this is no ORC file: {error}") from error
    finally:
        if not isinstance(source, str):
            source.close()


def _some_missing(tails: Sequence[OrcTail], name: str) -> bool:
    return any(tail.values.get(name, 0) < sum(tail.rows) for tail in tails)


def _parts(
    files: Sequence[DataFile], tails: Sequence[OrcTail], split: bool | int
) -> Iterator[OrcPart]:
    first = 0
    for file, tail in zip(files, tails, strict=True):
        count = len(tail.rows)
        step = max(count, 1) if split is False else int(split)
        for begin in range(0, count, step):
            stripes = tuple(range(begin, min(begin + step, count)))
            rows = sum(tail.rows[stripe] for stripe in stripes)
            if rows:
                yield OrcPart(file, stripes, first, rows)
            first += rows
