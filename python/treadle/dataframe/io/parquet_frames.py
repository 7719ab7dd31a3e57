"""``read_parquet``: frames of the row groups of Parquet files.

>>> import pathlib, tempfile
>>> import pandas as pd
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
>>> pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_parquet(path)
>>> read_parquet(path).y.compute().tolist()
['a', 'b']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.io.arrow_frames import Backend
from treadle.dataframe.io.csv_frames import describe_files, title_of
from treadle.dataframe.io.packages import require
from treadle.dataframe.io.parquet_parts import Groups
from treadle.dataframe.io.parquet_plan import ParquetPlan, plan_parquet
from treadle.dataframe.io.parquet_read import ParquetPart
from treadle.dataframe.reading import Reading
from treadle.graph.tokenize import tokenize


class ParquetFiles(Reading):
    """Row groups of Parquet files.

    Parameters
    ----------
    plan : ParquetPlan
    title : str
        What was asked for, in a few words.
    whole : DataFrame, optional
        Without rows: the columns there are to choose from.
    """

    def __init__(self, plan: ParquetPlan, title: str, whole: Any = None):
        self.plan = plan
        self.title = title
        self.whole = plan.meta if whole is None else whole
        self.parts = list(plan.parts)
        self.meta = plan.meta
        self.divisions = plan.divisions or (None,) * (len(self.parts) + 1)

    def _with(self, plan: ParquetPlan) -> ParquetFiles:
        return ParquetFiles(plan, self.title, self.whole)

    def function(self) -> Callable[[Any], Any]:
        return self.plan.reader

    def project(self, columns: list[Any]) -> Reading:
        return self._with(self.plan.project(columns))

    def select(self, filters: Any) -> Reading | None:
        if self.plan.reader.filters is not None and self.plan.reader.renumber:
            return None
        names = self.plan.labels
        if not all(label in names for row in filters for label, _, _ in row):
            return None
        named = [[(names[label], op, value) for label, op, value in row] for row in filters]
        if not self.plan.pushable(named):
            return None
        return self._with(self.plan.select(named, keep_parts=True))

    def lengths(self) -> Sequence[int] | None:
        return None if self.plan.reader.filters is not None else self._rows()

    def about_lengths(self) -> Sequence[float] | None:
        return self._rows()  # without filters, or before them

    def _rows(self) -> list[int] | None:
        counts = [part.nrows for part in self.plan.parts]
        return None if None in counts else [count or 0 for count in counts]

    def first_rows(self, count: int) -> Any:
        """Return rows of the first row group, read no further than is needed."""
        return first_rows(self.plan, count)

    def categorise(self, columns: list[Any]) -> Reading | None:
        filters = self.plan.reader.filters
        if filters is not None and {self.plan.labels[label] for label in columns} & {
            *filters.columns
        }:
            return None  # which compare texts
        return self._with(self.plan.categorise(columns))

    def extremes(self, column: Any) -> list[Any] | None:
        return self.plan.extremes(column)

    def nbytes(self) -> int | None:
        return self.plan.nbytes

    def describe(self) -> str:
        text = describe_files(self.title, self.meta, self.whole, len(self.parts), "partitions")
        read = sum(bool(part.pieces) for part in self.plan.parts)
        text = text if read == len(self.parts) else f"{text}, {read} of them with rows to look at"
        chosen = self.plan.reader.filters
        return text if chosen is None else f"{text}, rows with {chosen.text}"


#: Bytes of a row group that may be read for its first rows.
SMALL = 4 << 20


def first_rows(plan: ParquetPlan, count: int) -> Any:
    """Return the first rows of a plan; None if too many bytes would be read for them."""
    groups = Groups(plan.reader, plan.footers)
    for part in plan.parts[:1]:
        if not part.pieces or plan.reader.filters is not None:
            return None
        piece = part.pieces[0]
        numbers = groups.numbers(piece)
        if not numbers:
            return None
        first = replace(piece, groups=tuple(numbers[:1]))
        whole = len(plan.parts) == 1 and len(part.pieces) == 1 and len(numbers) == 1
        if (groups.nbytes(first) or SMALL) >= SMALL or (
            not whole and (groups.rows(first) or 0) < count
        ):
            return None
        return plan.reader(ParquetPart((first,))).iloc[:count]
    return None


def read_parquet(
    path: Any,
    columns: Sequence[Any] | str | None = None,
    filters: Any = None,
    index: str | Sequence[str] | Literal[False] | None = None,
    storage_options: dict[str, Any] | None = None,
    engine: str = "auto",
    dtype_backend: Backend = None,
    calculate_divisions: bool = True,
    split_row_groups: bool | int | Literal["infer"] = "infer",
    blocksize: int | str = "128 MiB",
    aggregate_files: bool = False,
) -> Any:
    """Read Parquet files into a frame, in partitions of whole row groups.

    Footers are read now, so that columns, dtypes, lengths and divisions are known; data is read
    when the frame is computed, and then only the columns that are used, and only row groups that
    may have rows that are wanted.

    Parameters
    ----------
    path : str, path, or list of these
        Files, globs or a directory, which may be partitioned (``year=2024/...``); ``s3://``,
        ``gcs://``, ``http://`` and others as fsspec has them.
    columns : list or str, optional
        Columns to read; a str makes a series.
    filters : list, optional
        Rows to return, as :func:`pandas.read_parquet` takes it; rows are then numbered from 0 in
        each partition unless fields make the index.
    index : str, list of str, or False, optional
        Fields of the index; without it the index that was written, with False none.
    storage_options : dict, optional
        For the file system.
    engine : {"auto", "pyarrow"}
        There is one only.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
        As for pandas.
    calculate_divisions : bool
        Take the labels between partitions from statistics, where these tell.
    split_row_groups : bool, int or "infer"
        One partition a row group, so many row groups, a file (False), or as many as make
        ``blocksize``.
    blocksize : int or str
        Bytes of the chosen columns in a partition, before compression.
    aggregate_files : bool
        Whether a partition may span files, until it has ``blocksize``.

    Returns
    -------
    DataFrame or Series

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
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
    >>> pd.DataFrame({"x": range(6)}).to_parquet(path, row_group_size=2)
    >>> df = dd.read_parquet(path, split_row_groups=True)
    >>> df.divisions, len(df)
    ((0, 2, 4, 5), 6)
    """
    require("pyarrow", "Parquet files")
    if engine not in ("auto", "pyarrow"):
        raise ValueError(f'Parquet is read by pyarrow: engine can\'t be {engine!r}; give "pyarrow"')
    plan = plan_parquet(
        path, columns, filters, index, split_row_groups, blocksize, aggregate_files,
        dtype_backend, storage_options,
    )  # fmt: skip
    if not calculate_divisions:
        plan = plan.without_divisions()
    token = tokenize(
        plan.mark, columns, filters, index, split_row_groups, blocksize, aggregate_files,
        dtype_backend, calculate_divisions,
    )  # fmt: skip
    reading = ParquetFiles(plan, title_of("read_parquet", path))
    found = new_collection(Source(f"read-parquet-{token}", reading))
    return found[columns] if isinstance(columns, str) else found
