"""Fourier transforms."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.testing import assert_eq

RNG = np.random.default_rng(0)
REAL = RNG.random((6, 8, 10))
COMPLEX = REAL + 1j * RNG.random((6, 8, 10))
ONE_AXIS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL_AXES = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]


def suited(name: str) -> np.ndarray:
    return REAL if name.startswith("rfft") or name == "ihfft" else COMPLEX


@pytest.mark.parametrize("name", ONE_AXIS)
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"n": 6}, {"n": 15, "norm": "ortho"}])
def test_transforms_along_an_axis_are_numpys(name: str, options):
    axis = options.get("axis", -1) % 3
    a = suited(name)
    x = da.from_array(a, chunks=tuple(-1 if n == axis else 3 for n in range(3)))

    assert_eq(getattr(da.fft, name)(x, **options), getattr(np.fft, name)(a, **options), atol=1e-10)


@pytest.mark.parametrize("name", SEVERAL_AXES)
@pytest.mark.parametrize(
    "options", [{}, {"axes": (0, 2)}, {"s": (4, 12), "axes": (1, 2)}, {"norm": "forward"}]
)
def test_transforms_along_several_axes_are_numpys(name: str, options):
    a = suited(name)
    axes = options.get("axes", (1, 2) if name.endswith("2") else (0, 1, 2))
    x = da.from_array(a, chunks=tuple(-1 if n in axes else 3 for n in range(3)))

    assert_eq(getattr(da.fft, name)(x, **options), getattr(np.fft, name)(a, **options), atol=1e-10)


@pytest.mark.parametrize("dtype", ["f4", "c8", "i4", "f2", "?"])
@pytest.mark.parametrize("name", ["fft", "rfft", "fft2"])
def test_dtypes_are_numpys(name: str, dtype: str):
    if name == "rfft" and dtype == "c8":
        pytest.skip("takes real numbers")
    a = (REAL[0] * 5).astype(dtype)

    x = getattr(da.fft, name)(da.from_array(a, chunks=-1))

    assert_eq(x, getattr(np.fft, name)(a), rtol=1e-2 if dtype == "f2" else 1e-4, atol=1e-3)


def test_every_engine_transforms(engine):
    x = da.fft.fft(da.from_array(REAL, chunks=(2, 4, -1)))

    assert_eq(x, np.fft.fft(REAL), scheduler=engine, atol=1e-10)


def test_an_axis_in_several_blocks_is_refused_with_the_mend():
    x = da.from_array(REAL, chunks=(6, 8, 5))

    with pytest.raises(ValueError, match=r"x\.rechunk\(\{2: -1\}\)"):
        da.fft.fft(x)


def test_bad_parameters_are_refused():
    x = da.ones((4, 4), chunks=4)

    with pytest.raises(np.exceptions.AxisError):
        da.fft.fft(x, axis=2)
    with pytest.raises(ValueError, match="data points"):
        da.fft.fft(x, n=0)
    with pytest.raises(ValueError, match="lengths"):
        da.fft.fft2(x, s=(1, 2, 3))
    with pytest.raises(ValueError, match="norm"):
        da.fft.fft(x, norm="all")
    with pytest.raises(TypeError, match="real"):
        da.fft.rfft(x * 1j)
    with pytest.raises(ValueError, match="kind"):
        da.fft.fft_wrap(len)


def test_functions_of_other_libraries_are_wrapped():
    scipy_fft = pytest.importorskip("scipy.fft")
    x = da.from_array(REAL, chunks=(2, 4, -1))

    assert_eq(da.fft.fft_wrap(scipy_fft.rfft)(x, n=4), np.fft.rfft(REAL, n=4))
    assert_eq(da.fft.fft_wrap(scipy_fft.fftn, kind="fft2")(x.rechunk(-1)), np.fft.fft2(REAL))


@pytest.mark.parametrize("n", [1, 2, 7, 8])
@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies_are_numpys(name: str, n: int):
    assert_eq(getattr(da.fft, name)(n, 0.1, chunks=3), getattr(np.fft, name)(n, 0.1))


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
@pytest.mark.parametrize("axes", [None, 0, (0, 2)])
def test_shifts_are_numpys(name: str, axes):
    x = da.from_array(REAL[:5, :, :9], chunks=3)

    assert_eq(getattr(da.fft, name)(x, axes), getattr(np.fft, name)(REAL[:5, :, :9], axes))


def test_frequencies_come_in_a_dtype():
    assert_eq(da.fft.rfftfreq(9, chunks=2, dtype="f4"), np.fft.rfftfreq(9).astype("f4"))
    with pytest.raises(ValueError, match="gpu"):
        da.fft.fftfreq(9, device="gpu")
