"""Columns and rows by ``frame[key]``, and what may be set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.array as da
import treadle.dataframe as dd
from treadle.dataframe.expr import Assign, Projection, Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame(
    {
        "x": [1, 2, 3, 4, 5, 6],
        "y": [1.5, None, 3.5, 4.5, None, 6.5],
        "text": ["a", "b", None, "d", "e", "f"],
        "kind": pd.Categorical(["lo", "hi", "lo", "lo", "hi", "lo"]),
        "when": pd.date_range("2020-01-01", periods=6, tz="Europe/Berlin"),
    }
)


@pytest.fixture(params=[1, 3])
def frame(request):
    """The frame in one partition and in three."""
    return dd.from_pandas(FRAME, npartitions=request.param)


def columns_read(collection):
    """Labels of columns that sources read."""
    (expr,) = simplify([collection.expr])
    return [list(item.meta.columns) for item in walk([expr]) if isinstance(item, Source)]


@pytest.mark.parametrize("label", list(FRAME.columns))
def test_a_label_gives_the_column(frame, label):
    assert_eq(frame[label], FRAME[label])


@pytest.mark.parametrize("labels", [["x"], ["when", "x"], pd.Index(["kind", "y"]), []])
def test_a_list_of_labels_gives_a_frame(frame, labels):
    assert_eq(frame[labels], FRAME[labels])


def test_a_missing_label_raises_as_in_pandas(frame):
    with pytest.raises(KeyError, match="nothing"):
        frame["nothing"]
    with pytest.raises(KeyError):
        frame[["x", "nothing"]]


def test_a_callable_is_called_with_the_frame(frame):
    assert_eq(frame[lambda d: d.x > 2], FRAME[FRAME.x > 2])
    assert_eq(frame[lambda d: ["x", "y"]], FRAME[["x", "y"]])
    assert_eq(frame.x[lambda s: s > 2], FRAME.x[FRAME.x > 2])


def test_rows_are_chosen_by_booleans(frame):
    assert_eq(frame[frame.y > 2], FRAME[FRAME.y > 2])
    assert_eq(frame.x[frame.y > 2], FRAME.x[FRAME.y > 2])
    assert_eq(frame[frame.y > 100], FRAME[FRAME.y > 100])


def test_filters_of_filters_have_the_same_rows_in_every_partition(frame):
    few = frame[frame.x > 1]
    few = few[few.x > 3].repartition(npartitions=2)

    assert_eq(few, FRAME[FRAME.x > 3])


def test_what_is_not_boolean_chooses_no_rows(frame):
    with pytest.raises(TypeError, match="int64 can't choose rows"):
        frame[frame.x]
    with pytest.raises(TypeError, match="booleans"):
        frame.x[frame.x]


def test_slices_of_positions_are_refused(frame):
    with pytest.raises(NotImplementedError, match="positions of rows"):
        frame[1:3]
    with pytest.raises(NotImplementedError, match="positions of rows"):
        frame.x[1:3]


def test_slices_of_dates_are_labels():
    there = FRAME.set_index("when")
    frame = dd.from_pandas(there, npartitions=3)

    assert_eq(frame["2020-01-02":"2020-01-04"], there["2020-01-02":"2020-01-04"])


def test_columns_are_attributes(frame):
    assert_eq(frame.text, FRAME.text)
    with pytest.raises(AttributeError, match="nothing"):
        frame.nothing  # noqa: B018
    assert "text" in dir(frame)
    assert "compute" in dir(frame)
    assert "x" in frame._ipython_key_completions_()
    assert "x" in frame
    assert "nothing" not in frame


def test_a_column_called_name_is_an_attribute_too():
    frame = dd.from_pandas(pd.DataFrame({"name": ["a", "b"]}), npartitions=2)

    assert_eq(frame.name, pd.Series(["a", "b"], name="name"))

    frame.name = frame.name + "!"

    assert frame["name"].compute().tolist() == ["a!", "b!"]


def test_setting_columns_as_attributes(frame):
    there = FRAME.copy()

    frame.x = frame.x + 1

    there.x = there.x + 1
    assert_eq(frame, there)
    with pytest.raises(AttributeError, match=r"df\['other'\] = "):
        frame.other = 1


def test_setting_items(frame):
    there = FRAME.copy()

    frame["new"] = frame.x * 2
    frame["constant"] = "text"
    frame["x"] = frame.new + 1
    frame["total"] = frame.x.sum() if hasattr(frame.x, "sum") else 0

    there["new"] = there.x * 2
    there["constant"] = "text"
    there["x"] = there.new + 1
    there["total"] = there.x.sum() if hasattr(frame.x, "sum") else 0
    assert_eq(frame, there)


def test_setting_several_columns(frame):
    there = FRAME.copy()

    frame[["a", "b"]] = frame[["x", "y"]]
    frame[["c", "x"]] = 7
    frame[["d", "e"]] = [1, "two"]

    there[["a", "b"]] = there[["x", "y"]]
    there[["c", "x"]] = 7
    there[["d", "e"]] = [1, "two"]
    assert_eq(frame, there)
    with pytest.raises(ValueError, match="2 labels, and 1 columns"):
        frame[["a", "b"]] = frame[["x"]]


def test_setting_rows_of_a_mask(frame):
    there = FRAME[["x", "y"]].copy()
    frame = frame[["x", "y"]]

    frame[frame.x > 3] = 0
    there[there.x > 3] = 0

    assert_eq(frame, there)


def test_setting_does_not_change_other_frames(frame):
    other = frame[["x", "y"]]

    frame["x"] = 0
    del frame["y"]

    assert_eq(other, FRAME[["x", "y"]])


def test_deleting_and_taking_columns_out(frame):
    there = FRAME.copy()

    del frame["text"]
    taken = frame.pop("x")

    del there["text"]
    assert_eq(taken, there.pop("x"))
    assert_eq(frame, there)
    with pytest.raises(KeyError):
        del frame["text"]


def test_inserting_columns(frame):
    there = FRAME.copy()

    frame.insert(0, "first", frame.x + 1)
    frame.insert(6, "last", "z")

    there.insert(0, "first", there.x + 1)
    there.insert(6, "last", "z")
    assert_eq(frame, there)
    with pytest.raises(ValueError, match="already exists"):
        frame.insert(0, "x", 1)
    with pytest.raises(IndexError, match="out of bounds"):
        frame.insert(99, "z", 1)


def test_get_gives_the_default_for_what_is_not_there(frame):
    assert_eq(frame.get("x"), FRAME.x)
    assert frame.get("nothing") is None
    assert frame.get("nothing", 3) == 3


# -- assign ----------------------------------------------------------------------------------------


def test_assign_takes_collections_callables_and_scalars(frame):
    found = frame.assign(a=frame.x + 1, b=lambda d: d.a * 2, c=1.5, x=lambda d: d.b - d.x)

    assert_eq(found, FRAME.assign(a=FRAME.x + 1, b=lambda d: d.a * 2, c=1.5, x=lambda d: d.b - d.x))


def test_assigning_several_columns_is_one_node(frame):
    found = frame.assign(a=frame.x + 1, b=frame.x + 2, c=3)

    assert sum(isinstance(item, Assign) for item in walk([found.expr])) == 1


def test_assigned_columns_that_nobody_wants_are_not_made(frame):
    found = frame.assign(a=frame.x + 1, b=frame.y + 2)

    assert columns_read(found[["b"]]) == [["y"]]
    assert columns_read(found["text"]) == [["text"]]


def test_a_column_behind_assignments_is_taken_from_before_them(frame):
    found = frame.assign(a=frame.x + 1)["y"]

    (expr,) = simplify([found.expr])

    assert isinstance(expr, Projection)
    assert isinstance(expr.inputs[0], Source)


def test_arrays_whose_blocks_fit_become_columns(frame):
    lengths = tuple(len(part) for part in (p.compute() for p in frame.partitions))
    array = da.from_array(np.arange(6.0), chunks=(lengths,))

    assert_eq(frame.assign(a=array), FRAME.assign(a=np.arange(6.0)))


def test_arrays_whose_blocks_do_not_fit_are_refused():
    frame = dd.from_pandas(FRAME, npartitions=3)

    with pytest.raises(ValueError, match=r"6 blocks, and the frame 3 partitions"):
        frame.assign(a=da.from_array(np.arange(6.0), chunks=1))
    with pytest.raises(ValueError, match=r"rechunk\(\(2, 2, 2\)\)"):
        frame.assign(a=da.from_array(np.arange(6.0), chunks=((1, 2, 3),)))
    with pytest.raises(ValueError, match="one dimension"):
        frame.assign(a=da.ones((6, 2), chunks=2))


@pytest.mark.parametrize("values", [list("abcdef"), np.arange(6), pd.Series([9, 8, 7, 6, 5, 4])])
def test_values_in_memory_become_columns_of_one_partition(values):
    frame = dd.from_pandas(FRAME, npartitions=1)

    assert_eq(frame.assign(a=values), FRAME.assign(a=values))


def test_series_in_memory_go_by_their_labels():
    frame = dd.from_pandas(FRAME, npartitions=1)
    series = pd.Series(range(6), index=[5, 4, 3, 2, 1, 0])

    assert_eq(frame.assign(a=series), FRAME.assign(a=series))


def test_values_in_memory_are_refused_for_several_partitions():
    with pytest.raises(ValueError, match="is in memory"):
        dd.from_pandas(FRAME, npartitions=3).assign(a=range(6))


def test_collections_that_do_not_correspond_are_refused():
    frame = dd.from_pandas(FRAME, npartitions=3, sort=False)
    other = dd.from_pandas(FRAME, npartitions=2, sort=False)

    with pytest.raises(ValueError, match="which rows belong together"):
        frame.assign(a=other.x)


def test_collections_of_other_divisions_are_cut_alike():
    frame = dd.from_pandas(FRAME, npartitions=3)
    other = dd.from_pandas(FRAME, npartitions=2)

    assert_eq(frame.assign(a=other.x, b=frame.y), FRAME.assign(a=FRAME.x, b=FRAME.y))
    assert_eq(frame[other.x > 2], FRAME[FRAME.x > 2])


def test_labels_of_several_levels_choose_as_in_pandas():
    there = pd.DataFrame(
        [[1, 2, 3], [4, 5, 6]],
        columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")]),
    )
    frame = dd.from_pandas(there, npartitions=2)

    assert_eq(frame["a"], there["a"])
    assert_eq(frame["a"]["x"], there["a"]["x"])
    assert_eq(frame[("b", "x")], there[("b", "x")])
    assert_eq(frame[[("b", "x")]], there[[("b", "x")]])


def test_columns_with_equal_labels_choose_as_in_pandas():
    there = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a", "a", "b"])
    frame = dd.from_pandas(there, npartitions=2)

    assert_eq(frame["a"], there["a"])
    assert_eq(frame.iloc[:, [1, 2]], there.iloc[:, [1, 2]])
    assert_eq(frame.iloc[:, 1], there.iloc[:, 1])
    assert_eq(frame.drop(columns="a"), there.drop(columns="a"))
    assert_eq(frame.rename(columns={"a": "c"}), there.rename(columns={"a": "c"}))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_items_are_set_on_every_engine(scheduler):
    frame = dd.from_pandas(FRAME, npartitions=3)

    frame["z"] = frame.x + frame.y

    assert_eq(frame[frame.x > 1], FRAME.assign(z=FRAME.x + FRAME.y)[1:], scheduler=scheduler)


def test_what_only_frames_of_pandas_have_is_said_to_be_there():
    df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)

    with pytest.raises(AttributeError, match=r"no attribute 'to_dict'; .*compute\(\)\.to_dict"):
        _ = df.to_dict
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
        _ = df.nothing
