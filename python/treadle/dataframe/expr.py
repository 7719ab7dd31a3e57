"""What frames stand on: expressions that know their columns, dtypes and borders.

A `FrameExpr` makes the partitions of one frame, series or index from the partitions of its inputs.
Its ``meta`` is what a partition is without rows; its ``divisions`` are labels of the index between
partitions, as far as they are known. ::

    Source   partitions are read or lie in memory        Filter      rows where a series is true
    Partwise a call on each partition                    Assign      columns added or replaced
    Projection  some of the columns                      Partitions  some of the partitions
    Held     partitions that are there already

What a node reads of its inputs it says by ``needs``, and ``narrow`` gives the node that makes some
of the columns only: by these `columns.prune_columns` asks sources for what is used and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Any, ClassVar, Self, TypeAlias

import pandas as pd

from treadle import base
from treadle.dataframe.reading import Reading
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr, Users
from treadle.graph.gather import Blocks
from treadle.graph.naming import key_prefix
from treadle.graph.program import Program, Reg
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize

Label: TypeAlias = Hashable
Columns: TypeAlias = list[Any]
Divisions: TypeAlias = tuple[Any, ...]


#: A function and its arguments, in which expressions stand for collections: what makes a node anew
#: when its inputs have other dtypes; see `mending`.
Recipe: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class FrameExpr(Expr):
    """Partitions of a frame, series or index, or one scalar.

    Parameters
    ----------
    name : str
        Stands for the values.
    meta : DataFrame, Series, Index or scalar
        A partition without rows; of a scalar, some value of its type.
    divisions : tuple or None
        Labels of the index: partition ``n`` has those from ``divisions[n]`` up to, but for the
        last one, not including ``divisions[n + 1]``. All None where they are not known. No tuple
        at all for a scalar, which has no partitions.
    inputs : tuple of Expr
        By position; arguments refer to them with `Reg`. An input may come twice.
    layout : str, optional
        Frames of one layout correspond partition by partition: rows of partition ``n`` come from
        partition ``n``. A node that moves rows, or makes partitions, begins one of its own.
    """

    __slots__ = ("divisions", "layout", "meta", "recipe")

    #: Whether columns of an input beyond those it needs would show in its result.
    passes_columns: ClassVar[bool] = False

    #: Whether the result always has as many rows as the first input.
    keeps_length: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: Divisions | None,
        inputs: tuple[Expr, ...] = (),
        *,
        layout: str | None = None,
        **options: Any,
    ):
        options.setdefault("source", outside_caller())
        options.setdefault("annotations", base.current_annotations())
        numblocks = () if divisions is None else (len(divisions) - 1,)
        super().__init__(name, numblocks, inputs, **options)
        self.meta = meta
        self.divisions = divisions
        self.layout = layout or name
        self.recipe: Recipe | None = None

    @property
    def npartitions(self) -> int:
        """Number of partitions; a scalar counts as one."""
        return self.numblocks[0] if self.numblocks else 1

    @property
    def known_divisions(self) -> bool:
        """Whether the labels between partitions are known."""
        return bool(self.divisions) and self.divisions[0] is not None  # type: ignore[index]

    @property
    def columns(self) -> Columns | None:
        """Labels of the columns of a frame; None for anything else, and if one comes twice.

        None as well for labels of several levels: a part of one may stand for many columns.
        """
        if not isinstance(self.meta, pd.DataFrame):
            return None
        labels = self.meta.columns
        return list(labels) if labels.is_unique and labels.nlevels == 1 else None

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Self:
        return self.replace(inputs=inputs)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other attributes."""
        new = copy(self)
        for attribute, value in changes.items():
            setattr(new, attribute, value)
        return new

    # -- columns -----------------------------------------------------------------------------------

    def needs(self) -> list[Columns | None]:
        """Return for each input the columns it is read for; None for all of them."""
        return [None] * len(self.inputs)

    def narrow(self, columns: Columns) -> FrameExpr:
        """Return a node that makes these columns and as few others as it can.

        Its name is another one if its columns are. Inputs are those of this node, or some of them.
        """
        return self

    def _narrowed(self, columns: Columns, **changes: Any) -> Self:
        """Return a copy with the columns of the meta that are among ``columns``, in its order."""
        kept = [label for label in self.meta.columns if label in set(columns)]
        return self.replace(
            name=f"{key_prefix(self.name)}-{tokenize(self.name, kept)}",
            meta=self.meta[kept],
            **changes,
        )

    # -- what it becomes ---------------------------------------------------------------------------

    def operand(self, position: int, whole: bool = False) -> Operand:
        """Return an input as an operand of a grid of calls, partition by partition."""
        of = self.inputs[position]
        if not of.numblocks:
            return Operand(of, ())
        return Operand(
            of, (Axis(None) if whole else Axis(0),) + (Axis(None),) * (len(of.numblocks) - 1)
        )

    def calls(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Blockwise:
        """Return the grid of calls of a function on every partition; ``Reg`` stands for inputs."""

        def argument(value: Any) -> Any:
            return self.operand(value.index) if type(value) is Reg else value

        return Blockwise.call(
            self.name, self.numblocks, func, [argument(value) for value in args],
            {name: argument(value) for name, value in kwargs.items()},
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        """Return what it does, in a few words, for ``explain``."""
        return key_prefix(self.name)

    @staticmethod
    def passes() -> Sequence[Callable[[Sequence[Expr]], list[Expr]]]:
        from treadle.dataframe.columns import prune_columns
        from treadle.dataframe.filters import push_filters

        return (push_filters, prune_columns)


# -- partitions from elsewhere ---------------------------------------------------------------------


class Source(FrameExpr):
    """Partitions that a `Reading` makes: of files, of a frame in memory, of calls of a function."""

    __slots__ = ("reading",)

    def __init__(self, name: str, reading: Reading, **options: Any):
        super().__init__(name, reading.meta, tuple(reading.divisions), **options)
        self.reading = reading

    def narrow(self, columns: Columns) -> FrameExpr:
        kept = [label for label in self.meta.columns if label in set(columns)]
        reading = self.reading.project(kept)
        if list(reading.meta.columns) == list(self.meta.columns):
            return self
        return self._narrowed(list(reading.meta.columns), reading=reading)

    def lower(self) -> Blockwise:
        parts = Operand(Values(self.numblocks, self.reading.parts), (Axis(0),))
        return Blockwise.call(
            self.name, self.numblocks, self.reading.function(), [parts],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return self.reading.describe()


class Held(FrameExpr):
    """Partitions that have been computed: values, or futures of them."""

    __slots__ = ("values",)

    def __init__(
        self, name: str, meta: Any, divisions: Divisions | None, values: list[Any], **options: Any
    ):
        super().__init__(name, meta, divisions, **options)
        self.values = values

    def lower(self) -> Blocks:
        return Blocks(self.name, self.numblocks, self.values)

    def describe(self) -> str:
        return f"held {key_prefix(self.name)}"


# -- partition by partition ------------------------------------------------------------------------


class Partwise(FrameExpr):
    """A call on each partition.

    Parameters
    ----------
    func : callable
    args, kwargs
        ``Reg(n)`` stands for a partition of input ``n``, or the value of one that is a scalar.
    whole : frozenset of int
        Inputs of one partition, of which every call takes that one.
    rowwise : bool
        A row of the result is made of the row with its position in the first input, and there
        are as many.
    columnwise : bool
        Inputs that are frames have the columns of the result, and each of these is made from its
        own there alone: a function of some columns gives these columns.
    reads : tuple, optional
        For each input the columns that the function looks at; what others there are changes
        nothing. None for all.
    derived : bool
        The meta is what the function makes of the metas of the inputs.
    """

    __slots__ = ("args", "columnwise", "derived", "func", "kwargs", "reads", "rowwise", "whole")

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: Divisions | None,
        inputs: tuple[Expr, ...],
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any] | None = None,
        *,
        whole: frozenset[int] = frozenset(),
        rowwise: bool = False,
        columnwise: bool = False,
        reads: tuple[Columns | None, ...] | None = None,
        derived: bool = False,
        **options: Any,
    ):
        super().__init__(name, meta, divisions, inputs, **options)
        self.derived = derived
        self.func = func
        self.args = args
        self.kwargs = dict(kwargs or {})
        self.whole = whole
        self.rowwise = rowwise
        self.columnwise = columnwise
        self.reads = reads

    @property
    def passes_columns(self) -> bool:  # type: ignore[override]
        return self.columnwise

    def operand(self, position: int, whole: bool = False) -> Operand:
        return super().operand(position, whole or position in self.whole)

    def needs(self) -> list[Columns | None]:
        if self.reads is not None:
            return list(self.reads)
        if not self.columnwise:
            return super().needs()
        own = self.columns
        return [own if _is_frame(item) else None for item in self.inputs]

    def narrow(self, columns: Columns) -> FrameExpr:
        if not self.columnwise or self.columns is None:
            return self
        return self._narrowed(columns)

    def lower(self) -> Blockwise:
        return self.calls(self.func, *self.args, **self.kwargs)


def _is_frame(expr: Expr) -> bool:
    return isinstance(expr, FrameExpr) and isinstance(expr.meta, pd.DataFrame)


class Projection(FrameExpr):
    """Some columns of a frame, in their order, or one of them as a series."""

    __slots__ = ("wanted",)

    def __init__(self, frame: FrameExpr, wanted: Any):
        super().__init__(
            f"getitem-{tokenize('getitem', frame.name, wanted)}",
            frame.meta[wanted], frame.divisions, (frame,), layout=frame.layout,
        )  # fmt: skip
        self.wanted = wanted

    def simplify(self, users: Users) -> FrameExpr:
        (frame,) = self.inputs
        match frame:
            case Projection() if isinstance(frame.wanted, list) and frame.columns is not None:
                return self.replace(inputs=frame.inputs)
            case Assign() if frame.columns is not None and not self._made_by(frame):
                return self.replace(inputs=frame.inputs[:1])
        return self

    def _made_by(self, frame: Assign) -> bool:
        wanted = self.wanted if isinstance(self.wanted, list) else [self.wanted]
        return any(label in wanted for label, _ in frame.items)

    def needs(self) -> list[Columns | None]:
        (frame,) = self.inputs
        if frame.columns is None:  # type: ignore[attr-defined]
            return [None]
        return [self.wanted if isinstance(self.wanted, list) else [self.wanted]]

    def narrow(self, columns: Columns) -> FrameExpr:
        if not isinstance(self.wanted, list) or self.columns is None:
            return self
        new = self._narrowed(columns)
        return new.replace(wanted=list(new.meta.columns))

    def lower(self) -> Blockwise:
        return self.calls(project, Reg(0), self.wanted)

    def describe(self) -> str:
        return f"columns {self.wanted}" if isinstance(self.wanted, list) else f"[{self.wanted!r}]"


def project(frame: Any, wanted: Any) -> Any:
    """Return columns of a frame; the frame itself if it has no others."""
    if isinstance(wanted, list) and list(frame.columns) == wanted:
        return frame
    return frame[wanted]


class Filter(FrameExpr):
    """The rows for which a series of booleans is true."""

    __slots__ = ()
    passes_columns = True

    def __init__(self, frame: FrameExpr, predicate: FrameExpr):
        super().__init__(
            f"filter-{tokenize('filter', frame.name, predicate.name)}",
            frame.meta, frame.divisions, (frame, predicate), layout=frame.layout,
        )  # fmt: skip

    def needs(self) -> list[Columns | None]:
        return [self.columns, None]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        return self.calls(filtered, Reg(0), Reg(1))

    def describe(self) -> str:
        return "filter"


def filtered(part: Any, mask: Any) -> Any:
    """Return rows where the mask is true."""
    return part[mask]


class Assign(FrameExpr):
    """A frame with columns added or replaced.

    Parameters
    ----------
    items : tuple of (label, object)
        ``Reg(n)`` for an input, or a value for all rows.
    """

    __slots__ = ("items",)
    passes_columns = True

    def __init__(self, frame: FrameExpr, items: Sequence[tuple[Any, Any]]):
        inputs: list[Expr] = [frame]
        placed = []
        for label, value in items:
            if isinstance(value, Expr):
                inputs.append(value)
                placed.append((label, Reg(len(inputs) - 1)))
            else:
                placed.append((label, value))
        names = [(label, inputs[v.index].name if type(v) is Reg else v) for label, v in placed]
        metas = [item.meta if isinstance(item, FrameExpr) else None for item in inputs]
        meta = assigned(frame.meta, *_flat(placed, metas))
        super().__init__(
            f"assign-{tokenize('assign', frame.name, names)}",
            meta, frame.divisions, tuple(inputs), layout=frame.layout,
        )  # fmt: skip
        self.items = tuple(placed)

    def needs(self) -> list[Columns | None]:
        frame = self.inputs[0]
        if self.columns is None:
            return super().needs()
        own = {label for label, _ in self.items}
        theirs = frame.columns or []  # type: ignore[attr-defined]
        # A column that is replaced keeps its place, so it has to be there to begin with.
        wanted = [x for x in theirs if x in self.meta.columns and x not in own]
        replaced = [x for x in theirs if x in own]
        keep = {*wanted, *replaced}
        return [[x for x in theirs if x in keep], *[None] * (len(self.inputs) - 1)]

    def narrow(self, columns: Columns) -> FrameExpr:
        if self.columns is None:
            return self
        kept = set(columns)
        inputs: list[Expr] = [self.inputs[0]]
        items: list[tuple[Any, Any]] = []
        for label, value in self.items:
            if label not in kept:
                continue
            if type(value) is Reg:
                inputs.append(self.inputs[value.index])
                value = Reg(len(inputs) - 1)
            items.append((label, value))
        return self._narrowed(columns, items=tuple(items), inputs=tuple(inputs))

    def lower(self) -> Blockwise:
        return self.calls(assigned, Reg(0), *_flat(self.items))

    def describe(self) -> str:
        return f"assign {', '.join(str(label) for label, _ in self.items)}"


def _flat(items: Sequence[tuple[Any, Any]], values: Sequence[Any] | None = None) -> list[Any]:
    """Return labels and values one after the other; of inputs the given values, if any."""
    flat = []
    for label, value in items:
        flat.append(label)
        flat.append(values[value.index] if values is not None and type(value) is Reg else value)
    return flat


def assigned(frame: Any, *labels_and_values: Any) -> Any:
    """Return a frame with more columns: of a label and a value, a label and a value, ..."""
    frame = frame.copy(deep=False)
    for label, value in zip(labels_and_values[::2], labels_and_values[1::2], strict=True):
        frame[label] = value
    return frame


class Partitions(FrameExpr):
    """Some partitions of a frame."""

    __slots__ = ("chosen",)
    passes_columns = True

    def __init__(self, frame: FrameExpr, chosen: Sequence[int]):
        chosen = tuple(chosen)
        super().__init__(
            f"partitions-{tokenize('partitions', frame.name, chosen)}",
            frame.meta, _borders(frame.divisions or (), chosen), (frame,),
        )  # fmt: skip
        # Picks of the same partitions of corresponding frames correspond as well.
        self.layout = f"{frame.layout}{list(chosen)}"
        self.chosen = chosen

    def needs(self) -> list[Columns | None]:
        return [self.columns]

    def narrow(self, columns: Columns) -> FrameExpr:
        return self if self.columns is None else self._narrowed(columns)

    def lower(self) -> Blockwise:
        # No tasks: the blocks of the frame under other numbers, or calls that make just these.
        chosen = Operand(self.inputs[0], (Axis(0, self.chosen),))
        return Blockwise(
            self.name, self.numblocks, Program(1, (), 0), (chosen,), cheap=True,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def describe(self) -> str:
        return f"partitions {list(self.chosen)}"


def _borders(divisions: Divisions, chosen: Sequence[int]) -> Divisions:
    ascending = all(a < b for a, b in pairwise(chosen))
    if not ascending or not chosen or divisions[0] is None:
        return (None,) * (len(chosen) + 1)
    return (*(divisions[n] for n in chosen), divisions[chosen[-1] + 1])
