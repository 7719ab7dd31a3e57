"""Columns dropped, renamed and chosen by their labels; and what is read for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import new_collection
from treadle.dataframe.expr import Filter, Source
from treadle.dataframe.reducing.tree import Length
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame(
    {
        "x": [1, 2, 3, 4, 5, 6],
        "y": [1.5, None, 3.5, 4.5, None, 6.5],
        "text": ["a", "b", None, "d", "e", "f"],
        "kind": pd.Categorical(["lo", "hi", "lo", "lo", "hi", "lo"]),
    }
)
LEVELS = FRAME.set_index(pd.MultiIndex.from_arrays([list("aabbcc"), range(6)], names=["k", "n"]))


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


def columns_read(collection):
    """Labels of columns that sources read."""
    (expr,) = simplify([collection.expr])
    return [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)]


def test_dropping_columns(frame):
    assert_eq(frame.drop(columns=["x", "kind"]), FRAME.drop(columns=["x", "kind"]))
    assert_eq(frame.drop("y", axis=1), FRAME.drop("y", axis=1))
    assert_eq(frame.drop(columns=["x", "nothing"], errors="ignore"), FRAME.drop(columns="x"))
    assert_eq(frame.drop(columns=list(FRAME)), FRAME.drop(columns=list(FRAME)))
    with pytest.raises(KeyError, match="nothing"):
        frame.drop(columns="nothing")
    with pytest.raises(ValueError, match="at least one"):
        frame.drop()


def test_dropping_rows(frame):
    found = frame.drop([0, 4, 99], errors="ignore")

    assert_eq(found, FRAME.drop([0, 4]))
    assert_eq(frame.drop(index=3, columns="x", errors="ignore"), FRAME.drop(index=3, columns="x"))
    assert_eq(frame.x.drop(2, errors="ignore"), FRAME.x.drop(2))
    with pytest.raises(NotImplementedError, match="errors='ignore'"):
        frame.drop([0])


RENAMES = [
    {"columns": {"x": "a", "nothing": "b"}},
    {"columns": str.upper},
    {"mapper": {"x": "y", "y": "x"}, "axis": 1},
    {"index": {0: 10}},
    {"mapper": str},
    {"index": lambda n: n * 2, "columns": {"text": "t"}},
]


@pytest.mark.parametrize("options", RENAMES)
def test_renaming(frame, options):
    assert_eq(frame.rename(**options), FRAME.rename(**options))


def test_renaming_what_is_not_there(frame):
    with pytest.raises(KeyError, match="nothing"):
        frame.rename(columns={"nothing": "a"}, errors="raise")
    with pytest.raises(TypeError):
        frame.rename()


def test_renaming_keeps_divisions_of_rows_that_keep_their_labels(frame):
    assert frame.rename(columns={"x": "a"}).divisions == frame.divisions
    assert not frame.rename(index={0: 10}).known_divisions


def test_columns_can_be_set(frame):
    frame.columns = list("abcd")

    assert_eq(frame, FRAME.set_axis(list("abcd"), axis=1))
    with pytest.raises(ValueError, match="4 columns, and 1 labels"):
        frame.columns = ["a"]


def test_prefixes_and_suffixes(frame):
    assert_eq(frame.add_prefix("a_"), FRAME.add_prefix("a_"))
    assert_eq(frame.add_suffix("_b"), FRAME.add_suffix("_b"))
    assert_eq(frame.x.add_prefix("a_"), FRAME.x.add_prefix("a_"))
    assert_eq(frame.add_suffix("_b", axis=0), FRAME.add_suffix("_b", axis=0))


def test_names_of_axes(frame):
    assert_eq(frame.rename_axis("row"), FRAME.rename_axis("row"))
    assert_eq(frame.rename_axis("what", axis=1), FRAME.rename_axis("what", axis=1))
    assert_eq(frame.rename_axis(index="a", columns="b"), FRAME.rename_axis(index="a", columns="b"))
    assert_eq(frame.x.rename_axis(index="a"), FRAME.x.rename_axis(index="a"))
    assert frame.rename_axis("row").divisions == frame.divisions


def test_set_axis(frame):
    assert_eq(frame.set_axis(list("abcd"), axis=1), FRAME.set_axis(list("abcd"), axis=1))
    assert_eq(frame.set_axis(frame.x), FRAME.set_axis(pd.Index(FRAME.x)))
    with pytest.raises(ValueError, match="no axis"):
        frame.set_axis([1], axis=2)


def test_the_index_can_be_set_to_what_corresponds(frame):
    there = FRAME.copy()

    frame.index = frame.x * 10

    there.index = pd.Index(there.x * 10)
    assert_eq(frame, there)
    other = dd.from_pandas(FRAME, npartitions=2, sort=False)
    with pytest.raises(ValueError, match="which rows belong together"):
        dd.from_pandas(FRAME, npartitions=3, sort=False).index = other.x


def test_an_index_brings_its_divisions(frame):
    series = frame.x + 1
    series.index = frame.index

    assert series.divisions == frame.divisions


def test_an_index_in_memory_is_one_partitions():
    frame = dd.from_pandas(FRAME, npartitions=1)
    frame.index = list("abcdef")

    assert_eq(frame, FRAME.set_axis(list("abcdef")))
    with pytest.raises(NotImplementedError, match="corresponds"):
        dd.from_pandas(FRAME, npartitions=2).index = list("abcdef")


@pytest.mark.parametrize("name", ["droplevel", "swaplevel"])
def test_levels_of_rows(name):
    frame = dd.from_pandas(LEVELS, npartitions=3)
    args = (0,) if name == "droplevel" else ()

    assert_eq(getattr(frame, name)(*args), getattr(LEVELS, name)(*args))
    assert_eq(getattr(frame.x, name)(*args), getattr(LEVELS.x, name)(*args))


def test_levels_of_columns():
    there = LEVELS[["x", "y"]].unstack("k").fillna(0)
    frame = dd.from_pandas(there, npartitions=2)

    assert_eq(frame.swaplevel(axis=1), there.swaplevel(axis=1))
    assert_eq(frame[["x"]].droplevel(0, axis=1), there[["x"]].droplevel(0, axis=1))


@pytest.mark.parametrize(
    "options", [{}, {"drop": True}, {"names": "row"}, {"level": "k"}, {"level": "n", "drop": True}]
)
def test_the_index_becomes_columns_partition_by_partition(options):
    there = FRAME if "level" not in options else LEVELS
    frame = dd.from_pandas(there, npartitions=3)
    expected = pd.concat([part.compute().reset_index(**options) for part in frame.partitions])

    found = frame.reset_index(**options)

    assert_eq(found, expected)
    assert not found.known_divisions


def test_series_become_frames_with_their_index(frame):
    parts = [part.compute() for part in frame.x.partitions]

    assert_eq(frame.x.reset_index(), pd.concat([part.reset_index() for part in parts]))
    assert_eq(
        frame.x.reset_index(name="v"), pd.concat([part.reset_index(name="v") for part in parts])
    )
    assert_eq(
        frame.x.reset_index(drop=True), pd.concat([part.reset_index(drop=True) for part in parts])
    )


FILTERS = [
    {"items": ["y", "x", "nothing"]}, {"like": "t"}, {"regex": "^[xy]$"},
    {"like": "1", "axis": 0}, {"regex": "[13]", "axis": 0},
]  # fmt: skip


@pytest.mark.parametrize("options", FILTERS)
def test_filters_of_labels(options):
    there = FRAME.set_axis(list("123123"))
    frame = dd.from_pandas(there, npartitions=3, sort=False)

    assert_eq(frame.filter(**options), there.filter(**options))


def test_filters_want_one_way_of_choosing(frame):
    with pytest.raises(TypeError, match="exactly one"):
        frame.filter(like="a", regex="b")
    with pytest.raises(NotImplementedError, match="isin"):
        frame.filter([0, 1], axis=0)


@pytest.mark.parametrize(
    "options", [{"include": "number"}, {"exclude": ["float"]}, {"include": ["category", "int64"]}]
)
def test_columns_of_some_dtypes(frame, options):
    assert_eq(frame.select_dtypes(**options), FRAME.select_dtypes(**options))


@pytest.mark.parametrize(
    "options", [{}, {"how": "all"}, {"thresh": 4}, {"subset": ["y"]}, {"subset": "text"}]
)
def test_rows_with_missing_values_go(frame, options):
    assert_eq(frame.dropna(**options), FRAME.dropna(**options))


def test_missing_elements_of_a_series_go(frame):
    assert_eq(frame.y.dropna(), FRAME.y.dropna())


def test_dropna_refuses_what_is_not_known(frame):
    with pytest.raises(NotImplementedError, match="isna"):
        frame.dropna(axis=1)
    with pytest.raises(KeyError):
        frame.dropna(subset=["nothing"])


# -- what is read ----------------------------------------------------------------------------------


def test_renamed_and_dropped_columns_are_read_by_their_old_labels(frame):
    found = frame.rename(columns={"x": "a", "y": "b"}).drop(columns="text").add_prefix("p_")

    assert columns_read(found[["p_a"]]) == [["x"]]
    assert columns_read(found["p_b"]) == [["y"]]
    assert_eq(found[["p_b", "p_a"]], FRAME[["y", "x"]].set_axis(["p_b", "p_a"], axis=1))


def test_swapped_labels_are_not_mixed_up(frame):
    swapped = {"x": "y", "y": "x"}

    found = frame.rename(columns=swapped)

    assert columns_read(found["x"]) == [["y"]]
    assert_eq(found["x"], FRAME.rename(columns=swapped)["x"])


def test_rows_are_chosen_by_few_columns(frame):
    assert columns_read(frame.dropna(subset="y")[["x"]]) == [["x", "y"]]
    assert columns_read(frame.loc[2:4]["x"]) == [["x"]]
    assert columns_read(frame.reset_index()["x"]) == [["x"]]
    assert columns_read(frame.reset_index()["index"]) == [[]]
    assert columns_read(frame.index) == [[]]
    assert_eq(frame.reset_index()["index"], pd.concat(
        [part.compute().reset_index()["index"] for part in frame.partitions]))  # fmt: skip


def test_lengths_are_those_from_before(frame):
    found = frame.rename(columns={"x": "a"}).reset_index().clear_divisions()

    (expr,) = simplify([new_collection(Length(found.repartition(npartitions=2).expr)).expr])

    assert expr.inputs == ()


def test_filters_go_below_renames():
    frame = dd.from_pandas(FRAME, npartitions=3).rename(columns={"x": "a"})

    found = frame[frame.a > 2]

    (expr,) = simplify([found.expr])
    assert not isinstance(expr, Filter)
    assert_eq(found, FRAME.rename(columns={"x": "a"})[2:])


# -- what there is ---------------------------------------------------------------------------------


def test_facts_of_frames(frame):
    pd.testing.assert_index_equal(frame.columns, FRAME.columns)
    pd.testing.assert_series_equal(frame.dtypes, FRAME.dtypes)
    assert frame.ndim == 2
    assert frame.size.compute() == FRAME.size
    assert (frame.shape[0].compute(), frame.shape[1]) == FRAME.shape
    assert not frame.empty
    assert frame[frame.x > 9].empty
    assert frame[[]].empty
    assert_eq(frame.axes[0], FRAME.axes[0])
    assert list(frame.keys()) == list(FRAME)
    assert [(n, c.compute().tolist()) for n, c in frame[["x"]].items()] == [("x", FRAME.x.tolist())]
    assert next(iter(frame.itertuples(name=None)))[:2] == (0, 1)
    assert [n for n, _ in frame.iterrows()] == list(FRAME.index)
    with pytest.raises(NotImplementedError, match="pivot_table"):
        frame.T  # noqa: B018


def test_facts_of_series_and_indexes(frame):
    series, index = frame.x, frame.index
    assert (series.name, series.dtype, series.ndim) == ("x", np.dtype("int64"), 1)
    assert series.size.compute() == series.shape[0].compute() == 6
    assert (index.name, index.dtype, index.nlevels) == (None, np.dtype("int64"), 1)
    assert index.size.compute() == index.shape[0].compute() == 6
    assert not series.empty
    assert not index.empty
    assert list(series.items()) == list(FRAME.x.items())
    assert_eq(series.keys(), FRAME.index)


def test_names_of_series(frame):
    series = frame.x
    series.name = "other"

    assert_eq(series, FRAME.x.rename("other"))
    assert_eq(frame.x.rename("y"), FRAME.x.rename("y"))
    assert_eq(frame.x.rename({0: 7}), FRAME.x.rename({0: 7}))
    assert_eq(frame.x.rename(lambda n: n + 1, sorted_index=True), FRAME.x.rename(lambda n: n + 1))
    assert frame.x.rename(lambda n: n + 1, sorted_index=True).known_divisions
    if frame.npartitions > 1:
        with pytest.raises(ValueError, match="not in order"):
            frame.x.rename(lambda n: -n, sorted_index=True)


def test_labels_of_rows_are_chosen_and_named(frame):
    assert_eq(frame.index[frame.x > 2], FRAME.index[FRAME.x > 2])
    assert_eq(frame.index.rename("row"), FRAME.index.rename("row"))
    assert frame.index.rename("row").divisions == frame.divisions
    with pytest.raises(NotImplementedError, match="positions"):
        frame.index[0]


def test_levels_of_an_index():
    frame = dd.from_pandas(LEVELS, npartitions=3)

    assert_eq(frame.index, LEVELS.index)
    assert_eq(frame.index.droplevel(0), LEVELS.index.droplevel(0))
    assert_eq(frame.index.get_level_values("k"), LEVELS.index.get_level_values("k"))
