"""xarray on arrays of treadle: what it computes is what it computes on NumPy, and lazily."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import treadle.array as da

xr = pytest.importorskip("xarray")

CHUNKS = {"time": 10, "lat": 2}


@pytest.fixture(autouse=True)
def treadle_makes_chunks():
    with xr.set_options(chunk_manager="treadle"):
        yield


def in_memory():
    rng = np.random.default_rng(0)
    temperature = rng.normal(size=(48, 4, 6))
    temperature[5, 1, 1] = np.nan
    return xr.Dataset(
        {"t": (("time", "lat", "lon"), temperature), "p": (("time", "lat"), temperature[:, :, 0])},
        coords={
            "time": pd.date_range("2024-01-01", periods=48, freq="D"),
            "lat": [10.0, 20.0, 30.0, 40.0],
            "lon": np.arange(6.0),
        },
    )


def in_blocks():
    return in_memory().chunk(CHUNKS)


def variables(found):
    return list(found.data_vars.values()) if isinstance(found, xr.Dataset) else [found]


OPERATIONS = {
    "arithmetic": lambda d: (d.t - d.t.mean("time")) / d.t.std("time"),
    "broadcasting": lambda d: d.t * d.p,
    "a ufunc": lambda d: np.sin(d.t),
    "mean of all": lambda d: d.mean(),
    "median": lambda d: d.t.median("lon"),
    "quantile": lambda d: d.t.chunk(time=-1).quantile([0.1, 0.5], "time"),
    "argmax": lambda d: d.t.fillna(0).argmax("time"),
    "cumsum": lambda d: d.t.cumsum("time"),
    "isel": lambda d: d.t.isel(time=slice(3, 20, 2), lat=[3, 1]),
    "sel": lambda d: d.t.sel(time="2024-01-15", lat=[10, 30]),
    "where": lambda d: d.t.where(d.t > 0),
    "where drop": lambda d: d.t.where(d.lat > 15, drop=True),
    "groupby": lambda d: d.groupby("time.month").mean(),
    "groupby anomaly": lambda d: d.t.groupby("time.month") - d.t.groupby("time.month").mean(),
    "groupby first": lambda d: d.t.groupby("time.month").first(),
    "shuffle": lambda d: d.t.groupby("time.dayofweek").shuffle_to_chunks().sortby("time"),
    "resample": lambda d: d.resample(time="7D").mean(),
    "rolling": lambda d: d.t.rolling(time=5).mean(),
    "rolling centred": lambda d: d.t.rolling(time=5, center=True, min_periods=1).max(),
    "windows": lambda d: d.t.rolling(time=3).construct("window"),
    "coarsen": lambda d: d.t.coarsen(time=4).mean(),
    "weighted": lambda d: d.t.weighted(np.cos(np.deg2rad(d.lat))).mean(("lat", "lon")),
    "stack": lambda d: d.t.stack(place=("lat", "lon")).unstack("place"),
    "concat": lambda d: xr.concat([d.t, d.t + 1], "time"),
    "shift": lambda d: d.t.shift(time=2),
    "pad": lambda d: d.t.pad(time=2),
    "diff": lambda d: d.t.diff("time"),
    "interp": lambda d: d.t.interp(lat=[15.0, 25.0]),
    "integrate": lambda d: d.t.integrate("lon"),
    "dot": lambda d: xr.dot(d.t.fillna(0), d.p.fillna(0), dim="time"),
    "corr": lambda d: xr.corr(d.t, d.p, dim="time"),
    "reindex": lambda d: d.t.reindex(lat=[10.0, 15, 40]),
    "full_like": lambda d: xr.full_like(d.t, 3),
    "unify_chunks": lambda d: xr.unify_chunks(d.t, d.p)[1],
}


@pytest.mark.filterwarnings("ignore:.*")  # of means of nothing, and of what xarray will change
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_lazy_and_right(name: str):
    expected = OPERATIONS[name](in_memory())

    found = OPERATIONS[name](in_blocks())

    assert all(isinstance(item.data, da.Array) for item in variables(found))
    xr.testing.assert_allclose(found.compute(scheduler="sync"), expected.compute())


def test_apply_ufunc_parallelized_calls_a_function_of_numpy_on_blocks():
    blocks = in_blocks().t.fillna(0)

    def slope(x, y):
        return np.polyfit(x, y, 1)

    found = xr.apply_ufunc(
        slope, blocks.lon, blocks, input_core_dims=[["lon"], ["lon"]],
        output_core_dims=[["degree"]], vectorize=True, dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"degree": 2}},
    )  # fmt: skip

    assert isinstance(found.data, da.Array)
    fit = in_memory().t.fillna(0).polyfit("lon", 1).polyfit_coefficients
    np.testing.assert_allclose(found.compute(), fit.transpose("time", "lat", "degree"))


def test_apply_ufunc_without_leave_refuses_blocks():
    with pytest.raises(ValueError, match="has not been enabled"):
        xr.apply_ufunc(np.abs, in_blocks().t)


def test_chunks_are_what_was_asked_for_and_can_be_changed():
    blocks = in_blocks()

    assert blocks.chunks == {"time": (10, 10, 10, 10, 8), "lat": (2, 2), "lon": (6,)}
    assert blocks.chunk(time=24).chunks["time"] == (24, 24)
    assert blocks.chunk("auto").chunks["time"] == (48,)
    weeks = blocks.chunk(time=xr.groupers.TimeResampler("7D"))
    assert weeks.chunks["time"] == (7, 7, 7, 7, 7, 7, 6)


def test_compute_load_and_persist():
    blocks = in_blocks()

    there = blocks.persist()
    loaded = blocks.copy().load()

    assert isinstance(there.t.data, da.Array)
    assert there.t.data.name == blocks.t.data.name
    assert isinstance(loaded.t.data, np.ndarray)
    xr.testing.assert_identical(loaded, in_memory())
    xr.testing.assert_identical(there.compute(), in_memory())


def test_a_dataset_in_blocks_is_computed_on_every_engine(engine):
    found = in_blocks().mean("time").compute(scheduler=engine)

    xr.testing.assert_allclose(found, in_memory().mean("time"))


def test_a_dataset_in_blocks_pickles():
    again = pickle.loads(pickle.dumps(in_blocks()))

    assert isinstance(again.t.data, da.Array)
    xr.testing.assert_identical(again.compute(), in_memory())


def test_a_file_is_opened_in_blocks_and_read_when_it_is_computed(tmp_path):
    pytest.importorskip("scipy")
    in_memory().to_netcdf(tmp_path / "data.nc", engine="scipy")

    with xr.open_dataset(tmp_path / "data.nc", engine="scipy", chunks={"time": 7}) as found:
        assert found.t.data.chunks[0] == (7, 7, 7, 7, 7, 7, 6)
        xr.testing.assert_allclose(found.mean("time").compute(), in_memory().mean("time"))


def test_zarr_there_and_back(tmp_path):
    pytest.importorskip("zarr")
    in_blocks().to_zarr(tmp_path / "data.zarr", consolidated=False)

    found = xr.open_zarr(tmp_path / "data.zarr", consolidated=False)

    assert isinstance(found.t.data, da.Array)
    assert found.t.data.chunks == in_blocks().t.data.chunks
    xr.testing.assert_identical(found.compute(), in_memory())


def test_zarr_can_be_written_later(tmp_path):
    pytest.importorskip("zarr")
    pytest.importorskip("dask")  # which xarray takes for its own part of the work
    writing = in_blocks().to_zarr(tmp_path / "data.zarr", consolidated=False, compute=False)
    before = xr.open_zarr(tmp_path / "data.zarr", consolidated=False).t.compute()

    writing.compute()

    assert before.isnull().all()
    xr.testing.assert_identical(
        xr.open_zarr(tmp_path / "data.zarr", consolidated=False).compute(), in_memory()
    )


def test_arrays_of_dask_stay_arrays_of_dask():
    dask_array = pytest.importorskip("dask.array")
    of_dask = in_memory().chunk(CHUNKS, chunked_array_type="dask")

    assert isinstance(of_dask.mean().t.data, dask_array.Array)
    assert isinstance(in_blocks().mean().t.data, da.Array)
    with pytest.raises(TypeError):
        in_blocks().t + of_dask.t


def test_the_default_stays_dask_where_it_is_installed():
    dask_array = pytest.importorskip("dask.array")

    with xr.set_options(chunk_manager="dask"):
        assert isinstance(in_memory().chunk(CHUNKS).t.data, dask_array.Array)
        named = in_memory().chunk(CHUNKS, chunked_array_type="treadle")
        assert isinstance(named.t.data, da.Array)


def test_options_for_from_array_are_passed_on():
    found = in_memory().t.chunk(CHUNKS, from_array_kwargs={"name": "temperature"})

    assert found.data.name == "temperature"


def test_empty_dimensions_have_blocks_too():
    empty = in_memory().isel(time=slice(0)).chunk({"time": "auto"})

    assert empty.t.data.shape == (0, 4, 6)
    assert empty.compute().t.size == 0
