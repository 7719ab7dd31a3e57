"""What tasks print, log and warn of, on its way to whoever asked for them.

    print, sys.stderr   ─> Stream, in place of sys.stdout    ─┐  the slate of    Output messages,
    logging >= WARNING  ─> a handler of the root logger      ─┼─ this thread ──> before the one
    warnings.warn       ─> in place of warnings.showwarning  ─┘                  that ends the task

A compute thread has a `Slate`, which knows the task it is in; all other threads share the slate
of the worker (id -1), and what they say goes to the worker's own streams too.  A task may say
1 MB: the rest is counted and a line says how much it was.  What is written to file descriptor 1
behind Python's back (C extensions, subprocesses) stays in the worker's log.

>>> slate = Slate()
>>> slate.id = 7
>>> slate.add("stdout", "one "); slate.add("stdout", "two")
>>> slate.end()
[Output(id=7, kind='stdout', text='one two', detail=[])]
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from treadle.protocol.messages import Output

#: Characters that one task may print, log and warn.
BUDGET = 1_000_000

#: Characters in one message: a line of a loop that prints should not wait for a megabyte.
PIECE = 65_536

_here = threading.local()


class Slate:
    """What one thread has said and nobody has fetched yet.

    Parameters
    ----------
    notify : callable, optional
        Called, on the thread that speaks, when there is something to fetch.

    Attributes
    ----------
    id : int
        The task that the thread is in, or -1.
    used : bool
        Something was said in this task.
    """

    def __init__(self, notify: Callable[[], None] | None = None) -> None:
        self.id = -1
        self.used = False
        self._notify = notify
        # Reentrant: a collection may run a __del__ that prints, right inside of add().
        self._lock = threading.RLock()
        self._said: list[tuple[str, str, list[str]]] = []
        self._left = BUDGET
        self._cut = 0

    def add(self, kind: str, text: str, detail: list[str] | None = None) -> None:
        """Take what is said, as far as the budget goes."""
        if not text:
            return
        with self._lock:
            self.used = True
            over = len(text) - self._left
            if over > 0:
                self._cut += over
                text = text[: self._left]
                if not text:
                    return
            self._left -= len(text)
            first = not self._said
            self._said.append((kind, text, detail or []))
        if first and self._notify is not None:
            self._notify()

    @property
    def pending(self) -> bool:
        """Something was said and not fetched."""
        return bool(self._said)

    def take(self) -> list[Output]:
        """Return what was said since the last time; neighbours of one stream are joined."""
        with self._lock:
            said, self._said = self._said, []
        outputs = []
        run: list[str] = []
        size = 0
        for n, (kind, text, detail) in enumerate(said):
            run.append(text)
            size += len(text)
            more = n + 1 < len(said) and said[n + 1][0] == kind and not detail
            if more and kind in ("stdout", "stderr") and size < PIECE:
                continue
            outputs.append(Output(self.id, kind, "".join(run), detail))
            run = []
            size = 0
        return outputs

    def end(self) -> list[Output]:
        """Return what is left of this task, with a note of what was cut; the next one begins."""
        outputs = self.take()
        if self._cut:
            note = f"[treadle: {self._cut:,} more characters of this task's output were cut]\n"
            outputs.append(Output(self.id, "stderr", note))
        self._left, self._cut, self.used = BUDGET, 0, False
        return outputs


def speak_on(slate: Slate | None) -> None:
    """From now on, what this thread says goes to ``slate``; None is the worker's own."""
    _here.slate = slate


class Stream(io.TextIOBase):
    """Stands in place of ``sys.stdout`` or ``sys.stderr`` in a worker process."""

    def __init__(self, kind: str, original: TextIO, common: Slate, echo: bool = True):
        self.kind = kind
        self.original = original
        self._common = common
        self._echo = echo

    def write(self, text: str) -> int:
        """Hand on; returns the number of characters, as every stream does."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        slate = getattr(_here, "slate", None)
        if slate is None:
            if self._echo:
                self.original.write(text)
                self.original.flush()
            slate = self._common
        slate.add(self.kind, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def reconfigure(self, **options: Any) -> None:
        """Taken for the sake of libraries that would have another encoding; changes nothing."""

    @property
    def name(self) -> str:
        return f"<{self.kind}>"

    def fileno(self) -> int:
        """The descriptor of the worker's own stream: what a subprocess is given."""
        return self.original.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "replace"

    @property
    def buffer(self) -> io.RawIOBase:
        """Where bytes are written: ``sys.stdout.buffer``."""
        return _Bytes(self)


class _Bytes(io.RawIOBase):
    """The binary side of a `Stream`."""

    def __init__(self, stream: Stream):
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._stream.write(bytes(view).decode("utf-8", "replace"))
        return view.nbytes


class _Handler(logging.Handler):
    """Sends records of the root logger on."""

    def __init__(self, common: Slate, original: TextIO, echo: bool):
        super().__init__(logging.WARNING)
        self._common = common
        self._original = original
        self._echo = echo

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        slate = getattr(_here, "slate", None)
        if slate is None:
            if self._echo:
                self._original.write(f"{record.levelname} {record.name}: {text}\n")
                self._original.flush()
            slate = self._common
        slate.add("log", text, [record.name, record.levelname])


class Capture:
    """Puts the three in place, for a process that does nothing but be a worker.

    A process that a task forks writes to the streams it would have had: nobody there sends.

    Parameters
    ----------
    common : Slate
        Takes what no task says.
    echo : bool
        What no task says is written to the streams that were there, too.
    """

    def __init__(self, common: Slate, echo: bool = True):
        self._streams = (sys.stdout, sys.stderr)
        self._showwarning = warnings.showwarning
        self._common = common
        self._echo = echo
        self._handler = _Handler(common, sys.stderr, echo)
        sys.stdout = Stream("stdout", sys.stdout, common, echo)
        sys.stderr = Stream("stderr", sys.stderr, common, echo)
        logging.getLogger().addHandler(self._handler)
        warnings.showwarning = self._show
        _captures.append(self)

    def close(self) -> None:
        """Put everything back."""
        _captures.remove(self)
        sys.stdout, sys.stderr = self._streams
        logging.getLogger().removeHandler(self._handler)
        warnings.showwarning = self._showwarning

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None:
            self._showwarning(message, category, filename, lineno, file, line)
            return
        slate = getattr(_here, "slate", None)
        if slate is None:
            if self._echo:
                own = self._streams[1]
                own.write(warnings.formatwarning(message, category, filename, lineno, line))
                own.flush()
            slate = self._common
        name = category.__qualname__
        if category.__module__ != "builtins":
            name = f"{category.__module__}.{name}"
        slate.add("warning", str(message), [name, filename, str(lineno)])


_captures: list[Capture] = []


def is_capturing() -> bool:
    """Tell whether what this process prints is sent to clients."""
    return bool(_captures)


def _after_fork() -> None:
    for capture in list(_captures):
        capture.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
