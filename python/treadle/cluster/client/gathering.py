"""Gather: results in the places of futures, whatever they are nested in.

>>> from treadle.cluster.client.gathering import _rebuild
>>> _rebuild([1, (2, {"a": 3})], {})
[1, (2, {'a': 3})]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.cluster.client.fetching import Failed, values_of
from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import FINISHED, PENDING
from treadle.cluster.client.nested import futures_of, listed
from treadle.cluster.client.waiting import wait_all

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

_SKIPPED: Any = object()


def gather(client: Client, nested: Any, errors: str) -> Any:
    """Wait for the futures in ``nested``, and return it with their results."""
    __tracebackhide__ = True
    nested = listed(nested)
    flat, futures = _flatten(nested)
    if any(f._batch.state[f._index] == PENDING for f in futures):
        with client._waiting():
            wait_all(futures, None, stop_on_failure=errors == "raise")
    values = _values(client, futures, errors)
    if flat:
        return [value for value in values if value is not _SKIPPED]
    if isinstance(nested, Future):
        return None if values[0] is _SKIPPED else values[0]
    return _rebuild(nested, dict(zip(map(id, futures), values, strict=True)))


async def gather_async(client: Client, nested: Any, errors: str) -> Any:
    """Do as `gather` on an event loop."""
    import asyncio

    nested = listed(nested)
    flat, futures = _flatten(nested)
    for future in reversed(futures):
        if future._batch.state[future._index] == PENDING:
            await future._ended_async(None)
        if errors == "raise" and future._batch.state[future._index] > FINISHED:
            break
    if any(not f._has_value() for f in futures):
        values = await asyncio.to_thread(_values, client, futures, errors)
    else:
        values = _values(client, futures, errors)
    if flat:
        return [value for value in values if value is not _SKIPPED]
    if isinstance(nested, Future):
        return None if values[0] is _SKIPPED else values[0]
    return _rebuild(nested, dict(zip(map(id, futures), values, strict=True)))


def _flatten(nested: Any) -> tuple[bool, list[Future]]:
    """Return the futures, and whether ``nested`` is just a list of them."""
    if isinstance(nested, Future):
        return False, [nested]
    if type(nested) is list and set(map(type, nested)) == {Future}:
        return True, nested
    return False, futures_of(nested)


def _values(client: Client, futures: list[Future], errors: str) -> list[Any]:
    """Return the values of futures; the first that failed raises, or all that did are skipped."""
    __tracebackhide__ = True
    if errors == "raise":
        for future in futures:
            if future._batch.state[future._index] > FINISHED:
                future._raise()
    owner = futures[0]._batch.owner if futures else client
    if all(future._batch.owner is owner for future in futures):
        values = values_of(owner, futures, None)
    else:
        values = [values_of(future.client, [future], None)[0] for future in futures]
    for position, value in enumerate(values):
        if isinstance(value, Failed):
            if errors == "raise":
                value.throw()
            values[position] = _SKIPPED
    return values


def _rebuild(nested: Any, values: dict[int, Any]) -> Any:
    """Put values in the places of futures, leaving out what is skipped."""
    if isinstance(nested, Future):
        return values[id(nested)]
    kind = type(nested)
    if kind is dict:
        items = ((key, _rebuild(item, values)) for key, item in nested.items())
        return {key: value for key, value in items if value is not _SKIPPED}
    if kind in (list, set, frozenset, tuple):
        return kind([v for item in nested if (v := _rebuild(item, values)) is not _SKIPPED])
    if isinstance(nested, tuple) and hasattr(nested, "_fields"):
        return kind(*[_rebuild(item, values) for item in nested])
    return nested
