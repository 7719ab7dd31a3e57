"""``query`` and ``eval``: expressions in a text, on each partition.

pandas evaluates them. What is worked out here is what they read: every label that stands in the
text as a word of its own may be one, and whatever does not can't. Names with an ``@`` are looked
up where ``query`` was called, before anything is computed.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import pandas as pd

from treadle.dataframe.build import new_collection, partwise
from treadle.dataframe.expr import Assign, Filter
from treadle.dataframe.selecting.comparisons import as_comparisons

_TEXTS = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_LOCALS = re.compile(r"@\s*([^\W\d]\w*)")
_ATTRIBUTES = re.compile(r"(?<![\d@])(@?[^\W\d]\w*)?\s*\.\s*([^\W\d]\w*)")
_ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)

#: What may be called on columns: a row of it depends on no other.
_ROW_BY_ROW = frozenset(
    "str dt cat list struct isin isna isnull notna notnull between abs round astype fillna clip "
    "map replace where mask add sub mul div truediv floordiv mod pow radd rsub rmul rdiv eq ne lt "
    "le gt ge year month day hour minute second microsecond nanosecond dayofweek weekday quarter "
    "dayofyear date time days seconds microseconds total_seconds normalize floor ceil "
    "strftime lower upper title capitalize strip lstrip rstrip len contains startswith endswith "
    "match fullmatch get slice split find isdigit isalpha isalnum isnumeric isspace islower "
    "isupper values codes index is_month_end is_month_start is_year_end is_year_start "
    "is_quarter_end is_quarter_start is_leap_year tz_localize tz_convert zfill pad".split()
)


def columns_read(expression: str, columns: list[Any]) -> list[Any]:
    """Return the columns that an expression may look at.

    Examples
    --------
    >>> columns_read("x > 1 and `a b` == 'y'", ["x", "y", "a b", "xx"])
    ['x', 'y', 'a b']
    """
    if not expression.isascii():
        return columns  # identifiers are normalized, so a label may stand there in another guise
    return [
        label
        for label in columns
        if isinstance(label, str) and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", expression)
    ]


def locals_of(expression: str, given: dict[str, Any] | None, depth: int) -> dict[str, Any]:
    """Return the values of names with an ``@``, from ``given`` or ``depth`` calls up.

    Raises
    ------
    NameError
        If there is no such name.
    """
    frame = sys._getframe(depth)
    found = {}
    for name in dict.fromkeys(_LOCALS.findall(_TEXTS.sub("''", expression))):
        if given is not None and name in given:
            found[name] = given[name]
        elif name in frame.f_locals:
            found[name] = frame.f_locals[name]
        elif name in frame.f_globals:
            found[name] = frame.f_globals[name]
        else:
            raise NameError(f"there is no variable {name!r}, which the expression takes by '@'")
    return found


def evaluated(part: Any, expression: str, values: dict[str, Any], options: dict[str, Any]) -> Any:
    """Return what an expression makes of a partition."""
    return part.eval(expression, local_dict=values, **options)


def evaluate(frame: Any, expression: str, given: Any, depth: int, options: dict[str, Any]) -> Any:
    """Return the series of an expression, or the frame of one that assigns columns."""
    if not isinstance(expression, str):
        raise ValueError(f"expr must be a string, not {type(expression).__name__}")
    values = locals_of(expression, given, depth + 1)
    lines = [line for line in expression.splitlines() if line.strip()]
    if not lines:
        raise ValueError("the expression is empty")
    if not any(_ASSIGNMENT.match(line) for line in lines):
        return _series(frame, expression, values, options)
    for line in lines:
        found = _ASSIGNMENT.match(line)
        if found is None:
            raise ValueError(f"every line has to assign a column if one does: {line!r}")
        value = _series(frame, found[2], values, options)
        value = value.expr if hasattr(value, "expr") else value
        frame = new_collection(Assign(frame.expr, [(found[1], value)]))
    return frame


def _series(frame: Any, expression: str, values: dict[str, Any], options: dict[str, Any]) -> Any:
    _check(expression)
    used = {name: value for name, value in values.items() if f"@{name}" in expression}
    meta = evaluated(frame._meta, expression, used, options)
    if not isinstance(meta, pd.Series):
        if isinstance(meta, pd.DataFrame):
            raise NotImplementedError(f"{expression!r} makes a frame, not a column")
        return meta
    columns = frame.expr.columns
    reads = None if columns is None else [columns_read(expression, columns)]
    return partwise(
        "eval", evaluated, frame, expression, used, options, meta=meta, rowwise=True, reads=reads,
    )  # fmt: skip


def _check(expression: str) -> None:
    """Refuse what would be another value on each partition, such as a mean."""
    for owner, name in _ATTRIBUTES.findall(_TEXTS.sub("''", expression)):
        if not owner.startswith("@") and name not in _ROW_BY_ROW:
            raise NotImplementedError(
                f".{name} in an expression would be worked out for each partition by itself; "
                f"compute it before, and refer to it as @{name}"
            )


def query(frame: Any, expression: str, given: Any, depth: int, options: dict[str, Any]) -> Any:
    """Return the rows for which an expression is true."""
    if not isinstance(expression, str):
        raise ValueError(f"expr must be a string to be evaluated, not {type(expression).__name__}")
    values = locals_of(expression, given, depth + 1)
    found = None if options else as_comparisons(frame, expression, values)
    if found is None:
        found = _series(frame, expression, values, options)
    if not hasattr(found, "expr"):
        raise ValueError(f"{expression!r} doesn't say of each row whether it is wanted")
    if not pd.api.types.is_bool_dtype(found._meta.dtype):
        raise TypeError(
            f"the expression makes values of dtype {found._meta.dtype}, not booleans; "
            "compare them with something"
        )
    return new_collection(Filter(frame.expr, found.expr))
