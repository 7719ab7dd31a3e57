"""Futures in a table that another engine is to run: their values are fetched first.

A collection that was persisted on a cluster stands on futures.  The cluster that has them takes
them as they are; every other engine needs what they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.cluster.client.client import Client
from treadle.cluster.client.future import Future
from treadle.graph.table import TaskTable, literal


def bring_futures(table: TaskTable, engine: Any) -> None:
    """Put values in the places of futures that stand on other clusters than the engine's.

    Raises
    ------
    BaseException
        What the task behind a future raised.
    """
    if literal not in table.functions:
        return
    data = table.functions.index(literal)
    here = getattr(engine, "client", None)
    rows = zip(table.function_index, table.templates, strict=True)
    futures = {
        row: template[0]
        for row, (function, template) in enumerate(rows)
        if function == data and isinstance(template, tuple) and type(template[0]) is Future
    }
    found = {row: item for row, item in futures.items() if item.client is not here}
    clients: Mapping[int, Client] = {id(item.client): item.client for item in found.values()}
    for client in clients.values():
        theirs = [row for row, item in found.items() if item.client is client]
        values = client.gather([found[row] for row in theirs])
        for row, value in zip(theirs, values, strict=True):
            table.templates[row] = (value,)
