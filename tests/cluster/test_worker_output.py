"""What tasks print, log and warn of, as messages."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager

import pytest

from treadle.cluster.worker.output import BUDGET, PIECE, Capture, Slate, speak_on
from treadle.protocol.messages import Output


@pytest.fixture
def slate():
    """The slate of a thread that is in task 7."""
    slate = Slate()
    slate.id = 7
    return slate


@contextmanager
def caught(slate=None):
    """Catch everything; this thread speaks on ``slate``.  Yields the worker's own slate."""
    # Not a fixture: pytest puts its own streams in place after those have run.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.StringIO())
        patch.setattr(sys, "stderr", io.StringIO())
        common = Slate()
        capture = Capture(common)
        speak_on(slate)
        try:
            yield common
        finally:
            speak_on(None)
            capture.close()


def test_neighbouring_writes_to_one_stream_are_one_message(slate):
    for kind, text in [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]:
        slate.add(kind, text)

    assert slate.end() == [
        Output(7, "stdout", "ab"),
        Output(7, "stderr", "c"),
        Output(7, "stdout", "d"),
    ]


def test_long_output_is_cut_into_messages(slate):
    for _ in range(100):
        slate.add("stdout", "x" * 1000)

    sizes = [len(output.text) for output in slate.end()]

    assert sum(sizes) == 100_000
    assert max(sizes) <= PIECE + 1000


def test_a_task_that_says_too_much_is_cut_and_told_so(slate):
    for _ in range(3):
        slate.add("stdout", "x" * (BUDGET // 2))

    *outputs, note = slate.end()

    assert sum(len(output.text) for output in outputs) == BUDGET
    assert note.text == "[treadle: 500,000 more characters of this task's output were cut]\n"


def test_the_next_task_has_a_budget_of_its_own(slate):
    slate.add("stdout", "x" * (BUDGET + 1))
    slate.end()

    slate.add("stdout", "y")

    assert slate.end() == [Output(7, "stdout", "y")]


def test_what_was_fetched_early_counts_too(slate):
    slate.add("stdout", "x" * BUDGET)
    assert sum(len(output.text) for output in slate.take()) == BUDGET

    slate.add("stdout", "y")

    assert [output.kind for output in slate.end()] == ["stderr"]


def test_somebody_is_told_once_that_there_is_something_to_fetch():
    told = []
    slate = Slate(lambda: told.append(1))

    slate.add("stdout", "a")
    slate.add("stdout", "b")
    slate.take()
    slate.add("stdout", "c")

    assert told == [1, 1]


def test_prints_of_a_task_go_to_its_slate_and_nowhere_else(slate):
    with caught(slate):
        print("one", 2)
        print("bad", file=sys.stderr)
        sys.stdout.buffer.write("ü\n".encode())
        own = sys.stdout.original.getvalue()

    assert own == ""
    assert slate.end() == [
        Output(7, "stdout", "one 2\n"),
        Output(7, "stderr", "bad\n"),
        Output(7, "stdout", "ü\n"),
    ]


def test_prints_outside_of_tasks_are_the_workers(slate):
    with caught(slate) as common:
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join(30)
        own = sys.stdout.original.getvalue()

    assert common.end() == [Output(-1, "stdout", "from a thread\n")]
    assert own == "from a thread\n"
    assert slate.end() == []


def test_log_records_carry_their_logger_and_level(slate):
    with caught(slate):
        logging.getLogger("my.module").warning("%d things", 3)
        logging.getLogger("my.module").info("not told")

    assert slate.end() == [Output(7, "log", "3 things", ["my.module", "WARNING"])]


def test_a_logged_exception_carries_its_traceback(slate):
    with caught(slate):
        try:
            raise KeyError("x")
        except KeyError:
            logging.getLogger("my").exception("failed")

    [output] = slate.end()

    assert output.text.startswith("failed\nTraceback")
    assert output.detail == ["my", "ERROR"]


def test_warnings_carry_category_file_and_line(slate):
    with caught(slate), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn_explicit("old", DeprecationWarning, "cell.py", 12)

    assert slate.end() == [Output(7, "warning", "old", ["DeprecationWarning", "cell.py", "12"])]


def test_a_del_that_prints_in_the_middle_of_a_print_does_not_lock_up(slate):
    class Loud:
        def __del__(self):
            slate.add("stdout", "gone")

    class Text(str):
        def __len__(self):  # called with the lock held
            nonlocal loud
            loud = None
            return str.__len__(self)

    loud = Loud()
    slate.add("stdout", Text("here"))

    assert "gone" in slate.end()[0].text


def test_a_subprocess_may_be_given_the_stream(tmp_path):
    program = """
import subprocess, sys
from treadle.cluster.worker.output import Capture, Slate
capture = Capture(Slate())
subprocess.run([sys.executable, "-c", "print('child')"], stdout=sys.stdout, check=True)
capture.close()
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert run.stdout == "child\n"


def test_writing_something_else_than_text_is_refused(slate):
    with caught(slate), pytest.raises(TypeError, match="must be str, not bytes"):
        sys.stdout.write(b"x")


def test_a_process_that_a_task_forks_prints_for_itself():
    program = """
import os, sys
from treadle.cluster.worker.output import Capture, Slate, speak_on
slate = Slate()
capture = Capture(Slate())
speak_on(slate)
print("task")
if os.fork() == 0:
    print("child")
    sys.stdout.flush()
    os._exit(0)
os.wait()
print("said:", [output.text for output in slate.end()], file=capture._streams[0])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert run.stdout == "child\nsaid: ['task\\n']\n"
