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
    "Client": "treadle.cluster.client.client",
    "Delayed": "treadle.delayed",
    "Future": "treadle.cluster.client.future",
    "LocalCluster": "treadle.deploy.local",
    "annotate": "treadle.base",
    "as_completed": "treadle.cluster.client.as_completed",
    "compute": "treadle.base",
    "delayed": "treadle.delayed",
    "fire_and_forget": "treadle.cluster.client.nested",
    "get": "treadle.base",
    "get_annotations": "treadle.base",
    "get_client": "treadle.cluster.client.current",
    "get_worker": "treadle.cluster.worker.context",
    "is_treadle_collection": "treadle.base",
    "normalize_token": "treadle.graph.tokenize",
    "persist": "treadle.base",
    "progress": "treadle.cluster.client.progress",
    "rejoin": "treadle.cluster.worker.context",
    "secede": "treadle.cluster.worker.context",
    "tokenize": "treadle.graph.tokenize",
    "visualize": "treadle.base",
    "wait": "treadle.cluster.client.waiting",
    "worker_client": "treadle.cluster.worker.context",
}
_MODULES = ("array", "bag", "config", "dataframe", "errors", "widgets")

__all__ = [
    "Client",
    "Delayed",
    "Future",
    "LocalCluster",
    "__version__",
    "annotate",
    "as_completed",
    "compute",
    "config",
    "delayed",
    "errors",
    "fire_and_forget",
    "get",
    "get_annotations",
    "get_client",
    "get_worker",
    "is_treadle_collection",
    "normalize_token",
    "persist",
    "progress",
    "rejoin",
    "secede",
    "tokenize",
    "visualize",
    "wait",
    "widgets",
    "worker_client",
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
    from treadle.cluster.client.as_completed import as_completed
    from treadle.cluster.client.client import Client
    from treadle.cluster.client.current import get_client
    from treadle.cluster.client.future import Future
    from treadle.cluster.client.nested import fire_and_forget
    from treadle.cluster.client.progress import progress
    from treadle.cluster.client.waiting import wait
    from treadle.cluster.worker.context import get_worker, rejoin, secede, worker_client
    from treadle.delayed import Delayed, delayed
    from treadle.deploy.local import LocalCluster
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
    """Keeps ``treadle.delayed`` the function when the module of that name is imported.

    A function of a notebook that says ``treadle.get(...)`` takes this module along by its name.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (__name__,)

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
