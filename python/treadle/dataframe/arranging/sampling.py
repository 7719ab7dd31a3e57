"""Rows by chance, the same ones for the same seed, on every engine.

Each partition has a stream of random numbers of its own, spawned from the seed when the collection
is made; so what is chosen depends neither on the order of tasks nor on columns that are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from treadle.dataframe.build import new_collection
from treadle.dataframe.selecting.rows import Rows


def seeds_of(random_state: Any, count: int) -> list[tuple[int, ...]]:
    """Return a seed for each of ``count`` partitions.

    Parameters
    ----------
    random_state : int, Generator, RandomState, BitGenerator or None
        None for seeds that differ each time. Generators are drawn from once.

    Examples
    --------
    >>> seeds_of(0, 2) == seeds_of(0, 2), seeds_of(0, 1)[0] == seeds_of(0, 2)[1]
    (True, False)
    """
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(0, 2**31, size=4).tolist()
    elif isinstance(random_state, np.random.BitGenerator | np.random.Generator):
        generator = np.random.default_rng(random_state)
        random_state = generator.integers(0, 2**63, size=4).tolist()
    elif random_state is not None and not hasattr(random_state, "__index__"):
        random_state = list(random_state)
    root = np.random.SeedSequence(random_state)
    words: Any = root.generate_state(2, np.uint64)
    return [(*(int(word) for word in words), n) for n in range(count)]


def sample(frame: Any, n: Any, frac: Any, replace: bool, random_state: Any) -> Any:
    """Return some rows of each partition; see ``DataFrame.sample``."""
    if n is not None:
        raise NotImplementedError(
            "a number of rows can't be chosen before it is known how many there are; give frac="
        )
    if frac is None:
        raise ValueError("give frac=, the share of rows")
    if frac < 0:
        raise ValueError(f"frac must not be negative: {frac}")
    if frac > 1 and not replace:
        raise ValueError(f"frac={frac} takes rows more than once, which needs replace=True")
    return new_collection(
        Rows(
            "sample", frame.expr, sampled, values=seeds_of(random_state, frame.npartitions),
            kwargs={"frac": float(frac), "replace": bool(replace)}, reads=[],
        )
    )  # fmt: skip


def sampled(part: Any, seed: tuple[int, ...], *, frac: float, replace: bool) -> Any:
    """Return a share of the rows, in the order in which they were drawn.

    The fraction of a row that is left over is a row by as much chance: many small partitions give
    as many rows as one large one.
    """
    rng = np.random.default_rng(seed)
    wanted = frac * len(part)
    count = int(wanted) + bool(rng.random() < wanted % 1)
    if replace:
        return part.iloc[rng.integers(0, max(len(part), 1), size=count)] if len(part) else part
    return part.iloc[rng.permutation(len(part))[:count]]


def random_split(frame: Any, frac: Sequence[float], random_state: Any, shuffle: bool) -> list[Any]:
    """Return frames that have the rows between them; see ``DataFrame.random_split``."""
    shares = [float(share) for share in frac]
    if not shares or any(share < 0 for share in shares) or not np.isclose(sum(shares), 1):
        raise ValueError(f"frac must be shares that sum to 1, not {list(frac)!r}")
    seeds = seeds_of(random_state, frame.npartitions)
    return [
        new_collection(
            Rows(
                "split", frame.expr, split_off, values=seeds, reads=[],
                kwargs={"shares": shares, "which": which, "shuffle": bool(shuffle)},
            )
        )
        for which in range(len(shares))
    ]  # fmt: skip


def split_off(
    part: Any, seed: tuple[int, ...], *, shares: list[float], which: int, shuffle: bool
) -> Any:
    """Return the rows that fall to one of the shares; the same draw for all of them."""
    rng = np.random.default_rng(seed)
    borders = np.cumsum(shares)[:-1]
    rows = np.flatnonzero(np.searchsorted(borders, rng.random(len(part)), side="right") == which)
    return part.iloc[rng.permutation(rows) if shuffle else rows]
