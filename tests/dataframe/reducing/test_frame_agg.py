"""Several reductions at once, and reductions of one's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk

FRAME = pd.DataFrame(
    {"x": [3, 1, 7, 7, 1, 2], "y": [1.0, 2.5, 2.5, -1, np.nan, 0.5], "z": range(6)}
)


def in_parts(data, count=3):
    return dd.from_pandas(data, npartitions=count)


SPECS = [
    "sum",
    "mean",
    "nunique",
    np.sum,
    np.mean,
    ["sum", "mean"],
    ["min", "max"],
    ["std", "count", "mean"],
    ["median", "nunique", "min"],
    ["sum"],
    {"x": "sum", "y": "mean"},
    {"x": "sum", "z": "max"},
    {"x": ["sum", "min"], "y": ["min", "mean"]},
    {"x": ["sum"], "y": "mean"},
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_aggregations_of_a_frame_are_those_of_pandas(spec):
    assert_eq(in_parts(FRAME).agg(spec), FRAME.agg(spec))
    assert_eq(in_parts(FRAME).aggregate(spec), FRAME.agg(spec))


@pytest.mark.parametrize(
    "spec",
    ["sum", ["sum", "mean"], ["min", "max"], ["nunique"], {"a": "sum", "b": "max"}, np.max, "size"],
    ids=str,
)
@pytest.mark.parametrize("column", ["x", "y"])
def test_aggregations_of_a_series_are_those_of_pandas(spec, column):
    assert_eq(
        in_parts(FRAME[column]).agg(spec), FRAME[column].agg(spec), check_dtype=spec != "size"
    )


def test_strings_and_numbers_are_aggregated_together():
    frame = FRAME.assign(s=list("bcadef"))

    assert_eq(in_parts(frame).agg(["min", "max"]), frame.agg(["min", "max"]))
    assert_eq(in_parts(frame).agg({"s": "max", "x": "sum"}), frame.agg({"s": "max", "x": "sum"}))


def test_arguments_go_to_one_reduction():
    assert_eq(in_parts(FRAME).agg("var", ddof=0), FRAME.agg("var", ddof=0))
    assert_eq(in_parts(FRAME).agg("sum", axis=1), FRAME.agg("sum", axis=1))
    with pytest.raises(NotImplementedError, match="arguments"):
        in_parts(FRAME).agg(["var", "std"], ddof=0)


def test_what_is_no_reduction_is_refused():
    df = in_parts(FRAME)

    with pytest.raises(NotImplementedError, match="reduction"):
        df.agg(lambda part: part.sum())
    with pytest.raises(NotImplementedError, match="sum"):
        df.agg(sum)
    with pytest.raises(AttributeError, match="no_such"):
        df.agg(["no_such"])
    with pytest.raises(KeyError):
        df.agg({"q": "sum"})
    with pytest.raises(NotImplementedError):
        df.agg(x=("x", "sum"))


def test_only_aggregated_columns_are_read():
    (root,) = simplify([in_parts(FRAME).agg({"x": "sum", "y": "mean"}).expr])

    assert [e.columns for e in walk([root]) if type(e).__name__ == "Source"] == [["x", "y"]]


# -- reductions of one's own -----------------------------------------------------------------------


def count_above(part, limit):
    return (part > limit).sum()


def add(counts):
    return counts.sum()


def test_values_of_partitions_come_together_as_a_series():
    found = in_parts(FRAME.x).reduction(count_above, add, chunk_kwargs={"limit": 2})

    assert_eq(found, np.int64(3))


def test_series_of_partitions_come_together_as_rows():
    found = in_parts(FRAME).reduction(pd.DataFrame.sum, pd.DataFrame.sum)

    assert_eq(found, FRAME.sum())


def test_frames_of_partitions_come_below_each_other():
    meta = FRAME.iloc[:0]

    found = in_parts(FRAME).reduction(first_rows, first_rows, meta=meta)

    assert_eq(found, FRAME.head(1))


def first_rows(frame):
    return frame.head(1)


def mean_parts(part):
    return pd.DataFrame({"total": [part.sum()], "rows": [len(part)]})


def add_rows(parts):
    return parts.sum().to_frame().T


def finish_mean(parts):
    return parts.total.sum() / parts.rows.sum()


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_combine_stands_between_chunk_and_aggregate(scheduler):
    found = in_parts(FRAME.x, 6).reduction(
        mean_parts, finish_mean, add_rows, meta=1.0, split_every=2, token="own-mean"
    )

    assert found.name.startswith("own-mean")
    assert_eq(found, FRAME.x.mean(), scheduler=scheduler)


def test_functions_are_tried_on_the_first_rows_there_are():
    seen = []

    def chunk(part):
        seen.append(len(part))
        return part.max()

    df = in_parts(FRAME, 3)
    found = df.x[df.x > 2].reduction(chunk, lambda parts: parts.max())

    assert min(seen) > 0
    assert_eq(found, 7, check_dtype=False)


def test_functions_have_to_be_functions():
    with pytest.raises(TypeError, match="chunk"):
        in_parts(FRAME).reduction(None)
    with pytest.raises(TypeError, match="aggregate"):
        in_parts(FRAME).reduction(len, 3)
    with pytest.raises(ValueError, match="combine_kwargs"):
        in_parts(FRAME).reduction(len, add, combine_kwargs={"a": 1})
