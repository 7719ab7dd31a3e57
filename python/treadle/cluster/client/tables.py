"""A compiled graph on its way to the scheduler: its rows as columns of messages.

Keys of a table that a collection made are names that every client shares, made from content; keys
that a user wrote into a graph mean something in that graph only, and get private names.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from treadle.cluster.client import keys
from treadle.cluster.client.future import Future
from treadle.cluster.client.ledger import Batch, Observer
from treadle.cluster.client.options import annotated
from treadle.cluster.client.submission import (
    ATOMS,
    MAX_BYTES,
    Arguments,
    Columns,
    function_spec,
    send,
)
from treadle.graph.naming import unique_key
from treadle.graph.table import TaskTable, literal
from treadle.graph.template import Slot, Template, make_template
from treadle.protocol.messages import TaskOptions
from treadle.protocol.serialize import dumps_args

if TYPE_CHECKING:
    from treadle.cluster.client.client import Client

#: Handles of a row's inputs that are no rows of the table, and its template.
Row: TypeAlias = tuple[tuple[int, ...], Any]

# What treadle makes ends in a token; other names somebody chose.
_MADE = re.compile(r"[0-9a-f]{24,}$")


def private_keys(table: TaskTable) -> list[str]:
    """Return keys for a table's rows that nobody else has.

    >>> from treadle.graph.dictgraph import table_from_dict
    >>> table = table_from_dict({"x": (abs, -1)}, ["x"])
    >>> private_keys(table)[0].startswith("x-")
    True
    """
    token = os.urandom(12).hex()
    heads = [f"{prefix or 'data'}-{token}" for prefix in table.prefixes]
    prefix_index = table.prefix_index
    return [f"{heads[prefix_index[n]]}{n:08x}" for n in range(len(table))]


def shared_keys(table: TaskTable) -> list[str]:
    """Return the texts of a table's own keys; a future under its own name gets another one."""
    return [
        unique_key("data")
        if function is literal and type(template) is tuple and type(template[0]) is Future
        else keys.key_text(key)
        for key, function, template in zip(
            table.keys,
            map(table.functions.__getitem__, table.function_index),
            table.templates,
            strict=True,
        )
    ]


def submit_table(
    client: Client,
    table: TaskTable,
    texts: list[str],
    wanted: Iterable[int],
    *,
    watch: bool = False,
    label: str = "",
    options: TaskOptions | None = None,
    priority: float = 0.0,
    chosen: bool = False,
    prepare: Callable[[Batch], Observer | None] | None = None,
    on_output: Callable[[int, str, str, list[str]], None] | None = None,
) -> Batch:
    """Send a table; its row ``n`` is position ``n`` of the batch that is returned.

    Parameters
    ----------
    texts : list of str
        Keys of the rows.
    wanted : iterable of int
        Rows whose results are wanted.
    watch : bool
        Be told of every task that ends.
    chosen : bool
        Keys that look as if somebody chose them are checked for other uses.
    prepare : callable, optional
        Given the batch before anything is sent, returns who follows its rows.
    """
    session = client._session
    rows, kept = read_arguments(client, table)
    batch = session.ledger.open(texts, client)
    if prepare is not None:
        batch.observer = prepare(batch)
    batch.on_output = on_output
    try:
        columns = table_columns(table, rows, texts, batch.base)
        columns.wanted = list(wanted)
        columns.watch = watch
        columns.run = os.urandom(8).hex()
        columns.label = label
        columns.priority = priority
        columns.options = _options(table, options)
        if chosen:
            columns.definitions = _definitions(table, columns, client)
        if len(table):
            send(session, batch.base, columns)
    except BaseException:
        session.ledger.release(range(batch.base, batch.base + len(texts)))
        raise
    del kept
    return batch


def read_arguments(client: Client, table: TaskTable) -> tuple[list[Row], list[Any]]:
    """Return the handles and the template of each row, but for the inputs that are rows as well.

    Futures in the arguments become inputs, and so do large values, which are sent on the way: so
    this comes before the rows get their own handles, which have to be higher.  Also returns what
    must live until all is sent.
    """
    reader = Arguments(client, MAX_BYTES)
    rows: list[Row] = []
    for template, row in zip(table.templates, table.inputs, strict=True):
        handles: tuple[int, ...] = ()
        if isinstance(template, tuple):
            if not ATOMS.issuperset(map(type, template)):
                handles, template = make_template(template, {}, reader.handle_of)
        elif template is not None and _mentions_future(template):
            handles, template = _with_futures(template, len(row), reader)
        rows.append((handles, template))
    return rows, reader.kept


def table_columns(table: TaskTable, rows: list[Row], texts: list[str], base: int) -> Columns:
    """Return a table's rows as columns, the first with the handle ``base``; nothing is wanted yet.

    Parameters
    ----------
    rows : list
        What `read_arguments` returned.
    """
    inputs = [
        tuple([base + number for number in row]) + handles
        for row, (handles, _) in zip(table.inputs, rows, strict=True)
    ]
    return Columns(
        texts,
        [function_spec(function) for function in table.functions],
        list(table.function_index),
        [dumps_args(template) for _, template in rows],
        inputs,
        [],
        groups=list(table.prefixes),
        group=list(table.prefix_index),
    )


def _mentions_future(template: Template) -> bool:
    return Future in map(type, template.args) or Future in map(type, template.kwargs.values())


def _with_futures(
    template: Template, count: int, reader: Arguments
) -> tuple[tuple[int, ...], Template]:
    """Make inputs of the futures among a template's constants, behind ``count`` others."""
    found: list[int] = []
    args = list(template.args)
    builders = list(template.builders)
    keywords = list(template.keywords)
    kwargs = dict(template.kwargs)
    for position, value in enumerate(template.args):
        if type(value) is Future:
            args[position] = None
            builders.append((position, Slot(count + len(found))))
            found.append(reader.handle_of(value))
    for name, value in template.kwargs.items():
        if type(value) is Future:
            del kwargs[name]
            keywords.append((name, Slot(count + len(found))))
            found.append(reader.handle_of(value))
    made = Template(tuple(args), template.holes, tuple(builders), kwargs, tuple(keywords))
    return tuple(found), made


def _options(table: TaskTable, options: TaskOptions | None) -> dict[int, TaskOptions]:
    """Return the wishes for rows: those for all, and on top those of annotations."""
    found = dict.fromkeys(range(len(table)), options) if options is not None else {}
    for number, wishes in table.annotations.items():
        made = annotated(wishes, options)
        if made is not None:
            found[number] = made
    return found


def _definitions(table: TaskTable, columns: Columns, client: Client) -> dict[int, bytes]:
    """Return what the keys stand for that were not made from content."""
    from treadle.graph.tokenize import tokenize

    tokens: dict[int, bytes] = {}
    found = {}
    for number, key in enumerate(table.keys):
        name = key[0] if type(key) is tuple and key else key
        if _MADE.search(keys.key_text(name)):
            continue
        function = columns.function[number]
        if function not in tokens:
            tokens[function] = tokenize(table.functions[function]).encode()
        state = hashlib.sha256(tokens[function])
        state.update(columns.args[number])
        for text in client._keys_of(columns.inputs[number]):
            state.update(b"%d:%s" % (len(text), text.encode()))
        found[number] = state.digest()[:16]
    return found
