"""Whatever a task raises arrives: as itself, or as a RemoteError that says what it was."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copyreg
import linecache
import pickle
import sys
import traceback
from typing import Any

import msgspec
import pytest
from tests.protocol.elsewhere import evaluate
from tests.protocol.raising import HoldsALock, TwoArguments, arrived, raised, throw

from treadle.errors import RemoteError, TaskExited, WorkerDied
from treadle.protocol.exceptions import cut
from treadle.protocol.messages import TaskError, encode
from treadle.protocol.serialize import dumps_error, loads_error

# -- errors that arrive as themselves -------------------------------------------------------------


class KeywordOnly(ValueError):
    def __init__(self, *, field):
        super().__init__(f"bad {field}")
        self.field = field


class Wrapping(Exception):
    def __init__(self, name):
        super().__init__(f"no such name: {name}")


class NoSuperInit(Exception):
    def __init__(self, a, b):
        self.b = b


class OwnReduce(Exception):
    def __init__(self, a, b):
        super().__init__("both")
        self.a, self.b = a, b

    def __reduce__(self):
        return OwnReduce, (self.a, self.b)


class Base(BaseException):
    pass


ARRIVE = {
    "builtin": ValueError("no"),
    "key": KeyError("x"),
    "file": FileNotFoundError(2, "No such file", "x.csv"),
    "unicode": raised(b"\xff".decode),
    "import": ImportError("no", name="x", path="y"),
    "zero": raised(lambda: 1 / 0),
    "two arguments": TwoArguments(404, "gone"),
    "keywords": KeywordOnly(field="x"),
    "a message of its own": Wrapping("x"),
    "without its base's init": NoSuperInit(1, 2),
    "its own reduce": OwnReduce(1, 2),
    "group": ExceptionGroup("several", [ValueError(1), KeyError("x")]),
    "base": Base("x"),
    "assertion": AssertionError(),
    "recursion": RecursionError("too deep"),
    "memory": MemoryError(),
    "attribute": raised(lambda: object().x),  # type: ignore[attr-defined]
    "timeout": TimeoutError("late"),
    "remote": RemoteError("a.B", "m", "t"),
}


@pytest.fixture(params=["by nobody else", "by tblib"])
def told_how(request, monkeypatch):
    """Who says for the whole process how errors are pickled: tblib, where Dask was imported."""
    kinds = {*map(type, ARRIVE.values()), ZeroDivisionError}
    for kind in kinds:
        monkeypatch.delitem(copyreg.dispatch_table, kind, raising=False)
    if request.param == "by tblib":
        tblib = pytest.importorskip("tblib.pickling_support")
        for kind in kinds:
            monkeypatch.setitem(copyreg.dispatch_table, kind, tblib.pickle_exception)


@pytest.mark.parametrize("name", ARRIVE)
def test_an_error_arrives_as_itself(name, told_how):
    error = ARRIVE[name]

    message, again = arrived(error)

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args or name == "group"
    attributes = {name: value for name, value in vars(error).items() if name != "obj"}
    assert vars(again) == attributes
    assert message.kind.endswith(type(error).__qualname__)
    assert message.message == str(error)


def test_an_error_of_a_notebooks_own_class_is_caught_by_that_class():
    class OutOfStock(Exception):
        pass

    _, again = arrived(OutOfStock("tea"))

    with pytest.raises(OutOfStock, match="tea"):
        raise again


def test_an_error_whose_class_is_not_there_is_told_by_name():
    program = (
        "import types, sys\n"
        "m = types.ModuleType('shop'); sys.modules['shop'] = m\n"
        "exec('class SoldOut(Exception): pass', vars(m)); m.__file__ = '/x/site-packages/shop.py'\n"
        "e = m.SoldOut('no more tea'); e.add_note('a note')\n"
    )
    fields = "kind", "message", "text", "exception", "traceback"
    told = evaluate(
        "exec(program, space) or [getattr(dumps_error(space['e']), name) for name in fields]",
        program=program,
        space={},
        fields=fields,
    )

    error = loads_error(TaskError(*told))

    assert repr(error) == f"RemoteError('shop.SoldOut', 'no more tea', {told[2]!r})"
    assert str(error) == "shop.SoldOut: no more tea"
    assert error.__notes__ == ["a note"]
    assert told[2] == "shop.SoldOut: no more tea\na note\n"


# -- errors that would do more than tell of a failure ---------------------------------------------


class StopMore(StopIteration):
    pass


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        GeneratorExit(),
        StopIteration(3),
        StopMore(),
        StopAsyncIteration(),
        asyncio.CancelledError("stop"),
        concurrent.futures.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_steers_who_receives_it_is_only_told_of(error):
    message, again = arrived(raised(throw, error))

    assert type(again) is RemoteError
    assert again.kind == message.kind
    assert again.kind.endswith(type(error).__name__)
    assert again.__traceback__ is not None
    assert message.exception == b""


@pytest.mark.parametrize(
    ("code", "told"), [(3, 3), (None, None), ("bye", "bye"), ([1], "[1]"), (2.5, "2.5")]
)
def test_leaving_the_program_ends_the_task_only(code, told):
    message, again = arrived(raised(sys.exit, code))

    assert message.kind == "treadle.errors.TaskExited"
    assert type(again) is TaskExited
    assert again.code == told


def test_an_error_of_our_own_needs_no_pickle():
    error = loads_error(TaskError("treadle.errors.WorkerDied", "three of them", "three of them"))

    assert type(error) is WorkerDied
    assert str(error) == "three of them"


# -- tracebacks -----------------------------------------------------------------------------------


def deep_inside(x: int) -> float:
    return 1 + (x / 0) + 1


def test_the_traceback_shows_the_same_lines_as_where_it_was_raised():
    error = raised(deep_inside, 1)

    _, again = arrived(error)

    assert traceback.format_exception(again) == traceback.format_exception(error)
    assert "~~^~~" in "".join(traceback.format_exception(again))


def test_frames_tell_their_module_and_their_place():
    _, again = arrived(raised(deep_inside, 1))

    last = list(traceback.walk_tb(again.__traceback__))[-1]
    assert last[0].f_code.co_name == "deep_inside"
    assert last[0].f_globals["__name__"] == __name__
    assert last[1] == deep_inside.__code__.co_firstlineno + 1


def test_lines_of_a_file_that_is_not_here_come_along():
    source = "def work(x):\n    é = 'ü'; return x[é]\n"
    name = "<a cell of another machine>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    space: dict[str, Any] = {}
    exec(compile(source, name, "exec"), space)
    message = dumps_error(raised(space["work"], 1))
    assert "return x[é]" in message.text
    del linecache.cache[name]

    again = loads_error(message)

    shown = "".join(traceback.format_exception(again))
    assert "return x[é]" in shown
    del linecache.cache[name]


def test_lines_from_afar_never_replace_those_of_a_file_that_is_here():
    frames = [(__file__, "work", "m", 1, 1, None, None, "something else")]
    message = TaskError(
        "ValueError", "no", "", pickle.dumps(ValueError("no")),
        pickle.dumps([("", "ValueError", "no", [], b"", frames)]),
    )  # fmt: skip

    shown = "".join(traceback.format_exception(loads_error(message)))

    assert "something else" not in shown


def fail_for_a_reason() -> None:
    try:
        deep_inside(1)
    except ZeroDivisionError as error:
        raise TwoArguments(1, "because") from error


def fail_meanwhile() -> None:
    try:
        deep_inside(1)
    except ZeroDivisionError:
        throw(HoldsALock("locked"))


def test_causes_come_along_with_their_tracebacks():
    error = raised(fail_for_a_reason)
    error.add_note("seen in the morning")

    message, again = arrived(error)

    assert traceback.format_exception(again) == traceback.format_exception(error)
    assert type(again.__cause__) is ZeroDivisionError
    assert "direct cause of the following" in message.text
    assert message.text.rstrip().endswith("TwoArguments: 1: because\nseen in the morning")
    assert again.__notes__ == ["seen in the morning"]


def test_contexts_come_along_also_of_an_error_that_cannot_be_rebuilt():
    message, again = arrived(raised(fail_meanwhile))

    assert type(again) is RemoteError
    assert type(again.__context__) is ZeroDivisionError
    assert "During handling of the above exception" in message.text


def test_a_suppressed_context_stays_suppressed(told_how):
    def fail():
        try:
            deep_inside(1)
        except ZeroDivisionError:
            raise ValueError("no") from None

    message, again = arrived(raised(fail))

    assert again.__context__ is None
    assert "ZeroDivision" not in message.text


def test_the_text_reads_as_pythons_own():
    for function in (lambda: deep_inside(1), fail_for_a_reason, fail_meanwhile):
        error = raised(function)

        own = "".join(traceback.format_exception(error))

        assert dumps_error(error).text == own


def test_the_members_of_a_group_are_told():
    error = ExceptionGroup("two", [raised(deep_inside, 1), ExceptionGroup("in", [KeyError("x")])])

    text = dumps_error(raised(throw, error)).text

    for part in ("in deep_inside", "ZeroDivisionError: division by zero", "KeyError: 'x'"):
        assert part in text


def test_where_syntax_is_wrong_is_shown():
    text = dumps_error(raised(compile, "a = = 1", "<cell>", "exec")).text

    assert "    a = = 1\n" in text
    assert "^" in text


def test_a_module_whose_loader_fails_does_not_hide_the_error():
    class Loader:
        def get_source(self, name):
            raise RuntimeError("no source")

    space = {"__name__": "odd", "__loader__": Loader()}
    exec(compile("def work(): 1 / 0", "<nowhere>", "exec"), space)

    message, again = arrived(raised(space["work"]))

    assert type(again) is ZeroDivisionError
    assert "in work" in message.text


def test_ipython_can_show_what_arrived():
    ultratb = pytest.importorskip("IPython.core.ultratb")
    _, again = arrived(raised(fail_for_a_reason))

    formatter = ultratb.VerboseTB(theme_name="nocolor", include_vars=False)
    shown = formatter.text(type(again), again, again.__traceback__)

    assert "deep_inside" in shown
    assert "return 1 + (x / 0) + 1" in shown
    assert "TwoArguments" in shown


def test_a_text_is_cut_in_its_middle():
    assert cut("abc", 3) == "abc"
    assert cut("a" * 50 + "b" * 50, 10) == "aaaaa\n... 90 characters left out ...\nbbbbb"


def test_the_message_is_a_message():
    message = dumps_error(ValueError("no"))

    assert msgspec.msgpack.decode(encode(message), type=TaskError) == message
