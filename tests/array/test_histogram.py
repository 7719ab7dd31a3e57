"""Histograms and counts."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

rng = np.random.default_rng(0)
VALUES = rng.random((40, 9))
WEIGHTS = rng.random((40, 9))
POINTS = rng.random((50, 3))


def pairs_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert_eq(one, other, check_type=False)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bins": 7},
        {"bins": 7, "range": (0.1, 0.9)},
        {"bins": [0, 0.2, 0.5, 1]},
        {"bins": [0, 0.2, 0.5, 1], "density": True},
        {"density": True},
    ],
)
def test_histograms_are_those_of_numpy(options, weighted):
    x = da.from_array(VALUES, chunks=(30, 4))
    ours, theirs = dict(options), dict(options)
    if weighted:
        ours["weights"], theirs["weights"] = da.from_array(WEIGHTS, chunks=(20, 9)), WEIGHTS

    pairs_equal(da.histogram(x, **ours), np.histogram(VALUES, **theirs))


def test_bins_and_their_range_may_be_arrays_in_blocks():
    x = da.from_array(VALUES, chunks=11)

    edges = da.linspace(0, 1, 6, chunks=2)
    pairs_equal(da.histogram(x, bins=edges), np.histogram(VALUES, np.linspace(0, 1, 6)))
    found = da.histogram(x, bins=4, range=(x.min(), 2))
    pairs_equal(found, np.histogram(VALUES, 4, (VALUES.min(), 2)))


def test_a_sample_on_every_engine(engine):
    x = da.from_array(VALUES, chunks=11)

    assert_eq(da.histogram(x, 5, (0, 1))[0], np.histogram(VALUES, 5, (0, 1))[0], scheduler=engine)
    places = np.digitize(VALUES, [0.2, 0.7])
    assert_eq(da.digitize(x, [0.2, 0.7]), places, scheduler=engine)


@pytest.mark.parametrize(
    "options",
    [
        {"bins": 3},
        {"bins": (2, 3, 4)},
        {"bins": 3, "range": [(0, 1)] * 3, "density": True},
        {"bins": [np.linspace(0, 1, 4), 3, [0, 0.5, 1]]},
        {"bins": 2, "weights": POINTS[:, 0]},
    ],
)
def test_histograms_of_points_are_those_of_numpy(options):
    expected = np.histogramdd(POINTS, **options)

    for sample in (
        da.from_array(POINTS, chunks=(20, 2)),
        tuple(da.from_array(POINTS[:, n], chunks=20 + n) for n in range(3)),
    ):
        found, edges = da.histogramdd(sample, **options)
        assert_eq(found, expected[0])
        pairs_equal(edges, expected[1])


@pytest.mark.parametrize("bins", [3, (2, 3), [0, 0.5, 0.7, 1], [[0, 0.2, 1], 4]])
def test_histograms_of_pairs_are_those_of_numpy(bins):
    x, y = (da.from_array(POINTS[:, n], chunks=20) for n in (0, 1))

    pairs_equal(
        da.histogram2d(x, y, bins=bins), np.histogram2d(POINTS[:, 0], POINTS[:, 1], bins=bins)
    )


def test_counts_of_integers_are_those_of_numpy():
    a = rng.integers(0, 9, 60)
    x = da.from_array(a, chunks=17)

    assert_eq(da.bincount(x), np.bincount(a))
    assert_eq(da.bincount(x, minlength=20, split_every=2), np.bincount(a, minlength=20))
    assert_eq(da.bincount(x, weights=a * 0.5), np.bincount(a, a * 0.5))


@pytest.mark.parametrize("right", [False, True])
def test_bins_of_elements_are_those_of_numpy(right):
    x = da.from_array(VALUES, chunks=11)

    for bins in ([0.2, 0.5], [0.5, 0.2]):
        assert_eq(da.digitize(x, bins, right), np.digitize(VALUES, bins, right))
        assert_eq(da.digitize(x, da.from_array(bins, 1), right), np.digitize(VALUES, bins, right))


def test_what_makes_no_histogram_is_refused():
    x = da.from_array(VALUES, chunks=11)

    with pytest.raises(ValueError, match="monotonically"):
        da.histogram(x, bins=[1, 0])
    with pytest.raises(ValueError, match="they must agree"):
        da.histogram(x, weights=da.ones(3, chunks=3))
    with pytest.raises(ValueError, match="whole number"):
        da.histogram(x, bins=0)
    with pytest.raises(ValueError, match="as many bins"):
        da.histogramdd(da.from_array(POINTS, chunks=20), bins=(2, 3))
    with pytest.raises(ValueError, match="one dimension"):
        da.bincount(x.astype(int))
    with pytest.raises(TypeError, match="integers"):
        da.bincount(x[0])
    with pytest.raises(ValueError, match="monotonically"):
        da.digitize(x, [0, 2, 1])
