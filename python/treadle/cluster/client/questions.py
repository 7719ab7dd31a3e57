"""What a client asks about a cluster, and what it has the cluster do.

The scheduler answers with plain values; names of workers are those that people see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from treadle.cluster.client.connected import Connected
from treadle.cluster.client.session import ANSWER_TIMEOUT, Question
from treadle.errors import TreadleError
from treadle.protocol.messages import CancelHandles, Manage, Query, RunOnWorkers
from treadle.utils.duration import seconds

if TYPE_CHECKING:
    from treadle.types import Key


class Questions(Connected):
    """The part of a client that asks."""

    # -- where things are ------------------------------------------------------------------------

    def who_has(self, futures: Any = None, **kwargs: Any) -> Any:
        """Return which workers hold results.

        Parameters
        ----------
        futures : Future or nested collection of Future, optional
            All results of this client by default.

        Returns
        -------
        dict
            Key -> list of names of workers.

        Examples
        --------
        >>> from treadle import Client, wait
        >>> with Client(processes=False, n_workers=1) as client:
        ...     future = client.submit(abs, -1)
        ...     _ = wait(future, timeout=30)
        ...     len(client.who_has(future)[future.key])
        1
        """
        return self._sync(self._who_has, futures)

    def _who_has(self, futures: Any) -> dict[Key, list[str]]:
        from treadle.cluster.client.nested import futures_of

        if futures is None:
            handles = [handle for handle, _ in self._session.ledger.names()]
            return self._query("who_has", handles=handles) or {}
        names = {_text(future): future for future in futures_of(futures)}
        handles = [future._handle for future in names.values()]
        found = self._query("who_has", handles=handles) or {}
        return {future.key: list(found.get(text, ())) for text, future in names.items()}

    def has_what(self, workers: str | Iterable[str] | None = None, **kwargs: Any) -> Any:
        """Return the keys of the results that workers hold, by names of workers."""
        return self._sync(self._query, "has_what", workers=_names(workers))

    def processing(self, workers: str | Iterable[str] | None = None) -> Any:
        """Return the keys of the tasks that workers were given, by names of workers."""
        return self._sync(self._query, "processing", workers=_names(workers))

    def nbytes(self, keys: Iterable[Any] | None = None, summary: bool = True, **kwargs: Any) -> Any:
        """Return how many bytes results take.

        Parameters
        ----------
        keys : iterable of Key or Future, optional
            All by default.
        summary : bool
            Sums by prefix instead of a number a key.
        """
        return self._sync(self._nbytes, keys, summary)

    def _nbytes(self, keys: Iterable[Any] | None, summary: bool) -> dict[str, int]:
        from treadle.graph.naming import key_prefix

        texts = None if keys is None else [_text(key) for key in keys]
        found: dict[str, int] = self._query("nbytes", keys=texts) or {}
        if not summary:
            return found
        sums: dict[str, int] = {}
        for key, size in found.items():
            prefix = key_prefix(key)
            sums[prefix] = sums.get(prefix, 0) + size
        return sums

    def story(self, *keys: Any, on_error: str = "raise") -> Any:
        """Return what has happened to tasks, for finding out why something is as it is.

        Parameters
        ----------
        *keys : Key or Future

        Returns
        -------
        list of [float, str]
            When (seconds since the epoch), and what.
        """
        return self._sync(
            lambda: [line for key in keys for line in self._query("story", key=_text(key)) or ()]
        )

    def why(self, key: Any) -> Any:
        """Return in a sentence what a task waits for.

        Parameters
        ----------
        key : Key or Future
        """
        return self._sync(self._query, "why", key=_text(key))

    # -- the cluster -----------------------------------------------------------------------------

    def scheduler_info(self, n_workers: int = -1, **kwargs: Any) -> Any:
        """Return what the scheduler tells of itself and its workers.

        Returns
        -------
        dict
            With "workers": name -> what is known of it.
        """
        return self._sync(self._scheduler_info)

    def _scheduler_info(self) -> dict[str, Any]:
        info = dict(self._query("info"))
        info["workers"] = {worker["name"]: worker for worker in info["workers"]}
        return info

    def nthreads(self, workers: str | Iterable[str] | None = None, **kwargs: Any) -> dict[str, int]:
        """Return the number of threads of each worker, by its name.

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=2) as client:
        ...     list(client.nthreads().values())
        [2]
        """
        wanted = _names(workers)
        return {
            worker.name: worker.nthreads
            for worker in list(self._session.workers.values())
            if wanted is None or worker.name in wanted or worker.host in wanted
        }

    ncores = nthreads

    def wait_for_workers(self, n_workers: int, timeout: float | str | None = None) -> Any:
        """Wait until there are this many workers.

        Raises
        ------
        TimeoutError
        """
        return self._sync(self._wait_for_workers, n_workers, seconds(timeout))

    def _wait_for_workers(self, n_workers: int, timeout: float | None) -> None:
        session = self._session
        with session.workers_changed:
            session.workers_changed.wait_for(
                lambda: len(session.workers) >= n_workers or session.lost_reason is not None,
                timeout,
            )
            session.check()
            if len(session.workers) < n_workers:
                raise TimeoutError(
                    f"{len(session.workers)} of {n_workers} workers have come within {timeout:g} s"
                )

    def restart(self, timeout: float | str | None = None, wait_for_workers: bool = True) -> Any:
        """Start all workers anew; the futures of this client are cancelled.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the new workers.
        wait_for_workers : bool
            Return when there are as many as before.
        """
        limit = seconds(timeout)
        return self._sync(self._restart, 60.0 if limit is None else limit, wait_for_workers)

    def _restart(self, timeout: float, wait_for_workers: bool) -> None:
        session = self._session
        before = set(session.workers)
        handles = [handle for handle, _ in session.ledger.names()]
        session.send(CancelHandles(handles, True))
        session.ledger.cancelled(handles, "the workers were started anew")
        wanted = self._manage("restart", timeout=timeout)
        if not wait_for_workers:
            return
        # Some of those that are here may be leaving, since the cluster was made smaller.
        count = len(before) if wanted is None else min(len(before), wanted)
        with session.workers_changed:
            done = session.workers_changed.wait_for(
                lambda: (
                    session.lost_reason is not None
                    or (len(session.workers) >= count and before.isdisjoint(session.workers))
                ),
                timeout,
            )
            session.check()
            if not done:
                new = len(session.workers.keys() - before)
                raise TimeoutError(
                    f"{new} of {count} new workers have come, and {len(session.workers) - new} of "
                    f"{len(before)} old ones are still there, after {timeout:g} seconds"
                )

    def retire_workers(
        self, workers: str | Iterable[str] | None = None, close_workers: bool = True, **kwargs: Any
    ) -> Any:
        """Have workers give what they hold to others, and go.

        Parameters
        ----------
        workers : str or iterable of str, optional
            Names; all by default.
        """
        names = _names(workers)
        if names is None:
            names = [worker.name for worker in list(self._session.workers.values())]
        return self._sync(self._manage, "retire", workers=names)

    def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        workers: str | Iterable[str] | None = None,
        wait: bool = True,
        nanny: bool = False,
        on_error: str = "raise",
        **kwargs: Any,
    ) -> Any:
        """Call a function on each worker, outside of any task.

        Parameters
        ----------
        function : callable
        workers : str or iterable of str, optional
            Names or hosts; all by default.
        on_error : {"raise", "return", "ignore"}
            What to do with what it raised on a worker.

        Returns
        -------
        dict
            Name of the worker -> what the function returned there.

        Examples
        --------
        >>> from treadle import Client
        >>> with Client(processes=False, n_workers=1) as client:
        ...     list(client.run(len, "abc").values())
        [3]
        """
        if on_error not in ("raise", "return", "ignore"):
            raise ValueError(f"on_error must be 'raise', 'return' or 'ignore', not {on_error!r}")
        return self._sync(self._run, function, args, kwargs, _names(workers), on_error)

    def _run(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        workers: list[str] | None,
        on_error: str,
    ) -> dict[str, Any]:
        from treadle.protocol.serialize import dumps_value, loads_error, loads_value

        session = self._session
        blob = dumps_value((function, args, kwargs))
        with session.question() as (number, question):
            session.send(RunOnWorkers(number, blob, workers))
            _until_all_answered(session, question)
        found: dict[str, Any] = {}
        for name, result in question.results.items():
            if result.error is None:
                found[name] = loads_value(result.value)
                continue
            error = loads_error(result.error)
            if on_error == "raise":
                error.add_note(f"treadle: raised on worker {name!r}")
                raise error
            if on_error == "return":
                found[name] = error
        return found

    # -- inside ----------------------------------------------------------------------------------

    def _query(self, what: str, **args: Any) -> Any:
        return self._session.ask(lambda number: Query(number, what, args))

    def _manage(
        self, action: str, n: int = 0, workers: Iterable[str] = (), timeout: float | None = None
    ) -> Any:
        return self._session.ask(
            lambda number: Manage(number, action, n, list(workers)),
            ANSWER_TIMEOUT if timeout is None else timeout,
        )


def _until_all_answered(session: Any, question: Question) -> None:
    """Wait for a result of each worker that was asked and is still there."""
    while True:
        session.check_answer(question)
        if question.answer is not None:
            here = {worker.name for worker in list(session.workers.values())}
            missing = set(question.answer) - set(question.results)
            if not missing:
                return
            if not missing & here:
                raise TreadleError(
                    f"workers left before they answered: {', '.join(sorted(missing))}"
                )
        # Workers that leave don't ring this bell: look from time to time.
        question.signal.wait(1.0)


def _names(workers: str | Iterable[str] | None) -> list[str] | None:
    if workers is None:
        return None
    return [workers] if isinstance(workers, str) else list(workers)


def _text(key: Any) -> str:
    from treadle.cluster.client.future import Future
    from treadle.cluster.client.keys import key_text

    return key._batch.keys[key._index] if isinstance(key, Future) else key_text(key)
