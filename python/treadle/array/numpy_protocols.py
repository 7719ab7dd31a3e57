"""NumPy's functions on arrays in blocks."""

from __future__ import annotations

__all__: list[str] = []
