"""treadle: parallel computing for people who think in notebooks.

Public names are loaded when they are first used, so ``import treadle`` costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> module that defines it.
_HOMES = {
    "Delayed": "treadle.delayed",
    "annotate": "treadle.base",
    "compute": "treadle.base",
    "delayed": "treadle.delayed",
    "get": "treadle.base",
    "get_annotations": "treadle.base",
    "is_treadle_collection": "treadle.base",
    "normalize_token": "treadle.graph.tokenize",
    "persist": "treadle.base",
    "tokenize": "treadle.graph.tokenize",
    "visualize": "treadle.base",
}
_MODULES = ("config", "errors", "widgets")

__all__ = [
    "Delayed",
    "__version__",
    "annotate",
    "compute",
    "config",
    "delayed",
    "errors",
    "get",
    "get_annotations",
    "is_treadle_collection",
    "normalize_token",
    "persist",
    "tokenize",
    "visualize",
    "widgets",
]

if TYPE_CHECKING:
    from treadle import config, errors, widgets
    from treadle.base import (
        annotate,
        compute,
        get,
        get_annotations,
        is_treadle_collection,
        persist,
        visualize,
    )
    from treadle.delayed import Delayed, delayed
    from treadle.graph.tokenize import normalize_token, tokenize


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(f"treadle.{name}")
    raise AttributeError(f"module 'treadle' has no attribute {name!r}")


class _Package(ModuleType):
    """Keeps ``treadle.delayed`` the function when the module of that name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "delayed" and isinstance(value, ModuleType):
            value = value.delayed
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Make ``%%parallel`` and its companions available: ``%load_ext treadle``."""
    from treadle.notebook import load_ipython_extension as load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Undo ``%load_ext treadle``."""
    from treadle.notebook import unload_ipython_extension as unload

    unload(shell)
