"""Random arrays."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.array as da
from treadle.array.testing import assert_eq

ARGUMENTS = {
    "beta": (1.0, 2.0),
    "binomial": (10, 0.5),
    "chisquare": (3,),
    "exponential": (2.0,),
    "f": (2, 3),
    "gamma": (2.0, 3.0),
    "geometric": (0.5,),
    "gumbel": (1.0, 2.0),
    "hypergeometric": (5, 6, 7),
    "laplace": (1.0, 2.0),
    "logistic": (1.0, 2.0),
    "lognormal": (1.0, 2.0),
    "logseries": (0.5,),
    "negative_binomial": (5, 0.5),
    "noncentral_chisquare": (3, 1),
    "noncentral_f": (2, 3, 1),
    "normal": (1.0, 2.0),
    "pareto": (2.0,),
    "poisson": (3.0,),
    "power": (2.0,),
    "rayleigh": (2.0,),
    "standard_cauchy": (),
    "standard_exponential": (),
    "standard_gamma": (2.0,),
    "standard_normal": (),
    "standard_t": (3,),
    "triangular": (1.0, 2.0, 4.0),
    "uniform": (1.0, 2.0),
    "vonmises": (0.0, 1.0),
    "wald": (1.0, 2.0),
    "weibull": (2.0,),
    "zipf": (2.0,),
}


def drawn(seed: int, *size: int, chunks=2):
    return da.random.default_rng(seed).random(size, chunks=chunks)


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("kind", [da.random.default_rng, da.random.RandomState])
def test_every_distribution_draws_what_numpy_draws(name: str, kind):
    args = ARGUMENTS[name]
    numpy_kind = np.random.default_rng if kind is da.random.default_rng else np.random.RandomState
    sample = getattr(numpy_kind(0), name)(*args, size=10)

    x = getattr(kind(5), name)(*args, size=(6, 5), chunks=(4, 3))

    assert_eq(x, x.compute())
    assert x.dtype == sample.dtype
    assert x.chunks == ((4, 2), (3, 2))


@pytest.mark.parametrize("name", [*ARGUMENTS, "random", "random_sample"])
def test_the_module_has_every_distribution(name: str):
    x = getattr(da.random, name)(*ARGUMENTS.get(name, ()), size=3, chunks=2)

    assert x.chunks == ((2, 1),)


def test_equal_seeds_give_equal_arrays_and_names():
    assert drawn(1, 5).name == drawn(1, 5).name
    assert_eq(drawn(1, 5), drawn(1, 5).compute())


def test_other_seeds_calls_and_generators_give_other_arrays():
    rng = da.random.default_rng(1)
    several = [rng.random(20, chunks=5), rng.random(20, chunks=5), drawn(2, 20, chunks=5)]
    several += [da.random.random(20, chunks=5), da.random.default_rng().random(20, chunks=5)]

    assert len({x.name for x in several}) == 5
    assert len(np.unique(np.concatenate([x.compute() for x in several]))) == 100


def test_every_engine_draws_the_same(engine):
    x = da.random.default_rng(3).normal(10, 0.1, size=(8, 8), chunks=3)

    assert_eq(x, x.compute(scheduler="sync"), scheduler=engine)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 9), st.integers(1, 10), st.integers(1, 10))
def test_a_block_is_the_same_if_only_a_slice_is_needed(start: int, length: int, chunk: int):
    x = drawn(4, 10, 3, chunks=(chunk, 2))

    assert_eq(x[start : start + length, 1:], x.compute()[start : start + length, 1:])


def test_blocks_that_are_sliced_away_are_not_drawn():
    big = drawn(4, 10**9, chunks=10**4)

    assert big[5:8].compute().shape == (3,)


def test_seeding_the_module_begins_it_anew():
    da.random.seed(7)
    first = da.random.normal(size=5, chunks=2)
    da.random.seed(7)

    assert da.random.normal(size=5, chunks=2).name == first.name


def test_generators_of_numpy_are_seeds_that_move_on():
    ours = [da.random.default_rng(np.random.default_rng(1)).random(4, chunks=2) for _ in range(2)]
    numpys = np.random.default_rng(1)
    others = [da.random.default_rng(numpys).random(4, chunks=2) for _ in range(2)]

    assert ours[0].name == ours[1].name == others[0].name != others[1].name


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.PCG64])
def test_the_kind_of_a_bit_generator_is_kept(kind):
    rng = da.random.Generator(kind(3))

    assert repr(rng) == f"Generator({kind.__name__})"
    assert_eq(rng.random(4, chunks=3), da.random.Generator(kind(3)).random(4, chunks=3).compute())


def test_seeds_may_be_sequences_of_any_kind():
    sequence = np.random.SeedSequence([1, 2])

    x = da.random.default_rng([1, 2]).random(3)

    assert x.name == da.random.default_rng(sequence).random(3).name
    assert x.name == da.random.default_rng(np.array([1, 2])).random(3).name
    assert x.name != da.random.default_rng(sequence.spawn(1)[0]).random(3).name


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), ("three", TypeError), (1.5, TypeError)]
)
def test_what_is_no_seed_is_refused_as_by_numpy(seed, error):
    with pytest.raises(error):
        np.random.default_rng(seed)
    with pytest.raises(error):
        da.random.default_rng(seed)


def test_generators_are_pickled_where_they_stand():
    rng, state = da.random.default_rng(1), da.random.RandomState(1)
    rng.random(3), state.random(3)

    for one in (rng, state):
        assert pickle.loads(pickle.dumps(one)).normal(size=3).name == one.normal(size=3).name


def test_spawned_generators_draw_apart():
    children = da.random.default_rng(1).spawn(2)

    assert [child.random(3).name for child in children] == [
        child.random(3).name for child in da.random.default_rng(1).spawn(2)
    ]
    assert len({*children[0].random(9).compute(), *children[1].random(9).compute()}) == 18


def test_numbers_are_spread_as_they_should_be():
    rng = da.random.default_rng(0)

    x = rng.random((400, 500), chunks=100).compute()
    y = rng.normal(3, 2, size=200_000, chunks=10_000).compute()

    assert abs(x.mean() - 0.5) < 0.01
    assert x.min() >= 0
    assert x.max() < 1
    assert abs(y.mean() - 3) < 0.02
    assert abs(y.std() - 2) < 0.02
    assert abs(np.corrcoef(x.reshape(2, -1))[0, 1]) < 0.01


def test_dtypes_are_those_that_are_asked_for():
    rng = da.random.default_rng(0)

    for x in (
        rng.random(5, dtype="f4", chunks=2),
        rng.standard_normal(5, dtype="f4", chunks=2),
        rng.integers(0, 5, 5, dtype="i2", chunks=2),
        da.random.RandomState(0).randint(5, size=5, dtype="u1", chunks=2),
    ):
        assert_eq(x, x.compute())
    assert rng.random(5, dtype=np.float32).dtype == "f4"


def test_whole_numbers_are_within_their_limits():
    rng = da.random.default_rng(0)

    assert set(rng.integers(3, size=99, chunks=9).compute()) == {0, 1, 2}
    assert set(rng.integers(1, 3, size=99, endpoint=True).compute()) == {1, 2, 3}
    assert set(da.random.randint(1, 3, size=99).compute()) == {1, 2}
    assert set(da.random.random_integers(2, size=99).compute()) == {1, 2}
    assert set(da.random.RandomState(1).random_integers(2, size=99).compute()) == {1, 2}
    assert da.random.RandomState(1).tomaxint(3).compute().min() > 0


@pytest.mark.parametrize("argument", [np.arange(6.0), da.arange(6.0, chunks=4)])
def test_arguments_may_be_arrays(argument):
    x = da.random.default_rng(0).normal(100 * argument, 0.1, size=(3, 6), chunks=2)
    y = da.random.default_rng(0).normal(100 * argument, 0.1)

    assert_eq(x.round(-1) + 0, np.broadcast_to(100 * np.arange(6.0), (3, 6)))
    assert y.shape == (6,)
    assert_eq(y.round(-1) + 0, 100 * np.arange(6.0))


def test_arguments_of_length_1_are_repeated():
    x = da.random.default_rng(0).normal(np.array([[0], [1000]]), 0.1, size=(2, 5), chunks=(2, 2))

    assert_eq(x.round(-2) + 0, np.array([[0.0] * 5, [1000.0] * 5]))


def test_a_draw_without_size_has_no_dimensions():
    x = da.random.default_rng(0).random()

    assert x.shape == ()
    assert 0 <= float(x) < 1


def test_bad_arguments_are_refused_at_once():
    rng = da.random.default_rng(0)

    with pytest.raises(ValueError, match="scale"):
        rng.normal(0, -1, size=3)
    with pytest.raises(ValueError, match="negative"):
        rng.random((-1,))
    with pytest.raises(ValueError, match="broadcast"):
        rng.normal(np.zeros(3), size=4)
    with pytest.raises(ValueError, match="chunks"):
        rng.random(4, chunks=((1, 2),))
    with pytest.raises(ValueError, match="out="):
        rng.random(4, out=np.empty(4))


def test_draws_with_dimensions_of_their_own_have_them_last():
    rng = da.random.default_rng(0)

    counts = rng.multinomial(20, [0.5, 0.25, 0.25], size=(4, 3), chunks=2)
    shares = rng.dirichlet([1, 2], size=5, chunks=2)
    vectors = rng.multivariate_normal([0, 0, 100], np.eye(3), size=5, chunks=2)
    balls = rng.multivariate_hypergeometric([3, 4], 5, size=5, chunks=2)

    assert_eq(counts.sum(axis=-1), np.full((4, 3), 20))
    assert_eq(shares.sum(axis=-1), np.ones(5))
    assert_eq((vectors / 100).round().astype(int), np.array([[0, 0, 1]] * 5))
    assert_eq(balls.sum(axis=-1), np.full(5, 5))
    assert rng.multinomial(20, [0.5, 0.5]).shape == (2,)


@pytest.mark.parametrize("kind", [da.random.default_rng, da.random.RandomState])
def test_choice_draws_elements(kind):
    x = kind(0).choice([1.5, 2.5, 3.5], size=(20, 10), chunks=7)
    y = kind(0).choice(da.arange(10, chunks=3), size=10, replace=False, chunks=4)
    z = kind(0).choice(4, size=50, p=[0, 0.5, 0, 0.5], chunks=20)

    assert set(x.compute().ravel()) == {1.5, 2.5, 3.5}
    assert_eq(x, x.compute())
    assert sorted(y.compute()) == list(range(10))
    assert y.chunks == ((4, 4, 2),)
    assert set(z.compute()) == {1, 3}


def test_choice_along_an_axis_keeps_the_others():
    a = np.arange(12).reshape(3, 4)

    x = da.random.default_rng(0).choice(da.from_array(a, chunks=2), size=5, axis=1, chunks=2)

    assert x.chunks == ((3,), (2, 2, 1))
    assert_eq(x - x[0], np.repeat([[0], [4], [8]], 5, axis=1))


@pytest.mark.parametrize(
    ("a", "options", "match"),
    [
        (3, {"size": 4, "replace": False}, "without replacement"),
        (3, {"p": [0.5, 0.5]}, "shape"),
        (2, {"p": [0.5, 0.4]}, "sum"),
        (2, {"p": [1.5, -0.5]}, "non-negative"),
        (0, {"size": 1}, "empty"),
        (2.5, {}, "whole number"),
    ],
)
def test_choices_that_can_not_be_made_are_refused(a, options, match):
    with pytest.raises(ValueError, match=match):
        da.random.default_rng(0).choice(a, **options)


@pytest.mark.parametrize("kind", [da.random.default_rng, da.random.RandomState])
def test_permutations_have_every_element_once(kind):
    x = da.from_array(np.arange(20).reshape(10, 2), chunks=(4, 1))

    y = kind(0).permutation(x)
    z = kind(0).permutation(10)

    assert sorted(z.compute()) == list(range(10))
    found = y.compute()
    assert sorted(found[:, 0]) == list(range(0, 20, 2))
    assert (found[:, 1] - found[:, 0] == 1).all()


def test_drawing_takes_one_task_a_block():
    x = drawn(0, 10, 10, chunks=5)
    graph = treadle.graph.graph.Graph()

    (x + 1).__treadle_lower__(graph)

    assert [layer.rows for layer in graph.layers.values()] == [4]
