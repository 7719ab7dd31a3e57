"""Whatever the samples missed: with promotions, files read as pandas reads them whole."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.dataframe.io import csv_plan, csv_samples
from treadle.dataframe.io.csv_plan import plan_csv
from treadle.dataframe.io.csv_read import read_csv_block
from treadle.errors import CsvDtypeError

USUAL = {
    "int": ["1", "-20", "300"],
    "float": ["1.5", "2", "", "1e3", "-0.25"],
    "bool": ["True", "False", "TRUE"],
    "null": ["", "NA"],
    "text": ["a", "b c", "", '"q,r"', "ü"],
    "date": ["2013-01-01", "2013-02-28"],
}
LATE = ["", "NA", "7", "0.5", "True", "x", '"1"', "+3", "0x1F", " 4", "007",
        '"two\nlines"', '5" pipe', "inf", "nan", "2013-01-03", '"say ""hi"""']  # fmt: skip


@pytest.fixture
def few_samples(monkeypatch):
    monkeypatch.setattr(csv_samples, "WINDOW", 16)
    monkeypatch.setattr(csv_plan, "WINDOW", 16)
    monkeypatch.setattr(csv_samples, "WINDOWS", 3)


def read_with_promotions(path, **options):
    """Read again with the dtypes that each error asks for, as a run would."""
    plan = plan_csv(path, **options)
    for _ in range(12):
        try:
            frames = [read_csv_block(block, plan.reading) for block in plan.blocks]
        except CsvDtypeError as error:
            plan = plan.promoted(error.promotion)
        else:
            for frame in frames:
                assert frame.dtypes.equals(plan.meta.dtypes)
            return pd.concat(frames, ignore_index=True)
    raise AssertionError("promotions do not end")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_late_value_ends_in_the_frame_that_pandas_reads(tmp_path_factory, few_samples, data):
    kinds = data.draw(st.lists(st.sampled_from(sorted(USUAL)), min_size=2, max_size=4))
    count = data.draw(st.integers(1, 60))
    rows = [[USUAL[kind][n % len(USUAL[kind])] for kind in kinds] for n in range(count)]
    for _ in range(data.draw(st.integers(0, 3))):
        row = data.draw(st.integers(0, count - 1))
        column = data.draw(st.integers(0, len(kinds) - 1))
        rows[row][column] = data.draw(st.sampled_from(LATE))
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    header = ",".join(f"c{n}" for n in range(len(kinds)))
    path.write_text("\n".join([header, *map(",".join, rows)]) + "\n", encoding="utf-8")

    frame = read_with_promotions(path, blocksize=data.draw(st.integers(20, 400)), sample=30)

    pd.testing.assert_frame_equal(frame, pd.read_csv(path, low_memory=False))
