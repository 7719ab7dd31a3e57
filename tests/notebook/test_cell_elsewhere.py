"""What differs when a call is made in another process, and how it is told."""

from __future__ import annotations

import decimal
import enum
import os

import numpy as np
import pytest

from treadle.notebook.cell.afar import (
    Linked,
    Stays,
    Surroundings,
    bring_home,
    hide_context,
    show_context,
    why_not_raised,
)
from treadle.notebook.cell.links import Contents, follow, replace
from treadle.notebook.cell.screen import Screen
from treadle.protocol.exceptions import dumps_error, loads_error

NOTHING = object()
STOP = {"the", "over"}


class Color(enum.Enum):
    RED = 1


def compares_with_none(x):
    return x is None or x is True


def compares_types(x):
    return type(x) is int or type(x) is type(NOTHING)


def compares_with_a_sentinel(x):
    return x is NOTHING


def compares_members(x):
    return x is Color.RED


def compares_objects(x, y):
    return x is not y


def hashes(x):
    return [hash(y) for y in x]


def takes_addresses(xs):
    return sorted(xs, key=id)


def lists_a_set(words):
    return list(set(words))


def goes_through_a_set(words):
    unique = {word.lower() for word in words}
    out = []
    for word in unique - STOP:
        out.append(word)
    return out


def joins_a_set(words):
    return ", ".join({word.strip() for word in words})


def sorts_a_set(words):
    return sorted(set(words)), len({w.lower() for w in words}), max(w for w in set(words))


def asks_a_set(words):
    return [word for word in words if word not in STOP]


def makes_sets_of_sets(words):
    return {word.upper() for word in set(words)}


DIFFERING = {
    compares_with_none: "",
    compares_types: "",
    compares_members: "",
    sorts_a_set: "",
    asks_a_set: "",
    makes_sets_of_sets: "",
    compares_with_a_sentinel: "compares with is: x is NOTHING",
    compares_objects: "compares with is: x is not y",
    hashes: "calls hash()",
    takes_addresses: "calls id()",
    lists_a_set: "goes through a set: set(words)",
    goes_through_a_set: "goes through a set: unique - STOP",
    joins_a_set: "goes through a set: {word.strip() for word in words}",
}


@pytest.mark.parametrize("function", DIFFERING, ids=lambda function: function.__name__)
def test_functions_that_depend_on_their_process_are_found(function, monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)

    verdict = Screen().function(function)

    assert verdict.is_pure, verdict.reason
    assert verdict.differs == DIFFERING[function]


def test_the_order_of_sets_is_the_same_where_hashes_are(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    assert Screen().function(lists_a_set).differs == ""


# -- results --------------------------------------------------------------------------------------


def home(value, *args):
    return bring_home(value, (args, {}, compares_with_none), wanted=True)


def test_what_is_new_comes_home_as_it_is():
    made = {"a": [1, (2, [3])]}

    assert home(made, [1]) is made


def test_what_was_given_is_linked_wherever_it_is():
    given = [1, {"in": [2]}]
    inner = given[1]["in"]

    linked = home({"x": (given, inner)}, given)
    mine = [1, {"in": [2]}]
    back = replace(
        {"x": ([1, {"in": [2]}], [2])},
        [(link.place, follow(((mine,), {}, None), link.origin)) for link in linked.links],
    )

    assert type(linked) is Linked
    assert back["x"][0] is mine
    assert back["x"][1] is mine[1]["in"]


def test_memory_that_is_shared_stays():
    arr = np.arange(6)

    assert home(arr[:2], arr).why == "it shares memory with another array"
    assert home((arr, arr[:2])).why == "it shares memory with another array"
    assert type(home(arr[:2].copy(), arr)) is np.ndarray


def test_what_nobody_else_has_is_as_good_as_new():
    given = [1]

    assert type(bring_home(given, ((given,), {}, home), True, apart=[given])) is list


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (lambda: 1, "it holds the function <lambda>"),
        ([open], None),
        ([np.sum, len, dict], None),
        (type("Made", (), {})(), "it is of the class Made, which the task made"),
    ],
)
def test_functions_and_classes_that_a_task_makes_stay(value, why):
    came = home(value)

    assert (came.why if type(came) is Stays else None) == why


def test_objects_are_found_in_functions_and_cells():
    state = [1]

    def reader(x, values=STOP):
        return state

    contents = Contents(reader)

    assert follow(reader, contents.found[id(state)][1]) is state
    assert follow(reader, contents.found[id(STOP)][1]) is STOP


# -- errors and surroundings ----------------------------------------------------------------------


class Holding(Exception):
    def __init__(self, held):
        super().__init__("text")
        self.held = held


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ValueError("x", 1), None),
        (KeyError("x"), None),
        (ValueError(["x"]), "ValueError holds a list"),
        (Holding("text"), None),
        (Holding({}), "Holding holds a dict"),
        (StopIteration(3), "StopIteration"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (SystemExit(1), "SystemExit"),
    ],
)
def test_errors_that_would_be_others_are_raised_in_the_kernel(error, why):
    assert why_not_raised(error) == why


def test_a_context_that_is_not_shown_travels_unseen():
    try:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second") from None
    except ValueError as error:
        show_context(error)
        back = loads_error(dumps_error(error))

    hide_context(back)

    assert type(back.__context__) is KeyError
    assert back.__suppress_context__
    assert vars(back) == {}


def test_a_call_finds_the_surroundings_of_the_kernel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with decimal.localcontext() as context, np.errstate(divide="raise"):
        context.prec = 5
        surroundings = Surroundings()
    monkeypatch.chdir("/")

    surroundings.prepare()
    third = surroundings.call(lambda: decimal.Decimal(1) / 3)
    errors = surroundings.call(np.geterr)

    assert str(third) == "0.33333"
    assert errors["divide"] == "raise"
    assert os.getcwd() == str(tmp_path)
    assert decimal.getcontext().prec == 28
