"""How a task is run, and nothing else.

Whatever a task does becomes a value, or one `TaskError` with its text: any ``BaseException``,
``sys.exit``, recursion without end, an input that did not survive its way here.

>>> run_task(max, b"", [1, 5])
5
>>> try:
...     run_task(int, b"", ["x"])
... except ValueError as error:
...     print(describe(error).kind)
ValueError
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from treadle.graph import template as template_module
from treadle.graph.spec import call
from treadle.protocol.messages import TaskError
from treadle.protocol.serialize import (
    DeserializeFailure,
    dumps_error,
    loads_args,
    loads_function,
    loads_value,
)

#: Longer than this and a result is on its way before the next task begins (seconds).
LONG = 1e-3


class Function:
    """A function that tasks call, unpickled when the first of them runs.

    Unpickling runs code of the user's (imports, ``__setstate__``): it belongs on a compute thread,
    and what it raises is the error of the task.

    Attributes
    ----------
    call : callable or None
    last : float
        Seconds that the last call took: a guess at the next one.
    """

    __slots__ = ("blob", "call", "last")

    def __init__(self, blob: bytes):
        self.blob = blob
        self.call: Callable[..., Any] | None = None
        self.last = LONG  # unknown: taken to be long

    def load(self) -> Callable[..., Any]:
        """Return the function itself; two threads may both unpickle it, which does no harm."""
        function = self.call
        if function is None:
            function = loads_function(self.blob)
            if _is_coroutine_function(function):
                function = _Awaited(function)
            self.call = function
            self.blob = b""
        return function


class _Awaited:
    """Calls an ``async def`` function on a loop of its own, and returns what it returned."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any]):
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        import asyncio  # not loaded for the sake of those who have no coroutines

        return asyncio.run(self.function(*args, **kwargs))


def _is_coroutine_function(function: Any) -> bool:
    """Tell whether calling returns a coroutine (CO_COROUTINE), without importing inspect."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and bool(code.co_flags & 0x80)


def run_task(function: Callable[..., Any], args: bytes, inputs: Sequence[Any]) -> Any:
    """Call ``function`` as its arguments say, and return or raise what it does."""
    if not args:
        return function(*inputs)
    template = loads_args(args)
    if type(template) is tuple:
        return function(*template)
    return call(function, template, list(inputs))


def run_outside(blob: bytes, worker: Any) -> Any:
    """Call a pickled (function, args, kwargs) outside of any task.

    A parameter called ``dask_worker`` is given the worker, as Dask does it.

    >>> import pickle
    >>> run_outside(pickle.dumps((max, (1, 2), {})), None)
    2
    """
    function, args, kwargs = loads_value(blob)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is not None and "dask_worker" not in kwargs:
        count = code.co_argcount + code.co_kwonlyargcount
        if "dask_worker" in code.co_varnames[:count]:
            kwargs = {**kwargs, "dask_worker": worker}
    if _is_coroutine_function(function):
        function = _Awaited(function)
    return function(*args, **kwargs)


def check_inputs(inputs: list[Any]) -> None:
    """Raise for the first input that could not be unpickled when it was fetched."""
    for value in inputs:
        if type(value) is DeserializeFailure:
            raise value.error


def describe(error: BaseException) -> TaskError:
    """Return how a task failed.  Never raises, whatever the error is."""
    error.__traceback__ = own_frames(error.__traceback__)
    return dumps_error(error)


def own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Cut the frames of this package off the beginning: a user's traceback begins in user code."""
    found = traceback
    while found is not None and found.tb_frame.f_code.co_filename in OURS:
        found = found.tb_next
    return found


#: Files whose frames stand between a compute thread and the user's function.
OURS = {__file__, template_module.__file__, call.__code__.co_filename}
