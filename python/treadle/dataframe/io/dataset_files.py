"""Which files a dataset is made of: one file, a list, a glob or a directory.

Decides the order of the files and what the names of their folders say (``year=2024/month=3``);
does not open any of them.

Files of a directory come in the order of their folders' names, and within a folder with numbers
compared as numbers: ``part.2`` stands before ``part.10``, as they were written.  Names that begin
with ``_`` or ``.`` are notes of those who wrote, not data.

>>> sorted(["a/part.10", "a/part.2"], key=file_order)
['a/part.2', 'a/part.10']
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

#: What stands in a folder's name for a missing value.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as its file system lists it.

    Attributes
    ----------
    path : str
        As ``fs.open`` takes it.
    size : int or None
        In bytes, None if nobody knows without reading it.
    mark : str
        Changes when the content of the file does, as far as the file system can tell.
    keys : tuple of (str, str or None)
        Names and values that the folders give; None for a missing value.
    """

    path: str
    size: int | None
    mark: str
    keys: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files of a dataset, and the file system that reads them.

    ``root`` is the directory that was given, or None where files were named.
    """

    fs: Any
    files: tuple[DataFile, ...]
    root: str | None = None


def find_files(
    urlpath: Any,
    suffixes: Sequence[str] = (),
    storage_options: dict[str, Any] | None = None,
) -> FileSet:
    """Return the files that ``urlpath`` means.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Files, globs or directories; ``s3://``, ``http://`` and others as fsspec has them.
    suffixes : sequence of str
        If some files of a directory end like this, those are taken and others left alone.
    storage_options : dict, optional
        For the file system.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or none in the directory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "year=2024").mkdir()
    >>> _ = (folder / "year=2024" / "a.parquet").write_bytes(b"")
    >>> _ = (folder / "_SUCCESS").write_bytes(b"")
    >>> [file.keys for file in find_files(folder).files]
    [(('year', '2024'),)]
    """
    from fsspec.core import url_to_fs

    urls = urlpath if isinstance(urlpath, (list, tuple)) else [urlpath]
    if not urls:
        raise FileNotFoundError("the list of files is empty")
    fs: Any = None
    root: str | None = None
    files: list[DataFile] = []
    for url in map(os.fspath, urls):
        this_fs, path = url_to_fs(url, **(storage_options or {}))
        if fs is not None and this_fs != fs:
            raise ValueError(f"{url} is on another file system than {urls[0]}; read them apart")
        fs = this_fs
        fs.invalidate_cache()  # others may have written files since they were listed
        path = str(path)
        if any(letter in path for letter in "*?["):
            found = fs.glob(path, detail=True)
            files += _listed(found.items(), None, suffixes)
            continue
        info = fs.info(path)
        if info["type"] == "directory":
            folder = path.rstrip("/")
            root = folder if len(urls) == 1 else None
            files += _listed(fs.find(folder, detail=True).items(), folder, suffixes)
        else:
            # One file speaks for itself; of several, folders may tell them apart.
            above = path.rpartition("/")[0] if len(urls) == 1 else None
            files.append(_data_file(path, info, above))
    if not files:
        raise FileNotFoundError(f"{urlpath} has no files with data")
    return FileSet(fs, tuple(files), root)


def is_local(fs: Any) -> bool:
    """Whether paths of a file system are paths of this machine."""
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(fs, LocalFileSystem)


def sends_ranges(fs: Any, path: str) -> bool:
    """Whether a part of a file can be had without the rest: some web servers only send it whole."""
    if "http" not in fs.protocol:
        return True
    with fs.open(path, "rb", cache_type="none") as stream:
        try:
            stream.seek(1)  # from the start on, a whole file is taken for a part, too
            return len(stream.read(1)) == 1
        except ValueError:
            return False


def open_file(fs: Any, path: str) -> Any:
    """Open a file for reading at any place, as it is now and not as it was listed before."""
    fs.invalidate_cache(path)
    if sends_ranges(fs, path):
        return fs.open(path, "rb")
    return io.BytesIO(fs.cat_file(path))


def file_order(path: str) -> tuple[Any, ...]:
    """Order of files: by folder, then by name with its numbers compared as numbers."""
    folder, _, name = path.rpartition("/")
    pieces = re.split(r"(\d+)", name)
    return (folder, *((int(p), p) if p.isdigit() else (-1, p) for p in pieces))


def hive_keys(path: str, root: str | None) -> tuple[tuple[str, str | None], ...]:
    """Return what the folders of a file say, below ``root`` if it is given.

    >>> hive_keys("data/city=New%20York/a.parquet", "data")
    (('city', 'New York'),)
    """
    below = path if root is None else path.removeprefix(root)
    folders = [folder.partition("=") for folder in below.split("/")[:-1]]
    return tuple(
        (unquote(name), None if value == NO_VALUE else unquote(value))
        for name, equals, value in folders
        if name and equals
    )


def _listed(
    found: Iterable[tuple[str, dict[str, Any]]], root: str | None, suffixes: Sequence[str]
) -> list[DataFile]:
    data = [
        (path, info)
        for path, info in found
        if info["type"] != "directory" and not _is_note(path, root)
    ]
    named = [pair for pair in data if pair[0].endswith(tuple(suffixes))] if suffixes else []
    files = [_data_file(path, info, root) for path, info in named or data]
    return sorted(files, key=lambda file: file_order(file.path))


def _is_note(path: str, root: str | None) -> bool:
    below = path.rpartition("/")[2] if root is None else path.removeprefix(root)
    return any(name.startswith(("_", ".")) and "=" not in name for name in below.split("/"))


def _data_file(path: str, info: dict[str, Any], root: str | None) -> DataFile:
    marks = [info.get(name) for name in ("mtime", "ETag", "etag", "LastModified", "generation")]
    size = info.get("size")
    mark = f"{size}:{next((mark for mark in marks if mark is not None), '')}"
    return DataFile(path, size, mark, hive_keys(path, root))
