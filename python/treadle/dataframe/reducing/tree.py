"""Reductions: every partition gives a partial result, a tree puts these together.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> x = dd.from_pandas(pd.Series([3, 1, 2]), npartitions=3)
>>> reduced("largest", x, max, max, meta=0).compute()
3
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from treadle.dataframe.build import aligned, as_expr, new_collection
from treadle.dataframe.expr import Columns, FrameExpr
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.gather import Blocks
from treadle.graph.tokenize import tokenize
from treadle.graph.treereduce import tree_reduce

#: Partial results that one call puts together.
SPLIT_EVERY = 8


class TreeReduction(FrameExpr):
    """All partitions reduced to a scalar, or to a series or frame of one partition.

    Parameters
    ----------
    chunk : callable
        Takes a partition of each input; returns a partial result.
    combine, aggregate : callable
        Take a list of partial results, in the order of partitions; return a partial result, and
        the result.
    reads : tuple
        For each input the columns that ``chunk`` looks at; None for all.
    """

    __slots__ = ("aggregate", "chunk", "combine", "reads", "split_every")

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: Any,
        inputs: tuple[Expr, ...],
        chunk: Callable[..., Any],
        combine: Callable[[list[Any]], Any],
        aggregate: Callable[[list[Any]], Any],
        *,
        reads: tuple[Columns | None, ...] | None = None,
        split_every: int = SPLIT_EVERY,
        **options: Any,
    ):
        super().__init__(name, meta, divisions, inputs, **options)
        self.chunk = chunk
        self.combine = combine
        self.aggregate = aggregate
        self.reads = reads
        self.split_every = split_every

    def needs(self) -> list[Columns | None]:
        return super().needs() if self.reads is None else list(self.reads)

    def lower(self) -> Expr:
        return tree_reduce(
            self.name, self.chunks(), self.combine, self.aggregate,
            split_every=self.split_every, numblocks=self.numblocks,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def chunks(self) -> Blockwise:
        """Return the grid of partial results."""
        prefix, _, token = self.name.rpartition("-")
        (count,) = {item.numblocks[0] for item in self.inputs if item.numblocks}
        return Blockwise.call(
            f"{prefix}-chunk-{token}", (count,), self.chunk,
            [self.operand(n) for n in range(len(self.inputs))],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


def reduced(
    label: str,
    frames: Any,
    chunk: Callable[..., Any],
    aggregate: Callable[[list[Any]], Any],
    combine: Callable[[list[Any]], Any] | None = None,
    *,
    meta: Any,
    reads: Sequence[Columns | None] | None = None,
    split_every: int | bool | None = None,
    divisions: Any = (None, None),
    token: Any = None,
    node: type[TreeReduction] = TreeReduction,
) -> Any:
    """Return the collection of a reduction.

    Parameters
    ----------
    frames : collection or sequence of collections
        Frames that correspond, and scalars.
    chunk, aggregate, combine : callable
        See :class:`TreeReduction`; ``combine`` is ``aggregate`` without it.
    meta : object
        The result without rows; for a scalar some value of its type.
    split_every : int, optional
        How many partial results a call puts together; False for all.
    divisions : tuple
        Of a result that is a series or frame.
    token : object, optional
        Stands for the functions in the name.
    node : type
        The kind of expression.
    """
    import pandas as pd

    exprs = [as_expr(frame) for frame in (frames if isinstance(frames, list | tuple) else [frames])]
    assert all(expr is not None for expr in exprs)
    inputs: list[Any] = list(exprs)
    grids = [expr for expr in inputs if expr.numblocks]
    better = dict(zip((expr.name for expr in grids), aligned(grids), strict=True))
    inputs = [better.get(expr.name, expr) for expr in inputs]
    width = width_of(split_every, grids[0].numblocks[0])
    functions = (chunk, combine or aggregate, aggregate) if token is None else token
    frame_like = isinstance(meta, pd.DataFrame | pd.Series | pd.Index)
    expr = node(
        f"{label}-{tokenize(label, functions, [item.name for item in inputs], width)}",
        meta, divisions if frame_like else None, tuple(inputs), chunk, combine or aggregate,
        aggregate, reads=None if reads is None else tuple(reads), split_every=width,
    )  # fmt: skip
    return new_collection(expr)


def width_of(split_every: int | bool | None, count: int) -> int:
    """Return how many partial results one call puts together.

    Parameters
    ----------
    split_every : int, bool or None
        False for all of them; None and True leave it open.
    count : int
        How many there are.

    Examples
    --------
    >>> width_of(None, 100), width_of(4, 100), width_of(False, 100)
    (8, 4, 100)
    """
    if split_every is False:
        return max(count, 2)
    if split_every is None or split_every is True:
        return SPLIT_EVERY
    if split_every < 2:
        raise ValueError(f"split_every must be 2 or more, or False, not {split_every}")
    return split_every


class Length(TreeReduction):
    """The number of rows; reads no columns, and nothing at all where it is known."""

    __slots__ = ()

    def __init__(self, frame: FrameExpr):
        super().__init__(
            f"len-{tokenize('len', frame.name)}", 0, None, (frame,), len, sum, sum,
            reads=([],) if frame.columns is not None else None,
        )  # fmt: skip

    def simplify(self, users: Users) -> Expr:
        from treadle.dataframe.expr import Assign, Partwise, Projection, Source

        (frame,) = self.inputs
        match frame:
            case Source() if (lengths := frame.reading.lengths()) is not None:
                return Blocks(self.name, (), [sum(lengths)])
            case Assign() | Projection() | FrameExpr(keeps_length=True):
                return self._of(frame.inputs[0])
            case Partwise(rowwise=True) if frame.inputs[0].numblocks and 0 not in frame.whole:
                return self._of(frame.inputs[0])
        return self

    def _of(self, frame: Expr) -> Length:
        assert isinstance(frame, FrameExpr)
        return Length(frame).replace(name=self.name)
