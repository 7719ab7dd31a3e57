"""What telemetry costs: engines and schedulers a task, kernels a reader at 100,000 a second.

    python benchmarks/bench_feed.py              # about a minute

The kernel is this process: one thread records tasks at the given rate, the feed server runs in its
own, and readers are other processes that take everything in.  A reader's cost is the processor
time of the feed server's thread, and what the recording thread spends beyond its own work.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path

from treadle.feedserver.server import FeedServer
from treadle.telemetry.cluster import ClusterRecorder
from treadle.telemetry.frames import TaskFrame
from treadle.telemetry.hub import EventHub
from treadle.telemetry.recorder import CHUNK

RATE = 100_000
SECONDS = 6.0
PAUSE = 0.005
GOAL_TASK_NS, GOAL_READER = 1000, 0.02


class Table:
    """A table of tasks of ten groups."""

    prefixes = tuple(f"group-{i}" for i in range(10))

    def __init__(self, count: int):
        self.prefix_index = array("i", [i % 10 for i in range(count)])

    def __len__(self) -> int:
        return len(self.prefix_index)


def cost_of_recording(count: int = 500_000) -> float:
    """Nanoseconds a task beyond the two clock reads, nobody reading."""
    clock = time.perf_counter

    def bare() -> float:
        begin = clock()
        for _ in range(count):
            clock()
            clock()
        return clock() - begin

    def recorded() -> float:
        run = EventHub().open_run("bench", "sync")
        lane = run.add_table(Table(count), 1).lane(0)
        add_number, add_start, add_stop = lane.numbers.append, lane.starts.append, lane.stops.append
        left = CHUNK
        begin = clock()
        for number in range(count):
            start = clock()
            lane.current_start = start
            lane.current = number
            stop = clock()
            add_number(number)
            add_start(start)
            add_stop(stop)
            left -= 1
            if not left:
                lane.rotate()
                add_number, add_start = lane.numbers.append, lane.starts.append
                add_stop, left = lane.stops.append, CHUNK
        return clock() - begin

    recorded()  # the first overflow imports NumPy
    pairs = [(bare(), recorded()) for _ in range(7)]
    return statistics.median(r - b for b, r in pairs) / count * 1e9


def cost_in_a_scheduler(batch: int, count: int = 200_000) -> float:
    """Nanoseconds a task that a scheduler's loop spends on it, somebody reading now and then."""
    hub = EventHub(capacity=10_000)
    recorder = ClusterRecorder(hub)
    run = recorder.open_run("ab", "bench")
    group, lane = recorder.group(run, "load"), recorder.lane(1, 0, "worker-1")
    groups, lanes, times = [group] * batch, [lane] * batch, array("d", [time.time()] * batch)
    spent = []
    for _ in range(7):
        hub.since(-1)
        begin = time.perf_counter()
        for _ in range(count // 7 // batch):
            recorder.finished(groups, lanes, times, times)
        spent.append((time.perf_counter() - begin) / (count // 7 // batch) / batch)
    return statistics.median(spent) * 1e9


def record_at_rate(hub: EventHub, seconds: float) -> tuple[int, float]:
    """Record tasks on two lanes in turn; tasks and processor seconds of this thread."""
    count = int(RATE * seconds * 1.2)
    run = hub.open_run("bench", "threads")
    lanes = run.add_table(Table(count), 2).lanes
    clock = time.perf_counter
    cpu = time.thread_time()
    begin = clock()
    number = 0
    while (now := clock()) - begin < seconds:
        due = min(int((now - begin) * RATE), count)
        lane = lanes[number // CHUNK % 2]
        while number < due:
            lane.current_start = now
            lane.current = number
            lane.numbers.append(number)
            lane.starts.append(now)
            lane.stops.append(now)
            number += 1
            if len(lane.stops) >= CHUNK:
                lane.rotate()
                lane = lanes[number // CHUNK % 2]
        time.sleep(PAUSE)
    cpu = time.thread_time() - cpu
    run.close("finished")
    return number, cpu


def thread_cpu(ident: int) -> float:
    return time.clock_gettime(time.pthread_getcpuclockid(ident))


def cost_of_readers(readers: int) -> tuple[float, float, int, list[dict[str, int]]]:
    """Shares of a core: the feed's thread, the recording thread; tasks; what readers saw."""
    hub = EventHub()
    with tempfile.TemporaryDirectory() as folder:
        feed = FeedServer(hub, kind="bench", label="bench", directory=Path(folder) / "treadle")
        feed.start()
        command = [sys.executable, __file__, "--read", str(feed.port)]
        children = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(readers)
        ]
        for child in children:  # by a pipe: arguments are for everybody to see
            child.stdin.write(feed.record.observer_token.reveal() + "\n")
            child.stdin.flush()
            child.stdout.readline()  # it is subscribed
        ident = feed._thread.ident
        before = thread_cpu(ident)
        tasks, recording = record_at_rate(hub, SECONDS)
        feeding = thread_cpu(ident) - before
        seen = [json.loads(child.communicate("stop\n", timeout=30)[0]) for child in children]
        feed.close()
    return feeding / SECONDS, recording / SECONDS, tasks, seen


async def read(port: int) -> None:
    """A reader: takes everything in until the run has ended."""
    from tornado.websocket import websocket_connect

    token = sys.stdin.readline().strip()
    connection = await websocket_connect(f"ws://127.0.0.1:{port}/feed", max_message_size=64_000_000)
    await connection.write_message(json.dumps({"type": "hello", "version": 1, "token": token}))
    await connection.read_message()
    topics = {"type": "subscribe", "topics": ["runs", "lanes", "tasks"], "max_hz": 10}
    await connection.write_message(json.dumps(topics))
    await connection.read_message()
    print("subscribed", flush=True)
    rows = missed = total = 0
    while total == 0 or rows + missed < total:
        message = await connection.read_message()
        if isinstance(message, bytes):
            header = TaskFrame.parse(message).header
            rows += header.count
            missed += header.missed
        else:
            message = json.loads(message)
            if message["type"] == "runs" and message["runs"] and message["runs"][-1]["ended"]:
                total = sum(group["done"] for group in message["runs"][-1]["groups"])
    print(json.dumps({"rows": rows, "missed": missed}))
    connection.close()


def main() -> int:
    if sys.argv[1:2] == ["--read"]:
        asyncio.run(read(int(sys.argv[2])))
        return 0
    task_ns = cost_of_recording()
    print(f"recording: {task_ns:.0f} ns a task, nobody reading   (goal: below {GOAL_TASK_NS})")
    scheduler_ns = {batch: cost_in_a_scheduler(batch) for batch in (1, 10, 100)}
    told = ", ".join(f"{ns:.0f} in batches of {batch}" for batch, ns in scheduler_ns.items())
    print(f"in a scheduler: {told} ns a task   (goal: below {GOAL_TASK_NS} in batches of 10)")
    print(f"\n{RATE:,} tasks a second in 10 groups on 2 lanes, for {SECONDS:.0f} s:")
    print("readers   feed thread   recording thread   rows seen by each (missed)")
    shares = {}
    for readers in (0, 1, 4):
        feeding, recording, tasks, seen = cost_of_readers(readers)
        shares[readers] = feeding
        rows = ", ".join(f"{one['rows']:,} ({one['missed']:,})" for one in seen) or f"of {tasks:,}"
        print(f"{readers:7}   {feeding:10.2%}   {recording:16.2%}   {rows}")
    worst = max(shares[1], shares[4] / 4)
    print(f"\na reader costs the kernel {worst:.2%} of a core   (goal: below {GOAL_READER:.0%})")
    slowest = max(task_ns, scheduler_ns[10])
    return int(slowest > GOAL_TASK_NS or worst > GOAL_READER)


if __name__ == "__main__":
    raise SystemExit(main())
