"""All parts of arrays together, on every engine: what is fused, moved, merged and read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq

A = np.random.default_rng(0).normal(size=(24, 18))


def blocks(chunks: tuple[int, int] = (7, 5)) -> da.Array:
    return da.from_array(A, chunks=chunks)


def standardised(x, library):
    return (x - x.mean(axis=0)) / library.sqrt(x.var(axis=0))


# Each takes an array and the library it is of, and gives the same on both.
PROGRAMS = {
    "standardised columns": standardised,
    "a sum with the transpose": lambda x, xp: (x[:18] + x[:18].T).sum(),
    "a product of parts": lambda x, xp: (x[::2] @ x[1::2].T).max(axis=1),
    "a fused chain below a reduction": lambda x, xp: (xp.exp(-(x * x)) + 1).sum(axis=1),
    "columns that were chosen by a reduction": lambda x, xp: x[:, xp.argmax(x, axis=1)[:3]],
    "rows where a condition holds": lambda x, xp: x[x[:, 0] > 0],
    "reshaped, sorted into rows": lambda x, xp: x.reshape((12, 36))[::-1].cumsum(axis=1),
    "joined and stacked": lambda x, xp: xp.stack([xp.concatenate([x, x + 1]), xp.tile(x, (2, 1))]),
    "borders": lambda x, xp: xp.diff(xp.pad(x, 2, mode="reflect"), axis=0),
    "a spectrum": lambda x, xp: abs(xp.fft.fft(x, axis=0)).round(6),
    "least squares": lambda x, xp: xp.linalg.lstsq(x, x[:, 0])[0],
    "singular values": lambda x, xp: xp.linalg.svd(x)[1],
    "a histogram": lambda x, xp: xp.histogram(x, bins=8, range=(-4, 4))[0],
    "quantiles": lambda x, xp: xp.quantile(x, 0.25, axis=0),
    "gathered by places": lambda x, xp: xp.take(x, [5, 1, 5, 20], axis=0) * xp.arange(18),
    "several dtypes": lambda x, xp: (x * 10).astype("i2") // 3 + (x > 0),
}


def single_block(name: str) -> tuple[int, int]:
    """Chunks that an algorithm asks for."""
    if name in ("a spectrum", "quantiles"):
        return (24, 5)
    return (12, 18) if name in ("least squares", "singular values") else (7, 5)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_numpy_gives_on_every_engine(name: str, engine):
    program = PROGRAMS[name]

    found = program(blocks(single_block(name)), da)

    assert_eq(found, program(A, np), rtol=1e-6, atol=1e-9, scheduler=engine)


def test_random_numbers_are_the_same_on_every_engine(engine):
    x = da.random.default_rng(7).normal(size=(20, 6), chunks=(6, 4))

    assert_eq(x, x.compute(scheduler="sync"), scheduler=engine)


def test_functions_on_blocks_and_their_neighbours(engine):
    x = da.from_array(A, chunks=(8, 18))

    doubled = x.map_blocks(np.multiply, 2)
    smooth = da.map_overlap(running_mean, doubled, depth={0: 1}, boundary="nearest", dtype=float)

    rows = np.concatenate([A[:1], A, A[-1:]]) * 2
    assert_eq(smooth, (rows[:-2] + rows[1:-1] + rows[2:]) / 3, scheduler=engine)


def running_mean(block):
    whole = np.concatenate([block[:1], block, block[-1:]])
    return (whole[:-2] + whole[1:-1] + whole[2:]) / 3


def test_masked_arrays_keep_their_mask(engine):
    x = da.ma.masked_greater(blocks(), 1)

    assert_eq(x.mean(axis=0), np.ma.masked_greater(A, 1).mean(axis=0), scheduler=engine)


def test_elements_that_were_set(engine):
    x, expected = blocks().copy(), A.copy()

    x[3:10, 2] = -1
    x[x > 1] = 0
    expected[3:10, 2] = -1
    expected[expected > 1] = 0

    assert_eq(x + 1, expected + 1, scheduler=engine)


def test_lazy_blocks_go_in_and_come_out(engine):
    x = blocks((24, 18))

    (delayed,) = x.to_delayed().ravel()
    again = da.from_delayed(treadle.delayed(np.negative)(delayed), A.shape, float)

    assert_eq(again + x, np.zeros_like(A), scheduler=engine)


def test_a_file_is_written_and_read(engine, tmp_path):
    zarr = pytest.importorskip("zarr")
    x = blocks((12, 9))

    treadle.compute(x.to_zarr(str(tmp_path / "x"), compute=False), scheduler=engine)

    assert zarr.open(str(tmp_path / "x")).shape == A.shape
    assert_eq(da.from_zarr(str(tmp_path / "x"))[3:5], A[3:5], scheduler=engine)


def test_what_is_kept_is_not_computed_again(engine):
    x = (blocks() * 2).persist(scheduler=engine)

    assert_eq(x - 1, A * 2 - 1, scheduler=engine)


def test_several_arrays_share_their_work(engine):
    x = blocks()
    total, spread = treadle.compute(x.sum(), {"spread": x.std()}, scheduler=engine)

    np.testing.assert_allclose(total, A.sum())
    np.testing.assert_allclose(spread["spread"], A.std())


def test_a_task_that_fails_says_where_it_was_written(engine):
    x = blocks().map_blocks(refuse, dtype=float)

    with pytest.raises(ZeroDivisionError) as caught:
        (x + 1).sum().compute(scheduler=engine)

    assert any("treadle: task" in note for note in caught.value.__notes__)


def refuse(block):
    return 1 / 0


chunkings = st.lists(st.integers(1, 6), min_size=1, max_size=4)
STEPS = {
    "add": lambda x, xp: x + x[0],
    "multiply": lambda x, xp: x * 2 - 1,
    "transpose": lambda x, xp: x.T,
    "slice": lambda x, xp: x[1:, ::2] if min(x.shape) > 2 else x,
    "reverse": lambda x, xp: x[::-1],
    "take": lambda x, xp: x[[0, -1, 0]],
    "concatenate": lambda x, xp: xp.concatenate([x, x + 1], axis=1),
    "centre": lambda x, xp: x - x.mean(axis=0),
    "cumsum": lambda x, xp: x.cumsum(axis=1),
    "roll": lambda x, xp: xp.roll(x, 1, axis=0),
    "where": lambda x, xp: xp.where(x > 0, x, -x),
    "reshape": lambda x, xp: x.reshape((x.shape[1], x.shape[0])),
    "sort of": lambda x, xp: xp.maximum(x, x[:, :1]),
}


@settings(deadline=None, max_examples=60)
@given(chunkings, chunkings, st.lists(st.sampled_from(sorted(STEPS)), max_size=6), st.booleans())
def test_any_program_on_any_chunks_gives_what_numpy_gives(rows, columns, steps, rechunked):
    expected = np.arange(sum(rows) * sum(columns), dtype=float).reshape(sum(rows), sum(columns))
    found = da.from_array(expected, chunks=(tuple(rows), tuple(columns)))

    for step in steps:
        expected, found = STEPS[step](expected, np), STEPS[step](found, da)
        if rechunked:
            found = found.rechunk(2)

    assert_eq(found, expected, rtol=1e-9)
    assert_eq(found.sum(axis=0), expected.sum(axis=0), rtol=1e-9)
