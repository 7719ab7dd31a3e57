"""Arguments are those of pandas, by name and in order, unless it is said here why not."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.groupby.objects import DataFrameGroupBy, SeriesGroupBy
from treadle.dataframe.windows.resample import Resampler
from treadle.dataframe.windows.rolling import Rolling

TABLE = pd.DataFrame({"k": [1, 1], "x": [1, 2]}, index=pd.date_range("2000-01-01", periods=2))
KINDS: dict[type, type] = {
    dd.DataFrame: pd.DataFrame,
    dd.Series: pd.Series,
    dd.Index: pd.Index,
    DataFrameGroupBy: type(TABLE.groupby("k")),
    SeriesGroupBy: type(TABLE.groupby("k").x),
    Rolling: type(TABLE.rolling(2)),
    Resampler: type(TABLE.resample("D")),
}

#: Arguments of pandas that mean nothing here: partitions are never changed in place, copies are
#: not asked for, engines are chosen by `scheduler=`; the rest only keeps NumPy's functions going.
NEVER = {"inplace", "copy", "engine", "engine_kwargs", "args", "kwargs", "verify_integrity"}

#: Methods whose arguments are Dask's, or that have a form of their own.
OTHERWISE = {
    "apply": "rows only: no by_row, and meta stands where Dask has it",
    "assign": "any keyword",
    "eval": "one frame: engines and resolvers are those of pandas on a partition",
    "ewm": "refused",
    "expanding": "no method of its own",
    "from_dict": "npartitions, as of Dask",
    "info": "counts and bytes are computed only if asked for, as of Dask",
    "interpolate": "refused",
    "join": "shuffle_method and npartitions stand where Dask has them",
    "map": "arg is what Dask calls the function or mapping",
    "query": "see eval",
    "rename_axis": "columns for series too, as of Dask",
    "resample": "times are those of the index",
    "sample": "no weights: they would have to be added up over all partitions",
    "set_index": "other, divisions, sorted ... as of Dask",
    "sort_index": "by the labels of all levels",
    "sort_values": "npartitions ... as of Dask; key= would have to see all rows",
    "to_csv": "many files, as of Dask",
    "to_json": "many files, as of Dask",
    "to_orc": "many files, as of Dask",
    "to_parquet": "many files, as of Dask",
    "to_records": "an array in blocks, as of Dask",
    "to_sql": "uri, which other processes can open, as of Dask",
    "value_counts": "sort before normalize, as of Dask; of frames of groups refused",
    "pivot_table": "one aggregation without margins, as of Dask",
    "str": "a class",
    "cat": "a class",
    "dt": "a class",
    "list": "a class",
    "struct": "a class",
    "pct_change": "of groups: rows before are filled by ffill()",
}

#: Single arguments that are not taken, and why.
MISSING = {
    "drop": {"level", "columns"},
    "dropna": {"ignore_index", "how"},  # rows are not numbered across partitions; of a series
    "copy": {"name"},  # of an index: rename()
    "divmod": {"level", "fill_value", "axis"},
    "rdivmod": {"level", "fill_value", "axis"},
    "rename": {"axis", "level", "errors"},  # of a series
    "to_period": {"axis"},  # labels of rows
    "to_timestamp": {"axis"},
    "isin": {"level"},  # of an index
    "unique": {"level"},
    "round": {"decimals"},  # of an index: times
    "rolling": {"method"},
}
#: What is passed on to pandas by ``*args, **kwargs``.
PASSED_ON = {Rolling, Resampler}


def parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def shared() -> list[tuple[type, str]]:
    return [
        (kind, name)
        for kind, theirs in KINDS.items()
        for name in sorted(set(dir(kind)) & set(dir(theirs)))
        if not name.startswith("_")
        and name not in OTHERWISE
        and callable(getattr(kind, name))
        and inspect.isfunction(inspect.unwrap(getattr(theirs, name)))
    ]


@pytest.mark.parametrize(("kind", "name"), shared())
def test_arguments_are_those_of_pandas(kind: type, name: str):
    ours = parameters(getattr(kind, name))
    theirs = [n for n in parameters(getattr(KINDS[kind], name)) if n not in NEVER]

    if not (kind in PASSED_ON and "kwargs" in ours):
        assert set(theirs) - set(ours) - MISSING.get(name, set()) == set()
    # What only we have comes last, so that arguments by position mean the same.
    common = [n for n in ours if n in theirs]
    assert common == [n for n in theirs if n in ours]
    assert ours[: len(common)] == common


def test_there_are_no_stale_exceptions():
    names = {name for kind in KINDS for name in dir(kind)}

    assert (OTHERWISE.keys() | MISSING.keys()) <= names


@pytest.mark.parametrize("kind", [dd.DataFrame, dd.Series, dd.Index, dd.Scalar])
def test_a_method_is_written_once(kind: type):
    """Classes are put together of many: a name in two of them would hide one."""
    homes: dict[str, list[str]] = {}
    for base in kind.__mro__[1:-1]:
        for name in vars(base):
            if not name.startswith("_"):
                homes.setdefault(name, []).append(base.__name__)

    # Collections have names and expressions; columns have names of their own, frames are mended.
    assert {name for name in homes if len(homes[name]) > 1} <= {"name", "expr"}


@pytest.mark.parametrize(
    "reduce",
    [
        lambda df, n: df.x.sum(split_every=n),
        lambda df, n: df.x.quantile(0.5, split_every=n),
        lambda df, n: df.groupby("k").x.sum(split_every=n),
    ],
)
def test_split_every_means_the_same_everywhere(reduce: Any):
    df = dd.from_pandas(pd.DataFrame({"k": 1, "x": range(12)}), npartitions=6)

    found = [reduce(df, n).compute() for n in (None, True, False, 2, 5)]

    assert all((value == found[0]).all() for value in found)
    for wrong in (1, 0, -3):
        with pytest.raises(ValueError, match="split_every must be 2 or more"):
            reduce(df, wrong)
