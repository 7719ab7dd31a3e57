"""Every error that treadle raises on purpose.

- TreadleError
    - GraphError (ValueError)          the graph itself is wrong
        - CycleError                       a task needs its own result
        - MissingKeyError (KeyError)       a key that no task makes
    - ConfigError (ValueError)         a setting has no meaning here
        - UnknownSchedulerError            no engine of that name
    - RunCancelled                     the run was cancelled before it ended
    - TaskCancelled                    the task of a future was cancelled
    - KeyConflict (ValueError)         a key that means another task already
    - SchedulerLost (ConnectionError)  the scheduler is gone, and what it knew
    - WorkerDied                       workers died while they ran a task
    - DataLost                         data that a client put on workers is gone
    - UnknownKey (KeyError)            nobody holds a result of this key
    - NoWorkers                        there is no worker that could do it
    - ClientClosed (RuntimeError)      a client that is closed, or that another process made
    - TaskExited                       a task called ``sys.exit``
    - RemoteError                      a task's error that can't be rebuilt here
    - UnpicklableError (TypeError)     a value that can't be sent to another process
    - DeserializeError                 a result came over, and could not be unpickled
    - ClusterError (RuntimeError)      a cluster that can't be started, or has ended
    - RecordError (OSError)            a cluster record that can't be trusted or read
    - CommError (OSError)              processes can't talk, or not any more
        - AddressError (ValueError)        not an address, or one that is not safe to use
        - ConnectError (ConnectionError)   nobody could be reached at an address
        - HandshakeError (ConnectionError) one of two who met does not trust the other
        - FrameError (ValueError)          bytes that are no frame, or one that is too long
        - ConnectionClosed (ConnectionError)  a connection ended
    - DataFileError (ValueError)       a file does not hold what it should
    - CsvError (ValueError)            a CSV file, or a part of one, can't be read as asked
        - CsvDtypeError                    values that don't fit the dtype their column was given
    - SqlDtypeError (ValueError)       rows of a table that don't fit the dtypes of the first ones
    - SpillError (OSError)             data that don't fit in memory can't go to disk either
    - PlanWarning (UserWarning)        a warning: what is planned can't fit in memory
    - LateDtypeWarning (UserWarning)   a warning: files are read again with another dtype

Errors of users' own tasks are never wrapped: they are raised as they are, with a note that
names the task, where it was written and what it was given.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any


class TreadleError(Exception):
    """Root of all errors raised by treadle itself."""


class GraphError(TreadleError, ValueError):
    """A task graph that cannot run."""


class CycleError(GraphError):
    """Tasks that wait for each other in a circle."""

    def __init__(self, cycle: Sequence[Hashable]):
        super().__init__(cycle)  # args keep the error picklable
        self.cycle = tuple(cycle)

    def __str__(self) -> str:
        path = " -> ".join(repr(key) for key in self.cycle)
        return f"the graph has a cycle: {path}; break it by removing one of these references"


class MissingKeyError(GraphError, KeyError):
    """A key was asked for, or is an input of a task, and nothing makes it."""

    def __init__(self, key: Hashable, needed_by: Hashable = None, close: Iterable[Hashable] = ()):
        super().__init__(key, needed_by, tuple(close))
        self.key = key
        self.needed_by = needed_by
        self.close = tuple(close)

    def __str__(self) -> str:
        user = "" if self.needed_by is None else f", which {self.needed_by!r} needs"
        hint = "" if not self.close else f"; did you mean {self.close[0]!r}?"
        return f"no task in the graph makes {self.key!r}{user}{hint}"


class ConfigError(TreadleError, ValueError):
    """A setting whose value means nothing."""


class UnknownSchedulerError(ConfigError):
    """No engine has this name."""

    def __init__(self, name: object, known: Iterable[str]):
        super().__init__(name, tuple(known))
        self.name = name
        self.known = tuple(known)

    def __str__(self) -> str:
        return f"unknown scheduler {self.name!r}; use one of {', '.join(map(repr, self.known))}"


class RunCancelled(TreadleError):
    """The run was cancelled before the wanted results were there."""


class TaskCancelled(TreadleError):
    """The task of a future was cancelled, by this client or by another."""


class KeyConflict(TreadleError, ValueError):
    """A key was chosen for a task, and means a different one already."""


class SchedulerLost(TreadleError, ConnectionError):
    """The scheduler is gone: nobody will ever know what becomes of these tasks."""


class WorkerDied(TreadleError):
    """Workers died while they ran a task, more often than is allowed."""


class DataLost(TreadleError):
    """Data that a client put on workers is gone with them, and can't be computed again."""


class UnknownKey(TreadleError, KeyError):
    """Nobody holds a result of this key, or makes it."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NoWorkers(TreadleError):
    """There is no worker that could do what was asked for."""


class ClientClosed(TreadleError, RuntimeError):
    """A client was closed, or was made by the process that this one was forked from."""


class TaskExited(TreadleError):
    """A task called ``sys.exit``; its worker lives on."""

    def __init__(self, code: object = None):
        super().__init__(code)  # args keep the error picklable
        self.code = code

    def __str__(self) -> str:
        return f"the task called sys.exit({'' if self.code is None else repr(self.code)})"


class DeserializeError(TreadleError):
    """A function, its arguments or a result came over, and could not be unpickled here."""

    def __init__(self, reason: str, what: str = "the result of another task"):
        super().__init__(reason, what)
        self.reason = reason
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} could not be unpickled: {self.reason}"


class RemoteError(TreadleError):
    """A task raised an error that can't be rebuilt, or must not be raised, in this process.

    Attributes
    ----------
    kind : str
        Name of its class, qualified unless builtin.
    message : str
    text : str
        The traceback as it was printed where the task ran.
    """

    def __init__(self, kind: str, message: str = "", text: str = ""):
        super().__init__(kind, message, text)  # args keep the error picklable
        self.kind = kind
        self.message = message
        self.text = text

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


class UnpicklableError(TreadleError, TypeError):
    """A value can't be sent to another process: ``path`` says which part of it is to blame."""

    def __init__(self, path: str, kind: str, reason: str, hint: str = ""):
        super().__init__(path, kind, reason, hint)
        self.path = path
        self.kind = kind
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return (
            f"{self.path} can't be sent to another process, "
            f"it is of type {self.kind}: {self.reason}{hint}"
        )


class ClusterError(TreadleError, RuntimeError):
    """A cluster could not be started, or has ended.

    ``log`` is what the process that failed wrote last, if one did.
    """

    def __init__(self, message: str, log: str = ""):
        super().__init__(message, log)
        self.message = message
        self.log = log

    def __str__(self) -> str:
        return f"{self.message}\n{self.log}" if self.log else self.message


class RecordError(TreadleError, OSError):
    """A cluster record that can't be read or can't be trusted."""


class CommError(TreadleError, OSError):
    """Processes can't talk to each other, or not any more."""


class AddressError(CommError, ValueError):
    """Not an address, or one where it is not safe to listen or to connect."""


class ConnectError(CommError, ConnectionError):
    """Nobody could be reached at ``address``."""

    def __init__(self, address: str, reason: str):
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"can't connect to {self.address}: {self.reason}"


class HandshakeError(CommError, ConnectionError):
    """Somebody answered at ``address``, and one of the two does not trust the other."""

    def __init__(self, address: str, reason: str):
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"no handshake with {self.address}: {self.reason}"


class FrameError(CommError, ValueError):
    """Bytes that are no frame, or a frame longer than allowed."""


class ConnectionClosed(CommError, ConnectionError):
    """A connection ended: the other side closed it, or we did, or it broke."""


class DataFileError(TreadleError, ValueError):
    """A file of data that can't be read, or holds something else than was planned for.

    Attributes
    ----------
    path : str
    reason : str
    column : str or None
    offset : int or None
        Where in the file, in bytes.
    hint : str
        What would mend it.
    """

    def __init__(
        self,
        path: str,
        reason: str,
        column: str | None = None,
        offset: int | None = None,
        hint: str = "",
    ):
        super().__init__(path, reason, column, offset, hint)  # args keep the error picklable
        self.path = path
        self.reason = reason
        self.column = column
        self.offset = offset
        self.hint = hint

    def __str__(self) -> str:
        column = "" if self.column is None else f", column {self.column!r}"
        offset = "" if self.offset is None else f", at byte {self.offset}"
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path}{column}{offset}: {self.reason}{hint}"


class CsvError(TreadleError, ValueError):
    """A CSV file, or a part of one, can't be read as it was asked for.

    Attributes
    ----------
    path, problem : str
    offset : int, optional
        Bytes from the start of the file, decompressed.
    column, value : optional
        Where in the record, and what stands there.
    mend : str
        What to do, where that is known.
    """

    def __init__(
        self,
        path: str,
        problem: str,
        offset: int | None = None,
        column: Hashable = None,
        value: object = None,
        mend: str = "",
    ):
        super().__init__(path, problem, offset, column, value, mend)  # keeps the error picklable
        self.path = path
        self.problem = problem
        self.offset = offset
        self.column = column
        self.value = value
        self.mend = mend

    def __str__(self) -> str:
        where = self.path if self.offset is None else f"{self.path}, byte {self.offset}"
        column = "" if self.column is None else f", column {self.column!r}"
        value = "" if self.value is None else f": {self.value!r}"
        mend = f"; {self.mend}" if self.mend else ""
        return f"{where}{column}: {self.problem}{value}{mend}"


class CsvDtypeError(CsvError):
    """Values of a CSV file do not fit the dtype that their column was found, or told, to have.

    Attributes
    ----------
    promotion : dict
        For each such column of this part of the file, the dtype that holds these values as well;
        empty if the user gave the dtype.
    mendable : bool
        Whether a computation may run again with the promotion.
    """

    def __init__(self, *args: Any, promotion: Mapping[Hashable, str] | None = None):
        super().__init__(*args)
        self.promotion = dict(promotion or {})

    @property
    def mendable(self) -> bool:
        return bool(self.promotion)

    def __reduce__(self) -> Any:
        return _csv_dtype_error, (self.args, self.promotion)


def _csv_dtype_error(args: tuple[Any, ...], promotion: Mapping[Hashable, str]) -> CsvDtypeError:
    return CsvDtypeError(*args, promotion=promotion)


class SqlDtypeError(TreadleError, ValueError):
    """Values of a table or query do not fit the dtype that the first rows of their column have.

    Attributes
    ----------
    title, column, problem : str
        What is read, and where it does not fit.
    promotion : dict
        For each such column, the kind of values that holds these as well; empty if the user gave
        the dtype.
    mendable : bool
        Whether a computation may run again with the promotion.
    """

    def __init__(
        self, title: str, column: str, problem: str, promotion: Mapping[str, str] | None = None
    ):
        super().__init__(title, column, problem, promotion)  # keeps the error picklable
        self.title = title
        self.column = column
        self.problem = problem
        self.promotion: dict[str, Any] = dict(promotion or {})

    @property
    def mendable(self) -> bool:
        return bool(self.promotion)

    def __str__(self) -> str:
        return f"{self.title}, column {self.column!r}: {self.problem}; give meta="


class SpillError(TreadleError, OSError):
    """Data that don't fit in memory could not be written to disk, or read back.

    Attributes
    ----------
    directory, reason : str
    nbytes : int
        How many bytes were to be written or read.
    free : int, optional
        How many bytes are free there.
    """

    def __init__(self, directory: str, nbytes: int, reason: str, free: int | None = None):
        super().__init__(directory, nbytes, reason, free)
        self.directory = directory
        self.nbytes = nbytes
        self.reason = reason
        self.free = free

    def __str__(self) -> str:
        there = "" if self.free is None else f", and {self.free:,} bytes are free there"
        return (
            f"can't spill {self.nbytes:,} bytes to {self.directory}: {self.reason}{there}; "
            "make space, choose another folder for temporary files, or allow more memory"
        )


class PlanWarning(TreadleError, UserWarning):
    """A warning: a computation would hold more at a time than there is memory."""


class LateDtypeWarning(TreadleError, UserWarning):
    """A warning: a value was not as the samples of its file, and the computation ran again."""
