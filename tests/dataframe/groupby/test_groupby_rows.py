"""What groups tell each of their rows stands where the rows stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.groupby.running import before
from treadle.dataframe.testing import assert_eq
from treadle.graph.gather import Blocks
from treadle.graph.graph import Graph


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "k": rng.integers(0, 4, 60),
            "word": rng.choice(["a", "b", None], 60),
            "x": rng.choice([1.5, -2.0, np.nan, 4.0], 60),
            "y": rng.integers(1, 5, 60),
        }
    )


PDF = frame()
DF = dd.from_pandas(PDF, npartitions=6)


@pytest.mark.parametrize(
    "method",
    "cumsum cumprod cummin cummax cumcount ffill bfill shift diff rank pct_change ngroup".split(),
)
def test_rows_get_what_pandas_gives_them_in_their_partitions(method: str):
    for ask in (
        lambda f: getattr(f.groupby("k").x, method)(),
        lambda f: getattr(f.groupby(["k", "word"], dropna=False)[["x", "y"]], method)(),
        lambda f: getattr(f.x.groupby([f.k, f.y % 2]), method)(),
        lambda f: f.groupby("k").x.transform(method),
    ):
        got = ask(DF)
        assert got.divisions == DF.divisions
        assert_eq(got, ask(PDF))


@pytest.mark.parametrize(
    "ask",
    [
        lambda g: g.x.transform("mean"),
        lambda g: g[["x", "y"]].transform("sum"),
        lambda g: g.y.transform("size"),
        lambda g: g.transform("count"),
        lambda g: g.x.transform("median"),
        lambda g: g.x.transform("std", ddof=0),
        lambda g: g.y.transform(lambda y: y - y.mean()),
        lambda g: g[["x", "y"]].transform(lambda column: column.fillna(0).cumsum()),
        lambda g: g.x.ffill(limit=1),
        lambda g: g.x.bfill(limit=1),
        lambda g: g.y.shift(-2, fill_value=0),
        lambda g: g.y.diff(2),
        lambda g: g.x.cumsum(skipna=False),
        lambda g: g.cumsum(numeric_only=True),
        lambda g: g.cumcount(ascending=False),
        lambda g: g.ngroup(ascending=False),
        lambda g: g.x.rank(method="dense", pct=True),
        lambda g: g.head(2),
        lambda g: g.head(-2),
        lambda g: g.x.tail(1),
        lambda g: g[["x"]].tail(-3),
        lambda g: g.nth(1),
        lambda g: g.y.nth([0, -2]),
        lambda g: g.filter(lambda group: group.y.sum() > 40),
        lambda g: g.x.filter(lambda x: x.isna().sum() > 3),
        lambda g: g[["x", "y"]].filter(lambda group: group.y.mean() > 2.5),
    ],
)
def test_transformations_keep_order_and_divisions(ask: Any):
    got = ask(DF.groupby("k"))
    assert got.divisions == DF.divisions
    assert_eq(got, ask(PDF.groupby("k")))
    beside = ask(DF.groupby([DF.y % 2, "k"]))
    assert_eq(beside, ask(PDF.groupby([PDF.y % 2, "k"])))


def test_rows_without_a_key_are_in_no_group():
    for ask in (
        lambda f: f.groupby("word").x.transform("mean"),
        lambda f: f.groupby("word").x.cumsum(),
        lambda f: f.groupby("word").x.shift(),
        lambda f: f.groupby("word").head(3),
        lambda f: f.groupby("word").x.tail(2),
    ):
        assert_eq(ask(DF), ask(PDF))
    # Integers become floats only where a key is missing, which is not known before.
    got = DF.groupby("word").y.transform("count").compute()
    pd.testing.assert_series_equal(got, PDF.groupby("word").y.transform("count"))


def test_transformations_can_be_assigned_though_divisions_are_not_known():
    df = dd.from_pandas(PDF, npartitions=4, sort=False)
    got = df.assign(
        share=df.y / df.groupby("k").y.transform("sum"), before=df.groupby("k").x.shift()
    )
    expected = PDF.assign(
        share=PDF.y / PDF.groupby("k").y.transform("sum"), before=PDF.groupby("k").x.shift()
    )
    assert_eq(got, expected)


def test_labels_that_come_twice_and_ranges_stay_as_they_are():
    pdf = PDF.set_axis(pd.Index(np.arange(60) // 3, name="i"))
    df = dd.from_pandas(pdf, npartitions=4)
    assert_eq(df.groupby("k").x.shift(), pdf.groupby("k").x.shift())
    assert isinstance(DF.groupby("k").x.shift().compute().index, pd.RangeIndex)


@pytest.mark.parametrize(
    "ask",
    [
        lambda g: g.x.apply(lambda x: x.max()),
        lambda g: g[["x", "y"]].apply(lambda group: group.nlargest(2, "y", keep="all")),
        lambda g: g[["x", "y"]].apply(lambda group: pd.Series({"a": group.y.sum(), "b": 1})),
        lambda g: g.x.rolling(3).mean(),
        lambda g: g[["x", "y"]].rolling(3, min_periods=1).sum(),
        lambda g: g.rolling(2)[["x", "y"]].agg(["sum", "max"]),
        lambda g: g.x.expanding().max(),
    ],
)
def test_whole_groups_come_together_in_any_order(ask: Any):
    assert_eq(ask(DF.groupby("k")), ask(PDF.groupby("k")), sort_results=True)
    assert_eq(
        ask(DF.groupby(["word", DF.assign(odd=DF.y % 2).odd])),
        ask(PDF.groupby(["word", PDF.assign(odd=PDF.y % 2).odd])),
        sort_results=True,
    )


def test_functions_of_windows_are_called():
    assert_eq(
        DF.groupby("k").y.rolling(2).apply(lambda window: window.sum()),
        PDF.groupby("k").y.rolling(2).apply(lambda window: window.sum()),
        sort_results=True,
    )


def test_a_function_is_not_tried_where_its_result_is_told():
    def fussy(group: Any) -> Any:
        assert len(group) > 10, "called with few rows"
        return group.y.sum()

    groups = DF.groupby("k")
    got = groups.apply(
        fussy, meta=pd.Series([], dtype="int64", index=PDF.k.iloc[:0].pipe(pd.Index))
    )
    assert_eq(got, PDF.groupby("k").apply(fussy), sort_results=True)
    with pytest.raises(AssertionError, match="few rows") as caught:
        groups.apply(fussy)
    assert "meta=" in caught.value.__notes__[0]


def test_one_group_is_had_by_its_name():
    assert_eq(DF.groupby("k").get_group(2), PDF.groupby("k").get_group(2))
    assert_eq(DF.groupby(["k"]).x.get_group((2,)), PDF.groupby(["k"]).x.get_group((2,)))
    assert_eq(
        DF.groupby(["k", "word"]).get_group((1, "a")),
        PDF.groupby(["k", "word"]).get_group((1, "a")),
    )
    with pytest.raises(ValueError, match="tuple"):
        DF.groupby(["k", "word"]).get_group(1)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_rows_come_back_on_other_schedulers(scheduler: str):
    assert_eq(DF.groupby("k").x.shift(), PDF.groupby("k").x.shift(), scheduler=scheduler)
    assert_eq(DF.groupby("k").x.cumsum(), PDF.groupby("k").x.cumsum(), scheduler=scheduler)


def test_what_has_no_meaning_over_partitions_is_refused():
    groups = DF.groupby("k")
    with pytest.raises(NotImplementedError, match="freq"):
        groups.x.shift(freq="D")
    with pytest.raises(NotImplementedError, match="bins"):
        groups.x.value_counts(bins=3)
    with pytest.raises(NotImplementedError, match="select one"):
        groups.value_counts()
    with pytest.raises(NotImplementedError, match="kendall"):
        groups.corr(method="kendall")
    with pytest.raises(TypeError, match="function"):
        groups.filter("x")


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 83, 130])
def test_totals_before_a_partition_are_those_of_all_before(count: int):
    grid: Any = before("before-1", Blocks("x-1", (count,), list(range(count))), list_sum)
    values = {("x-1", n): n for n in range(count)}
    for expr in (*grid.inputs[1:], grid):
        graph = Graph()
        expr.add_to(graph)
        inputs = expr.rows()
        for n in range(expr.numblocks[0]):
            _, producers, blocks = inputs.of(np.array([n]))
            taken = [values[inputs.producers[p], b] for p, b in zip(producers, blocks, strict=True)]
            values[expr.name, n] = sum(taken)
    assert [values["before-1", n] for n in range(count)] == [sum(range(n)) for n in range(count)]


def list_sum(parts: list[int]) -> int:
    return sum(parts)
