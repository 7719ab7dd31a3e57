"""Names of tasks: keys that cannot clash, and the prefix that people see.

>>> key_prefix("load-0123456789abcdef"), key_prefix(("sum", 3, 4)), key_prefix("load_12")
('load', 'sum', 'load')
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import count
from typing import Any

from treadle.types import Key

# "load-3f2a9c01...": a name and a token;  "load_12", "x7": a name and a number.
_TOKEN = re.compile(r"(.+?)[-_#.]?(?:-[0-9a-f]{8,}|[-_#.]?\d+)$", re.DOTALL)

_session = os.urandom(8).hex()
_serial = count()


def _new_session() -> None:
    global _session
    _session = os.urandom(8).hex()


# A forked child counts on from the same number, so it needs a session of its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_session)


def unique_key(name: str) -> str:
    """Return a key ``name-<16 hex session><8 hex serial>`` that nobody else has."""
    return f"{name}-{_session}{next(_serial):08x}"


def key_prefix(key: Key) -> str:
    """Return the name of the group a key belongs to: the key less its token or number."""
    while type(key) is tuple and key:
        key = key[0]
    text = key if type(key) is str else str(key)
    if text[-24:-8] == _session:  # made by unique_key: most keys of a program
        return text[:-25]
    match = _TOKEN.match(text)
    return match[1] if match else text


def function_name(func: Callable[..., Any]) -> str:
    """Return a short name for a callable, fit to begin a key.

    >>> from functools import partial
    >>> function_name(partial(max, 1)), function_name(str.upper), function_name(lambda: 0)
    ('max', 'upper', 'lambda')
    """
    while hasattr(func, "func") and not hasattr(func, "__name__"):
        func = func.func  # functools.partial and its like
    name = getattr(func, "__name__", None) or type(func).__name__
    return str(name).strip("<>")
