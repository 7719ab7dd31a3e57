"""Arrays that exist already: views of memory, and sources that are read piece by piece."""

from __future__ import annotations

import pickle
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq

quick = settings(deadline=None, max_examples=50)
entries = st.one_of(
    st.integers(-4, 3),
    st.builds(
        slice,
        st.none() | st.integers(-6, 6),
        st.none() | st.integers(-6, 6),
        st.sampled_from([None, 1, 2, 3, -1, -2]),
    ),
)


class Kind(np.ndarray):
    """A kind of array."""


class Source:
    """An array that only knows slices, and counts what is read of it."""

    def __init__(self, data):
        self._data = np.asarray(data)
        self.shape, self.dtype = self._data.shape, self._data.dtype
        self.read = 0
        self.reads = 0

    def __getitem__(self, index):
        assert all(type(entry) is slice and entry.step in (None, 1) for entry in index), index
        piece = self._data[index]
        self.read += piece.size
        self.reads += 1
        return piece


@pytest.mark.parametrize("chunks", [1, 2, (2, 3), -1, "auto", ((1, 3), (2, 1))])
def test_blocks_are_slices_of_the_array(chunks):
    a = np.arange(12).reshape(4, 3)

    assert_eq(da.from_array(a, chunks=chunks), a)
    assert_eq(da.from_array(Source(a), chunks=chunks), a)


@pytest.mark.parametrize("value", [3, 2.5, True, "text", [1, 2], ((1, 2), (3, 4)), np.float32(1)])
def test_what_is_no_array_becomes_one(value):
    assert_eq(da.from_array(value), np.asarray(value))


def test_engines_read_memory_and_sources(engine):
    a = np.arange(12).reshape(4, 3)

    assert_eq(da.from_array(a, chunks=2) + 1, a + 1, scheduler=engine)
    assert_eq(da.from_array(Source(a), chunks=2)[::-2, 1], a[::-2, 1], scheduler=engine)


def test_other_collections_are_refused():
    with pytest.raises(ValueError, match="already"):
        da.from_array(da.ones(3))
    with pytest.raises(TypeError, match="from_delayed"):
        da.from_array(treadle.delayed(3))
    with pytest.raises(TypeError, match="lock"):
        da.from_array(Source([1]), lock="please")


def test_names_stand_for_content():
    a = np.arange(4)

    assert da.from_array(a, chunks=2).name == da.from_array(a.copy(), chunks=2).name
    assert da.from_array(a, chunks=2).name != da.from_array(a, chunks=3).name
    assert da.from_array(a, chunks=2).name != da.from_array(a + 1, chunks=2).name
    assert da.from_array(a, name=False).name != da.from_array(a, name=False).name
    assert da.from_array(a, name="mine").name == "mine"


def test_changing_the_array_or_the_result_changes_nothing_else():
    a = np.arange(4)
    x = da.from_array(a)
    a[0] = 9
    x.compute()[1] = 9

    assert_eq(x, np.arange(4))


def test_read_only_arrays_are_not_copied():
    a = np.arange(4)
    a.flags.writeable = False

    assert da.from_array(a).expr.of is a


def test_blocks_are_views_that_tasks_cannot_change():
    x = da.from_array(np.arange(4), chunks=2)

    def spoil(block):
        block[:] = 0
        return block

    with pytest.raises(ValueError, match="read-only"):
        da.elemwise(spoil, x, dtype=int).compute(scheduler="sync")


def test_masked_and_sparse_arrays_keep_their_kind():
    sparse = pytest.importorskip("sparse")
    masked = np.ma.masked_array(np.arange(4.0), mask=[0, 1, 1, 0])
    coo = sparse.COO.from_numpy(np.eye(4))

    assert_eq(da.from_array(masked, chunks=3), masked)
    assert_eq(da.from_array(coo, chunks=3)[1:], coo[1:])
    assert_eq(da.from_array(masked, asarray=True), np.asarray(masked))


def test_meta_says_which_kind_pieces_are():
    masked = np.ma.masked_array(np.arange(4.0), mask=[0, 1, 1, 0])
    x = da.from_array(
        Source(masked.data), chunks=2, asarray=False, getitem=masked_pieces, meta=masked[:0]
    )

    assert isinstance(x.meta, np.ma.MaskedArray)
    assert isinstance(x.compute(), np.ma.MaskedArray)


def test_numpy_arrays_may_be_wished_for():
    masked = np.ma.masked_array(np.arange(4.0), mask=[0, 1, 1, 0])

    assert type(da.from_array(masked, meta=np.ndarray).compute()) is np.ndarray


def masked_pieces(source, index):
    return np.ma.masked_array(source[index])


# -- reading ---------------------------------------------------------------------------------------


def test_nothing_is_read_before_it_is_computed():
    source = Source(np.ones((4, 4)))
    x = da.from_array(source, chunks=2)
    (x + 1)[:2].astype("f4")

    assert source.read == 0


@pytest.mark.parametrize(
    ("index", "read"),
    [
        ((slice(3, 5), slice(None)), 20),
        ((2, slice(None)), 10),
        ((2, 3), 1),
        ((slice(4, None, 5), slice(0, 3)), 6),
        ((slice(2, 0, -1), 1), 2),
        ((slice(0, 0), slice(None)), 0),
        ((slice(None, None, -1), slice(0, 5)), 50),
    ],
)
def test_a_slice_reads_what_it_takes(index, read):
    source = Source(np.arange(100).reshape(10, 10))

    assert_eq(da.from_array(source, chunks=(5, 10))[index], np.arange(100).reshape(10, 10)[index])
    assert source.read == read


def test_slices_go_through_operations_down_to_the_source():
    source = Source(np.arange(100).reshape(10, 10))
    x = da.from_array(source, chunks=5)

    assert_eq(((x + 1) * 2)[1:9][2], ((source._data + 1) * 2)[1:9][2])
    assert source.read == 10


def test_what_several_take_is_read_once():
    source = Source(np.arange(10))
    x = da.from_array(source, chunks=5)
    assert_eq(x[1:] - x[:-1], np.ones(9, int))

    assert source.read == 10


def test_a_source_that_is_used_twice_is_read_once():
    source = Source(np.arange(10))
    x = da.from_array(source, chunks=5)
    assert_eq((x + 1) * x, (source._data + 1) * source._data)

    assert (source.read, source.reads) == (10, 2)


@quick
@given(st.integers(1, 4), st.integers(1, 4), entries, entries, entries)
def test_slices_of_sources_and_memory_are_those_of_numpy(rows, columns, first, second, third):
    a = np.arange(16).reshape(4, 4)
    expected = a[first, second]
    for x in (da.from_array(a, chunks=(rows, columns)), da.from_array(Source(a), (rows, columns))):
        found = x[first, second]
        assert_eq(found, expected)
        if expected.ndim and (isinstance(third, slice) or -len(expected) <= third < len(expected)):
            assert_eq(found[third], expected[third])


def test_blocks_that_are_merged_are_read_at_once():
    source = Source(np.arange(12))
    merged = da.from_array(source, chunks=2).rechunk(6)
    other = da.from_array(source, chunks=2).rechunk(3)

    assert_eq(merged, source._data)
    assert (source.read, source.reads) == (12, 2)
    assert_eq(other, source._data)
    assert (source.read, source.reads) == (24, 8)


def test_a_lock_is_held_while_reading():
    lock = threading.Lock()

    class Guarded(Source):
        def __getitem__(self, index):
            assert lock.locked()
            return super().__getitem__(index)

    assert_eq(da.from_array(Guarded(np.arange(4)), chunks=2, lock=lock), np.arange(4))


def test_getitem_reads_instead_of_subscripts():
    seen = []

    def reader(source, index, asarray=True, lock=None):
        seen.append((index, asarray, lock))
        return source[index]

    assert_eq(da.from_array(np.arange(4), chunks=2, getitem=reader, asarray=True), np.arange(4))
    assert sorted(seen, key=str) == [((slice(0, 2),), True, None), ((slice(2, 4),), True, None)]


def test_arrays_of_sources_can_be_pickled():
    x = da.from_array(Source(np.arange(4)), chunks=2)

    assert_eq(pickle.loads(pickle.dumps(x)), np.arange(4))


# -- files -----------------------------------------------------------------------------------------


def test_mapped_files_are_read_on_every_engine(tmp_path, engine):
    data = np.arange(24.0).reshape(4, 6)
    file = np.memmap(tmp_path / "data", "f8", "w+", 8, (4, 6))
    file[:] = data
    file.flush()
    mapped = np.memmap(tmp_path / "data", "f8", "r", 8, (4, 6))

    assert_eq(da.from_array(mapped, chunks=3), data, scheduler=engine)
    assert_eq(da.from_array(mapped[1:, ::-2], chunks=2), data[1:, ::-2], scheduler=engine)


def test_tasks_and_results_do_not_write_to_mapped_files(tmp_path):
    file = np.memmap(tmp_path / "data", "f8", "w+", 0, (4,))
    x = da.from_array(file)
    x.compute()[:] = 1

    assert file.sum() == 0
    file[0] = 5  # a source may change: what is read is what there is
    assert_eq(x, np.array([5.0, 0, 0, 0]))
    assert da.from_array(file).name != x.name


def test_names_of_files_change_with_the_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4))
    first = da.from_array(np.load(tmp_path / "a.npy", mmap_mode="r"))
    again = da.from_array(np.load(tmp_path / "a.npy", mmap_mode="r"))
    np.save(tmp_path / "a.npy", np.arange(5))
    other = da.from_array(np.load(tmp_path / "a.npy", mmap_mode="r"))

    assert first.name == again.name != other.name


def test_private_maps_are_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    private = np.load(tmp_path / "a.npy", mmap_mode="c")
    private[1] = 7

    assert_eq(da.from_array(private, chunks=2), np.array([0.0, 7, 0]))


def test_datasets_of_hdf5_are_read_on_every_engine(tmp_path, engine):
    h5py = pytest.importorskip("h5py")
    data = np.arange(24).reshape(4, 6)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("group/x", data=data, chunks=(2, 2))

    with h5py.File(tmp_path / "a.h5", "r") as file:
        x = da.from_array(file["group/x"], chunks=3, lock=True)
        assert_eq(x[1:, ::-2], data[1:, ::-2], scheduler=engine)


def test_auto_chunks_are_whole_chunks_of_the_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file, treadle.config.set({"array.chunk-size": 800}):
        x = file.create_dataset("x", (100, 100), "f8", chunks=(3, 5))

        assert all(length % 3 == 0 for length in da.from_array(x).chunks[0][:-1])
        assert all(length % 5 == 0 for length in da.from_array(x).chunks[1][:-1])


# -- as an array -----------------------------------------------------------------------------------


def test_asarray_takes_what_there_is():
    x = da.ones(3, chunks=2)

    assert da.asarray(x) is x
    assert da.asanyarray(x) is x
    assert_eq(da.asarray([1, 2], dtype="f4"), np.array([1, 2], "f4"))
    assert_eq(da.asarray(np.array([[1]]).view(Kind)), np.array([[1]]))
    assert_eq(da.asanyarray(np.array([[1]]).view(Kind)), np.array([[1]]).view(Kind))
    assert_eq(da.asarray([da.ones(2, chunks=1), np.zeros(2)]), np.array([[1.0, 1], [0, 0]]))
    assert_eq(da.asarray([[x, x], [x, x]]), np.ones((2, 2, 3)))


def test_asarray_changes_dtype_layout_and_kind():
    a = np.arange(6).reshape(2, 3)

    assert_eq(da.asarray(da.from_array(a, chunks=2), dtype="f4"), a.astype("f4"))
    assert da.asarray(a, order="F").compute().flags.f_contiguous
    assert da.asfortranarray(a).compute().flags.f_contiguous
    assert da.ascontiguousarray(a.T).compute().flags.c_contiguous
    assert_eq(da.ascontiguousarray(3), np.ascontiguousarray(3))
    with pytest.raises(ValueError, match="without a copy"):
        da.asarray(da.ones(3), dtype=int, copy=False)
    with pytest.raises(ValueError, match="copies"):
        da.asarray(a, copy=False)


def test_array_adds_dimensions():
    assert_eq(da.array([1, 2], ndmin=3, dtype="i2"), np.array([1, 2], ndmin=3, dtype="i2"))


def test_locks_are_one_lock_wherever_they_are():
    from treadle.array.locks import SerializableLock

    lock = SerializableLock()
    copy = pickle.loads(pickle.dumps(lock))
    with lock:
        assert copy.locked()
        assert not copy.acquire(blocking=False)
        assert not SerializableLock().locked()

    assert copy.acquire(blocking=False)
    copy.release()
    assert "SerializableLock" in repr(lock)
