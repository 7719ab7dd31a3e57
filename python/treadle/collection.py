"""What collections on expressions share: arrays, bags and their items."""

from __future__ import annotations

import pickle
from collections.abc import Hashable
from typing import Any, Generic, Self, TypeVar

from treadle import base
from treadle.graph.expr import Expr, add_expressions, block_keys
from treadle.graph.graph import Graph

ExprT = TypeVar("ExprT", bound=Expr)


class ExprCollection(Generic[ExprT]):
    """A collection that stands on an expression.

    Kinds of collections say what becomes of results, in ``__treadle_postcompute__`` and
    ``__treadle_postpersist__``.

    Parameters
    ----------
    expr : Expr
        What makes the blocks.
    """

    __slots__ = ("__weakref__", "_expr")

    def __init__(self, expr: ExprT):
        self._expr = expr

    @property
    def expr(self) -> ExprT:
        """The expression that makes the blocks."""
        return self._expr

    @property
    def name(self) -> str:
        """Name of the blocks' keys; equal names mean equal values."""
        return self._expr.name

    def __treadle_expr__(self) -> ExprT:
        return self._expr

    def __treadle_lower__(self, graph: Graph) -> None:
        add_expressions([self._expr], graph)

    def __treadle_keys__(self) -> Any:
        return block_keys(self._expr.name, self._expr.numblocks)

    def __treadle_tokenize__(self) -> Hashable:
        return type(self).__name__, self._expr.name

    def __reduce__(self) -> tuple[Any, ...]:
        # Expressions hold functions that say their rows, which pickle alone can't take.
        import cloudpickle

        return _from_bytes, (type(self), cloudpickle.dumps(self._expr))

    def compute(
        self,
        *,
        scheduler: Any = None,
        num_workers: int | None = None,
        optimize_graph: bool = True,
    ) -> Any:
        """Compute and return the result in memory.

        Parameters and errors are those of :func:`treadle.compute`.

        Examples
        --------
        >>> import treadle.array as da
        >>> da.ones((2, 2), chunks=1).compute()
        array([[1., 1.],
               [1., 1.]])
        """
        (value,) = base.compute(
            self, scheduler=scheduler, num_workers=num_workers, optimize_graph=optimize_graph
        )
        return value

    def persist(
        self,
        *,
        scheduler: Any = None,
        num_workers: int | None = None,
        optimize_graph: bool = True,
    ) -> Self:
        """Compute, and return a collection of the same kind that holds the results.

        Parameters and errors are those of :func:`treadle.persist`.

        Examples
        --------
        >>> import treadle.array as da
        >>> x = da.ones(4, chunks=2).persist()
        >>> x.sum().compute()
        np.float64(4.0)
        """
        (there,) = base.persist(
            self, scheduler=scheduler, num_workers=num_workers, optimize_graph=optimize_graph
        )
        same: Self = there
        return same

    def visualize(self, filename: str | None = None, optimize_graph: bool = False) -> Any:
        """Draw the graph; see :func:`treadle.visualize`."""
        return base.visualize(self, filename=filename, optimize_graph=optimize_graph)


def _from_bytes(kind: Any, data: bytes) -> Any:
    return kind(pickle.loads(data))
