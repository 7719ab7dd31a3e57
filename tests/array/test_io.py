"""Arrays are written to files and read again."""

from __future__ import annotations

import pickle
import threading

import numpy as np
import pytest

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq

DATA = np.arange(42.0).reshape(6, 7)


def blocked(chunks=(4, 3)):
    return da.from_array(DATA, chunks=chunks)


def unknown():
    x = da.arange(6, chunks=3)
    return x[x > 2]


# -- store -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_blocks_are_written_to_memory(scheduler):
    target = np.zeros((6, 7))

    assert da.store(blocked() + 1, target, scheduler=scheduler) is None
    np.testing.assert_array_equal(target, DATA + 1)


def test_other_processes_refuse_to_write_to_memory():
    with pytest.raises(TypeError, match="other processes"):
        da.store(blocked(), np.zeros((6, 7)), scheduler="processes")


def test_several_arrays_are_written_at_once_sharing_their_work():
    calls = []

    def note(block):
        calls.append(block.size)
        return block

    x = da.elemwise(note, blocked(-1), dtype=float)
    calls.clear()
    first, second = np.zeros((6, 7)), np.zeros((6, 7))
    da.store([x + 1, x * 2], [first, second])

    np.testing.assert_array_equal(first, DATA + 1)
    np.testing.assert_array_equal(second, DATA * 2)
    assert calls == [42]


@pytest.mark.parametrize(
    "region",
    [
        (slice(2, 8), slice(1, 8)),
        (slice(2, 8),),
        (slice(None, 12, 2), slice(0, 7)),
        (slice(6), Ellipsis, slice(-7, None)),
    ],
)
def test_regions_of_targets_are_written(region):
    target, expected = np.zeros((12, 9)), np.zeros((12, 9))
    target, expected = (a[:, :7] if len(region) == 1 else a for a in (target, expected))
    expected[region] = DATA

    da.store(blocked(), target, regions=region)

    np.testing.assert_array_equal(target, expected)


def test_a_region_may_lack_a_dimension():
    target = np.zeros((3, 7))
    da.store([blocked()[1], blocked()[2]], [target, target],
             regions=[(0, slice(None)), (-1, slice(None))])  # fmt: skip

    np.testing.assert_array_equal(target, [DATA[1], np.zeros(7), DATA[2]])


def test_nothing_is_written_before_it_is_computed():
    target = np.zeros((6, 7))
    lazy = da.store(blocked(), target, compute=False)
    assert target.sum() == 0

    assert lazy.compute() is None
    np.testing.assert_array_equal(target, DATA)


@pytest.mark.parametrize("compute", [True, False])
@pytest.mark.parametrize("load_stored", [None, True, False])
def test_what_was_stored_can_be_returned(compute, load_stored):
    target = np.zeros((6, 7), "f4")
    x = da.store(blocked(), target, compute=compute, return_stored=True, load_stored=load_stored)

    np.testing.assert_array_equal(x.compute(), DATA)
    np.testing.assert_array_equal(target, DATA)
    (y,) = da.store([blocked()], [target], return_stored=True, regions=[(slice(0, 6),)])
    assert_eq(y, DATA.astype("f4"))


def test_targets_may_be_delayed():
    target = np.zeros((8, 7))
    lazy = treadle.delayed(lambda: target)()

    da.store(blocked(), lazy, regions=(slice(1, 7), slice(None)))

    np.testing.assert_array_equal(target[1:7], DATA)


def test_locks_are_held_while_writing():
    lock = threading.Lock()

    class Guarded:
        shape = (6, 7)
        taken = 0

        def __setitem__(self, index, block):
            assert lock.locked()
            self.taken += block.size

    target = Guarded()
    da.store(blocked(), target, lock=lock)

    assert target.taken == 42


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="can't fill"):
        da.store(blocked(), np.zeros((6, 8)))
    with pytest.raises(ValueError, match="can't fill"):
        da.store(blocked(), np.zeros((6, 7)), regions=(slice(0, 3),))
    with pytest.raises(ValueError, match="2 targets"):
        da.store([blocked()], [np.zeros((6, 7))] * 2)
    with pytest.raises(ValueError, match="2 regions"):
        da.store([blocked()], [np.zeros((6, 7))], regions=[(), ()])
    with pytest.raises(TypeError, match="arrays in blocks"):
        da.store([DATA], [np.zeros((6, 7))])
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.store(unknown(), np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        da.store(da.ones(3), np.broadcast_to(0.0, 3))


# -- zarr ------------------------------------------------------------------------------------------


def test_zarr_arrays_are_written_and_read_on_every_engine(tmp_path, engine):
    pytest.importorskip("zarr")
    lazy = da.to_zarr(blocked(), tmp_path / "x.zarr", compute=False)
    lazy.compute(scheduler=engine)
    x = da.from_zarr(tmp_path / "x.zarr")

    assert x.chunks == ((4, 2), (3, 3, 1))
    assert_eq(x[1:, ::-2], DATA[1:, ::-2], scheduler=engine)


def test_uneven_blocks_are_evened_for_zarr(tmp_path):
    pytest.importorskip("zarr")
    x = da.from_array(DATA, chunks=((1, 3, 2), (2, 5)))

    assert_eq(da.to_zarr(x, str(tmp_path), return_stored=True), DATA)
    assert_eq(da.from_zarr(str(tmp_path)), DATA)


def test_modes_say_what_becomes_of_arrays_that_are_there(tmp_path):
    zarr = pytest.importorskip("zarr")
    da.to_zarr(blocked(), tmp_path, component="x")
    for mode in ("a", "w-"):
        with pytest.raises(zarr.errors.ContainsArrayError):
            da.to_zarr(blocked(), tmp_path, component="x", mode=mode)
    da.to_zarr(blocked() + 1, tmp_path, component="x", mode="w")
    assert_eq(da.from_zarr(tmp_path, component="x"), DATA + 1)
    da.to_zarr(da.zeros((2, 7)), tmp_path, "x", mode="r+", region=(slice(1, 3), slice(None)))
    assert da.from_zarr(tmp_path, "x").compute()[1:3].sum() == 0
    with pytest.raises(ValueError, match="mode"):
        da.to_zarr(blocked(), tmp_path, mode="r")


def test_blocks_are_rechunked_to_whole_chunks_of_a_zarr_array():
    zarr = pytest.importorskip("zarr")
    target = zarr.create_array({}, shape=(12, 7), chunks=(4, 4), dtype="f8")

    da.to_zarr(blocked(chunks=(1, 1)), target, region=(slice(3, 9), slice(None)))

    np.testing.assert_array_equal(target[3:9], DATA)
    with pytest.raises(ValueError, match="can't fill"):
        da.to_zarr(blocked(), target)


def test_shards_and_other_options_are_those_of_zarr(tmp_path):
    pytest.importorskip("zarr")
    da.to_zarr(blocked(chunks=2), tmp_path, shards=(4, 4), chunks=(2, 2), fill_value=5.0)

    assert da.from_zarr(tmp_path).chunks == ((4, 2), (4, 3))
    assert_eq(da.from_zarr(tmp_path, chunks=5), DATA)


def test_zarr_arrays_of_any_shape(tmp_path):
    pytest.importorskip("zarr")
    for n, a in enumerate([np.float32(3), np.zeros((0, 3)), np.arange(5, dtype="m8[D]")]):
        da.to_zarr(da.from_array(a), tmp_path, component=f"{n}")
        assert_eq(da.from_zarr(tmp_path, component=f"{n}"), np.asarray(a))


def test_zarr_needs_known_lengths_and_an_array_for_a_region(tmp_path):
    pytest.importorskip("zarr")
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.to_zarr(unknown(), tmp_path)
    with pytest.raises(ValueError, match="region"):
        da.to_zarr(blocked(), tmp_path, region=(slice(1, 2),))


# -- HDF5 ------------------------------------------------------------------------------------------


def test_datasets_of_hdf5_are_written_and_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    da.to_hdf5(tmp_path / "a.h5", {"/x": blocked(), "group/y": blocked()[0]}, compression="gzip")
    blocked().to_hdf5(tmp_path / "a.h5", "/z", chunks=None)

    with h5py.File(tmp_path / "a.h5", "r") as file:
        assert file["x"].chunks == (4, 3)
        assert file["z"].chunks is None
        assert_eq(da.from_array(file["x"]), DATA)
        assert_eq(da.from_array(file["group/y"], chunks=2), DATA[0])


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_hdf5_is_written_by_every_engine(tmp_path, scheduler):
    h5py = pytest.importorskip("h5py")
    with treadle.config.set(scheduler=scheduler):
        da.to_hdf5(str(tmp_path / "a.h5"), "/x", blocked())

    with h5py.File(tmp_path / "a.h5", "r") as file:
        np.testing.assert_array_equal(file["x"], DATA)


def test_open_datasets_are_targets(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        target = file.create_dataset("x", (6, 7), "f8")
        da.store(blocked(), target)
        np.testing.assert_array_equal(target, DATA)


def test_hdf5_needs_names_and_known_lengths(tmp_path):
    pytest.importorskip("h5py")
    with pytest.raises(ValueError, match="a name and an array"):
        da.to_hdf5(tmp_path / "a.h5", blocked())
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.to_hdf5(tmp_path / "a.h5", "/x", unknown())


# -- stacks of .npy files --------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("mmap_mode", ["r", None])
def test_npy_stacks_are_written_and_read(tmp_path, axis, mmap_mode):
    da.to_npy_stack(tmp_path / "stack", blocked(), axis=axis)
    x = da.from_npy_stack(str(tmp_path / "stack"), mmap_mode=mmap_mode)

    assert x.chunks == (((4, 2), (7,)) if axis == 0 else ((6,), (3, 3, 1)))
    assert_eq(x, DATA)
    assert_eq(x[2, 1:] + 1, DATA[2, 1:] + 1)


def test_npy_stacks_on_every_engine(tmp_path, engine):
    da.to_npy_stack(tmp_path, blocked())

    assert_eq(da.from_npy_stack(tmp_path), DATA, scheduler=engine)


def test_npy_stacks_are_those_of_dask(tmp_path):
    theirs = pytest.importorskip("dask.array")
    theirs.to_npy_stack(str(tmp_path / "a"), theirs.from_array(DATA, chunks=(4, 3)))
    assert_eq(da.from_npy_stack(tmp_path / "a"), DATA)
    da.to_npy_stack(tmp_path / "b", blocked())
    np.testing.assert_array_equal(theirs.from_npy_stack(str(tmp_path / "b")).compute(), DATA)


class Harmful:
    def __reduce__(self):
        return print, ("harm",)


def test_descriptions_of_stacks_call_nothing(tmp_path, capsys):
    (tmp_path / "info").write_bytes(pickle.dumps({"chunks": ((1,),), "axis": Harmful()}))

    with pytest.raises(pickle.UnpicklingError, match="print"):
        da.from_npy_stack(tmp_path)
    assert capsys.readouterr().out == ""


def test_npy_stacks_need_an_axis_and_known_lengths(tmp_path):
    with pytest.raises(np.exceptions.AxisError):
        da.to_npy_stack(tmp_path, blocked(), axis=2)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.to_npy_stack(tmp_path, unknown())


# -- files of elements -----------------------------------------------------------------------------


def test_elements_are_written_and_read_on_every_engine(tmp_path, engine):
    lazy = blocked().tofile(tmp_path / "x", compute=False)
    lazy.compute(scheduler=engine)

    np.testing.assert_array_equal(np.fromfile(tmp_path / "x").reshape(6, 7), DATA)
    assert_eq(da.fromfile(tmp_path / "x", float, (6, 7), 3), DATA, scheduler=engine)


def test_parts_of_files_are_read(tmp_path):
    DATA.tofile(tmp_path / "x")

    assert_eq(da.fromfile(tmp_path / "x", offset=8, chunks=10), DATA.ravel()[1:])
    assert_eq(da.fromfile(tmp_path / "x", shape=(2, 3)), DATA.ravel()[:6].reshape(2, 3))
    with pytest.raises(ValueError, match="too few"):
        da.fromfile(tmp_path / "x", shape=100)


def test_files_without_elements(tmp_path):
    da.ones((0, 3)).tofile(tmp_path / "x")

    assert_eq(da.fromfile(tmp_path / "x", shape=(0, 3)), np.empty((0, 3)))


def test_text_and_objects_are_not_written_side_by_side(tmp_path):
    with pytest.raises(NotImplementedError, match="compute"):
        da.tofile(blocked(), tmp_path / "x", sep=",")
    with pytest.raises(ValueError, match="objects"):
        da.tofile(da.from_array(np.array([None])), tmp_path / "x")
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.tofile(unknown(), tmp_path / "x")
