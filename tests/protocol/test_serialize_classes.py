"""Classes of a notebook travel once, and are themselves where they come to, and on their return."""

from __future__ import annotations

import gc
import weakref

import pytest
from tests.protocol.elsewhere import evaluate

from treadle.protocol import classes
from treadle.protocol.serialize import dumps_args, dumps_function, dumps_value, loads_value

SHAPES = """
import collections, dataclasses, abc
class Plain:
    "A plain one."
    kind = "plain"
    def __init__(self, x): self.x = x
    def area(self): return self.x * scale
    @property
    def side(self): return self.x
    @classmethod
    def make(cls): return cls(1)
    @staticmethod
    def two(): return 2
class Child(Plain):
    def area(self): return super().area() + 1
@dataclasses.dataclass
class Data:
    x: int
    y: list = dataclasses.field(default_factory=list)
    def area(self): return self.x * scale
Pair = collections.namedtuple("Pair", "x y", defaults=[0])
Pair.area = lambda self: self.x * scale
class Abstract(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Concrete(Abstract):
    __slots__ = ("x",)
    def __init__(self, x): self.x = x
    def area(self): return self.x * scale
scale = 10
"""


@pytest.mark.parametrize("name", ["Plain", "Child", "Data", "Pair", "Concrete"])
def test_a_class_of_a_notebook_is_pickled_once_for_all_its_instances(name, notebook, monkeypatch):
    cell = notebook(SHAPES)
    blobs = [dumps_args((getattr(cell, name)(1),))]
    monkeypatch.setattr(classes, "_Sent", None)
    blobs += [dumps_args((getattr(cell, name)(n),)) for n in (2, 3)]

    areas = evaluate("[loads_args(blob)[0].area() for blob in blobs]", blobs=blobs)
    assert areas == [getattr(cell, name)(n).area() for n in (1, 2, 3)]


def test_instances_of_a_class_are_of_one_class_elsewhere(notebook):
    cell = notebook(SHAPES + "def work(x): return isinstance(x, Plain), type(x) is Plain")
    _, blob = dumps_function(cell.work)
    args = [dumps_args((cell.Plain(1),)), dumps_args((cell.Plain(2), cell.Plain))]

    assert evaluate("[loads_function(f)(loads_args(a)[0]) for a in args]", f=blob, args=args) == [
        (True, True), (True, True),
    ]  # fmt: skip


def test_a_class_that_changes_and_changes_back_is_what_it_is_elsewhere_too(notebook):
    cell = notebook(SHAPES)
    first = dumps_args((cell.Plain(1),))
    cell.Plain.area = lambda self: "other"
    second = dumps_args((cell.Plain(1),))
    run = "[loads_args(blob)[0].area() for blob in blobs]"

    assert evaluate(run, blobs=[first, second, first, second, second]) == [
        10, "other", 10, "other", "other",
    ]  # fmt: skip


def test_a_function_and_a_class_that_it_uses_share_their_globals(notebook):
    cell = notebook(
        """
        count = 0
        class Counter:
            def up(self):
                global count
                count += 1
        def work():
            Counter().up()
            return count
        """
    )

    assert evaluate("loads_function(b)()", b=dumps_function(cell.work)[1]) == 1


def test_a_class_is_not_kept_alive_by_having_been_sent(notebook):
    cell = notebook(SHAPES)
    dumps_args((cell.Data(1), cell.Child(1)))
    loads_value(dumps_value(cell.Child(1)))
    refs = [weakref.ref(cell.Data), weakref.ref(cell.Child), weakref.ref(cell.Plain)]
    vars(cell).clear()
    gc.collect()

    assert [ref() for ref in refs] == [None, None, None]


def test_a_class_that_comes_back_is_ours_and_keeps_its_methods(notebook):
    cell = notebook(
        """
        rate = 1
        class Price:
            def __init__(self, value): self.value = value
            def total(self): return self.value * rate
        def work(): return Price(10)
        """
    )
    total = cell.Price.total
    price = loads_value(dumps_value(cell.Price(10)))
    cell.rate = 2

    assert type(price) is cell.Price
    assert cell.Price.total is total
    assert price.total() == 20
