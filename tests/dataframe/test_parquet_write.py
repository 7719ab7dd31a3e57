"""Datasets of Parquet are written whole or not at all, and read back as they were."""

from __future__ import annotations

import pickle
from itertools import pairwise

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.io.parquet_finish import SUMMARIES
from treadle.dataframe.io.parquet_plan import plan_parquet
from treadle.dataframe.io.parquet_write import abandon_dataset, finish_dataset, plan_write
from treadle.errors import DataFileError


def cut(frame, parts):
    borders = np.linspace(0, len(frame), parts + 1).astype(int)
    return [frame.iloc[a:b] for a, b in pairwise(borders)]


def write(path, parts, **options):
    writer = pickle.loads(pickle.dumps(plan_write(path, parts[0].iloc[:0], **options)))
    return finish_dataset(writer, [writer(part, n) for n, part in enumerate(parts)])


def read(path, **options):
    plan = plan_parquet(path, **options)
    return pd.concat([plan.reader(part) for part in plan.parts])


def names(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


@pytest.fixture
def sample():
    return pd.DataFrame(
        {
            "x": np.arange(12),
            "s": ["a", None, "c"] * 4,
            "t": pd.date_range("2024", periods=12, tz="UTC"),
            "n": pd.array([1, None, 3] * 4, dtype="Int64"),
            "k": ["one", "two / three"] * 6,
        },
        index=pd.Index(np.arange(12) * 10, name="label"),
    )


def test_partitions_come_back_with_divisions(tmp_path, sample):
    written = write(tmp_path / "d", cut(sample, 3))

    assert written == [f"{tmp_path}/d/part.{n:05}.parquet" for n in range(3)]
    assert names(tmp_path / "d") == [f"part.{n:05}.parquet" for n in range(3)]
    assert plan_parquet(tmp_path / "d").divisions == (0, 40, 80, 110)
    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "d"), sample)


def test_ranges_are_noted_and_numbered_through(tmp_path, sample):
    sample = sample.reset_index(drop=True)
    write(tmp_path / "d", cut(sample, 3), write_index=None)

    plan = plan_parquet(tmp_path / "d")

    assert plan.divisions == (0, 4, 8, 11)
    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)


def test_an_index_that_is_left_out_is_gone(tmp_path, sample):
    write(tmp_path / "d", cut(sample, 2), write_index=False)

    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample.reset_index(drop=True))


def test_columns_become_folders_and_back(tmp_path, sample):
    sample.loc[0, "k"] = None
    write(tmp_path / "d", cut(sample, 2), partition_on=["k"])

    back = read(tmp_path / "d").sort_index()

    assert "k=two%20%2F%20three/part.00000.parquet" in names(tmp_path / "d")
    assert "k=__HIVE_DEFAULT_PARTITION__/part.00000.parquet" in names(tmp_path / "d")
    pd.testing.assert_frame_equal(back.astype({"k": "str"}), sample)


def test_appending_adds_files_behind_the_others(tmp_path, sample):
    first, second, third = cut(sample, 3)
    write(tmp_path / "d", [first])
    write(tmp_path / "d", [second, third], append=True)

    assert names(tmp_path / "d")[-1] == "part.00002.parquet"
    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)


def test_appending_checks_columns_types_index_and_folders(tmp_path, sample):
    write(tmp_path / "d", [sample])

    with pytest.raises(DataFileError, match=r"\['x'\] are missing and \['z'\] are new"):
        write(tmp_path / "d", [sample.rename(columns={"x": "z"})], append=True)
    with pytest.raises(DataFileError, match=r"column 'x': it is of type int64 there, and .*string"):
        write(tmp_path / "d", [sample.astype({"x": str})], append=True)
    with pytest.raises(DataFileError, match="partitioned on"):
        write(tmp_path / "d", [sample], append=True, partition_on="k")
    assert names(tmp_path / "d") == ["part.00000.parquet"]
    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)


def test_data_that_is_there_is_not_touched_unasked(tmp_path, sample):
    write(tmp_path / "d", [sample])

    with pytest.raises(FileExistsError, match="overwrite=True to replace it or append=True"):
        write(tmp_path / "d", [sample])
    with pytest.raises(FileExistsError, match="is a file"):
        write(tmp_path / "d" / "part.00000.parquet", [sample])
    (tmp_path / "d" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"no Parquet, .*thesis\.txt"):
        write(tmp_path / "d", [sample], overwrite=True)
    with pytest.raises(ValueError, match="either append or overwrite"):
        write(tmp_path / "d", [sample], overwrite=True, append=True)


def test_a_dataset_can_be_overwritten_by_what_is_read_from_it(tmp_path, sample):
    write(tmp_path / "d", cut(sample, 3), partition_on=["k"], write_metadata_file=True)
    plan = plan_parquet(tmp_path / "d", columns=["x", "s"])
    writer = plan_write(tmp_path / "d", plan.meta, overwrite=True)

    done = [writer(plan.reader(part), n) for n, part in enumerate(plan.parts)]
    assert any(name.startswith("k=") for name in names(tmp_path / "d"))
    finish_dataset(writer, done)

    assert names(tmp_path / "d") == [f"part.{n:05}.parquet" for n in range(len(plan.parts))]
    assert not [p for p in (tmp_path / "d").iterdir() if p.is_dir()]
    pd.testing.assert_frame_equal(read(tmp_path / "d").sort_index(), sample[["x", "s"]])


def test_nothing_is_seen_of_a_writing_that_failed(tmp_path, sample):
    write(tmp_path / "d", [sample])
    writer = plan_write(tmp_path / "d", sample.iloc[:0], overwrite=True)
    writer(sample, 0)

    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)
    abandon_dataset(writer)
    assert names(tmp_path / "d") == ["part.00000.parquet"]


def test_old_files_come_back_if_new_ones_cannot_move_in(tmp_path, sample):
    write(tmp_path / "d", [sample], write_metadata_file=True)
    before = names(tmp_path / "d")
    writer = plan_write(tmp_path / "d", sample.iloc[:0], overwrite=True)
    done = writer(sample.iloc[:1], 0)
    ghost = type(done)((*done.files, "part.00009.parquet"), (1, 1), done.schema)

    with pytest.raises(FileNotFoundError):
        finish_dataset(writer, [ghost])

    abandon_dataset(writer)
    assert names(tmp_path / "d") == before
    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)


def test_a_task_that_runs_twice_writes_one_file(tmp_path, sample):
    writer = plan_write(tmp_path / "d", sample.iloc[:0])
    writer(sample, 0)

    assert len(finish_dataset(writer, [writer(sample, 0)])) == 1


def test_a_column_of_nothing_takes_the_type_it_has_elsewhere(tmp_path):
    parts = [
        pd.DataFrame({"o": pd.Series([None, None], dtype=object), "x": [1, 2]}),
        pd.DataFrame({"o": pd.Series([b"bytes", None], dtype=object), "x": [3, 4]}),
    ]
    write(tmp_path / "d", parts, write_index=None)

    kinds = {
        pq.read_schema(tmp_path / "d" / name).field("o").type for name in names(tmp_path / "d")
    }
    assert kinds == {pa.binary()}
    assert list(read(tmp_path / "d")["o"]) == [None, None, b"bytes", None]


def test_types_that_do_not_go_together_are_named_and_nothing_is_left(tmp_path):
    parts = [
        pd.DataFrame({"o": pd.Series([[1]], dtype=object)}),
        pd.DataFrame({"o": pd.Series([b"a"], dtype=object)}),
    ]

    with pytest.raises(DataFileError, match=r"part.00001.parquet, column 'o': .*binary.*list"):
        write(tmp_path / "d", parts)
    assert names(tmp_path) == []


def test_values_that_fit_no_type_are_named(tmp_path):
    mixed = pd.DataFrame({"x": [1, 1000], "o": pd.Series([1, "a"], dtype=object)})

    with pytest.raises(DataFileError, match=r"part.00000.parquet, column 'o': .*can't be stored"):
        write(tmp_path / "d", [mixed])
    with pytest.raises(DataFileError, match=r"column 'x': .*int64 do not fit the type int8"):
        write(tmp_path / "e", [mixed[["x"]]], schema={"x": pa.int8()})


def test_frames_that_parquet_cannot_hold_are_refused_before_anything_runs(tmp_path):
    for frame, text in [
        (pd.DataFrame({1: [2]}), "names of columns must be strings in Parquet, not 1"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns 'a'"),
    ]:
        with pytest.raises(ValueError, match=text):
            plan_write(tmp_path / "d", frame)
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(ValueError, match="no column 'b' to partition on"):
        plan_write(tmp_path / "d", frame, partition_on="b")
    with pytest.raises(ValueError, match="every column would become a folder"):
        plan_write(tmp_path / "d", frame, partition_on="a")
    with pytest.raises(ValueError, match="schema names a field 'b'"):
        plan_write(tmp_path / "d", frame, schema={"b": pa.int64()})


def test_empty_partitions_write_no_files_but_an_empty_frame_keeps_its_columns(tmp_path, sample):
    write(tmp_path / "d", [sample.iloc[:0], sample, sample.iloc[:0]])
    assert len(names(tmp_path / "d")) == 2
    write(tmp_path / "e", [sample.iloc[:0]])

    pd.testing.assert_frame_equal(read(tmp_path / "d"), sample)
    pd.testing.assert_frame_equal(read(tmp_path / "e"), sample.iloc[:0])


def test_a_summary_holds_all_footers_and_stale_ones_go(tmp_path, sample):
    first, second, third = cut(sample, 3)
    write(tmp_path / "d", [first, second], write_metadata_file=True)
    write(tmp_path / "d", [third], append=True, write_metadata_file=True)

    assert pq.read_metadata(tmp_path / "d" / "_metadata").num_rows == 12
    assert plan_parquet(tmp_path / "d", max_footers=0).nrows == 12
    write(tmp_path / "d", [first.set_axis([200, 201, 202, 203]).rename_axis("label")], append=True)
    assert not set(names(tmp_path / "d")) & set(SUMMARIES)


def test_any_file_system_will_do(sample):
    fs = fsspec.filesystem("memory")
    if fs.exists("/out"):
        fs.rm("/out", recursive=True)
    for _ in range(2):
        write("memory://out/d", cut(sample, 2), overwrite=True, write_metadata_file=True)

    assert len(fs.find("/out/d")) == 3
    pd.testing.assert_frame_equal(read("memory://out/d"), sample)


VALUES = {
    "int64": st.integers(-(2**62), 2**62),
    "float64": st.floats(allow_nan=True, allow_infinity=True),
    "str": st.none() | st.text(st.characters(codec="utf-8"), max_size=5),
    "Int64": st.none() | st.integers(-9, 9),
    "boolean": st.none() | st.booleans(),
    "datetime64[us]": st.datetimes(),
    "category": st.sampled_from(["u", "v"]),
}


@settings(max_examples=25, deadline=None)
@given(data=st.data(), rows=st.integers(1, 10), parts=st.integers(1, 3))
def test_any_frame_comes_back_as_it_was(tmp_path_factory, data, rows, parts):
    kinds = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    frame = pd.DataFrame(
        {
            f"{n} {kind}": pd.Series(
                data.draw(st.lists(VALUES[kind], min_size=rows, max_size=rows)), dtype=kind
            )
            for n, kind in enumerate(kinds)
        }
    )
    path = tmp_path_factory.mktemp("any") / "d"

    write(path, cut(frame, parts), row_group_size=2, write_index=data.draw(st.booleans()) or None)

    expected = pd.read_parquet(path)
    back = [plan_parquet(path, split_row_groups=True)]
    pieces = [plan.reader(part) for plan in back for part in plan.parts]
    result = pd.concat(pieces).astype(expected.dtypes)
    pd.testing.assert_frame_equal(result, expected)
    pd.testing.assert_frame_equal(result, frame, check_categorical=False, check_index_type=False)
