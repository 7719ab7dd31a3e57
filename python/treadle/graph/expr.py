"""Expressions: what a collection is to compute, before it is written out as tasks.

An expression makes a grid of blocks from the blocks of its inputs.  Its name stands for the values
of these blocks: a rewritten expression computes the same values, and so it keeps the name, and
whoever takes it by that name need not know.

::

    simplify     every node may give a better one (a slice goes below a sum)
    passes       kinds of expressions may look at all of them together (columns that nobody reads)
    lower        nodes with a meaning become nodes that are only grids of calls
    fuse         neighbouring grids of calls become one
    layers       each of what is left is described by columns, in a graph

All of it works on nodes, of which there are few however many blocks they have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from treadle.graph.graph import Graph
from treadle.graph.source import UNKNOWN, Source
from treadle.graph.spec import Alias, Task, references
from treadle.types import Key

if TYPE_CHECKING:
    from treadle.graph.layer import Layer

Users = Mapping[str, int]

#: Takes the roots of expressions, and returns better ones of the same names and values.
Pass: TypeAlias = "Callable[[Sequence[Expr]], list[Expr]]"


class Expr:
    """A grid of blocks, made from the blocks of other grids.  Immutable.

    Attributes
    ----------
    name : str
        ``"<prefix>-<token>"``; stands for the values, so that equal names mean equal values.
    numblocks : tuple of int
        Blocks along each dimension; the keys of the results are ``(name, i, j, ...)``.
    inputs : tuple of Expr
        What it takes blocks of; each once.
    source : Source
        Where it was written.
    annotations : mapping, optional
        Wishes for the scheduler.
    """

    __slots__ = ("annotations", "inputs", "name", "numblocks", "source")

    def __init__(
        self,
        name: str,
        numblocks: tuple[int, ...],
        inputs: tuple[Expr, ...] = (),
        *,
        source: Source = UNKNOWN,
        annotations: Mapping[str, Any] | None = None,
    ):
        self.name = name
        self.numblocks = numblocks
        self.inputs = inputs
        self.source = source
        self.annotations = annotations

    def simplify(self, users: Users) -> Expr:
        """Return a better expression of the same values and name, or this one.

        Parameters
        ----------
        users : mapping of str to int
            How many expressions (or askers) take the blocks of each name.
        """
        return self

    def lower(self) -> Expr:
        """Return an expression of the same values and name that is nearer to tasks, or this one."""
        return self

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Expr:
        """Return this expression on rewritten inputs, which stand in the same order."""
        raise NotImplementedError(type(self).__name__)

    @staticmethod
    def passes() -> Sequence[Pass]:
        """Return what looks at all expressions together, between simplifying and lowering."""
        return ()

    def add_to(self, graph: Graph) -> None:
        """Write the tasks of this expression, not of its inputs, into a graph."""
        raise NotImplementedError(f"{type(self).__name__} has to be lowered first")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.numblocks}>"


def distinct(exprs: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return each expression once, by name."""
    return tuple({expr.name: expr for expr in exprs}.values())


def walk(roots: Sequence[Expr]) -> Iterator[Expr]:
    """Yield all expressions under ``roots``, each once, inputs first."""
    done: set[str] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        expr, entered = stack.pop()
        if entered:
            yield expr
        elif expr.name not in done:
            done.add(expr.name)
            stack.append((expr, True))
            stack.extend((item, False) for item in reversed(expr.inputs))


def count_users(roots: Sequence[Expr]) -> Users:
    """Return how many expressions take each name; being a root counts as one more."""
    users = Counter(root.name for root in roots)
    for expr in walk(roots):
        users.update(item.name for item in expr.inputs)
    return users


ExprT = TypeVar("ExprT", bound=Expr)


def rewrite(roots: Sequence[Expr], step: Callable[[Expr], Expr]) -> list[Expr]:
    """Apply ``step`` to every expression, from the roots down, until nothing changes.

    A node is stepped before its inputs are, and again when one of them has changed.  Deep chains
    are no trouble: the stack is a list.
    """
    done: dict[str, Expr] = {}
    for root in roots:
        stack = [_settle(root, step)]
        while stack:
            expr = stack[-1]
            if expr.name in done:
                stack.pop()
                continue
            waiting = [item for item in expr.inputs if item.name not in done]
            if waiting:
                stack.extend(_settle(item, step) for item in waiting)
                continue
            inputs = tuple(done[item.name] for item in expr.inputs)
            if all(new is old for new, old in zip(inputs, expr.inputs, strict=True)):
                done[expr.name] = stack.pop()
                continue
            rebuilt = expr.with_inputs(inputs)
            stack[-1] = settled = _settle(rebuilt, step)
            if settled is rebuilt:
                done[expr.name] = stack.pop()
    return [done[root.name] for root in roots]


def _settle(expr: Expr, step: Callable[[Expr], Expr]) -> Expr:
    while (better := step(expr)) is not expr:
        assert better.name == expr.name, f"{expr!r} became {better!r}: names stand for values"
        expr = better
    return expr


def simplify(roots: Sequence[Expr]) -> list[Expr]:
    """Return better expressions of the same values, that still say what they mean."""
    roots = _simplified(roots)
    kinds = dict.fromkeys(type(expr) for expr in walk(roots))
    passes = dict.fromkeys(step for kind in kinds for step in kind.passes())
    for improve in passes:
        roots = improve(roots)
    # What a pass has brought together may be simpler now.
    return _simplified(roots) if passes else list(roots)


def _simplified(roots: Sequence[Expr]) -> list[Expr]:
    users = count_users(roots)
    return rewrite(roots, lambda expr: expr.simplify(users))


def optimize(roots: Sequence[Expr], *, fuse: bool = True) -> list[Expr]:
    """Return expressions of the same values that are grids of calls, as few as can be."""
    from treadle.graph.blockwise import fuse_blockwise

    roots = simplify(roots)
    roots = rewrite(roots, lambda expr: expr.lower())
    return fuse_blockwise(roots) if fuse else list(roots)


def add_expressions(roots: Sequence[Expr], graph: Graph, *, fuse: bool = True) -> None:
    """Optimise expressions together and write their tasks into a graph."""
    for expr in walk(optimize(roots, fuse=fuse)):
        if expr.name not in graph.layers:
            expr.add_to(graph)


def add_collections(collections: Sequence[Any], graph: Graph, fuse: bool = True) -> None:
    """Write collections into a graph: those that stand on expressions together, so that they
    share what they have in common, and the others one by one."""
    exprs = [item.__treadle_expr__() for item in collections if is_expression(item)]
    if exprs:
        add_expressions(exprs, graph, fuse=fuse)
    for item in collections:
        if not is_expression(item):
            item.__treadle_lower__(graph)


def is_expression(collection: Any) -> bool:
    """Tell whether a collection stands on an expression."""
    return hasattr(type(collection), "__treadle_expr__")


class GraphExpr(Expr):
    """Single nodes of a graph: what is too irregular to be described.

    Parameters
    ----------
    nodes : callable
        Returns the nodes; those of the keys ``(name, i, j, ...)`` are the results.  It is called
        when the tasks are written.
    """

    __slots__ = ("nodes",)

    def __init__(
        self,
        name: str,
        numblocks: tuple[int, ...],
        inputs: tuple[Expr, ...],
        nodes: Callable[[], Graph],
        **options: Any,
    ):
        super().__init__(name, numblocks, inputs, **options)
        self.nodes = nodes

    def with_inputs(self, inputs: tuple[Expr, ...]) -> GraphExpr:
        return GraphExpr(
            self.name, self.numblocks, inputs, self.nodes,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def add_to(self, graph: Graph) -> None:
        found = self.nodes()
        for name, layer in found.layers.items():
            graph.layers.setdefault(name, layer)
        for key, node in found.items():
            graph.setdefault(key, node)
        if self.name not in graph.layers:
            graph.layers[self.name] = _names(self.name, self.numblocks)


class CollectionExpr(Expr):
    """The result of a collection, such as a ``Delayed``, as one block without dimensions."""

    __slots__ = ("collection",)

    def __init__(self, name: str, collection: Any, **options: Any):
        super().__init__(name, (), (), **options)
        self.collection = collection

    def with_inputs(self, inputs: tuple[Expr, ...]) -> CollectionExpr:
        return self

    def add_to(self, graph: Graph) -> None:
        collection = self.collection
        collection.__treadle_lower__(graph)
        keys, key = collection.__treadle_keys__(), (self.name,)
        if getattr(type(collection), "__treadle_is_its_key__", False):
            graph.setdefault(key, Alias(key, keys))
        else:
            args = (references(keys),)
            graph.setdefault(key, Task(key, collection.__treadle_postcompute__, args))
        graph.layers[self.name] = _names(self.name, ())


def _names(name: str, numblocks: tuple[int, ...]) -> Layer:
    """Return a layer by which other layers find single nodes: it names them in the grid's order."""
    import numpy as np

    from treadle.graph.layer import Inputs, Layer
    from treadle.graph.table import literal

    keys: list[Key] = [(name, *index) for index in np.ndindex(*numblocks)]
    numbers = np.arange(len(keys) + 1)
    inputs = Inputs(keys, numbers, numbers[:-1], np.zeros(len(keys), np.int64))
    return Layer(name, numblocks, [literal], inputs=inputs, alias=True)


def block_keys(name: str, numblocks: tuple[int, ...]) -> Any:
    """Return the keys of a grid as nested lists; of a grid without dimensions, the one key.

    >>> block_keys("x", (1, 2)), block_keys("x", ())
    ([[('x', 0, 0), ('x', 0, 1)]], ('x',))
    """

    def below(index: tuple[int, ...]) -> Any:
        if len(index) == len(numblocks):
            key: Key = (name, *index)
            return key
        return [below((*index, i)) for i in range(numblocks[len(index)])]

    return below(())
