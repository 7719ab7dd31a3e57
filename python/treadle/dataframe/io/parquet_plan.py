"""Which partitions a Parquet dataset is read in, decided from footers alone.

::

    files -> footers -> schema, meta      -> ParquetReader (one for all tasks)
                     -> row groups, rows  -> ParquetPart (one a task)
                     -> extremes          -> divisions, pruning

Footers of all files are read if there are no more than ``max_footers``, or if ``_metadata`` holds
them; then lengths, divisions and the dtypes of columns with missing values are known without
reading data.

>>> import pathlib, tempfile
>>> import pandas as pd
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
>>> pd.DataFrame({"x": range(6)}).to_parquet(path, row_group_size=3)
>>> plan = plan_parquet(path, split_row_groups=True)
>>> plan.nrows, plan.divisions
(6, (0, 3, 5))
>>> pruned = plan.prune([("x", ">", 3)])
>>> pruned.reader(pruned.parts[0])
   x
3  3
4  4
5  5
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import pandas as pd

from treadle.dataframe.io import parquet_parts as parts_of
from treadle.dataframe.io.arrow_frames import (
    Backend,
    Framing,
    empty_frame,
    nullable_fields,
    stored_index,
    unify,
    with_index,
)
from treadle.dataframe.io.dataset_files import DataFile, FileSet, find_files
from treadle.dataframe.io.parquet_footer import Footer, read_footer, read_footers
from treadle.dataframe.io.parquet_read import (
    ParquetPart,
    ParquetPiece,
    ParquetReader,
    RowLabels,
)
from treadle.dataframe.io.row_filters import Extremes, Filters, check_filters, parse_filters
from treadle.dataframe.plain import plain
from treadle.errors import DataFileError
from treadle.utils.format import parse_bytes

#: Ends of the names of files with data, where a directory holds other files, too.
SUFFIXES = (".parquet", ".parq", ".pq")


@dataclass(frozen=True)
class ParquetPlan:
    """How a dataset is read: partitions, and one reader for them.

    Attributes
    ----------
    parts : tuple of ParquetPart
        At least one, which may be empty.
    reader : ParquetReader
        ``reader(part)`` is the frame of a partition.
    meta : DataFrame
        Without rows; every partition has its columns, dtypes and names.
    divisions : tuple or None
        Labels where partitions begin and the last one ends, None if they are not known.
    nrows : int or None
        Rows of all parts; None if filters choose among them or nobody knows.
    mark : tuple
        Changes when a file does.
    """

    parts: tuple[ParquetPart, ...]
    reader: ParquetReader
    meta: pd.DataFrame
    divisions: tuple[Any, ...] | None
    mark: tuple[Any, ...]
    footers: dict[str, Footer] = field(repr=False, default_factory=dict)

    @property
    def nrows(self) -> int | None:
        """Rows of all partitions, if that is known without reading them."""
        if self.reader.filters is not None:
            return None
        counts = [part.nrows for part in self.parts]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def labels(self) -> dict[Any, str]:
        """Labels of columns, and the fields of the files that they are."""
        return dict(zip(self.meta.columns, self._columns(), strict=True))

    def _columns(self) -> list[str]:
        return [name for name in self.reader.fields if name not in self.reader.framing.index]

    def project(self, columns: Sequence[Any]) -> ParquetPlan:
        """Return the plan that reads only these columns, in this order, and the index.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        fields = _fields_of(columns, self.labels)
        meta = self.meta[list(columns)] if fields else self.meta[[]]
        kept = [name for name in self.reader.framing.index if name in self.reader.fields]
        reader = replace(self.reader, fields=(*fields, *kept))
        return replace(self, reader=reader, meta=meta)

    def prune(self, filters: Any) -> ParquetPlan:
        """Return the plan without row groups that certainly have no row the filters want.

        Rows are not chosen, and keep their labels: that is for whoever pushes a selection
        down, and selects afterwards.
        """
        wanted = parse_filters(filters)
        groups = parts_of.Groups(self.reader, self.footers)
        parts = [parts_of.prune_part(part, wanted, groups) for part in self.parts]
        kept = [n for n, part in enumerate(parts) if part.pieces]
        if not kept:
            divisions = None
            if self.divisions is not None:
                divisions = (self.divisions[0], self.divisions[-1])
            return replace(self, parts=(ParquetPart((), 0, 0),), divisions=divisions)
        divisions = self.divisions
        if divisions is not None:
            # A border may lie anywhere between the rows on its two sides.
            divisions = (*(divisions[n] for n in kept), divisions[kept[-1] + 1])
        return replace(self, parts=tuple(parts[n] for n in kept), divisions=divisions)

    def select(self, filters: Any, keep_parts: bool = False) -> ParquetPlan:
        """Return the plan that reads only rows the filters want, with the labels they have.

        The result is that of ``frame[frame.x > 1]``, so missing values differ from everything.
        For filters that are not ``pushable`` it may be another one.  With ``keep_parts`` there are
        as many parts, and those without rows to look at are empty.
        """
        if self.reader.filters is not None and self.reader.renumber:
            raise ValueError("rows were chosen with filters= already and are numbered anew")
        wanted = parse_filters(filters)
        check_filters(wanted, self.reader.schema)
        pruned = self._emptied(wanted) if keep_parts else self.prune(wanted)
        known = self.reader.filters
        both = wanted if known is None else known & wanted
        reader = replace(pruned.reader, filters=both, renumber=False)
        return replace(pruned, reader=reader)

    def _emptied(self, wanted: Filters) -> ParquetPlan:
        groups = parts_of.Groups(self.reader, self.footers)
        pruned = tuple(parts_of.prune_part(part, wanted, groups) for part in self.parts)
        return replace(self, parts=pruned)

    def without_divisions(self) -> ParquetPlan:
        """Return the plan that says nothing of labels."""
        return replace(self, divisions=None)

    @property
    def nbytes(self) -> int | None:
        """Bytes of the columns to read as they are encoded, None if nobody knows."""
        groups = parts_of.Groups(self.reader, self.footers)
        sizes = [groups.nbytes(piece) for part in self.parts for piece in part.pieces]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def pushable(self, filters: Any) -> bool:
        """Whether filters mean to pyarrow what the same comparisons mean to pandas.

        Categories compare in their own order, and NA is neither equal to a value nor different
        from it: such terms are left to pandas, and so are those that it would refuse.
        """
        wanted = parse_filters(filters)
        if wanted.expression is not None:
            return False
        try:
            check_filters(wanted, self.reader.schema)
        except (KeyError, TypeError):
            return False
        dtypes = {name: self.meta.dtypes[label] for label, name in self.labels.items()}
        for term in (term for terms in wanted.conjunctions for term in terms):
            dtype = dtypes.get(term.column)
            if dtype is None:  # the index, or a column that is not read
                return False
            if isinstance(dtype, pd.CategoricalDtype) and term.op[0] in "<>":
                return False
            if term.op == "!=" and getattr(dtype, "na_value", None) is pd.NA:
                return False
        return True

    def categorise(self, columns: Sequence[Any]) -> ParquetPlan:
        """Return the plan that reads these columns of strings as categories.

        Parquet mostly stores strings as a dictionary and codes, so this reads less than strings
        do, and what groups or counts by them has its codes already.  Categories are those of a
        partition, in no order; others of the columns are left as they are.
        """
        import pyarrow as pa

        schema, meta = self.reader.schema, self.meta
        for column, name in zip(columns, _fields_of(columns, self.labels), strict=True):
            number = schema.get_field_index(name)
            kind = schema.field(number).type
            if pa.types.is_string(kind) or pa.types.is_large_string(kind):
                # What pyarrow makes of both kinds of strings when it leaves the codes.
                coded = pa.dictionary(pa.int32(), pa.string())
                schema = schema.set(number, schema.field(number).with_type(coded))
                meta = meta.astype({column: "category"})
        return replace(self, reader=replace(self.reader, schema=schema), meta=meta)

    def extremes(self, column: Any) -> list[Extremes | None]:
        """Return what statistics say of a column in each partition, before filters."""
        name = self.labels.get(column, column)
        groups = parts_of.Groups(self.reader, self.footers)
        return [groups.of_part(part, name) for part in self.parts]


def plan_parquet(
    urlpath: Any,
    columns: Sequence[Any] | str | None = None,
    filters: Any = None,
    index: str | Sequence[str] | Literal[False] | None = None,
    split_row_groups: bool | int | Literal["infer"] = "infer",
    blocksize: int | str = "128 MiB",
    aggregate_files: bool = False,
    dtype_backend: Backend = None,
    storage_options: dict[str, Any] | None = None,
    max_footers: int = 1024,
) -> ParquetPlan:
    """Plan how to read a Parquet dataset.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Files, globs or a directory, which may be partitioned (``year=2024/...``).
    columns : list or str, optional
        Labels of columns, or names of fields, to read; all without it.
    filters : list, optional
        Rows to return, as :func:`pandas.read_parquet` takes it; rows are then numbered from 0
        in each partition unless fields make the index.
    index : str, list of str, or False, optional
        Fields of the index; without it the index that was written, with False none.
    split_row_groups : bool, int or "infer"
        One partition a row group, so many row groups, a file (False), or as many as make
        ``blocksize``.
    blocksize : int or str
        Bytes of the chosen columns in a partition, before compression.
    aggregate_files : bool
        Whether a partition may span files, until it has ``blocksize``.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
        As for pandas.
    storage_options : dict, optional
        For the file system.
    max_footers : int
        Footers to read now, at most; if there are more files, only the first is looked at.

    Returns
    -------
    ParquetPlan

    Raises
    ------
    FileNotFoundError
        If there are no files.
    DataFileError
        If a file is not Parquet, or its columns do not fit those of the first.
    KeyError
        For columns that are not there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
    >>> pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_parquet(path)
    >>> plan = plan_parquet(path, columns=["y"])
    >>> plan.reader(plan.parts[0])
       y
    0  a
    1  b
    """
    found = find_files(urlpath, SUFFIXES, storage_options)
    footers = _footers(found, max_footers)
    first = footers.get(found.files[0].path) or read_footer(found.fs, found.files[0])
    stored, conflict = unify(
        [(found.files[0].path, first.schema)]
        + [(file.path, footers[file.path].schema) for file in found.files if file.path in footers]
    )
    if conflict is not None:
        path, column, kind, known = conflict
        raise DataFileError(
            path,
            f"it is of type {kind} here and {known} in {found.files[0].path}",
            column,
            hint="read the files apart, or write them with one schema",
        )
    keys = parts_of.key_values(found.files)
    schema = parts_of.with_keys(stored, keys)
    index_fields, noted = _index_fields(index, schema)
    schema = with_index(schema, index_fields)
    framing = Framing(index=index_fields, dtype_backend=dtype_backend)
    labels = None if index_fields else _row_labels(noted, len(found.files), index)
    attrs = (schema.metadata or {}).get(b"PANDAS_ATTRS")
    names = tuple(schema.names)
    reader = ParquetReader(
        found.fs, schema, names, keys, framing, labels, attrs=json.loads(attrs) if attrs else None
    )
    pieces = parts_of.whole_files(found.files, keys, footers)
    reader = replace(reader, framing=_null_framing(reader, pieces, footers))
    meta = empty_frame(schema, reader.framing)
    if labels is not None:
        meta.index = pd.RangeIndex(0, name=labels.name)
    mark = tuple((file.path, file.mark) for file in found.files)
    plan = ParquetPlan((ParquetPart(pieces),), reader, meta, None, mark, footers)
    if columns is not None:
        plan = plan.project(_labels_of([columns] if isinstance(columns, str) else columns, plan))
    wanted = None if filters is None else parse_filters(filters)
    if wanted is not None:
        check_filters(wanted, schema)
        plan = replace(plan, reader=replace(plan.reader, filters=wanted, renumber=True))
    groups = parts_of.Groups(plan.reader, footers)
    size = parse_bytes(blocksize)
    parts = parts_of.split(pieces, groups, split_row_groups, size, aggregate_files)
    plan = replace(plan, parts=parts or (ParquetPart((), 0, 0),))
    if wanted is not None:
        plan = plan.prune(wanted)
    return replace(plan, divisions=_divisions(plan))


def _footers(found: FileSet, max_footers: int) -> dict[str, Footer]:
    summary = parts_of.read_summary(found)
    if summary is not None:
        return summary
    if len(found.files) > max_footers:
        return {}
    read = read_footers(found.fs, found.files)
    return {file.path: footer for file, footer in zip(found.files, read, strict=True)}


def _index_fields(index: Any, schema: Any) -> tuple[tuple[str, ...], dict[str, Any] | None]:
    stored, noted = stored_index(schema)
    if index is None:
        return stored, noted
    if index is False:
        return (), None
    names = (index,) if isinstance(index, str) else tuple(index)
    for name in names:
        if name not in schema.names:
            raise KeyError(f"no column {name!r} for the index; there are {schema.names}")
    return names, None


def _row_labels(noted: dict[str, Any] | None, files: int, index: Any) -> RowLabels:
    # The range that one file notes is its own; several are numbered through.
    if noted is None or index is False:
        return RowLabels()
    name = noted.get("name")
    return RowLabels(noted["start"], noted["step"], name) if files == 1 else RowLabels(name=name)


def _null_framing(
    reader: ParquetReader, pieces: Sequence[ParquetPiece], footers: dict[str, Footer]
) -> Framing:
    """Return the framing with the fields whose dtype depends on missing values."""
    groups = parts_of.Groups(reader, footers)
    widened, strict = [], []
    whole = ParquetPart(tuple(pieces))
    for name in nullable_fields(reader.schema, reader.framing):
        known = groups.of_part(whole, name)
        if known is None or known.nulls is None:
            strict.append(name)
        elif known.nulls:
            widened.append(name)
    return replace(reader.framing, widened=tuple(widened), strict=tuple(strict))


def _labels_of(columns: Sequence[Any], plan: ParquetPlan) -> list[Any]:
    """Return labels for columns given by label, or by the name of their field as in pandas."""
    fields = {name: label for label, name in plan.labels.items()}
    index = plan.reader.framing.index
    chosen = [name for name in columns if not (isinstance(name, str) and name in index)]
    return [name if name in plan.labels else fields.get(name, name) for name in chosen]


def _fields_of(columns: Sequence[Any], labels: dict[Any, str]) -> list[str]:
    missing = [column for column in columns if column not in labels]
    if missing:
        raise KeyError(f"no column {missing[0]!r}; there are {list(labels)}")
    return [labels[column] for column in columns]


def _divisions(plan: ParquetPlan) -> tuple[Any, ...] | None:
    """Return borders of the labels, if no two partitions share any."""
    reader = plan.reader
    if reader.filters is not None and reader.labels is not None:
        return None
    if reader.labels is not None:
        return _range_divisions(plan, reader.labels)
    if len(reader.framing.index) != 1 or isinstance(plan.meta.index.dtype, pd.CategoricalDtype):
        return None  # statistics know nothing of the order of categories
    known = plan.extremes(reader.framing.index[0])
    bounds = []
    for part in known:
        if part is None or part.nulls != 0 or part.least is None or not part.exact:
            return None
        bounds.append((part.least, part.greatest))
    if any(one[1] >= two[0] for one, two in pairwise(bounds)):
        return None
    fit = _fitting(plan.meta.index)
    return (*(fit(least) for least, _ in bounds), fit(bounds[-1][1]))


def _range_divisions(plan: ParquetPlan, labels: RowLabels) -> tuple[int, ...] | None:
    starts = []
    if labels.step < 1 or not plan.nrows:
        return None
    groups = parts_of.Groups(plan.reader, plan.footers)
    for part in plan.parts:
        begin = groups.first_row(part)
        if begin is None:
            return None
        starts.append(labels.start + begin * labels.step)
    return (*starts, labels.start + (plan.nrows - 1) * labels.step)


def _fitting(index: pd.Index[Any]) -> Callable[[Any], Any]:
    """Return what brings values of statistics to the dtype of the index."""

    def fit(value: Any) -> Any:
        found = pd.Index([value]).astype(index.dtype)[0]
        return plain(found)

    return fit


__all__ = ["DataFile", "ParquetPart", "ParquetPlan", "ParquetReader", "plan_parquet"]
