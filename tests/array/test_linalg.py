"""``da.linalg`` against ``numpy.linalg`` and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq
from treadle.graph.graph import Graph

TOLERANCE = {"rtol": 1e-7, "atol": 1e-9}


def random(*shape, dtype=float, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(dtype)


def positive(n, dtype=float):
    a = random(n, n, dtype=dtype)
    return a @ np.conj(a.T) + n * np.eye(n, dtype=dtype)


# -- QR and SVD ------------------------------------------------------------------------------------


def check_qr(values, q, r):
    k = min(values.shape)
    assert q.shape == (values.shape[0], k)
    assert r.shape == (k, values.shape[1])
    assert_eq(q @ r, values, **TOLERANCE)
    assert_eq(da.conj(q.T) @ q, np.eye(k, dtype=values.dtype), **TOLERANCE)
    assert_eq(da.triu(r), r, **TOLERANCE)


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((37, 4), (5, 4)),  # tall
        ((37, 4), (3, 4)),  # blocks that are wider than high
        ((90, 3), (2, 3)),  # several levels
        ((4, 37), (4, 5)),  # wide
        ((4, 37), (4, 3)),  # wide, with blocks narrower than high
        ((37, 4), (10, 2)),  # tall, in blocks both ways
        ((4, 37), (2, 9)),  # wide, in blocks both ways
        ((12, 12), (5, 5)),
        ((5, 5), (5, 5)),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_q_is_orthogonal_and_q_times_r_is_the_matrix(shape, chunks, dtype):
    values = random(*shape, dtype=dtype)

    q, r = da.linalg.qr(da.from_array(values, chunks))

    check_qr(values, q, r)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 20))
def test_qr_of_any_tall_blocks(rows, columns, length):
    values = random(rows, columns)

    q, r = da.linalg.qr(da.from_array(values, (length, columns)))

    check_qr(values, q, r)


def test_qr_in_pieces_inside_a_block():
    values = random(21_000, 4)
    length = 20_000  # cut into pieces, and a rest

    q, r = da.linalg.tsqr(da.from_array(values, (length, 4)))

    assert_eq(q @ r, values, **TOLERANCE)
    assert_eq(q.T @ q, np.eye(4), **TOLERANCE)


def test_r_alone_makes_no_q():
    x = da.from_array(random(40, 3), (2, 3))

    _, r = da.linalg.qr(x)
    graph = Graph()
    r.__treadle_lower__(graph)

    assert not any("q" in key for key in graph if isinstance(key, tuple))
    both = treadle.compute(*da.linalg.qr(x), scheduler="sync")[1]
    np.testing.assert_allclose(r.compute(scheduler="sync"), both)
    assert_eq(da.linalg.qr(x, mode="r"), r)


def test_qr_of_blocks_of_unknown_lengths():
    values = random(30, 3)
    x = da.from_array(values, (7, 3))
    some = x[da.from_array(values[:, 0] > -0.5, 7)]

    q, r = da.linalg.tsqr(some)

    kept = values[values[:, 0] > -0.5]
    q, r = treadle.compute(q, r, scheduler="sync")
    np.testing.assert_allclose(q @ r, kept)
    np.testing.assert_allclose(q.T @ q, np.eye(3), atol=1e-12)


def test_sfqr_and_tsqr_say_which_blocks_they_take():
    x = da.ones((4, 4), chunks=2)

    with pytest.raises(ValueError, match=r"rechunk\(\{1: -1\}\)"):
        da.linalg.tsqr(x)
    with pytest.raises(ValueError, match=r"rechunk\(\{0: -1\}\)"):
        da.linalg.sfqr(x)
    q, r = da.linalg.sfqr(da.from_array(random(3, 9), (3, 2)))
    check_qr(random(3, 9), q, r)


@pytest.mark.parametrize("mode", ["reduced", "complete", "r", "raw"])
def test_modes_of_qr_in_one_block(mode):
    values = random(2, 5, 3)

    found = da.linalg.qr(da.from_array(values, (1, 2, 2)), mode=mode)

    for ours, numpys in zip(
        found if isinstance(found, tuple) else [found],
        np.linalg.qr(values, mode=mode) if mode != "r" else [np.linalg.qr(values, mode=mode)],
        strict=True,
    ):
        assert_eq(ours, numpys, **TOLERANCE)


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [((37, 4), (5, 4)), ((90, 3), (2, 3)), ((4, 37), (4, 5)), ((12, 12), (5, 5)), ((6, 5), (6, 5)),
     ((4, 30), (2, 7)), ((30, 4), (30, 4))],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_svd_is_numpys_with_settled_signs(shape, chunks, dtype):
    values = random(*shape, dtype=dtype)

    u, s, vh = da.linalg.svd(da.from_array(values, chunks))

    assert_eq(s, np.linalg.svd(values, compute_uv=False), **TOLERANCE)
    assert_eq((u * s) @ vh, values, **TOLERANCE)
    k = min(shape)
    assert_eq(da.conj(u.T) @ u, np.eye(k, dtype=dtype), **TOLERANCE)
    assert (da.real(vh.sum(axis=1)) >= 0).all().compute()


def test_svd_of_stacks_and_with_square_factors():
    values = random(3, 5, 4)

    s = da.linalg.svdvals(da.from_array(values, (2, 3, 3)))
    u, s_full, vh = da.linalg.svd(da.from_array(values[0], 3), full_matrices=True)

    assert_eq(s, np.linalg.svd(values, compute_uv=False), **TOLERANCE)
    assert u.shape == (5, 5)
    assert_eq((u[:, :4] * s_full) @ vh, values[0], **TOLERANCE)


@pytest.mark.parametrize("iterator", ["power", "QR"])
def test_compressed_svd_finds_the_largest_values(iterator):
    values = random(60, 4) @ random(4, 50, seed=1)
    x = da.from_array(values, (20, 25))

    u, s, vh = da.linalg.svd_compressed(x, 3, iterator=iterator, n_power_iter=1, seed=3)

    assert (u.shape, s.shape, vh.shape) == ((60, 3), (3,), (3, 50))
    assert_eq(s, np.linalg.svd(values, compute_uv=False)[:3], **TOLERANCE)


# -- LU, Cholesky, systems -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [((12, 12), (4, 4)), ((10, 10), (3, 4)), ((9, 14), (4, 5)), ((14, 9), (5, 4)), ((5, 5), (9, 9)),
     ((1, 1), (1, 1)), ((4, 9), (4, 2)), ((4, 9), (4, 5))],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["f8", "c16", "f4"])
def test_lu_is_scipys_whatever_the_blocks(shape, chunks, dtype):
    linalg = pytest.importorskip("scipy.linalg")
    values = random(*shape, dtype=dtype)
    tolerance = {"rtol": 1e-3, "atol": 1e-4} if dtype == "f4" else TOLERANCE

    found = da.linalg.lu(da.from_array(values, chunks))

    for ours, scipys in zip(found[1:], linalg.lu(values)[1:], strict=True):
        assert_eq(ours, scipys, **tolerance)
    assert_eq(found[0], linalg.lu(values)[0], check_dtype=False)


def test_lu_pivots_beyond_the_block_on_the_diagonal():
    pytest.importorskip("scipy")
    values = np.array([[0.0, 1.0], [1.0, 0.0]])

    p, lower, upper = da.linalg.lu(da.from_array(values, 1))
    pl, upper_again = da.linalg.lu(da.from_array(values, 1), permute_l=True)

    assert_eq(p @ lower @ upper, values)
    assert_eq(pl @ upper_again, values)


@pytest.mark.parametrize("chunks", [3, (4, 5), 10])
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_cholesky_is_numpys(chunks, dtype):
    values = positive(10, dtype)
    x = da.from_array(values, chunks)

    assert_eq(da.linalg.cholesky(x, lower=True), np.linalg.cholesky(values), **TOLERANCE)
    assert_eq(da.linalg.cholesky(x), np.conj(np.linalg.cholesky(values).T), **TOLERANCE)
    assert_eq(da.linalg.cholesky(x, upper=False), np.linalg.cholesky(values), **TOLERANCE)


@pytest.mark.parametrize("chunks", [4, (3, 5), 10])
@pytest.mark.parametrize("shape", [(10,), (10, 3)])
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_solve_is_numpys(chunks, shape, dtype):
    pytest.importorskip("scipy")
    values, right = random(10, 10, dtype=dtype), random(*shape, dtype=dtype, seed=1)

    x = da.linalg.solve(da.from_array(values, chunks), da.from_array(right, 2))

    assert_eq(x, np.linalg.solve(values, right), **TOLERANCE)


def test_solve_of_a_positive_definite_matrix_and_of_a_triangle():
    values, right = positive(9), random(9, 4)
    a, b = da.from_array(values, 4), da.from_array(right, 3)

    assert_eq(da.linalg.solve(a, b, assume_a="pos"), np.linalg.solve(values, right), **TOLERANCE)
    for lower in (True, False):
        triangle = np.tril(values) if lower else np.triu(values)
        found = da.linalg.solve_triangular(a, b, lower=lower)
        assert_eq(found, np.linalg.solve(triangle, right), **TOLERANCE)


def test_a_large_triangle_is_halved():
    from treadle.array.linalg.triangular import solve_triangle

    values, right = positive(300), random(300)
    for lower in (True, False):
        triangle = np.tril(values) if lower else np.triu(values)
        found = solve_triangle(values, right, lower=lower)
        np.testing.assert_allclose(found, np.linalg.solve(triangle, right))


@pytest.mark.parametrize("chunks", [3, 8])
def test_inverse_and_determinant_are_numpys(chunks):
    pytest.importorskip("scipy")
    values = random(8, 8)
    x = da.from_array(values, chunks)

    sign, logarithm = da.linalg.slogdet(x)

    assert_eq(da.linalg.inv(x), np.linalg.inv(values), **TOLERANCE)
    assert_eq(da.linalg.det(x), np.linalg.det(values), **TOLERANCE)
    assert_eq(sign, np.linalg.slogdet(values)[0])
    assert_eq(logarithm, np.linalg.slogdet(values)[1], **TOLERANCE)
    assert_eq(da.linalg.inv(x.astype("c16")), np.linalg.inv(values.astype("c16")), **TOLERANCE)


def test_determinant_of_a_singular_matrix_is_zero():
    pytest.importorskip("scipy")
    x = da.ones((4, 4), chunks=2)

    assert_eq(da.linalg.det(x), np.float64(0.0))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        da.linalg.inv(x).compute(scheduler="sync")


def test_stacks_of_matrices_are_taken_one_by_one():
    values, right = random(5, 3, 3), random(5, 3, 2, seed=1)
    x, b = da.from_array(values, (2, 2, 2)), da.from_array(right, (2, 2, 1))

    assert_eq(da.linalg.inv(x), np.linalg.inv(values), **TOLERANCE)
    assert_eq(da.linalg.det(x), np.linalg.det(values), **TOLERANCE)
    assert_eq(da.linalg.solve(x, b), np.linalg.solve(values, right), **TOLERANCE)
    assert_eq(da.linalg.slogdet(x).sign, np.linalg.slogdet(values).sign)
    assert_eq(da.linalg.pinv(x), np.linalg.pinv(values), **TOLERANCE)
    gram = values @ values.transpose(0, 2, 1) + np.eye(3)
    stack = da.from_array(gram, (2, 2, 2))
    assert_eq(da.linalg.cholesky(stack, upper=False), np.linalg.cholesky(gram), **TOLERANCE)


@pytest.mark.parametrize("shape", [(30,), (30, 2)])
@pytest.mark.parametrize("chunks", [(7, 4), (7, 2), (30, 4)])
def test_least_squares_are_numpys(shape, chunks):
    values, right = random(30, 4), random(*shape, seed=1)

    x, residuals, rank, s = da.linalg.lstsq(da.from_array(values, chunks), da.from_array(right, 7))

    expected = np.linalg.lstsq(values, right, rcond=None)
    assert_eq(x, expected[0], **TOLERANCE)
    assert_eq(residuals, expected[1], **TOLERANCE)
    assert rank.compute() == 4
    assert_eq(s, expected[3], **TOLERANCE)


def test_least_squares_of_a_matrix_without_full_rank_is_the_shortest():
    values = random(30, 3)
    values[:, 2] = values[:, 0]
    right = random(30)

    x, _, rank, _ = da.linalg.lstsq(da.from_array(values, (7, 3)), right)

    assert_eq(x, np.linalg.lstsq(values, right, rcond=None)[0], **TOLERANCE)
    assert rank.compute() == 2


def test_pseudo_inverse_is_numpys():
    values = random(20, 3) @ random(3, 6)

    found = da.linalg.pinv(da.from_array(values, (6, 4)), rcond=1e-10)

    assert_eq(found, np.linalg.pinv(values, rcond=1e-10), **TOLERANCE)


# -- norms and the rest ----------------------------------------------------------------------------


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_vectors_are_numpys(ord, keepdims):
    values = random(6, 5)
    x = da.from_array(values, (4, 2))

    for axis in (0, 1, -1):
        expected = np.linalg.norm(values, ord, axis=axis, keepdims=keepdims)
        assert_eq(da.linalg.norm(x, ord, axis=axis, keepdims=keepdims), expected)
    expected = np.linalg.norm(values[0], ord, keepdims=keepdims)
    assert_eq(da.linalg.norm(x[0], ord, keepdims=keepdims), expected)


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_matrices_are_numpys(ord, keepdims):
    values = random(6, 5, 3, dtype="c16")
    x = da.from_array(values, (4, 2, 2))

    for axis in ((0, 1), (2, 0), (-1, -2)):
        expected = np.linalg.norm(values, ord, axis=axis, keepdims=keepdims)
        found = da.linalg.norm(x, ord, axis=axis, keepdims=keepdims)
        assert_eq(found, expected, **TOLERANCE)


def test_norms_refuse_what_numpy_refuses():
    x = da.ones((2, 2, 2), chunks=1)

    with pytest.raises(ValueError, match="dimensions"):
        da.linalg.norm(x, 2)
    with pytest.raises(ValueError, match="order"):
        da.linalg.norm(x, "fro", axis=0)
    with pytest.raises(ValueError, match="order"):
        da.linalg.norm(x, 3, axis=(0, 1))
    with pytest.raises(ValueError, match=r"Duplicate|repeated"):
        da.linalg.norm(x, 1, axis=(0, 0))
    with pytest.raises(np.exceptions.AxisError):
        da.linalg.norm(x, axis=3)
    assert_eq(da.linalg.norm(x), np.linalg.norm(np.ones((2, 2, 2))))


def test_norms_of_the_array_api():
    values = random(3, 4, 5)
    x = da.from_array(values, 2)

    assert_eq(da.linalg.vector_norm(x), np.linalg.vector_norm(values))
    assert_eq(
        da.linalg.vector_norm(x, axis=(0, 2), ord=1, keepdims=True),
        np.linalg.vector_norm(values, axis=(0, 2), ord=1, keepdims=True),
    )
    assert_eq(da.linalg.matrix_norm(x, ord=1), np.linalg.matrix_norm(values, ord=1))


def test_ranks_powers_and_conditions_are_numpys():
    values = random(6, 2) @ random(2, 6)
    square = random(5, 5)
    x, y = da.from_array(values, 4), da.from_array(square, 2)

    assert_eq(da.linalg.matrix_rank(x), np.linalg.matrix_rank(values))
    assert_eq(da.linalg.matrix_rank(x, tol=100.0), np.int64(0))
    for n in (0, 1, 2, 5):
        assert_eq(da.linalg.matrix_power(y, n), np.linalg.matrix_power(square, n), **TOLERANCE)
    pytest.importorskip("scipy")
    assert_eq(da.linalg.matrix_power(y, -2), np.linalg.matrix_power(square, -2), **TOLERANCE)
    for p in (None, 1, 2, -2, np.inf, "fro"):
        assert_eq(da.linalg.cond(y, p), np.linalg.cond(square, p), **TOLERANCE)


def test_eigenvalues_are_numpys():
    values = positive(5)
    x = da.from_array(values, 3)

    found, vectors = da.linalg.eigh(x)

    assert_eq(found, np.linalg.eigvalsh(values), **TOLERANCE)
    assert_eq(vectors * found @ vectors.T, values, **TOLERANCE)
    assert_eq(da.linalg.eigvalsh(x), np.linalg.eigvalsh(values), **TOLERANCE)
    general = random(5, 5)
    expected = np.linalg.eigvals(general).astype(complex)
    assert_eq(da.linalg.eigvals(da.from_array(general, 2)), expected, **TOLERANCE)
    values, vectors = da.linalg.eig(da.from_array(general, 2))
    assert_eq(da.from_array(general.astype(complex), 2) @ vectors, vectors * values, **TOLERANCE)


def test_cross_products_and_traces_are_numpys():
    a, b = random(3, 4), random(3, 4, seed=1)
    x, y = da.from_array(a, 2), da.from_array(b, 3)

    assert_eq(da.linalg.cross(x, y, axis=0), np.linalg.cross(a, b, axis=0))
    assert_eq(da.linalg.trace(x, offset=1), np.linalg.trace(a, offset=1))
    assert_eq(da.linalg.diagonal(x, offset=-1), np.linalg.diagonal(a, offset=-1))
    found = da.linalg.multi_dot([x.T, y, x.T, y])
    assert_eq(found, np.linalg.multi_dot([a.T, b, a.T, b]), **TOLERANCE)


def test_tensors_are_solved_as_matrices():
    pytest.importorskip("scipy")
    values, right = random(2, 3, 6), random(2, 3)
    a, b = da.from_array(values, 2), da.from_array(right, 2)

    assert_eq(da.linalg.tensorsolve(a, b), np.linalg.tensorsolve(values, right), **TOLERANCE)
    assert_eq(da.linalg.tensorinv(a), np.linalg.tensorinv(values), **TOLERANCE)


def test_numpys_functions_have_numpys_defaults():
    values = positive(5)
    x = da.from_array(values, 3)

    assert_eq(np.linalg.cholesky(x), np.linalg.cholesky(values), **TOLERANCE)
    assert [part.shape for part in np.linalg.svd(x[:, :2])] == [(5, 5), (2,), (2, 2)]
    assert_eq(np.linalg.inv(x), np.linalg.inv(values), **TOLERANCE)
    assert_eq(np.linalg.norm(x, axis=1), np.linalg.norm(values, axis=1))


def test_bad_input_is_refused_before_the_run():
    x = da.ones((4, 3), chunks=2)

    for func in (da.linalg.inv, da.linalg.det, da.linalg.cholesky, da.linalg.eigh):
        with pytest.raises(np.linalg.LinAlgError, match="square"):
            func(x)
    with pytest.raises(np.linalg.LinAlgError, match="shape"):
        da.linalg.qr(da.ones(3, chunks=2))
    with pytest.raises(ValueError, match="rows"):
        da.linalg.solve(da.ones((3, 3), chunks=2), da.ones(4, chunks=2))
    with pytest.raises(TypeError, match="float16"):
        da.linalg.inv(da.ones((3, 3), chunks=3, dtype="f2"))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = da.linalg.nothing


def test_factorizations_on_every_engine(engine):
    values = random(40, 4)
    x = da.from_array(values, (9, 4))

    q, r = da.linalg.qr(x)
    _, s, _ = da.linalg.svd(x)

    assert_eq(q @ r, values, scheduler=engine, **TOLERANCE)
    assert_eq(s, np.linalg.svd(values, compute_uv=False), scheduler=engine, **TOLERANCE)


def test_systems_on_every_engine(engine):
    pytest.importorskip("scipy")
    values = positive(10)
    a, b = da.from_array(values, 4), da.from_array(random(10), 4)

    expected = np.linalg.solve(values, random(10))
    assert_eq(da.linalg.solve(a, b), expected, scheduler=engine, **TOLERANCE)
    assert_eq(da.linalg.solve(a, b, sym_pos=True), expected, scheduler=engine, **TOLERANCE)
