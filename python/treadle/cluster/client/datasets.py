"""Results under a name, for later and for others: `Client.publish_dataset` and its companions.

A published dataset is pickled with its futures by key; the scheduler keeps the results for as long
as the name stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from treadle.cluster.client.connected import Connected
from treadle.protocol.messages import Publish, Query

_MISSING: Any = object()


class Datasets(Connected):
    """The part of a client that publishes."""

    def publish_dataset(
        self, *args: Any, name: str | None = None, override: bool = False, **kwargs: Any
    ) -> Any:
        """Give results a name that every client of the cluster can ask for.

        Parameters
        ----------
        *args : object
            One future, persisted collection or container of them, under ``name``.
        name : str
        override : bool
            Replace what has this name.
        **kwargs
            Names and what they stand for.

        Raises
        ------
        TreadleError
            If the name is taken.

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     client.publish_dataset(one=client.submit(abs, -1))
        ...     client.list_datasets(), client.get_dataset("one").result()
        (('one',), 1)
        """
        if args and name is None:
            raise ValueError("say what it is to be called: publish_dataset(data, name='...')")
        if len(args) > 1:
            raise ValueError("one dataset has one name: publish_dataset(a=..., b=...)")
        if name is not None and not args:
            raise ValueError(f"say what {name!r} stands for: publish_dataset(data, name={name!r})")
        wanted = {str(name): args[0], **kwargs} if args else kwargs
        return self._sync(self._publish, wanted, override)

    def _publish(self, datasets: dict[str, Any], override: bool) -> None:
        from treadle.cluster.client.nested import futures_of
        from treadle.protocol.serialize import dumps_value

        for name, value in datasets.items():
            handles = [future._handle for future in futures_of(value)]
            blob = dumps_value(value)
            self._session.ask(
                lambda number, n=name, b=blob, h=handles: Publish(number, n, b, h, override)  # type: ignore[misc]
            )

    def get_dataset(self, name: str, default: Any = _MISSING, **kwargs: Any) -> Any:
        """Return what was published under a name.

        Parameters
        ----------
        name : str
        default : object, optional
            Returned if there is no such name.

        Raises
        ------
        KeyError
        """
        return self._sync(self._get_dataset, name, default)

    def _get_dataset(self, name: str, default: Any) -> Any:
        from treadle.cluster.client import current
        from treadle.protocol.serialize import loads_value

        if name not in self._list_datasets():
            if default is _MISSING:
                raise KeyError(f"no dataset is called {name!r}; see client.list_datasets()")
            return default
        blob = self._session.ask(lambda number: Query(number, "dataset", {"name": name}))
        with current.as_current(self):  # type: ignore[arg-type]
            return loads_value(blob)

    def list_datasets(self, **kwargs: Any) -> Any:
        """Return the names that something is published under, as a tuple."""
        return self._sync(self._list_datasets)

    def _list_datasets(self) -> tuple[str, ...]:
        return tuple(self._session.ask(lambda number: Query(number, "datasets")) or ())

    def unpublish_dataset(self, name: str, **kwargs: Any) -> Any:
        """Take a name away; results that nobody else wants are dropped.

        Raises
        ------
        KeyError
        """
        return self._sync(self._unpublish, name)

    def _unpublish(self, name: str) -> None:
        if name not in self._list_datasets():
            raise KeyError(f"no dataset is called {name!r}; see client.list_datasets()")
        self._session.ask(lambda number: Query(number, "unpublish", {"name": name}))

    @property
    def datasets(self) -> DatasetMapping:
        """The published datasets, as a mapping."""
        return DatasetMapping(self)


class DatasetMapping:
    """``client.datasets["name"]``."""

    def __init__(self, client: Datasets):
        self._client = client

    def __getitem__(self, name: str) -> Any:
        return self._client.get_dataset(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._client.publish_dataset(value, name=name)

    def __delitem__(self, name: str) -> None:
        self._client.unpublish_dataset(name)

    def __contains__(self, name: object) -> bool:
        return name in self._client.list_datasets()

    def __iter__(self) -> Iterator[str]:
        return iter(self._client.list_datasets())

    def __len__(self) -> int:
        return len(self._client.list_datasets())

    def __repr__(self) -> str:
        return f"<datasets: {', '.join(self) or 'none'}>"
