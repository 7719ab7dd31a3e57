"""Methods of pandas as functions that have a name, and that pickle in a few bytes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any


class Method:
    """Calls a method of its first argument.

    >>> Method("upper")("abc")
    'ABC'
    """

    __slots__ = ("__name__",)

    def __init__(self, name: str):
        self.__name__ = name

    def __call__(self, value: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(value, self.__name__)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Method({self.__name__!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__name__ == self.__name__

    def __hash__(self) -> int:
        return hash((type(self), self.__name__))

    def __treadle_tokenize__(self) -> Hashable:
        return type(self).__name__, self.__name__

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.__name__,)


class Attribute(Method):
    """Returns an attribute of its argument.

    >>> import pandas as pd
    >>> Attribute("dtype")(pd.Series([1.5]))
    dtype('float64')
    """

    __slots__ = ()

    def __call__(self, value: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(value, self.__name__)
