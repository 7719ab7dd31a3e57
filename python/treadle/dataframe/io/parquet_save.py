"""``to_parquet``: a frame as a directory of Parquet files.

What a file holds, and how files take the place of others, is decided in `parquet_write`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.dataframe.build import as_expr
from treadle.dataframe.expr import Source
from treadle.dataframe.io.packages import require
from treadle.dataframe.io.parquet_frames import ParquetFiles
from treadle.dataframe.io.parquet_write import (
    ParquetWriter,
    abandon_dataset,
    finish_dataset,
    plan_write,
)
from treadle.dataframe.io.writing import Writing, write_frame
from treadle.graph.expr import walk


class _Finish:
    """Ends the writing of a data set; what is wrong with parts is found here at the latest."""

    def __init__(self, writer: ParquetWriter):
        self.writer = writer

    def __call__(self, written: list[Any]) -> list[str]:
        return finish_dataset(self.writer, written)


def to_parquet(
    df: Any,
    path: Any,
    compression: Any = "snappy",
    write_index: bool | None = True,
    append: bool = False,
    overwrite: bool = False,
    ignore_divisions: bool = False,
    partition_on: str | Sequence[str] | None = None,
    storage_options: dict[str, Any] | None = None,
    write_metadata_file: bool = False,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    schema: Any = None,
    name_function: Callable[[int], str] | None = None,
    engine: str = "auto",
    **kwargs: Any,
) -> Any:
    """Write a frame as Parquet files in a directory; see :meth:`DataFrame.to_parquet`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
    >>> folder = tempfile.mkdtemp()
    >>> len(dd.to_parquet(df, folder))
    3
    >>> dd.read_parquet(folder).divisions
    (0, 2, 4, 5)
    """
    require("pyarrow", "Parquet files")
    if engine not in ("auto", "pyarrow"):
        raise ValueError(
            f'Parquet is written by pyarrow: engine can\'t be {engine!r}; give "pyarrow"'
        )
    if df.ndim != 2:
        raise TypeError("Parquet holds frames; make one of a series with to_frame()")
    if append and not ignore_divisions:
        _check_order(df, path, storage_options)

    def plan(frame: Any) -> Writing:
        writer = plan_write(
            path, frame._meta, append, overwrite, partition_on or (), write_index,
            None if schema == "infer" else schema, compression, write_metadata_file,
            storage_options, name_function=name_function, **kwargs,
        )  # fmt: skip
        _refuse_own(frame, writer)
        return Writing(writer, _Finish(writer), lambda: abandon_dataset(writer))

    return write_frame("to-parquet", df, plan, compute, compute_kwargs)


def _refuse_own(frame: Any, writer: ParquetWriter) -> None:
    """Refuse to replace files that are read: the frame would stand on files that are gone."""
    for node in walk([as_expr(frame)]):  # type: ignore[list-item]
        if isinstance(node, Source) and isinstance(node.reading, ParquetFiles):
            read = {piece.file.path for part in node.reading.parts for piece in part.pieces}
            both = sorted(read & set(writer.replaced))
            if both:
                raise ValueError(
                    f"{both[0]} is read by the frame that would replace it; write to another "
                    "directory, and move that afterwards"
                )


def _check_order(df: Any, path: Any, storage_options: dict[str, Any] | None) -> None:
    """Refuse labels that begin before those there end, if both are known."""
    from treadle.dataframe.io.parquet_plan import plan_parquet

    if not df.known_divisions:
        return
    try:
        there = plan_parquet(path, storage_options=storage_options)
    except FileNotFoundError:
        return
    stored, index = there.divisions, there.meta.index
    if stored is None or there.reader.labels is not None or index.dtype != df._meta.index.dtype:
        return
    if index.names == df._meta.index.names and df.divisions[0] <= stored[-1]:
        raise ValueError(
            f"labels to append begin at {df.divisions[0]!r}, and those in {path} end at "
            f"{stored[-1]!r}; give ignore_divisions=True if that is as it should be"
        )
