"""Arrays from delayed values, and their blocks as delayed values.

>>> import treadle
>>> import treadle.array as da
>>> lazy = treadle.delayed(np.ones)(3)
>>> da.from_delayed(lazy, shape=(3,), dtype=float).sum().compute()
np.float64(3.0)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.expr import Computed
from treadle.array.meta import meta_of
from treadle.base import current_annotations, is_treadle_collection
from treadle.delayed import Delayed, delayed
from treadle.graph.expr import CollectionExpr, GraphExpr
from treadle.graph.graph import Graph
from treadle.graph.source import outside_caller
from treadle.graph.spec import Alias
from treadle.graph.tokenize import tokenize


def from_delayed(
    value: Any, shape: Any, dtype: Any = None, meta: Any = None, name: str | None = None
) -> Array:
    """Return an array of one block that a delayed value computes to.

    Parameters
    ----------
    value : Delayed
        Computes to an array of that shape and dtype.
    shape : tuple of int
        ``nan`` for lengths that are not known.
    dtype : dtype, optional
    meta : array_like, optional
        An array of the kind and dtype; either this or ``dtype`` must be given.
    name : str, optional
        Name of the keys.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        With neither ``dtype`` nor ``meta``.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle
    >>> import treadle.array as da
    >>> x = da.from_delayed(treadle.delayed(np.arange)(3), shape=(3,), dtype=int)
    >>> da.concatenate([x, x]).compute()
    array([0, 1, 2, 0, 1, 2])
    """
    if dtype is None and meta is None:
        raise ValueError("what a delayed value is can't be known: give its dtype, or a meta")
    if not isinstance(value, Delayed):
        value = delayed(value)
    shape = (shape,) if isinstance(shape, (int, float, np.integer)) else tuple(shape)
    chunks = tuple((length,) for length in shape)
    meta = meta_of(np.dtype(dtype) if meta is None else meta, len(shape), dtype)
    first = (0,) * len(shape)

    own = name or f"from-value-{tokenize(value.key, shape, meta)}"

    def nodes() -> Graph:
        graph = Graph()
        value.__treadle_lower__(graph)
        graph.add(Alias((own, *first), value.key))
        return graph

    source, annotations = outside_caller(), current_annotations()
    body = GraphExpr(own, (1,) * len(shape), (), nodes, source=source)
    return Array(Computed(own, chunks, meta, body, source=source, annotations=annotations))


def to_delayed(x: Array, optimize_graph: bool = True) -> Any:
    """Return an object array with a delayed value for each block.

    Parameters
    ----------
    x : Array
    optimize_graph : bool, default True
        For programs that know it; the graph is optimised when it is computed.

    Returns
    -------
    numpy.ndarray of Delayed
        Of the shape ``x.numblocks``.

    Examples
    --------
    >>> import treadle.array as da
    >>> blocks = da.to_delayed(da.arange(4, chunks=2))
    >>> blocks[1].compute()
    array([2, 3])
    """
    found = np.empty(x.numblocks, object)
    source = x.expr.source
    for index in np.ndindex(*x.numblocks):
        key = (f"block-{x.name}", *index)
        found[index] = Delayed(key, Alias(key, (x.name, *index)), (x,), source)
    return found


def lazy_value(value: Any) -> CollectionExpr | None:
    """Return a value that is to be computed as a grid without dimensions; None for other values."""
    if not is_treadle_collection(value):
        return None
    return CollectionExpr(f"value-{tokenize(value)}", value)


__all__ = ["from_delayed", "to_delayed"]
