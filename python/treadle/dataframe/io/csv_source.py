"""Files of bytes, local or anywhere that fsspec reaches, plain or compressed.

What is asked of them: which they are, how long, a range of bytes, or a stream from the start.
Local files that are not compressed need no fsspec.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
>>> _ = path.write_bytes(b"a,b\\n1,2\\n")
>>> [source] = find_sources(path)
>>> source.size, read_range(source, 4, 8)
(8, b'1,2\\n')
"""

from __future__ import annotations

import glob
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, TypeVar, cast

from treadle.dataframe.io.dataset_files import sends_ranges
from treadle.errors import CsvError

ENDINGS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}

READERS = 32
"""Reads at a time of files that are far away, while a reading is planned."""

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 8 << 20
"""Bytes that a stream hands on at a time."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file.

    Attributes
    ----------
    path : str
        As the user knows it, with its protocol.
    size : int, optional
        Bytes as they are stored; None where that is not known, or where ranges can't be asked for.
    compression : str, optional
    options : mapping, optional
        ``storage_options`` of its file system; None for a local file.
    mark : str
        Changes when the file does.
    """

    path: str
    size: int | None
    compression: str | None = None
    options: Mapping[str, Any] | None = None
    mark: str = ""

    @property
    def divisible(self) -> bool:
        """Whether a range of its bytes can be read without those before."""
        return self.compression is None and self.size is not None


def find_sources(
    urlpath: Any,
    compression: str | None = "infer",
    storage_options: Mapping[str, Any] | None = None,
) -> list[Source]:
    """Return the files that names or patterns stand for, in the order of their names.

    Parameters
    ----------
    urlpath : str, path, or sequence of these
        Patterns with ``*`` stand for the files they match, and lists keep their order.
    compression : str, optional
        ``"infer"`` goes by the name's ending.
    storage_options : mapping, optional

    Raises
    ------
    FileNotFoundError
        If a name stands for no file.
    """
    names = urlpath if isinstance(urlpath, (list, tuple)) else [urlpath]
    found = []
    for name in names:
        text = os.fspath(name)
        local = _local_path(text)
        if local is not None and not storage_options:
            found += _local_sources(local, compression)
        else:
            found += _remote_sources(text, compression, storage_options or {})
    if not found:
        raise FileNotFoundError(f"no file is called {urlpath}")
    return found


def _local_path(text: str) -> str | None:
    if text.startswith("file://"):
        return text.removeprefix("file://")
    return None if "://" in text or "::" in text else os.path.expanduser(text)


def _local_sources(text: str, compression: str | None) -> list[Source]:
    names = [text]
    if not os.path.exists(text):
        names = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) else []
        names = [name for name in names if not os.path.isdir(name)]
    elif os.path.isdir(text):
        raise IsADirectoryError(f"{text} is a directory; name its files, as in {text}/*.csv")
    if not names:
        raise FileNotFoundError(f"no file is called {text}")
    found = []
    for name in names:
        stat = os.stat(name)
        kind = _compression(name, compression)
        mark = f"{stat.st_mtime_ns}-{stat.st_size}"
        found.append(Source(os.path.abspath(name), stat.st_size, kind, None, mark))
    return found


def _remote_sources(text: str, compression: str | None, options: Mapping[str, Any]) -> list[Source]:
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(text, **options)
    fs.invalidate_cache()  # others may have written files since they were listed
    paths = sorted(fs.glob(path)) if glob.has_magic(path) and "?" not in path else [path]
    if not paths:
        raise FileNotFoundError(f"no file is called {text}")
    found = []
    for each in paths:
        info = fs.info(each)
        size = info.get("size")
        if size and size > 1 and not sends_ranges(fs, each):
            size = None
        kind = _compression(each, compression)
        name = fs.unstrip_protocol(each)
        tags = [str(info.get(tag)) for tag in ("size", "ETag", "Last-Modified")]
        mark = "-".join([str(fs.ukey(each)), *tags])
        found.append(Source(name, size, kind, dict(options), mark))
    return found


def _compression(name: str, compression: str | None) -> str | None:
    if compression != "infer":
        return "zstd" if compression == "zst" else compression
    return ENDINGS.get(os.path.splitext(name.split("?")[0])[1].lower())


def read_range(source: Source, begin: int, end: int) -> bytes:
    """Return some bytes of a divisible file; fewer where it ends before."""
    if end <= begin:
        return b""
    if source.options is None:
        with open(source.path, "rb") as stream:
            stream.seek(begin)
            return stream.read(end - begin)
    fs, path = _file_system(source)
    data = cast(bytes, fs.cat_file(path, start=begin, end=end))
    if len(data) > end - begin:
        raise CsvError(
            source.path, "its server sends the whole file when asked for a part", begin,
            mend="use blocksize=None",
        )  # fmt: skip
    return data


def read_whole(source: Source) -> bytes:
    """Return all bytes, decompressed."""
    with open_stream(source) as stream:
        return stream.read()


def read_head(source: Source, count: int) -> bytes:
    """Return the first bytes, decompressed."""
    if source.divisible:
        return read_range(source, 0, min(count, source.size or 0))
    with open_stream(source) as stream:
        parts = []
        while count > 0 and (part := stream.read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def stream_chunks(source: Source, begin: int, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a divisible file from ``begin`` on."""
    assert source.size is not None
    stop = source.size if end is None else end
    for start in range(begin, stop, CHUNK):
        yield read_range(source, start, min(start + CHUNK, stop))


def open_stream(source: Source) -> IO[bytes]:
    """Open a file for reading from the start, decompressed; the caller closes it."""
    if source.options is None:
        raw: Any = open(source.path, "rb")  # noqa: SIM115
    else:
        fs, path = _file_system(source)
        fs.invalidate_cache(path)
        raw = fs.open(path, "rb") if source.size is not None else io.BytesIO(fs.cat_file(path))
    return _decompressed(raw, source)


def _file_system(source: Source) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(source.path, **(source.options or {}))
    return fs, path


def _decompressed(raw: Any, source: Source) -> IO[bytes]:
    match source.compression:
        case None:
            return cast(IO[bytes], raw)
        case "gzip":
            import gzip

            return _owning(gzip.GzipFile(fileobj=raw), raw)
        case "bz2":
            import bz2

            return _owning(bz2.BZ2File(raw), raw)
        case "xz":
            import lzma

            return _owning(lzma.LZMAFile(raw), raw)
        case "zip":
            return _only_member(raw, source)
        case "zstd":
            import pyarrow as pa

            return _owning(pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd"), raw)
    raw.close()
    known = ", ".join(sorted(ENDINGS.values()))
    raise ValueError(f"unknown compression {source.compression!r}; use one of {known}")


def _only_member(raw: Any, source: Source) -> IO[bytes]:
    import zipfile

    archive = zipfile.ZipFile(raw)
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        raw.close()
        raise CsvError(
            source.path, f"the archive holds {len(names)} files, and must hold one",
            mend="unpack it first",
        )  # fmt: skip
    return _owning(archive.open(names[0]), raw)


def _owning(stream: Any, raw: Any) -> IO[bytes]:
    return cast(IO[bytes], _Owning(stream, raw))


class _Owning(io.RawIOBase):
    """A stream that closes what it reads from, too."""

    def __init__(self, stream: Any, raw: Any):
        self._stream = stream
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        return cast(bytes, self._stream.read() if size < 0 else self._stream.read(size))

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._raw.close()
        super().close()


def common_size(sources: Sequence[Source]) -> int:
    """Return the bytes of all files whose size is known."""
    return sum(source.size or 0 for source in sources)


def at_once(
    sources: Sequence[Source], func: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    """Call a function that reads a little of files with each item.

    Several at a time if a file is far away, where most of the time is spent waiting.
    """
    if len(items) < 2 or all(source.options is None for source in sources):
        return [func(item) for item in items]
    with ThreadPoolExecutor(min(len(items), READERS)) as pool:
        return list(pool.map(func, items))
