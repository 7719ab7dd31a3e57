"""Functions travel as they are now, by reference only where everybody has them."""

from __future__ import annotations

import functools
import math
import sys
import textwrap
import threading
from dataclasses import dataclass
from fractions import Fraction

import pytest
from tests.protocol.elsewhere import evaluate

from treadle.errors import DeserializeError, UnpicklableError
from treadle.protocol import functions, leaves
from treadle.protocol.installed import is_installed
from treadle.protocol.serialize import dumps_function, loads_function


@pytest.fixture
def local_module(tmp_path, monkeypatch):
    """Makes modules beside a script: importable here, unknown elsewhere."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def make(name: str, source: str):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        names.append(name)
        return __import__(name)

    yield make
    for name in names:
        sys.modules.pop(name, None)


def again(func):
    """The function as another process would call it."""
    return loads_function(dumps_function(func)[1])


# -- by reference or by value ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "func",
    [len, math.sqrt, "a,b".split, functools.partial(pow, 2), Fraction, textwrap.dedent, list],
)
def test_functions_of_installed_packages_are_short_references(func):
    assert len(dumps_function(func)[1]) < 120


def test_a_function_of_a_notebook_runs_in_a_process_that_has_no_notebook(notebook):
    cell = notebook(
        """
        import math
        factor = 3
        def scale(x): return factor * math.floor(x)
        def twice(x): return scale(x) * 2
        """
    )

    _, blob = dumps_function(cell.twice)

    assert evaluate("loads_function(blob)(1.5)", blob=blob) == 6


def test_a_function_of_a_module_beside_the_script_runs_where_that_is_missing(local_module):
    helpers = local_module(
        "helpers_of_a_script",
        """
        class Box:
            def __init__(self, content): self.content = content
        def inner(x): return Box(x + 1)
        def outer(x): return inner(x).content
        """,
    )

    _, blob = dumps_function(helpers.outer)

    assert evaluate("loads_function(blob)(1)", blob=blob) == 2


def test_a_module_that_was_edited_and_loaded_again_sends_its_new_functions(local_module, tmp_path):
    helpers = local_module("edited_helpers", "def work(x): return 'old'")
    before = again(helpers.work)(0)

    (tmp_path / "edited_helpers.py").write_text("def work(x): return 'much newer'")
    import importlib

    importlib.invalidate_caches()
    helpers = importlib.reload(helpers)

    assert (before, again(helpers.work)(0)) == ("old", "much newer")


def test_a_local_module_with_a_lock_falls_back_to_being_imported(local_module):
    helpers = local_module(
        "helpers_with_a_lock",
        """
        import threading
        lock = threading.Lock()
        def work(x):
            with lock:
                return x + 1
        """,
    )

    assert again(helpers.work) is helpers.work


def test_a_lambda_a_nested_function_and_a_method_travel():
    offset = 10

    def nested(x):
        return x + offset

    class Adder:
        def __init__(self, by):
            self.by = by

        def add(self, x):
            return x + self.by

    assert again(lambda x: x * 2)(2) == 4
    assert again(nested)(1) == 11
    assert again(Adder(5).add)(1) == 6
    assert again(functools.partial(nested))(2) == 12


def test_a_recursive_function_and_two_that_call_each_other_travel(notebook):
    cell = notebook(
        """
        def factorial(n): return 1 if n < 2 else n * factorial(n - 1)
        def even(n): return n == 0 or odd(n - 1)
        def odd(n): return n != 0 and even(n - 1)
        """
    )

    assert again(cell.factorial)(5) == 120
    assert again(cell.even)(10) is True
    assert dumps_function(cell.even) == dumps_function(cell.even)


def test_a_cached_function_of_a_notebook_travels_with_an_empty_cache(notebook):
    cell = notebook(
        """
        import functools
        @functools.lru_cache(maxsize=7)
        def square(x):
            "squares"
            return x * x
        """
    )
    cell.square(3)

    copy = again(cell.square)

    assert copy(4) == 16
    assert copy.cache_info()[1:] == (1, 7, 1)
    assert copy.__doc__ == "squares"
    assert evaluate("loads_function(b)(5)", b=dumps_function(cell.square)[1]) == 25


def test_coroutine_functions_and_generators_functions_travel():
    async def later(x):
        return x

    def several(n):
        yield from range(n)

    assert again(later).__code__.co_flags & 0x80
    assert list(again(several)(3)) == [0, 1, 2]


def test_modules_are_told_apart_by_where_they_lie(local_module):
    local = local_module("just_a_file", "x = 1")
    installed = ["os.path", "pytest", "treadle.graph", "sys", "importlib._bootstrap"]
    others = [local.__name__, "__main__", __name__, "no.such.module", None]

    assert [name for name in installed if not is_installed(name)] == []
    assert [name for name in others if is_installed(name)] == []


# -- never a stale copy ---------------------------------------------------------------------------

CHANGES = {
    "a global is bound anew": (
        "n = 1\ndef work(): return n",
        "n = 2",
    ),
    "a global list grows": (
        "items = [1]\ndef work(): return items",
        "items.append(2)",
    ),
    "a list in a dictionary in a tuple grows": (
        "settings = ({'a': [1]},)\ndef work(): return settings",
        "settings[0]['a'].append(2)",
    ),
    "an array is written to": (
        "import numpy\ndata = numpy.zeros(3)\ndef work(): return data.tolist()",
        "data[0] = 1",
    ),
    "an attribute of an object is set": (
        "class Thing:\n    x = 1\nthing = Thing()\ndef work(): return thing.x",
        "thing.x = 2",
    ),
    "a helper is defined anew": (
        "def helper(): return 'old'\ndef work(): return helper()",
        "def helper(): return 'new'",
    ),
    "a global of a helper's helper changes": (
        "n = 1\ndef deep(): return n\ndef helper(): return deep()\ndef work(): return helper()",
        "n = 2",
    ),
    "a class is defined anew": (
        "class A:\n    x = 1\ndef work(): return A.x",
        "class A:\n    x = 2",
    ),
    "a method is replaced": (
        "class A:\n    def f(self): return 1\ndef work(): return A().f()",
        "A.f = lambda self: 2",
    ),
    "a class attribute of a base class changes": (
        "class B:\n    x = [1]\nclass A(B): pass\ndef work(): return A.x",
        "B.x.append(2)",
    ),
    "a property is replaced": (
        "class A:\n    @property\n    def f(self): return 1\ndef work(): return A().f",
        "A.f = property(lambda self: 2)",
    ),
    "a static method is replaced": (
        "class A:\n    @staticmethod\n    def f(): return 1\ndef work(): return A.f()",
        "A.f = staticmethod(lambda: 2)",
    ),
    "a default changes": (
        "def work(x=1): return x",
        "work.__defaults__ = (2,)",
    ),
    "a default that is a list grows": (
        "def work(x=[1]): return x",
        "work.__defaults__[0].append(2)",
    ),
    "a keyword default changes": (
        "def work(*, x=1): return x",
        "work.__kwdefaults__ = {'x': 2}",
    ),
    "an attribute of the function changes": (
        "def work(): return work.x\nwork.x = 1",
        "work.x = 2",
    ),
    "the code is replaced": (
        "def work(): return 1",
        "work.__code__ = (lambda: 2).__code__",
    ),
    "a captured variable changes": (
        "def make():\n    n = 1\n    def work(): return n\n"
        "    def change():\n        nonlocal n\n        n = 2\n    return work, change\n"
        "work, change = make()",
        "change()",
    ),
    "a captured list grows": (
        "def make(items):\n    def work(): return items\n    return work\n"
        "shared = [1]\nwork = make(shared)",
        "shared.append(2)",
    ),
    "a builtin is hidden by a global": (
        "def work(): return len([1])",
        "def len(x): return 'mine'",
    ),
    "a missing global is defined": (
        "def work():\n    try:\n        return later\n    except NameError:\n        return None",
        "later = 1",
    ),
    "a partial's argument changes": (
        "import functools\ndef add(x, y): return x + y\nadder = functools.partial(add, 1)\n"
        "def work(): return adder(1)",
        "adder = functools.partial(add, 2)",
    ),
    "a set in a frozen dataclass changes": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    x: set\n"
        "a = A({1})\ndef work(): return a.x",
        "a.x.add(2)",
    ),
    "one of two equal lists becomes the other": (
        "a, b = [1], [1]\ndef work():\n    a.append(2)\n    return list(b)",
        "b = a",
    ),
    "an inner function's global changes": (
        "n = 1\ndef work():\n    def inner(): return n\n    return inner()",
        "n = 2",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_function_is_sent_again_when(change, notebook):
    before, after = CHANGES[change]
    cell = notebook(before)
    for _ in range(2):
        _, first = dumps_function(cell.work)

    cell = notebook(after)
    _, second = dumps_function(cell.work)

    # Somewhere else: here the classes of both are the very same objects.
    old, new = evaluate("[loads_function(blob)() for blob in blobs]", blobs=[first, second])
    assert old != new
    assert new == cell.work()


def test_a_submodule_that_is_imported_later_travels_too(notebook):
    cell = notebook(
        """
        import xml
        def work(): return xml.dom.minidom.parseString("<a/>").documentElement.tagName
        """
    )
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("xml.dom")}
    try:
        _, early = dumps_function(cell.work)
        import xml.dom.minidom  # noqa: F401

        _, late = dumps_function(cell.work)
    finally:
        sys.modules.update(kept)

    assert early != late
    assert evaluate("loads_function(blob)()", blob=late) == "a"


def test_what_has_not_changed_is_not_pickled_again(notebook, monkeypatch):
    cell = notebook(
        """
        import re, math, functools, logging, enum
        from collections import OrderedDict
        from dataclasses import dataclass
        @dataclass
        class Point:
            x: int
            y: int = 0
            def norm(self): return math.hypot(self.x, self.y)
        pattern, log, names = re.compile("a"), logging.getLogger("x"), ["a", {"b": 1}]
        def helper(x, scale=2): return OrderedDict(x=x * scale)
        def work(x): return Point(x), helper(x), pattern, log, names, isinstance(x, int)
        """
    )
    first = dumps_function(cell.work)

    def fail(*args, **kwargs):
        raise AssertionError("pickled again")

    monkeypatch.setattr(functions, "dumps", fail)

    assert dumps_function(cell.work) == first


def test_equal_lambdas_made_in_a_loop_are_pickled_once(monkeypatch):
    made = [lambda x: x + 1 for _ in range(10)]
    first = dumps_function(made[0])

    monkeypatch.setattr(functions, "dumps", None)

    assert {dumps_function(func) for func in made} == {first}


def test_lambdas_that_captured_different_values_differ():
    made = [lambda x, i=i: x + i for i in range(3)]

    assert [again(func)(10) for func in made] == [10, 11, 12]


def test_remembered_functions_are_bounded():
    for number in range(functions._REMEMBERED + 50):
        dumps_function(eval(f"lambda: {number}"))

    assert len(functions._entries) <= functions._REMEMBERED
    assert len(leaves._names) <= leaves._MOST_CODES


# -- refusals -------------------------------------------------------------------------------------


def test_a_function_that_holds_a_lock_is_refused_by_the_name_of_what_holds_it(notebook):
    cell = notebook(
        """
        import threading
        class Store:
            def __init__(self): self.lock = threading.Lock()
        store = Store()
        def work(): return store
        """
    )

    with pytest.raises(UnpicklableError) as caught:
        dumps_function(cell.work)

    assert caught.value.path == "work -> store.lock"
    assert caught.value.kind == "_thread.lock"
    assert "make it inside the task" in str(caught.value)


def test_a_captured_generator_is_named():
    numbers = (n for n in range(3))

    def work():
        return next(numbers)

    with pytest.raises(UnpicklableError, match=r"work -> numbers .*make a list of it first"):
        dumps_function(work)


def test_a_function_that_needs_what_is_not_installed_says_so(local_module):
    helpers = local_module(
        "only_here", "import threading\nlock = threading.Lock()\ndef work(): return lock"
    )
    _, blob = dumps_function(helpers.work)
    sys.modules.pop("only_here")
    sys.path.pop(0)

    with pytest.raises(DeserializeError, match="only_here") as caught:
        loads_function(blob)

    assert type(caught.value.__cause__) is ModuleNotFoundError


def test_threads_may_pickle_the_same_function_at_once(notebook):
    cell = notebook("values = list(range(100))\ndef work(x): return values[x]")
    found = []

    def pickle_it():
        for _ in range(50):
            found.append(dumps_function(cell.work)[0])

    threads = [threading.Thread(target=pickle_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(found) == 200
    assert len(set(found)) == 1


@dataclass
class Example:
    x: int


def test_a_class_may_be_called_as_a_function():
    assert again(Example)(1) == Example(1)


def test_methods_that_a_module_offers_as_functions_go_by_reference():
    import random

    for method in (random.random, random.randint, random.shuffle):
        digest, blob = dumps_function(method)
        assert loads_function(blob) is method
        random.random()
        assert dumps_function(method)[0] == digest

    own = random.Random(3)
    copy = loads_function(dumps_function(own.random)[1])
    assert copy() == own.random()
    assert copy.__self__ is not own


def test_a_function_that_uses_one_of_them_has_the_same_bytes_after_it_was_used():
    from random import random as draw

    def twice():
        return draw() + draw()

    digest, _ = dumps_function(twice)
    draw()
    assert dumps_function(twice)[0] == digest
