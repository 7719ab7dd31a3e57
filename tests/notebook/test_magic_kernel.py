"""``%%parallel`` in a real kernel: streams, errors, results, interrupts, the feed.

Tasks wait for a named pipe that the test opens, so nothing here depends on time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("jupyter_client")
if not hasattr(os, "mkfifo"):
    pytest.skip("needs named pipes", allow_module_level=True)

from jupyter_client.manager import start_new_kernel

FUNCTIONS = """
%load_ext treadle
%colors nocolor
def inc(x):
    return x + 1
def boom(x):
    if x == 3:
        raise ValueError(f"boom at {x}")
    return x
def read(path):
    with open(path) as file:
        return file.read()
"""


class Kernel:
    """A kernel, and what its cells say."""

    def __init__(self, manager: Any, client: Any):
        self.manager = manager
        self.client = client

    def finish(self, cell: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Reply and messages of a cell that was begun."""
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") != cell:
                continue
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == cell:
                return reply["content"], messages

    def run(self, code: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Reply and messages of a cell."""
        return self.finish(self.client.execute(code))


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    manager, client = start_new_kernel(kernel_name="python3")
    made = Kernel(manager, client)
    reply, _ = made.run(FUNCTIONS)
    assert reply["status"] == "ok"
    yield made
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(messages: list[dict[str, Any]]) -> str:
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


def test_prints_come_in_program_order_into_their_own_cell(kernel):
    reply, messages = kernel.run(
        "%%parallel --min-task 0\nfor i in range(4):\n    print(i, inc(i))\nx = inc(9)\nx"
    )

    assert reply["status"] == "ok"
    assert printed(messages) == "0 1\n1 2\n2 3\n3 4\n"
    (result,) = [m for m in messages if m["msg_type"] == "execute_result"]
    assert result["content"]["data"]["text/plain"] == "10"


def test_an_error_shows_the_cells_own_line(kernel):
    reply, _ = kernel.run("%%parallel\nok = inc(1)\nxs = [boom(i) for i in range(5)]\nno = 1")

    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(reply["traceback"]))
    assert (reply["status"], reply["ename"], reply["evalue"]) == (
        "error",
        "ValueError",
        "boom at 3",
    )
    assert re.search(r"-> 3 xs = \[boom\(i\) for i in range\(5\)\]", shown), shown
    assert 'raise ValueError(f"boom at {x}")' in shown
    assert "treadle/notebook" not in shown
    names, _ = kernel.run("assert ok == 2 and 'xs' not in globals() and 'no' not in globals()")
    assert names["status"] == "ok"


def test_an_interrupt_ends_the_cell_and_keeps_what_was_done_before(kernel, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    body = f"first = inc(1)\nsecond = read({str(pipe)!r})\nthird = inc(2)"
    cell = kernel.client.execute(f"%%parallel -n 2 --min-task 0\n{body}")
    end = os.open(pipe, os.O_WRONLY)  # returns when the task has opened its end

    kernel.manager.interrupt_kernel()
    reply, messages = kernel.finish(cell)

    os.close(end)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    notes = [m["content"]["data"]["text/plain"] for m in messages if "data" in m["content"]]
    assert any("interrupted: " in note for note in notes)
    names, _ = kernel.run("assert first == 2 and 'second' not in globals()")
    assert names["status"] == "ok"
    again, _ = kernel.run("%%parallel --min-task 0\nthird = [inc(i) for i in range(3)]")
    assert again["status"] == "ok"


def test_an_interrupt_ends_a_cell_whose_tasks_run_in_processes(kernel, tmp_path):
    ready, _ = kernel.run("%cluster start -n 2 --threads 1")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    body = f"first = inc(1)\nsecond = read({str(pipe)!r})\nthird = inc(2)"
    cell = kernel.client.execute(f"%%parallel --min-task 0\n{body}")
    end = os.open(pipe, os.O_WRONLY)  # returns when the task has opened its end

    kernel.manager.interrupt_kernel()
    reply, messages = kernel.finish(cell)

    os.close(end)
    assert ready["status"] == "ok"
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    notes = [m["content"]["data"]["text/plain"] for m in messages if "data" in m["content"]]
    assert any("interrupted: " in note for note in notes)
    again, messages = kernel.run(
        "%%parallel --min-task 0 -o r\nthird = [inc(i) for i in range(3)]\nprint(third)"
    )
    assert (again["status"], printed(messages)) == ("ok", "[1, 2, 3]\n")
    stopped, _ = kernel.run("assert 'second' not in globals() and r.ntasks == 3\n%cluster stop")
    assert stopped["status"] == "ok"


def test_the_kernel_serves_its_feed_once_treadle_is_loaded(kernel):
    reply, messages = kernel.run(
        "import threading\n"
        "for thread in threading.enumerate():\n"
        "    if thread.name == 'treadle-feed-start':\n"
        "        thread.join()\n"
        "import treadle.feedserver\n"
        "print(treadle.feedserver.served() is not None)"
    )

    assert (reply["status"], printed(messages)) == ("ok", "True\n")


def test_a_usage_error_is_one_line(kernel):
    reply, messages = kernel.run("%%parallel --onn x\n1")

    assert reply["status"] == "error"
    assert "did you mean --on?" in reply["evalue"]
    assert printed(messages).strip().count("\n") == 0
