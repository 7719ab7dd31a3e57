"""One child of a nanny: how it is forked or spawned, spoken to, watched and ended.

    nanny                             child (its own process group)
    Child.start() --- fork ---------> become(): descriptors, environment, then the entry
      wire    <====== lines ========>   Channel
      output  <------ stdout, stderr
      end()   ------- SIGKILL to the group: what the child started goes with it

An *entry* is ``"module:function"``, called as ``function(spec, channel)`` in the child.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from treadle.cluster.lines import Channel, Line
from treadle.cluster.nanny_loop import READ, Loop, Wire
from treadle.utils import process

TAIL_BYTES = 8192
"""How much of what a child wrote last is kept for the report of its death."""

_abandoned: list[Any] = []
_SPAWN = "from treadle.cluster.nanny_child import spawned; spawned()"


class Child:
    """A process that runs an entry.

    Parameters
    ----------
    loop : Loop
    name : str
    entry : str
        ``"module:function"``.
    spec : dict
        Handed to the entry.  Secrets in it touch neither command lines nor the environment.
    surroundings : dict
        ``environ``, ``cwd`` and ``path`` (that is, ``sys.path``) of the child; each may be absent.
    on_line, on_output : callable
        What it says on its channel; what it or what it started writes to stdout and stderr.
    """

    def __init__(
        self,
        loop: Loop,
        *,
        name: str,
        entry: str,
        spec: Line,
        surroundings: Line,
        on_line: Callable[[Child, Line], None],
        on_output: Callable[[Child, bytes], None],
    ):
        self.name = name
        self.pid = -1
        self.is_ready = False
        self.is_leaving = False  # on purpose: nothing to report, nothing to start again
        self.is_restarting = False
        self.spec = spec
        self._loop = loop
        self._entry = entry
        self._surroundings = surroundings
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

    def start(self, *, spawn: bool = False) -> None:
        """Start the process; ``spawn`` it with an interpreter of its own instead of forking.

        Raises
        ------
        OSError
            If the system does not let us.
        """
        ours, theirs = (end.detach() for end in socket.socketpair())
        output, write = os.pipe()
        try:
            if spawn:
                self.pid = self._spawn(theirs, write)
            else:
                self.pid = self._fork(theirs, write, [ours, output])
        except OSError:
            os.close(ours)
            os.close(output)
            raise
        finally:
            os.close(theirs)
            os.close(write)
        try:
            os.setpgid(self.pid, self.pid)  # whoever is first, we or the child
        except OSError:
            pass  # it has done so, or has ended already
        self._wire = Wire(self._loop, ours, lambda line: self._on_line(self, line), lambda: None)
        self._output = output
        os.set_blocking(output, False)
        self._loop.watch(output, READ, lambda _events: self._read_output())
        if spawn:
            self.send(entry=self._entry, spec=self.spec, surroundings=self._surroundings)

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
        self._loop.forget(self._output)
        self._output = -1

    def _fork(self, channel: int, output: int, others: list[int]) -> int:
        parent = os.getpid()
        # What stands in Python's buffers would be written by both.
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _child_main(
                parent,
                channel,
                output,
                [*self._loop.fds, *others],
                lambda: (self._entry, self.spec, self._surroundings),
            )
        return pid

    def _spawn(self, channel: int, output: int) -> int:
        import subprocess

        popen = subprocess.Popen(
            [sys.executable, "-P", "-c", _SPAWN, str(os.getpid()), str(channel), "treadle"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[channel],
            process_group=0,
        )
        popen.returncode = 0  # the nanny reaps its children itself
        return popen.pid


def spawned() -> NoReturn:
    """Entry of an interpreter of its own: what a forked child inherits comes as the first line."""
    parent, fd = int(sys.argv[1]), int(sys.argv[2])
    channel = Channel(fd)

    def read() -> tuple[str, Line, Line]:
        line = channel.receive()
        if line is None:
            os._exit(1)
        return line["entry"], line["spec"], line["surroundings"]

    _child_main(parent, channel, -1, [], read)


def _child_main(
    parent: int,
    channel: int | Channel,
    output: int,
    close: list[int],
    read: Callable[[], tuple[str, Line, Line]],
) -> NoReturn:
    """Run the entry, and end.  Never returns into the nanny's frames."""
    code = 1
    try:
        _detach(parent, output, close)
        if isinstance(channel, int):
            channel = Channel(channel)
        entry, spec, surroundings = read()
        _surround(surroundings)
        process.set_process_name(f"treadle-{spec.get('name', '')}")
        module, _, function = entry.partition(":")
        getattr(importlib.import_module(module), function)(spec, channel)
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


def _detach(parent: int, output: int, close: list[int]) -> None:
    """Own process group, own signals, none of the nanny's descriptors."""
    process.die_with_parent(parent)
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for fd in close:
        os.close(fd)
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
            io.FileIO(fd, "w", closefd=False),
            encoding="utf-8",
            errors="backslashreplace",
            write_through=True,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    import faulthandler

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
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
