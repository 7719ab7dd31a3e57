"""Methods that reduce groups to one row each, made from a table: they differ in words only.

>>> Reductions.mean.__doc__.splitlines()[0]
'Return the mean of each group.'
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.reduce import aggregated, compared_columns
from treadle.dataframe.groupby.regroup import described_whole
from treadle.dataframe.groupby.whole import Call, plan_whole

_WORDS = {
    "numeric_only": "numeric_only : bool\n    Leave out columns that are no numbers or truths.",
    "skipna": "skipna : bool\n    Pass missing values over.",
    "min_count": "min_count : int\n    Values a group needs at least; else its result is missing.",
    "ddof": "ddof : int\n    What is taken off the number of values to divide by.",
    "dropna": "dropna : bool\n    Don't count missing values.",
    "q": "q : float or list of float\n    Between 0 and 1. A list makes a level of the index.",
    "interpolation": (
        'interpolation : {"linear", "lower", "higher", "nearest", "midpoint"}\n'
        "    What is returned where a quantile lies between two values."
    ),
}  # fmt: skip

_TREE = """split_every : int or False, optional
    Partial results that one call puts together: 8 without it, all of them with False.
split_out : int
    Partitions of the result. With very many groups give more than 1: groups then go to partitions
    by a hash of their keys, sorted within each.
shuffle_method : str, optional
    Taken for likeness' sake; how rows are moved is chosen by the engine."""

_DOC = """Return {what} of each group.

{note}Parameters
----------
{parameters}

Returns
-------
Series or DataFrame
    As in pandas, with a row for each group.

Examples
--------
>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> frame = pd.DataFrame({{"k": ["a", "b", "a", "b"], "x": [1, 2, 3, 2]}})
>>> df = dd.from_pandas(frame, npartitions=2)
>>> df.groupby("k").x.{name}().compute().tolist()
{example}
"""

_HOLISTIC = """All values of a group are needed at once: rows are moved by the hash of their keys.

"""


def _method(
    name: str, what: str, example: str, holistic: bool = False, **defaults: Any
) -> Callable[..., Any]:
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = [inspect.Parameter(key, keyword, default=value) for key, value in defaults.items()]
    tree = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=value)
        for key, value in {"split_every": None, "split_out": 1, "shuffle_method": None}.items()
    ]
    parameters = [inspect.Parameter("self", keyword), *own, *tree]
    signature = inspect.Signature(parameters)

    def method(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        given = dict(bound.arguments)
        self = given.pop("self")
        more = {key: given.pop(key) for key in ("split_every", "split_out") if key in given}
        given.pop("shuffle_method", None)
        options = {key: value for key, value in given.items() if _differs(value, defaults[key])}
        return self._reduced(name, options, more)

    method.__name__ = name
    method.__qualname__ = f"GroupBy.{name}"
    method.__signature__ = signature  # type: ignore[attr-defined]
    words = [*(_WORDS[key] for key in defaults), _TREE]
    method.__doc__ = _DOC.format(
        what=what, name=name, example=example, parameters="\n".join(words),
        note=_HOLISTIC if holistic else "",
    )  # fmt: skip
    return method


def _differs(value: Any, default: Any) -> bool:
    return isinstance(value, list) or type(value) is not type(default) or value != default


class Reductions:
    """Methods of groups with one row for each group."""

    __slots__ = ()

    _groups: Groups

    sum = _method("sum", "the sum", "[4, 4]", numeric_only=False, min_count=0, skipna=True)
    prod = _method("prod", "the product", "[3, 4]", numeric_only=False, min_count=0, skipna=True)
    min = _method(
        "min", "the smallest value", "[1, 2]", numeric_only=False, min_count=-1, skipna=True
    )
    max = _method(
        "max", "the largest value", "[3, 2]", numeric_only=False, min_count=-1, skipna=True
    )
    first = _method(
        "first", "the first value", "[1, 2]", numeric_only=False, min_count=-1, skipna=True
    )
    last = _method(
        "last", "the last value", "[3, 2]", numeric_only=False, min_count=-1, skipna=True
    )
    mean = _method("mean", "the mean", "[2.0, 2.0]", numeric_only=False, skipna=True)
    var = _method("var", "the variance", "[2.0, 0.0]", ddof=1, numeric_only=False, skipna=True)
    std = _method(
        "std", "the standard deviation", "[1.4142135623730951, 0.0]",
        ddof=1, numeric_only=False, skipna=True,
    )  # fmt: skip
    sem = _method(
        "sem", "the standard error of the mean", "[1.0, 0.0]",
        ddof=1, numeric_only=False, skipna=True,
    )  # fmt: skip
    any = _method("any", "whether any value is true,", "[True, True]", skipna=True)
    all = _method("all", "whether all values are true,", "[True, True]", skipna=True)
    count = _method("count", "the number of values that are not missing", "[2, 2]")
    size = _method("size", "the number of rows", "[2, 2]")
    nunique = _method("nunique", "the number of distinct values", "[2, 1]", dropna=True)
    idxmin = _method(
        "idxmin", "the label of the smallest value", "[0, 1]", skipna=True, numeric_only=False
    )
    idxmax = _method(
        "idxmax", "the label of the largest value", "[2, 1]", skipna=True, numeric_only=False
    )
    median = _method("median", "the median", "[2.0, 2.0]", True, numeric_only=False, skipna=True)
    quantile = _method(
        "quantile", "a quantile", "[2.0, 2.0]", True,
        q=0.5, interpolation="linear", numeric_only=False,
    )  # fmt: skip
    skew = _method("skew", "the skewness", "[nan, nan]", True, skipna=True, numeric_only=False)
    kurt = _method(
        "kurt", "the excess kurtosis", "[nan, nan]", True, skipna=True, numeric_only=False
    )

    def _reduced(self, name: str, options: dict[str, Any], more: dict[str, Any]) -> Any:
        groups = self._groups
        if options.pop("numeric_only", False):
            groups = groups.with_numbers_only()
        if name == "quantile" and pd_is_list(options.get("q")):
            return quantiles(groups, options)
        return aggregated(groups, name, (), options, label=name, **more)


def pd_is_list(value: Any) -> bool:
    """Whether a value is a list of some kind."""
    import pandas as pd

    return bool(pd.api.types.is_list_like(value))


def quantiles(groups: Groups, options: dict[str, Any]) -> Any:
    """Return the collection of several quantiles of each group."""
    options = {**options, "q": list(options["q"])}
    return made_of_groups(groups, Call("quantile", (), options))


def made_of_groups(groups: Groups, *calls: Call) -> Any:
    """Return the collection of what methods of pandas make of each group, in order of groups."""
    plan = plan_whole(
        groups.frame.meta, groups.by, calls,
        as_index=groups.as_index, group_keys=groups.group_keys, **groups.options,
    )  # fmt: skip
    names = tuple(key.meta.name for key in groups.series_of_keys)
    token = [(call.method, call.args, dict(call.options)) for call in calls]
    return described_whole(groups, calls[-1].method, plan, plan.meta, token, names)


def compared(self: Any, method: str, options: dict[str, Any], more: dict[str, Any]) -> Any:
    """Return the collection of ``cov`` or ``corr``."""
    if not self._groups.as_index:
        raise NotImplementedError(f"{method} of groups with as_index=False: call reset_index()")
    return compared_columns(self._groups, method, options, **more)
