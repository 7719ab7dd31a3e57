"""Every message of the feed, described once.

`labextension/src/protocol/messages.ts`, `feed.schema.json` and the golden files of both test
suites are made from these structs by `labextension/scripts/generate_protocol.py`; change a
message here, run the script, and the tests on either side say what else must follow.

    reader -> feed     Hello (feed server only), Subscribe
    feed -> reader     Welcome, Runs, Lanes, Workers, Lost (relay only), and frames of task rows
                       whose header is Tasks (`frames.py`)
    relay only         ClusterList (REST), Clusters (the watch socket)

    >>> decode_request('{"type":"subscribe","topics":["runs"]}')
    Subscribe(topics=['runs'], since=Since(tasks=0), max_hz=10.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from treadle.telemetry.views import LaneState, RunReport, WorkerState

VERSION = 1
SUBPROTOCOL = "treadle.v1"

MAX_FRAME_ROWS = 20_000
"""Rows of tasks in one binary frame."""

MAX_REQUEST_BYTES = 4096
"""A longer message of a reader closes its connection."""

MAX_LABEL = 256
"""Characters of a name; the rest is cut, and so is what can't be seen."""

MAX_BYTES = 2**53 - 1
"""The largest number that browsers hold exactly."""

KINDS = ("compute", "transfer", "spill", "deserialize")
STATUSES = ("ok", "failed")

Topic = Literal["runs", "lanes", "tasks", "workers"]
RunState = Literal["running", "finished", "failed", "cancelled"]
ClusterState = Literal["starting", "running", "stopping", "failed", "lost"]
Seconds = Annotated[float, Meta(description="seconds")]
EpochSeconds = Annotated[float, Meta(description="seconds since the epoch")]
Count = Annotated[int, Meta(ge=0)]


class Message(msgspec.Struct, tag_field="type", frozen=True, kw_only=True):
    """Base of what is sent on its own; `type` says which."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is sent inside messages."""


# ---- from readers ----


class Hello(Message, frozen=True, tag="hello"):
    """First message to a feed server; a relay that Jupyter guards needs none."""

    version: int
    token: Annotated[str, Meta(description="the observer token of the record", max_length=64)]

    def __repr__(self) -> str:
        return f"Hello(version={self.version}, token='***')"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("version", self.version), ("token", "***")]


class Since(Part, frozen=True):
    """Where to begin, by topic."""

    tasks: Annotated[
        int, Meta(ge=-1, description="next sequence number wanted; -1: only what is new")
    ] = 0


class Subscribe(Message, frozen=True, tag="subscribe"):
    """What a reader wants from now on; replaces what it wanted before."""

    topics: Annotated[list[Topic], Meta(max_length=8)]
    since: Since = Since()
    max_hz: Annotated[float, Meta(ge=0.1, le=10, description="most updates a second")] = 10.0


# ---- to readers ----


class Source(Part, frozen=True):
    """Who runs the tasks."""

    name: Annotated[str, Meta(description="name of its record")]
    kind: str
    label: str
    pid: int
    instance: Annotated[
        str, Meta(description="random id of the process; with a new one, numbers start anew")
    ]


class Welcome(Message, frozen=True, tag="welcome"):
    """The feed is there; also sent when it is back, or another, after a loss."""

    version: int
    source: Source
    now: EpochSeconds
    next: Annotated[int, Meta(ge=0, description="number that the next row of tasks will have")] = 0


class Group(Part, frozen=True):
    """Tasks of one run that share a prefix; what is not counted here waits."""

    name: str
    total: Count
    done: Count
    failed: Count
    running: Count
    seconds: Annotated[float, Meta(description="wall time in ended tasks, all lanes together")]


class Run(Part, frozen=True):
    """One run at one moment."""

    run: str
    label: str
    engine: str
    state: RunState
    started: EpochSeconds
    ended: EpochSeconds | None
    elapsed: Seconds
    nlanes: Count
    busy_seconds: Seconds
    cpu_seconds: Seconds
    groups: list[Group]


class Runs(Message, frozen=True, tag="runs"):
    """All live runs and the last that ended, the newest last; sent when any has changed."""

    runs: list[Run]


class Busy(Part, frozen=True):
    """The task that a lane is in."""

    group: str
    start: EpochSeconds
    run: str


class Lane(Part, frozen=True):
    """One thread that runs tasks."""

    lane: Count
    name: str
    busy: Busy | None


class Lanes(Message, frozen=True, tag="lanes"):
    """What every lane is doing; sent when it has changed."""

    lanes: list[Lane]
    now: EpochSeconds


class Worker(Part, frozen=True):
    """A worker of a cluster as its last heartbeat told."""

    worker: Annotated[int, Meta(ge=0, description="its number, never given twice")]
    name: str
    host: str
    nthreads: Count
    cpu: Annotated[float, Meta(description="cores in use, 1.0 is one")]
    memory: Annotated[int, Meta(ge=0, description="bytes")]
    limit: Annotated[int, Meta(ge=0, description="bytes; 0: none")]
    ready: Annotated[int, Meta(ge=0, description="tasks that wait for a thread")]
    executing: Annotated[int, Meta(ge=0, description="tasks that have a thread")]
    last_seen: EpochSeconds


class Workers(Message, frozen=True, tag="workers"):
    """All workers of a cluster; sent when one comes or goes, and about once a second."""

    workers: list[Worker]
    now: EpochSeconds


class Column(Part, frozen=True):
    """Where one column lies in a binary frame."""

    name: str
    dtype: Annotated[Literal["f8", "i4"], Meta(description="little-endian float64 or int32")]
    offset: Annotated[int, Meta(ge=0, description="bytes from the end of the header")]


class Tasks(Message, frozen=True, tag="tasks"):
    """Header of a binary frame of ended tasks."""

    first: Annotated[int, Meta(ge=0, description="sequence number of row 0")]
    count: Annotated[int, Meta(ge=0, le=MAX_FRAME_ROWS)]
    missed: Annotated[int, Meta(ge=0, description="rows before the first that are gone for good")]
    strings: Annotated[list[str], Meta(description="what the columns lane, group and run index")]
    columns: list[Column]


class Lost(Message, frozen=True, tag="lost"):
    """The relay has lost the feed; the socket stays open, a welcome says when it is back."""

    reason: str


class Cluster(Part, frozen=True):
    """One source of tasks that this server can relay, or is starting."""

    name: str
    kind: Annotated[str, Meta(description="kernel, or cluster: what can be scaled and stopped")]
    label: str
    pid: int
    started: EpochSeconds
    kernel_id: str | None
    state: ClusterState
    workers: Annotated[int | None, Meta(description="workers that are there; null: not known")]
    threads: Annotated[int | None, Meta(description="threads of all of them; null: not known")]
    error: Annotated[str, Meta(description="why it failed; empty: it did not")]
    has_log: Annotated[bool, Meta(description="was it started here, so that there is a log")]


class ClusterList(Part, frozen=True):
    """Answer of the REST route."""

    clusters: list[Cluster]


class Clusters(Message, frozen=True, tag="clusters"):
    """All clusters, at once and whenever that changes."""

    clusters: list[Cluster]


Request = Hello | Subscribe
Answer = Welcome | Runs | Lanes | Workers | Lost | Clusters

_request_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answer_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
_encode = msgspec.json.Encoder().encode


def encode(message: Message | Part) -> str:
    """A message as it is sent.

    Examples
    --------
    >>> encode(Lost(reason="gone"))
    '{"type":"lost","reason":"gone"}'
    """
    return _encode(message).decode()


def decode_request(text: str | bytes) -> Request:
    """A message of a reader.

    Raises
    ------
    msgspec.ValidationError
        If it is not one; the text names the field.
    """
    return _request_decoder.decode(text)


def decode_answer(text: str | bytes) -> Answer:
    """A text message of a feed, as a relay or a test reads it."""
    return _answer_decoder.decode(text)


def clean_label(text: str) -> str:
    """Text from outside as it may be shown: printable, and not endless.

    Examples
    --------
    >>> clean_label("load\\x1b[31m")
    'load\N{REPLACEMENT CHARACTER}[31m'
    """
    if len(text) > MAX_LABEL:
        text = text[: MAX_LABEL - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def run_message(report: RunReport) -> Run:
    """The wire's form of a report."""
    return Run(
        run=report.run,
        label=clean_label(report.label),
        engine=clean_label(report.engine),
        state=report.state,
        started=report.started,
        ended=report.ended,
        elapsed=max(0.0, report.elapsed),
        nlanes=report.nlanes,
        busy_seconds=report.busy_seconds,
        cpu_seconds=report.cpu_seconds,
        groups=[
            Group(
                name=clean_label(group.name),
                total=group.total,
                done=group.done,
                failed=group.failed,
                running=group.running,
                seconds=group.seconds,
            )
            for group in report.groups
        ],
    )


def lane_message(state: LaneState) -> Lane:
    """The wire's form of a lane."""
    busy = state.busy
    return Lane(
        lane=state.lane,
        name=clean_label(state.name),
        busy=None
        if busy is None
        else Busy(group=clean_label(busy.group), start=busy.start, run=busy.run),
    )


def worker_message(state: WorkerState) -> Worker:
    """The wire's form of a worker.  What it says of itself is not believed blindly."""
    return Worker(
        worker=state.worker,
        name=clean_label(state.name),
        host=clean_label(state.host),
        nthreads=max(0, state.nthreads),
        cpu=state.cpu if 0 <= state.cpu < 1e6 else 0.0,
        memory=min(max(0, state.memory), MAX_BYTES),
        limit=min(max(0, state.limit), MAX_BYTES),
        ready=max(0, state.ready),
        executing=max(0, state.executing),
        last_seen=state.last_seen,
    )


def schema() -> dict[str, Any]:
    """JSON Schema of all messages, by the name of their struct."""
    _, components = msgspec.json.schema_components(
        [*Request.__args__, *Answer.__args__, Tasks, ClusterList],
        ref_template="#/$defs/{name}",
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": components}
