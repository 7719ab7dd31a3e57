"""Tokens: the same for equal content, another one for anything else, in every process."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import operator
import pathlib
import subprocess
import sys
import threading
import uuid
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import treadle
from treadle import tokenize
from treadle.graph import tokenize as tokenize_module

Pair = namedtuple("Pair", "left right")


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Point:
    x: int
    y: object = None


@dataclasses.dataclass
class OtherPoint:
    x: int
    y: object = None


class Plain:
    def __init__(self, value):
        self.value = value


class Titled(dict):
    title = None


def titled(title, **items):
    made = Titled(items)
    made.title = title
    return made


def closure(n):
    return lambda x: x + n


def default(n):
    return lambda x, n=n: x + n


FACTOR = 3


def uses_global(x):
    return x * FACTOR


# Each row: values that must all have different tokens.
DIFFERENT = {
    "scalars": [0, 1, -1, 1.0, True, False, None, "", "1", b"1", bytearray(b"1"), 1j, ..., 2**80],
    "floats": [0.0, -0.0, float("inf"), float("nan"), 1e-300],
    "containers": [[], (), {}, set(), frozenset(), [1], (1,), {1}, frozenset([1]), {1: None}],
    "nesting": [[1, [2]], [[1], 2], [[1, 2]], [1, 2], ["1", "2"], ["12"], ["1, 2"], [[1, 2], []]],
    "order": [[1, 2], [2, 1]],
    "dictionaries": [{"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 2}, OrderedDict(a=1)],
    "named tuples": [Pair(1, 2), (1, 2), Pair(2, 1)],
    "ranges": [range(3), range(0, 3, 2), slice(3), slice(0, 3), slice(None)],
    "functions": [operator.add, operator.sub, len, str.upper, str.lower, "a".upper, "b".upper],
    "lambdas": [lambda x: x, lambda x: x + 1, lambda x: x + 2, lambda y: (y, 1), lambda *x: x],
    "closures": [closure(1), closure(2), default(1), default(2)],
    "partials": [functools.partial(max, 1), functools.partial(max, 2), functools.partial(min, 1)],
    "types": [int, float, Point, OtherPoint, Plain, Colour],
    "objects": [Point(1), Point(2), OtherPoint(1), Plain(1), Plain(2), Colour.RED, Colour.BLUE],
    "subclasses": [titled("a", x=1), titled("b", x=1), {"x": 1}, defaultdict(int, x=1)],
    "times": [
        datetime.date(2026, 1, 1),
        datetime.datetime(2026, 1, 1),
        datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        datetime.timedelta(1),
        datetime.time(1),
    ],
    "others": [decimal.Decimal("1"), decimal.Decimal("1.0"), uuid.UUID(int=1), pathlib.Path("a")],
    "modules": [operator, functools],
    "arrays": [
        np.arange(6),
        np.arange(6).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.arange(6.0),
        np.arange(6, dtype="i4"),
        np.arange(6, dtype=">i8"),
        np.arange(7),
        np.array(5),
        np.array(["a", "b"]),
        np.array(["a", "b"], dtype=object),
        np.zeros(0),
        np.zeros((0, 2)),
        np.ma.array([1, 2], mask=[0, 1]),
        np.ma.array([1, 2], mask=[1, 0]),
        np.int64(1),
        np.float64(1),
        np.dtype("i4"),
        np.dtype([("a", "i4")]),
        np.add,
        np.subtract,
        np.datetime64("2026-01-01"),
    ],
    "pandas": [
        pd.Series([1, 2]),
        pd.Series([1, 2], name="x"),
        pd.Series([1, 2], index=["a", "b"]),
        pd.Series([1.0, 2.0]),
        pd.Series(["a", "b"]),
        pd.Series(["a", None]),
        pd.Series(["a", "b"], dtype="category"),
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["b", "a"])),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, 2], dtype="Int64"),
        pd.Series(pd.to_datetime(["2026-01-01"])),
        pd.Series(pd.to_datetime(["2026-01-01"]).tz_localize("UTC")),
        pd.DataFrame({"a": [1, 2]}),
        pd.DataFrame({"b": [1, 2]}),
        pd.DataFrame({"a": [1, 2], "b": [3, 4]}),
        pd.DataFrame({"b": [3, 4], "a": [1, 2]}),
        pd.Index([1, 2]),
        pd.RangeIndex(2),
        pd.MultiIndex.from_product([[1], [2, 3]]),
        pd.MultiIndex.from_product([[1, 2], [3]]),
        pd.Timestamp("2026-01-01"),
        pd.Timedelta("1D"),
        pd.Period("2026-01"),
    ],
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_values_have_different_tokens(name):
    values = DIFFERENT[name]

    tokens = [tokenize(value) for value in values]

    assert len(set(tokens)) == len(values)
    assert tokens == [tokenize(value) for value in values]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, 1, 2}, {2, 3, 1}),
        (closure(1), closure(1)),
        (np.arange(6), np.arange(12)[:6]),
        (np.arange(6).reshape(2, 3)[:, ::2], np.array([[0, 2], [3, 5]])),
        (pd.Series(["a", "b", "c"])[:2], pd.Series(["a", "b"])),
        (
            pd.concat([pd.Series(["a"]), pd.Series(["b"])], ignore_index=True),
            pd.Series(["a", "b"]),
        ),
        (pd.DataFrame({"a": [1, 2, 3]}).iloc[:2], pd.DataFrame({"a": [1, 2]})),
    ],
)
def test_equal_values_have_equal_tokens(one, other):
    assert tokenize(one) == tokenize(other)


def test_keywords_count_and_differ_from_positions():
    assert tokenize(x=1) == tokenize(x=1)
    assert len({tokenize(1), tokenize(x=1), tokenize({"x": 1}), tokenize(y=1)}) == 4


def test_a_value_that_contains_itself_has_a_token():
    loop = [1]
    loop.append(loop)
    other = [1]
    other.append([1, other])

    assert tokenize(loop) == tokenize(loop)
    assert tokenize(loop) != tokenize(other)


def test_what_has_no_content_is_never_taken_for_anything_else():
    lock = threading.Lock()

    assert tokenize(lock) != tokenize(lock)


def test_a_function_changes_with_the_globals_it_reads(monkeypatch):
    code = "FACTOR = 3\ndef f(x):\n    return x * FACTOR\n"
    three, four = {"__name__": "__main__"}, {"__name__": "__main__"}
    exec(code, three)
    exec(code.replace("3", "4"), four)
    moved = {"__name__": "__main__"}
    exec("\n\n" + code, moved)

    assert tokenize(three["f"]) != tokenize(four["f"])
    assert tokenize(three["f"]) == tokenize(moved["f"])  # lines are not content


def test_recursive_functions_have_tokens():
    scope = {"__name__": "__main__"}
    exec("def f(n):\n    return n and f(n - 1)\n", scope)

    assert tokenize(scope["f"]) == tokenize(scope["f"])


def test_a_class_says_itself_what_it_is():
    class Dataset:
        def __init__(self, path, handle):
            self.path = path
            self.handle = handle

        def __treadle_tokenize__(self):
            return self.path

    assert tokenize(Dataset("a", object())) == tokenize(Dataset("a", object()))
    assert tokenize(Dataset("a", 1)) != tokenize(Dataset("b", 1))


def test_a_type_can_be_registered_and_subclasses_follow(monkeypatch):
    monkeypatch.setattr(tokenize_module.normalize_token, "_functions", {})
    monkeypatch.setattr(tokenize_module, "_found", {})

    class Base:
        def __init__(self, name):
            self.name = name
            self.lock = threading.Lock()

    class Child(Base): ...

    @treadle.normalize_token.register(Base)
    def _(value):
        return value.name

    assert tokenize(Child("a")) == tokenize(Child("a"))
    assert len({tokenize(Child("a")), tokenize(Base("a")), tokenize(Child("b"))}) == 3


VALUES = [1, "é", {"b": {1, 2, 3}, "a": "x"}, (None, 1.5), len, operator.add, frozenset("abc")]


def test_tokens_are_the_same_in_another_process():
    code = (
        "import operator, treadle\n"
        "v = [1, 'é', {'b': {1, 2, 3}, 'a': 'x'}, (None, 1.5)]\n"
        "v += [len, operator.add, frozenset('abc')]\n"
        "print(*map(treadle.tokenize, v))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        .stdout.split()[0:7]
        .__repr__()
        for seed in ("1", "2")
    }

    assert outputs == {repr([tokenize(value) for value in VALUES])}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(plain, plain)
def test_tokens_are_equal_exactly_for_values_of_equal_repr(one, other):
    def canonical(value):
        if isinstance(value, dict):
            return "{" + ",".join(sorted(f"{k!r}:{canonical(v)}" for k, v in value.items())) + "}"
        if isinstance(value, (list, tuple)):
            return f"{type(value).__name__}({','.join(map(canonical, value))})"
        return repr(value)

    assert (tokenize(one) == tokenize(other)) == (canonical(one) == canonical(other))
