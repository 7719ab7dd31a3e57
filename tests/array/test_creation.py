"""Arrays that are made of a shape, or of the places of their elements."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq
from treadle.graph.graph import Graph

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


def blocks_of(x):
    """Names and tasks that computing an array takes."""
    graph = Graph()
    x.__treadle_lower__(graph)
    return {name: layer.rows for name, layer in graph.layers.items() if not layer.alias}


@pytest.mark.parametrize("name", ["ones", "zeros"])
@pytest.mark.parametrize("shape", [(), 3, (4, 5), (0, 3), np.int64(2), [2, 3]])
def test_constants_are_those_of_numpy(name, shape):
    assert_eq(getattr(da, name)(shape, chunks=2), getattr(np, name)(shape))
    assert_eq(getattr(da, name)(shape, dtype="i2"), getattr(np, name)(shape, "i2"))


@pytest.mark.parametrize("value", [7, 2.5, True, 1j, np.float32(3), "ab", np.datetime64("2020")])
def test_full_takes_the_dtype_of_its_value(value):
    assert_eq(da.full((3, 2), value, chunks=2), np.full((3, 2), value))


def test_full_refuses_more_than_one_value():
    with pytest.raises(ValueError, match="must be a scalar"):
        da.full(3, [1, 2, 3])


def test_constants_run_on_every_engine(engine):
    assert_eq(da.ones((4, 3), chunks=2) + da.arange(3, chunks=2), np.ones((4, 3)) + np.arange(3),
              scheduler=engine)  # fmt: skip


def test_empty_has_shape_and_dtype():
    x = da.empty((3, 4), dtype="i1", chunks=2)

    assert (x.shape, x.dtype, x.compute().shape) == ((3, 4), np.int8, (3, 4))


def test_order_is_the_layout_of_blocks():
    assert da.ones((4, 4), order="F").compute().flags.f_contiguous
    with pytest.raises(ValueError, match="order"):
        da.ones(3, order="X")


def test_bad_shapes_and_devices_are_refused():
    with pytest.raises(ValueError, match="negative"):
        da.ones((3, -1))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.ones((float("nan"), 2))
    with pytest.raises(ValueError, match="device"):
        da.zeros(3, device="gpu")
    with pytest.raises(ValueError, match="add up to"):
        da.ones(3, chunks=((1, 1),))


def test_equal_calls_have_equal_names_and_others_have_others():
    names = [da.ones(4, chunks=2), da.ones(4, chunks=3), da.zeros(4, chunks=2), da.ones(4, "f4")]

    assert da.ones(4, chunks=2).name == names[0].name
    assert len({x.name for x in names}) == 4
    assert da.ones(4, name="mine").name == "mine"


def test_creation_and_its_users_are_one_task_a_block():
    x = da.ones((4, 4), chunks=2)

    assert list(blocks_of((x + x.T * 2) - da.arange(4, chunks=2)).values()) == [4]


@pytest.mark.parametrize(
    "x", [da.ones(7, chunks=2), da.arange(7, chunks=2), da.from_array(np.arange(7), chunks=2)]
)
def test_what_is_made_is_made_in_the_blocks_that_are_wanted(x):
    wanted = x.rechunk(3)

    assert list(blocks_of(wanted).values()) == [3]
    assert_eq(wanted, x.compute())


@pytest.mark.parametrize("name", ["ones_like", "zeros_like"])
def test_like_takes_over_what_is_not_said(name):
    ours, theirs = getattr(da, name), getattr(np, name)
    a = np.arange(6.0).reshape(2, 3)
    x = da.from_array(a, chunks=(1, 2))

    assert_eq(ours(x), theirs(a))
    assert ours(x).chunks == x.chunks
    assert_eq(ours(x, dtype=int), theirs(a, dtype=int))
    assert_eq(ours(x, shape=(4,), chunks=3), theirs(a, shape=(4,)))
    assert ours(x, chunks=2).chunks == ((2,), (2, 1))
    assert_eq(da.full_like(x, 3), np.full_like(a, 3))
    assert da.empty_like(a).shape == a.shape


def test_like_keeps_what_is_masked():
    a = np.ma.masked_array([1.0, 2, 3], mask=[0, 1, 0])

    assert_eq(da.zeros_like(da.from_array(a, chunks=2)), np.zeros_like(a))


def test_like_makes_sparse_blocks_of_sparse_ones():
    sparse = pytest.importorskip("sparse")
    x = da.from_array(sparse.COO.from_numpy(np.eye(3)), chunks=2)

    assert isinstance(da.zeros_like(x, shape=(2, 2)).compute(), sparse.COO)
    assert isinstance(da.ones(3, like=sparse.COO.from_numpy(np.eye(3))).compute(), sparse.COO)


def test_like_works_on_unknown_lengths():
    x = da.from_array(np.arange(6), chunks=3)
    x = x[x > 3]

    assert_eq(da.ones_like(x), np.ones(2, int))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.ones_like(x, chunks=2)


# -- ranges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [(5,), (2, 9), (0, 10, 3), (10, 0, -3), (5, 2), (0,), (0.5, 4), (0, 1, 0.1), (1, 0, -0.3),
     (np.float32(0), np.float32(1), np.float32(0.1)), (np.uint8(3),), (True,)],
)  # fmt: skip
def test_arange_is_that_of_numpy(args):
    assert_eq(da.arange(*args, chunks=3), np.arange(*args), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", ["i1", "u1", "f2", "f4", "f8", "u8", "c16", "g"])
def test_arange_in_every_dtype(dtype):
    assert_eq(da.arange(1, 9, 2, dtype=dtype, chunks=3), np.arange(1, 9, 2, dtype=dtype))
    assert_eq(da.arange(9, 1, -2, dtype=dtype, chunks=3), np.arange(9, 1, -2, dtype=dtype))


@pytest.mark.parametrize(
    ("args", "dtype"),
    [
        ((np.datetime64("2020-01-01"), np.datetime64("2020-01-09")), None),
        ((np.datetime64("2020-01-01"), 5), None),
        ((np.datetime64("2020-01-01"), np.datetime64("2020-01-03"), np.timedelta64(7, "h")), None),
        (("2020-01-01", "2020-02-01"), "M8[D]"),
        (("2020-01", "2020-09"), "M8"),
        ((np.timedelta64(9, "s"),), None),
        ((np.timedelta64(0, "s"), np.timedelta64(1, "m"), 7), None),
    ],
)
def test_arange_of_dates(args, dtype):
    assert_eq(da.arange(*args, dtype=dtype, chunks=4), np.arange(*args, dtype=dtype))


def test_arange_refuses_what_has_no_length():
    with pytest.raises(TypeError, match="stop"):
        da.arange()
    with pytest.raises(ZeroDivisionError):
        da.arange(0, 3, 0)
    with pytest.raises(ZeroDivisionError):
        da.arange(0, 3.5, 0)
    with pytest.raises(ValueError, match="start and a stop"):
        da.arange(np.datetime64("2020-01-01"))
    with pytest.raises(ValueError, match="cannot compute length"):
        da.arange(0, float("inf"))


def test_long_ranges_cost_nothing_until_they_are_cut():
    x = da.arange(10**15, chunks=10**12)

    assert_eq(x[10**14 : 10**14 + 3], np.arange(10**14, 10**14 + 3))
    assert x[-1].compute() == 10**15 - 1


@quick
@given(st.integers(1, 4), st.sampled_from(["i8", "f4", "m8[D]"]), entries)
def test_slices_of_ranges_are_the_same_numbers(chunk, dtype, entry):
    x, expected = da.arange(4, dtype=dtype, chunks=chunk), np.arange(4, dtype=dtype)

    assert_eq(x[entry], expected[entry])
    assert len(blocks_of(x[entry])) == 1


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("num", [0, 1, 2, 11])
@pytest.mark.parametrize("ends", [(0, 1), (3, 3), (5, -2.5), (0, 1j), (0, 5e-324)])
def test_linspace_is_that_of_numpy(ends, num, endpoint):
    x, step = da.linspace(*ends, num, endpoint=endpoint, retstep=True, chunks=4)
    expected, expected_step = np.linspace(*ends, num, endpoint=endpoint, retstep=True)

    assert_eq(x, expected, rtol=0, atol=0)
    np.testing.assert_equal(step, expected_step)


def test_linspace_of_integers_and_its_slices():
    assert_eq(da.linspace(0, 7, 5, dtype=int, chunks=2), np.linspace(0, 7, 5, dtype=int))
    assert_eq(da.linspace(0, 7, 5, chunks=2)[-1], np.linspace(0, 7, 5)[-1])
    assert_eq(da.linspace(0, 7, 5, chunks=2)[::-2], np.linspace(0, 7, 5)[::-2])
    with pytest.raises(ValueError, match="non-negative"):
        da.linspace(0, 1, -1)
    with pytest.raises(ValueError, match="scalars"):
        da.linspace([0, 1], 2)


def test_logspace_and_geomspace_are_those_of_numpy():
    assert_eq(da.logspace(0, 3, 7, chunks=3), np.logspace(0, 3, 7))
    assert_eq(da.logspace(0, 3, 7, endpoint=False, base=2, chunks=3),
              np.logspace(0, 3, 7, endpoint=False, base=2))  # fmt: skip
    assert_eq(da.geomspace(1, 1000, 7, chunks=3), np.geomspace(1, 1000, 7))
    assert_eq(da.geomspace(-1, -16, 5, chunks=3)[1:], np.geomspace(-1, -16, 5)[1:])
    assert_eq(da.geomspace(1, 16, 5, chunks=3)[4], np.geomspace(1, 16, 5)[4])
    with pytest.raises(ValueError, match="zero"):
        da.geomspace(0, 1)
    with pytest.raises(ValueError, match="one sign"):
        da.geomspace(-1, 1)


# -- matrices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [-6, -2, 0, 1, 5])
def test_eye_and_tri_are_those_of_numpy(k):
    assert_eq(da.eye(5, chunks=2, M=4, k=k), np.eye(5, 4, k))
    assert_eq(da.tri(5, 4, k, chunks=(2, 3)), np.tri(5, 4, k))
    assert_eq(da.identity(3, int, chunks=2), np.identity(3, int))


@quick
@given(st.integers(-3, 3), entries, entries)
def test_slices_of_matrices_are_those_of_numpy(k, rows, columns):
    assert_eq(da.eye(4, chunks=3, k=k)[rows, columns], np.eye(4, k=k)[rows, columns])
    assert_eq(da.tri(4, chunks=3, k=k)[rows, columns], np.tri(4, k=k)[rows, columns])
    assert_eq(da.indices((4, 4), chunks=3)[1, rows, columns], np.indices((4, 4))[1, rows, columns])


@pytest.mark.parametrize("k", [-3, 0, 2])
@pytest.mark.parametrize("shape", [(5, 4), (2, 3, 5), (0, 3)])
def test_triangles_are_those_of_numpy(shape, k):
    a = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 1
    x = da.from_array(a, chunks=2)

    assert_eq(da.tril(x, k), np.tril(a, k))
    assert_eq(da.triu(x, k), np.triu(a, k))


def test_triangles_need_two_dimensions():
    with pytest.raises(ValueError, match="two dimensions"):
        da.tril(da.ones(3))


@pytest.mark.parametrize("k", [-9, -2, 0, 1, 3])
def test_diag_puts_a_vector_on_a_diagonal_and_takes_it_off(k, engine):
    v = np.arange(1, 6)
    x = da.from_array(v, chunks=2)
    square = da.diag(x, k)

    assert_eq(square, np.diag(v, k), scheduler=engine)
    assert_eq(da.diag(square, k), v)


@quick
@given(
    st.permutations([0, 1, 2]),
    st.integers(-5, 5),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
)
def test_diagonals_are_those_of_numpy(axes, offset, chunks):
    a = np.arange(60).reshape(3, 4, 5)
    x = da.from_array(a, chunks=tuple(map(min, chunks, a.shape)))

    assert_eq(da.diagonal(x, offset, axes[0], axes[1]), np.diagonal(a, offset, axes[0], axes[1]))


def test_diagonals_of_bad_axes_are_refused():
    x = da.ones((3, 3), chunks=2)

    with pytest.raises(np.exceptions.AxisError):
        da.diagonal(x, 0, 0, 2)
    with pytest.raises(ValueError, match="the same"):
        da.diagonal(x, 0, 1, -1)
    with pytest.raises(ValueError, match="two dimensions"):
        da.diagonal(da.ones(3))
    with pytest.raises(ValueError, match="one or two"):
        da.diag(da.ones((2, 2, 2)))


def test_vander_is_that_of_numpy():
    a = np.array([1, 2, 3, 5])
    x = da.from_array(a, chunks=3)

    assert_eq(da.vander(x), np.vander(a))
    assert_eq(da.vander(x, 2, increasing=True), np.vander(a, 2, increasing=True))


# -- grids of indices ------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", [(), (3,), (3, 4), (2, 0)])
def test_indices_are_those_of_numpy(dimensions):
    assert_eq(da.indices(dimensions, chunks=2), np.indices(dimensions))
    assert_eq(da.indices(dimensions, dtype="f4", chunks=2), np.indices(dimensions, dtype="f4"))


def test_fromfunction_is_that_of_numpy(engine):
    def place(i, j, base=10):
        return base * i + j

    x = da.fromfunction(place, shape=(5, 4), chunks=2, base=3)

    assert_eq(x, np.fromfunction(place, (5, 4), base=3), scheduler=engine)
    assert_eq(x[3, ::2], np.fromfunction(place, (5, 4), base=3)[3, ::2])


def test_fromfunction_learns_the_dtype_of_its_result():
    assert_eq(da.fromfunction(np.equal, shape=(3, 3), chunks=2), np.fromfunction(np.equal, (3, 3)))
    assert_eq(da.fromfunction(lambda i: 2, shape=3, dtype=int, chunks=2), np.full(3, 2))
    with pytest.raises(ValueError, match="needs a shape"):
        da.fromfunction(np.equal)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_meshgrid_is_that_of_numpy(indexing, sparse, count):
    coordinates = [np.arange(4), np.linspace(0, 1, 3), np.arange(2)][:count]
    ours = da.meshgrid(
        *[da.from_array(c, chunks=2) for c in coordinates], indexing=indexing, sparse=sparse
    )

    for x, expected in zip(
        ours, np.meshgrid(*coordinates, indexing=indexing, sparse=sparse), strict=True
    ):
        assert_eq(x, expected)


def test_meshgrid_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="indexing"):
        da.meshgrid([1], indexing="yx")
    with pytest.raises(TypeError, match="unexpected"):
        da.meshgrid([1], dense=True)


def test_nothing_is_computed_while_arrays_are_described():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (
            da.eye(10**9, chunks=10**5),
            da.tri(10**9, chunks=10**5),
            da.ones((10**9, 10**9)),
        ):
            assert x.ndim == 2
