"""Partitions are written as JSON as pandas writes them, and read back."""

from __future__ import annotations

import pandas as pd
import pytest

from treadle.dataframe.io.json_plan import plan_json
from treadle.dataframe.io.json_write import JsonWriter


@pytest.fixture
def sample():
    return pd.DataFrame({"x": [1, 2, 3], "s": ["a", "é\n", None], "y": [0.5, None, 1.5]})


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "json.bz2", "json.xz"])
def test_lines_come_back(tmp_path, sample, ending):
    for n in range(2):
        JsonWriter()(sample, str(tmp_path / "deep" / f"{n}.{ending}"))

    plan = plan_json(tmp_path / "deep")

    assert len(plan.blocks) == 2
    for block in plan.blocks:
        pd.testing.assert_frame_equal(plan.reader(block), sample)


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values", "table"])
def test_texts_are_those_of_pandas(tmp_path, sample, orient):
    path = JsonWriter(orient=orient, lines=False)(sample, str(tmp_path / "a.json"))

    with open(path, encoding="utf-8") as stream:
        assert stream.read() == sample.to_json(orient=orient)


def test_a_partition_without_rows_is_a_file_without_lines(tmp_path, sample):
    path = JsonWriter()(sample.iloc[:0], str(tmp_path / "a.jsonl"))

    with open(path, "rb") as stream:
        assert stream.read() == b""


def test_lines_of_other_orients_are_refused():
    with pytest.raises(ValueError, match="use lines=False"):
        JsonWriter(orient="split", lines=True)


def test_nothing_is_left_of_a_partition_that_cannot_be_written(tmp_path, sample):
    with pytest.raises(UnicodeEncodeError):
        JsonWriter(encoding="ascii", options={"force_ascii": False})(sample, f"{tmp_path}/a.jsonl")

    assert not list(tmp_path.iterdir())
