"""The screen: which functions may be tasks, and why others may not."""

from __future__ import annotations

import linecache
import random
import time
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from treadle.notebook.cell.screen import Screen

GENERATOR = np.random.default_rng(1)
STATE = [1]
TABLE = {"double": lambda x: 2 * x}


def frame_stores(path):
    frame = pd.read_csv(path, usecols=["a"])
    frame["b"] = frame["a"] // 100
    frame["c"] = path
    frame.loc[frame.a > 1, "a"] = 3
    return frame[["a", "b"]]


def frame_summary(frame):
    total = pd.concat([frame]).groupby(level=0).sum()
    total["mean"] = total["sum"] / total["count"]
    return total.sort_index()


def groups(values):
    found = defaultdict(list)
    for value in values:
        found[value % 3].append(value)
    return dict(found)


def counts(words):
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def setdefaults(pairs):
    found = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def fills_own_array(a):
    out = np.zeros(10)
    for i in range(10):
        out[i] = a[i]
    return out


def reads_file(path):
    with open(path) as file:
        return sum(1 for _ in file)


def sleeps(x):
    time.sleep(0)
    return len(STATE) + x


def helper(x):
    return x + 1


def calls_helper(x):
    return [helper(v) for v in x]


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def inner_function(n):
    def inner(m):
        return m * n

    return [inner(i) for i in range(3)]


def table_of_functions(x):
    return TABLE["double"](x)


def catches(x):
    try:
        return 1 / x
    except ZeroDivisionError as error:
        raise ValueError("bad") from error


def simulates(seed, n):
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=n) + rng.integers(0, 5)
    plain = random.Random(seed)
    return steps.cumsum().max() + plain.random()


PURE = [
    frame_stores, frame_summary, groups, counts, setdefaults, fills_own_array, reads_file, sleeps,
    helper, calls_helper, factorial, inner_function, table_of_functions, catches, simulates,
]  # fmt: skip


@pytest.mark.parametrize("function", PURE, ids=lambda f: f.__name__)
def test_notebook_idioms_pass(function):
    assert Screen().callable(function, function.__name__).reason is None


def appends(x):
    x.append(1)


def stores_through_alias(x):
    y = x
    y[0] = 1


def appends_to_shared_inside(x):
    a = []
    b = a
    b.append(x)
    a[0].append(1)


def stores_alias_in_owner(key, x):
    d = defaultdict(list)
    e = d
    e[key] = x
    d[key].append(1)


def adds_in_place(n):
    n += 1
    return n


def changes_through_helper(x):
    return appends(x)


def passes_on_mutator(xs):
    return list(map(appends, xs))


def inplace(frame):
    frame.drop(columns=["a"], inplace=True)


def writes_out(a):
    return np.add(a, 1, out=a)


def nested_append(xs):
    def add(x):
        xs.append(x)

    add(1)


def writes_global(x):
    global STATE
    STATE = x


def prints(x):
    print(x)


def writes_file(path):
    return open(path, "w")


def saves(frame):
    frame.to_csv("x.csv")


def draws():
    return np.random.rand(3)


def draws_from_global():
    return GENERATOR.normal()


def draws_without_seed():
    return np.random.default_rng().normal()


def draws_plainly():
    return random.random()


def asks():
    return input()


def clock():
    return time.time()


def generates(n):
    yield n


def unknown_method(x):
    return x.frobnicate()


def hides_method(x):
    method = x.append
    return method(1)


def hides_writer(frame):
    write = frame.to_csv
    return write("x")


def with_lock(lock):
    with lock:
        return 1


IMPURE = {
    appends: "PAR101", stores_through_alias: "PAR101", appends_to_shared_inside: "PAR101",
    stores_alias_in_owner: "PAR101", adds_in_place: "PAR101", changes_through_helper: "PAR101",
    passes_on_mutator: "PAR101", inplace: "PAR101", writes_out: "PAR101", nested_append: "PAR101",
    writes_global: "PAR102", prints: "PAR105", writes_file: "PAR103", saves: "PAR108",
    draws: "PAR203", draws_plainly: "PAR203", draws_without_seed: "PAR203",
    draws_from_global: "PAR108", asks: "PAR104", clock: "PAR204",
    generates: "PAR111", unknown_method: "PAR108", hides_method: "PAR108", hides_writer: "PAR108",
    with_lock: "PAR112",
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "code"), IMPURE.items(), ids=lambda v: getattr(v, "__name__", v)
)
def test_what_is_not_known_to_be_safe_is_refused_with_its_code(function, code):
    reason = Screen().callable(function, function.__name__).reason

    assert reason is not None
    assert reason.code == code


def test_a_verdict_falls_when_a_callee_is_defined_anew():
    screen = Screen()
    names: dict[str, object] = {}
    text = "def user(x):\n    return callee(x)\n"
    linecache.cache["<screen test>"] = (len(text), None, text.splitlines(True), "<screen test>")
    exec(compile(text, "<screen test>", "exec", dont_inherit=True), names)

    names["callee"] = helper
    before = screen.callable(names["user"], "user")
    names["callee"] = appends
    after = screen.callable(names["user"], "user")

    assert before.is_pure
    assert not after.is_pure


def test_a_function_whose_source_changed_is_not_judged_by_the_new_one(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def f(x):\n    return x + 1\n")
    names: dict[str, object] = {}
    exec(compile("def f(x):\n    return x.append(1)\n", str(path), "exec"), names)

    verdict = Screen().callable(names["f"], "f")

    assert verdict.reason is not None
    assert verdict.reason.code == "PAR109"
