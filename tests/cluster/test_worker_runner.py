"""How a task is run: whatever it does is a value or an error with its text."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys

import pytest

from treadle.cluster.worker.runner import Function, describe, own_frames, run_outside, run_task
from treadle.errors import DeserializeError
from treadle.graph.spec import Task, TaskRef
from treadle.protocol.serialize import dumps_args, dumps_function, loads_error


def raised(function, *args):
    """Run a task that fails; return what describes its failure."""
    try:
        run_task(function, dumps_args(args), ())
    except BaseException as error:
        return describe(error.with_traceback(error.__traceback__.tb_next))  # without this frame
    raise AssertionError("it did not fail")


def divide(a, b):
    return a / b


def test_inputs_alone_are_the_arguments():
    assert run_task(divide, b"", [6, 2]) == 3


def test_a_tuple_holds_all_arguments():
    assert run_task(divide, dumps_args((6, 2)), ()) == 3


def test_a_template_mixes_inputs_and_constants():
    task = Task("y", divide, (TaskRef("a"),), {"b": 4})

    assert run_task(divide, dumps_args(task.template), [8]) == 2


def test_a_task_without_arguments_is_called_without():
    assert run_task(dict, dumps_args(()), ()) == {}


def test_a_traceback_begins_in_the_users_function():
    described = raised(divide, 1, 0)

    assert described.kind == "ZeroDivisionError"
    assert "in divide" in described.text
    assert "treadle/cluster/" not in described.text


def test_a_call_with_wrong_arguments_has_no_frames_of_ours():
    described = raised(divide, 1)

    assert described.kind == "TypeError"
    assert "treadle/cluster/" not in described.text


def test_all_frames_of_ours_are_cut():
    with pytest.raises(TypeError) as caught:
        run_task(divide, dumps_args((1,)), ())

    assert own_frames(caught.value.__traceback__.tb_next) is None


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        GeneratorExit(),
        StopIteration(3),
        asyncio.CancelledError(),
        SystemExit(3),
        BaseException("plain"),
        RecursionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_kind_of_error_is_described(error):
    def fail():
        raise error

    described = raised(fail)

    assert described.text
    assert isinstance(loads_error(described), Exception | BaseException)


def test_recursion_without_end_is_an_error_with_a_short_text():
    def again(n):
        return again(n + 1)

    described = raised(again, 0)

    assert described.kind == "RecursionError"
    assert len(described.text) < 70_000


def test_a_function_is_unpickled_when_it_is_first_called():
    function = Function(dumps_function(divide)[1])

    assert function.call is None
    assert function.load()(6, 2) == 3
    assert function.call is function.load()


def test_a_function_that_does_not_unpickle_is_the_tasks_error():
    with pytest.raises(DeserializeError):
        Function(b"not a pickle").load()


def test_coroutine_functions_are_run_to_their_end():
    async def later(x):
        await asyncio.sleep(0)
        return x + 1

    assert Function(dumps_function(later)[1]).load()(1) == 2


def test_a_function_outside_of_tasks_may_ask_for_its_worker():
    def who(dask_worker, suffix=""):
        return dask_worker + suffix

    assert run_outside(dumps_function_call(who, suffix="!"), "w-1") == "w-1!"
    assert run_outside(dumps_function_call(os.getpid), "w-1") == os.getpid()


def dumps_function_call(function, *args, **kwargs):
    import cloudpickle

    return cloudpickle.dumps((function, args, kwargs))


def test_what_describes_an_error_survives_its_way():
    described = raised(divide, 1, 0)

    assert pickle.loads(pickle.dumps(loads_error(described))).args == ("division by zero",)
    assert sys.exc_info() == (None, None, None)
