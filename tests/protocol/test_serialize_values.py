"""Arguments and results arrive as they were, or are refused with the name of the part to blame."""

from __future__ import annotations

import collections
import datetime
import functools
import pickle
import sqlite3
import sys
import threading
import types
import weakref
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.elsewhere import evaluate

from treadle.errors import DeserializeError, UnpicklableError
from treadle.graph.template import NO_REFERENCE, Template, make_template
from treadle.protocol import values as values_module
from treadle.protocol.serialize import (
    SMALL,
    dumps_args,
    dumps_value,
    loads_args,
    loads_value,
    small_value,
)


class Ref(str):
    """Refers to an input."""


def key_of(value: Any) -> Any:
    return str(value) if type(value) is Ref else NO_REFERENCE


class Pair(NamedTuple):
    left: Any
    right: Any


class Locked:
    def __init__(self):
        self.lock = threading.Lock()


class NoReduce:
    def __reduce__(self):
        raise RuntimeError("I stay here")


class Leaves:
    def __reduce__(self):
        sys.exit(1)


class LeavesWhenLoaded:
    def __reduce__(self):
        return sys.exit, (1,)


class BadLoad:
    def __reduce__(self):
        return (int, ("not a number",))


def template_of(*args: Any, **kwargs: Any) -> Any:
    return make_template(args, kwargs, key_of)[1]


def called(template: Any, inputs: list[Any]) -> Any:
    """What the function would be given."""
    return template.call(lambda *args, **kwargs: (args, kwargs), inputs)


# -- arguments ------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
nested = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.lists(nested, max_size=5).map(tuple))
def test_tuples_of_plain_values_arrive_equal_and_of_equal_types(args):
    again = loads_args(dumps_args(args))

    assert again == args
    assert repr(again) == repr(args)


@given(st.lists(nested, max_size=3), st.dictionaries(st.text(max_size=3), nested, max_size=3))
def test_templates_call_with_the_same_arguments_after_the_journey(args, kwargs):
    template = template_of(Ref("a"), *args, [Ref("b"), args], **kwargs)

    again = loads_args(dumps_args(template))

    assert called(again, [1, 2]) == called(template, [1, 2])


def test_templates_keep_everything_that_a_builder_can_build():
    template = template_of(
        Ref("a"), (1, Ref("b")), {"k": Ref("c"), Ref("d"): 1}, {Ref("e")}, [Ref("f"), Ref("g")],
        Pair(Ref("h"), 2), key=Ref("i"), other=[Ref("j")],
    )  # fmt: skip

    again = loads_args(dumps_args(template))

    assert type(again) is Template
    inputs = list("abcdefghij")
    assert called(again, inputs) == called(template, inputs)
    assert type(called(again, inputs)[0][5]) is Pair


def test_no_arguments_but_inputs_are_no_bytes_and_none_at_all_are_an_empty_tuple():
    assert (dumps_args(None), loads_args(b"")) == (b"", None)
    assert loads_args(dumps_args(())) == ()


def test_tuples_of_scalars_go_past_cloudpickle(monkeypatch):
    monkeypatch.setattr(values_module, "dumps", None)

    assert loads_args(dumps_args((1, "a", 2.5, None, b"x", True, 1j))) == (
        1, "a", 2.5, None, b"x", True, 1j,
    )  # fmt: skip


def test_subclasses_of_builtins_are_not_taken_for_them():
    class Loud(str):
        pass

    [again] = loads_args(dumps_args((Loud("x"),)))

    assert type(again) is Loud


def test_an_instance_of_a_class_beside_the_script_arrives_where_that_is_missing(
    tmp_path, monkeypatch
):
    (tmp_path / "shapes_of_mine.py").write_text(
        "class Square:\n    side = 2\n    def area(self): return self.side ** 2\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import shapes_of_mine  # type: ignore[import-not-found]

    blob = dumps_args((shapes_of_mine.Square(), shapes_of_mine.Square))

    assert evaluate("[x.area() for x in [loads_args(b)[0], loads_args(b)[1]()]]", b=blob) == [4, 4]
    sys.modules.pop("shapes_of_mine")


def test_arrays_and_frames_arrive():
    frame = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    array = np.arange(12).reshape(3, 4)

    again = loads_args(dumps_args((array[:, ::2], frame, frame["x"], array.T)))

    assert again is not None
    np.testing.assert_array_equal(again[0], array[:, ::2])
    pd.testing.assert_frame_equal(again[1], frame)
    pd.testing.assert_series_equal(again[2], frame["x"])
    np.testing.assert_array_equal(again[3], array.T)


# -- refusals -------------------------------------------------------------------------------------


def open_file():
    return open(__file__, "rb")


REFUSED = {
    "a lock": (lambda: (1, Locked()), "args[1].lock", "_thread.lock"),
    "a lock in a dictionary": (
        lambda: ({"a": [1, {"b": threading.Lock()}]},), "args[0]['a'][1]['b']", "_thread.lock",
    ),
    "a generator": (lambda: ("x", (n for n in "ab")), "args[1]", "generator"),
    "a generator in a named tuple": (
        lambda: (Pair(1, (n for n in "ab")),), "args[0][1]", "generator",
    ),
    "a generator in a deque": (
        lambda: (collections.deque([1, (n for n in "ab")]),), "args[0][1]", "generator",
    ),
    "a generator in a defaultdict": (
        lambda: (collections.defaultdict(list, a=(n for n in "ab")),), "args[0]['a']", "generator",
    ),
    "a connection": (lambda: (sqlite3.connect(":memory:"),), "args[0]", "sqlite3.Connection"),
    "a weak reference": (lambda: (weakref.ref(Pair),), "args[0]", "weakref.ReferenceType"),
    "a lock in a partial": (
        lambda: (functools.partial(print, 1, end=Locked()),),
        "args[0].keywords['end'].lock", "_thread.lock",
    ),
    "a lock in a bound method": (lambda: (Locked().__init__,), None, "_thread.lock"),
    "a lock in an array of objects": (
        lambda: (np.array([1, threading.Lock()], dtype=object),), None, None,
    ),
    "what says no itself": (lambda: ([NoReduce()],), "args[0][0]", None),
    "a key": (lambda: ({Pair(1, weakref.ref(Pair)): 1},), None, "weakref.ReferenceType"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_argument_is_refused_by_path(case):
    make, path, kind = REFUSED[case]
    args = make()

    with pytest.raises(UnpicklableError) as caught:
        dumps_args(args)

    assert path is None or caught.value.path == path
    assert kind is None or caught.value.kind == kind
    assert caught.value.path.startswith("args[0") or caught.value.path.startswith("args[1")
    if isinstance(args[0], sqlite3.Connection):
        args[0].close()


def test_an_open_file_is_refused_with_advice():
    with open_file() as file, pytest.raises(UnpicklableError, match="open the file inside"):
        dumps_args((file,))


def test_what_is_refused_in_a_template_is_named_by_argument():
    with pytest.raises(UnpicklableError) as caught:
        dumps_args(template_of(Ref("a"), mode=Locked()))
    assert caught.value.path == "args['mode'].lock"

    with pytest.raises(UnpicklableError) as caught:
        dumps_args(template_of([Ref("a"), [threading.Lock()]]))
    assert "lock" in caught.value.kind


def test_a_result_is_refused_by_path():
    with pytest.raises(UnpicklableError) as caught:
        dumps_value([Locked()])

    assert str(caught.value) == (
        "result[0].lock can't be sent to another process, it is of type _thread.lock: "
        "cannot pickle '_thread.lock' object; make it inside the task"
    )


def test_a_list_nested_100_000_deep_is_refused_and_not_walked():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(UnpicklableError, match="nested too deeply"):
        dumps_value(deep)
    with pytest.raises(UnpicklableError, match="nested too deeply"):
        dumps_args((deep,))
    assert small_value(deep) is None
    while deep:  # taken apart by hand: freeing it recurses
        deep = deep.pop()


def test_a_value_that_contains_itself_is_no_problem_and_no_endless_search():
    loop: list[Any] = [1]
    loop.append(loop)
    assert loads_value(dumps_value(loop))[1][0] == 1

    loop.append(threading.Lock())
    with pytest.raises(UnpicklableError) as caught:
        dumps_value(loop)
    assert caught.value.kind in ("_thread.lock", "list")


def test_what_cannot_be_unpickled_is_an_error_of_ours_with_its_cause():
    blob = dumps_value([BadLoad()])

    with pytest.raises(DeserializeError, match="ValueError: invalid literal") as caught:
        loads_value(blob)
    assert type(caught.value.__cause__) is ValueError

    with pytest.raises(DeserializeError, match="the arguments of this task"):
        loads_args(dumps_args((BadLoad(),)))


@pytest.mark.parametrize("blob", [b"\x80", b"T", b"garbage", b"T\x80\x05K\x01."])
def test_damaged_bytes_are_refused(blob):
    with pytest.raises(DeserializeError):
        loads_args(blob)


# -- results --------------------------------------------------------------------------------------


@given(nested)
def test_results_arrive_equal(value):
    assert repr(loads_value(dumps_value(value))) == repr(value)


def test_an_instance_made_elsewhere_of_a_class_of_the_notebook_is_of_that_class(monkeypatch):
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec("class Point:\n    def __init__(self, x): self.x = x\n", vars(module))

    args = dumps_args((module.Point(1), module.Point))
    blob = evaluate("dumps_value(loads_args(args)[1](7))", args=args)

    assert type(loads_value(blob)) is module.Point
    assert loads_value(blob).x == 7


SMALL_ONES = [
    1, 2**100, 1.5, None, True, "text", b"bytes", (1, 2), [1, [2]], {"a": {1, 2}}, 1j,
    datetime.date(2013, 1, 1), Pair(1, 2), np.float64(1.5), np.arange(10), "é" * 1000, range(10),
    lambda: 1,
]  # fmt: skip
NOT_SMALL = [
    "x" * 10_000, b"x" * 5000, list(range(10_000)), np.zeros(1000), [b"x" * 100] * 1000,
    {i: i for i in range(5000)}, pd.DataFrame({"x": np.zeros(5000)}), "é" * 3000,
    [[i] * 10 for i in range(1000)], Locked(), (n for n in "ab"), NoReduce(), ["x" * 5000],
]  # fmt: skip


@pytest.mark.parametrize("value", SMALL_ONES, ids=repr)
def test_small_results_are_sent_along(value):
    blob = small_value(value)

    assert blob is not None
    assert len(blob) <= SMALL
    assert type(loads_value(blob)) is type(value)


@pytest.mark.parametrize("value", NOT_SMALL, ids=lambda value: type(value).__name__)
def test_large_and_refusing_results_are_not_sent_along(value):
    assert small_value(value) is None


def test_pickling_a_large_result_that_looks_small_stops_early():
    written = []

    class Deceiver:
        def __sizeof__(self):
            return 10

        def __reduce__(self):
            return (list, (), None, (written.append(n) or n for n in range(10**6)))

    assert small_value(Deceiver()) is None
    assert len(written) < 100_000


def test_a_value_that_leaves_the_program_does_not():
    with pytest.raises(UnpicklableError) as caught:
        dumps_value([Leaves()])
    assert caught.value.path == "result[0]"
    with pytest.raises(UnpicklableError):
        dumps_args((Leaves(),))
    assert small_value(Leaves()) is None

    with pytest.raises(DeserializeError, match="SystemExit"):
        loads_value(dumps_value(LeavesWhenLoaded()))
    with pytest.raises(DeserializeError, match="SystemExit"):
        loads_args(dumps_args((LeavesWhenLoaded(),)))


def test_interrupts_are_not_swallowed():
    class Interrupting:
        def __reduce__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dumps_value(Interrupting())


def test_pickles_are_read_by_pickle_alone():
    assert pickle.loads(dumps_value([1])) == [1]
    assert pickle.loads(dumps_args((1,))) == (1,)
