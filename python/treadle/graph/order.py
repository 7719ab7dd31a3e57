"""Depth-first numbering: the order in which tasks are numbered, and so preferred.

Post-order puts each task right behind the last of its inputs, so that intermediate results are
consumed soon after they are made: a tree of n leaves holds about log n of them at a time.
Culling comes for free, since only what is wanted is ever visited.  Linear in tasks and edges.

>>> graph = {"a": (), "b": ("a",), "c": (), "d": ("b", "c"), "unused": ("d",)}
>>> emitted = []
>>> def parse(key): return graph[key], len, None
>>> def emit(key, func, template, inputs): emitted.append(key); return len(emitted) - 1
>>> sorted(depth_first(["d"], parse, emit, known=graph).items())
[('a', 0), ('b', 1), ('c', 2), ('d', 3)]
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

from treadle.errors import CycleError, MissingKeyError
from treadle.types import Key

#: Keys of a node's inputs, and two things that ``emit`` needs to know of it.  With ``ALIAS`` for
#: the first of these, the node is another name of its one input and gets that one's number.
Parsed: TypeAlias = tuple[tuple[Key, ...], Any, Any]

ALIAS = object()


def depth_first(
    roots: Sequence[Key],
    parse: Callable[[Key], Parsed],
    emit: Callable[[Key, Any, Any, tuple[int, ...]], int],
    *,
    known: Collection[Key],
) -> dict[Key, int]:
    """Visit what ``roots`` need, inputs first, and number it.

    Parameters
    ----------
    roots : sequence of Key
        Visited in this order.
    parse : callable
        Key -> ``(inputs, func, template)``; called once a key; raises KeyError where not known.
    emit : callable
        ``(key, func, template, numbers of inputs) -> number``; called once a key, inputs first.
    known : collection of Key
        The keys that ``parse`` understands: to suggest one near to a key that is missing, and to
        know that a path with more nodes than that is a cycle.

    Returns
    -------
    dict
        Key -> number, of all that was visited.

    Raises
    ------
    MissingKeyError, CycleError
    """
    numbers: dict[Key, int] = {}
    size = len(known)
    number_of = numbers.get
    # A frame is a node whose inputs are being visited: it waits here while one of them is.
    frames: _Frames = []
    push, pop = frames.append, frames.pop
    for root in roots:
        if root in numbers:
            continue
        key = root
        while True:
            # Enter a node that was never seen.
            try:
                inputs, func, template = parse(key)
            except KeyError:
                raise _missing(key, frames, known) from None
            rest = iter(inputs)
            found: list[int] = []
            # Leave it, and those that waited for it, until one has an input never seen.
            while True:
                for child in rest:
                    number = number_of(child)
                    if number is None:
                        break
                    found.append(number)
                else:
                    if func is ALIAS:
                        number = numbers[key] = found[0]
                    else:
                        number = numbers[key] = emit(key, func, template, tuple(found))
                    if frames:
                        key, func, template, rest, found = pop()
                        found.append(number)
                        continue
                break
            if number is not None:  # the root itself was left
                break
            push((key, func, template, rest, found))
            if len(frames) > size:  # a path longer than the graph has a node twice
                raise _cycle(frames)
            key = child
    return numbers


_Frames: TypeAlias = list[tuple[Key, Any, Any, Iterator[Key], list[int]]]


def _missing(key: Key, frames: _Frames, known: Iterable[Key]) -> MissingKeyError:
    close: list[str] = []
    if isinstance(key, str):
        names = (name for name in known if isinstance(name, str))
        close = difflib.get_close_matches(key, islice(names, 10_000), n=1)
    return MissingKeyError(key, frames[-1][0] if frames else None, close)


def _cycle(frames: _Frames) -> CycleError:
    """Name the first circle on the path, from end to end."""
    path: dict[Key, None] = {}
    for key, *_ in frames:
        if key in path:
            keys = list(path)
            return CycleError([*keys[keys.index(key) :], key])
        path[key] = None
    raise AssertionError("a path longer than the graph goes through some node twice")
