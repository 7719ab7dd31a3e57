"""Keys of tasks: names made from content, and what a chosen key stands for.

A key made from content says everything that is shipped: the digest of the function, the bytes of
the arguments, the keys of the inputs.  Equal keys are equal tasks, whoever sends them.

>>> content_keys("inc", b"digest", [b"1", b"2"])[0] == content_keys("inc", b"digest", [b"1"])[0]
True
>>> key_text(("x", 1))
"('x', 1)"
"""

from __future__ import annotations

import hashlib
from typing import Any

from treadle.types import Key


def key_text(key: Key) -> str:
    """Return the text that stands for a key on the wire."""
    return key if type(key) is str else str(key)


def content_keys(name: str, digest: bytes, blobs: list[bytes]) -> list[str]:
    """Return the keys of calls of one function without inputs, by the bytes of their arguments."""
    begin = hashlib.sha256(digest).copy
    start = name + "-"
    keys = []
    for blob in blobs:
        state = begin()
        state.update(blob)
        keys.append(start + state.hexdigest()[:32])
    return keys


def content_key(name: str, digest: bytes, blob: bytes, inputs: list[str]) -> str:
    """Return the key of one call; ``inputs`` are the keys of its inputs, in their order."""
    state = hashlib.sha256(digest)
    state.update(blob)
    for key in inputs:
        text = key.encode()
        state.update(b"%d:" % len(text))  # so that no two lists of keys read alike
        state.update(text)
    return f"{name}-{state.hexdigest()[:32]}"


def definition(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return what a key that somebody chose stands for, without the lines it is written on."""
    from treadle.graph.tokenize import tokenize

    return bytes.fromhex(tokenize(function, args, kwargs))
