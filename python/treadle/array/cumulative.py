"""Running sums and products.

Every block is accumulated alone; the last values of blocks are accumulated along the axis; and
what is before a block is added to it.

>>> import treadle.array as da
>>> da.cumsum(da.arange(6, chunks=2)).compute()
array([ 0,  1,  3,  6, 10, 15])
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import ArrayExpr, operand
from treadle.array.meta import meta_of
from treadle.array.reducing import into, meta_as, result_dtype
from treadle.graph.blockwise import Axis, Blockwise, GridValues, Operand
from treadle.graph.expr import Expr, GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.naming import function_name
from treadle.graph.spec import Alias, Task, TaskRef
from treadle.types import Key


def cumsum(
    x: Any, axis: int | None = None, dtype: Any = None, out: Any = None, method: str = "sequential"
) -> Array:
    """Return running sums along an axis.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Without it the array is flattened.
    dtype : dtype, optional
        Of the sums and the result.
    out : Array, optional
        Becomes the result.
    method : {"sequential", "blelloch"}
        How totals of blocks are accumulated: one after the other, or in about ``2 log2(n)`` rounds
        of a parallel scan, which is worth it where there are very many blocks along the axis.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.cumsum(da.ones((2, 4), chunks=2), axis=1).compute()
    array([[1., 2., 3., 4.],
           [1., 2., 3., 4.]])
    """
    return _cumulative(np.cumsum, np.add, np.sum, x, axis, dtype, out, method)


def cumprod(
    x: Any, axis: int | None = None, dtype: Any = None, out: Any = None, method: str = "sequential"
) -> Array:
    """Return running products along an axis; parameters are those of :func:`cumsum`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.cumprod(da.arange(1, 6, chunks=2)).compute()
    array([  1,   2,   6,  24, 120])
    """
    return _cumulative(np.cumprod, np.multiply, np.prod, x, axis, dtype, out, method)


def nancumsum(
    x: Any,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    *,
    method: str = "sequential",
) -> Array:
    """Return running sums along an axis, counting ``nan`` as 0; see :func:`cumsum`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nancumsum(da.from_array([1.0, np.nan, 2.0], chunks=2)).compute()
    array([1., 1., 3.])
    """
    return _cumulative(np.nancumsum, np.add, np.nansum, x, axis, dtype, out, method)


def nancumprod(
    x: Any,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    *,
    method: str = "sequential",
) -> Array:
    """Return running products along an axis, counting ``nan`` as 1; see :func:`cumsum`.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.nancumprod(da.from_array([2.0, np.nan, 3.0], chunks=2)).compute()
    array([2., 2., 6.])
    """
    return _cumulative(np.nancumprod, np.multiply, np.nanprod, x, axis, dtype, out, method)


def _cumulative(
    func: Any,
    ufunc: np.ufunc,
    preop: Any,
    x: Any,
    axis: int | None,
    dtype: Any,
    out: Any,
    method: str,
) -> Array:
    x = asanyarray(x)
    dtype = result_dtype(func, x.dtype) if dtype is None else np.dtype(dtype)
    identity = np.array(ufunc.identity, dtype)[()]
    total = functools.partial(preop, dtype=dtype)
    return cumreduction(func, ufunc, identity, x, axis, dtype, out, method, total)


def cumreduction(
    func: Callable[..., Any],
    binop: Callable[[Any, Any], Any],
    ident: Any,
    x: Any,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    method: str = "sequential",
    preop: Callable[..., Any] | None = None,
) -> Array:
    """Return a running reduction by functions of the user's own.

    Parameters
    ----------
    func : callable
        ``func(block, axis=axis)``, with ``dtype=`` if it takes that: accumulates one block.
    binop : callable
        ``binop(before, values)``: joins what is before a block with what is in it.  Associative.
    ident : scalar
        What ``binop`` leaves other values alone with.
    x : array_like
    axis, dtype, out, method
        As for :func:`cumsum`; ``dtype`` is that of ``x`` without being given.
    preop : callable, optional
        ``preop(block, axis=axis, keepdims=True)``: the total of a block, for the parallel method.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If there is no such method, or ``preop`` isn't given for the parallel one.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.from_array([3, 1, 4, 1, 5], chunks=2)
    >>> da.cumreduction(np.maximum.accumulate, np.maximum, 0, x, axis=0).compute()
    array([3, 3, 4, 4, 5])
    """
    import treadle.array as da

    if method not in ("sequential", "blelloch"):
        raise ValueError(f"method is 'sequential' or 'blelloch', not {method!r}")
    if method == "blelloch" and preop is None:
        raise ValueError("method='blelloch' needs preop=, which returns the total of a block")
    array = asanyarray(x)
    if axis is None:
        array = da.ravel(array)
        axis = 0
    axis = normalize_axis_index(axis, array.ndim)
    dtype = array.dtype if dtype is None else np.dtype(dtype)
    meta = meta_of(meta_as(array.meta, dtype))
    options: dict[str, Any] = {"axis": axis}
    if _takes_dtype(func):
        options["dtype"] = dtype
    label = function_name(func)
    token = (array.name, func, binop, ident, axis, dtype, method, preop)
    alone = _blocks(array, meta, func, options, f"{label}-block")
    if array.numblocks[axis] == 1:
        return into(out, alone)
    if method == "blelloch":
        totals = _blocks(array, meta, preop, {"axis": axis, "keepdims": True}, f"{label}-total")
    else:
        totals = _blocks(alone, meta, last_of, {"axis": axis, "ident": ident}, f"{label}-total")

    def body(name: str) -> Blockwise:
        before: Any = Before(
            f"{label}-before-{name}", totals.expr, binop, axis, method == "blelloch"
        )
        count = array.numblocks[axis]
        first = Operand(GridValues([True] + [False] * (count - 1)), (Axis(axis),))
        table = (0, *range(count - 1))  # what is before block i ends with block i - 1
        axes = [Axis(n, table if n == axis else None) for n in range(array.ndim)]
        return Blockwise.call(
            name, array.numblocks, joined,
            [binop, first, operand(before, axes), operand(alone.expr, range(array.ndim))],
        )  # fmt: skip

    return into(out, new_array(label, token, array.chunks, meta, body))


def _takes_dtype(func: Callable[..., Any]) -> bool:
    if isinstance(getattr(func, "__self__", None), np.ufunc):  # np.add.accumulate
        return True
    try:
        return "dtype" in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


def _blocks(array: Array, meta: Any, func: Any, options: dict[str, Any], label: str) -> Array:
    """Return ``func`` of every block, in a grid of the same shape."""

    def body(name: str) -> Blockwise:
        return Blockwise.call(
            name, array.numblocks, func, [operand(array.expr, range(array.ndim))], options
        )

    return new_array(label, (array.name, func, options), array.chunks, meta, body)


def last_of(block: Any, axis: int, ident: Any) -> Any:
    """Return the last values along an axis, as an array of length 1."""
    if block.shape[axis] == 0:
        shape = tuple(1 if n == axis else length for n, length in enumerate(block.shape))
        return np.full(shape, ident, block.dtype)
    piece = block[(slice(None),) * axis + (slice(-1, None),)]
    return piece.copy() if type(piece) is np.ndarray else piece  # or it would keep all of it


def joined(binop: Callable[[Any, Any], Any], first: tuple[bool], before: Any, block: Any) -> Any:
    """Return a block with what is before it; nothing is before the first one."""
    return block if first[0] else binop(before, block)


class Before(Expr):
    """Totals of blocks accumulated along an axis."""

    __slots__ = ("axis", "binop", "parallel", "totals")

    def __init__(
        self,
        name: str,
        totals: ArrayExpr,
        binop: Callable[[Any, Any], Any],
        axis: int,
        parallel: bool,
        **options: Any,
    ):
        super().__init__(name, totals.numblocks, (totals,), **options)
        self.totals = totals
        self.binop = binop
        self.axis = axis
        self.parallel = parallel

    def with_inputs(self, inputs: tuple[Expr, ...]) -> Before:
        totals: Any = inputs[0]
        return Before(
            self.name, totals, self.binop, self.axis, self.parallel,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def lower(self) -> Expr:
        nodes = functools.partial(self._nodes, self.totals.name)
        return GraphExpr(
            self.name, self.numblocks, self.inputs, nodes,
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def _nodes(self, totals: str) -> Graph:
        graph = Graph()
        lanes = list(self.numblocks)
        count = lanes[self.axis]
        lanes[self.axis] = 1
        scan = self._scan if self.parallel else self._chain
        for lane in np.ndindex(*lanes):
            index = [(*lane[: self.axis], n, *lane[self.axis + 1 :]) for n in range(count)]
            keys = scan(graph, [(totals, *place) for place in index], (0, *lane))
            for place, key in zip(index, keys, strict=True):
                graph.add(Alias((self.name, *place), key))
        return graph

    def _join(self, graph: Graph, left: Key, right: Key, *place: int) -> Key:
        key: Key = (f"{function_name(self.binop)}-{self.name}", *place)
        graph.add(Task(key, self.binop, (TaskRef(left), TaskRef(right))))
        return key

    def _chain(self, graph: Graph, keys: list[Key], place: tuple[int, ...]) -> list[Key]:
        found = keys[:1]
        for n, key in enumerate(keys[1:-1]):  # nothing comes after the last
            found.append(self._join(graph, found[-1], key, *place, n))
        return [*found, keys[-1]] if len(keys) > 1 else found

    def _scan(self, graph: Graph, keys: list[Key], place: tuple[int, ...]) -> list[Key]:
        """Accumulate pairs, then fill in what is between (Ladner and Fischer, 1980)."""
        if len(keys) == 1:
            return keys
        level, *lane = place
        pairs = [
            self._join(graph, keys[n], keys[n + 1], level, *lane, n)
            for n in range(0, len(keys) - 1, 2)
        ]
        done = self._scan(graph, pairs, (level + 1, *lane))
        found = [keys[0]]
        for n in range(1, len(keys)):
            if n % 2:
                found.append(done[n // 2])
            else:
                found.append(self._join(graph, done[n // 2 - 1], keys[n], level, *lane, n - 1))
        return found


__all__ = ["cumprod", "cumreduction", "cumsum", "nancumprod", "nancumsum"]
