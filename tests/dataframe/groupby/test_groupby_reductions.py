"""Groups of frames in partitions reduce to what pandas makes of the whole frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

ROWS = 60
REDUCTIONS = (
    "sum prod count size mean var std sem min max first last any all nunique median idxmin idxmax"
    " skew kurt"
).split()


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "k": rng.integers(0, 5, ROWS),
            "word": rng.choice(["a", "b", None], ROWS),
            "kind": pd.Categorical(rng.choice(["u", "v"], ROWS), categories=["v", "u", "w"]),
            "x": rng.normal(size=ROWS).round(3),
            "y": rng.integers(0, 9, ROWS),
            "day": pd.date_range("2020", periods=ROWS, tz="Europe/Berlin"),
            "nullable": pd.array(rng.choice([1, 2, None], ROWS), dtype="Int32"),
            "arrow": pd.array(rng.choice([1, 2, None], ROWS), dtype="int64[pyarrow]"),
        }
    )


PDF = frame()


def partitioned() -> Any:
    """Five partitions, the third one without rows and borders that are not known."""
    parts = dd.from_pandas(PDF, npartitions=5, sort=False)
    return parts[(parts.x > -100) & ((parts.index < 24) | (parts.index >= 36))]


DF = partitioned()
KEPT = PDF[(PDF.index < 24) | (PDF.index >= 36)]


@pytest.mark.parametrize("method", REDUCTIONS)
@pytest.mark.parametrize("by", ["k", "word", ["k", "word"], ["kind"]])
def test_reductions_are_those_of_pandas(method: str, by: Any):
    assert_eq(getattr(DF.groupby(by).x, method)(), getattr(KEPT.groupby(by).x, method)())
    assert_eq(
        getattr(DF.groupby(by)[["x", "y"]], method)(),
        getattr(KEPT.groupby(by)[["x", "y"]], method)(),
    )


@pytest.mark.parametrize("method", ["min", "max", "first", "last", "count", "nunique"])
def test_columns_of_every_kind_are_reduced(method: str):
    columns = ["day", "nullable", "arrow", "x", "word"]
    assert_eq(
        getattr(DF.groupby("k")[columns], method)(), getattr(KEPT.groupby("k")[columns], method)()
    )


@pytest.mark.parametrize(
    "options",
    [
        {"sort": False}, {"dropna": False}, {"observed": False}, {"as_index": False},
        {"observed": False, "dropna": False},
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", [["kind", "word"], "kind", ["word"]])
def test_options_of_groupby_mean_what_they_mean_in_pandas(by: Any, options: dict[str, Any]):
    spec = {"x": ["sum", "mean"], "y": "max"}
    got, expected = DF.groupby(by, **options).agg(spec), KEPT.groupby(by, **options).agg(spec)
    # A category without rows makes floats of integers; whether there is one, nobody knows before.
    assert_eq(got, expected, check_dtype=options.get("observed", True))
    assert_eq(got.compute(), expected)
    assert_eq(
        DF.groupby(by, **options).median(numeric_only=True),
        KEPT.groupby(by, **options).median(numeric_only=True),
        sort_results=not options.get("sort", True),
        check_index=options.get("sort", True),
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda g: g.agg("sum", numeric_only=True),
        lambda g: g.x.agg(["min", "max"]),
        lambda g: g.agg({"x": "mean", "y": ["sum", "median"]}),
        lambda g: g.agg(most=("x", "max"), span=("y", lambda y: y.max() - y.min())),
        lambda g: g.x.agg(low="min", high="max"),
        lambda g: g.y.agg(list),
        lambda g: g[["x", "y"]].agg(np.mean),
        lambda g: g.aggregate({"day": "max"}),
        lambda g: g.sum(numeric_only=True, min_count=4),
        lambda g: g.x.std(ddof=0),
        lambda g: g.x.quantile(0.3),
        lambda g: g.x.quantile([0.2, 0.7]),
        lambda g: g[["x", "y"]].quantile([0.2, 0.7]),
        lambda g: g.word.nunique(dropna=False),
        lambda g: g.word.value_counts(),
        lambda g: g.word.value_counts(normalize=True, dropna=False),
        lambda g: g.y.unique(),
        lambda g: g[["x", "y"]].cov(),
        lambda g: g[["x", "y"]].corr(),
        lambda g: g.x.describe(),
        lambda g: g[["x", "y"]].describe(percentiles=[0.1]),
        lambda g: g.pipe(lambda groups: groups.x.max()),
    ],
)
@pytest.mark.parametrize("by", ["k", ["kind", "y"]])
def test_what_else_is_asked_of_groups_is_answered_as_pandas_does(ask: Any, by: Any):
    if "y" in by and by != "k":
        pdf, df = KEPT.assign(z=KEPT.y % 3), DF.assign(z=DF.y % 3)
        by = ["kind", "z"]
    else:
        pdf, df = KEPT, DF
    assert_eq(ask(df.groupby(by)), ask(pdf.groupby(by)))


@pytest.mark.parametrize(
    "key",
    [
        lambda f: f.k,
        lambda f: f.k % 2,
        lambda f: [f.word, "k"],
        lambda f: lambda label: label % 3,
        lambda f: ["kind", lambda label: label % 2, f.y > 4],
        lambda f: {n: n % 2 for n in range(60)},
    ],
)
@pytest.mark.parametrize("method", ["sum", "median"])
def test_keys_may_be_series_functions_and_mappings(key: Any, method: str):
    assert_eq(
        getattr(DF.groupby(key(DF))[["x", "y"]], method)(),
        getattr(KEPT.groupby(key(KEPT))[["x", "y"]], method)(),
    )
    assert_eq(getattr(DF.x.groupby(DF.k), method)(), getattr(KEPT.x.groupby(KEPT.k), method)())


def test_levels_of_the_index_are_keys():
    pdf = PDF.set_index("k")[["x", "y"]].sort_index(kind="stable")
    df = dd.from_pandas(pdf, npartitions=3)
    for ask in (
        lambda f: f.groupby(level=0).x.sum(),
        lambda f: f.groupby(level="k").median(),
        lambda f: f.groupby("k").x.mean(),
        lambda f: f.groupby(["k", "y"], as_index=False).x.mean(),
        lambda f: f.x.groupby("k").max(),
    ):
        assert_eq(ask(df), ask(pdf))


def test_a_multiindex_of_rows_is_kept_out_of_the_way():
    pdf = PDF.set_index(["k", "kind"])[["x", "y"]]
    df = dd.from_pandas(pdf, npartitions=3, sort=False)
    assert_eq(df.groupby(level="kind").x.sum(), pdf.groupby(level="kind").x.sum())
    assert_eq(df.groupby(["k", "y"]).x.median(), pdf.groupby(["k", "y"]).x.median())


@pytest.mark.parametrize("method", ["sum", "nunique", "median"])
def test_results_in_several_partitions_have_the_same_groups(method: str):
    df = dd.from_pandas(PDF, npartitions=5)
    got = getattr(df.groupby(["k", "word"]).y, method)(split_out=3, split_every=2)
    assert got.npartitions == 3
    assert_eq(got, getattr(PDF.groupby(["k", "word"]).y, method)(), sort_results=True)


def test_categories_that_differ_between_partitions_are_put_together():
    pdf = pd.DataFrame({"c": list("abcbca"), "x": range(6)})
    parts = dd.from_pandas(pdf, npartitions=3)
    df = parts.map_partitions(lambda part: part.astype({"c": "category"}))
    got = df.groupby("c").x.sum().compute()
    assert dict(zip(got.index, got, strict=True)) == {"a": 5, "b": 4, "c": 6}
    got = df.groupby("c").x.median().compute()
    assert dict(zip(got.index, got, strict=True)) == {"a": 2.5, "b": 2.0, "c": 3.0}


def test_a_frame_without_rows_has_no_groups():
    df = dd.from_pandas(PDF.iloc[:0], npartitions=1)
    assert_eq(df.groupby("k").x.mean(), PDF.iloc[:0].groupby("k").x.mean())
    nothing = DF[DF.x > 1000]
    assert len(nothing.groupby(["k", "word"]).agg({"x": "median", "y": "sum"}).compute()) == 0


def test_an_aggregation_of_the_user_works_on_parts():
    spread = dd.Aggregation(
        "spread",
        lambda groups: (groups.min(), groups.max()),
        lambda low, high: (low.min(), high.max()),
        lambda low, high: high - low,
    )
    got = DF.groupby("k").agg({"x": [spread, "sum"]})
    expected = KEPT.groupby("k").agg({"x": [lambda x: x.max() - x.min(), "sum"]})
    expected.columns = got.columns
    assert_eq(got, expected)
    assert got.name == DF.groupby("k").agg({"x": [spread, "sum"]}).name


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_other_schedulers_give_the_same(scheduler: str):
    assert_eq(
        DF.groupby(["k", "word"]).agg({"x": "mean", "y": "median"}),
        KEPT.groupby(["k", "word"]).agg({"x": "mean", "y": "median"}),
        scheduler=scheduler,
    )


def test_wrong_requests_are_refused_at_once():
    with pytest.raises(KeyError, match="nothing"):
        DF.groupby("nothing")
    with pytest.raises(KeyError, match="nothing"):
        DF.groupby("k")["nothing"]
    with pytest.raises(TypeError, match="one of 'by' and 'level'"):
        DF.groupby()
    with pytest.raises(TypeError, match="from_pandas"):
        DF.groupby(PDF.k)
    with pytest.raises(NotImplementedError, match="Grouper"):
        DF.groupby(pd.Grouper(key="day", freq="D"))
    with pytest.raises(TypeError):
        DF.groupby("k").day.sum()
    with pytest.raises(ValueError, match="split_every"):
        DF.groupby("k").x.sum(split_every=1)
    with pytest.raises(ValueError, match="split_out"):
        DF.groupby("k").x.sum(split_out=0)
    with pytest.raises(NotImplementedError, match="observed"):
        DF.groupby("kind", observed=False).x.sum(split_out=2)
    with pytest.raises(AttributeError, match="nothing"):
        DF.groupby("k").nothing  # noqa: B018
    with pytest.raises(NotImplementedError, match="get_group"):
        iter(DF.groupby("k"))


KEYS = st.one_of(
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
    st.lists(st.sampled_from(["p", "q", None]), min_size=1, max_size=30),
    st.lists(st.sampled_from([0.5, np.nan, 2.0]), min_size=1, max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(
    keys=KEYS,
    npartitions=st.integers(1, 4),
    method=st.sampled_from(["sum", "mean", "var", "min", "last", "count", "median", "nunique"]),
    dropna=st.booleans(),
    data=st.data(),
)
def test_any_keys_in_any_partitions(
    keys: list[Any], npartitions: int, method: str, dropna: bool, data: Any
):
    values = st.one_of(st.integers(-5, 5).map(float), st.just(np.nan))
    x = data.draw(st.lists(values, min_size=len(keys), max_size=len(keys)))
    pdf = pd.DataFrame({"k": keys, "x": x})
    df = dd.from_pandas(pdf, npartitions=npartitions)
    assert_eq(
        getattr(df.groupby("k", dropna=dropna).x, method)(),
        getattr(pdf.groupby("k", dropna=dropna).x, method)(),
        check_dtype=bool(pdf.k.notna().any()),
    )
