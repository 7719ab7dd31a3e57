"""One partition of a table or query of a database: a statement, and the frame of what it returns.

Decides nothing about partitions, which `sql_frames` does. A database has its own types, and pandas
its own idea of what comes out of a driver: integers with a missing one among them are floats. So
every partition is brought to the dtypes that were planned; what does not fit is an error that says
which dtype would do, and the computation runs again with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.io.csv_dtypes import Kind, dtype_of, join, kind_of, widen
from treadle.errors import SqlDtypeError


@dataclass(frozen=True)
class SqlReader:
    """What reading has in common for all partitions.

    Attributes
    ----------
    uri : str
        Of the database; may hold a password, so it is in no text.
    title : str
        What is read, for errors.
    source : object
        What SQLAlchemy selects from: a table, or a statement's rows.
    index : str
        Column of the index.
    columns : tuple of str
        The others, in order.
    kinds, dates : mapping
        What columns hold, and the dtypes of dates.
    fixed : mapping
        Dtypes that the user gave by ``meta``.
    terms : tuple of (str, str, object)
        Conditions on rows, all of which have to hold.
    engine_kwargs, options : dict
        For :func:`sqlalchemy.create_engine` and :func:`pandas.read_sql_query`.
    """

    uri: str
    title: str
    source: Any
    index: str
    columns: tuple[str, ...]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    dates: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    terms: tuple[tuple[str, str, Any], ...] = ()
    engine_kwargs: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, part: tuple[Any, Any, bool] | None) -> pd.DataFrame:
        """Return the rows from one label up to another, which is one of them if that is said."""
        return self.fitted(self.read(self.statement(part)))

    def statement(self, part: tuple[Any, Any, bool] | None, columns: Any = None) -> Any:
        """Return the statement for some rows; None is all."""
        import sqlalchemy as sa

        of = self.source.c
        names = (self.index, *self.columns) if columns is None else columns
        statement = sa.select(*(of[name] for name in names)).select_from(self.source)
        if part is not None:
            low, high, closed = part
            label = of[self.index]
            statement = statement.where(label >= low, label <= high if closed else label < high)
        for name, op, value in self.terms:
            statement = statement.where(_condition(of[name], op, value))
        return statement

    def read(self, statement: Any) -> pd.DataFrame:
        """Return what a statement returns, as pandas takes it."""
        with connection(self.uri, self.engine_kwargs) as there:
            found: pd.DataFrame = pd.read_sql_query(statement, there, **self.options)
            return found

    def fitted(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with the dtypes of the plan, and its index.

        Raises
        ------
        SqlDtypeError
            If values do not fit; its ``promotion`` says what would.
        """
        fitted: dict[Any, Any] = {}
        late: dict[str, Kind] = {}
        for name in (self.index, *self.columns):
            values = frame[name]
            if name in self.fixed:
                fitted[name] = _given(values, self.fixed[name], name, self.title)
                continue
            wanted, found = self.kinds[name], self.kind_of(values)
            wider = join_sql(wanted, found)
            if wider != wanted:
                late[name] = wider
                continue
            fitted[name] = to_kind(values, wanted, self.dates.get(name))
        if late:
            raise late_error(self.title, late, self.kinds)
        result = pd.DataFrame({name: fitted[name] for name in self.columns}, index=frame.index)
        result.columns = pd.Index(list(self.columns), dtype="str")
        result.index = pd.Index(fitted[self.index], name=self.index)
        return result

    def kind_of(self, values: pd.Series[Any]) -> Kind:
        """Return what a column holds; with `dtype_backend` the driver's own types decide."""
        return "none" if self.options.get("dtype_backend") else sql_kind(values)

    def empty(self) -> pd.DataFrame:
        """Return a partition without rows."""
        names = (self.index, *self.columns)
        nothing = {name: pd.Series([], dtype=object) for name in names}
        columns = {
            name: nothing[name].astype(self.fixed[name])
            if name in self.fixed
            else to_kind(nothing[name], self.kinds[name], self.dates.get(name))
            for name in names
        }
        meta = pd.DataFrame({name: columns[name] for name in self.columns})
        meta.columns = pd.Index(list(self.columns), dtype="str")
        meta.index = pd.Index(columns[self.index], name=self.index)
        return meta


def connection(uri: str, engine_kwargs: Mapping[str, Any]) -> Any:
    """Return a context with a connection that nobody else uses, and that is closed behind it."""
    from contextlib import contextmanager

    import sqlalchemy as sa

    @contextmanager
    def opened() -> Any:
        options = {"poolclass": sa.pool.NullPool, **engine_kwargs}
        engine = sa.create_engine(uri, **options)
        try:
            with engine.connect() as there:
                yield there
        finally:
            engine.dispose()

    return opened()


def sql_kind(values: pd.Series[Any]) -> Kind:
    """Return what pandas made of a column of a result."""
    found = kind_of(values)
    if found == "float" and values.dtype == object:
        return "any"
    return "any" if found == "big" else found


def join_sql(one: Kind, other: Kind) -> Kind:
    """Return the kind that holds the values of both, as Python has them.

    >>> join_sql("int", "null"), join_sql("int", "str")
    ('float', 'any')
    """
    found = join(one, other)
    plain = {"none", "null", found}
    return found if found != "str" or {one, other} <= plain else "any"


def to_kind(values: pd.Series[Any], kind: Kind, date: Any = None) -> pd.Series[Any]:
    """Return values with the dtype of a kind; what is missing altogether stays an object."""
    if kind == "null":
        return values.astype(object)
    if kind == "int" and not len(values):
        return values.astype(np.dtype("int64"))
    return widen(values, kind, date)


def _given(values: pd.Series[Any], dtype: Any, name: str, title: str) -> pd.Series[Any]:
    try:
        return values if values.dtype == dtype else values.astype(dtype)
    except (ValueError, TypeError) as error:
        raise SqlDtypeError(title, name, f"values do not fit {dtype}, as meta says: {error}") from (
            error
        )


def late_error(title: str, late: Mapping[str, Kind], planned: Mapping[str, Kind]) -> SqlDtypeError:
    """Return the error for columns that hold what the first rows did not show."""
    name = next(iter(late))
    was, now = dtype_of(planned[name]), dtype_of(late[name])
    return SqlDtypeError(
        title, name, f"values do not fit {was}, as in the first rows; {now} would do",
        promotion=dict(late),
    )  # fmt: skip


def _condition(column: Any, op: str, value: Any) -> Any:
    match op:
        case "==":
            return column == value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value
    return column.in_(list(value))


def kinds_of(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, Kind]:
    """Return what the columns of the first rows hold."""
    return {name: sql_kind(frame[name]) for name in names}
