"""What a run looks like in an output: JSON for our renderer, HTML for other front ends, text.

Pure: a report in, strings out. The HTML carries inline styles only and reads well without them,
since some sites strip them; it has no colours of its own for text, so it stands on any ground.
Nothing in a final bundle changes when the notebook is opened elsewhere: no address, no clock time.

>>> from treadle.telemetry.views import Group, RunReport
>>> report = RunReport("ab" * 8, "cell 3", "threads", "running", 10.0, None, 3.0, 2, 4.0, 0.0,
...                    (Group("load", 8, 6, 0, 2, 4.0), Group("combine", 1, 0, 0, 0, 0.0)))
>>> print(make_bundle(report)["text/plain"])
▸ 9 tasks · load 6/8 · combine 0/1 · 2 threads · 0:03
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from treadle.notebook.summary import lanes_text, summarise
from treadle.utils.format import clock, count, duration, shorten
from treadle.utils.palette import STATES, category_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treadle.telemetry.views import Group, RunReport

MIME_TYPE = "application/vnd.treadle.run.v1+json"
MAX_GROUPS = 8

GLYPHS = {"running": "▸", "finished": "✓", "failed": "✗", "cancelled": "⊘", "interrupted": "⊘"}
_GLYPH_COLOURS = {"running": "running", "finished": "done", "failed": "failed"}


def make_bundle(
    report: RunReport,
    *,
    state: str | None = None,
    notes: Sequence[str] = (),
    error: str | None = None,
    source: str | None = None,
    rows: int = 0,
) -> dict[str, Any]:
    """Return the MIME bundle of a run.

    Parameters
    ----------
    report : RunReport
    state : str, optional
        The report's own unless given; anything but ``"running"`` makes the final bundle.
    notes : sequence of str
        Lines of their own below.
    error : str, optional
        Why it failed.
    source : str, optional
        Record by which a front end finds the live feed; only a running bundle names it.
    rows : int
        Groups to keep room for, so that the page below does not jump.

    Returns
    -------
    dict
        By MIME type.
    """
    state = report.state if state is None else state
    if state == "running":
        line = sentence(report)
    else:
        line = summarise(report, state=state, error=error)
    return {
        MIME_TYPE: run_json(report, state=state, notes=notes, source=source, summary=line),
        "text/html": _html(report, state, line, notes, rows),
        "text/plain": _text(report, state, line, notes),
    }


def run_json(
    report: RunReport,
    *,
    state: str,
    notes: Sequence[str] = (),
    source: str | None = None,
    summary: str = "",
) -> dict[str, Any]:
    """Return the run as plain data, as the lab extension and the widget read it."""
    data: dict[str, Any] = {
        "version": 1,
        "run": report.run,
        "state": state,
        "label": report.label,
        "engine": report.engine,
        "nlanes": report.nlanes,
        "elapsed": round(report.elapsed, 3),
        "groups": [
            {
                "name": group.name,
                "total": group.total,
                "done": group.done,
                "failed": group.failed,
                "running": group.running,
                "seconds": round(group.seconds, 4),
            }
            for group in report.groups
        ],
        "notes": list(notes),
    }
    if state == "running":
        data["source"] = source
    else:
        data["summary"] = summary
    return data


def sentence(report: RunReport) -> str:
    """How a run stands that has not ended, the guess of what is left included.

    >>> from treadle.telemetry.views import Group, RunReport
    >>> groups = (Group("load", 12, 6, 0, 2, 6.0),)
    >>> sentence(RunReport("a", "c", "threads", "running", 0.0, None, 3.0, 2, 6.0, 0.0, groups))
    '12 tasks · 6 done · 2 threads · 0:03 (≈0:03 left)'
    """
    return " · ".join(
        [
            count(report.total, "task"),
            f"{count(report.done)} done",
            lanes_text(report),
            _clock_text(report),
        ]
    )


def remaining(report: RunReport) -> float | None:
    """Seconds that a run still needs, or None where no honest guess is possible.

    Mean time of each group's tasks, times those that remain, over the lanes. A group speaks once
    5 tasks or a tenth of it are done; while any group is silent there is no guess.
    """
    seconds = 0.0
    for group in report.groups:
        ended = group.done + group.failed
        left = group.total - ended
        if left <= 0:
            continue
        if ended == 0 or (ended < 5 and ended < group.total / 10):
            return None
        seconds += group.seconds / ended * left
    return seconds / max(report.nlanes, 1)


def _clock_text(report: RunReport) -> str:
    left = remaining(report)
    time = clock(report.elapsed)
    return time if left is None or left < 1 else f"{time} (≈{clock(left)} left)"


def _shown(report: RunReport) -> tuple[Sequence[Group], str]:
    """The groups that have a row, and a line on the others."""
    hidden = len(report.groups) - MAX_GROUPS
    return report.groups[:MAX_GROUPS], f"{count(hidden, 'more group')}" if hidden > 0 else ""


def _text(report: RunReport, state: str, line: str, notes: Sequence[str]) -> str:
    if state == "running":
        groups, more = _shown(report)
        parts = [f"{shorten(g.name, 24)} {count(g.done)}/{count(g.total)}" for g in groups]
        line = " · ".join(
            [
                count(report.total, "task"),
                *parts,
                *filter(None, [more]),
                lanes_text(report),
                _clock_text(report),
            ]
        )
    return "\n".join([f"{GLYPHS[state]} {line}", *(f"  {note}" for note in notes)])


def _html(report: RunReport, state: str, line: str, notes: Sequence[str], rows: int) -> str:
    groups, more = _shown(report)
    running = state == "running"
    colour = STATES[_GLYPH_COLOURS.get(state, "waiting")]
    head = (
        f'<b style="color:{colour};display:inline-block;width:1.2em;text-align:center">'
        f"{GLYPHS[state]}</b> {escape(line)}"
    )
    parts = []
    if groups:
        table = "".join(_row(group, position) for position, group in enumerate(groups))
        parts += [
            f'<details{" open" * running}><summary style="line-height:1.7;cursor:pointer">',
            f"{head}</summary>",
            '<table style="border-collapse:collapse;margin:0.1em 0 0.2em 1.2em;font-size:95%">',
            f"<tbody>{table}</tbody></table>",
            *([f'<div style="margin-left:1.8em;opacity:0.75">{more}</div>'] if more else []),
            "</details>",
        ]
    else:
        parts.append(f'<div style="line-height:1.7">{head}</div>')
    parts += [f'<div style="margin-left:1.2em">{escape(note)}</div>' for note in notes]
    # Only while it runs: afterwards the page may close up.
    room = f"min-height:{1.9 + 1.4 * min(rows, MAX_GROUPS):.1f}em;" if running and rows else ""
    return (
        f'<div style="{room}font-variant-numeric:tabular-nums;max-width:760px">'
        f"{''.join(parts)}</div>"
    )


def _row(group: Group, position: int) -> str:
    """One group: name, bar, numbers.  Every number is also written, for where bars are stripped."""
    colour = STATES["failed"] if group.failed else category_colour(position)
    ended = group.done + group.failed
    cell = 'style="text-align:left;padding:0.1em 0.6em;border:none;background:none'
    share = f"{100 * ended / max(group.total, 1):.4g}%"
    # Browsers choose the track of a progress element by the colour of its bar, dark on white for
    # some. So two boxes draw the bar, and the element serves where styles are stripped.
    bar = (
        '<div style="width:14em;height:0.55em;border-radius:0.3em;overflow:hidden;'
        'background:rgba(128,128,128,0.28)">'
        f'<div style="width:{share};height:100%;background:{colour}"></div>'
        f'<progress max="{max(group.total, 1)}" value="{ended}" style="display:none"></progress>'
        "</div>"
    )
    return (
        f'<tr style="background:none"><td {cell}">{escape(shorten(group.name, 40))}</td>'
        f'<td {cell}">{bar}</td><td {cell};white-space:nowrap">{_numbers(group)}</td></tr>'
    )


def _numbers(group: Group) -> str:
    parts = [f"{count(group.done)}/{count(group.total)}"]
    if group.running:
        parts.append(f"{count(group.running)} running")
    if group.failed:
        parts.append(f"{count(group.failed)} failed")
    if group.seconds > 0:
        parts.append(duration(group.seconds))
    return " · ".join(parts)
