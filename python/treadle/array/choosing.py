"""Choosing and comparing elements."""

from __future__ import annotations

__all__: list[str] = []
