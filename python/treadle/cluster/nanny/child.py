"""One child of a nanny: how it is forked or spawned, spoken to, watched and ended.

    nanny                             child (its own process group)
    fork() or spawn() ---------------> detached from the nanny, waits for its task
    Child.start()
      wire    == entry, spec, ... ===> Channel: then the entry runs
      output  <------ stdout, stderr
    Child.ended()  --- SIGKILL ------> the group: what the child started goes with it

An *entry* is ``"module:function"``, called as ``function(spec, channel)`` in the child.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import importlib
import io
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from treadle.cluster.nanny import loop as nanny_loop
from treadle.cluster.nanny.lines import Channel, Line
from treadle.cluster.nanny.loop import READ, Loop, Wire
from treadle.utils import process

TAIL_BYTES = 8192
"""How much of what a child wrote last is kept for the report of its death."""

_SPAWN = "from treadle.cluster.nanny.child import spawned; spawned()"

_abandoned: list[Any] = []


class Process(NamedTuple):
    """A process that waits for its task, and our ends of what joins it with us."""

    pid: int
    channel: int
    output: int


def fork(loop: Loop, *, reserve: bool = False) -> Process:
    """Fork a process that has all that is imported here.

    Parameters
    ----------
    loop : Loop
        Its descriptors are closed in the child.
    reserve : bool
        Nobody waits for it yet: let it rehearse its start.

    Raises
    ------
    OSError
        If the system does not let us.
    """
    # What stands in Python's buffers would be written by both.
    sys.stdout.flush()
    sys.stderr.flush()
    return _make(lambda parent, ends: _fork(loop, parent, ends, reserve))


def spawn() -> Process:
    """Start a process with an interpreter of its own, for systems where forking is not safe.

    Raises
    ------
    OSError
        If the system does not let us.
    """
    return _make(lambda parent, ends: _spawn(parent, ends))


class Ends(NamedTuple):
    """Descriptors that join a child with us: ours, and the child's."""

    channel: int
    output: int
    child_channel: int
    child_output: int


def _make(start: Callable[[int, Ends], int]) -> Process:
    ours, theirs = (end.detach() for end in socket.socketpair())
    output, write = os.pipe()
    try:
        pid = start(os.getpid(), Ends(ours, output, theirs, write))
    except OSError:
        os.close(ours)
        os.close(output)
        raise
    finally:
        os.close(theirs)
        os.close(write)
    try:
        os.setpgid(pid, pid)  # whoever is first, we or the child
    except OSError:
        pass  # it has done so, or has ended already
    return Process(pid, ours, output)


def _fork(loop: Loop, parent: int, ends: Ends, reserve: bool) -> int:
    pid = nanny_loop.fork(loop, ends.channel, ends.output)
    if pid == 0:
        _child_main(parent, Channel(ends.child_channel), ends.child_output, reserve)
    return pid


def _spawn(parent: int, ends: Ends) -> int:
    import subprocess

    popen = subprocess.Popen(
        [sys.executable, "-P", "-c", _SPAWN, str(parent), str(ends.child_channel), "treadle"],
        stdin=subprocess.DEVNULL,
        stdout=ends.child_output,
        stderr=ends.child_output,
        pass_fds=[ends.child_channel],
        process_group=0,
    )
    popen.returncode = 0  # the nanny reaps its children itself
    return popen.pid


class Child:
    """A process that runs an entry.

    Parameters
    ----------
    loop : Loop
    name : str
    task : dict
        ``title``, which ``top`` shows; ``entry``; ``spec``, handed to it: secrets in it touch
        neither command lines nor the environment; ``surroundings``: ``environ``, ``cwd`` and
        ``path`` (that is, ``sys.path``) of the child, each of which may be absent.
    on_line, on_output : callable
        What it says on its channel; what it or what it started writes to stdout and stderr.
    """

    def __init__(
        self,
        loop: Loop,
        *,
        name: str,
        task: Line,
        on_line: Callable[[Child, Line], None],
        on_output: Callable[[Child, bytes], None],
    ):
        self.name = name
        self.pid = -1
        self.is_ready = False
        self.is_leaving = False  # on purpose: nothing to report, nothing to start again
        self.is_restarting = False
        self.verdict = ""  # why we have ended it, if we have
        self._loop = loop
        self._task = task
        self._on_line = on_line
        self._on_output = on_output
        self._tail = b""
        self._wire: Wire | None = None
        self._output = -1

    @property
    def tail(self) -> str:
        """The last lines that it wrote."""
        text = self._tail.decode(errors="replace")
        if len(self._tail) >= TAIL_BYTES:
            text = text.partition("\n")[2] or text  # a line that is cut tells little
        return text.strip()

    def start(self, process: Process) -> None:
        """Give a process its task."""
        self.pid = process.pid
        self._wire = Wire(
            self._loop, process.channel, lambda line: self._on_line(self, line), lambda: None
        )
        self._output = process.output
        os.set_blocking(self._output, False)
        self._loop.watch(self._output, READ, lambda _events: self._read_output())
        self._wire.send(**self._task)

    def send(self, **line: Any) -> None:
        """Say something to the child."""
        if self._wire is not None:
            self._wire.send(**line)

    def signal(self, number: int) -> None:
        """Send a signal to the child and to whatever it started."""
        try:
            os.killpg(self.pid, number)
        except OSError:
            pass  # all gone

    def end(self, verdict: str) -> None:
        """Kill it, for a reason that is told in place of how it ended."""
        self.verdict = verdict
        self.signal(signal.SIGKILL)

    def ended(self) -> None:
        """The process is a zombie: end what it started, and read its last words."""
        self.signal(signal.SIGKILL)
        if self._wire is not None:
            self._wire.drain()
        if self._output >= 0:
            self._read_output()
        self._close_output()

    def _read_output(self) -> None:
        """All there is, but not for ever: somebody may write without end."""
        for _ in range(16):
            try:
                data = os.read(self._output, 65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._close_output()
                return
            self._tail = (self._tail + data)[-TAIL_BYTES:]
            self._on_output(self, data)

    def _close_output(self) -> None:
        if self._output >= 0:
            self._loop.forget(self._output)
            self._output = -1


def spawned() -> NoReturn:
    """Entry of an interpreter of its own."""
    parent, fd = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(fd, False)
    _child_main(parent, Channel(fd), -1, False)


def _child_main(parent: int, channel: Channel, output: int, reserve: bool) -> NoReturn:
    """Wait for a task, do it, and end.  Never returns into the nanny's frames."""
    code = 1
    try:
        _detach(parent, output)
        if reserve:
            from treadle.cluster.nanny.rehearsal import rehearse

            rehearse()
        task = channel.receive()
        if task is None:
            os._exit(0)  # not needed any more
        _surround(task["surroundings"])
        process.set_process_name(task["title"])
        module, _, name = task["entry"].partition(":")
        function = getattr(importlib.import_module(module), name)
        gc.enable()
        function(task["spec"], channel)
        channel.send("leaving")
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        try:
            _run_atexit()
        finally:
            os._exit(code)


def _detach(parent: int, output: int) -> None:
    """A process group of its own, and the pipe for what is written."""
    process.die_with_parent(parent)
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    if output >= 0:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
    # New objects, since the old ones remember what kind of file they had been; those stay open.
    _abandoned.extend((sys.stdout, sys.stderr))
    for fd, name in ((1, "stdout"), (2, "stderr")):
        stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(fd, "w", closefd=False)),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    faulthandler.enable(2)  # a segmentation fault leaves a traceback in the log


def _surround(surroundings: Line) -> None:
    """Take the environment, the working directory and the path of whoever asked for the child."""
    environ = surroundings.get("environ")
    if environ is not None:
        os.environ.clear()
        os.environ.update(environ)
    cwd = surroundings.get("cwd")
    if cwd is not None:
        try:
            os.chdir(cwd)
        except OSError as error:
            print(f"working directory: {error}", file=sys.stderr)
    path = surroundings.get("path")
    if path is not None:
        sys.path[:] = path
        importlib.invalidate_caches()
    if "numpy" in sys.modules:  # loaded before the fork: no two children draw the same numbers
        sys.modules["numpy"].random.seed()


def _run_atexit() -> None:
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
