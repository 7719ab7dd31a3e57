"""The columns of a ``map``: ten thousand calls without an object each.

    iterables ── zip ──> rows ── dumps_args ──> bytes ── hash ──> keys

Rows of plain numbers and short texts go straight through; in others futures and large values are
looked for.  Keyword arguments are the same for all calls, and travel with the function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from treadle.cluster.client import keys
from treadle.cluster.client.submission import (
    ATOMS,
    LARGE,
    SMALL,
    Arguments,
    Columns,
    function_spec,
    warn_of_size,
)
from treadle.graph.naming import unique_key
from treadle.protocol.messages import TaskOptions
from treadle.protocol.serialize import dumps_args

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

#: Bytes of a text from which on it is looked at like any other value.
LONG_TEXT = 10_000


def map_columns(
    client: Client,
    func: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    kwargs: dict[str, Any],
    key: Any,
    pure: bool,
    options: TaskOptions | None,
    priority: float,
) -> tuple[Columns, list[Any], list[Any]] | None:
    """Return the rows of a map, what its keys are called, and what must live until they were sent.

    Returns None if there is nothing to map over.
    """
    rows = list(zip(*iterables, strict=False))
    if not rows:
        return None
    count = len(rows)
    if any(map(_is_long, rows[0])):
        warn_of_size(func, rows[0], {})
    reader = Arguments(client, LARGE)
    names, holes = _shared(client, func, kwargs, reader)
    called = functools.partial(func, **names) if names else func
    spec = function_spec(called)
    if not holes and all(_is_plain(column) for column in zip(*rows, strict=True)):
        blobs = list(map(dumps_args, rows))
        inputs: list[tuple[int, ...]] = [()] * count
    else:
        blobs, inputs = [], []
        for row in rows:
            handles, template = reader.read(row, holes)
            inputs.append(handles)
            blobs.append(dumps_args(template))
    chosen: dict[int, bytes] = {}
    labels: list[Any]
    if isinstance(key, (list, tuple)):
        labels = list(key)
        if len(labels) != count:
            raise ValueError(f"{len(labels)} keys were given for {count} calls")
    elif key is not None and not isinstance(key, str):
        raise TypeError(f"key must be a text or a list of keys, not {type(key).__name__}")
    elif pure:
        labels = _content_keys(client, key or spec.name, spec.digest, blobs, inputs)
    else:
        labels = [unique_key(key or spec.name) for _ in range(count)]
    if isinstance(key, (list, tuple)):
        chosen = {n: keys.definition(func, row, kwargs) for n, row in enumerate(rows)}
        texts = list(map(keys.key_text, labels))
    else:
        texts = labels
    columns = Columns(
        texts,
        [spec],
        [0] * count,
        blobs,
        inputs,
        range(count),
        groups=[key if isinstance(key, str) else spec.name],
        group=[0] * count,
        priority=priority,
        options=dict.fromkeys(range(count), options) if options is not None else {},
        definitions=chosen,
    )
    return columns, labels, reader.kept


def _is_plain(column: tuple[Any, ...]) -> bool:
    """Tell whether all values of a column are small and hold nothing."""
    kinds = set(map(type, column))
    if kinds <= ATOMS:
        return True
    if not kinds <= SMALL:
        return False
    return not any(map(_is_long, column))


def _is_long(value: Any) -> bool:
    return type(value) not in ATOMS and (type(value) not in (str, bytes) or len(value) > LONG_TEXT)


def _shared(
    client: Client, func: Callable[..., Any], kwargs: dict[str, Any], reader: Arguments
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide keyword arguments into those that travel with the function, and inputs of each call.

    The second are futures, large values, or what holds some.
    """
    if not kwargs:
        return {}, {}
    warn_of_size(func, (), kwargs)
    names: dict[str, Any] = {}
    holes: dict[str, Any] = {}
    for name, value in kwargs.items():
        handles, _ = reader.read((value,), {})
        (holes if handles else names)[name] = value
    return names, holes


def _content_keys(
    client: Client, name: str, digest: bytes, blobs: list[bytes], inputs: list[tuple[int, ...]]
) -> list[str]:
    if not any(inputs):
        return keys.content_keys(name, digest, blobs)
    return [
        keys.content_key(name, digest, blob, client._keys_of(row))
        for blob, row in zip(blobs, inputs, strict=True)
    ]
