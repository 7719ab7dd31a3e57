"""Bags: what plain Python does with the same elements is what they give."""

from __future__ import annotations

import math
import pickle
import statistics
from collections import Counter
from itertools import accumulate
from operator import add, itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle
import treadle.bag as db


def inc(x):
    return x + 1


def is_even(x):
    return x % 2 == 0


def last_digit(x):
    return x % 10


@pytest.fixture
def numbers():
    return db.from_sequence(range(20), npartitions=6)


def test_elements_keep_their_order(numbers, engine):
    assert numbers.compute(scheduler=engine) == list(range(20))
    assert numbers.map(inc).filter(is_even).compute(scheduler=engine) == list(range(2, 21, 2))


def test_a_chain_of_calls_is_one_task_a_partition(numbers):
    b = numbers.map(inc).filter(is_even).map(inc)

    table, _ = treadle.base._compile([b], True)

    assert len(table) == numbers.npartitions


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_sequence_of_any_length_is_a_bag(count):
    assert db.from_sequence(range(count), npartitions=3).compute() == list(range(count))
    assert db.from_sequence(iter(range(count)), partition_size=2).compute() == list(range(count))


def test_functions_take_elements_of_several_bags_and_values(numbers, engine):
    other = numbers.map(inc)

    assert db.map(add, numbers, other).compute(scheduler=engine) == [2 * n + 1 for n in range(20)]
    assert numbers.map(pow, 2).sum().compute(scheduler=engine) == sum(n * n for n in range(20))
    assert numbers.map(max, numbers.max()).compute() == [19] * 20
    assert numbers.map(lambda x, y: x - y, y=other).compute() == [-1] * 20
    assert numbers.map(add, treadle.delayed(inc)(1)).compute() == [n + 2 for n in range(20)]


def test_bags_of_other_partitions_do_not_match(numbers):
    with pytest.raises(ValueError, match="repartition"):
        db.map(add, numbers, numbers.repartition(2))
    with pytest.raises(ValueError, match="repartition"):
        db.zip(numbers, numbers.repartition(2))


def test_entries_are_plucked():
    b = db.from_sequence([{"a": 1, "b": [10]}, {"a": 2}])

    assert b.pluck("a").compute() == [1, 2]
    assert b.pluck("b", None).compute() == [[10], None]
    assert b.pluck(["a", "b"], 0).compute() == [(1, [10]), (2, 0)]
    with pytest.raises(KeyError):
        b.pluck("b").compute()


def test_flatten_starmap_remove_and_map_partitions(numbers):
    assert db.from_sequence([[1, 2], [3]]).flatten().compute() == [1, 2, 3]
    assert db.from_sequence([(2, 3), (3, 2)]).starmap(pow).compute() == [8, 9]
    assert numbers.remove(is_even).compute() == list(range(1, 20, 2))
    assert numbers.map_partitions(lambda part: (sum(part),)).sum().compute() == 190
    assert numbers.map_partitions(lambda part, k: (n * k for n in part), 2).max().compute() == 38


def test_strings_have_their_methods():
    b = db.from_sequence(["Alice Smith", "Bob Jones"])

    assert b.str.upper().compute() == ["ALICE SMITH", "BOB JONES"]
    assert b.str.replace("o", "0").compute() == ["Alice Smith", "B0b J0nes"]
    assert b.str.match("Bob*").compute() == ["Bob Jones"]
    with pytest.raises(AttributeError, match="nothing"):
        _ = b.str.nothing


REDUCTIONS = {
    "sum": sum, "max": max, "min": min, "any": any, "all": all, "count": len,
    "mean": statistics.fmean, "var": statistics.pvariance, "std": statistics.pstdev,
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(deadline=None, max_examples=25)
@given(items=st.lists(st.integers(-100, 100), min_size=1, max_size=40), parts=st.integers(1, 30))
def test_reductions_are_those_of_the_list(name, items, parts):
    b = db.from_sequence(items, npartitions=parts)

    assert getattr(b, name)().compute(scheduler="sync") == pytest.approx(REDUCTIONS[name](items))


def test_reductions_of_filtered_bags_know_empty_partitions(numbers, engine):
    few = numbers.filter(lambda n: n == 7)

    assert few.max().compute(scheduler=engine) == 7
    assert few.mean().compute(scheduler=engine) == 7
    assert few.fold(add, initial=0).compute(scheduler=engine) == 7
    with pytest.raises(ValueError, match="without elements"):
        numbers.filter(lambda n: n > 100).max().compute()
    assert math.isnan(numbers.filter(lambda n: n > 100).mean().compute())


def test_folding_takes_totals_and_elements_apart(numbers):
    found = numbers.fold(lambda seen, n: seen | {n % 3}, set.union, initial=set())

    assert found.compute() == {0, 1, 2}
    assert numbers.fold(max, split_every=2).compute() == 19


def test_frequencies_topk_and_distinct(engine):
    words = "the cat and the dog and the bird".split()
    b = db.from_sequence(words, npartitions=3)

    assert dict(b.frequencies().compute(scheduler=engine)) == Counter(words)
    assert b.frequencies(sort=True).compute()[0] == ("the", 3)
    assert b.distinct().compute() == ["the", "cat", "and", "dog", "bird"]
    assert b.distinct(key=len).compute() == ["the", "bird"]
    assert b.topk(2).compute() == ["the", "the"]
    assert b.topk(1, key=len).compute() == ["bird"]
    pairs = db.from_sequence([("a", 2), ("b", 1)])
    assert pairs.topk(1, key=1).compute() == [("a", 2)]


def test_running_results_go_over_partitions(numbers, engine):
    expected = list(accumulate(range(20)))

    assert numbers.accumulate(add).compute(scheduler=engine) == expected
    assert numbers.accumulate(add, 100).compute() == list(accumulate(range(20), initial=100))
    assert numbers.filter(lambda n: n > 9).accumulate(add).compute() == list(
        accumulate(range(10, 20))
    )


def test_groups_are_folded_where_they_are(numbers, engine):
    found = numbers.foldby(last_digit, add, 0).compute(scheduler=engine)

    assert sorted(found) == [(n, 2 * n + 10) for n in range(10)]
    counted = numbers.foldby(is_even, lambda total, _: total + 1, 0, add)
    assert dict(counted.compute()) == {True: 10, False: 10}


@pytest.mark.parametrize("npartitions", [None, 1, 3, 9])
def test_groups_come_together(numbers, engine, npartitions):
    words = numbers.map(str)

    found = words.groupby(itemgetter(-1), npartitions=npartitions).compute(scheduler=engine)

    assert sorted(found) == [(str(n), [str(n), str(n + 10)]) for n in range(10)]


def test_joins_and_products(numbers, engine):
    other = [(n, "x" * n) for n in range(3)]

    joined = numbers.join(other, last_digit, 0)

    assert sorted(joined.compute(scheduler=engine), key=itemgetter(1)) == [
        ((n % 10, "x" * (n % 10)), n) for n in range(20) if n % 10 < 3
    ]
    assert numbers.join(db.from_sequence([3], npartitions=1), inc).compute() == [(3, 3)]
    assert numbers.join(treadle.delayed([3]), inc).compute() == [(3, 3)]
    few = db.from_sequence("ab", npartitions=2)
    assert sorted(numbers.take(2, compute=False).product(few).compute()) == [
        (0, "a"), (0, "b"), (1, "a"), (1, "b")
    ]  # fmt: skip
    with pytest.raises(ValueError, match="repartition"):
        numbers.join(numbers, inc)


def test_bags_are_zipped_and_concatenated(numbers):
    assert db.zip(numbers, numbers.map(inc)).compute() == [(n, n + 1) for n in range(20)]
    assert db.concat([numbers, numbers]).compute() == [*range(20), *range(20)]
    with pytest.raises(ValueError, match="zip"):
        db.zip(numbers, numbers.filter(is_even)).compute()


@settings(deadline=None, max_examples=40)
@given(count=st.integers(0, 30), before=st.integers(1, 12), after=st.integers(1, 12))
def test_other_partitions_have_the_same_elements(count, before, after):
    b = db.from_sequence(range(count), npartitions=before).repartition(after)

    assert b.npartitions == after
    assert b.compute(scheduler="sync") == list(range(count))


def test_partitions_may_be_given_a_size():
    b = db.from_sequence(["x" * 1000] * 40, npartitions=4)

    small = b.repartition(partition_size="5kB")
    large = small.repartition(partition_size="1MB")

    assert small.npartitions > 4
    assert large.npartitions == 1
    assert small.compute() == large.compute() == b.compute()


def test_the_first_elements_are_taken(numbers):
    assert numbers.take(2) == (0, 1)
    assert numbers.take(6, npartitions=3) == (0, 1, 2, 3, 4, 5)
    assert numbers.take(100, npartitions=-1, warn=False) == tuple(range(20))
    assert numbers.take(2, compute=False).compute() == [0, 1]
    with pytest.warns(UserWarning, match="only"):
        numbers.take(100)
    with pytest.raises(ValueError, match="partitions"):
        numbers.take(1, npartitions=7)


def test_random_elements_are_the_same_for_the_same_seed(engine):
    b = db.from_sequence(range(1000), npartitions=4)

    some = b.random_sample(0.3, random_state=5)

    assert some.compute(scheduler=engine) == b.random_sample(0.3, 5).compute(scheduler="sync")
    assert 200 < some.count().compute() < 400
    assert b.random_sample(1).compute() == list(range(1000))
    with pytest.raises(ValueError, match="probability"):
        b.random_sample(2)


def test_samples_are_of_the_right_size():
    b = db.from_sequence(range(50), npartitions=7)

    found = db.random.sample(b, 20).compute()

    assert len(set(found)) == 20
    assert set(found) <= set(range(50))
    assert len(db.random.choices(b, 200).compute()) == 200
    with pytest.raises(ValueError, match="can't be drawn"):
        db.random.sample(b, 51).compute()


def test_delayed_values_become_partitions_and_back(numbers, engine):
    parts = numbers.map(inc).to_delayed()

    again = db.from_delayed(parts)

    assert len(parts) == 6
    assert (
        parts[0].compute(scheduler=engine) == numbers.map(inc).compute()[: len(parts[0].compute())]
    )
    assert again.compute(scheduler=engine) == list(range(1, 21))
    assert treadle.delayed(sum)(numbers).compute(scheduler=engine) == 190


def test_items_go_on(numbers):
    total = numbers.sum()

    assert total.apply(inc).compute() == 191
    assert (total.to_delayed() + 1).compute() == 191
    assert db.Item.from_delayed(treadle.delayed(5)).compute() == 5
    with pytest.raises(TypeError, match="compute"):
        bool(total)


def test_what_is_shared_is_computed_once():
    seen = []
    b = db.from_sequence(range(4), npartitions=2).map(lambda n: seen.append(n) or n)

    assert treadle.compute(b.sum(), b.max(), scheduler="sync") == (6, 3)
    assert sorted(seen) == [0, 1, 2, 3]


def test_persisted_bags_hold_their_partitions(numbers, engine):
    held = numbers.map(inc).persist(scheduler=engine)

    assert held.sum().compute(scheduler=engine) == 210
    assert held.npartitions == numbers.npartitions


def test_bags_travel(numbers):
    assert pickle.loads(pickle.dumps(numbers.map(inc))).compute() == list(range(1, 21))


def test_errors_name_the_value_and_the_mend(numbers):
    with pytest.raises(ValueError, match="npartitions must be 1 or more, not 0"):
        db.from_sequence([1], npartitions=0)
    with pytest.raises(ValueError, match="no bag"):
        db.map(inc, 1)
    with pytest.raises(ValueError, match="tasks"):
        numbers.groupby(inc, shuffle="disk")
    with pytest.raises(ValueError, match="either"):
        numbers.repartition()
    with pytest.raises(ZeroDivisionError):
        numbers.map(lambda n: 1 / n).compute()
