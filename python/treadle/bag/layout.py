"""Partitions: fewer, more, of a size; and the first elements."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

import numpy as np

from treadle import base
from treadle.bag.core import Bag, Item, call, new_bag, new_item
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.gather import Gather
from treadle.graph.layer import Inputs
from treadle.graph.source import outside_caller
from treadle.utils.format import parse_bytes
from treadle.utils.sizeof import sizeof


def repartition(
    bag: Bag, npartitions: int | None = None, partition_size: int | str | None = None
) -> Bag:
    """Return the elements in other partitions, in the same order.

    Parameters
    ----------
    npartitions : int, optional
        So many; neighbours are put together, or partitions cut evenly.
    partition_size : int or str, optional
        Bytes of a partition at most, ``"100MB"``.  The bag is computed once to learn its sizes.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence(range(5), npartitions=5).repartition(2).npartitions
    2
    """
    if (npartitions is None) == (partition_size is None):
        raise ValueError("give either npartitions or partition_size")
    if partition_size is not None:
        return _of_size(bag, parse_bytes(partition_size))
    assert npartitions is not None
    if npartitions < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    if npartitions == bag.npartitions:
        return bag
    if npartitions < bag.npartitions:
        borders = np.linspace(0, bag.npartitions, npartitions + 1).astype(np.int64)
        return _put_together(bag, borders)
    counts = np.diff(np.linspace(0, npartitions, bag.npartitions + 1).astype(np.int64))
    return _cut(bag, counts.tolist())


def _put_together(bag: Bag, borders: Any) -> Bag:
    def rows() -> Inputs:
        numbers = np.arange(bag.npartitions)
        return Inputs([bag.name], borders, np.zeros_like(numbers), numbers)

    return new_bag(
        "repartition",
        (bag.name, borders.tolist()),
        lambda name: Gather(
            name, (len(borders) - 1,), (bag.expr,), chained, rows, source=outside_caller()
        ),
    )


def chained(*parts: Iterable[Any]) -> list[Any]:
    """Return the elements of all parts."""
    return list(chain.from_iterable(parts))


def _cut(bag: Bag, counts: list[int]) -> Bag:
    """Cut each partition into so many."""
    table = tuple(n for n, count in enumerate(counts) for _ in range(count))
    which = [(k, count) for count in counts for k in range(count)]
    total = (len(table),)
    parts = Operand(bag.expr, (Axis(0, table),))
    pieces = Operand(Values(total, which), (Axis(0),))
    return new_bag(
        "repartition",
        (bag.name, counts),
        lambda name: Blockwise.call(name, total, piece, [parts, pieces], source=outside_caller()),
    )


def piece(items: Any, which: tuple[int, int]) -> list[Any]:
    """Return the piece ``k`` of ``count`` pieces of nearly one length."""
    k, count = which
    found = items if isinstance(items, list) else list(items)
    return found[len(found) * k // count : len(found) * (k + 1) // count]


def _of_size(bag: Bag, size: int) -> Bag:
    sizes = base.compute(bag.map_partitions(_sizes))[0]
    counts = [max(-(-nbytes // size), 1) for nbytes in sizes]
    if any(count > 1 for count in counts):
        even = _cut(bag, counts)
        sizes = [n // count for n, count in zip(sizes, counts, strict=True) for _ in range(count)]
        bag = even
    borders, room = [0], size
    for n, nbytes in enumerate(sizes):
        if n and nbytes > room:
            borders.append(n)
            room = size
        room -= nbytes
    return _put_together(bag, np.array([*borders, bag.npartitions]))


def _sizes(items: Any) -> list[int]:
    return [sizeof(items)]


def take(bag: Bag, k: int, npartitions: int = 1, compute: bool = True, warn: bool = True) -> Any:
    """Return the first ``k`` elements.

    Parameters
    ----------
    k : int
    npartitions : int
        How many partitions to look into; -1 is all of them.
    compute : bool
        Return a tuple; otherwise a bag of one partition.
    warn : bool
        Warn where there are fewer elements.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence(range(1000)).take(3)
    (0, 1, 2)
    """
    count = bag.npartitions if npartitions == -1 else npartitions
    if not 1 <= count <= bag.npartitions:
        raise ValueError(
            f"the bag has {bag.npartitions} partitions; npartitions can't be {npartitions}"
        )

    def rows() -> Inputs:
        numbers = np.arange(count)
        return Inputs([parts_name], np.array([0, count]), np.zeros_like(numbers), numbers)

    firsts = new_bag(
        "take-part",
        (bag.name, k),
        lambda name: call(name, (bag.npartitions,), first_elements, [bag, k]),
    )
    parts_name = firsts.name
    limit = _Limit(k, warn)
    if not compute:
        return new_bag(
            "take",
            (bag.name, k, count, warn),
            lambda name: Gather(name, (1,), (firsts.expr,), limit, rows),
        )
    item = new_item(
        "take",
        (bag.name, k, count, warn, "item"),
        lambda name: Gather(name, (), (firsts.expr,), limit, rows),
    )
    return tuple(Item.compute(item))


def first_elements(items: Iterable[Any], k: int) -> list[Any]:
    """Return at most ``k`` elements."""
    return list(islice(items, k))


class _Limit:
    """Puts the first elements together."""

    __name__ = "take"

    def __init__(self, k: int, warn: bool):
        self.k = k
        self.warn = warn

    def __call__(self, *parts: list[Any]) -> list[Any]:
        found = list(islice(chain.from_iterable(parts), self.k))
        if self.warn and len(found) < self.k:
            warnings.warn(
                f"only {len(found)} of {self.k} elements are there in the partitions looked into; "
                "npartitions=-1 looks into all",
                stacklevel=2,
            )
        return found
