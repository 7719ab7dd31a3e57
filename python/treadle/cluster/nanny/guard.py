"""The shadow of a nanny: outlives it by a moment, to end what it could not.

When a nanny is killed the kernel kills its children, but not what those had started: a task may
run ``subprocess.Popen``.  So the nanny forks a process that does nothing but hold the end of a
pipe and a list of process groups; when the pipe closes it kills the groups that are left.  The
nanny starts another when its guard is killed, so only losing both at once leaves such a
process behind.

    nanny --- "+4711", "-4711" ---> guard          the pipe closes: killpg(4711), exit
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from treadle.cluster.nanny.loop import Loop, fork
from treadle.utils import process


class Guard:
    """The nanny's end."""

    def __init__(self, loop: Loop):
        self.pid = -1
        self._loop = loop
        self._pipe = -1
        self._groups: set[int] = set()

    def start(self) -> None:
        """Fork the guard, or a new one, which then knows of all groups.

        Raises
        ------
        OSError
            If the system does not let us fork.
        """
        self._close()
        read, write = os.pipe()
        try:
            self.pid = fork(self._loop, write)
        except OSError:
            os.close(read)
            os.close(write)
            raise
        if self.pid == 0:
            _watch(read, self._groups)
        os.close(read)
        self._pipe = write
        self._loop.watch(write, 0, lambda _events: self._close())  # called when the guard ends

    def add(self, group: int) -> None:
        """A child with a process group of its own has started."""
        self._groups.add(group)
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """It has ended, and its group has been killed."""
        self._groups.discard(group)
        self._tell(f"-{group}\n")

    def wait(self) -> None:
        """After the loop was closed, and with it our end: see the guard off."""
        if self.pid > 0:
            try:
                os.waitpid(self.pid, 0)
            except ChildProcessError:
                pass  # it went before

    def _close(self) -> None:
        if self._pipe >= 0:
            self._loop.forget(self._pipe)
            self._pipe = -1

    def _tell(self, text: str) -> None:
        if self._pipe < 0:
            return
        try:
            os.write(self._pipe, text.encode())
        except OSError:
            pass  # killed: its end is noticed as that of any child, and a new one is told all


def _watch(pipe: int, groups: set[int]) -> NoReturn:
    """The guard's whole life; ``groups`` are there already."""
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        process.set_process_name("treadle-guard")
        rest = b""
        while data := os.read(pipe, 65536):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
        for group in groups & groups_in_session(os.getsid(0)):
            os.killpg(group, signal.SIGKILL)
    finally:
        os._exit(0)


def groups_in_session(session: int) -> set[int]:
    """Process groups of a session; a number that has been given anew belongs to another one.

    Where there is no ``/proc`` nothing is known, and an empty set is the answer.
    """
    groups: set[int] = set()
    if sys.platform != "linux":
        return groups
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    # state, ppid, pgrp, session follow the name, which may hold anything but ")"
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session:
                groups.add(int(fields[2]))
    return groups
