"""What the parts of a client have in common: the connection that they speak over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from treadle.cluster.client.client import Client
    from treadle.cluster.client.session import Session
    from treadle.comm.transfer import DataClient


class Connected:
    """Base of the parts of `Client`; all of this is the client's."""

    asynchronous: bool

    if TYPE_CHECKING:

        @property
        def _client(self) -> Client: ...

        @property
        def _session(self) -> Session: ...

        @property
        def _data(self) -> DataClient: ...

        def _sync(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any: ...

        def _waiting(self) -> AbstractContextManager[Any]: ...

        def _keys_of(self, handles: tuple[int, ...]) -> list[str]: ...
