"""Whole groups: rows with equal keys are brought into one partition, and pandas does the rest.

Without labels of their own, keys beside a frame travel as columns of it; columns are numbered on
the way, so that no label clashes. Where results are to stand where rows stood, a last column says
whence each row came, and a second shuffle brings the results back. ::

    frame, keys --pack--> columns 0, 1, ... row --shuffle--> whole groups --call--> results
                                                    (back by row)  results in their old places
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.expr import Columns, FrameExpr, Partwise
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.kernels import AggPlan, as_frame, final_groups
from treadle.dataframe.groupby.keys import number_groups, stack
from treadle.dataframe.groupby.reduce import GroupbyAgg
from treadle.dataframe.groupby.spec import Grouping
from treadle.dataframe.shuffle.expr import ByHash, Shuffle, Split
from treadle.dataframe.shuffle.key_hash import smallest_unsigned
from treadle.dataframe.shuffle.reuse import together
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.program import Reg
from treadle.graph.tokenize import tokenize

#: Label of the column that says whence a row came: partition times 2 ** 40, and place in it.
ROW = "__treadle_row__"
_BITS = 40

#: Takes a partition and the keys beside it.
OnPart = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Packing:
    """How a frame and the keys beside it become one frame with numbered columns, and back."""

    #: Labels of the columns that are taken; of a series, its name.
    labels: pd.Index
    series: bool
    names: tuple[Any, ...]
    rows: bool

    def pack(self, number: int, part: Any, *beside: pd.Series) -> pd.DataFrame:
        """Return one frame; ``number`` is that of the partition."""
        frame = as_frame(part)
        if not self.series and len(self.labels) < len(frame.columns):
            frame = frame[list(self.labels)]
        packed = frame.set_axis(range(len(self.labels)), axis=1)
        for place, key in enumerate(beside, len(self.labels)):
            if len(key) != len(frame) or not key.index.equals(frame.index):
                key = key.reindex(frame.index)
            packed[place] = key.array
        if self.rows:
            packed[ROW] = np.arange(len(frame)) + (number << _BITS)
        return packed

    def unpack(self, packed: pd.DataFrame) -> list[Any]:
        """Return the frame and the keys beside it."""
        width = len(self.labels)
        part: Any
        if self.series:
            part = packed[0].rename(self.labels[0])
        else:
            part = packed.iloc[:, :width].set_axis(self.labels, axis=1)
        return [part, *(packed[width + n].rename(name) for n, name in enumerate(self.names))]


class Packed(FrameExpr):
    """A frame and the keys beside it as one frame."""

    __slots__ = ("packing", "reads")

    def __init__(self, groups: Groups, packing: Packing):
        metas = [expr.meta for expr in groups.inputs]
        super().__init__(
            f"groupby-pack-{tokenize([e.name for e in groups.inputs], packing)}",
            emptied(packing.pack(0, *metas)), groups.frame.divisions, groups.inputs,
            layout=groups.frame.layout,
        )  # fmt: skip
        self.packing = packing
        self.reads = groups.reads(list(packing.labels))

    def needs(self) -> list[Columns | None]:
        return list(self.reads)

    def lower(self) -> Blockwise:
        count = self.numblocks[0]
        numbers = Operand(Values((count,), list(range(count))), (Axis(0),))
        return Blockwise.call(
            self.name, self.numblocks, self.packing.pack,
            [numbers, *(self.operand(n) for n in range(len(self.inputs)))],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


class ByRow(Split):
    """Rows go back to the partition they came from."""

    def __init__(self, npartitions: int):
        self.columns = [ROW]
        self.npartitions = npartitions

    def numbers(self, part: Any) -> NDArray[Any]:
        numbers: NDArray[Any] = (part[ROW].to_numpy() >> _BITS).astype(np.uint64)
        return numbers.astype(smallest_unsigned(self.npartitions))

    def __treadle_tokenize__(self) -> Any:
        return "ByRow", self.npartitions


@dataclass(frozen=True, eq=False)
class OnPacked:
    """A call on what was packed."""

    packing: Packing
    func: OnPart

    def __call__(self, packed: pd.DataFrame) -> Any:
        return self.func(*self.packing.unpack(packed))


@dataclass(frozen=True, eq=False)
class OnRows:
    """A call that returns a row for each row, whose results keep the column with origins."""

    packing: Packing
    func: OnPart

    def __call__(self, packed: pd.DataFrame) -> pd.DataFrame:
        found = self.func(*self.packing.unpack(packed))
        if len(found) != len(packed):
            raise ValueError(
                f"a transformation returned {len(found)} rows for {len(packed)}; it has to return "
                "as many as it gets"
            )
        frame = as_frame(found)
        frame = frame.set_axis(range(frame.shape[1]), axis=1)
        frame[ROW] = packed[ROW].array
        return frame


@dataclass(frozen=True, eq=False)
class InOrder:
    """Rows of a partition as they stood before, with the labels of the result."""

    meta: Any

    def __call__(self, packed: pd.DataFrame) -> Any:
        rows = packed[ROW].to_numpy()
        if (rows[1:] < rows[:-1]).any():
            packed = packed.take(np.argsort(rows))
        index = packed.index
        if isinstance(self.meta.index, pd.RangeIndex):
            index = as_range(index)
        if self.meta.ndim == 1:
            return packed[0].set_axis(index).rename(self.meta.name)
        return packed.iloc[:, :-1].set_axis(self.meta.columns, axis=1).set_axis(index)


def as_range(index: pd.Index) -> pd.Index:
    """Return labels as a range again, if rows of a range are all there in their order."""
    if isinstance(index, pd.RangeIndex) or not len(index):
        return index
    labels = index.to_numpy()
    step = int(labels[1] - labels[0]) if len(labels) > 1 else 1
    if step == 0 or not (np.diff(labels) == step).all():
        return index
    return pd.RangeIndex(labels[0], labels[-1] + step, step, name=index.name)


def with_whole_groups(
    groups: Groups, columns: Columns | None, npartitions: int | None = None
) -> tuple[tuple[FrameExpr, ...], Callable[[OnPart], Any], tuple[Columns | None, ...] | None]:
    """Return frames whose partitions hold whole groups, what a call on these has to be wrapped
    in, and what of them it reads."""
    if _whole_already(groups) and npartitions in (None, groups.frame.npartitions):
        return groups.inputs, _itself, groups.reads(columns)
    count = npartitions or groups.frame.npartitions
    if not groups.beside:
        moved = Shuffle(groups.frame, ByHash(groups.labels, count))
        return (moved,), _itself, groups.reads(columns)
    packing = packing_of(groups, columns, rows=False)
    moved = Shuffle(Packed(groups, packing), ByHash(places_of_keys(groups, packing), count))
    return (moved,), lambda func: OnPacked(packing, func), None


def _itself(func: OnPart) -> OnPart:
    return func


def _whole_already(groups: Groups) -> bool:
    if groups.frame.npartitions == 1:
        return True
    if not groups.beside:
        return together(groups.frame, groups.labels)
    if len(groups.keys) == 1 and groups.frame.known_divisions:
        (key,) = groups.beside
        # The index itself, as `asked.read_by` makes a series of it.
        own = key.inputs and key.inputs[0].name == groups.frame.name
        return bool(own and key.name.startswith("groupby-level-"))
    return False


def packing_of(groups: Groups, columns: Columns | None, *, rows: bool) -> Packing:
    """Return how the columns that are read, or all, are packed with the keys."""
    meta = groups.frame.meta
    names = tuple(key.meta.name for key in groups.beside)
    if meta.ndim == 1:
        return Packing(as_frame(meta).columns, True, names, rows)
    labels = meta.columns
    if columns is not None:
        labels = labels[[label in set(columns) for label in labels]]
    return Packing(labels, False, names, rows)


def places_of_keys(groups: Groups, packing: Packing) -> list[int]:
    """Return the numbers of the packed columns that are keys."""
    numbers = iter(range(len(packing.labels), len(packing.labels) + len(groups.beside)))
    return [
        next(numbers) if isinstance(key, FrameExpr) else list(packing.labels).index(key)
        for key in groups.keys
    ]


def on_whole_groups(
    groups: Groups, label: str, func: OnPart, meta: Any, token: Any, npartitions: int | None = None
) -> Any:
    """Return the collection of a call on partitions with whole groups, in any order of rows."""
    inputs, wrapped, reads = with_whole_groups(groups, groups.columns, npartitions)
    name = tokenize("groupby", groups.token, label, token, [item.name for item in inputs])
    divisions = (None,) * (inputs[0].npartitions + 1)
    return new_collection(
        Partwise(
            f"groupby-{label}-{name}",
            meta,
            divisions,
            inputs,
            wrapped(OnEmpty(func, meta)),
            tuple(Reg(n) for n in range(len(inputs))),
            reads=reads,
        )
    )


def on_rows_of_groups(groups: Groups, label: str, func: OnPart, meta: Any, token: Any) -> Any:
    """Return the collection of a call that makes a row of each row, in their old places."""
    frame = groups.frame
    meta = meta.set_axis(frame.meta.index)
    name = f"groupby-{label}-{tokenize('groupby', groups.token, label, token)}"
    call = OnEmpty(func, meta)
    if _whole_already(groups):
        return new_collection(
            Partwise(
                name,
                meta,
                frame.divisions,
                groups.inputs,
                call,
                tuple(Reg(n) for n in range(len(groups.inputs))),
                rowwise=True,
                reads=groups.reads(groups.columns),
                layout=frame.layout,
            )
        )
    packing = packing_of(groups, groups.columns, rows=True)
    packed = Packed(groups, packing)
    moved = Shuffle(packed, ByHash(places_of_keys(groups, packing), frame.npartitions))
    done_meta = as_frame(meta)
    done_meta = done_meta.set_axis(range(done_meta.shape[1]), axis=1)
    done_meta[ROW] = np.zeros(0, np.int64)
    done = Partwise(
        f"groupby-{label}-rows-{tokenize(name)}", done_meta, moved.divisions, (moved,),
        OnRows(packing, call), (Reg(0),),
    )  # fmt: skip
    back = Shuffle(done, ByRow(frame.npartitions))
    return new_collection(
        Partwise(
            name, meta, frame.divisions, (back,), InOrder(meta), (Reg(0),), layout=frame.layout
        )
    )


@dataclass(frozen=True, eq=False)
class OnEmpty:
    """A call; where there are no rows, or no groups, it gives the result without rows."""

    func: OnPart
    meta: Any

    def __call__(self, part: Any, *beside: pd.Series) -> Any:
        if not len(part):
            return self.meta
        found = self.func(part, *beside)
        return found if len(found) else self.meta


# -- results of one row a group --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Merge:
    """Puts results of different groups together, in the order that pandas has."""

    grouping: Grouping
    names: tuple[Any, ...]
    dressed: Callable[[list[Any], pd.Index], Any] | None = None

    def combine(self, results: Sequence[Any]) -> Any:
        """Put results on top of each other."""
        full = [result for result in results if len(result)] or list(results[:1])
        return full[0] if len(full) == 1 else pd.concat(full)

    def __call__(self, results: Sequence[Any]) -> Any:
        levels = len(self.names)
        full = [result for result in results if len(result)] or list(results[:1])
        together = self.combine(full)
        keys = stack([_levels(result.index, levels) for result in full])
        numbered = number_groups([keys[n] for n in range(levels)], dropna=False, sort=False)
        one_each = numbered.count == len(together) and together.index.nlevels == levels
        index, places = final_groups(
            numbered.keys, self.names, replace(self.grouping, observed=True, dropna=False)
        )
        rank = np.empty(numbered.count, dtype=np.int64)
        rank[places] = np.arange(numbered.count)
        together = together.take(np.argsort(rank[numbered.codes], kind="stable"))
        if one_each:
            together = together.set_axis(index)
        if self.dressed is None:
            return together
        if together.ndim == 1:
            return self.dressed([together.array], together.index)
        columns = [together.iloc[:, n].array for n in range(together.shape[1])]
        return self.dressed(columns, together.index)


def _levels(index: pd.Index, count: int) -> pd.DataFrame:
    return pd.DataFrame({n: index.get_level_values(n).array for n in range(count)})


def aggregated_whole(
    groups: Groups, label: str, plan: AggPlan, meta: Any, token: Any, width: int, split_out: int
) -> FrameExpr:
    """Return the expression of an aggregation that needs all values of a group at once."""
    columns = list(dict.fromkeys([*groups.labels, *plan.columns]))
    inputs, wrapped, reads = with_whole_groups(
        groups, columns, split_out if split_out > 1 else None
    )
    name = tokenize("groupby", groups.token, label, token, split_out, [i.name for i in inputs])
    if split_out > 1:
        return Partwise(
            f"groupby-{label}-{name}", meta, (None,) * (split_out + 1), inputs,
            wrapped(plan.whole), tuple(Reg(n) for n in range(len(inputs))), reads=reads,
        )  # fmt: skip
    indexed = replace(plan, grouping=replace(plan.grouping, as_index=True))
    merge = Merge(plan.grouping, plan.names, plan.dressed)
    return GroupbyAgg(
        f"groupby-{label}-{name}", meta, (None, None), inputs, wrapped(indexed.whole),
        merge.combine, merge, reads=reads, split_every=width, keys=plan.names,
    )  # fmt: skip


def described_whole(
    groups: Groups, label: str, func: OnPart, meta: Any, token: Any, names: tuple[Any, ...]
) -> Any:
    """Return the collection of a call that makes some rows of each group, in order of groups."""
    if not groups.as_index and groups.frame.npartitions > 1:
        raise NotImplementedError(
            f"{label} of groups with as_index=False: leave it out and call reset_index()"
        )
    unobserved = not groups.observed and groups.has_categories
    if unobserved and groups.frame.npartitions > 1:
        raise NotImplementedError(
            f"{label} of groups with observed=False: there is no partition for categories that no "
            "row belongs to; use observed=True, or repartition(npartitions=1) first"
        )
    inputs, wrapped, reads = with_whole_groups(groups, groups.columns)
    name = tokenize("groupby", groups.token, label, token, [item.name for item in inputs])
    if groups.frame.npartitions == 1:
        return new_collection(
            Partwise(
                f"groupby-{label}-{name}",
                meta,
                (None, None),
                inputs,
                wrapped(func),
                tuple(Reg(n) for n in range(len(inputs))),
                reads=reads,
            )
        )
    merge = Merge(groups.grouping, names)
    return new_collection(
        GroupbyAgg(
            f"groupby-{label}-{name}",
            meta,
            (None, None),
            inputs,
            wrapped(OnEmpty(func, meta)),
            merge.combine,
            merge,
            reads=reads,
            keys=names,
        )
    )
