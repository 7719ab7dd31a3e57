"""Reading one partition of a Parquet dataset: row groups become a frame.

Decides nothing about partitions, which ``parquet_plan`` does.  Runs in a task, so by one thread;
pyarrow lets go of the GIL while it decodes.

With filters the columns they look at are read first, and the others only of row groups that have
rows to show for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.io.arrow_frames import Framing, empty_frame, to_frame
from treadle.dataframe.io.dataset_files import DataFile, is_local
from treadle.dataframe.io.parquet_footer import open_source, read_footer
from treadle.dataframe.io.row_filters import Filters, row_expression, take_rows
from treadle.errors import DataFileError


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """Row groups of one file.

    Attributes
    ----------
    file : DataFile
    groups : tuple of int or None
        None is all.
    codes : tuple of int
        Which value of each key of the folders the file belongs to; -1 for a missing one.
    first : int or None
        Where the file's first row stands among all rows.
    """

    file: DataFile
    groups: tuple[int, ...] | None = None
    codes: tuple[int, ...] = ()
    first: int | None = None


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """What one partition is made of.

    Attributes
    ----------
    pieces : tuple of ParquetPiece
    nrows : int or None
        Rows before filters, None if nobody knows yet.
    encoded_bytes : int or None
        Encoded bytes of the columns that were chosen when the plan was made.
    """

    pieces: tuple[ParquetPiece, ...]
    nrows: int | None = None
    encoded_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class RowLabels:
    """Labels of rows that are numbers in order: row ``n`` is ``start + n * step``."""

    start: int = 0
    step: int = 1
    name: Any = None


NO_FRAMING = Framing()


@dataclass(frozen=True)
class ParquetReader:
    """What reading has in common for all partitions.

    Attributes
    ----------
    fs : file system of fsspec
    schema : pyarrow.Schema
        All fields of the dataset in order, those of folders last.
    fields : tuple of str
        The ones to return, in order, with those of the index.
    keys : tuple of (str, pyarrow.Array)
        Fields that folders give, and their values.
    framing : Framing
    labels : RowLabels or None
        None where fields make the index.
    filters : Filters or None
        Rows to return.
    renumber : bool
        With filters: number the rows of a partition from 0, as pandas does for ``filters=``;
        otherwise rows keep the labels they have without filters, and missing values differ from
        everything, as in ``frame[frame.x != 1]``.
    attrs : dict or None
        ``attrs`` of the frame.
    """

    fs: Any
    schema: Any
    fields: tuple[str, ...]
    keys: tuple[tuple[str, Any], ...] = ()
    framing: Framing = NO_FRAMING
    labels: RowLabels | None = None
    filters: Filters | None = None
    renumber: bool = True
    attrs: dict[str, Any] | None = None

    def __call__(self, part: ParquetPart) -> pd.DataFrame:
        """Return the frame of a partition."""
        return read_parquet_part(part, self)


def read_parquet_part(
    part: ParquetPart,
    reader: ParquetReader,
    fields: Sequence[str] | None = None,
    filters: Filters | None = None,
) -> pd.DataFrame:
    """Return the rows of a partition as pandas would read them.

    Parameters
    ----------
    part : ParquetPart
    reader : ParquetReader
    fields : sequence of str, optional
        Instead of the reader's.
    filters : Filters, optional
        Rows to return, instead of the reader's.

    Raises
    ------
    DataFileError
        If a file does not hold what was planned, or its rows can't be compared with a filter.
    """
    import pyarrow as pa

    if fields is not None or filters is not None:
        reader = replace(
            reader,
            fields=reader.fields if fields is None else tuple(fields),
            filters=reader.filters if filters is None else filters,
        )
    pieces = [_read_piece(piece, reader) for piece in part.pieces]
    if reader.fields:
        schema = _chosen(reader)
        tables = [table for table, _ in pieces]
        table = pa.concat_tables(tables) if tables else schema.empty_table()
        table = table.replace_schema_metadata(schema.metadata)
        _check_strict(table, part, reader)
        frame = to_frame(table, reader.framing)
    else:  # tables without columns forget how many rows they have
        columns = empty_frame(reader.schema, reader.framing).columns[:0]
        rows = sum(len(span) for _, spans in pieces for span in spans)
        frame = pd.DataFrame(index=pd.RangeIndex(rows), columns=columns)
    if reader.labels is not None:
        frame.index = _row_index([rows for _, rows in pieces], len(frame), reader)
    if reader.attrs:
        frame.attrs.update(reader.attrs)
    return frame


def _chosen(reader: ParquetReader) -> Any:
    import pyarrow as pa

    fields = [reader.schema.field(name) for name in reader.fields]
    return pa.schema(fields, metadata=reader.schema.metadata)


# Rows of a file that were taken, as ranges or as numbers.
_Rows = list[Any]


def _read_piece(piece: ParquetPiece, reader: ParquetReader) -> tuple[Any, _Rows]:
    """Return the table of a piece, and which rows among all its rows are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    footer = read_footer(reader.fs, piece.file)
    groups = range(len(footer.rows)) if piece.groups is None else piece.groups
    if groups and max(groups) >= len(footer.rows):
        raise DataFileError(
            piece.file.path, "the file changed since the plan was made: it has fewer row groups"
        )
    ends = np.cumsum((piece.first or 0, *footer.rows)).tolist()
    spans = [range(ends[group], ends[group + 1]) for group in groups]
    local = is_local(reader.fs)
    source = open_source(reader.fs, piece.file)
    try:
        file = pq.ParquetFile(
            source,
            metadata=footer.metadata,
            memory_map=local,
            pre_buffer=not local,
            read_dictionary=_dictionaries(footer.schema, reader),
        )
        take = _Take(file, footer.schema.names, piece, reader)
        if reader.filters is None:
            return take.groups(groups, reader.fields), list(spans)
        return take.matching(groups, spans, reader.filters)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise DataFileError(piece.file.path, f"reading failed: {error}") from error
    finally:
        if not isinstance(source, str):
            source.close()


def _dictionaries(stored: Any, reader: ParquetReader) -> list[str]:
    """Return the fields that are strings in the file, and categories in the result."""
    import pyarrow as pa

    return [
        name
        for name in reader.fields
        if pa.types.is_dictionary(reader.schema.field(name).type)
        and name in stored.names
        and stored.field(name).type in (pa.string(), pa.large_string())
    ]


class _Take:
    """Takes columns of row groups from an open file, in the types of the dataset."""

    def __init__(self, file: Any, names: Sequence[str], piece: ParquetPiece, reader: ParquetReader):
        self.file = file
        self.names = set(names)
        self.piece = piece
        self.reader = reader
        self.codes = {
            name: (code, values)
            for (name, values), code in zip(reader.keys, piece.codes, strict=True)
        }

    def groups(self, groups: Sequence[int], fields: Sequence[str]) -> Any:
        """Return fields of row groups, those of folders as dictionaries."""
        import pyarrow as pa

        here = [name for name in fields if name in self.names and name not in self.codes]
        rows = sum(self.file.metadata.row_group(group).num_rows for group in groups)
        stored = None
        if here and groups:
            stored = self.file.read_row_groups(list(groups), columns=here, use_threads=False)
        schema = self.reader.schema
        columns = [self._column(stored, schema.field(name), rows) for name in fields]
        found = pa.schema([schema.field(name) for name in fields])
        return pa.Table.from_arrays(columns, schema=found)

    def _column(self, stored: Any, field: Any, rows: int) -> Any:
        import pyarrow as pa

        if field.name in self.codes:
            code, values = self.codes[field.name]
            codes = pa.array(np.full(rows, max(code, 0), np.int32), mask=np.full(rows, code < 0))
            return pa.DictionaryArray.from_arrays(codes, values)
        if stored is None or field.name not in stored.schema.names:
            return pa.nulls(rows, field.type)
        column = stored.column(field.name)
        if column.type == field.type:
            return column
        try:
            return column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataFileError(
                self.piece.file.path,
                f"it is of type {column.type} here and {field.type} in the dataset: {error}",
                field.name,
            ) from error

    def matching(
        self, groups: Sequence[int], spans: list[range], filters: Filters
    ) -> tuple[Any, _Rows]:
        """Return fields of the rows that filters want, and which rows these are."""
        import pyarrow as pa

        reader = self.reader
        types = {field.name: field.type for field in reader.schema}
        condition = row_expression(filters, types, missing_differ=not reader.renumber)
        if condition is None:
            return self.groups(groups, reader.fields), list(spans)
        probed = filters.columns if filters.expression is None else tuple(reader.schema.names)
        rest = [name for name in reader.fields if name not in probed]
        tables, rows = [self.groups([], reader.fields)], []
        for group, span in zip(groups, spans, strict=True):
            probe = self.groups([group], probed)
            place = pa.array(np.arange(len(span)))
            # No field is called like this: Parquet takes no newlines from us.
            kept = take_rows(probe.append_column("\n", place), condition)
            wanted = kept.column("\n").combine_chunks()
            if not len(wanted):
                continue
            kept = kept.drop_columns(["\n"])
            if rest:
                others = self.groups([group], rest)
                if len(wanted) < len(span):
                    others = others.take(wanted)
                for number, name in enumerate(rest):
                    kept = kept.append_column(others.schema.field(number), others.column(name))
            tables.append(kept.select(list(reader.fields)))
            rows.append(np.asarray(wanted) + span.start)
        return pa.concat_tables(tables), rows


def _row_index(pieces: list[_Rows], rows: int, reader: ParquetReader) -> pd.Index[Any]:
    assert reader.labels is not None
    start, step, name = reader.labels.start, reader.labels.step, reader.labels.name
    spans = [span for piece in pieces for span in piece]
    if reader.filters is not None and reader.renumber:
        return pd.RangeIndex(rows, name=name)
    whole = all(isinstance(span, range) for span in spans)
    if whole and all(one.stop == two.start for one, two in pairwise(spans)):
        begin = spans[0].start if spans else 0
        return pd.RangeIndex(start + begin * step, start + (begin + rows) * step, step, name=name)
    numbers = np.concatenate([np.asarray(span, np.int64) for span in spans])
    if not len(numbers):
        return pd.RangeIndex(0, name=name)
    # Taken of a range, as pandas does: what is evenly spaced stays a range.
    most = int(numbers.max()) + 1
    labels: pd.Index[Any] = pd.RangeIndex(start, start + most * step, step, name=name)[numbers]
    return labels


def _check_strict(table: Any, part: ParquetPart, reader: ParquetReader) -> None:
    for name in reader.framing.strict:
        number = table.schema.get_field_index(name)
        if number >= 0 and table.column(number).null_count:
            raise DataFileError(
                part.pieces[0].file.path,
                f"values are missing, which would make {table.schema.field(number).type} another "
                "dtype than in other partitions, and the file keeps no statistics to tell before",
                name,
                hint="read with dtype_backend='numpy_nullable' or 'pyarrow'",
            )
