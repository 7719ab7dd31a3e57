"""Every message between the processes of a cluster: one struct each, with columns inside.

    client    -> scheduler   SubmitGraph, WantKeys, WantHandles, ReleaseHandles, CancelHandles,
                             RetryHandles, Scatter, Query, Publish, RunOnWorkers, Manage
    scheduler -> client      Welcome, Done, Watched, Erred, Lost, Cancelled, ScatterTo, Answer,
                             RunResult, Output, WorkersChanged, Goodbye
    worker    -> scheduler   Register, Finished, Failed, TakenBack, Missing, Seceded, Heartbeat,
                             RunResult, Output, Goodbye
    scheduler -> worker      Registered, Peers, Functions, Compute, Release, TakeBack, Replicate,
                             Holders, RunFunction, Goodbye

A frame on a control connection is one message in msgpack, an array that begins with its tag.
*ids*, *handles* and *rows* are explained in `treadle.scheduling.scheduler.events`.  Bytes are
opaque to the scheduler: it forwards them and never opens them.  Columns of times are float64,
little endian, in one ``bytes``: seconds on the clock that `Register` and heartbeats align.

>>> decode_from_worker(encode(TakenBack(dropped=[1], kept=[])))
TakenBack(dropped=[1], kept=[])
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

#: Grows with every change that an older process would misunderstand.
PROTOCOL_VERSION = 1

Count = Annotated[int, Meta(ge=0)]
Id = Annotated[int, Meta(ge=0)]
Label = Annotated[str, Meta(max_length=1024)]
KeyText = Annotated[str, Meta(min_length=1, max_length=4096)]


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Base of all messages."""


class TaskError(Message, frozen=True, array_like=True):
    """How a task failed.

    ``exception`` is its pickle, empty when it refuses to be pickled; ``traceback`` the pickled
    frames.  ``text`` is the formatted traceback, cut to 64 kB: it is always there.
    ``kind`` is the name of the class, qualified unless builtin.
    """

    kind: str
    message: str
    text: str
    exception: bytes = b""
    traceback: bytes = b""


# -- client -> scheduler --------------------------------------------------------------------------


class FunctionSpec(Message, frozen=True, array_like=True):
    """A function that tasks call; ``blob`` is None when this client has sent it before."""

    digest: Annotated[bytes, Meta(min_length=16, max_length=32)]
    name: Label
    blob: bytes | None


class TaskOptions(Message, frozen=True, array_like=True):
    """Rare wishes of one task: see `treadle.scheduling.scheduler.events.Options`."""

    retries: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    priority: float = 0.0
    workers: list[Label] | None = None
    allow_other: bool = False
    resources: dict[Label, float] | None = None


class SubmitGraph(Message, frozen=True, array_like=True, tag=1):
    """Tasks.  Row ``n`` has the handle ``base + n``; inputs are handles, earlier ones only.

    A large graph is cut into several messages with the same ``run``.  ``function`` and ``group``
    are positions in ``functions`` and ``groups``.  ``run`` is an id that spans are grouped by in
    panes, ``label`` what people call it; an empty run is that of the client itself.
    """

    base: Id
    keys: list[KeyText]
    functions: list[FunctionSpec]
    function: list[Count]
    args: list[bytes]
    inputs: list[tuple[int, ...]]
    wanted: list[Count]
    watch: bool = False
    run: Label = ""
    label: Label = ""
    groups: list[Label] = []
    group: list[Count] = []
    priority: float = 0.0
    options: dict[int, TaskOptions] = {}
    definitions: dict[int, bytes] = {}


class WantKeys(Message, frozen=True, array_like=True, tag=2):
    """Results by key, that somebody has submitted: handle ``base + n`` stands for key ``n``."""

    base: Id
    keys: list[KeyText]


class WantHandles(Message, frozen=True, array_like=True, tag=3):
    """Tasks sent before without wanting their results are wanted now."""

    handles: list[Id]


class ReleaseHandles(Message, frozen=True, array_like=True, tag=4):
    """Wanted no more."""

    handles: list[Id]


class CancelHandles(Message, frozen=True, array_like=True, tag=5):
    """Cancel; with ``force`` for all other clients too."""

    handles: list[Id]
    force: bool = False


class RetryHandles(Message, frozen=True, array_like=True, tag=6):
    """Run failed tasks once more."""

    handles: list[Id]


class Scatter(Message, frozen=True, array_like=True, tag=7):
    """Answered by `ScatterTo`; then the client puts the values on the workers itself."""

    base: Id
    keys: list[KeyText]
    nbytes: list[Count]
    workers: list[Label] | None = None
    broadcast: bool = False


class Query(Message, frozen=True, array_like=True, tag=8):
    """A question, answered by `Answer` with the same ``number``.

    ``what`` and ``args``: ``who_has`` {handles}, ``has_what`` {workers}, ``nbytes`` {keys},
    ``processing`` {workers}, ``story`` {key}, ``why`` {key}, ``info`` {}, ``datasets`` {},
    ``dataset`` {name}, ``where`` {handles}: handle -> [id, [worker numbers]], for fetching.
    """

    number: Id
    what: Label
    args: dict[str, Any] = {}


class Publish(Message, frozen=True, array_like=True, tag=9):
    """Keep these results under a name until `Query` ``unpublish``; ``blob`` is the collection."""

    number: Id
    name: Label
    blob: bytes
    handles: list[Id]
    override: bool = False


class RunOnWorkers(Message, frozen=True, array_like=True, tag=10):
    """Call a pickled (function, args, kwargs) on workers, outside of any task.

    Answered by one `RunResult` a worker, then by an `Answer` with the names of those asked.
    """

    number: Id
    blob: bytes
    workers: list[Label] | None = None


class Manage(Message, frozen=True, array_like=True, tag=11):
    """``action``: "scale" (``n`` workers), "retire" (``workers``), "restart", "stop"; answered."""

    number: Id
    action: Label
    n: int = 0
    workers: list[Label] = []


class MissingResults(Message, frozen=True, array_like=True, tag=12):
    """A client could not fetch ids from a worker that should have them."""

    ids: list[Id]
    worker: int


class FireAndForget(Message, frozen=True, array_like=True, tag=13):
    """Run these to their end whoever goes."""

    handles: list[Id]


# -- scheduler -> client --------------------------------------------------------------------------


class WorkerInfo(Message, frozen=True, array_like=True):
    """A worker as others need to know it."""

    number: int
    name: Label
    host: Label
    pid: int
    nthreads: int
    memory_limit: int
    addresses: list[Label]
    resources: dict[Label, float] = {}


class Welcome(Message, frozen=True, array_like=True, tag=40):
    """First message to a client."""

    client: int
    cluster: Label
    workers: list[WorkerInfo]
    max_message: Count


class Done(Message, frozen=True, array_like=True, tag=41):
    """Wanted tasks are in memory.  ``values``: position -> pickled result, where it came along."""

    handles: list[Id]
    ids: list[Id]
    nbytes: list[Count]
    workers: list[int]
    values: dict[int, bytes]


class Watched(Message, frozen=True, array_like=True, tag=42):
    """Tasks of a watched graph have ended, on ``worker``, in thread ``threads[n]`` of it."""

    worker: int
    handles: list[Id]
    threads: list[int]
    starts: bytes
    stops: bytes


class Erred(Message, frozen=True, array_like=True, tag=43):
    """Tasks failed; ``blame`` and ``blame_handles`` say whose fault it was (handle -1: unknown)."""

    handles: list[Id]
    errors: list[TaskError]
    blame: list[str]
    blame_handles: list[int]


class Lost(Message, frozen=True, array_like=True, tag=44):
    """These were done; their results are gone and being made again."""

    handles: list[Id]


class Cancelled(Message, frozen=True, array_like=True, tag=45):
    """These were cancelled."""

    handles: list[Id]
    reason: str


class Refused(Message, frozen=True, array_like=True, tag=46):
    """A submission is refused: ``kind`` names a class in `treadle.errors`."""

    handles: list[Id]
    kind: str
    reason: str


class ScatterTo(Message, frozen=True, array_like=True, tag=47):
    """Put value ``n`` under ``ids[n]`` on workers ``targets[n]``."""

    handles: list[Id]
    ids: list[Id]
    targets: list[list[int]]


class Answer(Message, frozen=True, array_like=True, tag=48):
    """To a `Query`, `Publish`, `RunOnWorkers` or `Manage`; ``error`` is empty when it went well."""

    number: Id
    value: Any
    error: str = ""


class WorkersChanged(Message, frozen=True, array_like=True, tag=49):
    """Workers have come and gone."""

    joined: list[WorkerInfo]
    left: list[int]


# -- worker -> scheduler --------------------------------------------------------------------------


class Register(Message, frozen=True, array_like=True, tag=60):
    """First message of a worker.  ``addresses``: where its data is served, best first."""

    name: Label
    host: Label
    pid: int
    nthreads: Annotated[int, Meta(ge=1, le=4096)]
    memory_limit: Count
    addresses: list[Label]
    resources: dict[Label, float]
    now: float
    versions: dict[Label, Label] = {}


class Finished(Message, frozen=True, array_like=True, tag=61):
    """Tasks ended well, in this order.

    ``values``: position -> pickled small result; ``added``: inputs fetched since the last report,
    of which this worker now holds a copy.
    """

    ids: list[Id]
    nbytes: list[Count]
    threads: list[int]
    starts: bytes
    stops: bytes
    values: dict[int, bytes]
    added: list[Id] = []


class Failed(Message, frozen=True, array_like=True, tag=62):
    """A task raised."""

    id: Id
    error: TaskError
    thread: int
    start: float
    stop: float


class TakenBack(Message, frozen=True, array_like=True, tag=63):
    """Always answers `TakeBack`: every id of it stands in one of the two."""

    dropped: list[Id]
    kept: list[Id]


class Missing(Message, frozen=True, array_like=True, tag=64):
    """``holder`` does not have these, or could not be reached several times."""

    ids: list[Id]
    holder: int


class Seceded(Message, frozen=True, array_like=True, tag=65):
    """A task left its slot, or came ``back`` to it."""

    id: Id
    back: bool = False


class Heartbeat(Message, frozen=True, array_like=True, tag=66):
    """Once a second: ``executing`` is [thread, id, start] of each busy thread."""

    now: float
    cpu: float
    memory: Count
    spilled: Count
    ready: Count
    executing: list[tuple[int, int, float]]


# -- scheduler -> worker --------------------------------------------------------------------------


class Registered(Message, frozen=True, array_like=True, tag=80):
    """The worker's number, never given twice."""

    worker: int
    cluster: Label


class Peers(Message, frozen=True, array_like=True, tag=81):
    """Workers whose numbers will be mentioned."""

    workers: list[WorkerInfo]


class Functions(Message, frozen=True, array_like=True, tag=82):
    """Functions whose numbers will be mentioned: pickles."""

    numbers: list[int]
    digests: list[bytes]
    blobs: list[bytes]


class Compute(Message, frozen=True, array_like=True, tag=83):
    """Run these: lowest rank first, each when its inputs are here.

    Inputs in ``holders`` (id -> worker numbers) must be fetched, all others are here or are made
    here.  ``wanted``: positions whose small results go along with `Finished`.
    """

    ids: list[Id]
    functions: list[int]
    ranks: list[int]
    args: list[bytes]
    inputs: list[tuple[int, ...]]
    wanted: list[Count]
    holders: dict[int, list[int]]
    nbytes: dict[int, int]


class Release(Message, frozen=True, array_like=True, tag=84):
    """Drop data, tasks that have not begun, and the results of those that run."""

    ids: list[Id]


class TakeBack(Message, frozen=True, array_like=True, tag=85):
    """Give these back if they have not begun."""

    ids: list[Id]


class Replicate(Message, frozen=True, array_like=True, tag=86):
    """Fetch copies; report them in ``Finished.added``."""

    holders: dict[int, list[int]]
    nbytes: dict[int, int]


class Holders(Message, frozen=True, array_like=True, tag=87):
    """Where inputs are that this worker waits for."""

    holders: dict[int, list[int]]
    nbytes: dict[int, int]


class RunFunction(Message, frozen=True, array_like=True, tag=88):
    """Call a pickled (function, args, kwargs) outside of any task, answered by `RunResult`."""

    number: Id
    blob: bytes


# -- several ways ---------------------------------------------------------------------------------


class RunResult(Message, frozen=True, array_like=True, tag=100):
    """What a function returned on a worker: a pickle, or the error it raised."""

    number: Id
    worker: Label
    value: bytes
    error: TaskError | None = None


class Output(Message, frozen=True, array_like=True, tag=101):
    """What a task printed (``stdout``, ``stderr``), logged (``log``) or warned of (``warning``).

    ``id`` is that of the task on its way from a worker, and the handle on its way to a client.
    For logs ``detail`` is (logger, level), for warnings (category, filename, line).
    """

    id: int
    kind: Label
    text: str
    detail: list[str] = []


class Goodbye(Message, frozen=True, array_like=True, tag=102):
    """The sender closes this connection on purpose; no more comes from it."""

    reason: str = ""


FromClient = (
    SubmitGraph | WantKeys | WantHandles | ReleaseHandles | CancelHandles | RetryHandles | Scatter
    | Query | Publish | RunOnWorkers | Manage | MissingResults | FireAndForget | Goodbye
)  # fmt: skip
ToClient = (
    Welcome | Done | Watched | Erred | Lost | Cancelled | Refused | ScatterTo | Answer
    | WorkersChanged | RunResult | Output | Goodbye
)  # fmt: skip
FromWorker = (
    Register | Finished | Failed | TakenBack | Missing | Seceded | Heartbeat | RunResult | Output
    | Goodbye
)  # fmt: skip
ToWorker = (
    Registered | Peers | Functions | Compute | Release | TakeBack | Replicate | Holders
    | RunFunction | Goodbye
)  # fmt: skip

encode = msgspec.msgpack.Encoder().encode

decode_from_client = msgspec.msgpack.Decoder(FromClient).decode
decode_to_client = msgspec.msgpack.Decoder(ToClient).decode
decode_from_worker = msgspec.msgpack.Decoder(FromWorker).decode
decode_to_worker = msgspec.msgpack.Decoder(ToWorker).decode
