"""When a run is shown, where, and that the display always comes to an end."""

from __future__ import annotations

import contextvars
import io
import threading
from array import array

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher, DisplayPublisher

from treadle.notebook import progress
from treadle.notebook.bundle import MIME_TYPE
from treadle.notebook.progress import (
    NotebookSurface,
    RunDisplay,
    TerminalSurface,
    find_surface,
    watch_runs,
)
from treadle.notebook.ticker import Ticker, ticker
from treadle.telemetry.hub import EventHub


class Table:
    """The columns that telemetry reads, of ``n`` tasks named load."""

    def __init__(self, n: int):
        self.prefixes = ["load"]
        self.prefix_index = array("i", bytes(4 * n))

    def __len__(self) -> int:
        return len(self.prefix_index)


class Page:
    """A surface that remembers."""

    def __init__(self):
        self.shown: list[tuple[str, bool, bool]] = []
        self.bundles: list[dict] = []
        self.began = threading.Event()
        self.final = threading.Event()

    def show(self, bundle, *, first, final):
        self.shown.append((bundle[MIME_TYPE]["state"], first, final))
        self.bundles.append(bundle)
        self.began.set()
        if final:
            self.final.set()


@pytest.fixture
def hub():
    return EventHub()


@pytest.fixture
def run(hub):
    recorder = hub.open_run("cell 1", "threads")
    recorder.add_table(Table(4), 2)
    return recorder


def finish_task(run, number=0):
    """Let a lane end one task."""
    lane = run._open_segment.lane(0)
    lane.numbers.append(number)
    lane.starts.append(1.0)
    lane.stops.append(2.0)


def display_of(run, page, **kwargs):
    return RunDisplay(run, surface=page, after=kwargs.pop("after", 1000.0), **kwargs)


def test_a_run_that_ends_before_its_time_leaves_nothing(run):
    page = Page()
    display = display_of(run, page).start()

    run.close("finished")
    display.finish("finished")

    assert page.shown == []


def test_a_short_run_with_notes_is_shown_once(run):
    page = Page()
    display = display_of(run, page).start()
    display.note("line 3 waited twice")

    run.close("finished")
    display.finish("finished")

    assert page.shown == [("finished", True, True)]
    assert page.bundles[0][MIME_TYPE]["notes"] == ["line 3 waited twice"]


def test_one_display_is_updated_in_place_until_it_is_the_summary(run):
    page = Page()
    display = display_of(run, page)

    assert display.tick()
    finish_task(run)
    assert display.tick()
    run.close("finished")
    display.finish("finished")

    assert page.shown == [
        ("running", True, False),
        ("running", False, False),
        ("finished", False, True),
    ]


def test_nothing_is_sent_when_nothing_changed(run, monkeypatch):
    page = Page()
    display = display_of(run, page)
    frozen = run.report()
    monkeypatch.setattr(run, "report", lambda: frozen, raising=False)

    display.tick()
    display.tick()

    assert len(page.shown) == 1


def test_nothing_is_shown_before_there_is_a_task(hub):
    page = Page()
    display = display_of(hub.open_run("cell 1", "threads"), page)

    display.tick()

    assert page.shown == []


def test_the_last_word_has_who_finishes_even_after_the_run_was_closed(run):
    page = Page()
    display = display_of(run, page)
    display.tick()
    run.close("cancelled")
    display.tick()
    display.tick()

    display.finish("interrupted")

    assert [state for state, _, _ in page.shown] == ["running", "cancelled", "interrupted"]


def test_finishing_twice_shows_the_end_once(run):
    page = Page()
    display = display_of(run, page)
    display.tick()
    run.close("failed")

    display.finish("failed", ValueError("bad file"))
    display.finish("failed")

    assert [state for state, _, _ in page.shown] == ["running", "failed"]
    assert "ValueError: bad file" in page.bundles[-1]["text/plain"]


def test_a_display_that_nobody_finishes_ends_with_its_run(run):
    page = Page()
    display_of(run, page, after=0.0).start()
    run.close("finished")

    ticker().drain()

    assert page.shown in ([], [("running", True, False), ("finished", False, True)])


def test_the_ticking_thread_publishes_in_the_context_of_the_cell(run):
    cell = contextvars.ContextVar("cell", default="another")
    cell.set("this one")
    seen = []

    class Noting(Page):
        def show(self, bundle, *, first, final):
            seen.append((cell.get(), threading.current_thread() is threading.main_thread()))
            super().show(bundle, first=first, final=final)
            run.close("finished")

    page = Noting()
    display_of(run, page, after=0.0).start()
    ticker().drain()

    assert seen == [("this one", False)] * 2
    assert page.final.is_set()


def test_mode_none_shows_nothing(run):
    display = RunDisplay(run, mode="none").start()
    display.note("never seen")
    run.close("finished")
    display.finish("finished")

    assert display._surface is None


def test_an_unknown_mode_is_refused_by_name(run):
    with pytest.raises(ValueError, match=r"'fancy'; use one of auto, none"):
        RunDisplay(run, mode="fancy")


def test_an_output_that_fails_ends_its_display_and_no_other(run, caplog):
    class Broken(Page):
        def show(self, bundle, *, first, final):
            raise LookupError("no parent header")

    page = Page()
    display_of(run, Broken(), after=0.0).start()
    display_of(run, page, after=0.0).start()
    page.began.wait()
    run.close("finished")
    ticker().drain()

    assert page.final.is_set()
    assert "could not show progress" in caplog.text


# -- runs that nobody displays ---------------------------------------------------------------------


@pytest.fixture
def pages(monkeypatch):
    made = []
    monkeypatch.setattr(
        progress, "find_surface", lambda shell=None: made.append(Page()) or made[-1]
    )
    return made


def test_a_run_that_opens_in_the_main_thread_is_shown_and_finished_by_itself(hub, pages):
    stop = watch_runs(hub)
    run = hub.open_run("compute", "threads")
    run.add_table(Table(2), 2)
    progress._automatic[run.id].tick()

    run.close("finished")
    stop()

    assert pages[0].shown == [("running", True, False), ("finished", False, True)]
    assert progress._automatic == {}


def test_a_display_of_ones_own_takes_the_place_of_the_automatic_one(hub, pages):
    stop = watch_runs(hub)
    run = hub.open_run("cell 1", "threads")
    run.add_table(Table(2), 2)
    own = Page()
    display = display_of(run, own).start()
    display.tick()

    run.close("finished")
    display.finish("finished")
    stop()

    assert (len(pages), pages[0].shown) == (1, [])
    assert len(own.shown) == 2


def test_runs_of_other_threads_are_not_shown(hub, pages):
    stop = watch_runs(hub)
    thread = threading.Thread(target=lambda: hub.open_run("inner", "threads").close("finished"))
    thread.start()
    thread.join()
    stop()

    assert pages == []


def test_after_unsubscribing_nothing_is_shown(hub, pages):
    watch_runs(hub)()

    hub.open_run("compute", "threads").close("finished")

    assert pages == []


# -- where it is shown ----------------------------------------------------------------------------


class Shell:
    def __init__(self, publisher):
        self.display_pub = publisher


def test_a_front_end_gets_one_display_and_updates_of_it(run):
    publisher = CapturingDisplayPublisher()
    surface = find_surface(Shell(publisher))
    assert isinstance(surface, NotebookSurface)
    display = RunDisplay(run, surface=surface, after=1000.0)
    display.tick()
    run.close("finished")
    display.finish("finished")

    first, last = publisher.outputs

    assert (first["update"], last["update"]) == (False, True)
    assert first["transient"] == last["transient"]
    assert first["transient"]["display_id"].startswith("treadle-")
    assert list(last["data"]) == [MIME_TYPE, "text/html", "text/plain"]


def test_a_shell_without_a_front_end_shows_nothing_unless_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())

    assert find_surface(Shell(DisplayPublisher())) is None


def test_a_terminal_gets_one_line_that_is_written_over(run, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    surface = find_surface(Shell(DisplayPublisher()))
    assert isinstance(surface, TerminalSurface)
    display = RunDisplay(run, surface=surface, after=1000.0)
    display.tick()
    run.close("finished")
    display.finish("finished")

    lines = surface._stream.getvalue().split("\r\x1b[2K")
    assert lines[1].startswith("▸ 4 tasks · load 0/4 · 2 threads · 0:00")
    assert lines[2].startswith("✓ 4 tasks in ")
    assert lines[2].endswith("\n")


# -- the ticker -----------------------------------------------------------------------------------


class Countdown:
    def __init__(self, ticks):
        self.left = ticks
        self.threads = set()

    def tick(self):
        self.threads.add(threading.current_thread())
        self.left -= 1
        return self.left > 0


def test_one_thread_ticks_everything_and_ends_when_idle():
    own = Ticker(period=0.001, idle_looks=2)
    items = [Countdown(3), Countdown(5)]
    for item in items:
        own.add(item, 0.0)
    thread = own.thread
    own.drain()
    thread.join()

    assert [item.left for item in items] == [0, 0]
    assert items[0].threads == items[1].threads == {thread}
    assert own.thread is None


def test_an_item_added_twice_keeps_its_earlier_time():
    own = Ticker(period=0.001, idle_looks=2)
    gate = threading.Event()

    class Blocker:
        def tick(self):
            gate.wait()
            return False

    item = Countdown(1)
    own.add(Blocker(), 0.0)
    own.add(item, 0.001)
    own.add(item, 1000.0)
    gate.set()
    own.drain()

    assert item.left == 0


def test_an_item_added_while_it_is_ticked_for_the_last_time_is_ticked_again():
    own = Ticker(period=0.001, idle_looks=2)

    class Eager(Countdown):
        def tick(self):
            if self.left == 2:
                own.add(self, 0.0)
            super().tick()
            return False

    item = Eager(2)
    own.add(item, 0.0)
    own.drain()

    assert item.left == 0


def test_an_item_removed_while_it_is_ticked_is_ticked_no_more():
    own = Ticker(period=0.001, idle_looks=2)

    class Leaving(Countdown):
        def tick(self):
            own.remove(self)
            return super().tick()

    item = Leaving(5)
    own.add(item, 0.0)
    own.drain()

    assert item.left == 4


def test_a_ticker_that_went_idle_begins_anew():
    own = Ticker(period=0.001, idle_looks=1)
    for _ in range(2):
        item = Countdown(1)
        own.add(item, 0.0)
        thread = own.thread
        own.drain()
        assert item.left == 0
        if thread is not None:
            thread.join()
