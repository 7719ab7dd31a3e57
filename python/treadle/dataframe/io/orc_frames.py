"""``read_orc`` and ``to_orc``: frames of the stripes of ORC files.

>>> import pathlib, tempfile
>>> import pandas as pd
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.orc"
>>> pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_orc(path)
>>> read_orc(path).y.compute().tolist()
['a', 'b']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.io.arrow_frames import Backend
from treadle.dataframe.io.csv_frames import describe_files, title_of
from treadle.dataframe.io.orc_plan import OrcPlan, plan_orc
from treadle.dataframe.io.packages import require
from treadle.dataframe.io.writing import Targets, Writing, plan_targets, write_frame
from treadle.dataframe.reading import Reading
from treadle.graph.tokenize import tokenize


class OrcFiles(Reading):
    """Stripes of ORC files.

    Parameters
    ----------
    plan : OrcPlan
    title : str
        What was asked for, in a few words.
    whole : DataFrame, optional
        Without rows: the columns there are to choose from.
    """

    def __init__(self, plan: OrcPlan, title: str, whole: Any = None):
        self.plan = plan
        self.title = title
        self.whole = plan.meta if whole is None else whole
        self.parts = list(plan.parts)
        self.divisions = plan.divisions or (None,) * (len(self.parts) + 1)
        self.meta = plan.meta

    def function(self) -> Callable[[Any], Any]:
        return self.plan.reader

    def project(self, columns: list[Any]) -> Reading:
        return OrcFiles(self.plan.project(columns), self.title, self.whole)

    def lengths(self) -> Sequence[int]:
        return [part.nrows for part in self.plan.parts]

    def describe(self) -> str:
        return describe_files(self.title, self.meta, self.whole, len(self.parts), "partitions")


def read_orc(
    path: Any,
    engine: str = "pyarrow",
    columns: Sequence[str] | str | None = None,
    index: str | Sequence[str] | None = None,
    split_stripes: bool | int = 1,
    storage_options: dict[str, Any] | None = None,
    dtype_backend: Backend = None,
) -> Any:
    """Read ORC files into a frame, in partitions of whole stripes.

    Tails of all files are read now; data when the frame is computed, of the columns that are used.

    Parameters
    ----------
    path : str, path, or list of these
        Files, globs or directories; ``s3://``, ``http://`` and others as fsspec has them.
    engine : {"pyarrow"}
        There is one only.
    columns : list or str, optional
        Columns to read; a str makes a series.
    index : str or list of str, optional
        Fields of the index; without it rows are numbered through.
    split_stripes : bool or int
        Stripes of a partition; False makes a file one.
    storage_options : dict, optional
        For the file system.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
        As for pandas.

    Returns
    -------
    DataFrame or Series

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
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.orc"
    >>> pd.DataFrame({"x": [1, 2]}).to_orc(path)
    >>> len(dd.read_orc(path))
    2
    """
    require("pyarrow", "ORC files")
    if engine != "pyarrow":
        raise ValueError(f'ORC is read by pyarrow: engine can\'t be {engine!r}; give "pyarrow"')
    plan = plan_orc(path, columns, index, split_stripes, dtype_backend, storage_options)
    token = tokenize(plan.mark, columns, index, split_stripes, dtype_backend)
    found = new_collection(Source(f"read-orc-{token}", OrcFiles(plan, title_of("read_orc", path))))
    return found[columns] if isinstance(columns, str) else found


@dataclass(frozen=True)
class _Write:
    """Writes a partition to where it waits."""

    targets: Targets
    index: bool
    compression: str

    def __call__(self, frame: Any, number: int) -> str:
        import pyarrow as pa
        from pyarrow import orc

        table = pa.Table.from_pandas(frame, preserve_index=self.index, nthreads=1)
        self.targets.make_folder(number)
        with self.targets.fs.open(self.targets.waiting(number), "wb") as stream:
            orc.write_table(_plain(table), stream, compression=self.compression)
        return self.targets.paths[number]


def _plain(table: Any) -> Any:
    """Return a table without dictionaries, which ORC has no type for."""
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(number).cast(field.type.value_type)
            table = table.set_column(number, field.name, column)
    return table


def to_orc(
    df: Any,
    path: Any,
    engine: str = "pyarrow",
    write_index: bool = True,
    storage_options: dict[str, Any] | None = None,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    compression: str = "snappy",
) -> Any:
    """Write a frame as ORC files in a directory; see :meth:`DataFrame.to_orc`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
    >>> folder = tempfile.mkdtemp()
    >>> len(dd.to_orc(df, folder, write_index=False))
    3
    >>> len(dd.read_orc(folder))
    6
    """
    require("pyarrow", "ORC files")
    if engine != "pyarrow":
        raise ValueError(f'ORC is written by pyarrow: engine can\'t be {engine!r}; give "pyarrow"')
    if df.ndim != 2:
        raise TypeError("ORC holds frames; make one of a series with to_frame()")
    for label in df._meta.columns:
        if not isinstance(label, str):
            raise ValueError(
                f"names of columns must be strings in ORC, not {label!r}; rename them first"
            )

    def plan(frame: Any) -> Writing:
        targets = plan_targets(path, frame.npartitions, ".orc", _part_name, storage_options)
        write = _Write(targets, write_index, compression)
        return Writing(write, targets.finish, targets.abandon)

    return write_frame("to-orc", df, plan, compute, compute_kwargs)


def _part_name(number: int) -> str:
    return f"part.{number:05}"
