r"""``read_csv`` and ``read_table``: frames of the blocks of CSV files.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
>>> _ = path.write_bytes(b"a,b\n1,x\n2,y\n")
>>> read_csv(path).compute()
   a  b
0  1  x
1  2  y
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import pandas as pd

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.io.csv_blocks import CsvBlock
from treadle.dataframe.io.csv_dtypes import Kind
from treadle.dataframe.io.csv_options import CsvReading
from treadle.dataframe.io.csv_plan import CsvPlan, plan_csv
from treadle.dataframe.io.csv_read import read_csv_block
from treadle.dataframe.io.csv_samples import WINDOW, last_border
from treadle.dataframe.io.csv_source import read_range
from treadle.dataframe.reading import Reading
from treadle.errors import CsvDtypeError, LateDtypeWarning
from treadle.graph.tokenize import tokenize
from treadle.utils.warning import warn_user


class ReadBlock:
    """Makes the frame of a block; the same for all blocks."""

    __slots__ = ("columns", "reading")

    def __init__(self, reading: CsvReading, columns: Sequence[Any] | None):
        self.reading = reading
        self.columns = columns

    def __call__(self, block: CsvBlock) -> pd.DataFrame:
        return read_csv_block(block, self.reading, self.columns)

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadBlock, (self.reading, self.columns)


class CsvFiles(Reading):
    """Blocks of CSV files.

    Parameters
    ----------
    plan : CsvPlan
    title : str
        What was asked for, in a few words.
    columns : list, optional
        Only these, in the order of the plan.
    learned : dict
        Label -> kind of what was found late; shared by all readings of one call.
    """

    def __init__(
        self,
        plan: CsvPlan,
        title: str,
        columns: list[Any] | None = None,
        learned: dict[Any, Kind] | None = None,
    ):
        self.plan = plan
        self.title = title
        self.columns = columns
        self.learned: dict[Any, Kind] = {} if learned is None else learned
        self.parts = list(plan.blocks)
        self.divisions = (None,) * (len(self.parts) + 1)
        self.meta = plan.meta if columns is None else plan.meta[columns]

    def function(self) -> Callable[[Any], Any]:
        return ReadBlock(self.plan.reading, self.columns)

    def project(self, columns: list[Any]) -> Reading:
        return CsvFiles(self.plan, self.title, columns, self.learned)

    def mended(self, error: BaseException | None) -> Reading | None:
        """Return a reading with the dtypes that an error asks for, or that others asked for."""
        plan = self.plan.with_kinds([self.learned]) if self.learned else self.plan
        if self._is_mine(error):
            plan = plan.promoted(error.promotion)
        if plan.reading.kinds == self.plan.reading.kinds:
            return None
        return CsvFiles(plan, self.title, self.columns, self.learned)

    def learn(self, error: BaseException, again: bool = True) -> None:
        """Keep what an error asks for, and say so."""
        if not self._is_mine(error):
            return
        known = self.plan.with_kinds([self.learned])
        promoted = known.promoted(error.promotion).reading
        if promoted.kinds == known.reading.kinds:
            return
        found = dict(zip(promoted.labels, promoted.kinds, strict=True))
        self.learned.update({label: found[label] for label in error.promotion if label in found})
        if again:
            spare = f"dtype={error.promotion!r} would spare"
            warn_user(f"{error}; the files are read again, which {spare}", LateDtypeWarning)

    def _is_mine(self, error: BaseException | None) -> TypeGuard[CsvDtypeError]:
        return isinstance(error, CsvDtypeError) and error.path in {
            block.source.path for block in self.plan.blocks
        }

    def first_rows(self, count: int) -> Any:
        """Return rows of the head of the first file; None if there are too few."""
        first = self.plan.blocks[0]
        reading = self.plan.reading
        if first.end is None or reading.verbatim or first.begin:
            return None
        block = first
        if first.end > WINDOW:
            raw = read_range(first.source, 0, WINDOW)
            block = replace(first, end=last_border(raw, reading), exact=True)
        if not block.end and first.end:
            return None
        found = read_csv_block(block, reading, self.columns)
        whole = block is first and len(self.parts) == 1
        return found.iloc[:count] if whole or len(found) >= count else None

    def about_lengths(self) -> Sequence[float] | None:
        """Return how many records blocks have if all are as long as the first ones."""
        first = self.plan.blocks[0]
        if first.end is None or self.plan.reading.verbatim:
            return None
        raw = read_range(first.source, first.begin, min(first.end, WINDOW))
        records = max(raw.count(b"\n"), 1)
        sizes = [(block.end or 0) - block.begin for block in self.plan.blocks]
        return [size * records / max(len(raw), 1) for size in sizes]

    def nbytes(self) -> int | None:
        sizes = {block.source.path: block.source.size for block in self.plan.blocks}
        return None if None in sizes.values() else sum(size or 0 for size in sizes.values())

    def describe(self) -> str:
        return describe_files(self.title, self.meta, self.plan.meta, len(self.parts), "blocks")


def describe_files(title: str, meta: Any, whole: Any, parts: int, kind: str) -> str:
    """Return what is read of files, in a few words."""
    chosen, count = len(meta.columns), len(whole.columns)
    columns = f"{chosen} of {count}" if chosen < count else str(count)
    return f"{title}, {columns} column{'s' * (count != 1)}, {parts} {kind[: -(parts == 1) or None]}"


def title_of(label: str, urlpath: Any) -> str:
    """Return how a call is spoken of.

    >>> title_of("read_csv", ["data/a.csv", "data/b.csv"])
    'read_csv a.csv and 1 more'
    """
    names = urlpath if isinstance(urlpath, list | tuple) else [urlpath]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    first = os.fspath(names[0]).split("?")[0].rstrip("/")
    return f"{label} {first.rpartition('/')[2] or first}{more}"


def read_csv(
    urlpath: Any,
    blocksize: int | str | None = "auto",
    lineterminator: str | None = None,
    compression: str | None = "infer",
    sample: int | str = 256 << 10,
    assume_missing: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    include_path_column: bool | str = False,
    newlines_in_values: bool | None = None,
    **kwargs: Any,
) -> Any:
    r"""Read CSV files into a frame, in blocks of bytes.

    The head of the first file and windows spread evenly over all files are looked at now, so that
    columns and dtypes are known; nothing else is read before the frame is computed.  Only columns
    that are used are parsed then.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Names may hold ``*``; ``s3://``, ``gcs://``, ``http://`` and others as fsspec has them.
    blocksize : int, str or None
        Bytes of a partition; None for a partition a file.  Files that are compressed are not cut.
    lineterminator : str, optional
        One character that ends records, instead of a newline.
    compression : str, optional
        ``"infer"`` goes by the name's ending: gzip, bz2, xz, zstd or zip.
    sample : int or str
        Bytes of the head of the first file that are looked at.
    assume_missing : bool
        Columns that look like integers are read as floats, unless ``dtype`` names them.
    storage_options : dict, optional
        For the file system.
    include_path_column : bool or str
        Add a column with the path of each row's file; a str names it.
    newlines_in_values : bool, optional
        Whether fields in quotes may hold newlines.  By default that is seen from the samples, and
        blocks that are cut wrongly because none showed it are mended when they are read.
    **kwargs
        As for :func:`pandas.read_csv`: ``sep``, ``usecols``, ``dtype``, ``parse_dates``, ...

    Returns
    -------
    DataFrame
        Rows of each partition are numbered from 0, as in a file of its own.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CsvError
        If files have no columns, or not the same.
    ValueError, TypeError
        For options that have no meaning in parts, or that nobody knows.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import treadle.dataframe as dd
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a,b\n1,x\n2,y\n")
    >>> dd.read_csv(path).a.sum().compute()
    np.int64(3)
    """
    if lineterminator is not None:
        kwargs["lineterminator"] = lineterminator
    return _read(
        "read_csv", urlpath, blocksize, assume_missing, compression=compression, sample=sample,
        storage_options=storage_options, include_path_column=include_path_column,
        newlines_in_values=newlines_in_values, **kwargs,
    )  # fmt: skip


def read_table(
    urlpath: Any,
    blocksize: int | str | None = "auto",
    lineterminator: str | None = None,
    compression: str | None = "infer",
    sample: int | str = 256 << 10,
    assume_missing: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    include_path_column: bool | str = False,
    newlines_in_values: bool | None = None,
    **kwargs: Any,
) -> Any:
    r"""Read files of fields that tabs separate into a frame, in blocks of bytes.

    Parameters, results and errors are those of :func:`read_csv`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import treadle.dataframe as dd
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.tsv"
    >>> _ = path.write_bytes(b"a\tb\n1\tx\n2\ty\n")
    >>> dd.read_table(path).b.compute().tolist()
    ['x', 'y']
    """
    if lineterminator is not None:
        kwargs["lineterminator"] = lineterminator
    if kwargs.get("delimiter") is None:
        kwargs.setdefault("sep", "\t")
    return _read(
        "read_table", urlpath, blocksize, assume_missing, compression=compression, sample=sample,
        storage_options=storage_options, include_path_column=include_path_column,
        newlines_in_values=newlines_in_values, **kwargs,
    )  # fmt: skip


def _read(
    label: str, urlpath: Any, blocksize: int | str | None, assume_missing: bool, **options: Any
) -> Any:
    plan = plan_csv(urlpath, blocksize, **options)
    if assume_missing:
        plan = plan.promoted(_floats(plan.reading))
    return csv_collection(label, CsvFiles(plan, title_of(label, urlpath)), options)


def csv_collection(label: str, reading: CsvFiles, options: Mapping[str, Any]) -> Any:
    """Return the frame of a reading; its name says which bytes are read and how."""
    plan = reading.plan
    borders = [(block.begin, block.end) for block in plan.blocks]
    token = tokenize(label, plan.marks, borders, plan.reading.kinds, sorted(options.items()))
    return new_collection(Source(f"{label.replace('_', '-')}-{token}", reading))


def _floats(reading: CsvReading) -> dict[Any, str]:
    """Return the promotion of columns of integers that nobody gave a dtype."""
    return {
        reading.labels[number]: "float64"
        for number, kind in enumerate(reading.kinds)
        if kind in ("int", "uint") and number not in reading.given
    }
