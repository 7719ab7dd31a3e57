"""``read_sql_table`` and ``read_sql_query``: frames of tables of databases, by SQLAlchemy.

Rows go to partitions by a column that becomes the index: each partition asks for the rows from one
label up to another. ::

    SELECT id, x FROM t WHERE id >= 0  AND id < 50        partition 0
    SELECT id, x FROM t WHERE id >= 50 AND id <= 99       partition 1

Only columns that are used are asked for; comparisons of numbers are left to the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Source
from treadle.dataframe.io.csv_frames import describe_files
from treadle.dataframe.io.packages import require
from treadle.dataframe.io.sql_dtypes import SqlLook, look
from treadle.dataframe.io.sql_read import SqlReader, connection, join_sql
from treadle.dataframe.reading import Reading
from treadle.errors import LateDtypeWarning, SqlDtypeError
from treadle.graph.tokenize import tokenize
from treadle.utils.format import parse_bytes
from treadle.utils.warning import warn_user

#: Comparisons that databases and pandas agree on, of numbers.
PUSHED = ("==", "<", "<=", ">", ">=", "in")


class SqlRows(Reading):
    """Rows of a table or query, by ranges of labels.

    Parameters
    ----------
    reader : SqlReader
    parts : list
        Ranges of labels; ``[None]`` for all rows.
    divisions : tuple
    whole : DataFrame, optional
        Without rows: the columns there are to choose from.
    learned : dict
        Column -> kind of what was found late; shared by all readings of one call.
    """

    def __init__(
        self,
        reader: SqlReader,
        parts: list[Any],
        divisions: tuple[Any, ...],
        whole: Any = None,
        learned: dict[str, Any] | None = None,
    ):
        self.reader = reader
        self.parts = parts
        self.divisions = divisions
        self.meta = reader.empty()
        self.whole = self.meta if whole is None else whole
        self.learned: dict[str, Any] = {} if learned is None else learned

    def _with(self, **changes: Any) -> SqlRows:
        reader = replace(self.reader, **changes)
        return SqlRows(reader, self.parts, self.divisions, self.whole, self.learned)

    def function(self) -> Callable[[Any], Any]:
        return self.reader

    def project(self, columns: list[Any]) -> Reading:
        return self._with(columns=tuple(columns))

    def select(self, filters: Any) -> Reading | None:
        """Return a reading of rows that fulfil comparisons of numbers with numbers."""
        if len(filters) != 1:
            return None
        terms = []
        for label, op, value in filters[0]:
            values = list(value) if op == "in" else [value]
            plain = all(type(each) in (int, float) and each == each for each in values)
            exact = self.reader.kinds.get(label) == "int" and label not in self.reader.fixed
            if op not in PUSHED or not plain or not exact or label not in self.reader.columns:
                return None
            terms.append((label, op, value))
        return self._with(terms=(*self.reader.terms, *terms))

    def first_rows(self, count: int) -> Any:
        """Return the first rows of the first partition; None if it has too few."""
        statement = self.reader.statement(self.parts[0]).limit(count)
        found = self.reader.fitted(self.reader.read(statement))
        return found if len(found) >= count or len(self.parts) == 1 else None

    def mended(self, error: BaseException | None) -> Reading | None:
        """Return a reading with the dtypes that an error asks for, or that others asked for."""
        kinds = self._kinds(self.learned)
        if isinstance(error, SqlDtypeError) and error.title == self.reader.title:
            kinds = self._kinds(self.learned, error.promotion)
        return None if kinds == dict(self.reader.kinds) else self._with(kinds=kinds)

    def learn(self, error: BaseException, again: bool = True) -> None:
        """Keep what an error asks for, and say so."""
        if not isinstance(error, SqlDtypeError) or error.title != self.reader.title:
            return
        known = self._kinds(self.learned)
        found = self._kinds(self.learned, error.promotion)
        if found == known:
            return
        self.learned.update({name: found[name] for name in error.promotion if name in found})
        if again:
            text = f"{error}; the rows are read again, which meta= would spare"
            warn_user(text, LateDtypeWarning)

    def _kinds(self, *found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the kinds of columns joined with others."""
        kinds = dict(self.reader.kinds)
        for name, kind in (pair for each in found for pair in each.items()):
            if name in kinds:
                kinds[name] = join_sql(kinds[name], kind)
        return kinds

    def describe(self) -> str:
        return describe_files(
            self.reader.title, self.meta, self.whole, len(self.parts), "partitions"
        )


def read_sql_table(
    table_name: str,
    con: str,
    index_col: str,
    divisions: Sequence[Any] | None = None,
    npartitions: int | None = None,
    limits: tuple[Any, Any] | None = None,
    columns: Sequence[str] | None = None,
    bytes_per_chunk: int | str = "256 MiB",
    head_rows: int = 100,
    schema: str | None = None,
    meta: Any = None,
    engine_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Read a table of a database into a frame, in partitions by a column.

    The first rows, the least and the greatest label are asked for now; the rest when the frame is
    computed, and then only the columns that are used.

    Parameters
    ----------
    table_name : str
    con : str
        The database, as SQLAlchemy takes it: ``"postgresql+psycopg://user@host/name"``.
    index_col : str
        Column that becomes the index, and whose labels say which rows go to a partition; best one
        that the database has an index of.
    divisions : sequence, optional
        Labels between partitions.
    npartitions : int, optional
        Partitions of equal ranges of labels; without it as many as make ``bytes_per_chunk``.
    limits : tuple, optional
        The least and the greatest label to read, which are asked for otherwise.
    columns : list of str, optional
        Columns to read; all without it.
    bytes_per_chunk : int or str
        Memory of a partition, as the first rows suggest.
    head_rows : int
        Rows to tell dtypes from.
    schema : str, optional
        Of the table in the database.
    meta : DataFrame, optional
        Without rows: columns with their dtypes, instead of those the first rows tell.
    engine_kwargs : dict, optional
        For :func:`sqlalchemy.create_engine`.
    **kwargs
        For :func:`pandas.read_sql_query`: ``coerce_float``, ``parse_dates``, ``dtype_backend``.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If there is no such table, labels are missing, or can't be cut into ranges.
    KeyError
        For columns that are not there.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> import treadle.dataframe as dd
    >>> path = tempfile.mkdtemp() + "/a.db"
    >>> with sqlite3.connect(path) as there:
    ...     _ = there.execute("CREATE TABLE t (id INTEGER, x REAL)")
    ...     _ = there.executemany("INSERT INTO t VALUES (?, ?)", [(n, n / 2) for n in range(10)])
    >>> df = dd.read_sql_table("t", f"sqlite:///{path}", "id", npartitions=2)
    >>> df.divisions, df.x.compute().max()
    ((0, 4, 9), np.float64(4.5))
    """
    require("sqlalchemy", "databases")
    import sqlalchemy as sa

    if not isinstance(table_name, str):
        raise TypeError(f"table_name is a str, not {type(table_name).__name__}; use read_sql_query")
    options = dict(engine_kwargs or {})
    with connection(_checked_uri(con), options) as there:
        try:
            table = sa.Table(table_name, sa.MetaData(), schema=schema, autoload_with=there)
        except sa.exc.NoSuchTableError:
            raise ValueError(f"the database has no table {table_name!r}") from None
    # Types and names alone: what else the database says of the table is of no use in tasks.
    light = sa.table(table_name, *(sa.column(c.name, c.type) for c in table.c), schema=schema)
    return _read(
        f"read_sql_table {table_name}", con, light, index_col, divisions, npartitions, limits,
        columns, bytes_per_chunk, head_rows, meta, options, kwargs,
    )  # fmt: skip


def read_sql_query(
    sql: Any,
    con: str,
    index_col: str,
    divisions: Sequence[Any] | None = None,
    npartitions: int | None = None,
    limits: tuple[Any, Any] | None = None,
    bytes_per_chunk: int | str = "256 MiB",
    head_rows: int = 100,
    meta: Any = None,
    engine_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Read what a query returns into a frame, in partitions by a column.

    Parameters
    ----------
    sql : str or sqlalchemy.Select
        The query; each partition asks for some of its rows.
    con, index_col, divisions, npartitions, limits, bytes_per_chunk, head_rows, meta
        As for :func:`read_sql_table`.
    engine_kwargs, **kwargs
        As for :func:`read_sql_table`.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If labels are missing, or can't be cut into ranges.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> import treadle.dataframe as dd
    >>> path = tempfile.mkdtemp() + "/a.db"
    >>> with sqlite3.connect(path) as there:
    ...     _ = there.execute("CREATE TABLE t (id INTEGER, x REAL)")
    ...     _ = there.executemany("INSERT INTO t VALUES (?, ?)", [(n, n / 2) for n in range(10)])
    >>> query = "SELECT id, x * 2 AS y FROM t WHERE id > 6"
    >>> dd.read_sql_query(query, f"sqlite:///{path}", "id").y.compute().tolist()
    [7.0, 8.0, 9.0]
    """
    require("sqlalchemy", "databases")
    import sqlalchemy as sa

    options = dict(engine_kwargs or {})
    if isinstance(sql, str):
        query = sql.strip().rstrip(";")
        with connection(_checked_uri(con), options) as there:
            found = there.execute(sa.text(f"SELECT * FROM ({query}) AS asked LIMIT 0"))
            names = list(found.keys())
        rows = sa.text(query).columns(*(sa.column(name) for name in names)).subquery("asked")
    elif hasattr(sql, "subquery"):
        rows = sql.subquery("asked")
    else:
        raise TypeError(f"a query is a str or a select of SQLAlchemy, not {type(sql).__name__}")
    return _read(
        "read_sql_query", con, rows, index_col, divisions, npartitions, limits, None,
        bytes_per_chunk, head_rows, meta, options, kwargs,
    )  # fmt: skip


def read_sql(sql: Any, con: str, index_col: str, **kwargs: Any) -> Any:
    """Read a table or a query of a database into a frame.

    Parameters
    ----------
    sql : str or sqlalchemy.Select
        Name of a table, or a query.
    con, index_col
        As for :func:`read_sql_table`.
    **kwargs
        As for :func:`read_sql_table` or :func:`read_sql_query`.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> import treadle.dataframe as dd
    >>> path = tempfile.mkdtemp() + "/a.db"
    >>> with sqlite3.connect(path) as there:
    ...     _ = there.execute("CREATE TABLE t (id INTEGER, x REAL)")
    ...     _ = there.execute("INSERT INTO t VALUES (1, 0.5)")
    >>> dd.read_sql("t", f"sqlite:///{path}", "id").x.compute().tolist()
    [0.5]
    """
    if isinstance(sql, str) and len(sql.split()) == 1:
        return read_sql_table(sql, con, index_col, **kwargs)
    return read_sql_query(sql, con, index_col, **kwargs)


def _checked_uri(con: Any) -> str:
    if not isinstance(con, str):
        raise TypeError(
            f"con is the database's address as a str, which can go to other processes, not "
            f"{type(con).__name__}"
        )
    return con


def _read(
    title: str,
    con: str,
    source: Any,
    index_col: str,
    divisions: Sequence[Any] | None,
    npartitions: int | None,
    limits: tuple[Any, Any] | None,
    columns: Sequence[str] | None,
    bytes_per_chunk: int | str,
    head_rows: int,
    meta: Any,
    engine_kwargs: dict[str, Any],
    options: dict[str, Any],
) -> Any:
    names = [column.name for column in source.c]
    for name in [index_col, *(columns or ())]:
        if name not in names:
            raise KeyError(f"no column {name!r}; there are {names}")
    if head_rows < 1:
        raise ValueError(f"head_rows must be 1 or more, not {head_rows}")
    chosen = tuple(name for name in (columns or names) if name != index_col)
    reader = SqlReader(
        con, title, source, index_col, chosen, engine_kwargs=engine_kwargs, options=options
    )
    found = look(reader, head_rows, meta)
    reader = found.reader
    if divisions is not None:
        borders = list(divisions)
        if len(borders) < 2 or sorted(borders) != borders:
            raise ValueError(f"divisions must be two labels or more, ascending, not {borders}")
    else:
        borders = _borders(found, npartitions, limits, parse_bytes(bytes_per_chunk))
    parts: list[Any] = [None]
    labels: tuple[Any, ...] = (None, None)
    if borders:
        last = len(borders) - 2
        parts = [(borders[n], borders[n + 1], n == last) for n in range(last + 1)]
        labels = tuple(found.label(border) for border in borders)
    # What a database holds changes without a trace: every call reads anew.
    token = tokenize(title, object())
    return new_collection(
        Source(f"{title.split()[0].replace('_', '-')}-{token}", SqlRows(reader, parts, labels))
    )


def _borders(
    found: SqlLook, npartitions: int | None, limits: tuple[Any, Any] | None, most: int
) -> list[Any]:
    """Return labels between partitions; none if there are no rows."""
    if npartitions is not None and npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    low, high = limits if limits is not None else found.limits()
    if low is None or high is None:
        return []
    if npartitions is None:
        npartitions = max(1, round(found.count() * found.row_bytes / most))
    if npartitions == 1:
        return [low, high]
    if isinstance(low, bool) or not hasattr(low, "__sub__"):
        raise ValueError(
            f"labels such as {low!r} can't be cut into equal ranges; give divisions=[...], or "
            "npartitions=1"
        )
    if isinstance(low, int):
        places = np.linspace(low, high, npartitions + 1).astype(np.int64).tolist()
    elif hasattr(low, "year"):
        steps = pd.date_range(low, high, npartitions + 1)
        places = [low, *(_like(step, low) for step in steps[1:-1]), high]
    else:
        places = [low, *np.linspace(float(low), float(high), npartitions + 1)[1:-1].tolist(), high]
    borders = sorted(set(places))
    return borders if len(borders) > 1 else [low, high]


def _like(stamp: pd.Timestamp, low: Any) -> Any:
    """Return a time as the database has them: a day if labels are days."""
    value = stamp.to_pydatetime()
    return value if hasattr(low, "hour") else value.date()
