"""Tasks of one name, described by columns: what an expression of many blocks lowers to.

A layer stands for the keys ``(name, i, j, ...)`` of a grid of blocks.  Row ``r`` of its columns is
the block ``r`` of the grid in C order.  Nothing in it is an object per task unless the tasks
differ in more than their inputs.

>>> import numpy as np
>>> from treadle.graph.layer import Inputs, Layer
>>> square = Layer("square-1", (4,), [abs], inputs=Inputs.regular(["x-1"], np.arange(4)[:, None]))
>>> square.rows, square.inputs.of(np.array([2]))[2]
(4, array([2]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from treadle.graph.source import UNKNOWN, Source
from treadle.graph.template import Template
from treadle.types import Key

Integers: TypeAlias = npt.NDArray[np.int64]
AnyTemplate: TypeAlias = Template | tuple[Any, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What every row takes, in compressed rows.

    Attributes
    ----------
    producers : list of Key
        Names of layers; or keys of single nodes, whose block is 0.
    indptr : array of int, (rows + 1,)
        Row ``r`` takes the inputs ``indptr[r]`` to ``indptr[r + 1]``.
    producer : array of int, (inputs,)
        Positions in ``producers``.
    block : array of int, (inputs,)
        Numbers of blocks in their producers.
    """

    producers: list[Key]
    indptr: Integers
    producer: Integers
    block: Integers

    @classmethod
    def none(cls, rows: int) -> Inputs:
        """Return the inputs of rows that take nothing."""
        empty = np.empty(0, np.int64)
        return cls([], np.zeros(rows + 1, np.int64), empty, empty)

    @classmethod
    def regular(cls, producers: Sequence[Key], blocks: npt.NDArray[Any]) -> Inputs:
        """Return the inputs of rows that each take one block of every producer.

        Parameters
        ----------
        producers : sequence of Key
            A name may stand in it more than once.
        blocks : array of int, (rows, len(producers))
        """
        rows, width = blocks.shape
        return cls(
            list(producers),
            np.arange(0, rows * width + 1, width) if width else np.zeros(rows + 1, np.int64),
            np.tile(np.arange(width), rows),
            blocks.astype(np.int64, copy=False).ravel(),
        )

    def of(self, rows: Integers) -> tuple[Integers, Integers, Integers]:
        """Return counts, producers and blocks of some rows, one after the other."""
        if len(rows) == len(self.indptr) - 1:
            return np.diff(self.indptr), self.producer, self.block
        counts = self.indptr[rows + 1] - self.indptr[rows]
        places = ranges(self.indptr[rows], counts)
        return counts, self.producer[places], self.block[places]


def ranges(starts: Integers, counts: Integers) -> Integers:
    """Return the ranges of ``counts`` numbers from ``starts``, one after the other.

    >>> ranges(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    before = np.cumsum(counts) - counts
    numbers: Integers = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return numbers


class Layer:
    """All tasks of one name.

    Parameters
    ----------
    name : str
    shape : tuple of int
        Blocks along each dimension; ``()`` is one block.
    functions : list of callable
        Usually one.
    function_index : array of int, optional
        Row -> position in ``functions``; all rows take the first one without it.
    template : Template, tuple or None
        How inputs become arguments, for all rows; see :mod:`treadle.graph.template`.
    templates : list, optional
        The same for each row; ``template`` has no meaning then.
    inputs : Inputs, optional
        Nothing without it.
    alias : bool
        Each row is another name of its one input, and no task.
    source : Source
        Where it was written.
    annotations : mapping, optional
        Wishes for the scheduler.
    """

    __slots__ = (
        "alias", "annotations", "function_index", "functions", "inputs", "name", "shape", "source",
        "template", "templates",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        functions: list[Callable[..., Any]],
        function_index: Integers | None = None,
        template: AnyTemplate = None,
        templates: list[AnyTemplate] | None = None,
        inputs: Inputs | None = None,
        *,
        alias: bool = False,
        source: Source = UNKNOWN,
        annotations: Mapping[str, Any] | None = None,
    ):
        self.name = name
        self.shape = shape
        self.functions = functions
        self.function_index = function_index
        self.template = () if inputs is None and template is None else template
        self.templates = templates
        self.inputs = inputs if inputs is not None else Inputs.none(self.rows)
        self.alias = alias
        self.source = source
        self.annotations = annotations

    @property
    def rows(self) -> int:
        """Number of blocks."""
        return prod(self.shape)

    def row_of(self, key: Key) -> int | None:
        """Return the row of ``(name, i, j, ...)``; None if the grid has no such block."""
        index = key[1:] if isinstance(key, tuple) else ()
        if len(index) != len(self.shape):
            return None
        row = 0
        for i, n in zip(index, self.shape, strict=True):
            if not isinstance(i, int) or not 0 <= i < n:
                return None
            row = row * n + i
        return row

    def key_of(self, row: int) -> Key:
        """Return the key of a row."""
        index: list[Key] = []
        for n in reversed(self.shape):
            row, i = divmod(row, n)
            index.append(i)
        return (self.name, *reversed(index))
