"""``read_json`` and ``to_json``: frames of records in JSON.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
>>> _ = path.write_text('{"x": 1, "y": "a"}\\n{"x": 2, "y": "b"}\\n')
>>> read_json(path).y.compute().tolist()
['a', 'b']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.io.csv_frames import describe_files, title_of
from treadle.dataframe.io.json_plan import JsonPlan, plan_json
from treadle.dataframe.io.json_write import JsonWriter, write_json_part
from treadle.dataframe.io.writing import Targets, Writing, plan_targets, write_frame
from treadle.dataframe.reading import Reading
from treadle.graph.tokenize import tokenize


class JsonFiles(Reading):
    """Blocks of JSON files.

    Parameters
    ----------
    plan : JsonPlan
    title : str
        What was asked for, in a few words.
    whole : DataFrame, optional
        Without rows: the columns there are to choose from.
    """

    def __init__(self, plan: JsonPlan, title: str, whole: Any = None):
        self.plan = plan
        self.title = title
        self.whole = plan.meta if whole is None else whole
        self.parts = list(plan.blocks)
        self.divisions = (None,) * (len(self.parts) + 1)
        self.meta = plan.meta

    def function(self) -> Callable[[Any], Any]:
        return self.plan.reader

    def project(self, columns: list[Any]) -> Reading:
        if not columns or not self.plan.reader.lines:
            return self  # records are counted by what they hold
        return JsonFiles(self.plan.project(columns), self.title, self.whole)

    def describe(self) -> str:
        return describe_files(self.title, self.meta, self.whole, len(self.parts), "blocks")


def read_json(
    url_path: Any,
    orient: str = "records",
    lines: bool | None = None,
    storage_options: dict[str, Any] | None = None,
    blocksize: int | str | None = "64 MiB",
    sample: int | str = 256 << 10,
    encoding: str = "utf-8",
    errors: str = "strict",
    compression: str | None = "infer",
    columns: Sequence[Any] | None = None,
    dtype: Mapping[str, Any] | None = None,
) -> Any:
    """Read files of JSON into a frame: a record a line, or each file one text.

    Heads, middles and tails of a few files are looked at now, so that columns and dtypes are known.

    Parameters
    ----------
    url_path : str, path, or list of these
        Files, globs or directories; ``s3://``, ``http://`` and others as fsspec has them.
    orient : str
        As for pandas; of files that are one text each.
    lines : bool, optional
        A record a line; without it that is so for the orient "records".
    storage_options : dict, optional
        For the file system.
    blocksize : int, str or None
        Bytes of a partition; None makes a file one. Compressed files are one in any case.
    sample : int or str
        Bytes to look at in each of a few files.
    encoding, errors : str
        As for :func:`open`.
    compression : str, optional
        ``"infer"`` goes by the name's ending.
    columns : list, optional
        Keys to read; others are left out, and may come and go.
    dtype : dict, optional
        Dtypes of some columns, which need not be in the sample.

    Returns
    -------
    DataFrame

    Raises
    ------
    FileNotFoundError
        If there are no files.
    DataFileError
        If what was looked at is no JSON; when computed, if a value does not fit its column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import treadle.dataframe as dd
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
    >>> _ = path.write_text('{"x": 1}\\n{"x": 2.5}\\n')
    >>> dd.read_json(path).x.compute().tolist()
    [1.0, 2.5]
    """
    plan = plan_json(
        url_path, orient, lines, blocksize, sample, columns, dtype, encoding, errors, compression,
        storage_options,
    )  # fmt: skip
    token = tokenize(
        plan.mark, orient, lines, blocksize, sample, columns, dtype, encoding, errors, compression
    )
    reading = JsonFiles(plan, title_of("read_json", url_path))
    return new_collection(Source(f"read-json-{token}", reading))


@dataclass(frozen=True)
class _Write:
    """Writes a partition to where it waits."""

    writer: JsonWriter
    targets: Targets

    def __call__(self, frame: Any, number: int) -> str:
        self.targets.make_folder(number)
        write_json_part(frame, self.targets.url(number), self.writer)
        return self.targets.paths[number]


def to_json(
    df: Any,
    url_path: Any,
    orient: str = "records",
    lines: bool | None = None,
    storage_options: dict[str, Any] | None = None,
    compute: bool = True,
    encoding: str = "utf-8",
    errors: str = "strict",
    compression: str | None = "infer",
    compute_kwargs: Mapping[str, Any] | None = None,
    name_function: Callable[[int], str] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame or series as JSON, a file each partition; see :meth:`DataFrame.to_json`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
    >>> [path[-7:] for path in dd.to_json(df, tempfile.mkdtemp() + "/*.jsonl")]
    ['0.jsonl', '1.jsonl', '2.jsonl']
    """
    writer = JsonWriter(
        orient, lines, encoding, errors, compression, dict(storage_options or {}), dict(kwargs)
    )

    def plan(frame: Any) -> Writing:
        targets = plan_targets(url_path, frame.npartitions, ".json", name_function, storage_options)
        return Writing(_Write(writer, targets), targets.finish, targets.abandon)

    return write_frame("to-json", df, plan, compute, compute_kwargs)
