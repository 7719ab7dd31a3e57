"""Blocks with their neighbours' borders."""

from __future__ import annotations

__all__: list[str] = []
