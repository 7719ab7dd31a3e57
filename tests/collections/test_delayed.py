"""Lazy calls."""

from __future__ import annotations

import dataclasses
import inspect
import operator
import pickle
from collections import namedtuple

import numpy as np
import pytest

import treadle
from treadle import Delayed, delayed

Pair = namedtuple("Pair", "left right")


@dataclasses.dataclass
class Options:
    level: object
    name: str = "plain"


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def show(*args, **kwargs):
    return args, kwargs


dinc, dshow = delayed(inc), delayed(show)


class RaisingEngine:
    """An engine that must not be used."""

    name, num_workers, capabilities = "raising", 1, None

    def submit(self, table, *, segment=None):
        raise AssertionError("something was computed")


@pytest.fixture
def nothing_computes(monkeypatch):
    monkeypatch.setattr("treadle.base.get_engine", lambda *_: RaisingEngine())


def test_a_decorated_function_keeps_its_name_doc_and_signature():
    @delayed
    def scale(x, factor=2):
        """Multiply."""
        return x * factor

    assert (scale.__name__, scale.__doc__) == ("scale", "Multiply.")
    assert str(inspect.signature(scale)) == "(x, factor=2)"
    assert scale(2, factor=5).compute() == 10


def test_building_computes_nothing(nothing_computes):
    x = dinc(1)
    y = (x + 1)[0].attribute.method(x, key=[x])
    low, high = delayed(divmod, nout=2)(x, 2)
    repr([y, low, high]), hash(x), len(delayed(divmod, nout=2)(1, 2))

    with pytest.raises(AssertionError, match="something was computed"):
        y.compute()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: x + 1, 11),
        (lambda x: 1 + x, 11),
        (lambda x: x - 1, 9),
        (lambda x: 1 - x, -9),
        (lambda x: x * x, 100),
        (lambda x: 3 * x, 30),
        (lambda x: x / 4, 2.5),
        (lambda x: 100 / x, 10.0),
        (lambda x: x // 3, 3),
        (lambda x: 33 // x, 3),
        (lambda x: x % 3, 1),
        (lambda x: 13 % x, 3),
        (lambda x: x**2, 100),
        (lambda x: 2**x, 1024),
        (lambda x: divmod(x, 3), (3, 1)),
        (lambda x: divmod(33, x), (3, 3)),
        (lambda x: x << 1, 20),
        (lambda x: 1 << x, 1024),
        (lambda x: x >> 1, 5),
        (lambda x: 4096 >> x, 4),
        (lambda x: x & 3, 2),
        (lambda x: 3 & x, 2),
        (lambda x: x | 1, 11),
        (lambda x: 1 | x, 11),
        (lambda x: x ^ 2, 8),
        (lambda x: 2 ^ x, 8),
        (lambda x: -x, -10),
        (lambda x: +x, 10),
        (lambda x: ~x, -11),
        (lambda x: abs(-x), 10),
        (lambda x: round(x / 4, 1), 2.5),
        (lambda x: x < 11, True),
        (lambda x: x <= 10, True),
        (lambda x: x > 10, False),
        (lambda x: x >= 11, False),
        (lambda x: x == 10, True),
        (lambda x: x != 10, False),
        (lambda x: x.bit_length(), 4),
        (lambda x: x.real, 10),
        (lambda x: delayed([1, 2, 3])[x - 9], 2),
        (lambda x: delayed("abcdefghijklm")[x - 8 : x], "cdefghij"),
    ],
)
def test_operators_subscripts_and_attributes_are_lazy_calls(make, expected):
    lazy = make(delayed(10))

    assert isinstance(lazy, Delayed)
    assert lazy.compute(scheduler="sync") == expected


def test_matrix_products_and_arrays_on_the_left_are_lazy_too():
    a = np.arange(4).reshape(2, 2)
    lazy = delayed(a)

    for both in (lazy @ a, a @ lazy, lazy + a, a + lazy):
        assert isinstance(both, Delayed)
    np.testing.assert_array_equal((a @ lazy).compute(), a @ a)


def test_results_replace_lazy_values_anywhere_inside_containers():
    x = dinc(1)

    nested = dshow(
        [x, 1], (x,), {x}, {"k": [x]}, Pair(x, 1), Options(x), slice(x, None), key={"a": x}
    )

    assert nested.compute() == (
        ([2, 1], (2,), {2}, {"k": [2]}, Pair(2, 1), Options(2), slice(2, None)),
        {"key": {"a": 2}},
    )


def test_without_traverse_containers_are_passed_on_as_they_are():
    x = dinc(1)

    (args, _) = delayed(show, traverse=False)(x, [x]).compute()

    assert args[0] == 2
    assert args[1][0] is x


def test_a_container_is_taken_as_it_was_when_the_call_was_made():
    parts = [dinc(1)]
    total = delayed(sum)(parts)

    parts.append(dinc(100))

    assert total.compute() == 2


def test_a_lazy_container_holds_results():
    assert delayed([dinc(1), {"k": dinc(2)}]).compute() == [2, {"k": 3}]
    assert delayed([1, 2]).compute() == [1, 2]


def test_shared_inputs_run_once():
    calls = []

    def once():
        calls.append(1)
        return 1

    x = delayed(once)()

    assert treadle.compute(x + 1, [x + 2, x]) == (2, [3, 1])
    assert calls == [1]


def test_impure_calls_are_apart_and_pure_ones_are_one():
    assert dinc(1).key != dinc(1).key
    assert dinc(1, pure=True).key == dinc(1, pure=True).key != dinc(2, pure=True).key
    pure = delayed(add, pure=True)
    assert pure(1, 2).key == pure(1, 2).key
    assert pure(pure(1, 2), 3).key == pure(pure(1, 2), 3).key
    assert delayed([1, 2], pure=True).key == delayed([1, 2], pure=True).key


def test_names_are_keys():
    assert delayed(1, name="one").key == "one"
    assert dinc(1, dask_key_name="mine").key == "mine"
    assert dinc(1).key.startswith("inc-")
    assert delayed(inc, name="other")(1).key.startswith("other-")
    assert dinc(1).bit_length().key.startswith("bit_length-")


def test_a_function_with_several_results_can_be_unpacked():
    low, high = delayed(lambda x: (x, x + 1), nout=2)(1)

    assert treadle.compute(low, high) == (1, 2)
    assert len(delayed(divmod, nout=2)(7, 2)) == 2
    assert list(delayed(divmod, nout=0)(7, 2)) == []


@pytest.mark.parametrize("nout", [-1, 1.5, "2", True])
def test_a_number_of_results_that_means_nothing_is_refused(nout):
    with pytest.raises(ValueError, match="nout must be None or a whole number"):
        delayed(inc, nout=nout)


def test_what_needs_the_result_says_how_to_get_it():
    x = dinc(1)

    with pytest.raises(TypeError, match=r"truth of a Delayed is not known.*\.compute\(\)"):
        bool(x)
    with pytest.raises(TypeError, match=r"delayed\(func, nout=2\)"):
        list(x)
    with pytest.raises(TypeError, match="no known length"):
        len(x)
    with pytest.raises(TypeError, match="can't be changed"):
        x[0] = 1
    with pytest.raises(AttributeError, match="name"):
        x.name = 1
    with pytest.raises(AttributeError, match="_private"):
        _ = x._private


def test_methods_can_be_lazy():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @delayed
        def of(self, x):
            return self.factor * x

    assert Scale(3).of(dinc(1)).compute() == 6


def test_delayed_of_a_delayed_is_itself():
    x = dinc(1)

    assert delayed(x) is x
    assert delayed(dinc) is dinc


def test_persisted_values_are_there_and_keep_their_keys():
    calls = []

    def once():
        calls.append(1)
        return [1, 2]

    x = delayed(once)()
    held = x.persist()

    assert held.key == x.key
    assert (held[1] + 1).compute() == 3
    assert treadle.persist({"a": x})[0]["a"].compute() == [1, 2]
    assert len(calls) == 2


def test_lazy_values_survive_pickling():
    total = delayed(operator.add)(delayed(abs)(-1), 2)

    again = pickle.loads(pickle.dumps([total, delayed(inc)]))

    assert again[0].compute() == 3
    assert again[0].key == total.key
    assert again[1](1).compute() == 2


def test_a_call_knows_the_line_it_was_written_on():
    line = inspect.currentframe().f_lineno + 1
    x = delayed(operator.truediv)(1, 0)

    with pytest.raises(ZeroDivisionError) as caught:
        x.compute()
    assert (
        f"test_delayed.py, line {line}: x = delayed(operator.truediv)(1, 0)"
        in (caught.value.__notes__[0])
    )


def test_annotations_reach_the_table():
    with treadle.annotate(retries=1, priority=5):
        with treadle.annotate(retries=3):
            x = dinc(1)
        y = dinc(x)
    graph = treadle.base.Graph()
    y.__treadle_lower__(graph)

    assert graph[x.key].annotations == {"retries": 3, "priority": 5}
    assert graph[y.key].annotations == {"retries": 1, "priority": 5}
    assert treadle.get_annotations() == {}


@pytest.mark.parametrize("wrong", [{"retries": -1}, {"retries": "2"}, {"priority": "high"}])
def test_annotations_that_mean_nothing_are_refused(wrong):
    with pytest.raises(TypeError, match="must be a"), treadle.annotate(**wrong):
        pass


def test_a_hundred_thousand_calls_in_a_row_need_no_recursion():
    x = delayed(0)
    for _ in range(100_000):
        x = dinc(x)

    assert x.compute() == 100_000
