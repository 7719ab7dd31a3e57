"""Reductions as trees.

Every block is reduced to a small partial result, by a grid of calls that fuses with what stands
below it.  Partial results are merged a few at a time until one is left along the reduced axes; the
last merge makes of it what was asked for.

::

    blocks     x x x x x x x x x x
               | | | | | | | | | |      chunk      (fuses with what makes x)
    partials   p p p p p p p p p p
               +-+-+-+ +-+-+-+ +-+      combine    (split_every at a time)
                  p       p     p
                  +-------+-----+       combine, then finish
                          r

Partials are named after what they are made of, so reductions of one array that have partials in
common, such as a sum and a mean, share them and the merges.

>>> import treadle.array as da
>>> da.ones((4, 4), chunks=2).sum(axis=0).compute()
array([4., 4., 4., 4.])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from treadle.array.basic_indexing import WHOLE, getitem
from treadle.array.chunks import Chunks
from treadle.array.expr import ArrayExpr, Basic, operand
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, Users
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs, Integers
from treadle.graph.naming import function_name, key_prefix
from treadle.graph.tokenize import tokenize

SplitEvery = int | Mapping[int, int] | None

#: How many partials are merged at a time, over all axes.
SPLIT_EVERY = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """How blocks become partial results, and these the result.

    Attributes
    ----------
    chunk : callable
        ``chunk(block, axis=axes, keepdims=True, **options)`` returns the partial result.
    combine : callable
        ``combine(*partials)`` returns their common partial result.
    finish : callable, optional
        ``finish(partial)`` returns the result, reduced axes having length 1.
    options : mapping
        For ``chunk``.
    """

    chunk: Callable[..., Any]
    combine: Callable[..., Any]
    finish: Callable[..., Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def last(self, drop: tuple[int, ...]) -> Last:
        """Return the last call of the tree, which drops these axes."""
        return Last(self.combine, self.finish, drop)

    def partials(self, array: ArrayExpr, axes: tuple[int, ...]) -> Blockwise:
        """Return the grid of partial results."""
        prefix = f"{label(self.chunk)}-partial"
        name = f"{prefix}-{tokenize(array.name, self.chunk, dict(self.options), axes)}"
        return Blockwise.call(
            name, array.numblocks, self.chunk, [operand(array, range(array.ndim))],
            {"axis": axes, "keepdims": True, **self.options},
            source=array.source, annotations=array.annotations,
        )  # fmt: skip


def label(func: Callable[..., Any]) -> str:
    """Return what a function is called in panes."""
    return function_name(func).strip("_").replace("_", "-")


class TreeReduction(ArrayExpr):
    """Partial results merged along axes, ``split_every`` at a time.

    Parameters
    ----------
    partials : Expr
        A grid of partial results, one for each block of the array.
    axes : tuple of int
        Along which they are merged.
    keepdims : bool
    combine : callable
        As in :class:`Recipe`.
    last : callable
        Takes partials too, and returns a block of the result.
    split_every : mapping of int to int
        Axis to how many partials along it are merged at a time.
    recipe : Recipe, optional
        Given if every lane of the result needs that lane of the array only: slices of the result
        are reductions of slices then.
    shared : TreeReduction, optional
        The same values from other partials, which is the one to take if somebody else needs these.
    """

    __slots__ = (
        "axes",
        "combine",
        "keepdims",
        "last",
        "partials",
        "recipe",
        "shared",
        "split_every",
    )

    def __init__(
        self,
        name: str,
        chunks: Chunks,
        meta: Any,
        partials: Expr,
        axes: tuple[int, ...],
        keepdims: bool,
        combine: Callable[..., Any],
        last: Callable[..., Any],
        split_every: Mapping[int, int],
        *,
        recipe: Recipe | None = None,
        shared: TreeReduction | None = None,
        **options: Any,
    ):
        super().__init__(name, chunks, meta, (partials,), **options)
        self.partials = partials
        self.axes = axes
        self.keepdims = keepdims
        self.combine = combine
        self.last = last
        self.split_every = split_every
        self.recipe = recipe
        self.shared = shared

    def with_inputs(self, inputs: tuple[Expr, ...]) -> TreeReduction:
        return TreeReduction(
            self.name, self.chunks, self.meta, inputs[0], self.axes, self.keepdims, self.combine,
            self.last, self.split_every, recipe=self.recipe, shared=self.shared,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def simplify(self, users: Users) -> Expr:
        if self.shared is not None and users.get(self.shared.partials.name):
            return self.shared.renamed(self.name)
        return self

    def sliced(self, index: Basic, users: Users) -> ArrayExpr | None:
        if self.recipe is None or users[self.name] > 1 or users[self.partials.name] > 1:
            return None
        (array,) = self.partials.inputs
        if not isinstance(array, ArrayExpr):
            return None
        entries = iter(index)
        below: list[slice | int] = []
        for axis, length in enumerate(array.shape):
            if axis in self.axes:
                if self.keepdims and next(entries) != WHOLE:
                    return None
                below.append(WHOLE)
                continue
            entry = next(entries)
            if isinstance(entry, int):  # stays a dimension: the recipe knows axes by their number
                entry = slice(entry, entry + 1, 1) if length != 1 else WHOLE
            below.append(entry)
        if all(entry == WHOLE for entry in below):
            return None
        less = tree_reduction(
            getitem(array, tuple(below)),
            self.axes,
            self.keepdims,
            self.recipe,
            self.meta,
            self.split_every,
            prefix=key_prefix(self.name),
            source=self.source,
            annotations=self.annotations,
        )
        return getitem(less, tuple(0 if isinstance(entry, int) else WHOLE for entry in index))

    def lower(self) -> Expr:
        expr: Any = self.partials
        fan_in = [self.split_every.get(axis, 1) for axis in range(len(expr.numblocks))]
        while any(count > every for count, every in self._along(expr)):
            expr = self._merged(expr, fan_in)
        options: Any = {"source": self.source, "annotations": self.annotations}
        if all(count == 1 for count, _ in self._along(expr)) and not isinstance(expr, Gather):
            # One partial a result: the end of the same call, nothing to merge.
            return Blockwise.call(
                self.name, self.numblocks, self.last, [operand(expr, self._grid_axes())], **options
            )
        whole = [max(self.split_every.get(n, 1), 1) for n in range(len(expr.numblocks))]
        functions, index = by_group(self.last, expr.numblocks, whole)
        return Gather(
            self.name, self.numblocks, (expr,), functions, Groups(expr.name, expr.numblocks, whole),
            function_index=index, **options,
        )  # fmt: skip

    def _along(self, expr: Expr) -> list[tuple[int, int]]:
        """Return the number of partials along each reduced axis, and how many merge at once."""
        return [(expr.numblocks[axis], self.split_every[axis]) for axis in self.axes]

    def _grid_axes(self) -> list[int | None]:
        """Return which axis of the result each axis of the partials follows."""
        if self.keepdims:
            return list(range(self.ndim))
        kept = iter(range(self.ndim))
        return [None if n in self.axes else next(kept) for n in range(len(self.partials.numblocks))]

    def _merged(self, expr: Expr, fan_in: list[int]) -> Gather:
        """Return the partials merged once."""
        name = f"{label(self.combine)}-{tokenize(expr.name, self.combine, fan_in)}"
        numblocks = tuple(
            -(-count // every) for count, every in zip(expr.numblocks, fan_in, strict=True)
        )
        functions, index = by_group(self.combine, expr.numblocks, fan_in)
        return Gather(
            name, numblocks, (expr,), functions, Groups(expr.name, expr.numblocks, fan_in),
            function_index=index, source=self.source, annotations=self.annotations,
        )  # fmt: skip


def tree_reduction(
    array: ArrayExpr,
    axes: tuple[int, ...],
    keepdims: bool,
    recipe: Recipe,
    meta: Any,
    split_every: SplitEvery = None,
    *,
    prefix: str,
    lanes: bool = True,
    shared: Recipe | None = None,
    **options: Any,
) -> TreeReduction:
    """Return the reduction of an array by a recipe.

    Parameters
    ----------
    axes : tuple of int
        Not negative.
    meta : array
        Of any number of dimensions.
    lanes : bool
        Every lane of the result needs that lane of the array only.
    shared : Recipe, optional
        Another recipe for the same values, taken if somebody else needs its partials.
    """
    every = normalize_split_every(split_every, axes)
    chunks = reduced_chunks(array.chunks, axes, keepdims)
    meta = meta_of(meta, len(chunks))
    drop = () if keepdims else axes
    made = recipe.partials(array, axes)
    token = tokenize(made.name, recipe.combine, recipe.finish, keepdims, sorted(every.items()))
    name = f"{prefix}-{token}"
    other = None
    if shared is not None:
        other = TreeReduction(
            name, chunks, meta, shared.partials(array, axes), axes, keepdims, shared.combine,
            shared.last(drop), every, recipe=shared if lanes else None, **options,
        )  # fmt: skip
    return TreeReduction(
        name, chunks, meta, made, axes, keepdims, recipe.combine, recipe.last(drop), every,
        recipe=recipe if lanes else None, shared=other, **options,
    )  # fmt: skip


def reduced_chunks(chunks: Chunks, axes: Sequence[int], keepdims: bool, length: int = 1) -> Chunks:
    """Return the chunks of what is left when axes are reduced."""
    return tuple(
        (length,) if axis in axes else lengths
        for axis, lengths in enumerate(chunks)
        if keepdims or axis not in axes
    )


def normalize_split_every(split_every: SplitEvery, axes: Sequence[int]) -> dict[int, int]:
    """Return how many partials are merged at a time along each axis.

    A number is the total over all axes; the default is 16.

    Raises
    ------
    ValueError
        If it is below 2.

    >>> normalize_split_every(16, (0, 1)), normalize_split_every({0: 3}, (0, 1))
    ({0: 4, 1: 4}, {0: 3, 1: 2})
    """
    if isinstance(split_every, Mapping):
        found = {axis: int(split_every.get(axis, 2)) for axis in axes}
    else:
        if split_every is None or split_every is False:
            split_every = SPLIT_EVERY
        total = int(split_every)
        if total < 2 or total != split_every:
            raise ValueError(f"split_every must be a whole number from 2 on, not {split_every!r}")
        side = max(int(total ** (1 / max(len(axes), 1)) + 1e-9), 2)
        found = dict.fromkeys(axes, side)
    if any(every < 2 for every in found.values()):
        raise ValueError(f"split_every must be 2 or more along each axis, not {split_every!r}")
    return found


# -- the calls -----------------------------------------------------------------------------------


class Groups:
    """Rows of a merge: which partials each takes.  Called when tasks are written."""

    __slots__ = ("fan_in", "name", "numblocks")

    def __init__(self, name: str, numblocks: tuple[int, ...], fan_in: Sequence[int]):
        self.name = name
        self.numblocks = numblocks
        self.fan_in = fan_in

    def __call__(self) -> Inputs:
        owner, rows = self.owners()
        counts = np.bincount(owner, minlength=rows)
        return Inputs(
            [self.name],
            np.concatenate([[0], np.cumsum(counts)]),
            np.zeros(len(owner), np.int64),
            np.argsort(owner, kind="stable"),
        )

    def owners(self) -> tuple[Integers, int]:
        """Return the row that takes each partial, and the number of rows."""
        rows = tuple(-(-n // every) for n, every in zip(self.numblocks, self.fan_in, strict=True))
        owner: Any = np.zeros(self.numblocks, np.int64)
        for axis, (count, every) in enumerate(zip(self.numblocks, self.fan_in, strict=True)):
            along = np.arange(count, dtype=np.int64) // every
            owner = owner * rows[axis] + along.reshape([-1] + [1] * (len(rows) - axis - 1))
        return owner.ravel(), math.prod(rows)


def by_group(
    func: Callable[..., Any], numblocks: tuple[int, ...], fan_in: Sequence[int]
) -> tuple[list[Callable[..., Any]], Integers | None]:
    """Return the functions of a merge's rows and which row has which.

    Most functions take partials in a flat row.  One with ``for_group`` is told how many partials
    it gets along each axis, which differs at the borders.
    """
    if not hasattr(func, "for_group"):
        return [func], None
    along = []
    for count, every in zip(numblocks, fan_in, strict=True):
        along.append([min(every, count - start) for start in range(0, count, every)])
    grids = np.meshgrid(*along, indexing="ij") if along else [np.zeros((), np.int64)]
    shapes = np.stack([grid.ravel() for grid in grids], axis=1)
    different, index = np.unique(shapes, axis=0, return_inverse=True)
    functions = [func.for_group(tuple(shape.tolist())) for shape in different]
    return functions, index.ravel().astype(np.int64)


class Last:
    """The last call of a tree: merges partials, finishes, and drops the reduced axes."""

    __slots__ = ("__name__", "combine", "drop", "finish")

    def __init__(
        self,
        combine: Callable[..., Any],
        finish: Callable[..., Any] | None,
        drop: tuple[int, ...],
    ):
        self.combine = combine
        self.finish = finish
        self.drop = drop
        self.__name__ = label(finish or combine)

    def __call__(self, *partials: Any) -> Any:
        value = partials[0] if len(partials) == 1 else self.combine(*partials)
        if self.finish is not None:
            value = self.finish(value)
        return without_axes(value, self.drop) if self.drop else value

    def __reduce__(self) -> tuple[Any, ...]:
        return Last, (self.combine, self.finish, self.drop)


def without_axes(value: Any, axes: tuple[int, ...]) -> Any:
    """Return an array without some axes of length 1; a scalar if none is left.

    >>> without_axes(np.ones((1, 3, 1)), (0, 2))
    array([1., 1., 1.])
    """
    index = tuple(0 if n in axes else WHOLE for n in range(value.ndim))
    return value[index]


class Pairwise:
    """Merges partials two by two with a ufunc, so that rounding errors stay as small as in
    NumPy's own sums.

    >>> Pairwise(np.add)(np.ones(2), np.ones(2), np.ones(2))
    array([3., 3.])
    """

    __slots__ = ("__name__", "ufunc")

    def __init__(self, ufunc: Callable[..., Any]):
        self.ufunc = ufunc
        self.__name__ = f"merge-{label(ufunc)}"

    def __call__(self, *partials: Any) -> Any:
        return self._merge(partials)

    def _merge(self, partials: tuple[Any, ...]) -> Any:
        if len(partials) == 1:
            return partials[0]
        half = len(partials) // 2
        left, right = self._merge(partials[:half]), self._merge(partials[half:])
        if half > 1 and type(left) is np.ndarray and left.dtype != object:
            return self.ufunc(left, right, out=left)  # ours alone: no need of another
        if isinstance(left, np.ma.MaskedArray):
            return _merge_masked(self.ufunc, left, right)
        return self.ufunc(left, right)

    def __reduce__(self) -> tuple[Any, ...]:
        return Pairwise, (self.ufunc,)

    def __treadle_tokenize__(self) -> Any:
        return "Pairwise", self.ufunc


def _merge_masked(ufunc: Callable[..., Any], left: Any, right: Any) -> Any:
    """Merge masked partials: what is masked on one side only is the other side's."""
    a, b = np.ma.getdata(left), np.ma.getdata(right)
    no_a, no_b = np.ma.getmaskarray(left), np.ma.getmaskarray(right)
    merged = np.where(no_a, b, np.where(no_b, a, ufunc(a, b)))
    return np.ma.MaskedArray(merged.astype(a.dtype, copy=False), no_a & no_b)


__all__: list[str] = []
