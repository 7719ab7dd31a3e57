"""Generalized universal functions."""

from __future__ import annotations

import numpy as np
import pytest

import treadle.array as da
from treadle.array.signatures import parse_signature
from treadle.array.testing import assert_eq

A = np.random.default_rng(0).random((4, 6))


def blocks(chunks=(2, -1)):
    return da.from_array(A, chunks=chunks)


def mean(x):
    return x.mean(axis=-1)


def outer(x, y):
    return np.einsum("...i,...j->...ij", x, y)


def spread(x):
    return x.min(axis=-1, initial=9), x.max(axis=-1, initial=-9)


def test_core_dimensions_are_the_last_ones(engine):
    assert_eq(da.apply_gufunc(mean, "(i)->()", blocks()), A.mean(axis=-1), scheduler=engine)


def test_loop_dimensions_are_broadcast():
    y = da.from_array(A[:, :3].T[:, None, :2].copy(), chunks=(2, 1, -1))

    z = da.apply_gufunc(outer, "(i),(j)->(i,j)", blocks(), y)

    assert_eq(z, outer(A, y.compute()))


def test_several_outputs_are_a_tuple():
    low, high = da.apply_gufunc(spread, "(i)->(),()", blocks())
    values, vectors = da.apply_gufunc(
        lambda x: np.linalg.eigh(x), "(i,i)->(i),(i,i)", da.from_array(A[:, :4] @ A[:, :4].T),
        output_dtypes=(float, float),
    )  # fmt: skip

    assert_eq(low, A.min(axis=-1))
    assert_eq(high, A.max(axis=-1))
    assert values.shape == (4,)
    assert_eq(vectors * vectors.conj(), vectors.compute() ** 2)


def test_several_outputs_have_their_own_core_dimensions():
    x, y = da.apply_gufunc(
        lambda x: (x[..., :2], x), "(i)->(k),(i)", blocks(), output_sizes={"k": 2}
    )

    assert_eq(x, A[:, :2])
    assert_eq(y, A)


def test_a_tuple_of_one_output_is_asked_for_by_a_comma():
    found = da.apply_gufunc(lambda x: (mean(x),), "(i)->(),", blocks())

    assert isinstance(found, tuple)
    assert_eq(found[0], A.mean(axis=-1))


def test_functions_of_no_loops_are_vectorized():
    z = da.apply_gufunc(
        lambda x: x[:3] * 2, "(i)->(k)", blocks(),
        vectorize=True, output_sizes={"k": 3}, output_dtypes=float,
    )  # fmt: skip

    assert_eq(z, A[:, :3] * 2)


def test_axes_say_where_core_dimensions_stand():
    x = blocks((-1, 3))

    assert_eq(da.apply_gufunc(mean, "(i)->()", x, axis=0), A.mean(axis=0))
    assert_eq(da.apply_gufunc(mean, "(i)->()", x, axes=[0]), A.mean(axis=0))
    assert_eq(
        da.apply_gufunc(mean, "(i)->()", x, axis=0, keepdims=True), A.mean(axis=0, keepdims=True)
    )
    assert_eq(da.apply_gufunc(lambda x: x * 2, "(i)->(i)", x, axes=[(0,), (0,)]), A * 2)
    assert_eq(
        da.apply_gufunc(lambda x: x * 2, "(i,j)->(i,j)", x.rechunk(-1), axes=[(0, 1), (1, 0)]),
        A.T * 2,
    )


def test_core_dimensions_in_several_blocks_need_leave():
    x = blocks((2, 2))

    with pytest.raises(ValueError, match="allow_rechunk=True"):
        da.apply_gufunc(mean, "(i)->()", x)
    assert_eq(da.apply_gufunc(mean, "(i)->()", x, allow_rechunk=True), A.mean(axis=-1))


def test_nothing_is_called_if_dtypes_are_given():
    def refuse(x):
        raise AssertionError

    assert da.apply_gufunc(refuse, "(i)->()", blocks(), output_dtypes="i4").dtype == "i4"
    assert da.apply_gufunc(refuse, "(i)->()", blocks(), meta=np.empty(0, "i4")).dtype == "i4"
    with pytest.raises(ValueError, match="dtype"):
        da.apply_gufunc(refuse, "(i)->()", blocks())


@pytest.mark.parametrize(
    ("signature", "count", "options", "match"),
    [
        ("(i)", 1, {}, "signature"),
        ("(i)->()", 2, {}, "1 arrays"),
        ("(i,j,k)->()", 1, {}, "dimensions"),
        ("(i)->(k)", 1, {}, "output_sizes"),
        ("(i),(i)->()", (A, A[:, :2]), {}, "lengths 6 and 2"),
        ("(i)->()", 1, {"axes": [(0, 1)]}, "don't fit"),
        ("(i)->(i)", 1, {"keepdims": True}, "keepdims"),
        ("(i,j)->()", 1, {"axis": 0}, "axes"),
        ("(i)->()", 1, {"output_dtypes": (int, int)}, "entries"),
    ],
)
def test_what_does_not_fit_a_signature_is_refused(signature, count, options, match):
    args = [blocks()] * count if isinstance(count, int) else count

    with pytest.raises(ValueError, match=match):
        da.apply_gufunc(mean, signature, *args, **options)


@pytest.mark.parametrize("text", ["", "i->j", "(i)->(j", "(1)->()", "(i)(j)->()", "(i)->()->()"])
def test_texts_that_are_no_signatures_are_refused(text: str):
    with pytest.raises(ValueError, match="signature"):
        parse_signature(text)


def test_signatures_may_have_spaces():
    assert parse_signature(" (i, j) , ( k )->( ) ").inputs == (("i", "j"), ("k",))
    assert parse_signature("->(i)").inputs == ()


def test_gufunc_and_as_gufunc_keep_the_options():
    @da.as_gufunc(signature="(i)->()", output_dtypes=float, axis=0)
    def total(x):
        """Add up."""
        return x.sum(axis=-1)

    assert_eq(total(blocks(), allow_rechunk=True), A.sum(axis=0))
    assert total.__doc__ == "Add up."
    assert repr(total) == "<gufunc total (i)->()>"
    assert_eq(da.gufunc(mean, signature="(i)->()")(blocks()), A.mean(axis=-1))
    with pytest.raises(ValueError, match="signature"):
        da.gufunc(mean)
