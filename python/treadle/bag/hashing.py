"""Hashes that are the same in every process: which partition a key goes to.

>>> stable_hash(1) == stable_hash(1.0) == stable_hash(True), stable_hash("a") == stable_hash("b")
(True, False)
"""

from __future__ import annotations

import pickle
from typing import Any
from zlib import crc32


def stable_hash(value: Any) -> int:
    """Return a number that equal values share, in this process and others.

    Python's own hashes of strings differ from process to process.
    """
    kind = type(value)
    if kind is str:
        return crc32(value.encode("utf-8", "surrogatepass"))
    if kind is bytes:
        return crc32(value)
    if value is None:
        return 0
    if isinstance(value, (int, float, complex)):
        return hash(value)
    if isinstance(value, tuple):
        return hash(tuple(map(stable_hash, value)))
    if isinstance(value, frozenset):
        return hash(frozenset(map(stable_hash, value)))
    if isinstance(value, str):
        return crc32(str(value).encode("utf-8", "surrogatepass"))
    return crc32(pickle.dumps(value, 5))
