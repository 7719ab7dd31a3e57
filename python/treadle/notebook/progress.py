"""Progress of a run under its cell: one display, updated in place until it is the summary.

Decides when something is shown and where; what it looks like is ``bundle.py``'s.

::

    start() -- nothing for the first half second --> tick, tick, ... --> finish(state)
               (a run that ends sooner leaves          at most 4 a        the final bundle, if
               nothing, unless it has notes)           second             anything was shown

All displays share one ticking thread, which ends when there is none left. It publishes in the
context of the cell that started the run, so updates reach that cell even when another one runs.
(ipykernel keeps the cell's header in a context variable; on 7.0.0 a thread without it raises.)
"""

from __future__ import annotations

import contextvars
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol

from treadle.feedserver import served
from treadle.notebook.bundle import make_bundle
from treadle.notebook.ticker import ticker

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from treadle.telemetry.hub import EventHub
    from treadle.telemetry.recorder import RunRecorder
    from treadle.telemetry.views import RunReport

MODES = ("auto", "none")

log = logging.getLogger("treadle.notebook")


class RunDisplay:
    """Shows one run in the output of the current cell.

    Parameters
    ----------
    recorder : RunRecorder
        The run; its report is read at every tick.
    mode : {"auto", "none"}
        ``"none"`` shows nothing, whatever happens.
    after : float, optional
        Seconds before anything is shown; the setting ``progress.after`` unless given.
    shell : InteractiveShell, optional
        The current one unless given.
    surface : Surface, optional
        Where to show it; found from the shell unless given.

    Examples
    --------
    >>> from treadle.telemetry.hub import EventHub
    >>> run = EventHub().open_run("cell 1", "threads")
    >>> display = RunDisplay(run, mode="none").start()
    >>> run.close("finished")
    >>> display.finish("finished")
    """

    def __init__(
        self,
        recorder: RunRecorder,
        *,
        mode: str = "auto",
        after: float | None = None,
        shell: Any = None,
        surface: Surface | None = None,
    ):
        if mode not in MODES:
            raise ValueError(f"unknown progress mode {mode!r}; use one of {', '.join(MODES)}")
        if after is None:
            from treadle import config

            after = float(config.get("progress.after"))
        self.recorder = recorder
        self.notes: list[str] = []
        self._after = after
        self._surface = surface or (find_surface(shell) if mode != "none" else None)
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()  # ticks and finish() take turns
        self._shown = False
        self._closed_seen = False
        self._finished: tuple[str, int] | None = None  # state, number of notes
        self._rows = 0
        self._error: str | None = None
        self._last: object = None

    def start(self) -> RunDisplay:
        """Show the run from now on; a display that `watch_runs` began for it gives way."""
        automatic = _automatic.pop(self.recorder.id, None)
        if automatic is not None:
            automatic.abandon()
        if self._surface is not None:
            ticker().add(self, self._after)
        return self

    def note(self, text: str) -> None:
        """Add a line below the summary; a run with notes is shown however short it was."""
        self.notes.append(text)

    def finish(self, state: str, error: BaseException | str | None = None) -> None:
        """Show how the run ended; the last thing to call, in any case.

        Parameters
        ----------
        state : {"finished", "failed", "cancelled", "interrupted"}
        error : BaseException or str, optional
            Why it failed, for the summary.
        """
        ticker().remove(self)
        surface = self._surface
        if surface is None:
            return
        if isinstance(error, BaseException):
            error = f"{type(error).__name__}: {error}".removesuffix(": ")
        with self._lock:
            self._error = error
            ending = state, len(self.notes)
            if ending == self._finished:
                return
            self._finished = ending
            if self._shown or self.notes:
                self._publish(surface, state)

    def abandon(self) -> None:
        """Show nothing from now on: another display does."""
        ticker().remove(self)
        with self._lock:
            self._surface = None

    def tick(self) -> bool:
        """Publish what changed; False when there is no more to do.  The ticker calls it."""
        with self._lock:
            surface = self._surface
            if surface is None or self._finished is not None:
                return False
            if self.recorder.state != "running":
                # Whoever closed the run calls finish() next; if not within a tick, then we do.
                if not self._closed_seen:
                    self._closed_seen = True
                    return True
                self._finished = self.recorder.state, len(self.notes)
                if self._shown or self.notes:
                    self._publish(surface, self.recorder.state)
                return False
            self._publish(surface, "running")
            return True

    def _publish(self, surface: Surface, state: str) -> None:
        report = self.recorder.report()
        if state == "running":
            change = (report.groups, len(self.notes), int(report.elapsed))
            if not report.total or change == self._last:
                return
            self._last = change
            self._rows = self._rows or len(report.groups)
        bundle = make_bundle(
            report,
            state=state,
            notes=self.notes,
            error=self._error,
            source=_feed_name(),
            rows=self._rows,
        )
        self._context.run(surface.show, bundle, first=not self._shown, final=state != "running")
        self._shown = True


def show_report(report: RunReport, notes: tuple[str, ...] = (), shell: Any = None) -> None:
    """Show a run that ended, once more: what ``%parallel --last`` does."""
    surface = find_surface(shell)
    bundle = make_bundle(report, notes=notes)
    if isinstance(surface, NotebookSurface):
        surface.show(bundle, first=True, final=True)
    else:
        print(bundle["text/plain"])


# -- where it is shown ---------------------------------------------------------------------------


class Surface(Protocol):
    """A place that shows one bundle, and replaces it by the next."""

    def show(self, bundle: dict[str, Any], *, first: bool, final: bool) -> None:
        """Show ``bundle``; ``final`` when it is the last."""


class NotebookSurface:
    """One display of a front end, updated in place.

    The publisher is kept: under ``%%capture`` it is the capturing one, to the end.
    """

    def __init__(self, publisher: Any):
        self._publisher = publisher
        self._id = f"treadle-{os.urandom(8).hex()}"

    def show(self, bundle: dict[str, Any], *, first: bool, final: bool) -> None:
        """Publish the display, or an update of it."""
        self._publisher.publish(
            data=bundle, metadata={}, transient={"display_id": self._id}, update=not first
        )


class TerminalSurface:
    """One line of a terminal, written over."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def show(self, bundle: dict[str, Any], *, first: bool, final: bool) -> None:
        """Write over the line; the final text stays, with its notes."""
        text: str = bundle["text/plain"]
        if not final:
            import shutil

            text = text.splitlines()[0][: max(shutil.get_terminal_size().columns - 1, 20)]
        self._stream.write(f"\r\x1b[2K{text}" + "\n" * final)
        self._stream.flush()


def find_surface(shell: Any = None) -> Surface | None:
    """Return where a run can be shown: a notebook's output, a terminal, or nowhere."""
    if shell is None and "IPython" in sys.modules:
        from IPython import get_ipython

        shell = get_ipython()
    publisher = getattr(shell, "display_pub", None)
    if publisher is not None:
        from IPython.core.displaypub import DisplayPublisher

        # IPython's own publisher only prints the text form: there is no front end behind it.
        if type(publisher) is not DisplayPublisher:
            return NotebookSurface(publisher)
    stream = sys.stderr
    if stream is not None and stream.isatty():
        return TerminalSurface(stream)
    return None


def _feed_name() -> str | None:
    """The record of this process's feed, if one is being served."""
    server = served()
    return None if server is None else server.name


# -- runs that nobody displays -------------------------------------------------------------------

_automatic: dict[str, RunDisplay] = {}  # run id -> display begun by watch_runs


def watch_runs(hub: EventHub, shell: Any = None) -> Callable[[], None]:
    """Show runs that open in the main thread, such as ``x.compute()`` in a cell.

    A `RunDisplay` started for such a run takes its place. Runs opened by tasks, on other threads,
    are part of a run that is shown already.

    Parameters
    ----------
    hub : EventHub
    shell : InteractiveShell, optional

    Returns
    -------
    callable
        Call it to stop watching.
    """

    def on_change() -> None:
        try:
            if threading.current_thread() is threading.main_thread():
                _begin_displays(hub, shell)
            _end_displays()
        except Exception:  # the run matters more than its picture, but say what happened
            log.exception("could not show the progress of a run")

    return hub.subscribe(on_change)


def _begin_displays(hub: EventHub, shell: Any) -> None:
    for recorder in hub.live():
        if recorder.id not in _seen:
            _seen[recorder.id] = None
            while len(_seen) > 256:
                del _seen[next(iter(_seen))]
            display = RunDisplay(recorder, shell=shell).start()
            if display._surface is not None:
                _automatic[recorder.id] = display


def _end_displays() -> None:
    for run, display in list(_automatic.items()):
        if display.recorder.state != "running" and _automatic.pop(run, None) is not None:
            display.finish(display.recorder.state)


_seen: dict[str, None] = {}  # ids of runs that were given a display, oldest first


def _forget_after_fork() -> None:
    """A child shows its own runs."""
    _automatic.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
