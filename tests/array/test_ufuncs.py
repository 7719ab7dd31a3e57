"""Universal functions of arrays in blocks: as NumPy's, one call a block."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.testing import assert_eq

UNARY = sorted(
    name for name in dir(np)
    if isinstance(getattr(np, name), np.ufunc)
    and getattr(np, name).nin == 1 and getattr(np, name).signature is None
)  # fmt: skip
BINARY = sorted(
    name for name in dir(np)
    if isinstance(getattr(np, name), np.ufunc)
    and getattr(np, name).nin == 2 and getattr(np, name).signature is None
)  # fmt: skip

VALUES = {
    "f": np.linspace(0.1, 0.9, 12).reshape(3, 4),
    "i": np.arange(1, 13, dtype=np.int32).reshape(3, 4),
    "b": np.arange(12).reshape(3, 4) % 3 == 0,
    "c": np.linspace(0.1, 0.9, 12).reshape(3, 4) + 1j,
    "M": np.arange(12).reshape(3, 4).astype("M8[s]"),
}


def loops(name: str) -> list[np.ndarray]:
    """Arrays that a function has a loop for."""
    found = []
    for value in VALUES.values():
        try:
            with np.errstate(all="ignore"):
                getattr(np, name)(*[value] * getattr(np, name).nin)
        except TypeError:
            continue
        found.append(value)
    return found


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_one_array_are_those_of_numpy(name: str):
    for value in loops(name):
        x = da.from_array(value, chunks=(2, 3))

        ours, theirs, by_protocol = (
            getattr(da, name)(x), getattr(np, name)(value), getattr(np, name)(x)
        )  # fmt: skip

        several = isinstance(theirs, tuple)
        for our, their, other in zip(
            *[item if several else [item] for item in (ours, theirs, by_protocol)], strict=True
        ):
            assert_eq(our, their)
            assert other.name == our.name


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_two_arrays_are_those_of_numpy(name: str):
    for value in loops(name):
        x = da.from_array(value, chunks=(2, 3))
        row = value[1]

        ours, theirs = getattr(da, name)(x, row), getattr(np, name)(value, row)

        several = isinstance(theirs, tuple)
        for our, their in zip(
            *[item if several else [item] for item in (ours, theirs)], strict=True
        ):
            assert_eq(our, their)


@pytest.mark.parametrize("scalar", [True, 2, 2.5, 1j, np.float32(2), np.float64(2), np.int8(2)])
@pytest.mark.parametrize("dtype", ["b1", "u1", "i4", "f4", "f8", "c8"])
def test_scalars_promote_as_in_numpy_2(dtype: str, scalar: object):
    value = np.arange(4).astype(dtype)

    assert_eq(da.from_array(value, chunks=2) * scalar, value * scalar)


def test_a_python_number_that_does_not_fit_raises_before_anything_is_computed():
    x = da.from_array(np.zeros(3, "u1"), chunks=2)

    with pytest.raises(OverflowError):
        x + 300


def test_a_dtype_without_a_loop_raises_before_anything_is_computed():
    x = da.from_array(np.zeros(3), chunks=2)

    with pytest.raises(TypeError, match="bitwise_and"):
        x & 1


def test_arrays_without_dimensions_promote_as_arrays():
    x = da.from_array(np.ones(3, "f4"), chunks=2)
    zero_d = da.from_array(np.float64(2.0), chunks=())

    assert_eq(x * zero_d, np.ones(3, "f4") * np.float64(2.0))


def test_dtype_is_what_the_function_computes_in():
    value = np.arange(6)

    assert_eq(da.add(da.from_array(value, chunks=4), 1, dtype="f4"), np.add(value, 1, dtype="f4"))


def test_out_becomes_the_result_and_keeps_its_dtype():
    value = np.arange(6)
    out = da.from_array(np.zeros(6, "f8"), chunks=3)

    result = da.add(da.from_array(value, chunks=4), 1, out=out)

    assert result is out
    assert_eq(out, value + 1.0)


def test_out_that_would_lose_too_much_raises():
    out = da.from_array(np.zeros(6, "i4"), chunks=3)

    with pytest.raises(TypeError, match="same_kind"):
        da.add(da.from_array(np.arange(6.0), chunks=4), 1, out=out)


def test_out_in_memory_raises_and_names_store():
    with pytest.raises(TypeError, match="store"):
        np.add(da.from_array(np.arange(6.0), chunks=4), 1, out=np.zeros(6))


def test_where_keeps_elements_of_out():
    value = np.arange(12.0).reshape(3, 4)
    x = da.from_array(value, chunks=2)
    out = da.from_array(np.full((3, 4), -1.0), chunks=(3, 1))

    np.sqrt(x, out=out, where=x > 4)

    assert_eq(out, np.sqrt(value, out=np.full((3, 4), -1.0), where=value > 4))


def test_out_of_several_results():
    value = np.linspace(0, 3, 7)
    fractions, wholes = (da.from_array(np.zeros(7), chunks=7) for _ in range(2))

    da.modf(da.from_array(value, chunks=3), out=(fractions, wholes))

    assert_eq(fractions, np.modf(value)[0])
    assert_eq(wholes, np.modf(value)[1])


def test_two_results_share_one_call_a_block():
    calls = []

    def halves(v):
        calls.append(v)
        return v // 2, v % 2

    q, r = da.frompyfunc(halves, 1, 2)(da.from_array(np.arange(6), chunks=3))
    calls.clear()
    (q + r).compute(scheduler="sync")

    assert len(calls) == 6


def test_slices_go_below_functions_of_two_results():
    value = np.arange(20).reshape(4, 5)
    x = da.from_array(value, chunks=(2, 2))

    assert_eq(divmod(x, 3)[1][1:3, ::2], divmod(value, 3)[1][1:3, ::2])
    q, r = da.divmod(x, 3)
    assert_eq(q[1:3] + r[1:3], sum(divmod(value, 3))[1:3])
    assert_eq(q[::-1][0], (value // 3)[::-1][0])


def test_outer_is_all_pairs():
    a, b = np.arange(5), np.arange(6.0).reshape(2, 3)

    assert_eq(
        da.subtract.outer(da.from_array(a, chunks=2), da.from_array(b, chunks=2)),
        np.subtract.outer(a, b),
    )
    assert_eq(np.subtract.outer(a, da.from_array(b, chunks=2)), np.subtract.outer(a, b))


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "logical_or", "logaddexp", "fmin"])
def test_reduce_is_that_of_numpy(name: str):
    value = np.linspace(0.1, 2, 20).reshape(4, 5)
    x = da.from_array(value, chunks=(3, 2))

    assert_eq(getattr(np, name).reduce(x), getattr(np, name).reduce(value))
    assert_eq(
        getattr(np, name).reduce(x, axis=1, keepdims=True),
        getattr(np, name).reduce(value, axis=1, keepdims=True),
    )


def test_reduce_of_what_is_not_associative_raises():
    with pytest.raises(TypeError, match="block by block"):
        np.subtract.reduce(da.from_array(np.arange(4), chunks=2))


@pytest.mark.parametrize("name", ["add", "multiply"])
def test_accumulate_is_that_of_numpy(name: str):
    value = np.linspace(0.1, 2, 20).reshape(4, 5)

    assert_eq(
        getattr(np, name).accumulate(da.from_array(value, chunks=(3, 2)), axis=1),
        getattr(np, name).accumulate(value, axis=1),
    )


def test_python_functions_become_universal_functions(engine):
    value = np.arange(5)

    result = da.frompyfunc(str.zfill, 2, 1)(da.from_array(value.astype(str), chunks=2), 3)

    assert_eq(result, np.frompyfunc(str.zfill, 2, 1)(value.astype(str), 3), scheduler=engine)


def test_functions_know_what_those_of_numpy_know():
    assert (da.add.nin, da.add.nout, da.add.nargs, da.add.identity) == (2, 1, 3, 0)
    assert da.add.types == np.add.types
    assert pickle.loads(pickle.dumps(da.add)) is da.add


def test_arrays_in_memory_alone_give_arrays_in_memory():
    assert type(da.sin(np.ones(3))) is np.ndarray


def test_unknown_names_of_functions_raise():
    with pytest.raises(AttributeError, match="nope"):
        _ = da.add.nope
    with pytest.raises(TypeError, match="positional"):
        da.add(da.from_array(np.ones(2), chunks=1))


def test_a_chain_of_functions_runs_on_every_engine(engine):
    value = np.linspace(0, 1, 24).reshape(4, 6)
    x = da.from_array(value, chunks=(2, 4))

    q, r = da.divmod(da.exp(x) * 10, 3)

    expected = divmod(np.exp(value) * 10, 3)
    assert_eq(q, expected[0], scheduler=engine)
    assert_eq(r - q, expected[1] - expected[0], scheduler=engine)


shapes = st.lists(st.integers(0, 5), max_size=3).map(tuple)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_broadcasting_is_that_of_numpy_whatever_the_blocks(data: st.DataObject):
    shape = data.draw(shapes)
    values, arrays = [], []
    for n in range(2):
        own = tuple(data.draw(st.sampled_from([length, 1])) for length in shape)
        own = own[data.draw(st.integers(0, len(own))) :]
        values.append(np.arange(np.prod(own, dtype=int)).reshape(own) + n)
        chunks = tuple(data.draw(st.integers(1, 4)) for _ in own)
        arrays.append(da.from_array(values[-1], chunks=chunks))

    assert_eq(da.subtract(*arrays), np.subtract(*values))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_slices_of_sums_are_sums_of_slices(data: st.DataObject):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=2).map(tuple))
    value = np.arange(np.prod(shape)).reshape(shape)
    other = data.draw(st.sampled_from([value, value[:1], value[..., :1]]))
    chunks = tuple(data.draw(st.integers(1, 4)) for _ in shape)
    x, y = da.from_array(value, chunks=chunks), da.from_array(other, chunks=2)
    index = tuple(data.draw(st.slices(length)) for length in shape)

    assert_eq((x + y)[index], (value + other)[index])
