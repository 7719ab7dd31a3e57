"""What runs in the children of a nanny in tests: entries that do next to nothing."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from treadle.cluster.nanny.lines import Channel


def scheduler(spec: dict[str, Any], channel: Channel) -> None:
    """Listens nowhere; says what it is told to say; ends when it is told to."""
    channel.send("listening", addresses=["unix:///nowhere"])
    for line in spec.get("say", []):
        channel.send(**line)
    while (line := channel.receive()) is not None:
        if line["op"] == "stop" and not spec.get("stubborn"):
            return
        if line["op"] in ("exited", "retire"):
            channel.send("recorded", record=line)  # so that the test sees what we were told
    while spec.get("stubborn"):
        time.sleep(60)


def worker(spec: dict[str, Any], channel: Channel) -> None:
    """Is ready when it is told where the scheduler is, and leaves on SIGTERM."""
    line = channel.receive()
    assert line is not None
    assert line["op"] == "go"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0) if spec.get("rude") else _leave(channel))
    if spec.get("starts"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        channel.send("ready")
        print("started", child.pid, flush=True)
    elif spec.get("prints"):
        print(json.dumps({name: _FACTS[name]() for name in spec["prints"]}), flush=True)
    channel.send("ready")
    while True:
        signal.pause()


def _leave(channel: Channel) -> None:
    channel.send("leaving")
    os._exit(0)


def fails(spec: dict[str, Any], channel: Channel) -> None:
    """Never gets as far as its scheduler."""
    raise RuntimeError("no module of that name, say")


def crashes(spec: dict[str, Any], channel: Channel) -> None:
    """Is ready, and dies of a segmentation fault."""
    channel.receive()
    channel.send("ready")
    ctypes.string_at(0)


def is_deaf(spec: dict[str, Any], channel: Channel) -> None:
    """Does not listen to a friendly word."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel.receive()
    channel.send("ready")
    while True:
        time.sleep(60)


_FACTS: dict[str, Any] = {
    "cwd": os.getcwd,
    "variable": lambda: os.environ.get("NANNY_TEST"),
    "fds": lambda: sorted(os.listdir("/proc/self/fd")),
    "path": lambda: sys.path,
    "argv": lambda: open("/proc/self/cmdline").read(),  # noqa: SIM115
    "environ": lambda: open("/proc/self/environ").read(),  # noqa: SIM115
    "name": lambda: open("/proc/self/comm").read().strip(),  # noqa: SIM115
    "draw": lambda: int(__import__("numpy").random.randint(2**31)),
}
