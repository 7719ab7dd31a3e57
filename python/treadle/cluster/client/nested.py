"""Futures in nested collections, and what can be done with all of them at once."""

from __future__ import annotations

from collections import deque
from collections.abc import KeysView, ValuesView
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.future import Future
from treadle.protocol.messages import FireAndForget

if TYPE_CHECKING:
    from treadle.cluster.client.session import Session

__all__ = ["fire_and_forget", "futures_of"]


def listed(nested: Any) -> Any:
    """Return what an iterator or a view has, as a list; anything else as it is.

    >>> listed(iter("ab")), listed({1: 2}.values()), listed((1,))
    (['a', 'b'], [2], (1,))
    """
    if hasattr(type(nested), "__next__") or isinstance(nested, (KeysView, ValuesView, deque)):
        return list(nested)
    return nested


def futures_of(nested: Any) -> list[Future]:
    """Return the futures in nested collections, each once.

    Examples
    --------
    >>> futures_of([1, {"a": "b"}])
    []
    """
    found: dict[int, Future] = {}
    stack = [listed(nested)]
    while stack:
        value = stack.pop()
        if isinstance(value, Future):
            found[id(value)] = value
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, (list, tuple, set, frozenset)):
            stack.extend(reversed(list(value)))
        elif hasattr(type(value), "__treadle_lower__"):
            from treadle.cluster.client.lowering import persisted_futures

            stack.append(persisted_futures(value))
    return list(found.values())


def fire_and_forget(obj: Any) -> None:
    """Have tasks run to their end, though nobody keeps their futures.

    Parameters
    ----------
    obj : Future or nested collection of Future

    Examples
    --------
    >>> from treadle import Client, fire_and_forget
    >>> with Client(processes=False, n_workers=1) as client:
    ...     fire_and_forget(client.submit(abs, -1))
    """
    handles: dict[Session, list[int]] = {}
    for future in futures_of(obj):
        handles.setdefault(future.client._session, []).append(future._handle)
    for session, those in handles.items():
        session.send(FireAndForget(those))
