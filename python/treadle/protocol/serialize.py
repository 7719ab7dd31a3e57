"""What travels between processes as bytes: functions, arguments, results, errors.

One place to import from.  How each is done, and why, is in the modules named below; the scheduler
imports none of them, for it opens nothing.

    functions    `treadle.protocol.functions`     pickled once, named by their digest
    arguments    `treadle.protocol.values`
    results      `treadle.protocol.values`        large ones: `treadle.protocol.payloads`
    errors       `treadle.protocol.exceptions`

>>> loads_value(dumps_value([1, 2]))
[1, 2]
"""

from __future__ import annotations

from treadle.protocol.exceptions import dumps_error, loads_error
from treadle.protocol.functions import dumps_function, loads_function
from treadle.protocol.values import (
    SMALL,
    dumps_args,
    dumps_value,
    loads_args,
    loads_value,
    small_value,
)

__all__ = [
    "SMALL",
    "DeserializeFailure",
    "dumps_args",
    "dumps_error",
    "dumps_function",
    "dumps_value",
    "loads_args",
    "loads_error",
    "loads_function",
    "loads_value",
    "small_value",
]


class DeserializeFailure:
    """Stands where a fetched value would, had it been possible to pickle or unpickle it.

    Attributes
    ----------
    error : BaseException
        `UnpicklableError` from where it was made, or `DeserializeError` from here.
    """

    __slots__ = ("error",)

    def __init__(self, error: BaseException):
        self.error = error

    def __repr__(self) -> str:
        return f"<DeserializeFailure: {self.error}>"
