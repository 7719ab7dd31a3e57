"""Grids of calls on any blocks at all: reductions, concatenations, regroupings.

The rows are described by columns, which are made when tasks are written:

>>> import numpy as np
>>> from treadle.graph.expr import GraphExpr
>>> x = GraphExpr("x-1", (4,), (), Graph)
>>> def rows():
...     return Inputs(["x-1"], np.array([0, 3, 4]), np.zeros(4, int), np.arange(4))
>>> total = Gather("sum-1", (2,), (x,), lambda *blocks: sum(blocks), rows)
>>> graph = Graph()
>>> total.add_to(graph)
>>> graph.layers["sum-1"].inputs.of(np.array([0]))[2]
array([0, 1, 2])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from treadle.graph.expr import Expr
from treadle.graph.graph import Graph
from treadle.graph.layer import AnyTemplate, Inputs, Integers, Layer
from treadle.graph.table import literal


class Gather(Expr):
    """One call a block, on blocks that are listed.

    Parameters
    ----------
    functions : callable or sequence of callable
        Called with the blocks of a row as arguments, unless templates say otherwise.
    rows : callable
        Returns the :class:`Inputs`, whose producers are names of ``inputs``.
    function_index : array of int, optional
        Row -> position in ``functions``.
    templates : callable, optional
        Returns a template for each row.
    alias : bool
        Blocks are blocks of the inputs as they are: no tasks at all.
    """

    __slots__ = ("alias", "function_index", "functions", "rows", "templates")

    def __init__(
        self,
        name: str,
        numblocks: tuple[int, ...],
        inputs: tuple[Expr, ...],
        functions: Callable[..., Any] | Sequence[Callable[..., Any]],
        rows: Callable[[], Inputs],
        *,
        function_index: Integers | None = None,
        templates: Callable[[], list[AnyTemplate]] | None = None,
        alias: bool = False,
        **options: Any,
    ):
        super().__init__(name, numblocks, inputs, **options)
        self.functions = functions
        self.rows = rows
        self.function_index = function_index
        self.templates = templates
        self.alias = alias

    @classmethod
    def aliases(
        cls,
        name: str,
        numblocks: tuple[int, ...],
        inputs: tuple[Expr, ...],
        rows: Callable[[], Inputs],
        **options: Any,
    ) -> Gather:
        """Return a grid whose blocks are blocks of others."""
        return cls(name, numblocks, inputs, literal, rows, alias=True, **options)

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Gather:
        return Gather(
            self.name, self.numblocks, inputs, self.functions, self.rows,
            function_index=self.function_index, templates=self.templates, alias=self.alias,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def add_to(self, graph: Graph) -> None:
        functions = [self.functions] if callable(self.functions) else list(self.functions)
        graph.layers[self.name] = Layer(
            self.name, self.numblocks, functions, self.function_index,
            templates=self.templates() if self.templates is not None else None,
            inputs=self.rows(), alias=self.alias,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip


class Blocks(Expr):
    """Blocks that are there: results, or futures of results.

    Parameters
    ----------
    values : list
        One value a block, in C order.
    """

    __slots__ = ("values",)

    def __init__(self, name: str, numblocks: tuple[int, ...], values: list[Any], **options: Any):
        super().__init__(name, numblocks, (), **options)
        self.values = values

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Blocks:
        return self

    def add_to(self, graph: Graph) -> None:
        graph.layers[self.name] = Layer(
            self.name, self.numblocks, [literal], templates=[(value,) for value in self.values]
        )
