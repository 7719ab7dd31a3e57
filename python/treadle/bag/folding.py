"""Reductions of bags: partitions first, then their results by a tree."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sized
from enum import Enum
from functools import partial, reduce
from itertools import chain
from typing import Any

from treadle.bag.core import Bag, Item, call, new_bag, new_item
from treadle.graph.blockwise import Blockwise, Operand
from treadle.graph.expr import Expr
from treadle.graph.naming import function_name
from treadle.graph.program import Program
from treadle.graph.treereduce import tree_reduce

#: Results that one task of the tree takes.
SPLIT_EVERY = 8


class _Absent(Enum):
    """What stands for an argument that was not given; itself in every process."""

    NOTHING = 0


_NOTHING: Any = _Absent.NOTHING


def reduction(
    bag: Bag,
    perpartition: Callable[[Iterable[Any]], Any],
    aggregate: Callable[[Iterable[Any]], Any],
    split_every: int | bool | None = None,
    out_type: type = Item,
    name: str | None = None,
) -> Any:
    """Reduce every partition, then the results of partitions, a few at a time.

    Parameters
    ----------
    perpartition : callable
        Takes the elements of a partition.
    aggregate : callable
        Takes results, of partitions or its own.
    split_every : int or False, optional
        Results taken at a time, 8 without it; False takes all at once.
    out_type : {Item, Bag}
        A bag has one partition, of the elements that ``aggregate`` returns.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence(range(10), npartitions=4).reduction(sum, sum).compute()
    45
    """
    made = reduced_bag if out_type is Bag else reduced_item
    prefix = name or function_name(aggregate)
    return made(bag, prefix, perpartition, aggregate, aggregate, split_every)


def reduced_item(
    bag: Bag,
    prefix: str,
    perpartition: Callable[[Any], Any],
    combine: Callable[[list[Any]], Any],
    aggregate: Callable[[list[Any]], Any],
    split_every: int | bool | None = None,
) -> Item:
    """Return the value that partitions are reduced to."""
    token = (bag.name, perpartition, combine, aggregate, split_every)
    return new_item(prefix, token, _tree(bag, perpartition, combine, aggregate, split_every))


def reduced_bag(
    bag: Bag,
    prefix: str,
    perpartition: Callable[[Any], Any],
    combine: Callable[[list[Any]], Any],
    aggregate: Callable[[list[Any]], Any],
    split_every: int | bool | None = None,
) -> Bag:
    """Return the list that partitions are reduced to, as the one partition of a bag."""
    tree = _tree(bag, perpartition, combine, aggregate, split_every)

    def body(name: str) -> Expr:
        root = tree(f"{name}-all")
        return Blockwise(name, (1,), Program(1, ()), (Operand(root, ()),), cheap=True)

    return new_bag(prefix, ("bag", bag.name, perpartition, combine, aggregate, split_every), body)


def _tree(
    bag: Bag,
    perpartition: Callable[[Any], Any],
    combine: Callable[[list[Any]], Any],
    aggregate: Callable[[list[Any]], Any],
    split_every: int | bool | None,
) -> Callable[[str], Expr]:
    width = SPLIT_EVERY if split_every is None else int(split_every) or max(bag.npartitions, 2)

    def body(name: str) -> Expr:
        parts = call(f"{name}-part", (bag.npartitions,), perpartition, [bag])
        return tree_reduce(name, parts, combine, aggregate, split_every=width, source=parts.source)

    return body


def fold(
    bag: Bag,
    binop: Callable[[Any, Any], Any],
    combine: Callable[[Any, Any], Any] | None = None,
    initial: Any = _NOTHING,
    split_every: int | None = None,
    out_type: type = Item,
) -> Any:
    """Reduce by a binary function.

    Parameters
    ----------
    binop : callable
        Takes a total and an element; returns a total.
    combine : callable, optional
        Takes two totals; ``binop`` without it.
    initial : object, optional
        The total that every partition begins with.

    Examples
    --------
    >>> import treadle.bag as db
    >>> from operator import add, mul
    >>> db.from_sequence(range(1, 5), npartitions=2).fold(mul).compute()
    24
    >>> db.from_sequence("abca").fold(lambda s, c: s | {c}, set.union, initial=set()).compute() == {
    ...     "a", "b", "c"}
    True
    """
    if initial is None:
        initial = _NOTHING
    together = combine or binop
    total = _Fold(together, _NOTHING)
    made = reduced_bag if out_type is Bag else reduced_item
    return made(bag, "fold", _Fold(binop, initial), total, total, split_every)


class _Fold:
    """Folds an iterable from the left."""

    def __init__(self, func: Callable[[Any, Any], Any], initial: Any):
        self.func = func
        self.initial = () if initial is _NOTHING else (initial,)
        self.__name__ = function_name(func)

    def __call__(self, items: Iterable[Any]) -> Any:
        return reduce(self.func, items, *self.initial)

    def __treadle_tokenize__(self) -> Any:
        return "fold", self.func, self.initial


def length(items: Iterable[Any]) -> int:
    """Count elements."""
    return len(items) if isinstance(items, Sized) else sum(1 for _ in items)


def extreme(bag: Bag, func: Callable[..., Any], split_every: int | None) -> Item:
    """Return the largest or the smallest element; partitions may be empty."""
    of_lists = partial(_extreme_of_lists, func)
    return reduced_item(
        bag, function_name(func), partial(_extreme, func), of_lists,
        partial(_one_extreme, func), split_every,
    )  # fmt: skip


def _extreme(func: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
    found = list(items)
    return [func(found)] if found else []


def _extreme_of_lists(func: Callable[..., Any], lists: Iterable[list[Any]]) -> list[Any]:
    return _extreme(func, chain.from_iterable(lists))


def _one_extreme(func: Callable[..., Any], lists: Iterable[list[Any]]) -> Any:
    found = _extreme_of_lists(func, lists)
    if not found:
        raise ValueError(f"{function_name(func)} of a bag without elements")
    return found[0]


# -- moments ---------------------------------------------------------------------------------------


def mean(bag: Bag) -> Item:
    """Return the mean."""
    return reduced_item(bag, "mean", moments, merged, _mean)


def var(bag: Bag, ddof: int = 0) -> Item:
    """Return the variance."""
    return reduced_item(bag, "var", moments, merged, partial(_variance, ddof))


def std(bag: Bag, ddof: int = 0) -> Item:
    """Return the standard deviation."""
    return var(bag, ddof).apply(math.sqrt)


def moments(items: Iterable[Any]) -> tuple[int, float, float]:
    """Return count, mean and sum of squared distances from it.

    One pass, by B. P. Welford, Technometrics 4 (1962) 419.
    """
    count, middle, squares = 0, 0.0, 0.0
    for count, value in enumerate(items, 1):
        before = value - middle
        middle += before / count
        squares += before * (value - middle)
    return count, middle, squares


def merged(parts: Iterable[tuple[int, float, float]]) -> tuple[int, float, float]:
    """Return the moments of all: T. F. Chan, G. H. Golub, R. J. LeVeque (1979)."""
    count, middle, squares = 0, 0.0, 0.0
    for other, its_middle, its_squares in parts:
        if other:
            both = count + other
            apart = its_middle - middle
            middle += apart * other / both
            squares += its_squares + apart * apart * count * other / both
            count = both
    return count, middle, squares


def _mean(parts: Iterable[tuple[int, float, float]]) -> float:
    count, middle, _ = merged(parts)
    return middle if count else math.nan


def _variance(ddof: int, parts: Iterable[tuple[int, float, float]]) -> float:
    count, _, squares = merged(parts)
    return squares / (count - ddof) if count > ddof else math.nan


# -- elements and how often ------------------------------------------------------------------------


def frequencies(bag: Bag, split_every: int | None = None, sort: bool = False) -> Bag:
    """Return pairs of an element and how often it is there, the most frequent first if sorted.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence("abca").frequencies(sort=True).compute()
    [('a', 2), ('b', 1), ('c', 1)]
    """
    return reduced_bag(bag, "frequencies", Counter, counted, partial(_pairs, sort), split_every)


def counted(counters: Iterable[Counter[Any]]) -> Counter[Any]:
    """Add counters."""
    total: Counter[Any] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _pairs(sort: bool, counters: Iterable[Counter[Any]]) -> list[tuple[Any, int]]:
    total = counted(counters)
    return total.most_common() if sort else list(total.items())


def topk(bag: Bag, k: int, key: Any = None, split_every: int | None = None) -> Bag:
    """Return the ``k`` largest elements, the largest first.

    Parameters
    ----------
    key : callable or object, optional
        What elements are compared by: a function, or an entry that each has.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence([3, 1, 4, 1, 5]).topk(2).compute()
    [5, 4]
    """
    if k < 0:
        raise ValueError(f"k must be 0 or more, not {k}")
    by = key_function(key) if key is not None else None
    largest = partial(_largest, k, by)
    of_lists = partial(_largest_of_lists, k, by)
    return reduced_bag(bag, "topk", largest, of_lists, of_lists, split_every)


def key_function(key: Any) -> Callable[[Any], Any]:
    """Return ``key`` if it can be called, else what takes that entry of an element."""
    if callable(key):
        return key  # type: ignore[no-any-return]
    from operator import itemgetter

    return itemgetter(*key) if isinstance(key, list) else itemgetter(key)


def _largest(k: int, by: Any, items: Iterable[Any]) -> list[Any]:
    return heapq.nlargest(k, items, key=by)


def _largest_of_lists(k: int, by: Any, lists: Iterable[list[Any]]) -> list[Any]:
    return heapq.nlargest(k, chain.from_iterable(lists), key=by)


def distinct(bag: Bag, key: Any = None) -> Bag:
    """Return every element once, in the order of their first places.

    Parameters
    ----------
    key : callable or object, optional
        Elements with an equal key count as one: a function, or an entry that each has.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence("abca", npartitions=2).distinct().compute()
    ['a', 'b', 'c']
    """
    by = key_function(key) if key is not None else None
    of_lists = partial(_firsts_of_lists, by)
    return reduced_bag(bag, "distinct", partial(_firsts, by), of_lists, of_lists, None)


def _firsts(by: Any, items: Iterable[Any]) -> list[Any]:
    if by is None:
        return list(dict.fromkeys(items))
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(by(item), item)
    return list(found.values())


def _firsts_of_lists(by: Any, lists: Iterable[list[Any]]) -> list[Any]:
    return _firsts(by, chain.from_iterable(lists))
