"""The MIME bundle of a run: the same facts in every form, and nothing volatile in the last."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from treadle.notebook.bundle import MIME_TYPE, make_bundle, remaining, sentence
from treadle.telemetry.views import Group, RunReport


def report(*groups: Group, state: str = "running", elapsed: float = 3.0) -> RunReport:
    """A run on two threads."""
    ended = None if state == "running" else 10.0 + elapsed
    busy = sum(group.seconds for group in groups)
    return RunReport(
        "ab" * 8, "cell 3", "threads", state, 10.0, ended, elapsed, 2, busy, busy, groups
    )


LOAD = Group("load", 8, 6, 0, 2, 4.0)
COMBINE = Group("combine", 1, 0, 0, 0, 0.0)


class Reader(HTMLParser):
    """Collects text, tags and attributes; complains of tags that don't match."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data.strip())


def test_a_running_bundle_names_the_feed_and_a_final_one_does_not():
    live = make_bundle(report(LOAD), source="kernel-1234abcd")[MIME_TYPE]
    final = make_bundle(report(LOAD, state="finished"), source="kernel-1234abcd")[MIME_TYPE]

    assert (live["source"], live["state"], "summary" in live) == (
        "kernel-1234abcd",
        "running",
        False,
    )
    assert (final["state"], "source" in final) == ("finished", False)
    assert final["summary"].startswith("8 tasks in 3.00 s on 2 threads")


def test_the_json_is_that_of_the_contract():
    data = make_bundle(report(LOAD), notes=["line 7 waited"])[MIME_TYPE]

    assert json.loads(json.dumps(data)) == {
        "version": 1,
        "run": "ab" * 8,
        "state": "running",
        "label": "cell 3",
        "engine": "threads",
        "nlanes": 2,
        "elapsed": 3.0,
        "groups": [
            {"name": "load", "total": 8, "done": 6, "failed": 0, "running": 2, "seconds": 4.0}
        ],
        "notes": ["line 7 waited"],
        "source": None,
    }


def test_a_final_bundle_holds_no_address_and_no_clock_time():
    bundle = make_bundle(report(LOAD, state="finished"), source="kernel-1234abcd")

    text = json.dumps(bundle)

    assert not any(word in text for word in ("kernel-", "started", "ended", "127.0.0.1", "token"))


def test_the_html_has_inline_styles_only_and_reads_without_them():
    reader = Reader(make_bundle(report(LOAD, COMBINE))["text/html"])

    assert {"style", "script", "link", "img"}.isdisjoint(reader.tags)
    assert {"class", "id", "onclick", "href"}.isdisjoint(reader.attributes)
    assert reader.tags.count("progress") == 2
    assert " ".join(filter(None, reader.words)) == (
        "▸ 9 tasks · 6 done · 2 threads · 0:03 load 6/8 · 2 running · 4.00 s combine 0/1"
    )


def test_names_and_notes_stay_text_in_the_html():
    group = Group("<script>alert(1)</script>", 1, 0, 0, 1, 0.0)

    html = make_bundle(report(group), notes=['<img src=x onerror="1">'])["text/html"]

    assert {"script", "img"}.isdisjoint(Reader(html).tags)


def test_eight_groups_have_rows_and_the_others_a_line():
    groups = [Group(f"g{i}", 1, 0, 0, 0, 0.0) for i in range(20)]

    html = make_bundle(report(*groups))["text/html"]

    assert html.count("<tr") == 8
    assert "12 more groups" in html


def test_room_is_kept_for_the_rows_while_the_run_goes_on():
    live = make_bundle(report(LOAD), rows=5)["text/html"]
    final = make_bundle(report(LOAD, state="finished"), rows=5)["text/html"]

    assert "min-height" in live
    assert "min-height" not in final


def test_the_text_has_the_groups_while_it_runs_and_the_summary_at_the_end():
    assert make_bundle(report(LOAD, COMBINE))["text/plain"] == (
        "▸ 9 tasks · load 6/8 · combine 0/1 · 2 threads · 0:03"
    )
    final = make_bundle(report(LOAD, state="failed"), notes=["a note"])["text/plain"]
    assert final == "✗ failed after 3.00 s: 6 of 8 tasks done, 2 still finishing\n  a note"


def test_what_is_left_is_guessed_from_five_tasks_or_a_tenth_of_a_group():
    assert remaining(report(Group("a", 100, 4, 0, 0, 4.0))) is None
    assert remaining(report(Group("a", 100, 5, 0, 0, 5.0))) == 95 / 2
    assert remaining(report(Group("a", 20, 2, 0, 0, 2.0))) == 18 / 2
    assert remaining(report(Group("a", 8, 8, 0, 0, 2.0))) == 0
    assert remaining(report(LOAD, COMBINE)) is None, "a silent group: nobody knows its tasks"
    assert sentence(report(Group("a", 20, 2, 0, 0, 2.0))).endswith("0:03 (≈0:09 left)")
