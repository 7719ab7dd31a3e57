"""The notebook face: ``%load_ext treadle``, ``%%parallel``, progress and pictures."""

from __future__ import annotations

import logging
import threading
from typing import Any

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

log = logging.getLogger(__name__)

_LOADED = "_treadle_magics"


def load_ipython_extension(shell: Any) -> None:
    """Register the magics, show progress of runs, and let the lab see this kernel's tasks.

    Examples
    --------
    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> shell = InteractiveShell.instance()
    >>> load_ipython_extension(shell)
    >>> "parallel" in shell.magics_manager.magics["cell"]
    True
    """
    from treadle.graph.source import name_cells
    from treadle.notebook.clusters import ClusterMagics, complete
    from treadle.notebook.magics import ParallelMagics

    if getattr(shell, _LOADED, None) is not None:
        return
    magics = ParallelMagics(shell=shell, parent=shell)
    magics.clusters = clusters = ClusterMagics(shell=shell, parent=shell)
    shell.register_magics(magics)
    shell.register_magics(clusters)
    shell.set_hook(
        "complete_command",
        lambda _, event: complete(clusters, event.text_until_cursor),
        str_key="%cluster",
    )
    if magics not in shell.configurables:
        shell.configurables.append(magics)  # for %config
    setattr(shell, _LOADED, (magics, _watch_runs(shell)))
    name_cells(lambda filename: _cell_name(shell, filename))
    if getattr(shell, "kernel", None) is not None:
        threading.Thread(target=_serve_feed, name="treadle-feed-start", daemon=True).start()


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again."""
    from treadle.graph.source import name_cells

    loaded = getattr(shell, _LOADED, None)
    if loaded is None:
        return
    magics, stop_watching = loaded
    stop_watching()
    name_cells(lambda filename: None)
    shell.configurables.remove(magics)
    magics.clusters.close()
    for kind in ("line", "cell"):
        for name in ("parallel", "graph", "cluster"):
            shell.magics_manager.magics[kind].pop(name, None)
    setattr(shell, _LOADED, None)


def _cell_name(shell: Any, filename: str) -> str | None:
    """``cell In[7]`` for the file name that IPython gave a cell."""
    found = shell.compile.format_code_name(filename)
    return f"{found[0].lower()} {found[1]}" if found else None


def _watch_runs(shell: Any) -> Any:
    """Show runs that are not started by ``%%parallel``, such as ``x.compute()``."""
    try:
        from treadle.notebook.progress import watch_runs
        from treadle.telemetry.hub import default_hub

        return watch_runs(default_hub(), shell)
    except Exception:
        log.exception("runs will show no progress")
        return lambda: None


def _serve_feed() -> None:
    """Serve telemetry; the magic works without, so a failure is only told to the log."""
    try:
        from treadle.feedserver import ensure_served

        ensure_served(kind="kernel", label=_label(), kernel_id=_kernel_id())
    except Exception:
        log.exception("the lab will not see the tasks of this kernel")


def _kernel_id() -> str | None:
    """Jupyter's id of this kernel, as its connection file is named after it."""
    from pathlib import Path

    try:
        from ipykernel.connect import get_connection_file

        stem = Path(get_connection_file()).stem
    except Exception:  # no kernel application: embedded
        return None
    return stem.removeprefix("kernel-") if stem.startswith("kernel-") else None


def _label() -> str:
    """The notebook's name, where the server tells it."""
    import os
    from pathlib import Path

    session = os.environ.get("JPY_SESSION_NAME", "")
    return Path(session).name or f"kernel {os.getpid()}"
