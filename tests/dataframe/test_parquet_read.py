"""Parquet datasets are read as pandas reads them, partition by partition."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.dataframe.io.parquet_plan import plan_parquet
from treadle.errors import DataFileError


def frames(plan):
    plan = pickle.loads(pickle.dumps(plan))
    return [plan.reader(part) for part in plan.parts]


def whole(plan, ignore_index=False):
    """All partitions, each of which is checked to be what the plan promised."""
    parts = frames(plan)
    for part, frame in zip(plan.parts, parts, strict=True):
        assert list(frame.columns) == list(plan.meta.columns)
        for mine, promised in zip(frame.dtypes, plan.meta.dtypes, strict=True):
            if not isinstance(promised, pd.CategoricalDtype):
                assert mine == promised
        assert frame.index.dtype == plan.meta.index.dtype
        assert frame.index.names == plan.meta.index.names
        if plan.nrows is not None:
            assert part.nrows == len(frame)
    if plan.divisions is not None:
        assert len(plan.divisions) == len(parts) + 1
        for n, frame in enumerate(parts):
            if len(frame):
                assert frame.index.min() >= plan.divisions[n]
                last = n == len(parts) - 1
                end = plan.divisions[n + 1]
                assert frame.index.max() <= end if last else frame.index.max() < end
    return pd.concat(parts, ignore_index=ignore_index)


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": np.arange(40),
            "y": rng.random(40),
            "s": [f"name {n % 7}" for n in range(40)],
            "t": pd.date_range("2024-01-01", periods=40, freq="h"),
            "b": [n % 3 == 0 for n in range(40)],
        }
    )


@pytest.fixture
def path(tmp_path, sample):
    sample.to_parquet(tmp_path / "a.parquet", row_group_size=7)
    return tmp_path / "a.parquet"


@pytest.mark.parametrize("split", ["infer", True, False, 2, 100])
def test_a_file_is_read_whole_however_it_is_cut(path, sample, split):
    plan = plan_parquet(path, split_row_groups=split)

    assert len(plan.parts) == {"infer": 1, True: 6, False: 1, 2: 3, 100: 1}[split]
    pd.testing.assert_frame_equal(whole(plan), pd.read_parquet(path))
    assert plan.nrows == 40
    assert plan.divisions[0] == 0
    assert plan.divisions[-1] == 39


def test_blocksize_packs_row_groups_by_the_bytes_of_chosen_columns(path):
    everything = plan_parquet(path, blocksize=700)
    one = plan_parquet(path, columns=["x"], blocksize=700)

    assert len(everything.parts) > len(one.parts)
    parts = everything.parts
    assert all(part.encoded_bytes <= 700 or len(part.pieces[0].groups) == 1 for part in parts)


def test_columns_come_in_the_order_asked_for(path):
    plan = plan_parquet(path, columns=["s", "x"], split_row_groups=2)

    pd.testing.assert_frame_equal(whole(plan), pd.read_parquet(path, columns=["s", "x"]))
    projected = plan_parquet(path).project(["t"])
    pd.testing.assert_frame_equal(whole(projected), pd.read_parquet(path, columns=["t"]))


def test_strings_are_read_as_categories_on_demand(path, sample):
    plan = plan_parquet(path, split_row_groups=2).categorise(["s", "x"])

    assert list(plan.meta.dtypes == "category") == [False, False, True, False, False]
    for wanted in (plan, plan.select([("s", "!=", "name 3")])):
        for frame in frames(wanted):
            assert frame["s"].dtype == "category"
            expected = sample.loc[frame.index]
            pd.testing.assert_frame_equal(frame.astype({"s": "str"}), expected)


def test_no_columns_still_have_rows(path):
    plan = plan_parquet(path, split_row_groups=2).project([])

    assert [len(frame) for frame in frames(plan)] == [14, 14, 12]
    assert list(whole(plan).index) == list(range(40))


def test_unknown_columns_are_named(path):
    with pytest.raises(KeyError, match="no column 'z'"):
        plan_parquet(path, columns=["z"])
    with pytest.raises(KeyError, match="filters name a column 'z'"):
        plan_parquet(path, filters=[("z", ">", 1)])
    with pytest.raises(KeyError, match="no column 'z' for the index"):
        plan_parquet(path, index="z")


FILTERS = [
    [("x", ">", 20)],
    [("x", ">=", 7), ("x", "<", 14)],
    [[("x", "==", 3)], [("s", "in", ["name 1", "name 2"]), ("x", ">", 30)]],
    [("s", "not in", {"name 1", "name 3"})],
    [("t", ">", pd.Timestamp("2024-01-02 03:00"))],
    [("x", "!=", 3), ("b", "==", True)],
    [("x", ">", 100)],
    [("y", "<=", 0.25)],
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_filters_return_the_rows_that_pandas_returns(path, filters):
    plan = plan_parquet(path, filters=filters, split_row_groups=2)

    result = whole(plan, ignore_index=True)

    pd.testing.assert_frame_equal(result, pd.read_parquet(path, filters=filters))


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_pushed_selection_keeps_labels(path, sample, filters):
    plan = plan_parquet(path, split_row_groups=2).project(["y"]).select(filters)

    expected = pd.read_parquet(path, filters=filters)
    result = whole(plan)

    assert list(sample.loc[result.index, "y"]) == list(expected["y"])
    assert list(result["y"]) == list(expected["y"])


def test_row_groups_that_filters_rule_out_are_not_read(path):
    plan = plan_parquet(path, split_row_groups=True)

    pruned = plan.prune([("x", ">=", 14), ("x", "<", 21)])

    assert [part.pieces[0].groups for part in pruned.parts] == [(2,)]
    assert pruned.divisions == (14, 21)
    assert list(whole(pruned).index) == list(range(14, 21))
    assert len(plan.prune([("x", "<", 0)]).parts) == 1
    assert whole(plan.prune([("x", "<", 0)])).empty


def test_selecting_differs_from_missing_values_as_pandas_does(tmp_path):
    frame = pd.DataFrame({"x": [1.0, None, 2.0], "s": ["a", None, "b"]})
    frame.to_parquet(tmp_path / "a.parquet")
    plan = plan_parquet(tmp_path)

    for wanted in ([("x", "!=", 1)], [("s", "!=", "a")], [("s", "not in", ["a"])]):
        selected = whole(plan.select(wanted))
        pd.testing.assert_frame_equal(selected, frame[frame.x != 1])


def test_comparisons_that_mean_something_else_to_pyarrow_are_not_pushable(tmp_path):
    frame = pd.DataFrame(
        {
            "size": pd.Categorical(["s", "l"], categories=["s", "l"], ordered=True),
            "n": pd.array([1, None], dtype="Int64"),
            "x": [1.0, None],
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    plan = plan_parquet(tmp_path)

    assert plan.pushable([("x", "!=", 1), ("n", ">", 0), ("size", "==", "s")])
    assert not plan.pushable([("size", "<", "s")])
    assert not plan.pushable([[("x", ">", 1)], [("n", "!=", 1)]])
    assert not plan.pushable([("x", ">", "a")])
    assert not plan.pushable([("z", ">", 1)])
    assert not plan.project(["n"]).pushable([("x", ">", 1)])


def test_strings_are_times_where_the_column_holds_times(path, sample):
    plan = plan_parquet(path, filters=[("t", ">=", "2024-01-02")], split_row_groups=True)

    assert len(plan.parts) == 3
    assert len(whole(plan)) == 16


def test_filters_that_compare_nothing_alike_are_refused_at_once(path):
    for wrong in (("x", ">", "a"), ("s", "==", 1), ("t", "<", 5), ("b", "in", ["yes"])):
        with pytest.raises(TypeError, match=f"like this: \\('{wrong[0]}', '{wrong[1]}'"):
            plan_parquet(path, filters=[wrong])


def test_times_without_a_zone_are_in_that_of_the_column(tmp_path):
    times = pd.date_range("2024", periods=48, freq="h", tz="Europe/Paris")
    pd.DataFrame({"t": times}).to_parquet(tmp_path / "a.parquet", row_group_size=24)

    plan = plan_parquet(tmp_path, filters=[("t", ">=", "2024-01-02")], split_row_groups=True)

    assert len(plan.parts) == 1
    assert list(whole(plan)["t"]) == list(times[24:])


def test_an_index_that_was_written_comes_back_with_divisions(tmp_path, sample):
    frame = sample.set_index("t")
    frame.iloc[:20].to_parquet(tmp_path / "part.0.parquet")
    frame.iloc[20:].to_parquet(tmp_path / "part.1.parquet")

    plan = plan_parquet(tmp_path)

    assert plan.divisions == (frame.index[0], frame.index[20], frame.index[39])
    pd.testing.assert_frame_equal(whole(plan), pd.read_parquet(tmp_path))
    narrow = whole(plan.project(["x"]))
    pd.testing.assert_frame_equal(narrow, pd.read_parquet(tmp_path, columns=["x"]))


def test_an_index_without_order_has_no_divisions(tmp_path, sample):
    sample.set_index("y").to_parquet(tmp_path / "a.parquet", row_group_size=10)

    assert plan_parquet(tmp_path, split_row_groups=True).divisions is None


def test_any_field_can_be_the_index_or_none(tmp_path, sample):
    sample.set_index("t").to_parquet(tmp_path / "a.parquet")

    flat = whole(plan_parquet(tmp_path, index=False))
    by_x = whole(plan_parquet(tmp_path, index="x"))

    pd.testing.assert_frame_equal(flat[sample.columns], sample, check_freq=False)
    pd.testing.assert_frame_equal(by_x, flat.set_index("x"))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 45),
        pd.RangeIndex(100, 20, -2, name="down"),
        pd.Index(range(40, 0, -1), name="label"),
        pd.Index([f"{n:02}" for n in range(40)]),
        pd.MultiIndex.from_product([["a", "b"], range(20)], names=["one", None]),
        pd.date_range("2024", periods=40, tz="Europe/Paris", name="when"),
    ],
    ids=["range", "down", "integers", "strings", "levels", "times"],
)
def test_indices_survive(tmp_path, sample, index):
    sample.set_axis(index).to_parquet(tmp_path / "a.parquet", row_group_size=11)

    plan = plan_parquet(tmp_path / "a.parquet", split_row_groups=True)

    pd.testing.assert_frame_equal(whole(plan), pd.read_parquet(tmp_path / "a.parquet"))


def test_columns_of_numbers_and_of_levels_survive(tmp_path):
    for columns in ([1, 2], pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["u", "v"])):
        frame = pd.DataFrame([[1, 2.5], [3, 4.5]], columns=columns)
        frame.to_parquet(tmp_path / "a.parquet")

        plan = plan_parquet(tmp_path / "a.parquet")

        expected = pd.read_parquet(tmp_path / "a.parquet")
        pd.testing.assert_frame_equal(whole(plan), expected)
        last = [frame.columns[1]]
        pd.testing.assert_frame_equal(whole(plan.project(last)), expected[last])


def test_integers_with_a_missing_value_somewhere_are_floats_everywhere(tmp_path):
    pq.write_table(pa.table({"i": [1, 2], "b": [True, False]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"i": [3, None], "b": [None, True]}), tmp_path / "1.parquet")

    plan = plan_parquet(tmp_path)

    assert list(plan.meta.dtypes) == [np.dtype(float), np.dtype(object)]
    pd.testing.assert_frame_equal(whole(plan, ignore_index=True), pd.read_parquet(tmp_path))
    for backend in ("numpy_nullable", "pyarrow"):
        nullable = plan_parquet(tmp_path, dtype_backend=backend)
        expected = pd.read_parquet(tmp_path, dtype_backend=backend)
        pd.testing.assert_frame_equal(whole(nullable, ignore_index=True), expected)


def test_without_statistics_a_missing_value_among_integers_is_an_error(tmp_path):
    pq.write_table(pa.table({"i": [1, None]}), tmp_path / "0.parquet", write_statistics=False)
    plan = plan_parquet(tmp_path)

    with pytest.raises(DataFileError, match=r"0.parquet, column 'i': .*dtype_backend"):
        whole(plan)


def test_types_of_several_files_are_widened(tmp_path):
    pq.write_table(pa.table({"x": [1], "s": pa.nulls(1)}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"s": ["a"], "x": [1.5], "new": [1]}), tmp_path / "1.parquet")

    result = whole(plan_parquet(tmp_path))

    expected = pd.DataFrame({"x": [1.0, 1.5], "s": pd.Series([None, "a"], dtype="str")})
    pd.testing.assert_frame_equal(result, expected)


def test_types_that_do_not_go_together_are_named_with_both_files(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"x": ["a"]}), tmp_path / "1.parquet")

    with pytest.raises(DataFileError, match=r"1.parquet, column 'x': .*string.*int64.*0.parquet"):
        plan_parquet(tmp_path)


def test_columns_that_a_later_file_lacks_are_missing_there(tmp_path):
    pq.write_table(pa.table({"x": [1], "s": ["a"]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"s": ["b"]}), tmp_path / "1.parquet")

    result = whole(plan_parquet(tmp_path))

    pd.testing.assert_frame_equal(result, pd.read_parquet(tmp_path))


def test_files_that_are_no_parquet_are_named(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"not at all, far from it")

    with pytest.raises(DataFileError, match=r"a\.parquet: this is no Parquet file"):
        plan_parquet(tmp_path)


def test_files_come_in_the_order_of_their_numbers(tmp_path):
    for n in range(12):
        pd.DataFrame({"x": [n]}).to_parquet(tmp_path / f"part.{n}.parquet")
    (tmp_path / "_SUCCESS").touch()

    assert list(whole(plan_parquet(tmp_path))["x"]) == list(range(12))
    assert len(plan_parquet(tmp_path, aggregate_files=True).parts) == 1
    assert list(whole(plan_parquet(str(tmp_path / "part.1*.parquet")))["x"]) == [1, 10, 11]


def test_empty_files_are_no_partitions_of_their_own(tmp_path):
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "0.parquet")
    pd.DataFrame({"x": pd.Series([], dtype="int64")}).to_parquet(tmp_path / "1.parquet")

    assert len(plan_parquet(tmp_path).parts) == 1
    empty = plan_parquet(tmp_path / "1.parquet")
    pd.testing.assert_frame_equal(whole(empty), pd.read_parquet(tmp_path / "1.parquet"))


@pytest.fixture
def hive(tmp_path, sample):
    sample["year"] = [2020 + n // 10 for n in range(40)]
    sample["city"] = ["a b", "c/d"] * 20
    sample.to_parquet(tmp_path / "hive", partition_cols=["year", "city"])
    return tmp_path / "hive"


def test_folders_give_columns(hive):
    plan = plan_parquet(hive)

    assert len(plan.parts) == 8
    pd.testing.assert_frame_equal(whole(plan, ignore_index=True), pd.read_parquet(hive))
    chosen = plan_parquet(hive, columns=["city", "x"])
    expected = pd.read_parquet(hive, columns=["city", "x"])
    pd.testing.assert_frame_equal(whole(chosen, ignore_index=True), expected)


@pytest.mark.parametrize(
    ("filters", "parts"),
    [
        ([("year", "==", 2021)], 2),
        ([("year", ">", 2021), ("city", "==", "c/d")], 2),
        ([[("year", "==", 2020)], [("x", ">", 35)]], 4),
        ([("city", "not in", ["a b"]), ("x", "<", 5)], 1),
    ],
)
def test_folders_are_left_out_by_filters(hive, filters, parts):
    plan = plan_parquet(hive, filters=filters)

    assert len(plan.parts) == parts
    expected = pd.read_parquet(hive, filters=filters)
    pd.testing.assert_frame_equal(whole(plan, ignore_index=True), expected)


def test_a_summary_is_used_if_it_is_true(tmp_path, sample):
    notes = []
    for n in range(3):
        table = pa.Table.from_pandas(sample.iloc[n * 10 : n * 10 + 10])
        pq.write_table(table, tmp_path / f"{n}.parquet", row_group_size=5, metadata_collector=notes)
        notes[-1].set_file_path(f"{n}.parquet")
    pq.write_metadata(table.schema, tmp_path / "_metadata", notes)

    plan = plan_parquet(tmp_path, split_row_groups=True, max_footers=0)
    assert len(plan.parts) == 6
    assert plan.nrows == 30
    pd.testing.assert_frame_equal(whole(plan), sample.iloc[:30])
    assert len(plan.prune([("x", "<", 7)]).parts) == 2

    sample.iloc[30:].to_parquet(tmp_path / "3.parquet")
    pd.testing.assert_frame_equal(whole(plan_parquet(tmp_path)), sample)


def test_without_footers_the_plan_is_a_file_a_partition(tmp_path, sample):
    sample.iloc[:20].to_parquet(tmp_path / "0.parquet")
    sample.iloc[20:].to_parquet(tmp_path / "1.parquet")

    plan = plan_parquet(tmp_path, max_footers=1)

    assert plan.nrows is None
    assert plan.divisions is None
    pd.testing.assert_frame_equal(whole(plan, ignore_index=True), sample)


def test_files_are_read_through_fsspec(sample):
    import fsspec

    fs = fsspec.filesystem("memory")
    with fs.open("/things/a.parquet", "wb") as stream:
        sample.to_parquet(stream, row_group_size=10)

    plan = plan_parquet("memory://things/*.parquet", split_row_groups=True)

    assert len(plan.parts) == 4
    pd.testing.assert_frame_equal(whole(plan), sample)


FLOATS = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-3, 3) | st.none(),
            FLOATS | st.just(float("nan")) | st.none(),
            st.sampled_from(["a", "b", "", "é", None]),
        ),
        min_size=1,
        max_size=12,
    ),
    group=st.integers(1, 5),
    data=st.data(),
)
def test_filters_and_pruning_agree_with_pandas_for_any_rows(tmp_path, rows, group, data):
    table = pa.table(
        {
            "i": pa.array([row[0] for row in rows], pa.int64()),
            "f": pa.array([row[1] for row in rows], pa.float64()),
            "s": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=group)
    values = {"i": st.integers(-3, 3), "f": FLOATS, "s": st.sampled_from("abé")}
    ops = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    several = st.sampled_from(["in", "not in"])
    term = st.sampled_from(list(values)).flatmap(
        lambda name: (
            st.tuples(st.just(name), ops, values[name])
            | st.tuples(st.just(name), several, st.lists(values[name], min_size=1, max_size=2))
        )
    )
    filters = data.draw(st.lists(st.lists(term, min_size=1, max_size=2), min_size=1, max_size=2))

    plan = plan_parquet(path, filters=filters, split_row_groups=True)
    result = whole(plan, ignore_index=True)

    # Not by pd.read_parquet: pyarrow's own pruning forgets that NaN differs from all.
    expected = table.filter(pq.filters_to_expression(filters)).to_pandas()
    pd.testing.assert_frame_equal(result, expected.astype(plan.meta.dtypes))


def test_rows_keep_their_order_in_row_groups_of_many_batches(tmp_path):
    frame = pd.DataFrame({"x": np.arange(300_000), "y": np.arange(300_000) % 7})
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=200_000)

    plan = plan_parquet(tmp_path).select([("y", "!=", 3)])

    pd.testing.assert_frame_equal(whole(plan), frame[frame.y != 3])
