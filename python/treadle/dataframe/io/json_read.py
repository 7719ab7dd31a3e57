r"""Reading one partition of JSON: a block of lines, or a whole file, becomes a frame.

Decides nothing about blocks and dtypes, which ``json_plan`` does.  Lines of plain values go
through pyarrow, which lets go of the GIL and skips what is not asked for; what it does not take
goes through pandas, and what does not fit the plan is an error that says where.

>>> reader = JsonReader((JsonField("x", "x", "int", np.dtype("int64")),))
>>> frame_of_lines(b'{"x": 1}\n{"x": 2}\n', reader)
   x
0  1
1  2
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from treadle.errors import DataFileError

Kind = Literal["int", "float", "bool", "str", "date", "object", "given"]

_SURE: dict[str, tuple[Callable[[Any], bool], str]] = {
    "int": (
        lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and v == int(v),
        "whole number",
    ),
    "float": (lambda v: isinstance(v, (int, float)) and not isinstance(v, bool), "number"),
    "bool": (lambda v: isinstance(v, bool), "truth value"),
    "str": (lambda v: isinstance(v, str), "string"),
}


@dataclass(frozen=True, slots=True)
class JsonField:
    """A column of the result.

    Attributes
    ----------
    name : str
        Key in the records.
    label : object
        Label of the column.
    kind : str
        What values are; "given" if the user said which dtype they get.
    dtype : dtype
    raw : str
        Of dates: "str", "int" or "float", which is how they are written.
    unit : str or None
        Of dates that are written as numbers.
    """

    name: str
    label: Any
    kind: Kind
    dtype: Any
    raw: str = ""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class JsonBlock:
    """A file, or bytes of one that begin and end with records.

    Attributes
    ----------
    path : str
    begin, end : int or None
        None for the whole file.
    mark : str
        Changes when the file does.
    """

    path: str
    begin: int | None = None
    end: int | None = None
    mark: str = ""


@dataclass(frozen=True)
class JsonReader:
    """What reading has in common for all partitions.

    Attributes
    ----------
    fields : tuple of JsonField
        Columns to return, in order.
    fs : file system of fsspec
    lines : bool
        A record a line; otherwise a file is one JSON text.
    orient : str
        Of files that are one text.
    encoding, encoding_errors : str
    compression : str or None
    ignore : bool
        Leave out keys that no field has; otherwise they are an error.
    columns : Index
        Empty, of the kind that labels are.
    """

    fields: tuple[JsonField, ...]
    fs: Any = None
    lines: bool = True
    orient: str = "records"
    encoding: str = "utf-8"
    encoding_errors: str = "strict"
    compression: str | None = None
    ignore: bool = False
    columns: Any = field(default=None, repr=False)

    def __call__(self, block: JsonBlock) -> pd.DataFrame:
        """Return the frame of a partition."""
        return read_json_block(block, self)


def read_json_block(block: JsonBlock, reader: JsonReader) -> pd.DataFrame:
    """Return the frame of a block, whose columns and dtypes are those of the plan.

    Raises
    ------
    DataFileError
        If a record is no JSON, or a value does not fit the dtype that was planned; it names the
        file, the byte where the record begins, the column and the value.
    """
    data = read_bytes(block, reader.fs, reader.compression)
    if reader.lines:
        return frame_of_lines(data, reader, block.path, block.begin or 0)
    text = _decoded(data, reader, block.path, 0)
    try:
        raw = pd.read_json(io.StringIO(text), orient=reader.orient, dtype=False, precise_float=True)  # type: ignore[call-overload]
    except ValueError as error:
        raise DataFileError(
            block.path, f"this is no JSON of orient {reader.orient!r}: {error}"
        ) from error
    raw = raw.rename(columns=str)
    where = _Where(block.path, None, 0)
    frame = _fitted(raw, reader, where)
    return frame.set_axis(raw.index)


def read_bytes(block: JsonBlock, fs: Any, compression: str | None) -> bytes:
    """Return the bytes of a block, decompressed."""
    from fsspec.core import OpenFile

    fs.invalidate_cache(block.path)
    if block.begin is not None and block.end is not None and not compression:
        data = fs.cat_file(block.path, start=block.begin, end=block.end)
    else:
        with OpenFile(fs, block.path, "rb", compression) as stream:
            data = stream.read()
    if not block.begin:
        data = data.removeprefix(b"\xef\xbb\xbf")
    return cast(bytes, data)


def frame_of_lines(
    data: bytes, reader: JsonReader, path: str = "<bytes>", begin: int = 0
) -> pd.DataFrame:
    """Return the frame of records that stand a line each."""
    data = _as_utf8(data, reader, path, begin)
    frame = _by_arrow(data, reader)
    if frame is None:
        frame = _by_pandas(data, reader, path, begin)
    if reader.columns is not None:
        frame.columns = reader.columns
    return frame


# pyarrow --------------------------------------------------------------------------------------


def _by_arrow(data: bytes, reader: JsonReader) -> pd.DataFrame | None:
    """Return the frame, or None if pyarrow does not take it: whether and why, pandas' way tells."""
    import pyarrow as pa
    import pyarrow.json

    kinds = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "str": pa.string()}
    wanted = []
    for one in reader.fields:
        kind = kinds.get(one.raw if one.kind == "date" else one.kind)
        if kind is None:
            return None
        wanted.append(pa.field(one.name, kind))
    if not wanted or not data.strip():
        return None
    try:
        table = pa.json.read_json(
            io.BytesIO(data),
            pa.json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            pa.json.ParseOptions(
                explicit_schema=pa.schema(wanted),
                unexpected_field_behavior="ignore" if reader.ignore else "error",
            ),
        ).select([one.name for one in reader.fields])
    except pa.ArrowInvalid:
        return None
    for one, column in zip(reader.fields, table.columns, strict=True):
        if one.kind in ("int", "bool") and column.null_count:
            return None
    frame = table.to_pandas(use_threads=False)
    for place, one in enumerate(reader.fields):
        if one.kind == "date":
            try:
                frame.isetitem(place, _dates(frame.iloc[:, place], one))
            except (ValueError, TypeError, OverflowError):
                return None
    return cast(pd.DataFrame, frame.set_axis([one.label for one in reader.fields], axis=1))


def _dates(raw: pd.Series[Any], one: JsonField) -> pd.Series[Any]:
    unit: Any = one.unit
    return pd.to_datetime(raw, unit=unit).astype(one.dtype)


# pandas ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Where:
    """Where the rows of a block stand in the file."""

    path: str
    lines: list[bytes] | None
    begin: int

    def offset(self, row: int) -> int | None:
        if self.lines is None:
            return None
        full = -1
        offset = self.begin
        for line in self.lines:
            full += bool(line.strip())
            if full == row:
                return offset
            offset += len(line) + 1
        return None

    def error(self, row: int, name: str | None, reason: str, hint: str = "") -> DataFileError:
        return DataFileError(self.path, reason, name, self.offset(row), hint)


def _by_pandas(data: bytes, reader: JsonReader, path: str, begin: int) -> pd.DataFrame:
    where = _Where(path, data.split(b"\n"), begin)
    assert where.lines is not None
    full = [line for line in where.lines if line.strip()]
    for row, line in enumerate(full):
        if not line.lstrip().startswith(b"{"):
            raise where.error(row, None, f"a record must be an object {{...}}, not {_short(line)}")
    try:
        raw = raw_frame(full)
    except ValueError as error:
        for row, line in enumerate(full):
            try:
                json.loads(line)
            except ValueError as reason:
                raise where.error(
                    row, None, f"this record is no JSON: {reason}: {_short(line)}"
                ) from None
        raise where.error(0, None, f"records can't be read: {error}") from error
    return _fitted(raw, reader, where)


def raw_frame(lines: list[bytes]) -> pd.DataFrame:
    """Return records with the types that JSON gives them."""
    text = b"\n".join(lines)
    frame = pd.read_json(
        io.BytesIO(text), lines=True, dtype=False, convert_axes=False, precise_float=True
    )
    # Some kinds of input leave labels of other kinds.
    return frame.set_axis(frame.columns.map(str), axis=1) if len(frame.columns) else frame


def _fitted(raw: pd.DataFrame, reader: JsonReader, where: _Where) -> pd.DataFrame:
    """Return the columns of the plan, or say what does not fit it."""
    if not reader.ignore:
        known = {one.name for one in reader.fields}
        for name in raw.columns:
            if name not in known:
                first = raw[name].notna().to_numpy()
                raise where.error(
                    int(first.argmax()),
                    name,
                    "no record that was looked at for the plan has this key",
                    f"give dtype={{{name!r}: 'object'}} or columns=, or a larger sample",
                )
    columns = [_column(raw, one, where) for one in reader.fields]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(raw)))
    return frame.set_axis(pd.Index([one.label for one in reader.fields]), axis=1)


def _column(raw: pd.DataFrame, one: JsonField, where: _Where) -> pd.Series[Any]:
    if one.name in raw.columns:
        values = raw[one.name].reset_index(drop=True)
    else:
        values = pd.Series(np.full(len(raw), np.nan, dtype=object))
    if not len(values):
        return values.astype(one.dtype)
    if one.kind == "object":
        return values.astype(object)
    if one.kind in ("date", "given"):
        try:
            return _dates(values, one) if one.kind == "date" else values.astype(one.dtype)
        except (ValueError, TypeError, OverflowError) as error:
            value = _first_odd(values, one)
            raise where.error(
                value, one.name, f"{_short(values[value])} is no {one.dtype}: {error}",
                f"give dtype={{{one.name!r}: 'str'}}",
            ) from error  # fmt: skip
    missing = values.isna().to_numpy()
    if one.kind in ("int", "bool") and missing.any():
        mend = "'float64' or 'Int64'" if one.kind == "int" else "'boolean'"
        raise where.error(
            int(missing.argmax()), one.name,
            f"a value is missing, and none was when the plan made the column {one.dtype}",
            f"give dtype={{{one.name!r}: {mend}}}",
        )  # fmt: skip
    if values.dtype == one.dtype:
        return values
    if one.kind == "float" and values.dtype.kind in "iu":
        return values.astype(one.dtype)
    fits, what = _SURE[one.kind]
    for row, value in enumerate(values.astype(object)):
        if not missing[row] and not fits(value):
            wide = "float64" if one.kind == "int" and _SURE["float"][0](value) else "object"
            raise where.error(
                row, one.name, f"{_short(value)} is no {what}",
                f"give dtype={{{one.name!r}: {wide!r}}} or a larger sample",
            )  # fmt: skip
    try:
        return values.astype(one.dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise where.error(0, one.name, f"values do not fit {one.dtype}: {error}") from error


def _first_odd(values: pd.Series[Any], one: JsonField) -> int:
    """Return the row of the first value that can't be converted, on its own."""
    for row in range(len(values)):
        single = values.iloc[row : row + 1]
        try:
            _ = _dates(single, one) if one.kind == "date" else single.astype(one.dtype)
        except (ValueError, TypeError, OverflowError):
            return row
    return 0


def _short(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _as_utf8(data: bytes, reader: JsonReader, path: str, begin: int) -> bytes:
    text = _decoded(data, reader, path, begin)
    plain = reader.encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii")
    return data if plain and reader.encoding_errors == "strict" else text.encode()


def _decoded(data: bytes, reader: JsonReader, path: str, begin: int) -> str:
    try:
        return data.decode(reader.encoding, reader.encoding_errors)
    except UnicodeDecodeError as error:
        raise DataFileError(
            path,
            f"the bytes {data[error.start : error.start + 8]!r} are no {reader.encoding}",
            offset=begin + error.start,
            hint="give encoding=, or encoding_errors='replace'",
        ) from error
