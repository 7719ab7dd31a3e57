"""Operators as methods."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": [3.0, 1, None, 1, 5, 9, 2], "y": [0.5, None, None, 3.5, None, 5.5, 6.5]})
NAMES = ["add", "sub", "mul", "truediv", "div", "floordiv", "mod", "pow"]
BOTH = [*NAMES, *(f"r{name}" for name in NAMES)]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


@pytest.fixture
def frame():
    """The frame in three partitions."""
    return dd.from_pandas(FRAME, npartitions=3)


@pytest.mark.parametrize("name", [*BOTH, *COMPARISONS])
def test_methods_take_numbers_and_frames(frame, name):
    assert_eq(getattr(frame, name)(2), getattr(FRAME, name)(2))
    assert_eq(getattr(frame.x, name)(2), getattr(FRAME.x, name)(2))
    assert_eq(getattr(frame.x, name)(frame.y), getattr(FRAME.x, name)(FRAME.y))
    assert_eq(getattr(frame, name)(frame), getattr(FRAME, name)(FRAME))


@pytest.mark.parametrize("name", BOTH)
def test_a_value_stands_for_what_is_missing(frame, name):
    assert_eq(
        getattr(frame.x, name)(frame.y, fill_value=2), getattr(FRAME.x, name)(FRAME.y, fill_value=2)
    )
    assert_eq(getattr(frame, name)(2, fill_value=3), getattr(FRAME, name)(2, fill_value=3))


@pytest.mark.parametrize("name", ["add", "rsub", "mul", "lt"])
def test_a_series_goes_along_rows_with_axis_0(frame, name):
    theirs = getattr(FRAME, name)(FRAME.x, axis=0)

    assert_eq(getattr(frame, name)(frame.x, axis=0), theirs)
    assert_eq(getattr(frame, name)(frame.x, axis="index"), theirs)
    assert_eq(getattr(frame, name)(np.array(FRAME.x), axis=0), theirs)


def test_a_series_in_memory_goes_along_rows_or_columns():
    one = dd.from_pandas(FRAME, npartitions=1)
    row = pd.Series({"x": 1, "y": 2})

    assert_eq(one.add(FRAME.x, axis=0), FRAME.add(FRAME.x, axis=0))
    assert_eq(one.add(row), FRAME.add(row))
    assert_eq(one.sub([1, 2], axis=1), FRAME.sub([1, 2], axis=1))


def test_second_names_do_the_same(frame):
    assert_eq(frame.x.multiply(2), FRAME.x * 2)
    assert_eq(frame.subtract(2), FRAME - 2)
    assert_eq(frame.divide(2), FRAME / 2)


def test_levels_and_wrong_axes_are_refused(frame):
    with pytest.raises(NotImplementedError, match="level=0"):
        frame.add(1, level=0)
    with pytest.raises(ValueError, match="No axis named 5"):
        frame.add(1, axis=5)
    with pytest.raises(TypeError):
        frame.add(1, nothing=5)


@pytest.mark.parametrize("kind", [dd.DataFrame, dd.Series])
@pytest.mark.parametrize("name", ["add", "rpow", "ge"])
def test_methods_have_the_signature_of_pandas_and_a_docstring(kind, name):
    theirs = inspect.signature(getattr(getattr(pd, kind.__name__), name))
    ours = getattr(kind, name)

    assert list(inspect.signature(ours).parameters) == list(theirs.parameters)
    assert f"pandas.{kind.__name__}.{name}" in ours.__doc__
    assert ours.__name__ == name


def test_comparisons_match_labels_that_operators_refuse(frame):
    few = frame[frame.x > 1]

    assert_eq(frame.x.eq(few.x), FRAME.x.eq(FRAME[FRAME.x > 1].x))
