"""Random elements; the same for the same seed, whatever the engine."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import partial
from typing import Any

from treadle.bag.core import Bag, call, new_bag
from treadle.bag.folding import reduced_bag
from treadle.graph.blockwise import Axis, Operand, Values

#: Of a partition: how many elements it has, and some of them.
Sampled = tuple[int, list[Any]]


def random_sample(bag: Bag, prob: float, random_state: Any = None) -> Bag:
    """Keep each element with a probability.

    Parameters
    ----------
    prob : float
        From 0 to 1.
    random_state : int or random.Random, optional

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence(range(1000), npartitions=2)
    >>> 100 < len(b.random_sample(0.2, 1).compute()) < 300
    True
    """
    if not 0 <= prob <= 1:
        raise ValueError(f"a probability is a number from 0 to 1, not {prob}")
    seeds = _seeds(bag, random_state)
    numbers = Operand(Values((bag.npartitions,), seeds), (Axis(0),))
    return new_bag(
        "random_sample",
        (bag.name, prob, seeds),
        lambda name: call(name, (bag.npartitions,), kept, [bag, numbers, prob]),
    )


def kept(items: Iterable[Any], seed: int, prob: float) -> list[Any]:
    """Return each element with a probability."""
    draw = random.Random(seed).random
    return [item for item in items if draw() < prob]


def _seeds(bag: Bag, random_state: Any) -> list[int]:
    source = (
        random_state if isinstance(random_state, random.Random) else random.Random(random_state)
    )
    return [source.getrandbits(64) for _ in range(bag.npartitions)]


def choices(population: Bag, k: int = 1, split_every: int | None = None) -> Bag:
    """Return ``k`` elements, each drawn anew from all of them."""
    return _drawn(population, k, split_every, with_replacement=True)


def sample(population: Bag, k: int, split_every: int | None = None) -> Bag:
    """Return ``k`` different elements.

    Raises
    ------
    ValueError
        When computed, if there are fewer.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence(range(10), npartitions=3)
    >>> len(set(db.random.sample(b, 4).compute()))
    4
    """
    return _drawn(population, k, split_every, with_replacement=False)


def _drawn(bag: Bag, k: int, split_every: int | None, *, with_replacement: bool) -> Bag:
    if k < 0:
        raise ValueError(f"k must be 0 or more, not {k}")
    seed = random.getrandbits(64)
    seeds = _seeds(bag, seed)
    numbers = Operand(Values((bag.npartitions,), seeds), (Axis(0),))
    parts = new_bag(
        "drawn",
        (bag.name, k, with_replacement, seed),
        lambda name: call(name, (bag.npartitions,), draw, [bag, numbers, k, with_replacement]),
    )
    together = partial(merge, seed, k, with_replacement)
    return reduced_bag(
        parts, "sample", _itself, together, partial(finish, together, k, with_replacement),
        split_every,
    )  # fmt: skip


def _itself(part: Sampled) -> Sampled:
    return part


def draw(items: Iterable[Any], seed: int, k: int, with_replacement: bool) -> Sampled:
    """Return how many elements there are, and ``k`` of them at most."""
    found = list(items)
    source = random.Random(seed)
    if with_replacement:
        return len(found), source.choices(found, k=k) if found else []
    return len(found), source.sample(found, min(k, len(found)))


def merge(seed: int, k: int, with_replacement: bool, parts: list[Sampled]) -> Sampled:
    """Draw from parts as if from all of their elements.

    How many come of each part follows the parts' sizes: with replacement one by one, without by
    drawing numbers of elements.
    """
    source = random.Random(f"{seed} {[count for count, _ in parts]}")
    total = sum(count for count, _ in parts)
    if not total:
        return 0, []
    if with_replacement:
        some = [part for part in parts if part[0]]
        chosen = source.choices(some, weights=[count for count, _ in some], k=k)
        return total, [source.choice(found) for _, found in chosen]
    picked = source.sample(range(total), min(k, total))
    found = []
    begin = 0
    for count, items in parts:
        wanted = sum(begin <= place < begin + count for place in picked)
        found += source.sample(items, wanted)
        begin += count
    source.shuffle(found)
    return total, found


def finish(together: Any, k: int, with_replacement: bool, parts: list[Sampled]) -> list[Any]:
    """Return the elements drawn."""
    total, found = together(parts)
    if len(found) < k:
        raise ValueError(
            f"{k} elements can't be drawn of {total}"
            + ("" if with_replacement else " different ones")
        )
    return found  # type: ignore[no-any-return]
