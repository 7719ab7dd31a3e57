"""String methods on every element: ``b.str``."""

from __future__ import annotations

from typing import Any

from treadle.bag.core import Bag
from treadle.bag.mapping import map as map_bag


class StringAccessor:
    """The methods of ``str``, each on every element of a bag.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence(["Alice Smith", "Bob Jones"])
    >>> b.str.lower().compute(), b.str.split(" ").compute()
    (['alice smith', 'bob jones'], [['Alice', 'Smith'], ['Bob', 'Jones']])
    >>> b.str.match("*Smith").compute()
    ['Alice Smith']
    """

    def __init__(self, bag: Bag):
        self._bag = bag

    def __dir__(self) -> list[str]:
        return sorted({"match", *(name for name in dir(str) if not name.startswith("_"))})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(str, name):
            raise AttributeError(f"strings have no method {name!r}")
        method = getattr(str, name)
        return lambda *args, **kwargs: map_bag(method, self._bag, *args, **kwargs)

    def match(self, pattern: str) -> Bag:
        """Keep the strings that match a pattern of ``*`` and ``?``, as file names do."""
        from fnmatch import fnmatch
        from functools import partial

        return self._bag.filter(partial(fnmatch, pat=pattern))
