"""JSON is read in blocks as pandas reads the whole, or an error says where it can't be."""

from __future__ import annotations

import gzip
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.io.json_plan import plan_json
from treadle.errors import DataFileError


def whole(plan):
    plan = pickle.loads(pickle.dumps(plan))
    frames = [plan.reader(block) for block in plan.blocks]
    for frame in frames:
        pd.testing.assert_index_equal(frame.columns, plan.meta.columns)
        assert list(frame.dtypes) == list(plan.meta.dtypes)
    return pd.concat(frames, ignore_index=True)


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def records():
    return [
        {
            "x": n,
            "y": n / 3 + 0.1,
            "s": f"é {n % 5}\nnext",
            "b": n % 2 == 0,
            "gap": [None, 1][n % 2],
        }
        for n in range(200)
    ]


@pytest.mark.parametrize("blocksize", [None, 1, 100, 1000, "1 MiB"])
def test_blocks_together_are_the_file(tmp_path, records, blocksize):
    path = write(tmp_path / "a.jsonl", records)

    plan = plan_json(path, blocksize=blocksize)

    pd.testing.assert_frame_equal(whole(plan), pd.read_json(path, lines=True, dtype=False))
    if blocksize == 1000:
        assert len(plan.blocks) > 10


def test_projected_columns_are_the_only_ones_read(tmp_path, records):
    path = write(tmp_path / "a.jsonl", records)
    plan = plan_json(path, blocksize=1000)

    expected = pd.read_json(path, lines=True)[["s", "x"]]
    pd.testing.assert_frame_equal(whole(plan.project(["s", "x"])), expected)
    pd.testing.assert_frame_equal(whole(plan_json(path, columns=["s", "x"])), expected)
    with pytest.raises(KeyError, match="no column 'z'"):
        plan.project(["z"])
    assert len(whole(plan.project([]))) == 200


def test_values_that_pyarrow_does_not_take_go_through_pandas(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"x": 1, "n": {"a": [1]}, "m": v} for v in (1, "a", None)])

    result = whole(plan_json(path))

    pd.testing.assert_frame_equal(result, pd.read_json(path, lines=True, dtype=False))


def test_plain_values_and_dates_go_through_pyarrow(tmp_path, records, monkeypatch):
    for n, record in enumerate(records):
        record |= {"date": f"2024-01-{n % 28 + 1:02}", "timestamp": 1_700_000_000 + n}
    path = write(tmp_path / "a.jsonl", records)
    plan = plan_json(path, blocksize=1000)
    monkeypatch.setattr("treadle.dataframe.io.json_read._by_pandas", None)

    pd.testing.assert_frame_equal(
        pd.concat([plan.reader(block) for block in plan.blocks], ignore_index=True),
        pd.read_json(path, lines=True).astype({"gap": float}),
    )


def test_dates_are_found_by_their_names_as_in_pandas(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        [
            {"date": f"2024-01-{n + 1:02}", "modified": 1_700_000_000 + n, "x": n, "seen_at": when}
            for n, when in enumerate(["2024-05-06T07:08:09.123456", None, "2024-05-06T07:08:09"])
        ],
    )

    result = whole(plan_json(path, columns=["date", "modified", "x"]))

    pd.testing.assert_frame_equal(result, pd.read_json(path, lines=True)[["date", "modified", "x"]])


@pytest.fixture
def long(tmp_path):
    """A file in which only the middle, which no sample sees, can hold something odd."""

    def make(odd, usual):
        lines = [json.dumps(usual)] * 3000
        lines[700] = odd if isinstance(odd, str) else json.dumps(odd)
        path = tmp_path / "late.jsonl"
        path.write_text("\n".join(lines) + "\n")
        return path, 700 * (len(lines[0]) + 1)

    return make


@pytest.mark.parametrize(
    ("odd", "usual", "says"),
    [
        ({"x": 1.5}, {"x": 1}, r"column 'x', at byte {}: 1.5 is no whole number; .*'float64'"),
        ({"x": None}, {"x": 1}, r"column 'x', at byte {}: a value is missing, .*'float64' or 'In"),
        ({"x": "one"}, {"x": 1}, r"column 'x', at byte {}: 'one' is no whole number; .*'object'"),
        ({"x": 5}, {"x": "a"}, r"column 'x', at byte {}: 5 is no string; give dtype="),
        ({"x": 1}, {"x": True}, r"column 'x', at byte {}: 1 is no truth value"),
        ({"x": "n/a"}, {"x": 0.5}, r"column 'x', at byte {}: 'n/a' is no number"),
        ({"x": 1, "z": 2}, {"x": 1}, r"column 'z', at byte {}: no record .* has this key; give"),
        ({"date": "soon"}, {"date": "2024-01-01"}, r"column 'date', at byte {}: 'soon' is no date"),
        ('{"x": 1', {"x": 1}, r", at byte {}: this record is no JSON: .*"),
        ("[1, 2]", {"x": 1}, r", at byte {}: a record must be an object \{{...\}}, not \[1, 2\]"),
    ],
)
def test_what_does_not_fit_the_plan_is_said_with_its_place(long, odd, usual, says):
    path, offset = long(odd, usual)
    plan = plan_json(path, sample=999, blocksize=5000)

    with pytest.raises(DataFileError, match=says.format(offset)):
        whole(plan)


@pytest.mark.parametrize(
    ("odd", "usual", "dtype"),
    [
        ({"x": 1.5}, {"x": 1}, "float64"),
        ({"x": None}, {"x": 1}, "Int64"),
        ({"x": None}, {"x": True}, "boolean"),
        ({"x": "one"}, {"x": 1}, "object"),
        ({"x": 5}, {"x": "a"}, "object"),
    ],
)
def test_the_mend_that_is_advised_works(long, odd, usual, dtype):
    path, _ = long(odd, usual)

    result = whole(plan_json(path, sample=999, blocksize=5000, dtype={"x": dtype}))

    expected = pd.read_json(path, lines=True, dtype=False).astype({"x": dtype})
    pd.testing.assert_frame_equal(result, expected)


def test_keys_that_were_told_of_need_not_be_in_the_sample(long):
    path, _ = long({"x": 1, "z": 2}, {"x": 1})

    result = whole(plan_json(path, sample=999, blocksize=5000, dtype={"z": "float64"}))

    assert list(result.columns) == ["x", "z"]
    assert result["z"].sum() == 2


def test_middles_and_tails_are_looked_at(tmp_path):
    lines = [{"x": 1, "y": 1}] * 3000
    lines[1500] = {"x": 1.5, "y": 1}
    lines[2999] = {"x": 1, "y": None}
    path = write(tmp_path / "a.jsonl", lines)

    result = whole(plan_json(path, sample=3000, blocksize=5000))

    pd.testing.assert_frame_equal(result, pd.read_json(path, lines=True))


def test_a_record_longer_than_blocks_and_sample_is_read(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"s": "a" * 5000}, {"s": "b"}])

    plan = plan_json(path, blocksize=100, sample=100)

    assert [len(s) for s in whole(plan)["s"]] == [5000, 1]


def test_blank_lines_ends_of_line_and_marks_do_not_matter(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"x": 1}\r\n\r\n{"x": 2}\n\n\n{"x": 3}')

    for blocksize in (None, 8):
        assert list(whole(plan_json(path, blocksize=blocksize))["x"]) == [1, 2, 3]


def test_compressed_files_are_a_partition_each(tmp_path, records):
    for n in range(2):
        text = "".join(json.dumps(record) + "\n" for record in records[n::2])
        (tmp_path / f"{n}.jsonl.gz").write_bytes(gzip.compress(text.encode()))

    plan = plan_json(tmp_path, blocksize=100, sample=500)

    assert len(plan.blocks) == 2
    assert list(whole(plan)["x"]) == [*range(0, 200, 2), *range(1, 200, 2)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_other_encodings_are_read(tmp_path, encoding):
    path = tmp_path / "a.jsonl"
    path.write_bytes("".join(f'{{"s": "é{n}"}}\n' for n in range(50)).encode(encoding))

    plan = plan_json(path, encoding=encoding, blocksize=100)

    assert list(whole(plan)["s"]) == [f"é{n}" for n in range(50)]


def test_wrong_encodings_are_said_with_their_place(long):
    path, _ = long({"s": "later"}, {"s": "a"})
    data = path.read_bytes().replace(b"later", b"lat\xe9r")
    path.write_bytes(data)

    with pytest.raises(DataFileError, match=f"at byte {data.index(0xE9)}: .*no utf-8; give enc"):
        whole(plan_json(path, sample=999, blocksize=5000))
    result = whole(plan_json(path, sample=999, blocksize=5000, encoding="latin-1"))
    assert result["s"][700] == "latér"


def test_an_empty_file_is_an_empty_frame(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")

    assert whole(plan_json(tmp_path / "a.jsonl")).shape == (0, 0)
    write(tmp_path / "b.jsonl", [{"x": 1}])
    assert list(whole(plan_json(tmp_path))["x"]) == [1]


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values"])
def test_files_of_one_text_are_read_in_any_orient(tmp_path, orient):
    frame = pd.DataFrame({"x": [1, 2], "s": ["a", "b"], "date": pd.to_datetime(["2024", "2025"])})
    for n in range(2):
        frame.to_json(tmp_path / f"{n}.json", orient=orient, date_format="iso")

    plan = plan_json(tmp_path, orient=orient, lines=False)

    one = pd.read_json(tmp_path / "0.json", orient=orient)
    pd.testing.assert_frame_equal(plan.reader(plan.blocks[1]), one)
    assert list(plan.meta.dtypes) == list(one.dtypes)


def test_a_text_that_is_not_lines_is_said_to_be_so(tmp_path):
    (tmp_path / "a.json").write_text('[{"x": 1},\n {"x": 2}]')

    with pytest.raises(DataFileError, match="lines=False"):
        plan_json(tmp_path / "a.json")
    with pytest.raises(ValueError, match="give lines=False"):
        plan_json(tmp_path / "a.json", orient="split", lines=True)


VALUES = {
    "i": st.integers(-(2**53), 2**53),
    "f": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "s": st.text(max_size=4).filter(lambda s: "\x00" not in s),
    "b": st.booleans(),
    "m": st.none() | st.integers(0, 5) | st.lists(st.integers(0, 3), max_size=2),
}


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=8),
    blocksize=st.integers(1, 200),
    simple=st.booleans(),
)
def test_any_records_come_back(tmp_path_factory, rows, blocksize, simple):
    keys = list("ifsb") if simple else list(VALUES)
    rows = [{key: row[key] for key in keys} for row in rows]
    path = write(tmp_path_factory.mktemp("any") / "a.jsonl", rows)

    result = whole(plan_json(path, blocksize=blocksize))

    assert len(result) == len(rows)
    for key in "ifsb":
        assert list(result[key]) == [row[key] for row in rows]
    assert result["i"].dtype == np.dtype("int64")
