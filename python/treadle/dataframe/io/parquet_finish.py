"""The end of writing a Parquet dataset: one schema, old files away, new files in place.

Decides in which order files come and go.  On file systems of this machine old files are put aside
first and come back if anything fails; elsewhere they are removed just before the new ones move in.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treadle.dataframe.io.arrow_frames import unify
from treadle.dataframe.io.dataset_files import find_files, is_local
from treadle.errors import DataFileError

if TYPE_CHECKING:
    from treadle.dataframe.io.parquet_write import ParquetWriter

#: Ends of names of files that count as data when a dataset is replaced.
SUFFIXES = (".parquet", ".parq", ".pq")
#: Files that describe others, and are wrong when those change.
SUMMARIES = ("_metadata", "_common_metadata")


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """What was written of a partition.

    Attributes
    ----------
    files : tuple of str
        Paths below the directory of the dataset.
    rows : tuple of int
        Rows of each.
    schema : pyarrow.Schema
    """

    files: tuple[str, ...]
    rows: tuple[int, ...]
    schema: Any


def finish(writer: ParquetWriter, written: Sequence[WrittenPart]) -> list[str]:
    """Put the files of all partitions in place, and return their paths."""
    schema = _one_schema(writer, written)
    fs, root = writer.fs, writer.root
    names = [name for part in written for name in part.files]
    if is_local(fs):
        fs.makedirs(root, exist_ok=True)
    stale = [path for path in (f"{root}/{name}" for name in SUMMARIES) if fs.exists(path)]
    moved = _swap(writer, names, [*writer.replaced, *stale])
    if writer.summary and names:
        _write_summary(writer, schema)
    return moved


def abandon(writer: ParquetWriter) -> None:
    """Remove what waits."""
    if writer.fs.exists(writer.staging):
        writer.fs.rm(writer.staging, recursive=True)


def _one_schema(writer: ParquetWriter, written: Sequence[WrittenPart]) -> Any:
    """Return the schema of all files; the few that differ are written again."""
    with_rows = [part for part in written if part.files]
    if not with_rows:
        return None
    schemas = [(part.files[0], part.schema) for part in with_rows]
    schema, conflict = unify(schemas)
    if conflict is not None:
        path, column, kind, known = conflict
        raise DataFileError(
            path,
            f"it is of type {kind} in this partition and {known} in the first",
            column,
            hint="convert it with astype first, or give schema=",
        )
    for part in with_rows:
        if not _same_types(part.schema, schema):
            for name in part.files:
                _write_again(writer, f"{writer.staging}/{name}", schema)
    return schema


def _same_types(one: Any, two: Any) -> bool:
    return all(field.type == two.field(field.name).type for field in one)


def _write_again(writer: ParquetWriter, path: str, schema: Any) -> None:
    import pyarrow.parquet as pq

    # The whole file is held, so that it can be written over itself.
    table = pq.ParquetFile(io.BytesIO(writer.fs.cat_file(path))).read()
    for number, field in enumerate(table.schema):
        kind = schema.field(field.name).type
        table = table.set_column(number, field.with_type(kind), table.column(number).cast(kind))
    with writer.fs.open(path, "wb") as stream:
        pq.write_table(table, stream, compression=writer.compression, **writer.options)


def _swap(writer: ParquetWriter, names: Sequence[str], old: Sequence[str]) -> list[str]:
    fs, root = writer.fs, writer.root
    done: list[tuple[str, str]] = []
    aside = f"{writer.staging}/.old"

    def move(source: str, target: str) -> None:
        if is_local(fs):
            fs.makedirs(target.rpartition("/")[0], exist_ok=True)
        fs.mv(source, target)
        done.append((source, target))

    try:
        for path in old:
            if is_local(fs):
                move(path, f"{aside}/{path.removeprefix(root).lstrip('/')}")
            else:
                fs.rm(path)
        moved = [f"{root}/{name}" for name in names]
        for name, target in zip(names, moved, strict=True):
            move(f"{writer.staging}/{name}", target)
    except BaseException:
        for source, target in reversed(done):
            fs.mv(target, source)
        raise
    abandon(writer)
    if is_local(fs):
        _remove_empty(fs, root, old)
    return moved


def _remove_empty(fs: Any, root: str, old: Sequence[str]) -> None:
    """Remove folders that nothing is left in, the deepest first."""
    folders = {path.rpartition("/")[0] for path in old}
    for folder in sorted(folders, key=len, reverse=True):
        while len(folder) > len(root) and fs.exists(folder) and not fs.ls(folder):
            fs.rmdir(folder)
            folder = folder.rpartition("/")[0]


def _write_summary(writer: ParquetWriter, schema: Any) -> None:
    import pyarrow.parquet as pq

    fs, root = writer.fs, writer.root
    files = [f.path for f in find_files(fs.unstrip_protocol(root), SUFFIXES).files]
    whole: Any = None
    for path in files:
        with fs.open(path, "rb") as stream:
            metadata = pq.read_metadata(stream)
        metadata.set_file_path(path.removeprefix(root).lstrip("/"))
        if whole is None:
            whole = metadata
        else:
            whole.append_row_groups(metadata)
    with fs.open(f"{root}/_metadata", "wb") as stream:
        whole.write_metadata_file(stream)
