"""Arrays from delayed values and back."""

from __future__ import annotations

__all__: list[str] = []
