"""Groups: folding them, bringing them together, joining by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import getitem
from typing import Any

from treadle import base
from treadle.bag.core import Bag, call, new_bag
from treadle.bag.folding import _NOTHING, key_function, reduced_bag
from treadle.bag.hashing import stable_hash
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.source import outside_caller


def foldby(
    bag: Bag,
    key: Any,
    binop: Callable[[Any, Any], Any],
    initial: Any = _NOTHING,
    combine: Callable[[Any, Any], Any] | None = None,
    combine_initial: Any = _NOTHING,
    split_every: int | None = None,
) -> Bag:
    """Reduce the elements of each group by a binary function.

    Needs no element to move: partitions are folded first, then their totals.

    Parameters
    ----------
    key : callable or object
        What groups are made by: a function, or an entry that each element has.
    binop : callable
        Takes a total and an element; returns a total.
    initial : object, optional
        The total that each group begins with in each partition.
    combine : callable, optional
        Takes two totals; ``binop`` without it.
    combine_initial : object, optional
        The total that combining begins with.

    Returns
    -------
    Bag
        Of one partition, of pairs of a key and its total.

    Examples
    --------
    >>> import treadle.bag as db
    >>> from operator import add
    >>> b = db.from_sequence(range(10), npartitions=3)
    >>> sorted(b.foldby(lambda n: n % 2, add).compute())
    [(0, 20), (1, 25)]
    """
    first = partial(_folded_groups, key_function(key), binop, initial)
    together = combine or binop
    others = partial(_combined_groups, together, _NOTHING)
    last = partial(_combined_pairs, together, combine_initial)
    return reduced_bag(bag, "foldby", first, others, last, split_every)


def _folded_groups(by: Any, binop: Any, initial: Any, items: Iterable[Any]) -> dict[Any, Any]:
    totals: dict[Any, Any] = {}
    for item in items:
        key = by(item)
        if key in totals:
            totals[key] = binop(totals[key], item)
        else:
            totals[key] = item if initial is _NOTHING else binop(initial, item)
    return totals


def _combined_groups(combine: Any, initial: Any, parts: Iterable[dict[Any, Any]]) -> dict[Any, Any]:
    totals: dict[Any, Any] = {}
    for part in parts:
        for key, total in part.items():
            if key in totals:
                totals[key] = combine(totals[key], total)
            else:
                totals[key] = total if initial is _NOTHING else combine(initial, total)
    return totals


def _combined_pairs(combine: Any, initial: Any, parts: Iterable[dict[Any, Any]]) -> list[Any]:
    return list(_combined_groups(combine, initial, parts).items())


def groupby(
    bag: Bag, grouper: Any, npartitions: int | None = None, shuffle: str | None = None
) -> Bag:
    """Bring the elements of each group together.

    All elements move; where totals are all that is wanted, :meth:`Bag.foldby` is much quicker.

    Parameters
    ----------
    grouper : callable or object
        What groups are made by: a function, or an entry that each element has.
    npartitions : int, optional
        Partitions of the result; as many as there are without it.
    shuffle : {"tasks"}, optional
        How they move; by tasks always.

    Returns
    -------
    Bag
        Of pairs of a key and the list of its elements, in their order.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence(range(6), npartitions=2)
    >>> sorted(b.groupby(lambda n: n % 2).compute())
    [(0, [0, 2, 4]), (1, [1, 3, 5])]
    """
    if shuffle not in (None, "tasks"):
        raise ValueError(f"groups come together by 'tasks', not by {shuffle!r}")
    count, targets = bag.npartitions, npartitions or bag.npartitions
    if targets < 1:
        raise ValueError(f"npartitions must be 1 or more, not {npartitions}")
    by = key_function(grouper)
    source = outside_caller()

    def body(name: str) -> Blockwise:
        parts = call(f"{name}-split", (count,), split_by_key, [by, targets, bag])
        numbers = Operand(Values((targets,), list(range(targets))), (Axis(0),))
        pieces = Blockwise.call(
            f"{name}-piece", (targets, count), getitem, [Operand(parts, (Axis(1),)), numbers],
            source=source,
        )  # fmt: skip
        taken = Operand(pieces, (Axis(0), Axis(1)))
        return Blockwise.call(
            name, (targets,), groups, [by, taken], contracted=(count,), source=source
        )

    return new_bag("groupby", (bag.name, by, targets), body)


def split_by_key(by: Callable[[Any], Any], count: int, items: Iterable[Any]) -> list[list[Any]]:
    """Return elements by the partition that their key goes to."""
    found: list[list[Any]] = [[] for _ in range(count)]
    known: dict[Any, list[Any]] = {}
    for item in items:
        key = by(item)
        part = known.get(key)
        if part is None:
            part = known[key] = found[stable_hash(key) % count]
        part.append(item)
    return found


def groups(by: Callable[[Any], Any], pieces: list[list[Any]]) -> list[tuple[Any, list[Any]]]:
    """Return pairs of a key and its elements."""
    found: dict[Any, list[Any]] = {}
    for piece in pieces:
        for item in piece:
            found.setdefault(by(item), []).append(item)
    return list(found.items())


def join(bag: Bag, other: Any, on_self: Any, on_other: Any = None) -> Bag:
    """Return pairs of elements with equal keys: of ``other`` first, of this bag second.

    Parameters
    ----------
    other : iterable, Delayed, or Bag of one partition
        Goes to every partition whole, so it should be small.
    on_self, on_other : callable or object
        The keys: functions, or entries that each element has; ``on_self`` for both without the
        second.

    Examples
    --------
    >>> import treadle.bag as db
    >>> people = db.from_sequence(["Alice", "Bob", "Charlie"])
    >>> people.join(["Apple", "Apricot", "Banana"], lambda word: word[0]).compute()
    [('Apple', 'Alice'), ('Apricot', 'Alice'), ('Banana', 'Bob')]
    """
    if isinstance(other, Bag):
        if other.npartitions != 1:
            raise ValueError(
                f"the other bag goes to every partition whole, so it must have one, not "
                f"{other.npartitions}; repartition(1) it, or groupby both"
            )
        other = Operand(other.expr, (Axis(None),))
        token = other.of.name
    elif not base.is_treadle_collection(other):
        other = token = list(other)
    else:
        token = other
    mine = key_function(on_self)
    theirs = key_function(on_other) if on_other is not None else mine
    return new_bag(
        "join",
        (bag.name, token, mine, theirs),
        lambda name: call(name, (bag.npartitions,), joined, [mine, theirs, bag, other]),
    )


def joined(mine: Any, theirs: Any, items: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """Return pairs of elements with equal keys."""
    by_key: dict[Any, list[Any]] = {}
    for other in others:
        by_key.setdefault(theirs(other), []).append(other)
    return [(other, item) for item in items for other in by_key.get(mine(item), ())]


def product(bag: Bag, other: Bag) -> Bag:
    """Return all pairs of an element of this bag and one of another.

    Examples
    --------
    >>> import treadle.bag as db
    >>> db.from_sequence([1, 2]).product(db.from_sequence("ab")).compute()
    [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]
    """
    count, others = bag.npartitions, other.npartitions
    first = tuple(n // others for n in range(count * others))
    second = tuple(n % others for n in range(count * others))
    return new_bag(
        "product",
        (bag.name, other.name),
        lambda name: Blockwise.call(
            name, (count * others,), pairs,
            [Operand(bag.expr, (Axis(0, first),)), Operand(other.expr, (Axis(0, second),))],
            source=outside_caller(),
        ),
    )  # fmt: skip


def pairs(items: Iterable[Any], others: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Return all pairs."""
    found = list(others)
    return [(item, other) for item in items for other in found]
