"""Grids of calls: every block is one call on matching blocks of the inputs.

Which block of an operand a block takes is said dimension by dimension: dimension ``d`` of the
operand follows an axis of the grid, perhaps through a table, or stays on one block.  So
transposing, broadcasting and picking blocks are no tasks of their own.

>>> from treadle.graph.expr import GraphExpr
>>> x = GraphExpr("x-1", (2, 3), (), Graph)
>>> transposed = Blockwise.call("t-1", (3, 2), len, [Operand(x, (Axis(1), Axis(0)))])
>>> transposed.layer().inputs.of(np.array([1]))[2]
array([3])
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np

from treadle.graph.expr import Expr, count_users, distinct, walk
from treadle.graph.graph import Graph
from treadle.graph.layer import AnyTemplate, Inputs, Integers, Layer
from treadle.graph.program import Program, Reg, Step
from treadle.graph.table import literal
from treadle.graph.template import NO_REFERENCE, Template, make_template

#: Fusion stops at programs of so many steps, or inputs.
MAX_STEPS, MAX_INPUTS = 200, 24


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension of an operand follows axis ``axis`` of the grid, block for block.

    With a table, block ``i`` of the grid takes block ``table[i]`` of the operand.  ``axis`` None
    stays on block ``table[0]``, or 0.  Axes past those of the grid are contracted: a call takes
    all blocks along them, in a list.
    """

    axis: int | None
    table: tuple[int, ...] | None = None

    def after(self, outer: Axis) -> Axis:
        """Return the course of a dimension whose axis itself follows ``outer``."""
        if outer.axis is None:
            block = outer.table[0] if outer.table else 0
            return Axis(None, (self.table[block] if self.table else block,))
        if outer.table is None:
            return Axis(outer.axis, self.table)
        if self.table is None:
            return outer
        return Axis(outer.axis, tuple(self.table[block] for block in outer.table))

    def blocks(self, index: Mapping[int, Integers]) -> Integers | int:
        """Return the blocks for positions ``index[axis]`` in the grid."""
        if self.axis is None:
            return self.table[0] if self.table else 0
        along = index[self.axis]
        return along if self.table is None else np.array(self.table)[along]


class Values:
    """A value for each block of a grid, written into the tasks themselves.

    Parameters
    ----------
    numblocks : tuple of int
    values : list or callable
        One value a block in C order, or what returns them when tasks are written.
    """

    __slots__ = ("_values", "numblocks")

    def __init__(self, numblocks: tuple[int, ...], values: list[Any] | Callable[[], list[Any]]):
        self.numblocks = numblocks
        self._values = values

    def coded(
        self, index: Sequence[Integers | int], rows: int
    ) -> tuple[Integers, Callable[[int], Any]]:
        """Return a number for each row, and what gives the value that a number stands for.

        Parameters
        ----------
        index : sequence of (array of int, or int)
            Positions along every dimension.
        rows : int
        """
        values = self._values() if callable(self._values) else self._values
        return np.broadcast_to(_ravel(index, self.numblocks), rows), values.__getitem__


class GridValues(Values):
    """A value for each block that is the tuple of a value for each of its positions.

    >>> numbers, value = GridValues([10, 20], ["a", "b"]).coded([np.array([0, 1]), 1], 2)
    >>> [value(number) for number in numbers]
    [(10, 'b'), (20, 'b')]
    """

    __slots__ = ("_along",)

    def __init__(self, *along: Sequence[Any]):
        super().__init__(tuple(map(len, along)), lambda: list(product(*along)))
        self._along = along

    def coded(
        self, index: Sequence[Integers | int], rows: int
    ) -> tuple[Integers, Callable[[int], Any]]:
        """Positions of equal values, of which there are often few, have one number."""
        firsts = [_firsts(values) for values in self._along]
        counts = [len(values) for values in self._along]
        first = [table[blocks] for table, blocks in zip(firsts, index, strict=True)]

        def value(number: int) -> tuple[Any, ...]:
            found = []
            for values in reversed(self._along):
                number, place = divmod(number, len(values))
                found.append(values[place])
            return tuple(reversed(found))

        return np.broadcast_to(_ravel(first, counts), rows), value


def _firsts(values: Sequence[Any]) -> Integers:
    """Return for each position the first one that has the same value."""
    known: dict[Hashable, int] = {}
    found = []
    for n, value in enumerate(values):
        try:
            found.append(known.setdefault((type(value), value), n))
        except TypeError:  # it has no hash
            found.append(n)
    return np.array(found, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """Blocks that calls take: of an expression, or values written down."""

    of: Expr | Values
    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        assert len(self.axes) == len(self.of.numblocks), (self.of, self.axes)


Argument: TypeAlias = Any

#: A number for each row, and what gives the value that a number stands for.
Coded: TypeAlias = tuple[Integers, Callable[[int], Any]]


class Blockwise(Expr):
    """One call a block.

    Parameters
    ----------
    program : Program
        What is called; its inputs are the operands, in their order.  A program without steps gives
        blocks of its one operand as they are, without a task.
    operands : tuple of Operand
    contracted : tuple of int
        Blocks along the axes past those of the grid.
    cheap : bool
        Making a block again costs less than keeping it: others may fuse it as often as they like.
    """

    __slots__ = ("cheap", "contracted", "operands", "program")

    def __init__(
        self,
        name: str,
        numblocks: tuple[int, ...],
        program: Program,
        operands: tuple[Operand, ...],
        *,
        contracted: tuple[int, ...] = (),
        cheap: bool = False,
        **options: Any,
    ):
        inputs = distinct([item.of for item in operands if isinstance(item.of, Expr)])
        super().__init__(name, numblocks, inputs, **options)
        self.program = program
        self.operands = operands
        self.contracted = contracted
        self.cheap = cheap

    @classmethod
    def call(
        cls,
        name: str,
        numblocks: tuple[int, ...],
        func: Callable[..., Any],
        args: Sequence[Argument],
        kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Blockwise:
        """Return the grid of ``func(*args, **kwargs)``; operands stand among the arguments."""
        operands: list[Operand] = []

        def reg(value: Any) -> Any:
            if not isinstance(value, Operand):
                return value
            operands.append(value)
            return Reg(len(operands) - 1)

        step = Step(
            func, tuple(map(reg, args)), {name: reg(v) for name, v in (kwargs or {}).items()}
        )
        return cls(name, numblocks, Program(len(operands), (step,)), tuple(operands), **options)

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Blockwise:
        of = {old.name: new for old, new in zip(self.inputs, inputs, strict=True)}
        operands = tuple(
            Operand(of[item.of.name], item.axes) if isinstance(item.of, Expr) else item
            for item in self.operands
        )
        return self._with(self.program, operands)

    def with_program(self, program: Program) -> Blockwise:
        """Return the same grid with another program of the same meaning."""
        return self._with(program, self.operands)

    def _with(self, program: Program, operands: tuple[Operand, ...]) -> Blockwise:
        return Blockwise(
            self.name, self.numblocks, program, operands,
            contracted=self.contracted, cheap=self.cheap,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def add_to(self, graph: Graph) -> None:
        graph.layers[self.name] = self.layer()

    def layer(self) -> Layer:
        """Return the tasks as columns."""
        rows = prod(self.numblocks)
        grid = dict(enumerate(np.indices(self.numblocks, np.int64).reshape(-1, rows)))
        columns: list[Integers] = []
        producers: list[Any] = []
        values: dict[int, Coded] = {}
        shapes: list[Any] = []
        for position, operand in enumerate(self.operands):
            if isinstance(operand.of, Values):
                index = [axis.blocks(grid) for axis in operand.axes]
                values[position] = operand.of.coded(index, rows)
                shapes.append(None)
            else:
                found, shape = self._blocks_of(operand, grid)
                columns += found
                producers += [operand.of.name] * len(found)
                shapes.append(shape)
        blocks = np.stack(columns, axis=1) if columns else np.empty((rows, 0), np.int64)
        if columns and not self.program.steps:  # blocks as they are: no tasks
            return Layer(
                self.name, self.numblocks, [literal], alias=True,
                inputs=Inputs.regular(producers, blocks), source=self.source,
            )  # fmt: skip
        function, template, templates = _calls(self.program, shapes, values, rows)
        return Layer(
            self.name, self.numblocks, [function], None, template, templates,
            Inputs.regular(producers, blocks),
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _blocks_of(
        self, operand: Operand, grid: Mapping[int, Integers]
    ) -> tuple[list[Integers], Any]:
        """Return the columns of block numbers of an operand, and the nested lists they go into."""
        rows, ndim = prod(self.numblocks), len(self.numblocks)
        axes = [axis.axis for axis in operand.axes]
        contracted = [axis for axis in axes if axis is not None and axis >= ndim]
        sizes = [self.contracted[axis - ndim] for axis in contracted]
        columns = []
        for places in product(*map(range, sizes)):
            along = {
                **grid,
                **dict(zip(contracted, (np.full(rows, n) for n in places), strict=True)),
            }
            index = [axis.blocks(along) for axis in operand.axes]
            columns.append(np.broadcast_to(_ravel(index, operand.of.numblocks), rows))
        return columns, tuple(sizes)


def _ravel(index: Sequence[Integers | int], numblocks: Sequence[int]) -> Integers | int:
    flat: Integers | int = 0
    for blocks, count in zip(index, numblocks, strict=True):
        flat = flat * count + blocks
    return flat


# -- how inputs become arguments -----------------------------------------------------------------


def _calls(
    program: Program, shapes: list[Any], values: Mapping[int, Coded], rows: int
) -> tuple[Callable[..., Any], AnyTemplate, list[AnyTemplate] | None]:
    """Return the function of a grid's tasks, and one template for all or one for each."""
    if any(shapes):  # lists of blocks: their calls have one shape
        return _calls_on_lists(program, shapes, values, rows)
    if values:
        function = program if program.steps else literal
        return function, None, _with_values(program.width, values, rows)
    if len(program.steps) > 1:
        return program, None, None
    (step,) = program.steps
    taken = [arg.index for arg in step.args if type(arg) is Reg]
    if taken != list(range(program.width)) or any(
        type(value) is Reg for value in step.kwargs.values()
    ):
        return program, None, None
    if not step.kwargs and len(taken) == len(step.args):
        return step.func, None if taken else (), None
    holes = tuple(n for n, arg in enumerate(step.args) if type(arg) is Reg)
    filled = tuple(None if type(arg) is Reg else arg for arg in step.args)
    return step.func, Template(filled, holes, (), dict(step.kwargs), ()), None


def _with_values(width: int, values: Mapping[int, Coded], rows: int) -> list[AnyTemplate]:
    """Return a template a row; rows of equal values share theirs."""
    holes = tuple(n for n in range(width) if n not in values)
    combined = np.zeros(rows, np.int64)
    for codes, _ in values.values():
        _, first, combined = np.unique(
            combined * (int(codes.max(initial=0)) + 1) + codes,
            return_index=True,
            return_inverse=True,
        )
    made: list[AnyTemplate] = []
    for row in first.tolist():
        args: list[Any] = [None] * width
        for position, (codes, value) in values.items():
            args[position] = value(int(codes[row]))
        made.append(Template(tuple(args), holes, (), {}, ()) if holes else tuple(args))
    return [made[n] for n in combined.tolist()]


def _calls_on_lists(
    program: Program, shapes: list[Any], values: Mapping[int, Coded], rows: int
) -> tuple[Callable[..., Any], AnyTemplate, list[AnyTemplate] | None]:
    hole = object()

    def nested(sizes: tuple[int, ...]) -> Any:
        return [nested(sizes[1:]) for _ in range(sizes[0])] if sizes else hole

    def template(row: int) -> AnyTemplate:
        args = tuple(
            values[n][1](int(values[n][0][row])) if shape is None else nested(shape)
            for n, shape in enumerate(shapes)
        )
        return make_template(args, {}, lambda value: 0 if value is hole else NO_REFERENCE)[1]

    if values:
        return program, None, [template(row) for row in range(rows)]
    return program, template(0) if rows else None, None


# -- fusion --------------------------------------------------------------------------------------


def fuse_blockwise(roots: Sequence[Expr]) -> list[Expr]:
    """Merge grids of calls into those that take their blocks, where no work is done twice by it.

    A grid goes into its user if nobody else takes its blocks, and its user takes each of them for
    one block only; cheap grids go into all of their users.
    """
    roots = list(roots)
    kept = {root.name for root in roots}
    while True:
        users = count_users(roots)
        done: dict[str, Expr] = {}
        changed = False
        for expr in walk(roots):
            inputs = tuple(done[item.name] for item in expr.inputs)
            if any(new is not old for new, old in zip(inputs, expr.inputs, strict=True)):
                expr = expr.with_inputs(inputs)
            if isinstance(expr, Blockwise):
                for inner in expr.inputs:
                    if isinstance(inner, Blockwise) and _goes_into(inner, expr, users, kept):
                        expr = _merge(inner, expr)
                        changed = True
            done[expr.name] = expr
        roots = [done[root.name] for root in roots]
        if not changed:
            return roots


def _goes_into(inner: Blockwise, outer: Blockwise, users: Any, kept: set[str]) -> bool:
    taken = [item.axes for item in outer.operands if item.of is inner]
    if inner.contracted or inner.annotations != outer.annotations:
        return False
    if any(axis.axis is not None and axis.axis >= len(outer.numblocks) for axis in sum(taken, ())):
        return False
    if len(inner.program.steps) + len(outer.program.steps) > MAX_STEPS:
        return False
    if len(inner.operands) + len(outer.operands) > MAX_INPUTS:
        return False
    if inner.cheap:
        return True
    if users[inner.name] > 1 or inner.name in kept:
        return False
    return all(axes == taken[0] for axes in taken) and _once(taken[0], outer.numblocks)


def _once(axes: tuple[Axis, ...], numblocks: tuple[int, ...]) -> bool:
    """Tell whether blocks along ``axes`` are each taken for one block of the grid only."""
    distinguished = {
        axis.axis for axis in axes if axis.table is None or len(set(axis.table)) == len(axis.table)
    }
    return all(n in distinguished for n, count in enumerate(numblocks) if count > 1)


def _merge(inner: Blockwise, outer: Blockwise) -> Blockwise:
    """Return ``outer`` with the calls of ``inner`` done in its own tasks."""
    operands: list[Operand] = []
    position: dict[Hashable, int] = {}

    def place(operand: Operand) -> int:
        name = operand.of.name if isinstance(operand.of, Expr) else id(operand.of)
        where = (name, operand.axes)
        if where not in position:
            position[where] = len(operands)
            operands.append(operand)
        return position[where]

    # Positions first, since the values that steps make are numbered after all operands.
    plan: list[tuple[Axis, ...] | int] = [
        item.axes if item.of is inner else place(item) for item in outer.operands
    ]
    calls: dict[Any, list[int]] = {axes: [] for axes in plan if not isinstance(axes, int)}
    for axes, places in calls.items():
        for item in inner.operands:
            through = tuple(
                axis if axis.axis is None else axis.after(axes[axis.axis]) for axis in item.axes
            )
            places.append(place(Operand(item.of, through)))
    steps = _Steps(len(operands))
    result = {axes: steps.add(inner.program, places) for axes, places in calls.items()}
    last = steps.add(
        outer.program, [entry if isinstance(entry, int) else result[entry] for entry in plan]
    )
    program = steps.program(last)
    return Blockwise(
        outer.name, outer.numblocks, program, tuple(operands),
        contracted=outer.contracted, cheap=outer.cheap and inner.cheap,
        source=outer.source, annotations=outer.annotations,
    )  # fmt: skip


class _Steps:
    """Steps of several programs in one, equal calls once."""

    def __init__(self, width: int):
        self.width = width
        self.steps: list[Step] = []
        self._known: dict[Hashable, int] = {}

    def add(self, program: Program, number: list[int]) -> int:
        """Add a program whose inputs are the values ``number``; return its result's number."""
        number = [*number]
        for step in program.steps:
            number.append(self._add(step.renumbered(number)))
        return number[program.result]

    def _add(self, step: Step) -> int:
        """Return the number of a step's result."""
        kinds = [type(value) for value in (*step.args, *step.kwargs.values())]  # 1 is not True
        call = (step.func, step.args, tuple(step.kwargs.items()), *kinds)
        place = self.width + len(self.steps)
        try:
            known = self._known.setdefault(call, place)
        except TypeError:  # something that has no hash
            known = place
        if known == place:
            self.steps.append(step)
        return known

    def program(self, result: int) -> Program:
        """Return the program of all steps."""
        return Program(self.width, tuple(self.steps), result)
