"""Secrets that don't show themselves.

>>> new_secret()
Secret('***')
>>> len(new_secret().reveal())
64
"""

from __future__ import annotations

import hmac
import os
from typing import NoReturn


class Secret:
    """A token that doesn't show itself in reprs, logs, tracebacks or pickles.

    Examples
    --------
    >>> Secret("c0ffee")
    Secret('***')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the wire and the record."""
        return self._value

    def matches(self, other: str) -> bool:
        """Equal?  Takes as long for a near miss as for any other."""
        return hmac.compare_digest(self._value.encode(), other.encode(errors="replace"))

    def __repr__(self) -> str:
        return "Secret('***')"

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        # Pickles travel to workers and to disk; who needs a secret is handed it on purpose.
        raise TypeError("a secret is not pickled; hand over what reveal() gives, where it is safe")


def new_secret() -> Secret:
    """32 random bytes, in hex."""
    return Secret(os.urandom(32).hex())
