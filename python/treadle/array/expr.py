"""Expressions of arrays: grids of blocks whose lengths, dtype and kind are known.

``ArrayExpr`` is what an :class:`~treadle.array.core.Array` stands on.  Operations that others look
into (elementwise calls, slices, sources of data) have a class of their own; all others say at once
which calls make their blocks, in a :class:`Computed`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np

from treadle.array.chunks import Chunks, is_known, shape_of
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand, Values
from treadle.graph.expr import Expr, GraphExpr, Users
from treadle.graph.program import Program
from treadle.graph.source import UNKNOWN

#: A slice that starts inside, goes forward or backward, for each dimension, or an int.
Basic: TypeAlias = tuple[slice | int, ...]


class ArrayExpr(Expr):
    """An expression whose blocks are arrays.

    Attributes
    ----------
    chunks : tuple of tuple of int
        Lengths of the blocks along each dimension; ``nan`` where not known.
    meta : array
        An empty array of the blocks' kind and dtype.
    """

    __slots__ = ("chunks", "meta")

    def __init__(
        self, name: str, chunks: Chunks, meta: Any, inputs: tuple[Expr, ...] = (), **options: Any
    ):
        super().__init__(name, tuple(map(len, chunks)), inputs, **options)
        self.chunks = chunks
        self.meta = meta

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.meta.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return len(self.chunks)

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.chunks)

    def renamed(self, name: str) -> Self:
        """Return the same expression under the name of one that has the same values."""
        if name == self.name:
            return self
        other = copy.copy(self)
        other.name = name
        return other

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        """Return an expression of ``self[index]`` that makes less than this one; None if there is
        none.

        ``index`` has an entry for each dimension: an int within bounds, or a slice whose start and
        stop are within bounds.
        """
        return None

    def rechunked(self, chunks: Chunks, users: Users) -> ArrayExpr | None:
        """Return an expression that makes the same elements in other blocks at once; None if there
        is none."""
        return None


class Computed(ArrayExpr):
    """Blocks that a grid of calls makes.

    Parameters
    ----------
    body : Expr
        ``Blockwise``, ``Gather``, ``GraphExpr``, ``Blocks``; its name is of no matter if it is one
        of the first two.
    """

    __slots__ = ("body",)

    def __init__(self, name: str, chunks: Chunks, meta: Any, body: Expr, **options: Any):
        options.setdefault("source", body.source)
        super().__init__(name, chunks, meta, body.inputs, **options)
        assert self.numblocks == body.numblocks, (name, self.numblocks, body)
        self.body = body

    def lower(self) -> Expr:
        body = self.body
        if isinstance(body, GraphExpr) and body.name != self.name:
            # Its nodes are called by its own name: these blocks are those, under another one.
            axes = tuple(map(Axis, range(self.ndim)))
            return Blockwise(
                self.name, self.numblocks, Program(1, ()), (Operand(body, axes),), cheap=True,
                source=self.source, annotations=self.annotations,
            )  # fmt: skip
        if body.name != self.name or body.source is UNKNOWN or self.annotations:
            body = copy.copy(body)
            body.name = self.name
            body.source = self.source
            body.annotations = self.annotations
        return body

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Computed:
        return Computed(
            self.name, self.chunks, self.meta, self.body.with_inputs(inputs),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


class Elementwise(ArrayExpr):
    """One call on matching blocks that works element by element, broadcasting as NumPy does.

    Parameters
    ----------
    func : callable
    args : tuple
        Expressions, whose blocks match those of the result, and plain values.
    kwargs : mapping
        Plain values.
    """

    __slots__ = ("args", "func", "kwargs")

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        **options: Any,
    ):
        inputs = {arg.name: arg for arg in args if isinstance(arg, Expr)}
        super().__init__(name, chunks, meta, tuple(inputs.values()), **options)
        self.func = func
        self.args = args
        self.kwargs = kwargs

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Elementwise:
        new = {old.name: item for old, item in zip(self.inputs, inputs, strict=True)}
        args = tuple(new[arg.name] if isinstance(arg, Expr) else arg for arg in self.args)
        return Elementwise(
            self.name, self.chunks, self.meta, self.func, args, self.kwargs,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        args = [
            Operand(arg, matching_axes(arg, self)) if isinstance(arg, Expr) else arg
            for arg in self.args
        ]
        return Blockwise.call(
            self.name, self.numblocks, self.func, args, self.kwargs,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        from treadle.array.basic_indexing import getitem

        if users[self.name] > 1:  # somebody needs all of it anyway
            return None
        args = []
        for arg in self.args:
            if isinstance(arg, ArrayExpr):
                own = index[self.ndim - arg.ndim :]
                arg = getitem(
                    arg,
                    tuple(
                        _broadcast_entry(entry) if length == 1 != whole else entry
                        for entry, length, whole in zip(
                            own, arg.shape, self.shape[self.ndim - arg.ndim :], strict=True
                        )
                    ),
                )
            args.append(arg)
        return elementwise(self.func, args, self.kwargs, meta=self.meta, like=self)


def _broadcast_entry(entry: slice | int) -> slice | int:
    """Return what an index means for a dimension of length 1 that is broadcast."""
    return 0 if isinstance(entry, int) else slice(None)


def matching_axes(arg: Expr, out: Expr) -> tuple[Axis, ...]:
    """Return how blocks of an operand follow those of the result, by NumPy's broadcasting."""
    before = len(out.numblocks) - len(arg.numblocks)
    return tuple(
        Axis(before + n) if count == out.numblocks[before + n] else Axis(None)
        for n, count in enumerate(arg.numblocks)
    )


def elementwise(
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    meta: Any,
    like: Expr,
) -> Elementwise:
    """Return an elementwise call on expressions whose blocks match already.

    Parameters
    ----------
    meta : array
        Of any number of dimensions.
    like : Expr
        Gives source and annotations, and the name's beginning.
    """
    from treadle.array.meta import meta_of
    from treadle.graph.naming import key_prefix
    from treadle.graph.tokenize import tokenize

    exprs = [arg for arg in args if isinstance(arg, ArrayExpr)]
    ndim = max((arg.ndim for arg in exprs), default=0)
    chunks: list[tuple[int, ...]] = []
    for n in range(ndim):
        along = [arg.chunks[n - ndim + arg.ndim] for arg in exprs if n - ndim + arg.ndim >= 0]
        long = [lengths for lengths in along if lengths != (1,)] or along
        chunks.append(next((lengths for lengths in long if is_known([lengths])), long[0]))
    names = [arg.name if isinstance(arg, Expr) else arg for arg in args]
    token = tokenize(func, names, dict(kwargs))
    return Elementwise(
        f"{key_prefix(like.name)}-{token}", tuple(chunks), meta_of(meta, ndim), func,
        tuple(args), kwargs, source=like.source, annotations=like.annotations,
    )  # fmt: skip


class Creation(ArrayExpr):
    """Blocks that are alike wherever they are: ``func(shape, *args, **kwargs)`` makes one."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        func: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ):
        super().__init__(name, chunks, meta, **options)
        self.func = func
        self.args = args
        self.kwargs = kwargs or {}

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Creation:
        return self

    def lower(self) -> Expr:
        shapes = Operand(GridValues(*self.chunks), tuple(map(Axis, range(self.ndim))))
        return Blockwise.call(
            self.name, self.numblocks, self.func, [shapes, *self.args], self.kwargs, cheap=True,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def rechunked(self, chunks: Chunks, users: Users) -> ArrayExpr | None:
        return Creation(
            self.name, chunks, self.meta, self.func, self.args, self.kwargs,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        from treadle.array.basic_indexing import sliced_chunks
        from treadle.array.meta import meta_of

        chunks = sliced_chunks(self.chunks, index)
        return Creation(
            self.name, chunks, meta_of(self.meta, len(chunks)), self.func, self.args, self.kwargs,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def operand(expr: ArrayExpr, axes: Iterable[int | Axis | None]) -> Operand:
    """Return an operand whose dimensions follow these axes of the grid."""
    return Operand(expr, tuple(axis if isinstance(axis, Axis) else Axis(axis) for axis in axes))


def per_block(numblocks: tuple[int, ...], values: list[Any] | Callable[[], list[Any]]) -> Operand:
    """Return an operand of values, one a block of the grid in C order, written into the tasks."""
    return Operand(Values(numblocks, values), tuple(map(Axis, range(len(numblocks)))))


def per_position(*along: Sequence[Any]) -> Operand:
    """Return an operand of tuples, ``(along[0][i], along[1][j])`` for block ``(i, j)``."""
    return Operand(GridValues(*along), tuple(map(Axis, range(len(along)))))
