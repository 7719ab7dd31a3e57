"""Which partitions JSON files are read in, and which dtypes their columns have.

Decides where lines are cut, which every block of bytes could find again: a newline inside a string
is written with a backslash, so each newline ends a record.  Dtypes are those of a sample from
heads, middles and tails of files, all of it taken together.  JSON's own types decide: strings stay
strings, and numbers with a point are floats even if all are whole (pandas would make integers of
both if it could); keys that are called like dates become dates, as with pandas.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
>>> _ = path.write_text('{"x": 1, "y": "a"}\\n{"x": 2.5, "y": "b"}\\n')
>>> plan = plan_json(path)
>>> plan.meta.dtypes["x"], len(plan.blocks)
(dtype('float64'), 1)
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.io.dataset_files import DataFile, find_files, sends_ranges
from treadle.dataframe.io.json_read import (
    JsonBlock,
    JsonField,
    JsonReader,
    Kind,
    raw_frame,
    read_bytes,
)
from treadle.errors import DataFileError
from treadle.utils.format import parse_bytes

#: Ends of names of files with data, where a directory holds other files, too.
SUFFIXES = tuple(
    end + zipped
    for end in (".json", ".jsonl", ".ndjson")
    for zipped in ("", ".gz", ".bz2", ".xz", ".zst")
)
#: Files that are looked into for dtypes.
MAX_SAMPLED = 8


@dataclass(frozen=True)
class JsonPlan:
    """How JSON is read: blocks, and one reader for them.

    Attributes
    ----------
    blocks : tuple of JsonBlock
    reader : JsonReader
        ``reader(block)`` is the frame of a partition.
    meta : DataFrame
        Without rows; every partition has its columns and dtypes.
    mark : tuple
        Changes when a file does.
    """

    blocks: tuple[JsonBlock, ...]
    reader: JsonReader
    meta: pd.DataFrame
    mark: tuple[Any, ...]

    def project(self, columns: Sequence[Any]) -> JsonPlan:
        """Return the plan that reads only these columns, in this order.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        known = {one.label: one for one in self.reader.fields}
        for label in columns:
            if label not in known:
                raise KeyError(f"no column {label!r}; there are {list(known)}")
        meta = self.meta[list(columns)]
        reader = replace(
            self.reader,
            fields=tuple(known[label] for label in columns),
            ignore=True,
            columns=meta.columns,
        )
        return replace(self, reader=reader, meta=meta)


def plan_json(
    urlpath: Any,
    orient: str = "records",
    lines: bool | None = None,
    blocksize: int | str | None = "64 MiB",
    sample: int | str = "256 KiB",
    columns: Sequence[Any] | None = None,
    dtype: Mapping[str, Any] | None = None,
    encoding: str = "utf-8",
    encoding_errors: str = "strict",
    compression: str | None = "infer",
    storage_options: dict[str, Any] | None = None,
) -> JsonPlan:
    """Plan how to read files of JSON.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Files, globs or directories.
    orient : str
        As for pandas; of files that are one text each.
    lines : bool, optional
        A record a line; without it that is so for the orient "records".
    blocksize : int, str or None
        Bytes of a partition; None makes a file one.  Compressed files are one in any case.
    sample : int or str
        Bytes to look at in each of a few files.
    columns : list, optional
        Keys to read; others are left out, and may come and go.
    dtype : dict, optional
        Dtypes of some columns, which need not be in the sample.
    encoding, encoding_errors : str
        As for :func:`open`.
    compression : str, optional
        "infer" goes by the name's ending.
    storage_options : dict, optional
        For the file system.

    Returns
    -------
    JsonPlan

    Raises
    ------
    FileNotFoundError
        If there are no files.
    DataFileError
        If what was looked at is no JSON.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
    >>> _ = path.write_text('{"x": 1, "y": "a"}\\n' * 4)
    >>> plan = plan_json(path, blocksize=40, columns=["y"])
    >>> [len(plan.reader(block)) for block in plan.blocks]
    [2, 2]
    """
    by_line = orient == "records" if lines is None else lines
    if by_line and orient != "records":
        raise ValueError(f"lines are records, not of orient {orient!r}; give lines=False")
    found = find_files(urlpath, SUFFIXES, storage_options)
    zipped = _compression(found.files, compression)
    mark = tuple((file.path, file.mark) for file in found.files)
    reader = JsonReader(
        (), found.fs, by_line, orient, encoding, encoding_errors, zipped, columns is not None
    )
    size = None if blocksize is None else parse_bytes(blocksize)
    if size is not None and size < 1:
        raise ValueError(f"blocksize must be 1 or more, not {size}")
    wide = _is_wide(encoding)
    if not all(sends_ranges(found.fs, file.path) for file in found.files):
        size, wide = None, True  # heads of files alone can be looked at
    cut = by_line and not zipped and not wide and size is not None
    if by_line:
        looked = _sample(found.fs, found.files, parse_bytes(sample), reader, wide)
        fields, meta = _fields(looked, dict(dtype or {}), columns, found.files[0].path)
    else:
        fields, meta = _fields_of_text(found.files[0], reader, dict(dtype or {}), columns)
    reader = replace(reader, fields=fields, columns=meta.columns)
    if cut and size is not None:
        blocks = [block for file in found.files for block in _blocks(found.fs, file, size)]
    else:
        blocks = [JsonBlock(file.path, mark=file.mark) for file in found.files]
    return JsonPlan(tuple(blocks), reader, meta, mark)


def _compression(files: Sequence[DataFile], compression: str | None) -> str | None:
    from fsspec.core import get_compression

    kinds = {get_compression(file.path, compression) for file in files}
    if len(kinds) > 1:
        raise ValueError(f"some files are compressed in another way than others: {kinds}")
    kind: str | None = next(iter(kinds))
    return kind


def _is_wide(encoding: str) -> bool:
    """Whether the byte of a newline may be part of another character."""
    return "\n{".encode(encoding) != b"\n{"


def _blocks(fs: Any, file: DataFile, size: int) -> Iterator[JsonBlock]:
    """Yield blocks that end with a newline, each about as long as ``size``."""
    total = file.size if file.size is not None else fs.size(file.path)
    count = max(1, round(total / size))
    if count == 1:
        yield JsonBlock(file.path, 0, total, file.mark)
        return
    begin = 0
    with fs.open(file.path, "rb") as stream:
        for number in range(1, count):
            end = _after_newline(stream, max(begin, total * number // count - 1), total)
            if end > begin:
                yield JsonBlock(file.path, begin, end, file.mark)
            begin = end
    if begin < total:
        yield JsonBlock(file.path, begin, total, file.mark)


def _after_newline(stream: Any, place: int, total: int) -> int:
    stream.seek(place)
    while place < total:
        piece = stream.read(1 << 16)
        if not piece:
            break
        found = piece.find(b"\n")
        if found >= 0:
            return int(place + found + 1)
        place += len(piece)
    return total


def _sample(
    fs: Any, files: Sequence[DataFile], size: int, reader: JsonReader, wide: bool
) -> list[bytes]:
    """Return whole lines from heads, middles and tails of some of the files."""
    step = max(1, len(files) // MAX_SAMPLED)
    chosen = dict.fromkeys([*files[::step][:MAX_SAMPLED], files[-1]])
    lines: list[bytes] = []
    for file in chosen:
        if reader.compression or wide:
            lines += _head(fs, file, size, reader)
            continue
        total = file.size if file.size is not None else fs.size(file.path)
        third = size // 3
        spans = [(0, total)]
        if total > size:
            middle = (total - third) // 2
            spans = [(0, third), (middle, middle + third), (total - third, total)]
        for begin, end in spans:
            # A piece may lie within one long record: then it grows until it holds a whole one.
            while True:
                data = read_bytes(JsonBlock(file.path, begin, end), fs, None)
                whole = _whole_lines(data, begin, end, total)
                if whole or (begin == 0 and end >= total):
                    break
                begin, end = max(0, begin - (end - begin)), min(total, end + (end - begin))
            lines += whole
    return [
        line.decode(reader.encoding, reader.encoding_errors).encode()
        if reader.encoding_errors != "strict" or not _is_utf8(reader.encoding)
        else line
        for line in lines
        if line.strip()
    ]


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii")


def _whole_lines(data: bytes, begin: int, end: int, total: int) -> list[bytes]:
    lines = data.split(b"\n")
    if begin > 0:
        lines = lines[1:]
    return lines if end >= total else lines[:-1]


def _head(fs: Any, file: DataFile, size: int, reader: JsonReader) -> list[bytes]:
    from fsspec.core import OpenFile

    newline = "\n".encode(reader.encoding).removeprefix("".encode(reader.encoding))
    with OpenFile(fs, file.path, "rb", reader.compression) as stream:
        data = stream.read(size)
        while newline not in data and (more := stream.read(size)):
            data += more
        if stream.read(1):  # the last line is not whole
            data = data[: data.rfind(newline) + len(newline)]
    if _is_wide(reader.encoding):
        text = data.decode(reader.encoding, reader.encoding_errors)
        return [line.encode(reader.encoding) for line in text.split("\n")]
    return bytes(data).removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _fields(
    lines: list[bytes], given: dict[str, Any], columns: Sequence[Any] | None, path: str
) -> tuple[tuple[JsonField, ...], pd.DataFrame]:
    """Return the columns that records have, and the empty frame of them."""
    try:
        raw = raw_frame(lines) if lines else pd.DataFrame()
        labels = _typed(lines) if lines else pd.DataFrame()
    except (ValueError, AttributeError) as error:
        raise DataFileError(
            path,
            f"no records in lines could be read: {error}",
            hint="give lines=False if the file is one JSON text",
        ) from error
    return _fields_of(raw, labels, given, columns)


def _typed(lines: list[bytes]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dates that are none; they stay as they are
        return pd.read_json(io.BytesIO(b"\n".join(lines)), lines=True)


def _fields_of_text(
    file: DataFile, reader: JsonReader, given: dict[str, Any], columns: Sequence[Any] | None
) -> tuple[tuple[JsonField, ...], pd.DataFrame]:
    data = read_bytes(JsonBlock(file.path), reader.fs, reader.compression)
    text = data.decode(reader.encoding, reader.encoding_errors)
    try:
        raw = pd.read_json(io.StringIO(text), orient=reader.orient, dtype=False, precise_float=True)  # type: ignore[call-overload]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            typed = pd.read_json(io.StringIO(text), orient=reader.orient)  # type: ignore[call-overload]
    except ValueError as error:
        raise DataFileError(
            file.path, f"this is no JSON of orient {reader.orient!r}: {error}"
        ) from error
    fields, meta = _fields_of(raw.rename(columns=str), typed, given, columns)
    return fields, meta.set_axis(raw.index[:0])


def _fields_of(
    raw: pd.DataFrame, typed: pd.DataFrame, given: dict[str, Any], columns: Sequence[Any] | None
) -> tuple[tuple[JsonField, ...], pd.DataFrame]:
    labels = dict(zip(raw.columns, typed.columns, strict=True))
    fields = {}
    for place, name in enumerate(raw.columns):
        label = labels[name]
        stated = given.get(name, given.get(label))
        values = raw.iloc[:, place]
        fields[label] = _field(name, label, values, typed.iloc[:, place], stated)
    for name, dtype in given.items():
        if name not in fields and name not in labels:
            fields[name] = JsonField(str(name), name, *_given(dtype))
    if columns is not None:
        for label in columns:
            if label not in fields:
                raise KeyError(f"no record that was looked at has a key {label!r}")
        fields = {label: fields[label] for label in columns}
    index: pd.Index[Any] = pd.Index(list(fields))
    if not len(index):
        index = pd.Index([], dtype="str")
    data = {n: pd.Series([], dtype=one.dtype) for n, one in enumerate(fields.values())}
    meta = pd.DataFrame(data, index=pd.RangeIndex(0)).set_axis(index, axis=1)
    return tuple(fields.values()), meta


def _given(dtype: Any) -> tuple[Kind, Any]:
    found = pd.api.types.pandas_dtype(dtype)
    if found == np.dtype(object):
        return "object", found
    if isinstance(found, np.dtype) and found == np.dtype("float64"):
        return "float", found
    return "given", found


def _field(
    name: str, label: Any, raw: pd.Series[Any], typed: pd.Series[Any], stated: Any
) -> JsonField:
    if stated is not None:
        return JsonField(name, label, *_given(stated))
    kinds: dict[str, Kind] = {"i": "int", "f": "float", "b": "bool"}
    kind = kinds.get(raw.dtype.kind, "object")
    if isinstance(raw.dtype, pd.StringDtype):
        kind = "str"
    if raw.isna().all():
        return JsonField(name, label, "object", np.dtype(object))
    if pd.api.types.is_datetime64_any_dtype(typed.dtype) and kind in ("int", "float", "str"):
        unit = None if kind == "str" else _unit(raw, typed)
        return JsonField(name, label, "date", typed.dtype, kind, unit)
    return JsonField(name, label, kind, raw.dtype if kind != "object" else np.dtype(object))


def _unit(raw: pd.Series[Any], typed: pd.Series[Any]) -> str:
    """Return the unit in which pandas took numbers for dates."""
    for unit in ("s", "ms", "us"):
        try:
            if pd.to_datetime(raw, unit=unit).astype(typed.dtype).equals(typed):
                return unit
        except (ValueError, OverflowError):
            continue
    return "ns"
