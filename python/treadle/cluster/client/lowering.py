"""Collections on a cluster: `Client.compute`, `Client.persist` and `Client.get`.

Collections add their nodes to one graph, so what they share runs once; the graph becomes a table,
and the table messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from treadle import config
from treadle.cluster.client.connected import Connected
from treadle.cluster.client.future import Future
from treadle.cluster.client.options import task_options
from treadle.cluster.client.tables import private_keys, shared_keys, submit_table
from treadle.graph.dictgraph import table_from_dict
from treadle.graph.expr import add_collections
from treadle.graph.graph import Graph
from treadle.graph.naming import unique_key
from treadle.graph.optimize import fuse_linear
from treadle.graph.source import outside_caller
from treadle.graph.spec import DataNode, Task, TaskRef, references
from treadle.graph.table import TaskTable, compile_graph, literal
from treadle.protocol.messages import TaskOptions
from treadle.types import Key


class Collections(Connected):
    """The part of a client that runs collections."""

    def compute(
        self,
        collections: Any,
        sync: bool = False,
        optimize_graph: bool = True,
        workers: str | Iterable[str] | None = None,
        allow_other_workers: bool = False,
        resources: Mapping[str, float] | None = None,
        retries: int | None = None,
        priority: float = 0,
        fifo_timeout: Any = None,
        actors: Any = None,
        traverse: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Compute collections on the cluster.

        Parameters
        ----------
        collections : collection, or list of them
            Anything else among them comes back as it is.
        sync : bool
            Wait, and return results instead of futures.
        optimize_graph : bool
            Apply the optimisations that are switched on in the settings.
        workers, allow_other_workers, resources, retries, priority
            As for `submit`, for all tasks.
        traverse : bool
            Look for collections in lists, tuples, sets and dictionaries, too.

        Returns
        -------
        Future or list of Future

        Examples
        --------
        >>> from treadle import Client, delayed
        >>> with Client(processes=False, n_workers=1) as client:
        ...     client.compute(delayed(sum)([1, 2])).result()
        3
        """
        single = _is_collection(collections) or not isinstance(
            collections, (list, tuple, set, frozenset)
        )
        items = [collections] if single else list(collections)
        graph = Graph()
        add_collections([item for item in items if _is_collection(item)], graph, optimize_graph)
        wanted: list[Key | None] = [_key_of(item, graph, traverse) for item in items]
        outputs = list(dict.fromkeys(key for key in wanted if key is not None))
        options = task_options(workers, resources, retries, allow_other_workers)
        futures = self._compute(graph, outputs, optimize_graph, options, priority, "compute")
        found = [
            item if key is None else futures[key] for item, key in zip(items, wanted, strict=True)
        ]
        made: Any = found[0] if single else found
        return self._client.gather(made) if sync else made

    def persist(
        self,
        collections: Any,
        optimize_graph: bool = True,
        workers: str | Iterable[str] | None = None,
        allow_other_workers: bool = False,
        resources: Mapping[str, float] | None = None,
        retries: int | None = None,
        priority: float = 0,
        fifo_timeout: Any = None,
        actors: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Start computing collections, and return collections of the same kind on their results.

        Parameters are those of `compute`.

        Returns
        -------
        collection or list of collection

        Examples
        --------
        >>> from treadle import Client, delayed
        >>> with Client(processes=False, n_workers=1) as client:
        ...     there = client.persist(delayed(sum)([1, 2]))
        ...     (there + 1).compute()
        4
        """
        single = _is_collection(collections)
        items = [collections] if single else list(collections)
        graph = Graph()
        outputs: dict[Key, None] = {}
        there = [item for item in items if _is_collection(item)]
        add_collections(there, graph, optimize_graph)
        for item in there:
            outputs.update(dict.fromkeys(_flatten(item.__treadle_keys__())))
        options = task_options(workers, resources, retries, allow_other_workers)
        futures = self._compute(graph, list(outputs), optimize_graph, options, priority, "persist")
        nodes = {key: DataNode(key, future) for key, future in futures.items()}
        made = [
            item.__treadle_postpersist__(nodes) if _is_collection(item) else item for item in items
        ]
        return made[0] if single else made

    def get(
        self,
        dsk: Mapping[Key, Any],
        keys: Any,
        workers: str | Iterable[str] | None = None,
        allow_other_workers: bool = False,
        resources: Mapping[str, float] | None = None,
        sync: bool = True,
        asynchronous: bool | None = None,
        direct: bool | None = None,
        retries: int | None = None,
        priority: float = 0,
        fifo_timeout: Any = None,
        actors: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Run a Dask-style graph: a dictionary of keys and tuples with a function in front.

        Its keys are its own: the same key in another graph is another task.

        Parameters
        ----------
        dsk : mapping
            ``{"x": 1, "y": (inc, "x")}``
        keys : Key or nested list of Key
            Which results.
        sync : bool
            False: return futures.
        workers, allow_other_workers, resources, retries, priority
            As for `submit`, for all tasks.

        Examples
        --------
        >>> from operator import add
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     client.get({"x": 1, "y": (add, "x", 10)}, ["x", "y"])
        [1, 11]
        """
        outputs = list(dict.fromkeys(_flatten(keys)))
        table = table_from_dict(dsk, outputs, outside_caller())
        options = task_options(workers, resources, retries, allow_other_workers)
        futures = self._send(table, private_keys(table), options, priority, "get")
        nested = _nest(keys, futures)
        return self._client.gather(nested) if sync else nested

    # -- inside ----------------------------------------------------------------------------------

    def _compute(
        self,
        graph: Graph,
        outputs: list[Key],
        optimize_graph: bool,
        options: TaskOptions | None,
        priority: float,
        label: str,
    ) -> dict[Key, Future]:
        """Send what ``outputs`` need, and return a future of each."""
        if not outputs:
            return {}
        nodes: Any = graph
        if optimize_graph and config.get("optimization.fuse"):
            nodes = fuse_linear(graph, outputs)
        table = compile_graph(nodes, outputs)
        return self._send(table, shared_keys(table), options, priority, label, chosen=True)

    def _send(
        self,
        table: TaskTable,
        texts: list[str],
        options: TaskOptions | None,
        priority: float,
        label: str,
        chosen: bool = False,
    ) -> dict[Key, Future]:
        wanted = list(dict.fromkeys(table.outputs))
        batch = submit_table(
            self._client, table, texts, wanted, label=label, options=options,
            priority=float(priority), chosen=chosen,
        )  # fmt: skip
        futures = {number: Future(batch, number, table.keys[number]) for number in wanted}
        # Nobody here looks at the others: they need no place in the ledger.
        self._session.ledger.release(
            [batch.base + n for n in range(len(table)) if n not in futures]
        )
        return {
            key: futures[number]
            for key, number in zip(table.output_keys, table.outputs, strict=True)
        }


def persisted_futures(collection: Any) -> list[Future]:
    """Return the futures that a persisted collection stands on."""
    graph = Graph()
    collection.__treadle_lower__(graph)
    values = [node.value for node in graph.values() if isinstance(node, DataNode)]
    for layer in graph.layers.values():
        if layer.functions == [literal]:
            values += [args[0] for args in layer.templates or () if isinstance(args, tuple)]
    return [value for value in values if isinstance(value, Future)]


def _is_collection(value: Any) -> bool:
    return hasattr(type(value), "__treadle_lower__")


def _key_of(item: Any, graph: Graph, traverse: bool) -> Key | None:
    """Return the key of what becomes of ``item``, or None if nothing does.

    A collection is in the graph already; those inside containers are added.
    """
    if _is_collection(item):
        keys = item.__treadle_keys__()
        if getattr(type(item), "__treadle_is_its_key__", False):
            return keys  # type: ignore[no-any-return]
        key = unique_key(f"finalize-{type(item).__name__.lower()}")
        graph.add(Task(key, item.__treadle_postcompute__, (references(keys),)))
        return key
    if not traverse:
        return None
    replaced = _replace(item, graph)
    if replaced is item:
        return None
    key = unique_key("finalize")
    graph.add(Task(key, literal, (replaced,)))
    return key


def _replace(value: Any, graph: Graph) -> Any:
    """Copy containers with references in the places of collections; the very value if none is."""
    if _is_collection(value):
        value.__treadle_lower__(graph)
        return TaskRef(_key_of(value, graph, False))  # type: ignore[arg-type]
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        items = [_replace(item, graph) for item in value]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return kind(items) if changed else value
    if kind is dict:
        pairs = {key: _replace(item, graph) for key, item in value.items()}
        return pairs if any(pairs[key] is not value[key] for key in value) else value
    return value


def _flatten(nested: Any) -> Iterable[Key]:
    if not isinstance(nested, list):
        yield nested
        return
    for item in nested:
        yield from _flatten(item)


def _nest(nested: Any, futures: Mapping[Key, Future]) -> Any:
    if isinstance(nested, list):
        return [_nest(item, futures) for item in nested]
    return futures[nested]
