"""From arrow tables to the frames that pandas' own readers would return.

Decides how stored columns become columns of pandas, and keeps the dtypes of all partitions alike:
integers with a missing value anywhere are floats everywhere, as they are when pandas reads the
whole.  Does not read files.

>>> import pyarrow as pa
>>> table = pa.table({"x": [1, 2]})
>>> to_frame(table, Framing(widened=("x",))).dtypes["x"]
dtype('float64')
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import pandas as pd

#: What ``dtype_backend`` may be.
Backend = Literal["numpy_nullable", "pyarrow"] | None


@dataclass(frozen=True, slots=True)
class Framing:
    """How a table becomes a frame.

    Attributes
    ----------
    index : tuple of str
        Fields that make the index; none leaves rows numbered from 0.
    widened : tuple of str
        Fields of integers or truth values, of which some are missing somewhere: they become
        floats or objects also where none is.
    strict : tuple of str
        Fields of which nobody knows whether values are missing; if some are, reading fails
        rather than return another dtype than was promised.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
    """

    index: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
    dtype_backend: Backend = None


def to_frame(table: Any, framing: Framing) -> pd.DataFrame:
    """Return a table as a frame, by one thread.

    Examples
    --------
    >>> import pyarrow as pa
    >>> to_frame(pa.table({"x": [1, 2], "y": ["a", "b"]}), Framing(index=("y",))).index
    Index(['a', 'b'], dtype='str', name='y')
    """
    import pyarrow as pa

    truths = []
    for name in framing.widened:
        number = table.schema.get_field_index(name)
        if number < 0:
            continue
        field = table.schema.field(number)
        if pa.types.is_integer(field.type):
            column = table.column(number).cast(pa.float64(), safe=False)
            table = table.set_column(number, pa.field(name, pa.float64()), column)
        elif pa.types.is_boolean(field.type) and table.column(number).null_count == 0:
            truths.append(name)
    stored = pandas_metadata(table.schema)
    if stored is not None:
        frame = table.to_pandas(types_mapper=_mapper(framing.dtype_backend), use_threads=False)
    else:
        plain = table.replace_schema_metadata(None)
        frame = plain.to_pandas(types_mapper=_mapper(framing.dtype_backend), use_threads=False)
        if framing.index:
            frame = frame.set_index(list(framing.index))
    if truths:
        columns = [name for name in table.schema.names if name not in framing.index]
        for name in truths:
            if name in columns:
                place = columns.index(name)
                frame.isetitem(place, frame.iloc[:, place].astype(object))
    return cast(pd.DataFrame, frame)


def empty_frame(schema: Any, framing: Framing) -> pd.DataFrame:
    """Return the frame without rows that tables of this schema become."""
    return to_frame(schema.empty_table(), framing)


def frame_fields(schema: Any, framing: Framing) -> list[str]:
    """Return the fields that become columns, in the order of the columns."""
    return [name for name in schema.names if name not in framing.index]


def nullable_fields(schema: Any, framing: Framing) -> tuple[str, ...]:
    """Return the fields whose dtype in pandas depends on whether a value is missing."""
    import pyarrow as pa

    if framing.dtype_backend is not None:
        return ()
    bare = Framing(index=framing.index)
    frame = empty_frame(schema, bare)
    labels = dict(zip(frame_fields(schema, bare), frame.dtypes, strict=True))
    return tuple(
        field.name
        for field in schema
        if (pa.types.is_integer(field.type) or pa.types.is_boolean(field.type))
        and not pd.api.types.is_extension_array_dtype(labels.get(field.name, object))
    )


def pandas_metadata(schema: Any) -> dict[str, Any] | None:
    """Return what pandas noted in a schema when the data was written, or None."""
    stored = (schema.metadata or {}).get(b"pandas")
    return None if stored is None else cast(dict[str, Any], json.loads(stored))


def stored_index(schema: Any) -> tuple[tuple[str, ...], dict[str, Any] | None]:
    """Return the fields of the index that was written, or what is noted of its range."""
    notes = pandas_metadata(schema) or {}
    columns = notes.get("index_columns", [])
    ranges = [entry for entry in columns if isinstance(entry, dict)]
    if ranges:
        return (), ranges[0]
    return tuple(name for name in columns if name in schema.names), None


def with_index(schema: Any, index: Sequence[str]) -> Any:
    """Return a schema whose notes for pandas make these fields the index."""
    notes = pandas_metadata(schema)
    if notes is None:
        return schema
    # Fields that are no index any more, and had no name as one, are called as they are stored.
    for entry in notes["columns"]:
        if entry.get("field_name") not in index and entry.get("name") is None:
            entry["name"] = entry.get("field_name")
    notes["index_columns"] = list(index)
    return schema.with_metadata({**schema.metadata, b"pandas": json.dumps(notes).encode()})


def unify(schemas: Iterable[tuple[str, Any]]) -> tuple[Any, tuple[str, str, Any, Any] | None]:
    """Return the schema that holds the columns of the first one for all files.

    Types are widened where files differ (nothing -> anything, integers -> floats); columns that
    only later files have are left out, as pandas does.

    Returns
    -------
    schema : pyarrow.Schema
    conflict : tuple of (path, column, type, type of the first), or None
        The first column that can't be one for all files.
    """
    import pyarrow as pa

    pairs = iter(schemas)
    _, first = next(pairs)
    types = {field.name: field.type for field in first}
    seen = [first]
    for path, schema in pairs:
        if any(schema is known or schema.equals(known) for known in seen):
            continue
        seen.append(schema)
        for field in schema:
            known = types.get(field.name)
            if known is None or known == field.type:
                continue
            wide = _wider(known, field.type)
            if wide is None:
                return first, (path, field.name, field.type, known)
            types[field.name] = wide
    fields = [field.with_type(types[field.name]).with_nullable(True) for field in first]
    return pa.schema(fields, metadata=first.metadata), None


def _wider(one: Any, two: Any) -> Any:
    import pyarrow as pa

    pair = [pa.schema([pa.field("x", kind)]) for kind in (one, two)]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field("x").type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def _mapper(backend: Backend) -> Any:
    import pyarrow as pa

    if backend is None:
        return None
    if backend == "pyarrow":
        return pd.ArrowDtype
    if backend != "numpy_nullable":
        raise ValueError(f"dtype_backend is 'numpy_nullable' or 'pyarrow', not {backend!r}")
    mapping: dict[Any, Any] = {
        pa.bool_(): pd.BooleanDtype(),
        pa.float32(): pd.Float32Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.string(): pd.StringDtype(),
        pa.large_string(): pd.StringDtype(),
        **{
            getattr(pa, f"{sign}int{bits}")(): pd.api.types.pandas_dtype(f"{sign.upper()}Int{bits}")
            for sign in ("", "u")
            for bits in (8, 16, 32, 64)
        },
    }
    return mapping.get
