"""Functions on every element, or on every partition."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from treadle import base
from treadle.bag.core import Bag, call, new_bag
from treadle.graph.naming import function_name


def map(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Bag:
    """Call a function on every element.

    Parameters
    ----------
    func : callable
    *args : Bag, Item, Delayed or object
        Matching elements of all bags are passed together; everything else is passed to each call.
    **kwargs : Bag, Item, Delayed or object
        Likewise.

    Returns
    -------
    Bag

    Raises
    ------
    ValueError
        If there is no bag among the arguments, or bags differ in their partitions.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence([1, 2, 3], npartitions=2)
    >>> db.map(pow, b, 2).compute()
    [1, 4, 9]
    >>> b.map(lambda x, y: x + y, y=b).compute()
    [2, 4, 6]
    """
    bags = [n for n, arg in enumerate(args) if isinstance(arg, Bag)]
    named = [name for name, value in kwargs.items() if isinstance(value, Bag)]
    count = _partitions([*args, *kwargs.values()])
    if bags == [0] and len(args) == 1 and not kwargs:
        return new_bag(
            function_name(func), (func, args[0].name),
            lambda name: call(name, (count,), map_one, [func, *args]),
        )  # fmt: skip
    shape = (tuple(bags), tuple(named))
    return new_bag(
        function_name(func),
        (func, args, kwargs),
        lambda name: call(name, (count,), map_several, [func, shape, *args], kwargs),
    )


def map_one(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Return what a function makes of each element."""
    return [func(item) for item in items]


def map_several(
    func: Callable[..., Any],
    shape: tuple[tuple[int, ...], tuple[str, ...]],
    *args: Any,
    **kwargs: Any,
) -> list[Any]:
    """Call a function with matching elements of some arguments, and the others as they are."""
    positions, names = shape
    fixed = {name: value for name, value in kwargs.items() if name not in names}
    columns = [args[n] for n in positions] + [kwargs[name] for name in names]
    found = []
    filled = list(args)
    for items in zip(*columns, strict=True):
        for n, item in zip(positions, items, strict=False):
            filled[n] = item
        found.append(
            func(*filled, **fixed, **dict(zip(names, items[len(positions) :], strict=True)))
        )
    return found


def _partitions(values: Iterable[Any]) -> int:
    """Return how many partitions the bags among the values have."""
    counts = {value.npartitions for value in values if isinstance(value, Bag)}
    if not counts:
        raise ValueError("there is no bag among the arguments")
    if len(counts) > 1:
        raise ValueError(f"the bags have {sorted(counts)} partitions; repartition them alike first")
    return counts.pop()


def map_partitions(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Bag:
    """Call a function on every partition.

    Parameters
    ----------
    func : callable
        Takes lists of elements for bags, and everything else as it is; returns an iterable.
    *args, **kwargs : Bag, Item, Delayed or object

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.map_partitions(sorted, db.from_sequence([3, 1, 2], npartitions=1)).compute()
    [1, 2, 3]
    """
    count = _partitions([*args, *kwargs.values()])
    return new_bag(
        function_name(func),
        ("map_partitions", func, args, kwargs),
        lambda name: call(name, (count,), on_partition, [func, *args], kwargs),
    )


def on_partition(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a function makes of a partition, as something that can be read twice."""
    result = func(*args, **kwargs)
    return list(result) if isinstance(result, Iterable) and iter(result) is result else result


def starmap(bag: Bag, func: Callable[..., Any], **kwargs: Any) -> Bag:
    """Call a function with every element as its arguments.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence([(1, 2), (3, 4)]).starmap(max).compute()
    [2, 4]
    """
    return new_bag(
        function_name(func),
        ("starmap", func, bag.name, kwargs),
        lambda name: call(name, (bag.npartitions,), starmap_part, [func, bag], kwargs),
    )


def starmap_part(func: Callable[..., Any], items: Iterable[Any], **kwargs: Any) -> list[Any]:
    """Return what a function makes of each element's entries."""
    if not kwargs:
        return list(itertools.starmap(func, items))
    return [func(*item, **kwargs) for item in items]


def filter(bag: Bag, predicate: Callable[[Any], Any]) -> Bag:
    """Keep the elements for which the predicate is true."""
    return _parts(bag, "filter", filter_part, predicate)


def filter_part(items: Iterable[Any], predicate: Callable[[Any], Any]) -> list[Any]:
    """Return the elements for which the predicate is true."""
    return list(builtins.filter(predicate, items))


def remove(bag: Bag, predicate: Callable[[Any], Any]) -> Bag:
    """Keep the elements for which the predicate is false."""
    return _parts(bag, "remove", remove_part, predicate)


def remove_part(items: Iterable[Any], predicate: Callable[[Any], Any]) -> list[Any]:
    """Return the elements for which the predicate is false."""
    return list(itertools.filterfalse(predicate, items))


def pluck(bag: Bag, key: Any, *default: Any) -> Bag:
    """Take one entry of every element, or a tuple of entries for a list of keys.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence([{"a": 1, "b": 2}, {"a": 3}])
    >>> b.pluck("a").compute(), b.pluck(["a", "b"], 0).compute()
    ([1, 3], [(1, 2), (3, 0)])
    """
    return _parts(bag, "pluck", pluck_part, key, *default)


def pluck_part(items: Iterable[Any], key: Any, *default: Any) -> list[Any]:
    """Return one entry, or several, of each element."""
    if isinstance(key, list):
        return [tuple(_entry(item, one, default) for one in key) for item in items]
    if not default:
        return [item[key] for item in items]
    return [_entry(item, key, default) for item in items]


def _entry(item: Any, key: Any, default: tuple[Any, ...]) -> Any:
    if not default:
        return item[key]
    try:
        return item[key]
    except (KeyError, IndexError):
        return default[0]


def flatten(bag: Bag) -> Bag:
    """Put the elements of all elements one after the other."""
    return _parts(bag, "flatten", flatten_part)


def flatten_part(items: Iterable[Iterable[Any]]) -> list[Any]:
    """Return the elements of the elements."""
    return list(itertools.chain.from_iterable(items))


def _parts(bag: Bag, prefix: str, func: Callable[..., Any], *args: Any) -> Bag:
    """Return the bag of ``func(partition, *args)``."""
    plain = [arg for arg in args if base.is_treadle_collection(arg)]
    if plain:
        raise TypeError(f"{prefix} takes values that are there, not {plain[0]!r}; use map instead")
    return new_bag(
        prefix,
        (bag.name, *args),
        lambda name: call(name, (bag.npartitions,), func, [bag, *args]),
    )
