"""Widgets for dashboards of your own: ``treadle.widgets.RunProgress``."""

from __future__ import annotations

from treadle.notebook.widgets import RunProgress

__all__ = ["RunProgress"]
