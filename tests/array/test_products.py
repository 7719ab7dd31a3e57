"""Products of arrays against NumPy's."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array import blas_threads, contraction
from treadle.array.testing import assert_eq
from treadle.graph.graph import Graph


def random(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def tasks_of(array):
    graph = Graph()
    array.__treadle_lower__(graph)
    return sum(layer.rows for layer in graph.layers.values() if not layer.alias)


lengths = st.integers(1, 5)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_matmul_of_any_shapes_and_blocks(data):
    m, k, n = (data.draw(lengths) for _ in range(3))
    left = data.draw(st.sampled_from([(k,), (m, k), (2, m, k), (1, m, k), (3, 1, m, k)]))
    right = data.draw(st.sampled_from([(k,), (k, n), (2, k, n), (1, k, n)]))
    a, b = random(*left), random(*right, seed=1)
    x = da.from_array(a, tuple(data.draw(st.integers(1, length)) for length in left))
    y = da.from_array(b, tuple(data.draw(st.integers(1, length)) for length in right))

    assert_eq(x @ y, a @ b)


@pytest.mark.parametrize("dtype", ["i1", "i8", "f4", "c16", "?", "O"])
def test_matmul_has_numpys_dtypes(dtype):
    a = (random(5, 4) * 4).round().astype(dtype)
    b = (random(4, 3, seed=1) * 4).round().astype(dtype)

    found = da.from_array(a, (2, 2)) @ da.from_array(b, (2, 2))

    assert found.dtype == (a @ b).dtype
    assert_eq(found, a @ b, rtol=1e-5)


def test_matmul_takes_arrays_in_memory_and_numpys_functions_take_ours():
    a, b = random(5, 4), random(4, 3)
    x = da.from_array(a, 2)

    assert_eq(x @ b, a @ b)
    assert_eq(a.T @ x, a.T @ a)
    assert_eq(np.matmul(x, b), a @ b)
    assert_eq(np.tensordot(x, x, axes=((0,), (0,))), a.T @ a)
    assert_eq(np.einsum("ij,kj", x, x), a @ a.T)
    assert_eq(da.matmul(x, b, dtype="f4"), np.matmul(a.astype("f4"), b.astype("f4")), rtol=1e-5)


def test_long_sums_are_made_in_chains():
    a = random(200, 3)
    x = da.from_array(a, (1, 3))

    gram = da.tensordot(x, x, axes=((0,), (0,)))

    assert_eq(gram, a.T @ a)
    assert tasks_of(gram) < 200 + 60  # blocks, and not a task for each product


def test_chains_hold_no_more_than_allowed(monkeypatch):
    monkeypatch.setattr(contraction, "TASK_BYTES", 100)
    monkeypatch.setattr(contraction, "CHAINS_BYTES", 100)
    a, b = random(6, 30), random(30, 4)

    found = da.from_array(a, (3, 2)) @ da.from_array(b, (2, 4))

    assert_eq(found, a @ b)


@pytest.mark.parametrize("chains", [1, 3, 7, 16])
@pytest.mark.parametrize("products", [1, 2, 5])
def test_sums_are_right_however_they_are_cut(monkeypatch, chains, products):
    monkeypatch.setattr(contraction, "CHAINS", chains)
    monkeypatch.setattr(contraction, "TASK_PRODUCTS", products)
    a = random(3, 23)

    assert_eq(da.from_array(a, (2, 1)) @ da.from_array(a.T, (1, 2)), a @ a.T)
    assert_eq(da.einsum("ij->", da.from_array(a, (2, 1))), a.sum())


def test_factors_are_not_changed():
    a, b = random(4, 8), random(8, 4)
    before = a.copy(), b.copy()

    (da.from_array(a, 2) @ da.from_array(b, 2)).compute(scheduler="sync")
    da.einsum("ii->i", da.from_array(a[:, :4], 2)).compute(scheduler="sync")

    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


@settings(deadline=None, max_examples=50)
@given(st.slices(7), st.one_of(st.slices(5), st.integers(-5, 4)))
def test_slices_of_products_are_products_of_slices(rows, columns):
    a, b = random(7, 6), random(6, 5)
    product = da.from_array(a, 3) @ da.from_array(b, 2)

    assert_eq(product[rows, columns], (a @ b)[rows, columns])


def test_a_slice_of_a_product_multiplies_only_what_it_needs():
    x = da.from_array(random(40, 40), 10)

    assert tasks_of((x @ x)[0, 0]) < tasks_of(x @ x)


def test_matmul_refuses_what_numpy_refuses():
    x = da.ones((3, 4), chunks=2)

    with pytest.raises(ValueError, match="length 4"):
        x @ x
    with pytest.raises(ValueError, match="one dimension"):
        da.matmul(x, 2)
    with pytest.raises(ValueError, match="broadcast"):
        da.matmul(da.ones((2, 3, 3), chunks=2), da.ones((4, 3, 3), chunks=2))


def test_unknown_lengths_are_matched_as_they_are_or_refused():
    a = random(9, 3)
    keep = a[:, 0] > 0.4
    x = da.from_array(a, (4, 3))
    some = x[da.from_array(keep, 4)]

    assert_eq(some @ a[:3], a[keep] @ a[:3])
    assert_eq(da.tensordot(some, some, axes=((0,), (0,))), a[keep].T @ a[keep])
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        da.tensordot(some, da.ones((5, 2), chunks=5), axes=((0,), (0,)))


@pytest.mark.parametrize(
    "axes", [0, 1, 2, ((0, 1), (1, 0)), ([2], [0]), (1, 1), ((-1,), (-3,)), ((), ())]
)
def test_tensordot_is_numpys(axes):
    a = random(4, 4, 4)
    x = da.from_array(a, (2, 3, 1))

    assert_eq(da.tensordot(x, x, axes=axes), np.tensordot(a, a, axes=axes))


def test_tensordot_refuses_what_numpy_refuses():
    x = da.ones((3, 4), chunks=2)

    with pytest.raises(ValueError, match="length"):
        da.tensordot(x, x, axes=1)
    with pytest.raises(ValueError, match="dimensions"):
        da.tensordot(x, x, axes=3)
    with pytest.raises(np.exceptions.AxisError):
        da.tensordot(x, x, axes=((5,), (0,)))


@pytest.mark.parametrize(
    ("left", "right"),
    [((5,), (5,)), ((4, 5), (5,)), ((5,), (5, 3)), ((4, 5), (5, 3)), ((2, 4, 5), (3, 5, 2)),
     ((), (3,)), ((2, 3), ())],
)  # fmt: skip
def test_dot_is_numpys(left, right):
    a, b = random(*left), random(*right, seed=1)

    assert_eq(da.dot(da.from_array(a, 2), da.from_array(b, 2)), np.dot(a, b))
    assert_eq(da.from_array(a, 2).dot(b), np.dot(a, b))


def test_inner_outer_and_vdot_are_numpys():
    a, b = random(3, 4) + 1j * random(3, 4, seed=2), random(3, 4, seed=1)
    x, y = da.from_array(a, 2), da.from_array(b, (2, 3))

    assert_eq(da.inner(x, y), np.inner(a, b))
    assert_eq(da.outer(x, y), np.outer(a, b))
    assert_eq(da.vdot(x, y), np.vdot(a, b))
    assert_eq(da.inner(x, 2), np.inner(a, 2))
    with pytest.raises(ValueError, match="length"):
        da.inner(x, da.ones((2, 3), chunks=2))


@pytest.mark.parametrize(
    ("left", "right"), [((5,), (3,)), ((2, 3), (4, 2)), ((2, 3), (2,)), ((3,), (2, 2))]
)
def test_kron_is_numpys(left, right):
    a, b = random(*left), random(*right, seed=1)

    assert_eq(da.kron(da.from_array(a, 2), da.from_array(b, 1)), np.kron(a, b))


def test_products_of_stacks_of_vectors_are_numpys():
    vectors = random(2, 4, 5) + 1j * random(2, 4, 5, seed=2)
    stack = random(4, 5, 3, seed=1)
    x, y = da.from_array(vectors, (1, 2, 2)), da.from_array(stack, (3, 2, 2))

    assert_eq(da.vecdot(x, x), np.vecdot(vectors, vectors))
    assert_eq(da.vecdot(x, x, axis=0), np.vecdot(vectors, vectors, axis=0))
    if hasattr(np, "vecmat"):
        assert_eq(da.vecmat(x, y), np.vecmat(vectors, stack))
        assert_eq(da.matvec(da.moveaxis(y, 1, 2), x), np.matvec(np.moveaxis(stack, 1, 2), vectors))


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("ij,jk->ik", [(4, 5), (5, 3)]),
        ("ij,jk", [(4, 5), (5, 3)]),
        ("ji,jk", [(5, 4), (5, 3)]),
        ("ij->ji", [(4, 5)]),
        ("ij->", [(4, 5)]),
        ("ij->j", [(4, 5)]),
        ("ii->i", [(5, 5)]),
        ("ii", [(5, 5)]),
        ("iij->j", [(5, 5, 3)]),
        ("i,i", [(5,), (5,)]),
        ("i,j->ij", [(5,), (4,)]),
        ("...ij,...jk->...ik", [(2, 4, 5), (5, 3)]),
        ("...ij,...jk->...ik", [(2, 1, 4, 5), (3, 5, 3)]),
        ("i...->...", [(4, 5)]),
        ("ij,jk,kl->il", [(4, 5), (5, 3), (3, 6)]),
        ("ij,jk,kl,lm->im", [(4, 5), (5, 3), (3, 6), (6, 2)]),
        ("a,ab,abc->abc", [(2,), (2, 3), (2, 3, 4)]),
        ("ij,ij,ij->", [(4, 5), (4, 5), (4, 5)]),
        ("i j , j k", [(4, 5), (5, 3)]),
        ("ea,fb,abcd,gc,hd->efgh", [(3, 2), (3, 2), (2, 2, 2, 2), (3, 2), (3, 2)]),
        ("ij,jk->ik", [(4, 1), (5, 3)]),
    ],
)
@pytest.mark.parametrize("optimize", [True, False])
def test_einsum_is_numpys(text, shapes, optimize):
    values = [random(*shape, seed=n) for n, shape in enumerate(shapes)]
    arrays = [da.from_array(value, 2) for value in values]

    assert_eq(da.einsum(text, *arrays, optimize=optimize), np.einsum(text, *values))


def test_einsum_takes_lists_of_numbers_and_a_dtype():
    a, b = random(4, 5), random(5, 3)
    x, y = da.from_array(a, 2), da.from_array(b, 2)

    assert_eq(da.einsum(x, [0, 1], y, [1, 2]), np.einsum(a, [0, 1], b, [1, 2]))
    assert_eq(da.einsum(x, [0, 1], y, [1, 2], [2, 0]), np.einsum(a, [0, 1], b, [1, 2], [2, 0]))
    found = da.einsum("ij,jk", x, y, dtype="f4", casting="unsafe")
    assert_eq(found, np.einsum("ij,jk", a, b, dtype="f4", casting="unsafe"), rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("ij,jk", [(4, 5)]),
        ("ijk", [(4, 5)]),
        ("ij", [(4, 5, 6)]),
        ("ij,jk", [(4, 5), (4, 5)]),
        ("ij->ik", [(4, 5)]),
        ("ij->ii", [(4, 5)]),
        ("i1", [(4, 5)]),
        ("...->", [(4, 5)]),
    ],
)
def test_einsum_refuses_what_it_does_not_understand(text, shapes):
    with pytest.raises(ValueError, match="einsum"):
        da.einsum(text, *[da.ones(shape, chunks=2) for shape in shapes])


def test_masked_elements_are_left_out_of_products():
    a = np.ma.masked_array(random(4, 5), mask=random(4, 5, seed=1) > 0.7)
    x = da.from_array(a, 2)

    found = da.tensordot(x, x, axes=((1,), (1,))).compute(scheduler="sync")

    np.testing.assert_allclose(found, np.ma.dot(a, a.T))


def test_products_of_sparse_blocks_stay_sparse():
    sparse = pytest.importorskip("sparse")
    a = random(6, 6) * (random(6, 6, seed=1) > 0.5)
    x = da.from_array(sparse.COO.from_numpy(a), 3)

    found = (x @ x).compute(scheduler="sync")

    assert isinstance(found, sparse.COO)
    np.testing.assert_allclose(found.todense(), a @ a)


def test_products_on_every_engine(engine):
    a = random(12, 12)
    x = da.from_array(a, 5)

    assert_eq(x @ x, a @ a, scheduler=engine)
    assert_eq(da.einsum("ij,kj->", x, x), np.einsum("ij,kj->", a, a), scheduler=engine)


def test_threads_of_blas_are_divided_and_given_back(monkeypatch):
    threads = [8, 6]
    controls = [
        (lambda n=n: threads[n], lambda count, n=n: threads.__setitem__(n, count)) for n in range(2)
    ]
    monkeypatch.setattr(blas_threads, "_controls", controls)
    monkeypatch.setattr(blas_threads, "_find_controls", lambda: None)
    inside, go_on = threading.Barrier(2), threading.Event()

    def multiply():
        with blas_threads.shared_blas():
            inside.wait(timeout=30)
            go_on.wait(timeout=30)

    with blas_threads.shared_blas():
        alone = list(threads)
        other = threading.Thread(target=multiply)
        other.start()
        inside.wait(timeout=30)
        together = list(threads)
    go_on.set()
    other.join()

    assert (alone, together, threads) == ([8, 6], [4, 4], [8, 6])


def test_blas_is_found_without_threadpoolctl():
    for get, set_threads in blas_threads._bundled():
        before = get()
        set_threads(1)
        assert get() == 1
        set_threads(before)
        assert get() == before


def test_einsum_of_truths_and_numbers_sums_in_the_common_dtype():
    truths, numbers = np.ones((4, 3, 5), bool), np.arange(3.0)

    found = da.einsum("abc,b->a", da.from_array(truths, chunks=2), da.from_array(numbers, chunks=2))

    assert_eq(found, np.einsum("abc,b->a", truths, numbers))


def test_the_threads_of_blas_are_as_before_after_products_on_several_threads():
    blas_threads._find_controls()
    before = [get() for get, _ in blas_threads._controls]
    x = da.from_array(np.ones((60, 60)), chunks=20)

    for _ in range(3):
        (x @ x).compute(scheduler="threads", num_workers=2)

    assert [get() for get, _ in blas_threads._controls] == before


def test_any_thread_may_share_the_threads_of_blas():
    blas_threads._find_controls()
    for get, set_threads in blas_threads._controls:
        before = get()
        found = []

        def ask(get=get, set_threads=set_threads, found=found):
            set_threads(1)
            found.append(get())

        for _ in range(2):
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join(30)
        set_threads(before)

        assert found == [1, 1]
        assert get() == before
