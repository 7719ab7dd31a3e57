"""Dtypes of the columns of tables and queries: told from the first rows, and from SQL's types.

The first rows may show nothing of a column: then the type in the database says what will come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_dtypes import Kind
from treadle.dataframe.io.sql_read import SqlReader, kinds_of
from treadle.dataframe.plain import plain


@dataclass(frozen=True)
class SqlLook:
    """What is known before partitions are.

    Attributes
    ----------
    reader : SqlReader
        With dtypes.
    row_bytes : float
        Memory of a row, as the first ones suggest.
    """

    reader: SqlReader
    row_bytes: float

    def limits(self) -> tuple[Any, Any]:
        """Ask for the least and the greatest label.

        Raises
        ------
        ValueError
            If some rows have none.
        """
        import sqlalchemy as sa

        label = self.reader.source.c[self.reader.index]
        rows = self.reader.source
        low, high = self._first(sa.select(sa.func.min(label), sa.func.max(label)))
        missing = self._first(sa.select(sa.literal(1)).select_from(rows).where(label.is_(None)))
        if missing is not None:
            raise ValueError(
                f"rows without a label in {self.reader.index!r} belong to no partition; choose "
                "another index_col, or leave them out by a query, with WHERE ... IS NOT NULL"
            )
        return low, high

    def count(self) -> int:
        """Ask how many rows there are."""
        import sqlalchemy as sa

        return int(self._first(sa.select(sa.func.count()).select_from(self.reader.source))[0])

    def _first(self, statement: Any) -> Any:
        from treadle.dataframe.io.sql_read import connection

        with connection(self.reader.uri, self.reader.engine_kwargs) as there:
            return there.execute(statement.limit(1)).first()

    def label(self, border: Any) -> Any:
        """Return a label as the index has it; None if its order is the database's own."""
        dtype = self.reader.empty().index.dtype
        if dtype.kind not in "iufM":
            return None  # databases sort texts by their own rules
        found = pd.Index([border]).astype(dtype)[0]
        return plain(found)


def look(reader: SqlReader, head_rows: int, meta: Any) -> SqlLook:
    """Return the reader with dtypes, told from the first rows or taken from a meta."""
    names = (reader.index, *reader.columns)
    reader = replace(reader, options=_with_zones(reader, names))
    if meta is not None:
        reader = _with_meta(reader, meta)
        names = (reader.index, *reader.columns)
    head = reader.read(reader.statement(None).limit(head_rows))
    kinds: dict[str, Kind] = kinds_of(head, names)
    dates: dict[str, Any] = {}
    for name in names:
        said = _said(reader.source.c[name].type)
        if kinds[name] in ("none", "null"):
            kinds[name] = "float" if said == "int" and kinds[name] == "null" else said or "null"
        if kinds[name] == "date":
            known = isinstance(head[name].dtype, pd.DatetimeTZDtype) or head[name].dtype.kind == "M"
            dates[name] = head[name].dtype if known else _date_dtype(reader, name)
    if reader.options.get("dtype_backend"):
        fixed = {name: head[name].dtype for name in names if name not in reader.fixed}
        reader = replace(reader, fixed={**reader.fixed, **fixed})
    size = float(head.memory_usage(deep=True, index=False).sum()) / max(len(head), 1)
    return SqlLook(replace(reader, kinds=kinds, dates=dates), size)


def _with_zones(reader: SqlReader, names: tuple[str, ...]) -> dict[str, Any]:
    """Return options that read times with a zone as UTC: drivers give them a zone each."""
    zoned = [n for n in names if getattr(reader.source.c[n].type, "timezone", False)]
    parsed = reader.options.get("parse_dates")
    given = dict.fromkeys(parsed, None) if isinstance(parsed, list | tuple) else dict(parsed or {})
    dates: dict[str, Any] = {name: {"utc": True} for name in zoned}
    dates |= {name: form for name, form in given.items() if form is not None}
    rest = [name for name, form in given.items() if form is None and name not in dates]
    if not dates and not rest:
        return reader.options
    return {**reader.options, "parse_dates": {**dates, **{name: {} for name in rest}}}


def _with_meta(reader: SqlReader, meta: pd.DataFrame) -> SqlReader:
    names = [column.name for column in reader.source.c]
    for label in meta.columns:
        if label not in names:
            raise KeyError(f"meta has a column {label!r}; there are {names}")
    fixed = {label: meta.dtypes[label] for label in meta.columns}
    if meta.index.name == reader.index:
        fixed[reader.index] = meta.index.dtype
    chosen = tuple(label for label in meta.columns if label != reader.index)
    return replace(reader, columns=chosen, fixed=fixed)


def _said(kind: Any) -> Kind | None:
    """Return what values of a type in the database become; None where nobody knows."""
    import sqlalchemy as sa

    pairs: list[tuple[Any, Kind]] = [
        (sa.Boolean, "bool"), (sa.Integer, "int"), (sa.Numeric, "float"), (sa.Float, "float"),
        (sa.DateTime, "date"), (sa.String, "str"),
    ]  # fmt: skip
    return next((found for base, found in pairs if isinstance(kind, base)), None)


def _date_dtype(reader: SqlReader, name: str) -> Any:
    zoned = getattr(reader.source.c[name].type, "timezone", False)
    return pd.DatetimeTZDtype("us", "UTC") if zoned else "datetime64[us]"
