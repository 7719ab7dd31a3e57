"""Arrays made of nothing but a shape."""

from __future__ import annotations

__all__: list[str] = []
