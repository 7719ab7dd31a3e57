"""The line on a run that ended claims no more than was measured."""

from __future__ import annotations

import dataclasses

import pytest

from treadle.notebook import summary
from treadle.notebook.summary import summarise
from treadle.telemetry.views import Group, RunReport


def report(
    elapsed: float,
    busy: float,
    cpu: float,
    *,
    nlanes: int = 2,
    state: str = "finished",
    engine: str = "threads",
    groups: tuple[Group, ...] | None = None,
    error: str | None = None,
) -> RunReport:
    """A run of 17 tasks; the second group has most of the time."""
    if groups is None:
        groups = (
            Group("load", 8, 8, 0, 0, busy * 0.2),
            Group("summarise", 9, 9, 0, 0, busy * 0.8),
        )
    return RunReport(
        "ab" * 8, "cell 3", engine, state, 10.0, 10.0 + elapsed, elapsed, nlanes, busy, cpu, groups,
        error,
    )  # fmt: skip


TURNS = "no speed-up: `summarise` seems to hold the GIL, so the threads took turns; serial estimate"


@pytest.mark.parametrize(
    ("case", "elapsed", "busy", "cpu", "nlanes", "verdict"),
    [
        ("all work, GIL released", 0.46, 0.91, 0.90, 2, "serial estimate 0.91 s, 2.0×"),
        ("sleeping or waiting for the network", 1.0, 8.0, 0.02, 8, "serial estimate 8.00 s, 8.0×"),
        ("nothing known of processor time", 1.0, 2.0, 0.0, 2, "serial estimate 2.00 s, 2.0×"),
        ("pure Python", 0.46, 0.91, 0.45, 2, f"{TURNS} 0.45 s"),
        ("pure Python on eight threads", 1.0, 7.9, 0.98, 8, f"{TURNS} 0.98 s"),
        ("half waiting, half work", 1.0, 2.0, 0.6, 2, "serial estimate 2.00 s, 2.0×"),
        ("GIL held part of the time", 1.0, 2.0, 1.4, 2, "serial estimate 1.40 s, 1.4×"),
        ("eight threads on two cores", 1.0, 8.0, 2.0, 8, "serial estimate 2.00 s, 2.0×"),
        ("a chain", 1.0, 1.0, 0.98, 2, "no speed-up: mostly one task ran at a time"),
        ("a chain of sleeps", 1.0, 0.99, 0.01, 2, "no speed-up: mostly one task ran at a time"),
        ("one lane idle half the time", 1.0, 1.5, 1.48, 2, "serial estimate 1.50 s, 1.5×"),
        ("mostly code between the tasks", 1.0, 0.3, 0.3, 2, "0.30 s of task time"),
        ("very small tasks", 0.21, 0.05, 0.2, 2, "50 ms of task time"),
    ],
)
def test_the_serial_estimate_counts_no_waiting_in_line(case, elapsed, busy, cpu, nlanes, verdict):
    line = summarise(report(elapsed, busy, cpu, nlanes=nlanes), ncores=4)

    assert line.endswith(f"on {nlanes} threads ({verdict})"), case


def test_no_group_is_blamed_alone_when_several_took_the_time():
    groups = (Group("a", 4, 4, 0, 0, 0.5), Group("b", 4, 4, 0, 0, 0.5))

    line = summarise(report(0.5, 1.0, 0.5, groups=groups), ncores=2)

    assert "the tasks seem to hold the GIL" in line


def test_cores_that_others_took_are_not_blamed_on_the_gil():
    crowded = dataclasses.replace(report(1.0, 2.0, 0.97), queue_seconds=0.9)

    line = summarise(crowded, ncores=2)

    assert line.endswith(
        "(no speed-up: other programs kept the cores busy; serial estimate 0.97 s)"
    )


def test_one_core_is_not_blamed_on_the_gil():
    line = summarise(report(1.0, 2.0, 0.97), ncores=1)

    assert line.endswith("(no speed-up: the threads shared one core; serial estimate 0.97 s)")


def test_without_a_gil_none_is_blamed(monkeypatch):
    monkeypatch.setattr(summary, "_has_gil", lambda: False)

    assert "GIL" not in summarise(report(1.0, 2.0, 0.97), ncores=2)


def test_one_thread_or_the_sync_engine_claim_nothing():
    assert summarise(report(0.5, 0.49, 0.4, nlanes=1)) == "17 tasks in 0.50 s on 1 thread"
    assert (
        summarise(report(0.5, 0.49, 0.0, nlanes=1, engine="sync"))
        == "17 tasks in 0.50 s, one after the other"
    )


def test_it_is_said_where_tasks_ran():
    processes = report(1.0, 1.9, 1.9, engine="processes")
    cluster = report(1.0, 1.9, 1.9, engine="lab")

    assert summarise(processes).startswith("17 tasks in 1.00 s on 2 processes (")
    assert summarise(cluster).startswith("17 tasks in 1.00 s on 2 threads of lab (")


def test_a_run_without_tasks_says_so():
    assert summarise(report(0.02, 0, 0, groups=())) == "no tasks; everything ran in line, 20 ms"


def test_a_failed_run_says_how_far_it_came_and_why():
    groups = (Group("load", 8, 5, 1, 0, 1.0),)

    line = summarise(
        report(0.46, 1, 1, state="failed", groups=groups, error="ValueError: bad\nfile")
    )

    assert line == (
        "failed after 0.46 s: 5 of 8 tasks done, 1 failed, 2 not run (ValueError: bad file)"
    )


def test_an_interrupted_run_says_what_still_runs():
    groups = (Group("load", 1000, 412, 0, 8, 1.0),)

    line = summarise(report(2.0, 1, 1, state="cancelled", groups=groups), state="interrupted")

    assert (
        line == "interrupted after 2.00 s: 412 of 1,000 tasks done, 8 still finishing, 580 not run"
    )


def test_notes_stand_behind_the_summary():
    line = summarise(report(0.5, 0.49, 0.4, nlanes=1), notes=["line 7 waited 4 times"])

    assert line == "17 tasks in 0.50 s on 1 thread · line 7 waited 4 times"
