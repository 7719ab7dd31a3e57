"""What kinds of values the columns of CSV files hold, and which dtype holds them all.

Text has no dtypes: pandas looks at all values of a column and takes the narrowest that fits them.
Who reads in parts must come to the same dtype from what each part holds.  A kind says what was
seen, and kinds join::

    int --- uint --.
     |              float ---- str      (text that is no number: the text of all values is wanted)
    null ----------'           /
    bool --- flag (bools and nulls: object) --'

One thing is otherwise than in pandas: beside integers beyond int64, which it then takes for text,
missing values stay missing; pandas makes empty text of them.

>>> join("int", "null"), join("bool", "int"), dtype_of(join("int", "float"))
('float', 'str', dtype('float64'))
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

Kind = Literal["none", "null", "int", "uint", "float", "bool", "flag", "big", "date", "str", "any"]
"""What the values of a column are.

``none``: there are none; ``null``: all are missing; ``uint``: beyond int64; ``flag``: bools and
missing ones; ``big``: integers beyond 64 bits, as objects; ``any``: other objects.
"""

NUMBERS = frozenset({"int", "uint", "float"})


def kind_of(values: pd.Series[Any] | pd.Index[Any]) -> Kind:
    """Return what pandas found in the text of a column.

    >>> kind_of(pd.Series([1.0, None])), kind_of(pd.Series([None, True], dtype=object))
    ('float', 'flag')
    """
    if not len(values):
        return "none"
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        match dtype.kind:
            case "i":
                return "int"
            case "u":
                return "uint"
            case "f":
                return "null" if bool(values.isna().all()) else "float"
            case "b":
                return "bool"
            case "M":
                return "date"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "date"
    if isinstance(dtype, pd.StringDtype):
        return "str"
    match pd.api.types.infer_dtype(values, skipna=True):
        case "boolean":
            return "flag"
        case "integer":
            return "big"
        case "string":
            return "str"
        case "empty":
            return "null"
    return "any"


def join(one: Kind, other: Kind) -> Kind:
    """Return the narrowest kind that holds the values of both."""
    if one == other or other == "none":
        return one
    if one == "none":
        return other
    pair = {one, other}
    if "any" in pair:
        return "any"
    if "null" in pair:
        [rest] = pair - {"null"}
        if rest in NUMBERS:
            return "float"
        return "flag" if rest == "bool" else rest
    if pair == {"int", "uint"}:
        return "uint"
    if pair <= NUMBERS:
        return "float"
    if pair == {"bool", "flag"}:
        return "flag"
    return "big" if pair == {"int", "big"} else "str"


def dtype_of(kind: Kind, date: Any = None) -> Any:
    """Return the pandas dtype of a kind; ``date`` is that of dates."""
    match kind:
        case "int":
            return np.dtype("int64")
        case "uint":
            return np.dtype("uint64")
        case "float" | "null":
            return np.dtype("float64")
        case "bool":
            return np.dtype("bool")
        case "str":
            return pd.Series(["x"]).dtype
        case "date":
            return date if date is not None else np.dtype("datetime64[us]")
    return np.dtype("object")


def keeps_values(found: Kind, wanted: Kind) -> bool:
    """Tell whether parsed values can be turned to a wider kind without their text.

    An int becomes the float that its text would be.  It does not become its text: ``007`` is 7.
    """
    return found in ("none", "null", wanted) or wanted != "str"


def widen(values: pd.Series[Any], wanted: Kind, date: Any = None) -> pd.Series[Any]:
    """Return values with the dtype of a wider kind.

    Raises
    ------
    OverflowError
        If a negative integer is to become unsigned.
    """
    target = dtype_of(wanted, date)
    if values.dtype == target:
        return values
    if wanted == "uint" and kind_of(values) == "int" and bool((values < 0).any()):
        raise OverflowError("a negative integer in an unsigned column")
    if wanted == "date" and bool(values.isna().all()):
        # What is missing alone has no zone that could be changed.
        missing: pd.Series[Any] = pd.Series(pd.NaT, values.index, dtype=target)
        return missing
    return values.astype(target)
