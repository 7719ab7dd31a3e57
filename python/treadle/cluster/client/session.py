"""The connection of a client to its scheduler, and the threads that serve it.

    caller's thread   send(message): encoded and written there and then
    reader            every message from the scheduler: into the ledger, or to whoever asked
    releaser          handles of futures that are gone, a few milliseconds' worth at a time
    caller back       functions given to ``add_done_callback``; started when there is one

A session ends by `close`, or when the connection does: then whatever is pending is lost, and
whoever waits is told at once.  The connections to workers, which a client opens when it needs them,
are kept here: what only a client holds is finalized together with it, sockets first, if the garbage
collector finds it in a circle; a session is held by its threads until it is closed.
"""

from __future__ import annotations

import itertools
import logging
import queue
import sys
import threading
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from treadle.cluster.client.feedback import show_output
from treadle.cluster.client.ledger import CANCELLED, LOST, Ledger, Signal
from treadle.errors import ClientClosed, SchedulerLost, TreadleError
from treadle.protocol import messages
from treadle.protocol.messages import WorkerInfo

if TYPE_CHECKING:
    from treadle.comm.transfer import DataClient

logger = logging.getLogger(__name__)

#: Seconds for which released futures are collected before they are told of.
RELEASE_DELAY = 0.005

#: Seconds that an answer may take by default.
ANSWER_TIMEOUT = 30.0


class Link(Protocol):
    """What a session needs of a connection."""

    def send(self, *buffers: Any) -> None: ...

    def recv(self) -> list[Any]: ...

    def close(self) -> None: ...


class Question:
    """A message on its way that will be answered."""

    __slots__ = ("answer", "error", "results", "signal")

    def __init__(self) -> None:
        self.signal = Signal()
        self.answer: Any = None
        self.error = ""
        #: What workers returned, by their names; only for `RunOnWorkers`.
        self.results: dict[str, messages.RunResult] = {}


class Session:
    """One connection to a scheduler.

    Attributes
    ----------
    ledger : Ledger
    workers : dict
        Number -> `WorkerInfo` of the workers that are there.
    welcome : Welcome
    """

    def __init__(self, link: Link, *, timeout: float):
        self.ledger = Ledger()
        self.workers: dict[int, WorkerInfo] = {}
        self.names: dict[int, str] = {}  # of workers that have gone, too
        self.workers_changed = threading.Condition()
        self.known_functions: set[bytes] = set()
        self.order = allocate_lock()  # held from "is this function known?" until it was sent
        self.closed = False
        self.lost_reason: str | None = None
        self._link = link
        self._questions: dict[int, Question] = {}
        self._numbers = itertools.count(1)
        self._released: deque[int] = deque()
        self._release_signal = Signal()
        self._release_told = False
        self._flushing = allocate_lock()
        self._data: DataClient | None = None
        self._ending = threading.Event()
        self._abandoned = False
        self._finish: Callable[[], object] | None = None
        self._callbacks: queue.SimpleQueue[tuple[Callable[[Any], object], Any] | None]
        self._callbacks = queue.SimpleQueue()
        self._caller: threading.Thread | None = None
        self._lock = allocate_lock()
        self._welcomed = Signal()
        self._welcome: messages.Welcome | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            messages.Done: self._done,
            messages.Watched: self._watched,
            messages.Erred: self._erred,
            messages.Lost: self._lost,
            messages.Cancelled: self._cancelled,
            messages.Refused: self._refused,
            messages.ScatterTo: self._scatter_to,
            messages.Answer: self._answer,
            messages.RunResult: self._run_result,
            messages.Output: self._output,
            messages.WorkersChanged: self._workers_changed,
            messages.Welcome: self._welcome_came,
            messages.Goodbye: self._goodbye,
        }
        self._reader = threading.Thread(target=self._read, name="treadle-client", daemon=True)
        self._releaser = threading.Thread(
            target=self._release, name="treadle-client-releases", daemon=True
        )
        self._reader.start()
        self._releaser.start()
        if not self._welcomed.wait(timeout) or self._welcome is None:
            reason = self.lost_reason or f"no welcome within {timeout:g} seconds"
            self.close(None)
            raise SchedulerLost(f"the scheduler does not answer: {reason}")

    @property
    def welcome(self) -> messages.Welcome:
        """What the scheduler said first."""
        assert self._welcome is not None
        return self._welcome

    # -- out -----------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise if nothing can be sent any more."""
        if self.closed:
            raise ClientClosed("this client is closed; make another one")
        if self.lost_reason is not None:
            raise SchedulerLost(f"the scheduler is gone: {self.lost_reason}")

    def send(self, message: messages.Message) -> None:
        """Send a message from this thread.

        Raises
        ------
        ClientClosed, SchedulerLost
        """
        self.check()
        try:
            self._link.send(messages.encode(message))
        except OSError as error:
            self._end(f"it can't be written to: {error}")
            raise SchedulerLost(f"the scheduler is gone: {error}") from error

    @contextmanager
    def question(self) -> Iterator[tuple[int, Question]]:
        """Register a question: yields its number, and where the answer will be."""
        number = next(self._numbers)
        question = self._questions[number] = Question()
        try:
            yield number, question
        finally:
            self._questions.pop(number, None)

    def ask(self, make: Callable[[int], messages.Message], timeout: float = ANSWER_TIMEOUT) -> Any:
        """Send the message that ``make`` makes of a number, and return the answer's value.

        Raises
        ------
        TimeoutError
        TreadleError
            What the scheduler answered, when it could not do it.
        """
        with self.question() as (number, question):
            self.send(make(number))
            if not question.signal.wait(timeout):
                raise TimeoutError(f"the scheduler has not answered within {timeout:g} seconds")
        self.check_answer(question)
        return question.answer

    def check_answer(self, question: Question) -> None:
        """Raise what came in place of an answer.

        Raises
        ------
        ClientClosed, SchedulerLost, TreadleError
        """
        if question.error:
            kind: type[TreadleError] = TreadleError
            if self.lost_reason is not None:
                kind = ClientClosed if self.closed else SchedulerLost
            raise kind(question.error)

    def expect(self, handle: int) -> Question:
        """Register for `ScatterTo`, which is known by its first handle."""
        question = self._questions[-1 - handle] = Question()
        return question

    def forget(self, handle: int) -> None:
        """Undo `expect`."""
        self._questions.pop(-1 - handle, None)

    # -- data ----------------------------------------------------------------------------------

    def data(self, connect: Callable[[], DataClient]) -> DataClient:
        """Return the connections to workers; made by ``connect`` when there are none yet.

        Raises
        ------
        ClientClosed
        """
        with self._lock:
            if self.closed:  # nobody would close what is opened now
                raise ClientClosed("this client is closed")
            if self._data is None:
                self._data = connect()
            return self._data

    # -- releases ------------------------------------------------------------------------------

    def release_soon(self, handle: int) -> None:
        """Note that a future is gone.  Takes no lock, so that ``__del__`` may call it anywhere."""
        self._released.append(handle)
        if not self._release_told:
            self._release_told = True
            self._release_signal.set()

    def _release(self) -> None:
        """Tell the scheduler of released handles, as a thread.

        When the scheduler is lost it stays, for whoever will drop the client.
        """
        while not self.closed:
            self._release_signal.wait()
            self._ending.wait(RELEASE_DELAY)
            self._release_told = False
            self.flush_releases()
            if self._abandoned:
                self.close()
                if self._finish is not None:
                    self._finish()

    def flush_releases(self) -> None:
        """Tell the scheduler of all futures that are gone; when this returns, it was told."""
        with self._flushing:
            handles = []
            while True:
                try:
                    handles.append(self._released.popleft())
                except IndexError:
                    break
            known = self.ledger.release(handles)
            if known and not self.closed and self.lost_reason is None:
                try:
                    self.send(messages.ReleaseHandles(known))
                except (SchedulerLost, ClientClosed):
                    pass  # it has forgotten them in its own way

    def abandon(self, finish: Callable[[], object] | None) -> None:
        """Nobody uses this any more: close it, then call ``finish``, in a thread that may wait.

        For ``__del__``, which may come while this very thread holds any of our locks.
        """
        self._finish = finish
        self._abandoned = True
        self._release_signal.set()

    # -- callbacks -----------------------------------------------------------------------------

    def call_back(self, function: Callable[[Any], object], argument: Any) -> None:
        """Have ``function(argument)`` called on the thread for callbacks."""
        self._callbacks.put((function, argument))
        if self._caller is None:
            with self._lock:
                if self._caller is None:
                    self._caller = threading.Thread(
                        target=self._call_back, name="treadle-client-callbacks", daemon=True
                    )
                    self._caller.start()

    def _call_back(self) -> None:
        while True:
            call = self._callbacks.get()
            if call is None:
                return
            function, argument = call
            del call
            try:
                function(argument)
            except BaseException:
                logger.exception("a callback of %r failed", argument)
            del function, argument

    # -- in ------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Take in what the scheduler sends, as a thread."""
        decode = messages.decode_to_client
        handlers = self._handlers
        reason = "the connection ended"
        try:
            while True:
                for frame in self._link.recv():
                    message = decode(frame)
                    handlers[type(message)](message)
        except OSError as error:
            reason = str(error) or reason
        except Exception as error:
            logger.exception("a message of the scheduler could not be read")
            reason = f"a message of it could not be read: {error}"
        self._end(reason)

    def _end(self, reason: str) -> None:
        """Nothing more comes: everything that waits ends now."""
        with self._lock:
            if self.lost_reason is not None:
                return
            self.lost_reason = reason
        closed = self.closed
        self._link.close()
        self._ending.set()
        self._release_signal.set()
        self._welcomed.set()
        if closed:
            self.ledger.end(CANCELLED, "its client was closed")
        else:
            self.ledger.end(LOST, reason)
        for question in list(self._questions.values()):
            question.error = (
                "the client was closed" if closed else f"the scheduler is gone: {reason}"
            )
            question.signal.set()
        with self.workers_changed:
            self.workers_changed.notify_all()
        self._callbacks.put(None)

    def close(self, reason: str | None = "", timeout: float = 2.0) -> None:
        """Say goodbye, and end; a second call changes nothing."""
        if self.closed:
            return
        try:
            if reason is not None and self.lost_reason is None:
                self.flush_releases()
                self._link.send(messages.encode(messages.Goodbye(reason)))
        except OSError:
            pass  # it knows already
        finally:
            with self._lock:
                self.closed = True
                data = self._data
            self._end("this client was closed")
            self._release_signal.set()
            if data is not None:
                data.close()
        here = threading.current_thread()
        for thread in (self._reader, self._releaser):
            if thread is not here:
                thread.join(timeout)

    def _welcome_came(self, message: messages.Welcome) -> None:
        self._welcome = message
        with self.workers_changed:
            for worker in message.workers:
                self.workers[worker.number] = worker
                self.names[worker.number] = worker.name
            self.workers_changed.notify_all()
        self._welcomed.set()

    def _done(self, message: messages.Done) -> None:
        self.ledger.finished(
            message.handles, message.ids, message.nbytes, message.workers, message.values
        )

    def _watched(self, message: messages.Watched) -> None:
        self.ledger.watched(
            message.worker, message.handles, message.threads, message.starts, message.stops
        )

    def _erred(self, message: messages.Erred) -> None:
        self.ledger.failed(message.handles, message.errors, message.blame, message.blame_handles)

    def _lost(self, message: messages.Lost) -> None:
        self.ledger.again(message.handles)

    def _cancelled(self, message: messages.Cancelled) -> None:
        self.ledger.cancelled(message.handles, message.reason)

    def _refused(self, message: messages.Refused) -> None:
        # Nothing of the message was taken, maybe not even the functions that came with it.
        self.known_functions.clear()
        error = _refusal(message)
        count = len(message.handles)
        self.ledger.failed(message.handles, [error] * count, [""] * count, [-1] * count)
        for handle in message.handles[:1]:
            question = self._questions.get(-1 - handle)
            if question is not None:
                question.error = message.reason
                question.signal.set()

    def _scatter_to(self, message: messages.ScatterTo) -> None:
        for handle in message.handles[:1]:
            question = self._questions.get(-1 - handle)
            if question is not None:
                question.answer = message
                question.signal.set()

    def _answer(self, message: messages.Answer) -> None:
        question = self._questions.get(message.number)
        if question is not None:
            question.answer = message.value
            question.error = message.error
            question.signal.set()

    def _run_result(self, message: messages.RunResult) -> None:
        question = self._questions.get(message.number)
        if question is not None:
            question.results[message.worker] = message
            question.signal.set()

    def _output(self, message: messages.Output) -> None:
        batch = self.ledger.batch_of(message.id)
        try:
            if batch is not None and batch.on_output is not None:
                batch.on_output(message.id - batch.base, message.kind, message.text, message.detail)
            elif message.id >= 0 or not _is_in_a_worker():
                show_output(message.kind, message.text, message.detail)
        except Exception:  # a closed or broken stream of the user's
            logger.exception("what a task printed could not be shown")

    def _workers_changed(self, message: messages.WorkersChanged) -> None:
        with self.workers_changed:
            for worker in message.joined:
                self.workers[worker.number] = worker
                self.names[worker.number] = worker.name
            for number in message.left:
                self.workers.pop(number, None)
            self.workers_changed.notify_all()

    def _goodbye(self, message: messages.Goodbye) -> None:
        raise ConnectionError(message.reason or "it has closed the connection")


def _is_in_a_worker() -> bool:
    """Tell whether what is shown here goes to clients: what no task said would go round."""
    output = sys.modules.get("treadle.cluster.worker.output")
    return output is not None and output.is_capturing()


def _refusal(message: messages.Refused) -> BaseException:
    """Make the error that a refusal names."""
    from treadle import errors

    kind = getattr(errors, message.kind.rpartition(".")[2], None)
    if isinstance(kind, type) and issubclass(kind, TreadleError):
        try:
            return kind(message.reason)
        except TypeError:  # a class that wants more than a text
            pass
    return TreadleError(message.reason)
