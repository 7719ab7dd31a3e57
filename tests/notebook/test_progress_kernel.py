"""In a real kernel: what is shown moves while a cell blocks, and belongs to that cell.

Tasks wait for a named pipe that the test opens only after it has seen what it waits for, so nothing
here depends on time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jupyter_client")
if not hasattr(os, "mkfifo"):
    pytest.skip("needs named pipes", allow_module_level=True)

from jupyter_client.manager import start_new_kernel

RUN = "application/vnd.treadle.run.v1+json"
Message = dict[str, Any]

PREPARE = """
import threading, treadle
from treadle.notebook.progress import watch_runs
from treadle.telemetry.hub import default_hub
stop = watch_runs(default_hub(), get_ipython())

@treadle.delayed
def wait(gate):
    with open(gate) as pipe:
        return pipe.read()
"""


class Kernel:
    """A kernel, and the messages of its cells."""

    def __init__(self, manager: Any, client: Any):
        self.manager = manager
        self.client = client

    def start(self, code: str) -> str:
        """Begin a cell; return its id."""
        return str(self.client.execute(code))

    def messages_until(self, is_it: Callable[[Message], bool]) -> list[Message]:
        """All messages up to the one."""
        found = []
        while True:
            found.append(self.client.get_iopub_msg(timeout=30))
            if is_it(found[-1]):
                return found

    def rest(self, cell: str) -> list[Message]:
        """What is left of a cell's messages."""
        return self.messages_until(lambda message: is_idle(message, cell))

    def run(self, code: str) -> list[Message]:
        """All messages of a cell."""
        return self.rest(self.start(code))


def is_idle(message: Message, cell: str) -> bool:
    return (
        message["msg_type"] == "status"
        and message["content"]["execution_state"] == "idle"
        and message["parent_header"].get("msg_id") == cell
    )


def is_display(message: Message) -> bool:
    return message["msg_type"] in ("display_data", "update_display_data")


def is_live(message: Message) -> bool:
    """Tell whether a widget shows a task at work."""
    if message["msg_type"] != "comm_msg":
        return False
    view = message["content"]["data"].get("state", {}).get("view", {})
    return view.get("state") == "running" and view["groups"][0]["running"] == 1


def printed(messages: list[Message]) -> str:
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    env = {**os.environ, "TREADLE_PROGRESS__AFTER": "0", "TREADLE_NUM_WORKERS": "2"}
    # A message on standard error about the transport would be taken for a failure of the test.
    with open(os.devnull, "w") as null:
        manager, client = start_new_kernel(kernel_name="python3", env=env, stderr=null)
        try:
            kernel = Kernel(manager, client)
            kernel.run(PREPARE)
            yield kernel
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


@pytest.fixture
def gate(tmp_path) -> Path:
    """A pipe on which tasks wait until something is written to it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def test_progress_is_shown_under_the_cell_while_it_blocks(kernel, gate):
    cell = kernel.start(f"wait({str(gate)!r}).compute()")
    first = kernel.messages_until(is_display)[-1]
    gate.write_text("go on")
    rest = kernel.rest(cell)

    last = [message for message in rest if is_display(message)][-1]
    assert first["content"]["data"][RUN]["state"] == "running"
    assert last["content"]["data"][RUN]["state"] == "finished"
    assert last["msg_type"] == "update_display_data"
    assert first["content"]["transient"] == last["content"]["transient"]
    assert {m["parent_header"]["msg_id"] for m in (first, last)} == {cell}


def test_a_run_that_fails_shows_that_before_the_traceback(kernel):
    types = [
        message["msg_type"]
        for message in kernel.run(
            "import time\ntreadle.compute([treadle.delayed(time.sleep)(0.3),"
            " treadle.delayed(time.sleep)('x')])"
        )
        if is_display(message) or message["msg_type"] == "error"
    ]

    assert types[-1] == "error"
    assert types.count("error") == 1


def test_the_widget_moves_while_the_cell_blocks(kernel, gate):
    kernel.run("progress = treadle.widgets.RunProgress()")
    cell = kernel.start(f"wait({str(gate)!r}).compute()")

    live = kernel.messages_until(is_live)[-1]  # the pipe is shut, so the cell blocks
    gate.write_text("go on")
    kernel.rest(cell)

    view = live["content"]["data"]["state"]["view"]
    assert view["line"].startswith("1 task · 0 done · ")
    end = kernel.run("progress.refresh(); print(progress.view['state'], progress.view['line'])")
    assert printed(end).startswith("finished 1 task in ")
    kernel.run("progress.close()")


def test_an_interrupt_ends_the_display_with_the_run(kernel):
    kernel.run("gate_open = threading.Event()")
    cell = kernel.start("treadle.delayed(gate_open.wait)().compute()")
    kernel.messages_until(is_display)
    kernel.manager.interrupt_kernel()
    messages = kernel.rest(cell)

    shown = [m["content"]["data"][RUN]["state"] for m in messages if is_display(m)]
    assert shown[-1:] == ["cancelled"]
    kernel.run("gate_open.set()")


def test_no_thread_of_ours_stays_but_the_crew(kernel):
    code = """
from treadle.notebook.ticker import ticker
ticker().drain()
thread = ticker().thread
if thread is not None:
    thread.join()
print([t.name for t in threading.enumerate() if t.name == "treadle-ticker"])
"""

    assert printed(kernel.run(code)) == "[]\n"
