"""Errors with tracebacks, and their journey."""

from __future__ import annotations

import threading
from typing import Any

from treadle.protocol.messages import Failed, TaskError, decode_from_worker, encode
from treadle.protocol.serialize import dumps_error, loads_error


def raised(function, *args: Any) -> BaseException:
    """What a function raises, with its traceback."""
    try:
        function(*args)
    except BaseException as error:
        return error
    raise AssertionError("it raises")


def throw(error: BaseException) -> None:
    raise error


def arrived(error: BaseException) -> tuple[TaskError, BaseException]:
    """The message as it comes out of a wire, and the error made of it."""
    sent = Failed(1, dumps_error(error), 0, 0.0, 1.0)
    message = decode_from_worker(encode(sent)).error
    return message, loads_error(message)


class TwoArguments(Exception):
    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class HoldsALock(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.lock = threading.Lock()
