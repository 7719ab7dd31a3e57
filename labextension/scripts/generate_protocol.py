"""Make everything that follows from `treadle/telemetry/events.py`.

    python labextension/scripts/generate_protocol.py           # write
    python labextension/scripts/generate_protocol.py --check   # say what is stale, write nothing

Makes the TypeScript types, the JSON Schema, and the golden files that pytest and Jest both read.
`tests/telemetry/test_protocol.py` fails when any of them is stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from msgspec import inspect

from treadle.telemetry import events, frames
from treadle.telemetry.views import TaskBatch

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TYPESCRIPT = ROOT / "labextension/src/protocol/messages.ts"
SCHEMA = ROOT / "python/treadle/telemetry/feed.schema.json"
GOLDEN = ROOT / "tests/golden/feed"

ALIASES = {
    "Topic": events.Topic,
    "RunState": events.RunState,
    "ClusterState": events.ClusterState,
}

PARTS = (
    events.Since,
    events.Source,
    events.Group,
    events.Run,
    events.Busy,
    events.Lane,
    events.Worker,
    events.Column,
    events.Cluster,
    events.ClusterList,
)
MESSAGES = (
    events.Subscribe,
    events.Welcome,
    events.Runs,
    events.Lanes,
    events.Workers,
    events.Tasks,
    events.Lost,
    events.Clusters,
)


# ---- TypeScript ----


def typescript() -> str:
    """The types of `messages.ts`; a browser never sends a hello, so it has none."""
    blocks = [
        "// Made by labextension/scripts/generate_protocol.py from treadle/telemetry/events.py.\n"
        "// Do not edit: change that file and run the script.",
        "/** Version of the feed that these types describe. */\n"
        f"export const PROTOCOL_VERSION = {events.VERSION};",
        "/** Websocket subprotocol of the feed. */\n"
        f"export const SUBPROTOCOL = '{events.SUBPROTOCOL}';",
        "/** Most rows in one binary frame. */\n"
        f"export const MAX_FRAME_ROWS = {events.MAX_FRAME_ROWS};",
        f"/** What the column `kind` counts. */\n{constants('KINDS', events.KINDS)}",
        f"/** What the column `status` counts. */\n{constants('STATUSES', events.STATUSES)}",
    ]
    blocks += [f"export type {name} = {choice(get_args(t))};" for name, t in ALIASES.items()]
    blocks += [interface(struct) for struct in PARTS + MESSAGES]
    return "\n\n".join(blocks) + "\n"


def constants(name: str, values: tuple[str, ...]) -> str:
    line = f"export const {name} = [{', '.join(map(quoted, values))}] as const;"
    if len(line) <= 80:
        return line
    rows = ",\n".join(f"  {quoted(value)}" for value in values)
    return f"export const {name} = [\n{rows}\n] as const;"


def interface(struct: type[msgspec.Struct]) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    lines = [f"/** {struct.__doc__} */", f"export interface {struct.__name__} {{"]
    if info.tag is not None:
        lines.append(f"  {info.tag_field}: {quoted(str(info.tag))};")
    for field in info.fields:
        description, kind = described(field.type)
        if description:
            lines.append(f"  /** {description[0].upper()}{description[1:]}. */")
        lines.append(f"  {field.encode_name}{'' if field.required else '?'}: {kind};")
    return "\n".join([*lines, "}"])


def described(kind: inspect.Type) -> tuple[str, str]:
    """What a field's annotation says of it, and its type in TypeScript."""
    schema: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        schema = {**(kind.extra_json_schema or {}), **schema}
        kind = kind.type
    return schema.get("description", ""), typescript_type(kind)


def typescript_type(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return typescript_type(kind.type)
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.StrType():
            return "string"
        case inspect.BoolType():
            return "boolean"
        case inspect.NoneType():
            return "null"
        case inspect.LiteralType():
            return literal(kind.values)
        case inspect.ListType():
            item = typescript_type(kind.item_type)
            return f"({item})[]" if " " in item else f"{item}[]"
        case inspect.StructType():
            return str(kind.cls.__name__)
        case inspect.UnionType():
            members = [typescript_type(member) for member in kind.types]
            return " | ".join(sorted(members, key=lambda member: member == "null"))
    raise TypeError(f"no TypeScript for {kind}")


def literal(values: tuple[Any, ...]) -> str:
    for name, alias in ALIASES.items():
        if set(get_args(alias)) == set(values):
            return name
    return choice(values)


def choice(values: tuple[Any, ...]) -> str:
    return " | ".join(map(quoted, values))


def quoted(text: str) -> str:
    return f"'{text}'"


# ---- golden files ----


def golden_messages() -> Iterator[tuple[str, msgspec.Struct]]:
    """One of every message, with values that floats hold exactly."""
    source = events.Source(
        name="kernel-0f3a9c21",
        kind="kernel",
        label="01-flights.ipynb",
        pid=4711,
        instance="5f0c6ab1d2e3f405",
    )
    load = events.Group(name="load", total=12, done=7, failed=1, running=2, seconds=3.5)
    live = events.Run(
        run="00000000000000ab",
        label="cell 3",
        engine="threads",
        state="running",
        started=1_700_000_000.25,
        ended=None,
        elapsed=2.5,
        nlanes=2,
        busy_seconds=3.5,
        cpu_seconds=3.25,
        groups=[load, msgspec.structs.replace(load, name="<b>add</b>", done=0, failed=0)],
    )
    ended = msgspec.structs.replace(
        live, run="00000000000000aa", state="failed", ended=1_700_000_002.75, groups=[load]
    )
    clusters = [
        events.Cluster(
            name="kernel-0f3a9c21",
            kind="kernel",
            label="01-flights.ipynb",
            pid=4711,
            started=1_699_999_000.5,
            kernel_id="0f3a9c21-7d11-4b0e-9a55-3f6f0c1f2a10",
            state="running",
            workers=None,
            threads=None,
            error="",
            has_log=False,
        ),
        events.Cluster(
            name="kernel-77aa00bb",
            kind="kernel",
            label="kernel 4712",
            pid=4712,
            started=1_699_990_000.0,
            kernel_id=None,
            state="lost",
            workers=None,
            threads=None,
            error="",
            has_log=False,
        ),
        events.Cluster(
            name="local-1",
            kind="cluster",
            label="local-1",
            pid=4713,
            started=1_699_990_001.0,
            kernel_id=None,
            state="running",
            workers=8,
            threads=16,
            error="",
            has_log=True,
        ),
        events.Cluster(
            name="local-2",
            kind="cluster",
            label="local-2",
            pid=4714,
            started=1_699_990_002.0,
            kernel_id=None,
            state="failed",
            workers=None,
            threads=None,
            error="exit code 1: <b>no memory</b>",
            has_log=True,
        ),
    ]
    yield (
        "subscribe",
        events.Subscribe(
            topics=["runs", "lanes", "tasks"], since=events.Since(tasks=123), max_hz=10.0
        ),
    )
    yield (
        "welcome",
        events.Welcome(version=events.VERSION, source=source, now=1_700_000_003.5, next=5),
    )
    yield "runs", events.Runs(runs=[ended, live])
    yield "runs-empty", events.Runs(runs=[])
    busy = events.Busy(group="load", start=1_700_000_002.5, run=live.run)
    yield (
        "lanes",
        events.Lanes(
            lanes=[
                events.Lane(lane=0, name="thread 1", busy=busy),
                events.Lane(lane=1, name="thread 2", busy=None),
            ],
            now=1_700_000_003.5,
        ),
    )
    worker = events.Worker(
        worker=3,
        name="worker-3",
        host="node <1>",
        nthreads=4,
        cpu=1.5,
        memory=1_048_576,
        limit=4_294_967_296,
        ready=7,
        executing=4,
        last_seen=1_700_000_003.0,
    )
    yield (
        "workers",
        events.Workers(
            workers=[worker, msgspec.structs.replace(worker, worker=4, name="größe ✓", limit=0)],
            now=1_700_000_003.5,
        ),
    )
    yield "lost", events.Lost(reason="the kernel ended")
    yield "clusters", events.Clusters(clusters=clusters)
    yield "cluster-list", events.ClusterList(clusters=clusters)


def golden_frames() -> Iterator[tuple[str, bytes]]:
    """Frames of an odd and of an even number of rows (padding differs), and an empty one."""
    import numpy as np

    strings = ["load", "<b>add</b>", "größe ✓", "thread 1", "thread 2", "00000000000000ab"]
    for name, first, rows, missed in (
        ("tasks", 5, 3, 0),
        ("tasks-missed", 1000, 4, 17),
        ("tasks-empty", 8, 0, 0),
    ):
        i = np.arange(rows)
        columns = {
            "start": 1_700_000_000.0 + i / 4,
            "stop": 1_700_000_000.125 + i / 4,
            "lane": (3 + i % 2).astype(np.int32),
            "group": (i % 3).astype(np.int32),
            "run": np.full(rows, 5, np.int32),
            "kind": np.zeros(rows, np.int32),
            "status": (i == 1).astype(np.int32),
            "number": (40 + i).astype(np.int32),
        }
        yield name, frames.encode_tasks(TaskBatch(first, rows, missed, strings, columns))


def frame_as_json(data: bytes) -> dict[str, Any]:
    """What a reader has to find in a frame."""
    frame = frames.TaskFrame.parse(data)
    header = frame.header
    return {
        "first": header.first,
        "count": header.count,
        "missed": header.missed,
        "strings": header.strings,
        "columns": {column.name: frame.column(column.name) for column in header.columns},
    }


# ---- all of it ----


def pretty(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def generated() -> dict[Path, bytes]:
    """Every generated file and what it has to hold."""
    files = {TYPESCRIPT: typescript().encode(), SCHEMA: pretty(events.schema())}
    for name, message in golden_messages():
        files[GOLDEN / f"{name}.json"] = pretty(json.loads(events.encode(message)))
    for name, data in golden_frames():
        files[GOLDEN / f"{name}.bin"] = data
        files[GOLDEN / f"{name}.expected.json"] = pretty(frame_as_json(data))
    return files


def stale() -> list[Path]:
    """Generated files that are missing or differ, and golden files that nothing makes."""
    files = generated()
    wrong = [path for path, data in files.items() if not path.exists() or path.read_bytes() != data]
    return wrong + [path for path in GOLDEN.glob("*") if path not in files]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        wrong = stale()
        for path in wrong:
            print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
        return bool(wrong)
    for path, data in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
