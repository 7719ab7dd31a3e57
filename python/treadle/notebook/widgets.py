"""Progress as an ipywidget, for people who put their own dashboards together.

Live while a cell blocks: the shared ticker sets the ``view`` from its thread, and widget messages
leave the kernel though its main thread is busy. The drawing is ``run_progress.js``, one ESM file
that anywidget brings to JupyterLab, Notebook, VS Code, Colab and marimo.
"""

from __future__ import annotations

import contextvars
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from treadle.notebook.bundle import run_json, sentence
from treadle.notebook.summary import summarise
from treadle.notebook.ticker import ticker
from treadle.utils.palette import CATEGORIES, STATES

if TYPE_CHECKING:
    from treadle.telemetry.hub import EventHub
    from treadle.telemetry.recorder import RunRecorder
    from treadle.telemetry.views import RunReport

#: Seconds before a run that has just begun is drawn: most runs are over by then.
DELAY = 0.1

_IDLE = {"version": 1, "state": "idle", "groups": [], "notes": [], "line": "no run yet"}
_COLOURS = {
    "categories": list(CATEGORIES),
    "states": {
        "running": STATES["running"],
        "finished": STATES["done"],
        "failed": STATES["failed"],
        "waiting": STATES["waiting"],
    },
}


class RunProgress(anywidget.AnyWidget):  # type: ignore[misc]
    """Bars of a run, group by group.

    Parameters
    ----------
    run : RunRecorder, RunReport or object with ``.recorder``, optional
        The run to show; without one, whichever runs in this kernel now, or ran last.
    hub : EventHub, optional
        Where runs are recorded; the process's own unless given.
    **kwargs
        As for any ``DOMWidget``, such as ``layout``.

    Attributes
    ----------
    view : dict
        What is shown; observe it to follow the run from Python.

    Examples
    --------
    >>> import treadle
    >>> progress = treadle.widgets.RunProgress()
    >>> treadle.delayed(sum)([1, 2]).compute()
    3
    >>> progress.refresh()
    >>> progress.view["groups"][0]["done"]
    1
    >>> progress.close()
    """

    _esm = Path(__file__).parent / "run_progress.js"
    view = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)

    def __init__(self, run: Any = None, *, hub: EventHub | None = None, **kwargs: Any):
        if hub is None:
            from treadle.telemetry.hub import default_hub

            hub = default_hub()
        self._hub = hub
        self._given = _as_run(run)
        self._followed: RunRecorder | None = None
        self._context = contextvars.copy_context()
        super().__init__(view=self._current_view(), colours=_COLOURS, **kwargs)
        self._unsubscribe = hub.subscribe(self._on_change)
        self._on_change()

    def refresh(self) -> None:
        """Show how things stand now, without waiting for the next tick."""
        view = self._current_view()
        # What people read changes once a second while nothing else does.
        if {**view, "elapsed": 0} != {**self.view, "elapsed": 0}:
            self.view = view

    def close(self) -> None:
        """Take the widget off the page, and look at runs no more."""
        unsubscribe = getattr(self, "_unsubscribe", None)
        if unsubscribe is not None:
            unsubscribe()
            ticker().remove(self)
        super().close()

    def tick(self) -> bool:
        """Refresh, in the context of the cell that started the run; False when it ended."""
        self._context.run(self.refresh)
        return bool(self.view.get("state") == "running")

    def _on_change(self) -> None:
        """A run has opened or closed, in this thread."""
        if self.view.get("state") != "running":
            self._context = contextvars.copy_context()
        ticker().add(self, DELAY)

    def _current_view(self) -> dict[str, Any]:
        report = self._report()
        if report is None:
            return dict(_IDLE)
        data = run_json(report, state=report.state, summary=summarise(report))
        data.pop("source", None)
        data["line"] = sentence(report) if report.state == "running" else data["summary"]
        return data

    def _report(self) -> RunReport | None:
        given = self._given
        if given is not None:
            report: RunReport = given.report() if hasattr(given, "report") else given
            return report
        if self._followed is None or self._followed.state != "running":
            # Stay with a run to its end: tasks may open runs of their own meanwhile.
            live = self._hub.live()
            self._followed = live[0] if live else None
        if self._followed is not None:
            return self._followed.report()
        ended = self._hub.runs()
        return ended[-1] if ended else None


def _as_run(run: Any) -> Any:
    """A recorder or a report, out of what was given."""
    if run is None:
        return None
    found = getattr(run, "recorder", run)
    if not hasattr(found, "report") and not hasattr(found, "busy_seconds"):
        raise TypeError(
            f"{type(run).__name__} object is not a run; pass what `%%parallel -o NAME` stored, "
            "or nothing to follow the current run"
        )
    return found
