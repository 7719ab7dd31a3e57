"""The array API standard's names."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

VALUE = np.array([[5, 3, 5], [1, 3, 5]])


@pytest.fixture
def x() -> da.Array:
    return da.from_array(VALUE, chunks=(1, 2))


def test_the_namespace_of_an_array_is_the_package(x: da.Array):
    assert x.__array_namespace__() is da
    assert x.__array_namespace__(api_version="2024.12") is da
    with pytest.raises(ValueError, match="not known here"):
        x.__array_namespace__(api_version="1999.12")


def test_second_names_are_the_same_functions():
    assert (da.acos, da.pow, da.concat) == (da.arccos, da.power, da.concatenate)
    assert da.bitwise_invert is da.invert


def test_the_namespace_tells_of_itself():
    info = da.__array_namespace_info__()

    assert info.devices() == [info.default_device()] == ["cpu"]
    assert info.default_dtypes()["integral"] == np.dtype("i8")
    assert set(info.dtypes(kind="real floating")) == {"float32", "float64"}
    assert set(info.capabilities()) == {
        "boolean indexing", "data-dependent shapes", "max dimensions",
    }  # fmt: skip
    with pytest.raises(ValueError, match="gpu"):
        info.dtypes(device="gpu")


@pytest.mark.parametrize("include_initial", [True, False])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_running_sums_and_products(x: da.Array, axis: int, include_initial: bool):
    for name in ("cumulative_sum", "cumulative_prod"):
        assert_eq(
            getattr(da, name)(x, axis=axis, include_initial=include_initial),
            getattr(np, name)(VALUE, axis=axis, include_initial=include_initial),
        )


def test_running_sums_of_two_dimensions_need_an_axis(x: da.Array):
    with pytest.raises(ValueError, match="axis="):
        da.cumulative_sum(x)


def test_distinct_elements(x: da.Array):
    for ours, theirs in zip(da.unique_all(x), np.unique_all(VALUE), strict=True):
        assert_eq(ours, theirs)
    assert_eq(da.unique_counts(x).counts, np.unique_counts(VALUE).counts)
    assert_eq(da.unique_inverse(x).inverse_indices, np.unique_inverse(VALUE).inverse_indices)
    assert_eq(da.unique_values(x), np.unique_values(VALUE))


def test_arrays_travel_by_dlpack(x: da.Array):
    assert_eq(da.from_dlpack(VALUE), VALUE)
    np.testing.assert_array_equal(np.from_dlpack(x), VALUE)
    assert da.from_dlpack(x).name == x.name


def test_the_one_element_of_an_array_without_dimensions_is_distinct():
    for ours, theirs in zip(
        da.unique_all(da.from_array(np.array(5), chunks=())),
        np.unique_all(np.array(5)),
        strict=True,
    ):
        assert_eq(ours, theirs)
