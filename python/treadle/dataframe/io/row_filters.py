"""Conditions on rows: what they say of one row, and of many rows known by their extremes only.

A filter is a list of lists of terms: rows that fulfil all terms of one of the inner lists are
wanted.  ``matches_nowhere`` decides from the least and the greatest value whether a block of rows
can be left alone; ``row_expression`` is the same filter for pyarrow, row by row.

>>> wanted = parse_filters([("x", ">", 3), ("y", "in", ["a", "b"])])
>>> wanted.columns
('x', 'y')
>>> extremes = {"x": Extremes(0, 2, nulls=0, rows=10)}
>>> wanted.matches_nowhere(extremes.get)
True
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from treadle.dataframe.plain import plain

OPERATORS = ("=", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not")


@dataclass(frozen=True, slots=True)
class Extremes:
    """What is known of the values of a column in a block of rows.

    Attributes
    ----------
    least, greatest : object
        Bounds of the values that are not missing; None if nobody knows.
    nulls : int or None
        How many are missing, None if nobody knows.
    rows : int or None
        How many rows there are.
    exact : bool
        No value hides from the bounds, as NaN does among floats.
    """

    least: Any = None
    greatest: Any = None
    nulls: int | None = None
    rows: int | None = None
    exact: bool = True

    @property
    def all_null(self) -> bool:
        """Whether every value is missing, for certain."""
        return self.rows is not None and self.nulls == self.rows


@dataclass(frozen=True, slots=True)
class Term:
    """A condition on one column; ``value`` is a tuple where ``op`` takes several."""

    column: str
    op: str
    value: Any

    def __str__(self) -> str:
        value = list(self.value) if self.op in ("in", "not in") else self.value
        return f"{self.column} {self.op} {value!r}"

    def matches_nowhere(self, known: Extremes | None) -> bool:
        """Whether certainly no row of such a block fulfils the condition."""
        if known is None:
            return False
        if self.op == "is":
            return known.nulls == 0 and known.exact
        if self.op == "is not":
            return known.all_null
        if self.op == "in" and not self.value:
            return True
        if self.op in ("!=", "not in"):
            # Missing values differ from everything in pandas, and from nothing in pyarrow: a
            # block is left alone only where both agree.
            certain = known.exact and known.nulls == 0 and known.least is not None
            values = self.value if self.op == "not in" else (self.value,)
            return certain and any(_same(known.least, known.greatest, value) for value in values)
        values = self.value if self.op == "in" else (self.value,)
        if any(is_missing(value) for value in values):
            return False
        if known.all_null and known.exact:
            return True
        if known.least is None or known.greatest is None:
            return False
        return all(_outside(self.op, value, known) for value in values)


@dataclass(frozen=True, slots=True)
class Filters:
    """Rows are wanted that fulfil every term of one of the conjunctions.

    ``expression`` is a condition in pyarrow's own words, of which nothing more is known.
    """

    conjunctions: tuple[tuple[Term, ...], ...]
    expression: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the terms look at, each once."""
        terms = (term for conjunction in self.conjunctions for term in conjunction)
        return tuple(dict.fromkeys(term.column for term in terms))

    @property
    def text(self) -> str:
        """The filter as people would write it."""
        if self.expression is not None:
            return str(self.expression)
        lists = [" and ".join(map(str, terms)) for terms in self.conjunctions]
        return lists[0] if len(lists) == 1 else " or ".join(f"({text})" for text in lists)

    def matches_nowhere(self, known: Callable[[str], Extremes | None]) -> bool:
        """Whether certainly no row of a block is wanted, by the extremes of its columns."""
        if self.expression is not None:
            return False
        return all(
            any(term.matches_nowhere(known(term.column)) for term in conjunction)
            for conjunction in self.conjunctions
        )

    def __and__(self, other: Filters) -> Filters:
        """Rows that both want."""
        both = tuple(one + two for one in self.conjunctions for two in other.conjunctions)
        expressions = [e for e in (self.expression, other.expression) if e is not None]
        if len(expressions) == 2:
            return Filters(both, expressions[0] & expressions[1])
        return Filters(both, expressions[0] if expressions else None)


def parse_filters(filters: Any) -> Filters:
    """Return filters as users write them, checked.

    Parameters
    ----------
    filters : list of tuple, list of list of tuple, pyarrow expression, or Filters
        ``[(column, op, value)]`` wants rows that fulfil all; ``[[...], [...]]`` those that fulfil
        all of one of the inner lists.  ``op`` is one of ``==  !=  <  <=  >  >=  in  not in``, or
        ``is`` and ``is not`` with None.

    Raises
    ------
    ValueError
        If it is none of these, with the term that is not understood.

    Examples
    --------
    >>> parse_filters([("x", "==", 1)]).conjunctions
    ((Term(column='x', op='==', value=1),),)
    """
    if isinstance(filters, Filters):
        return filters
    if type(filters).__module__.startswith("pyarrow"):
        return Filters(((),), filters)
    try:
        rows = list(filters)
    except TypeError:
        raise ValueError(f"filters must be lists of (column, op, value), not {filters!r}") from None
    if not rows:
        return Filters(((),))
    inner = rows if all(isinstance(row, list) for row in rows) else [rows]
    return Filters(tuple(tuple(map(_parse_term, terms)) for terms in inner))


def _parse_term(term: Any) -> Term:
    if not isinstance(term, tuple) or len(term) != 3 or not isinstance(term[0], str):
        raise ValueError(f"a term of filters is (column, op, value), not {term!r}")
    column, op, value = term
    if op not in OPERATORS:
        raise ValueError(f"filters know no operator {op!r} ({term!r}); use one of {OPERATORS}")
    if op in ("in", "not in"):
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise ValueError(f"{op!r} takes several values in a list or a set: {term!r}")
        several = tuple(map(plain, value))
        try:
            several = tuple(sorted(several))  # a set has no order, and plans must have one
        except TypeError:
            pass
        return Term(column, op, several)
    if op in ("is", "is not") and not is_missing(value):
        raise ValueError(f"{op!r} asks for missing values and takes None: {term!r}")
    return Term(column, "==" if op == "=" else op, plain(value))


def is_missing(value: Any) -> bool:
    """Whether a scalar is None, NaN, NaT or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def row_expression(filters: Filters, types: dict[str, Any], missing_differ: bool = False) -> Any:
    """Return the filter as an expression for pyarrow tables.

    Parameters
    ----------
    filters : Filters
    types : dict of str to pyarrow.DataType
        Types of the columns; values are brought to them where that loses nothing.
    missing_differ : bool
        ``!=`` and ``not in`` hold for missing values, as with pandas' own operators.
    """
    from functools import reduce
    from operator import and_, or_

    wholes = [
        reduce(and_, [_term_expression(term, types[term.column], missing_differ) for term in terms])
        for terms in filters.conjunctions
        if terms
    ]
    # A conjunction without terms wants every row.
    limited = len(wholes) == len(filters.conjunctions)
    parts = [reduce(or_, wholes)] if limited and wholes else []
    if filters.expression is not None:
        parts.append(filters.expression)
    return reduce(and_, parts) if parts else None


def take_rows(table: Any, condition: Any) -> Any:
    """Return the rows of a table that fulfil an expression, in order and by one thread."""
    # table.filter() would take all cores for a task that has one.
    from pyarrow import acero

    steps = [
        acero.Declaration("table_source", acero.TableSourceNodeOptions(table)),
        acero.Declaration("filter", acero.FilterNodeOptions(condition)),
    ]
    return acero.Declaration.from_sequence(steps).to_table(use_threads=False)


def check_filters(filters: Filters, schema: Any) -> None:
    """Refuse filters that name no column, or compare one with what it can't be compared with.

    Raises
    ------
    KeyError
        If there is no such column.
    TypeError
        If values are of another kind than the column.
    """
    import pyarrow as pa

    for term in (term for terms in filters.conjunctions for term in terms):
        if term.column not in schema.names:
            raise KeyError(
                f"filters name a column {term.column!r} that is not there; there are {schema.names}"
            )
        field = schema.field(term.column)
        alone = pa.schema([field]).empty_table()
        several = term.op in ("in", "not in")
        each = [Term(term.column, "==", value) for value in term.value] if several else [term]
        try:
            for one in each:
                if not is_missing(one.value) or one is term:
                    take_rows(alone, _term_expression(one, field.type, missing_differ=False))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise TypeError(
                f"a column of type {field.type} can't be compared like this: "
                f"({term.column!r}, {term.op!r}, {term.value!r}); {error}"
            ) from error


def _term_expression(term: Term, kind: Any, missing_differ: bool) -> Any:
    import pyarrow.compute as pc

    field = pc.field(term.column)
    if term.op in ("is", "is not"):
        missing = field.is_null(nan_is_null=True)
        return missing if term.op == "is" else ~missing
    if term.op in ("in", "not in"):
        inside = field.isin([_fitted(value, kind).as_py() for value in term.value])
        if term.op == "in":
            return inside
        return _or_null(~inside, field) if missing_differ else ~inside
    value = _fitted(term.value, kind)
    match term.op:
        case "==":
            return field == value
        case "!=":
            return _or_null(field != value, field) if missing_differ else field != value
        case "<":
            return field < value
        case "<=":
            return field <= value
        case ">":
            return field > value
        case _:
            return field >= value


def _or_null(condition: Any, field: Any) -> Any:
    import pyarrow.compute as pc

    return pc.if_else(field.is_null(), True, condition)


def _fitted(value: Any, kind: Any) -> Any:
    """Return a scalar, of the type of the column where that loses nothing."""
    import pyarrow as pa

    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_timestamp(inner) and isinstance(value, str):
        try:
            value = _in_zone(pd.Timestamp(value), inner.tz)
        except ValueError:
            pass  # no time: comparing will tell
    scalar = pa.scalar(value)
    if scalar.type == inner or not _akin(scalar.type, inner):
        return scalar
    try:
        return scalar.cast(inner)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return scalar  # 1.5 for a column of integers, say: pyarrow compares, or tells why not


def _akin(one: Any, two: Any) -> bool:
    """Whether values of two types mean the same when one is brought to the other."""
    from pyarrow import types

    def family(kind: Any) -> str:
        if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
            return "number"
        if types.is_timestamp(kind) or types.is_date(kind):
            return "time"
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            return "string"
        return str(kind)

    # A string is a day where days are asked for: 2024-01-31.
    return family(one) == family(two) or (family(one), family(two)) == ("string", "time")


def _in_zone(stamp: pd.Timestamp, zone: Any) -> pd.Timestamp:
    """Return a time that was written without a zone as one in the zone of the column."""
    return stamp.tz_localize(zone) if stamp.tz is None and zone is not None else stamp


def _outside(op: str, value: Any, known: Extremes) -> bool:
    least, greatest, value = _alike(known.least, known.greatest, value)
    try:
        match op:
            case "==" | "in":
                return bool(value < least or value > greatest)
            case "<":
                return bool(least >= value)
            case "<=":
                return bool(least > value)
            case ">":
                return bool(greatest <= value)
            case _:
                return bool(greatest < value)
    except TypeError:  # not comparable here: reading will tell
        return False


def _same(least: Any, greatest: Any, value: Any) -> bool:
    least, greatest, value = _alike(least, greatest, value)
    try:
        return bool(least == value and greatest == value)
    except TypeError:
        return False


def _alike(least: Any, greatest: Any, value: Any) -> tuple[Any, Any, Any]:
    """Return times as ``Timestamp``, so that they compare with each other."""
    if isinstance(least, datetime.date) and isinstance(value, (str, datetime.date)):
        try:
            least, greatest = pd.Timestamp(least), pd.Timestamp(greatest)
            text = isinstance(value, str)
            value = pd.Timestamp(value)
            value = _in_zone(value, least.tz) if text else value
        except (ValueError, OverflowError):
            pass
    return least, greatest, value
