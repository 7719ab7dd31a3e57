"""Errors that lie, refuse, recurse or are far too large: each arrives as something."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.raising import HoldsALock, TwoArguments, arrived, raised, throw

from treadle.errors import RemoteError
from treadle.protocol.messages import TaskError, encode
from treadle.protocol.serialize import dumps_error, loads_error
from treadle.protocol.tracebacks import FIRST, LAST


class RefusesToPickle(Exception):
    def __reduce__(self):
        raise RuntimeError("not me")


class RefusesToUnpickle(Exception):
    def __reduce__(self):
        return int, ("not a number",)


class UnpicklesToSomethingElse(Exception):
    def __reduce__(self):
        return str, ("no error at all",)


class UnpicklesToAnExit(Exception):
    def __reduce__(self):
        return sys.exit, (1,)


class NeedsANewArgument(Exception):
    def __new__(cls, *, must):
        return super().__new__(cls)

    def __init__(self, **kwargs):
        pass


class RaisesWhenPrinted(Exception):
    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__


class ExitsWhenPrinted(Exception):
    def __str__(self):
        sys.exit(1)


class RecursesWhenPrinted(Exception):
    def __str__(self):
        return str(self) + "."


class PrintsNoText(Exception):
    def __str__(self):
        return 5  # type: ignore[return-value]


class Liar(Exception):
    __class__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    __cause__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    __context__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    __traceback__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    __notes__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    args = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]
    __dict__ = property(lambda self: throw(SystemExit(5)))  # type: ignore[assignment]


def nameless() -> BaseException:
    """An error whose class can't be asked for anything; kept from pytest, which asks."""

    class Meta(type):
        def __getattribute__(cls, name):
            raise SystemExit(5)

        def __instancecheck__(cls, other):
            raise SystemExit(5)

        __subclasscheck__ = __instancecheck__

    class Nameless(Exception, metaclass=Meta):
        pass

    return Nameless("x")


class EvilText(str):
    def __len__(self):
        raise SystemExit(5)

    __getitem__ = __add__ = __format__ = encode = __str__ = __len__  # type: ignore[assignment]


class PrintsEvilText(Exception):
    def __str__(self):
        return EvilText("evil")


def with_notes(notes: Any) -> Exception:
    error = ValueError("noted")
    error.__notes__ = notes
    return error


def chained(n: int) -> BaseException:
    error: BaseException = ValueError(0)
    for number in range(1, n):
        later = ValueError(number)
        later.__context__ = error
        error = later
    return error


def circular() -> BaseException:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def deep_group() -> BaseException:
    group: Exception = ValueError("inside")
    for _ in range(5000):
        group = ExceptionGroup("g", [group])
    return group


RESIST: dict[str, Any] = {
    "refuses to pickle": lambda: RefusesToPickle("hello"),
    "holds a lock": lambda: HoldsALock("hello"),
    "refuses to unpickle": lambda: RefusesToUnpickle("hello"),
    "unpickles to something else": lambda: UnpicklesToSomethingElse("hello"),
    "unpickles to an exit": lambda: UnpicklesToAnExit("hello"),
    "needs a new argument": lambda: NeedsANewArgument(must=1),
    "raises when printed": lambda: RaisesWhenPrinted(),
    "exits when printed": lambda: ExitsWhenPrinted(),
    "recurses when printed": lambda: RecursesWhenPrinted(),
    "prints no text": lambda: PrintsNoText(),
    "prints evil text": lambda: PrintsEvilText(),
    "lies about everything": lambda: Liar("x"),
    "has no name": nameless,
    "half a character": lambda: ValueError("\udc80"),
    "a null": lambda: ValueError("a\x00b"),
    "notes that are no list": lambda: with_notes(5),
    "notes that are no text": lambda: with_notes([5, None, EvilText("x")]),
    "notes of half a character": lambda: with_notes(["\udc80"]),
    "a thousand notes": lambda: with_notes(["x"] * 1000),
    "a chain of 10,000": lambda: chained(10_000),
    "a circle": circular,
    "a group 5,000 deep": deep_group,
    "a wide group": lambda: ExceptionGroup("g", [ValueError(n) for n in range(10_000)]),
    "a bad syntax error": lambda: SyntaxError("x", (1, 2, 3, 4)),
    "50 MB": lambda: ValueError("x" * 50_000_000),
    "50 MB of lines": lambda: ValueError("x\n" * 25_000_000),
    "a large attribute": lambda: TwoArguments(b"x" * 50_000_000, "y"),
    "deep arguments": lambda: ValueError(eval("[" * 90 + "]" * 90)),
}


@pytest.mark.parametrize("name", RESIST)
def test_a_resisting_error_arrives_as_something(name):
    error = RESIST[name]()
    try:
        throw(error)
    except BaseException:
        pass

    message, again = arrived(error)

    assert issubclass(type(again), Exception)
    assert message.text
    assert len(message.text) < 70_000
    assert len(encode(message)) < 3_000_000


@pytest.mark.parametrize(
    "name",
    ["refuses to pickle", "holds a lock", "refuses to unpickle", "unpickles to something else",
     "unpickles to an exit"],
)  # fmt: skip
def test_an_error_that_cannot_be_rebuilt_is_told_in_words(name):
    error = raised(throw, RESIST[name]())

    message, again = arrived(error)

    assert type(again) is RemoteError
    assert str(again) == f"{type(error).__module__}.{type(error).__qualname__}: hello"
    assert again.text == message.text
    assert "in throw" in again.text


def test_a_message_of_50_mb_is_cut_and_says_so():
    message, again = arrived(RESIST["50 MB"]())

    assert "characters left out" in message.message
    assert "characters left out" in str(again)


def recurse(n: int) -> int:
    return recurse(n + 1) + 1


def test_endless_recursion_is_told_in_a_screen_of_text():
    message, again = arrived(raised(recurse, 0))

    assert type(again) is RecursionError
    assert len(message.text.splitlines()) < 60
    assert len(message.traceback) < 50_000
    assert "frames left out" in message.text
    assert 50 < len(traceback.extract_tb(again.__traceback__)) <= FIRST + LAST + 1


def test_recursion_deeper_than_usual_is_no_problem():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        error = raised(recurse, 0)
    finally:
        sys.setrecursionlimit(limit)

    _, again = arrived(error)

    assert type(again) is RecursionError


def test_an_error_raised_where_the_stack_is_almost_full_arrives():
    found = []

    def descend(n: int) -> None:
        try:
            descend(n + 1)
        except RecursionError as error:
            if not found:
                found.append(dumps_error(error))
            raise

    raised(descend, 0)

    assert type(loads_error(found[0])) in (RecursionError, RemoteError)


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_message_with_garbage_in_it_is_still_an_error(exception, frames):
    error = loads_error(TaskError("a.B", "m", "t", exception, frames))

    assert isinstance(error, BaseException)
