"""Names for the plain values that travel everywhere."""

from __future__ import annotations

from typing import TypeAlias

#: What names a result: a string, a number, or a tuple that starts with a name, ``("x", 3, 4)``.
Key: TypeAlias = "str | bytes | int | float | tuple[Key, ...]"

#: Lengths of the blocks along each axis, in elements.
Chunks: TypeAlias = tuple[tuple[int, ...], ...]

#: Where a server listens, ``"tcp://127.0.0.1:8786"``.
Address: TypeAlias = str
