"""Bags of sequences, delayed values and other bags."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from treadle.bag.core import Bag, call, new_bag
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import CollectionExpr
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.program import Program
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize


def from_sequence(
    seq: Iterable[Any], partition_size: int | None = None, npartitions: int | None = None
) -> Bag:
    """Return a bag of the elements of a sequence.

    Parameters
    ----------
    seq : iterable
    partition_size : int, optional
        Elements of a partition.
    npartitions : int, optional
        Number of partitions, if there are as many elements; 100 without either.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence("abcdef", partition_size=2).npartitions
    3
    """
    items = list(seq)
    if npartitions is not None and npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    if partition_size is not None:
        if partition_size < 1:
            raise ValueError(f"partition_size must be 1 or more, not {partition_size}")
        borders = [*builtins.range(0, len(items), partition_size), len(items)]
    else:
        count = max(min(npartitions or 100, len(items)), 1)
        borders = [len(items) * n // count for n in builtins.range(count + 1)]
    parts = [items[begin:end] for begin, end in pairwise(borders)] or [[]]
    return _of_parts("from_sequence", (items, borders), parts)


def _of_parts(prefix: str, token: Any, parts: list[Any]) -> Bag:
    """Return a bag whose partitions are written into the tasks that take them."""
    count = (len(parts),)
    operand = Operand(Values(count, parts), (Axis(0),))
    return new_bag(
        prefix,
        token,
        lambda name: Blockwise(
            name, count, Program(1, ()), (operand,), cheap=True, source=outside_caller()
        ),
    )


def range(n: int, npartitions: int) -> Bag:
    """Return a bag of the numbers below ``n``.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.range(5, npartitions=2).compute()
    [0, 1, 2, 3, 4]
    """
    if npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    borders = [n * part // npartitions for part in builtins.range(npartitions + 1)]
    pairs = list(pairwise(borders))
    spans = Operand(Values((npartitions,), pairs), (Axis(0),))
    return new_bag(
        "range",
        (n, npartitions),
        lambda name: Blockwise.call(
            name, (npartitions,), numbers, [spans], cheap=True, source=outside_caller()
        ),
    )


def numbers(span: tuple[int, int]) -> list[int]:
    """Return the whole numbers from the first up to but not the second."""
    return list(builtins.range(*span))


def from_delayed(values: Any) -> Bag:
    """Return a bag whose partitions are delayed values, each an iterable.

    Examples
    --------
    >>> import treadle, treadle.bag as db
    >>> db.from_delayed([treadle.delayed([1, 2]), treadle.delayed([3])]).compute()
    [1, 2, 3]
    """
    parts = values if isinstance(values, (list, tuple)) else [values]
    exprs = [CollectionExpr(f"delayed-{tokenize(value)}", value) for value in parts]
    count = len(exprs)

    def rows() -> Inputs:
        places = np.arange(count)
        return Inputs(
            [expr.name for expr in exprs], np.arange(count + 1), places, np.zeros_like(places)
        )

    return new_bag(
        "bag-from-delayed",
        [expr.name for expr in exprs],
        lambda name: Gather(name, (count,), tuple(exprs), list, rows, source=outside_caller()),
    )


def to_delayed(bag: Bag) -> list[Any]:
    """Return one ``Delayed`` a partition."""
    from treadle.delayed import delayed

    return [delayed(list)(_partition(bag, n)) for n in builtins.range(bag.npartitions)]


def _partition(bag: Bag, number: int) -> Bag:
    """Return the bag of one partition."""
    operand = Operand(bag.expr, (Axis(0, (number,)),))
    return new_bag(
        "partition",
        (bag.name, number),
        lambda name: Blockwise(name, (1,), Program(1, ()), (operand,), cheap=True),
    )


def concat(bags: Iterable[Bag]) -> Bag:
    """Return the partitions of several bags, one bag after the other.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.concat([db.from_sequence([1, 2]), db.from_sequence([3])]).compute()
    [1, 2, 3]
    """
    parts = list(bags)
    if not parts:
        raise ValueError("concat needs a bag at least")
    names = list(dict.fromkeys(bag.name for bag in parts))
    exprs = tuple({bag.name: bag.expr for bag in parts}.values())

    def rows() -> Inputs:
        producer = [np.full(bag.npartitions, names.index(bag.name)) for bag in parts]
        block = [np.arange(bag.npartitions) for bag in parts]
        count = sum(bag.npartitions for bag in parts)
        return Inputs(
            list(names), np.arange(count + 1), np.concatenate(producer), np.concatenate(block)
        )

    count = sum(bag.npartitions for bag in parts)
    return new_bag(
        "concat",
        [bag.name for bag in parts],
        lambda name: Gather.aliases(name, (count,), exprs, rows),
    )


def zip(*bags: Bag) -> Bag:
    """Return tuples of the elements of several bags, partition by partition.

    Raises
    ------
    ValueError
        If the bags have different numbers of partitions, or (when computed) a partition of
        different lengths.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.zip(db.from_sequence([1, 2]), db.from_sequence("ab")).compute()
    [(1, 'a'), (2, 'b')]
    """
    counts = {bag.npartitions for bag in bags}
    if len(counts) != 1:
        raise ValueError(
            f"bags of {sorted(counts)} partitions can't be zipped; repartition them alike first"
        )
    return new_bag(
        "zip",
        [bag.name for bag in bags],
        lambda name: call(name, (bags[0].npartitions,), zipped, bags),
    )


def zipped(*parts: list[Any]) -> list[tuple[Any, ...]]:
    """Return the tuples of matching elements."""
    return list(builtins.zip(*parts, strict=True))
