"""Whoever of a cluster's processes is killed by signal 9, nothing is left of those below it.

test ── owner ── nanny ─┬─ guard
                        ├─ scheduler
                        └─ worker ── what a task started
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest
from tests.cluster.nanny_tools import ROOT, TIMEOUT, pidfd, wait_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="parents' deaths are told on Linux"),
]

OWNER = """
import os, signal, sys
from tests.cluster.nanny_tools import Events
from treadle.cluster.nanny.process import NannyProcess

nanny = NannyProcess()
events = Events(nanny, "orphans")
events.start(
    scheduler={"entry": "scheduler"}, worker={"entry": WORKER, "starts": True}, n=1
)
events.wait("ready")
if FORKS and os.fork() == 0:
    signal.pause()
print("up", flush=True)
while (event := events.wait("stopped"))["event"]:
    print(event["reason"], flush=True)
    signal.pause()
"""

SECONDS = 2.0
"""Within which all must be gone.  Measured by the wait itself: it gives up then."""


class Family(NamedTuple):
    """The processes, all of them alive at the beginning."""

    owner: subprocess.Popen[str]
    nanny: int
    others: dict[str, int]

    def watch(self, *names: str) -> list[int]:
        """Descriptors that tell when these end; all but the owner unless named."""
        pids = [self.nanny, *self.others.values()]
        if names:
            pids = [self.others[name] for name in names]
        return [pidfd(pid) for pid in pids]


def start(worker: str = "worker", *, forks: bool = False) -> Family:
    """An owner in a process of its own, with a cluster."""
    settings = f"FORKS, WORKER = {forks}, {worker!r}\n"
    owner = subprocess.Popen(
        [sys.executable, "-c", settings + OWNER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    children = psutil.Process(owner.pid).children()
    nanny = next(child.pid for child in children if child.name() == "treadle-nanny")
    others = {}
    for child in psutil.Process(nanny).children():
        others[child.name()] = child.pid
        for grandchild in child.children():
            others["started"] = grandchild.pid
    return Family(owner, nanny, others)


@pytest.fixture
def families() -> Iterator[list[Family]]:
    families: list[Family] = []
    yield families
    for family in families:
        for pid in (family.nanny, *family.others.values()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        family.owner.kill()
        family.owner.communicate(timeout=TIMEOUT)


def test_the_family_is_as_it_is_drawn(families: list[Family]):
    families.append(start())

    assert sorted(families[0].others) == [
        "started",
        "treadle-guard",
        "treadle-sched",
        "treadle-w1",
    ]


@pytest.mark.parametrize("worker", ["worker", "is_deaf"])
def test_nothing_is_left_when_the_owner_is_killed(families: list[Family], worker: str):
    families.append(family := start(worker))
    watched = family.watch()

    family.owner.kill()

    assert wait_gone(*watched, timeout=SECONDS)


def test_a_forked_copy_of_the_owner_keeps_nothing_alive(families: list[Family]):
    families.append(family := start(forks=True))
    watched = family.watch()
    copies = [p for p in psutil.Process(family.owner.pid).children() if p.pid != family.nanny]

    family.owner.kill()

    try:
        assert wait_gone(*watched, timeout=SECONDS)
    finally:
        for copy in copies:
            copy.kill()


@pytest.mark.parametrize("worker", ["worker", "is_deaf"])
def test_nothing_is_left_when_the_nanny_is_killed_and_the_owner_hears_of_it(
    families: list[Family], worker: str
):
    families.append(family := start(worker))
    watched = family.watch()

    os.kill(family.nanny, signal.SIGKILL)

    assert wait_gone(*watched, timeout=SECONDS)
    assert family.owner.stdout is not None
    assert family.owner.stdout.readline() == "its nanny killed by signal 9 (SIGKILL)\n"


def test_a_killed_guard_is_replaced_and_the_new_one_knows_whom_to_end(families: list[Family]):
    families.append(family := start())
    old = family.watch("treadle-guard")
    started = family.watch("started")

    os.kill(family.others["treadle-guard"], signal.SIGKILL)
    assert wait_gone(*old)
    nanny = psutil.Process(family.nanny)
    wait_for_another(nanny, "treadle-guard", family.others["treadle-guard"])
    nanny.kill()

    assert wait_gone(*started, timeout=SECONDS)


def test_what_a_killed_worker_started_is_gone(families: list[Family]):
    families.append(family := start())
    started = family.watch("started")

    os.kill(family.others["treadle-w1"], signal.SIGKILL)

    assert wait_gone(*started, timeout=SECONDS)


def test_nothing_but_the_nanny_is_left_when_the_scheduler_is_killed(families: list[Family]):
    families.append(family := start())
    watched = family.watch("treadle-w1", "started")

    os.kill(family.others["treadle-sched"], signal.SIGKILL)

    assert wait_gone(*watched, timeout=SECONDS)
    assert psutil.pid_exists(family.nanny)


def wait_for_another(parent: psutil.Process, name: str, pid: int) -> None:
    """A child of that name appears that is not the one of that pid; each look reads /proc."""
    for _ in range(100_000):
        with contextlib.suppress(psutil.NoSuchProcess):  # between the list and the look
            if any(child.name() == name and child.pid != pid for child in parent.children()):
                return
    raise AssertionError(f"no {name}")
