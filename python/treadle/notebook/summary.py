"""One line on a run that ended: how many tasks, how long, and how long the serial cell would take.

The estimate is the sum of what tasks took, and that sum must be honest. A task on a thread is
clocked from start to stop, and in between it may have

- worked (its thread used processor time),
- waited for the world (a file, the network, a sleep), as it would have done in a serial cell,
- waited for the GIL or for a core, which a serial cell would *not* have done.

The sum of all three (``busy_seconds``) and the first (``cpu_seconds``) are measured, and on Linux
the time without a free core (``queue_seconds``). When the processor time amounts to what one core,
or all cores, can give in the time, the rest was waiting in line, and the estimate is the processor
time alone; else the rest was the world.

>>> from treadle.telemetry.views import Group, RunReport
>>> report = RunReport("ab" * 8, "cell 3", "threads", "finished", 10.0, 10.46, 0.46, 2, 0.91, 0.90,
...                    (Group("load", 8, 8, 0, 0, 0.5), Group("summarise", 9, 9, 0, 0, 0.41)))
>>> summarise(report)
'17 tasks in 0.46 s on 2 threads (serial estimate 0.91 s, 2.0×)'
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from treadle.engines import usable_cores
from treadle.utils.format import count, duration, ratio, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.telemetry.views import RunReport

#: Share of the task time that may be anything before it has to be explained.
NOISE = 0.15

#: Processor time over elapsed time from which one core counts as taken all the time.
SATURATED = 0.75

#: Speed-up below which there was none.
NO_GAIN = 1.1

#: Share of the waiting without a free core from which other programs are the reason.
OTHERS = 0.6

#: Share of the tasks' time a group must have to be named alone.
CULPRIT = 0.6


def summarise(
    report: RunReport,
    notes: Sequence[str] = (),
    *,
    state: str | None = None,
    error: str | None = None,
    ncores: int | None = None,
) -> str:
    """Tell how a run went, in one line.

    Parameters
    ----------
    report : RunReport
        Of a run that ended.
    notes : sequence of str
        Put behind, after dots.
    state : str, optional
        ``"interrupted"`` where the report can't know; else the report's own state.
    error : str, optional
        Why it failed; the report's own unless given.
    ncores : int, optional
        Cores this process may use; asked of the system unless given.

    Returns
    -------
    str
    """
    state = report.state if state is None else state
    if state in ("finished", "running"):
        line = _finished(report, usable_cores() if ncores is None else ncores)
    else:
        line = _broken_off(report, state, report.error if error is None else error)
    return " · ".join([line, *notes])


def lanes_text(report: RunReport) -> str:
    """``2 threads``, ``2 processes``, ``2 threads of lab``.

    A single lane of the sync engine has no threads to count.
    """
    if report.engine == "sync":
        return "sync"
    if report.engine == "processes":
        return count(report.nlanes, "process")
    threads = count(report.nlanes, "thread")
    return threads if report.engine == "threads" else f"{threads} of {report.engine}"


def _broken_off(report: RunReport, state: str, error: str | None) -> str:
    parts = [f"{count(report.done)} of {count(report.total, 'task')} done"]
    running = sum(group.running for group in report.groups)
    if report.failed:
        parts.append(f"{count(report.failed)} failed")
    if running:
        parts.append(f"{count(running)} still finishing")
    left = report.total - report.done - report.failed - running
    if left > 0:
        parts.append(f"{count(left)} not run")
    why = f" ({shorten(' '.join(error.split()), 80)})" if error else ""
    return f"{state} after {duration(report.elapsed)}: {', '.join(parts)}{why}"


def _finished(report: RunReport, ncores: int) -> str:
    if not report.total:
        return f"no tasks; everything ran in line, {duration(report.elapsed)}"
    head = f"{count(report.total, 'task')} in {duration(report.elapsed)}"
    if report.engine == "sync":
        return f"{head}, one after the other"
    head += f" on {lanes_text(report)}"
    tail = _verdict(report, ncores)
    return f"{head} ({tail})" if tail else head


def _verdict(report: RunReport, ncores: int) -> str:
    """What threads brought, as far as it was measured."""
    elapsed, busy, cpu = report.elapsed, report.busy_seconds, report.cpu_seconds
    if report.nlanes < 2 or report.total < 2 or elapsed <= 0:
        return ""
    if busy < (1 - NOISE) * elapsed:
        # The rest is code between the tasks, or very small tasks: no speed-up to speak of.
        return f"{duration(busy)} of task time"
    if busy < NO_GAIN * elapsed:
        return "no speed-up: mostly one task ran at a time"
    waited = busy - cpu
    saturation = cpu / elapsed
    if waited <= NOISE * busy or saturation < SATURATED:
        # All work, or waits with processor time to spare: a serial cell takes the whole sum.
        return f"serial estimate {duration(busy)}, {ratio(busy / elapsed)}"
    if cpu >= NO_GAIN * elapsed:
        return f"serial estimate {duration(cpu)}, {ratio(cpu / elapsed)}"
    if ncores < 2:
        why = "the threads shared one core"
    elif report.queue_seconds >= OTHERS * waited:  # the rest is too little to blame the GIL
        why = "other programs kept the cores busy"
    elif _has_gil():
        why = f"{_culprit(report)} the GIL, so the threads took turns"
    else:
        why = "the threads waited for each other"
    return f"no speed-up: {why}; serial estimate {duration(cpu)}"


def _culprit(report: RunReport) -> str:
    """Who held the GIL.  Inferred, not measured, and so worded."""
    slowest = max(report.groups, key=lambda group: group.seconds)
    if slowest.seconds >= CULPRIT * report.busy_seconds:
        return f"`{slowest.name}` seems to hold"
    return "the tasks seem to hold"


def _has_gil() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()
