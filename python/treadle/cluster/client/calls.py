"""Calls become tasks: `Client.submit` and `Client.map`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from treadle.cluster.client import keys
from treadle.cluster.client.connected import Connected
from treadle.cluster.client.future import Future
from treadle.cluster.client.mapping import map_columns
from treadle.cluster.client.options import task_options
from treadle.cluster.client.submission import (
    ATOMS,
    MAX_BYTES,
    Arguments,
    Columns,
    function_spec,
    send,
    warn_of_size,
)
from treadle.graph.naming import unique_key
from treadle.graph.template import Template
from treadle.protocol.serialize import dumps_args
from treadle.types import Key


class Calls(Connected):
    """The part of a client that sends calls."""

    def submit(
        self,
        func: Callable[..., Any],
        /,
        *args: Any,
        key: Key | None = None,
        workers: str | Iterable[str] | None = None,
        resources: Mapping[str, float] | None = None,
        retries: int | None = None,
        priority: float = 0,
        fifo_timeout: Any = None,
        allow_other_workers: bool = False,
        actor: bool = False,
        actors: bool = False,
        pure: bool = True,
        **kwargs: Any,
    ) -> Future:
        """Have ``func(*args, **kwargs)`` called on a worker.

        Parameters
        ----------
        func : callable
        *args, **kwargs
            Futures among them, also inside lists, tuples, sets and dictionaries, are replaced by
            their results.
        key : str or tuple, optional
            Name of the task.  Without it one is made from the content, so that equal calls share
            one result.
        workers : str or iterable of str, optional
            Names or hosts of the workers that may run it.
        resources : mapping, optional
            What it takes of a worker while it runs, such as ``{"GPU": 1}``.
        retries : int, optional
            How often to try again when it fails.
        priority : float
            Higher goes first.
        allow_other_workers : bool
            ``workers`` are a preference only.
        pure : bool
            False: equal calls are different tasks.
        fifo_timeout, actor, actors
            Taken for Dask's sake; actors are not there yet.

        Returns
        -------
        Future

        Raises
        ------
        UnpicklableError
            If an argument can't travel; it is named.
        ClientClosed, SchedulerLost

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     one = client.submit(abs, -1)
        ...     client.submit(max, one, 5).result()
        5
        """
        if actor or actors:
            raise NotImplementedError("actors are not there yet; keep state in a worker's module")
        if not callable(func):
            raise TypeError(f"the first argument of submit must be callable, not {func!r}")
        session = self._session
        session.check()
        spec = function_spec(func)
        inputs: tuple[int, ...] = ()
        template: Template | tuple[Any, ...] | None = args
        reader: Arguments | None = None
        if kwargs or not ATOMS.issuperset(map(type, args)):
            warn_of_size(func, args, kwargs)
            reader = Arguments(self._client, MAX_BYTES)
            inputs, template = reader.read(args, kwargs)
        blob = dumps_args(template)
        definitions: dict[int, bytes] = {}
        if key is not None:
            definitions[0] = keys.definition(func, args, kwargs)
            text = keys.key_text(key)
        elif pure:
            text = key = keys.content_key(spec.name, spec.digest, blob, self._keys_of(inputs))
        else:
            text = key = unique_key(spec.name)
        options = task_options(workers, resources, retries, allow_other_workers)
        batch = session.ledger.open([text], self)
        columns = Columns(
            batch.keys, [spec], [0], [blob], [inputs], [0], False, "", "", [spec.name], [0],
            float(priority), {0: options} if options is not None else {}, definitions,
        )  # fmt: skip
        future = Future(batch, 0, key)
        send(session, batch.base, columns)
        return future

    def map(
        self,
        func: Callable[..., Any],
        /,
        *iterables: Iterable[Any],
        key: str | list[Key] | None = None,
        workers: str | Iterable[str] | None = None,
        retries: int | None = None,
        resources: Mapping[str, float] | None = None,
        priority: float = 0,
        allow_other_workers: bool = False,
        fifo_timeout: Any = None,
        actor: bool = False,
        actors: bool = False,
        pure: bool = True,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> list[Future]:
        """Have ``func`` called on each element, or on the elements of several side by side.

        Parameters
        ----------
        func : callable
        *iterables : iterables
            As for the builtin ``map``: the shortest one ends it.
        key : str or list, optional
            A prefix of the keys, or all of them.
        batch_size : int, optional
            Taken for Dask's sake: many calls are sent together anyway.
        **kwargs
            The same for all calls; sent once.
        workers, retries, resources, priority, allow_other_workers, pure
            As for `submit`.

        Returns
        -------
        list of Future

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     client.gather(client.map(pow, [2, 3], [3, 2]))
        [8, 9]
        """
        if actor or actors:
            raise NotImplementedError("actors are not there yet; keep state in a worker's module")
        if not callable(func):
            raise TypeError(f"the first argument of map must be callable, not {func!r}")
        if not iterables:
            raise ValueError("map needs something to map over")
        session = self._session
        session.check()
        options = task_options(workers, resources, retries, allow_other_workers)
        made = map_columns(
            self._client, func, iterables, kwargs, key, pure, options, float(priority)
        )
        if made is None:
            return []
        columns, names, kept = made
        batch = session.ledger.open(columns.keys, self)
        futures = [Future(batch, index, name) for index, name in enumerate(names)]
        send(session, batch.base, columns)
        del kept
        return futures
