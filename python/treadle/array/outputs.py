"""What elementwise calls are given beside the function's arguments: masks, outputs, dtypes; and one
array for each result of calls that return several.

::

    x ──► modf ──► (fractions, wholes), one task a block
                     ├── fractions: takes the first
                     └── wholes:    takes the second
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from treadle.array.expr import ArrayExpr, Basic, operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.naming import function_name, key_prefix
from treadle.graph.tokenize import tokenize


class WithWhere:
    """Calls a universal function where a mask says so: ``(mask, *outs, *args)``.

    Elements elsewhere are those of the outputs, or anything where there is None.
    """

    def __init__(self, op: Callable[..., Any], nout: int):
        self.op = op
        self.nout = nout
        self.__name__ = function_name(op)

    def __call__(self, mask: Any, *rest: Any, **kwargs: Any) -> Any:
        outs = tuple(None if out is None else out.copy() for out in rest[: self.nout])
        outs = tuple(np.asarray(out) if isinstance(out, np.generic) else out for out in outs)
        return self.op(*rest[self.nout :], where=mask, out=outs, **kwargs)

    def __reduce__(self) -> Any:
        return WithWhere, (self.op, self.nout)

    def __treadle_tokenize__(self) -> Any:
        return "WithWhere", self.op


class Enforced:
    """Calls a function and casts its result to a dtype."""

    def __init__(self, op: Callable[..., Any], dtype: np.dtype[Any]):
        self.op = op
        self.dtype = dtype
        self.__name__ = function_name(op)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.op(*args, **kwargs)
        if getattr(result, "dtype", None) == self.dtype:
            return result
        return (result if hasattr(result, "astype") else np.asarray(result)).astype(self.dtype)

    def __reduce__(self) -> Any:
        return Enforced, (self.op, self.dtype)

    def __treadle_tokenize__(self) -> Any:
        return "Enforced", self.op, self.dtype


class OutputOf(ArrayExpr):
    """One of the arrays of calls that return several."""

    __slots__ = ("number", "several")

    def __init__(self, name: str, several: ArrayExpr, number: int, meta: Any, **options: Any):
        super().__init__(name, several.chunks, meta, (several,), **options)
        self.several = several
        self.number = number

    @classmethod
    def of(cls, several: ArrayExpr, number: int, meta: Any) -> OutputOf:
        """Return output ``number`` of calls."""
        name = f"{key_prefix(several.name)}-{tokenize('output', several.name, number)}"
        return cls(
            name, several, number, meta, source=several.source, annotations=several.annotations
        )

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Expr:
        (several,) = inputs
        if isinstance(several, ArrayExpr):
            return OutputOf(
                self.name, several, self.number, self.meta,
                source=self.source, annotations=self.annotations,
            )  # fmt: skip
        raise TypeError(f"{self!r} has to be lowered before its input is")

    def lower(self) -> Expr:
        return Blockwise.call(
            self.name, self.numblocks, output,
            [operand(self.several, range(self.ndim)), self.number],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if users[self.name] > 1:
            return None
        several = self.several.sliced(index, users)
        if several is None:  # tuples can't be sliced afterwards
            return None
        return OutputOf.of(several, self.number, meta_of(self.meta, several.ndim))


def output(several: tuple[Any, ...], number: int) -> Any:
    """Return one of the results of a call."""
    return several[number]
