"""Borders are those of NumPy, in every mode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

A = np.random.default_rng(0).integers(0, 100, (5, 7))
WIDTHS = [2, (1, 3), ((1, 2), (3, 0)), ((0, 0), (9, 8)), 0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("constant", {}),
        ("constant", {"constant_values": 5}),
        ("constant", {"constant_values": ((1, 2), (3, 4))}),
        ("edge", {}),
        ("linear_ramp", {}),
        ("linear_ramp", {"end_values": (3, 40)}),
        ("maximum", {}),
        ("minimum", {"stat_length": 2}),
        ("mean", {"stat_length": ((1, 2), (3, 30))}),
        ("median", {}),
        ("reflect", {}),
        ("reflect", {"reflect_type": "odd"}),
        ("symmetric", {}),
        ("symmetric", {"reflect_type": "odd"}),
        ("wrap", {}),
    ],
)
def test_borders_are_numpys(mode, options, width):
    x = da.from_array(A, chunks=(2, 3))

    assert_eq(da.pad(x, width, mode, **options), np.pad(A, width, mode, **options))
    b = A / 3
    assert_eq(da.pad(da.from_array(b, chunks=4), width, mode, **options),
              np.pad(b, width, mode, **options))  # fmt: skip


def test_borders_are_made_on_every_engine(engine):
    x = da.from_array(A, chunks=(2, 3))

    assert_eq(da.pad(x, 2, "reflect"), np.pad(A, 2, "reflect"), scheduler=engine)


@example(2, 1, 1, 8, "symmetric", "odd")
@settings(deadline=None, max_examples=80)
@given(
    st.integers(1, 6), st.integers(1, 4), st.integers(0, 15), st.integers(0, 15),
    st.sampled_from(["reflect", "symmetric", "wrap"]), st.sampled_from(["even", "odd"]),
)  # fmt: skip
def test_mirrors_reach_as_far_as_wanted(length, chunk, before, after, mode, kind):
    a = np.arange(length) ** 2
    options = {} if mode == "wrap" else {"reflect_type": kind}

    x = da.pad(da.from_array(a, chunks=chunk), (before, after), mode, **options)

    assert_eq(x, np.pad(a, (before, after), mode, **options))


def test_an_empty_border_has_a_shape():
    assert da.pad(da.from_array(A, chunks=3), 2, "empty").compute().shape == (9, 11)


def test_widths_may_be_a_dict():
    x = da.from_array(A, chunks=3)

    assert_eq(da.pad(x, {-1: (1, 2)}), np.pad(A, ((0, 0), (1, 2))))
    assert_eq(da.pad(x, {0: 1}), np.pad(A, ((1, 1), (0, 0))))


def set_ends(vector, width, axis, options):
    vector[: width[0]] = options.get("value", 10) + axis
    if width[1]:
        vector[-width[1] :] = -1


@pytest.mark.parametrize("width", WIDTHS)
def test_a_function_may_set_the_border(width):
    x = da.from_array(A, chunks=(2, 3))

    assert_eq(da.pad(x, width, set_ends, value=3), np.pad(A, width, set_ends, value=3))


def test_a_large_border_is_in_blocks():
    x = da.pad(da.ones(10, chunks=5), (1000, 0), "edge")

    assert max(x.chunks[0]) == 5


@pytest.mark.parametrize("mode", ["constant", "empty"])
def test_a_dimension_without_elements_gets_a_border_of_values(mode):
    assert da.pad(da.ones((0, 3)), 1, mode).shape == (2, 5)


def test_what_makes_no_sense_is_refused():
    x = da.from_array(A, chunks=3)

    with pytest.raises(ValueError, match="mode 'no'"):
        da.pad(x, 1, "no")
    with pytest.raises(ValueError, match="takes no stat_length"):
        da.pad(x, 1, "edge", stat_length=2)
    with pytest.raises(ValueError, match="negative"):
        da.pad(x, -1)
    with pytest.raises(TypeError, match="whole numbers"):
        da.pad(x, 1.5)
    with pytest.raises(ValueError, match="broadcast"):
        da.pad(x, ((1, 1), (1, 1), (1, 1)))
    with pytest.raises(ValueError, match="no elements"):
        da.pad(da.ones((0, 3)), 1, "edge")
    with pytest.raises(ValueError, match="stat_length"):
        da.pad(x, 1, "maximum", stat_length=0)
    with pytest.raises(ValueError, match="reflect_type"):
        da.pad(x, 1, "reflect", reflect_type="oblique")
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.pad(x[x > 5], 1)
