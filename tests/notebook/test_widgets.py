"""``treadle.widgets.RunProgress`` without a front end; with a kernel: test_progress_kernel.py."""

from __future__ import annotations

import threading
from array import array

import ipywidgets
import pytest

import treadle
from treadle.notebook.ticker import ticker
from treadle.notebook.widgets import RunProgress
from treadle.telemetry.hub import EventHub


class Table:
    """The columns that telemetry reads, of ``n`` tasks named load."""

    def __init__(self, n: int):
        self.prefixes = ["load"]
        self.prefix_index = array("i", bytes(4 * n))

    def __len__(self) -> int:
        return len(self.prefix_index)


@pytest.fixture
def hub():
    return EventHub()


@pytest.fixture
def widget(hub):
    widget = RunProgress(hub=hub)
    yield widget
    widget.close()


def open_run(hub, label="cell 1"):
    run = hub.open_run(label, "threads")
    run.add_table(Table(4), 2)
    return run


def test_before_any_run_it_says_so(widget):
    assert (widget.view["state"], widget.view["line"]) == ("idle", "no run yet")


def test_it_is_the_public_widget():
    assert treadle.widgets.RunProgress is RunProgress


def test_it_follows_the_run_that_is_on_and_keeps_the_last(hub, widget):
    run = open_run(hub)
    widget.refresh()
    during = widget.view
    run.close("finished")
    widget.refresh()

    assert (during["state"], during["run"]) == ("running", run.id)
    assert during["line"].startswith("4 tasks · 0 done · 2 threads · 0:00")
    assert (widget.view["state"], widget.view["run"]) == ("finished", run.id)
    assert widget.view["line"] == widget.view["summary"]


def test_it_stays_with_a_run_though_tasks_open_runs_of_their_own(hub, widget):
    outer = open_run(hub, "outer")
    widget.refresh()
    inner = open_run(hub, "inner")
    widget.refresh()

    assert widget.view["run"] == outer.id
    inner.close("finished")
    outer.close("finished")


def test_a_run_that_is_given_is_kept_whatever_else_runs(hub):
    first = open_run(hub, "first")
    widget = RunProgress(first, hub=hub)
    first.close("finished")
    second = open_run(hub, "second")
    widget.refresh()

    assert (widget.view["run"], widget.view["state"]) == (first.id, "finished")
    second.close("finished")
    widget.close()


def test_a_report_or_a_handle_will_do_as_well(hub):
    class Handle:
        recorder = open_run(hub)

    Handle.recorder.close("finished")
    report = Handle.recorder.report()

    for run in (Handle, report):
        widget = RunProgress(run, hub=hub)
        assert widget.view["run"] == report.run
        widget.close()


def test_what_is_no_run_is_refused_with_its_type(hub):
    with pytest.raises(TypeError, match=r"int object is not a run; pass what `%%parallel -o NAME`"):
        RunProgress(3, hub=hub)


def test_the_view_changes_from_a_thread_while_this_one_waits(hub, widget):
    changed = threading.Event()
    seen = []

    def on_view(change):
        if change["new"]["state"] == "running":
            seen.append(threading.current_thread().name)
            changed.set()

    widget.observe(on_view, "view")
    run = open_run(hub)
    changed.wait()
    run.close("finished")
    ticker().drain()

    assert seen[0] == "treadle-ticker"
    assert widget.view["state"] == "finished"


def test_it_goes_into_boxes(widget):
    box = ipywidgets.VBox([ipywidgets.Label("mine"), widget])

    assert box.children[1] is widget


def test_a_closed_widget_looks_no_more(hub):
    widget = RunProgress(hub=hub)
    widget.close()

    run = open_run(hub)

    assert hub._subscribers == []
    run.close("finished")
