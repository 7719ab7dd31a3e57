"""The scheduler alone: its state machine against virtual workers, and the real one against a swarm.

    python benchmarks/bench_scheduler.py          # all, about two minutes
    python benchmarks/bench_scheduler.py state    # one part: state, scaling, swarm, adversary

``state``      microseconds a task of the state machine: no socket, no other process
``scaling``    the same with 10,000 workers and up to 1,000,000 tasks, and bytes a task
``swarm``      a scheduler process and 1,000 connections whose pretended tasks last a second
``adversary``  mixed durations and wide roots of large results: how even, how much memory
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import heapq
import multiprocessing
import os
import random
import resource
import statistics
import sys
import time
from array import array
from collections import deque

from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.columns import ROW
from treadle.scheduling.scheduler.state import SchedulerState

GOAL_THROUGHPUT, GOAL_BYTES, GOAL_EFFICIENCY, GOAL_CORE = 100_000, 1000, 95, 25


# -- graphs as columns ---------------------------------------------------------------------------


def independent(n):
    return [()] * n, list(range(n))


def chain(n):
    return [(), *((i,) for i in range(n - 1))], [n - 1]


def tree(n):
    leaves = (n + 1) // 2
    inputs = [()] * leaves
    level = list(range(leaves))
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            above.append(len(inputs))
            inputs.append((left, right))
        level = above + ([level[-1]] if len(level) % 2 else [])
    return inputs, level


def stencil(n, width=100):
    inputs = [()] * width
    for step in range(1, n // width):
        first = (step - 1) * width
        inputs += [tuple(first + (i + d) % width for d in (-1, 0, 1)) for i in range(width)]
    return inputs, list(range(len(inputs) - width, len(inputs)))


class World:
    """Virtual workers that end what they have in batches, and the seconds the state took."""

    def __init__(self, nworkers: int, batch: int):
        self.state = SchedulerState()
        self.batch = batch
        self.queues = [deque() for _ in range(nworkers)]
        self.active: deque[int] = deque()
        self.asked: list[ins.TakeBack] = []
        self.seconds = 0.0
        self.now = 0.0
        self.done = self.handles = 0
        self.handle(
            ev.ClientJoined(0),
            *(ev.WorkerJoined(w, f"w{w}", "h", 1, 0, {}) for w in range(nworkers)),
        )

    def handle(self, *events):
        begin = time.perf_counter()
        instructions = self.state.handle(events, self.now)
        self.seconds += time.perf_counter() - begin
        for i in instructions:
            if type(i) is ins.Compute:
                if not self.queues[i.worker]:
                    self.active.append(i.worker)
                self.queues[i.worker].extend(i.ids)
            elif type(i) is ins.TakeBack:
                self.asked.append(i)
            elif type(i) is ins.Done:
                self.done += len(i.handles)

    def submit(self, inputs, wanted, chunk=20_000):
        """Send a graph in messages, as a client does; return its first handle."""
        base = self.handles
        keys = [f"task-{base + i}" for i in range(len(inputs))]
        self.handles += len(keys)
        wanted = sorted(wanted)
        position = 0
        for first in range(0, len(keys), chunk):
            part = keys[first : first + chunk]
            size = len(part)
            here = []
            while position < len(wanted) and wanted[position] < first + size:
                here.append(wanted[position] - first)
                position += 1
            rows = [tuple(base + i for i in row) for row in inputs[first : first + size]]
            self.handle(
                ev.GraphSubmitted(
                    0, base + first, part, [0] * size, [0] * size, [b""] * size, rows, here,
                    False, 0.0, {}, {},
                )
            )  # fmt: skip
        return base

    def run(self, until):
        """Let workers work until so many results are there."""
        while self.done < until:
            for i in self.asked:
                queue = self.queues[i.worker]
                there = set(queue)
                dropped = [id for id in i.ids if id in there]
                gone = set(dropped)
                self.queues[i.worker] = deque(id for id in queue if id not in gone)
                kept = [id for id in i.ids if id not in gone]
                self.asked = self.asked[1:]
                self.handle(ev.TakenBack(i.worker, dropped, kept))
            worker = self.active.popleft()
            queue = self.queues[worker]
            ids = [queue.popleft() for _ in range(min(self.batch, len(queue)))]
            if queue:
                self.active.append(worker)
            if ids:
                self.now += 1e-6 * len(ids)
                count = len(ids)
                self.handle(ev.TasksFinished(worker, ids, [28] * count, [1e-6] * count, {}, []))


def bench_state(n: int = 20_000) -> None:
    print("\nstate machine alone, µs a task, submission included")
    print(f"{'graph':<14}{'workers':>8}{'64 a report':>13}{'1 a report':>12}")
    graphs = {"independent": independent, "chain": chain, "tree": tree, "stencil": stencil}
    for name, make in graphs.items():
        inputs, wanted = make(n)
        for nworkers in (2, 100):
            costs = []
            for batch in (64, 1):
                times = []
                for _ in range(3):
                    gc.collect()
                    world = World(nworkers, batch)
                    world.submit(inputs, wanted)
                    world.run(len(wanted))
                    times.append(world.seconds / len(inputs) * 1e6)
                costs.append(statistics.median(times))
            print(f"{name:<14}{nworkers:>8}{costs[0]:>13.2f}{costs[1]:>12.2f}")


def bench_scaling() -> None:
    print("\n10,000 virtual workers, tree graphs, reports of 8 tasks")
    print(f"{'tasks':>10}{'µs a task':>11}{'tasks/s':>10}{'bytes a task':>14}")
    for n in (10_000, 100_000, 1_000_000):
        inputs, wanted = tree(n)
        gc.collect()
        world = World(10_000, 8)
        before = resident()
        start = world.seconds
        world.submit(inputs, wanted)
        nbytes = (resident() - before) / n
        world.run(len(wanted))
        each = (world.seconds - start) / n
        text = "" if 1 / each >= GOAL_THROUGHPUT else f"  below {GOAL_THROUGHPUT:,} tasks/s"
        print(f"{n:>10,}{each * 1e6:>11.2f}{1 / each:>10,.0f}{nbytes:>14.0f}{text}")
        if n == 1_000_000 and nbytes > GOAL_BYTES:
            print(f"above {GOAL_BYTES} bytes a task")


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


# -- adversaries ---------------------------------------------------------------------------------


def bench_adversary() -> None:
    print("\nadversaries, simulated on a virtual clock: 8 workers of one thread")
    rng = random.Random(7)
    mixed = [rng.choice([1e-6, 1e-4, 1e-2, 1.0]) for _ in range(2000)]
    elapsed, _ = simulate([()] * 2000, mixed, [1000] * 2000, 8)
    print(
        f"durations from 1 µs to 1 s of one function: {elapsed * 8 / sum(mixed):.2f} of ideal time"
    )
    # 400 blocks of 50 MB, each reduced at once: memory must stay near what runs.
    inputs = [()] * 400 + [(i,) for i in range(400)]
    order = [x for i in range(400) for x in (i, 400 + i)]
    place = {row: position for position, row in enumerate(order)}
    inputs = [tuple(place[i] for i in inputs[row]) for row in order]
    nbytes = [50_000_000 if row < 400 else 8 for row in order]
    _, peak = simulate(inputs, [0.01] * 800, nbytes, 8)
    print(f"wide roots of 50 MB: at most {peak / 50e6 / 8:.2f} of them a worker in memory")


def simulate(inputs, durations, nbytes, nworkers):
    """Run a graph on a virtual clock with 0.2 ms of way; return its seconds and peak bytes."""
    delay = 0.0002
    state = SchedulerState()
    events: list[tuple[float, int, str, object]] = []
    order = iter(range(10**9))

    def post(when, what, value):
        heapq.heappush(events, (when, next(order), what, value))

    ready: list[list[tuple[int, int]]] = [[] for _ in range(nworkers)]
    waiting: list[dict[int, tuple[int, tuple[int, ...]]]] = [{} for _ in range(nworkers)]
    there: list[set[int]] = [set() for _ in range(nworkers)]
    busy = [False] * nworkers
    held = peak = 0
    done: set[int] = set()

    def carry(instructions, now):
        for i in instructions:
            if isinstance(i, (ins.Compute, ins.TakeBack, ins.Release)):
                post(now + delay, "order", i)
            elif isinstance(i, ins.Done):
                done.update(i.handles)

    def go(w, now):
        for id, (rank, row) in list(waiting[w].items()):
            if all(x in there[w] for x in row):
                del waiting[w][id]
                heapq.heappush(ready[w], (rank, id))
        if not busy[w] and ready[w]:
            busy[w] = True
            _, id = heapq.heappop(ready[w])
            post(now + durations[id & ROW], "end", (w, id))

    members = [ev.WorkerJoined(w, f"w{w}", "h", 1, 0, {}) for w in range(nworkers)]
    carry(state.handle([ev.ClientJoined(0), *members], 0.0), 0.0)
    size = len(inputs)
    users = {i for row in inputs for i in row}
    wanted = [i for i in range(size) if i not in users]
    graph = ev.GraphSubmitted(
        0, 0, [f"k{i}" for i in range(size)], [int(bool(row)) for row in inputs], [0] * size,
        [b""] * size, inputs, wanted, False, 0.0, {}, {},
    )  # fmt: skip
    carry(state.handle([graph], 0.0), 0.0)
    tick = 0.0
    now = 0.0
    while len(done) < len(wanted):
        if state.is_restless and now >= tick:
            tick = now + 0.01
            post(tick, "tick", None)
        now, _, what, value = heapq.heappop(events)
        if what == "tick":
            carry(state.handle([], now), now)
        elif what == "end":
            w, id = value
            busy[w] = False
            there[w].add(id)
            held += nbytes[id & ROW]
            peak = max(peak, held)
            post(now + delay, "report", (w, id))
            go(w, now)
        elif what == "report":
            w, id = value
            event = ev.TasksFinished(w, [id], [nbytes[id & ROW]], [durations[id & ROW]], {}, [])
            carry(state.handle([event], now), now)
        elif isinstance(value, ins.Compute):
            w = value.worker
            there[w].update(value.holders)  # fetched at once
            for id, rank, row in zip(value.ids, value.ranks, value.inputs, strict=True):
                waiting[w][id] = (rank, row)
            go(w, now)
        elif isinstance(value, ins.Release):
            for id in value.ids:
                if id in there[value.worker]:
                    there[value.worker].discard(id)
                    held -= nbytes[id & ROW]
        else:
            w = value.worker
            asked = set(value.ids)
            dropped = [
                id for id in value.ids if id in waiting[w] or any(id == x for _, x in ready[w])
            ]
            for id in dropped:
                waiting[w].pop(id, None)
            ready[w] = [entry for entry in ready[w] if entry[1] not in asked]
            heapq.heapify(ready[w])
            kept = [id for id in value.ids if id not in dropped]
            carry(state.handle([ev.TakenBack(w, dropped, kept)], now), now)
    return now, peak


# -- a swarm over real sockets -------------------------------------------------------------------


def scheduler_process(pipe) -> None:
    from treadle.cluster.scheduler.scheduler import Scheduler
    from treadle.comm.credentials import Credentials

    raise_limit()
    credentials = Credentials.new("swarm")
    scheduler = Scheduler(credentials, ["tcp://127.0.0.1:0"], name="swarm")
    scheduler.start_in_thread()
    pipe.send((scheduler.addresses[0], (credentials.cluster, credentials.reveal())))
    while pipe.recv() == "cpu":
        pipe.send(time.process_time())
    scheduler.close()


def raise_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))


async def swarm(address, credentials, nworkers, slots, duration, stop) -> None:
    """Pretend to be many workers: a task is a timer, and ends of one worker go in one message."""
    from treadle.comm.handshake import Client as Handshake
    from treadle.protocol import messages as m
    from treadle.protocol.frames import FrameParser, header

    loop = asyncio.get_running_loop()
    ends: list[tuple[float, int, int]] = []
    workers = []

    class Pretender(asyncio.Protocol):
        def __init__(self, number):
            self.number = number
            self.handshake = Handshake(credentials, "worker")
            self.parser = FrameParser(64 * 2**20)
            self.queue: deque[int] = deque()
            self.free = slots
            self.registered = loop.create_future()

        def connection_made(self, transport):
            self.transport = transport
            transport.write(self.handshake.feed(b""))

        def send(self, message):
            payload = m.encode(message)
            self.transport.write(header(len(payload), 64 * 2**20) + payload)

        def data_received(self, data):
            if not self.handshake.done:
                out = self.handshake.feed(data)
                if out:
                    self.transport.write(out)
                if not self.handshake.done:
                    return
                name = f"worker-{self.number}"
                self.send(m.Register(name, "host", 1, slots, 0, [], {}, time.time()))
                data = self.handshake.leftover
            for frame in self.parser.feed(data):
                message = m.decode_to_worker(frame)
                if isinstance(message, m.Compute):
                    self.queue.extend(message.ids)
                    self.begin(loop.time())
                elif isinstance(message, m.TakeBack):
                    asked = set(message.ids)
                    dropped = [id for id in self.queue if id in asked]
                    self.queue = deque(id for id in self.queue if id not in asked)
                    gone = set(dropped)
                    self.send(m.TakenBack(dropped, [id for id in message.ids if id not in gone]))
                elif isinstance(message, m.Registered):
                    self.registered.set_result(None)

        def begin(self, now):
            while self.free and self.queue:
                self.free -= 1
                heapq.heappush(ends, (now + duration, self.number, self.queue.popleft()))

    host, port = address.removeprefix("tcp://").rsplit(":", 1)
    for number in range(nworkers):
        _, worker = await loop.create_connection(lambda n=number: Pretender(n), host, int(port))
        workers.append(worker)
        await worker.registered
    print("up", flush=True)
    while not stop():
        now = loop.time()
        ended: dict[int, list[int]] = {}
        while ends and ends[0][0] <= now:
            _, number, id = heapq.heappop(ends)
            ended.setdefault(number, []).append(id)
        for number, ids in ended.items():
            worker = workers[number]
            count = len(ids)
            begun = array("d", [now - duration]) * count
            finished = array("d", [now]) * count
            worker.send(
                m.Finished(ids, [28] * count, [0] * count, begun.tobytes(), finished.tobytes(), {})
            )
            worker.free += count
            worker.begin(now)
        await asyncio.sleep(0.002)


def swarm_process(address, secrets, nworkers, slots, duration, pipe) -> None:
    raise_limit()
    sys.stdout = os.fdopen(os.dup(pipe.fileno()), "w")
    asyncio.run(swarm(address, make_credentials(secrets), nworkers, slots, duration, lambda: False))


def make_credentials(secrets):
    from treadle.comm.credentials import Credentials

    return Credentials.revealed(*secrets)


def bench_swarm(nworkers: int = 1000, slots: int = 5) -> None:
    from treadle.comm.blocking import connect
    from treadle.protocol import messages as m

    print(f"\n{nworkers:,} simulated workers of {slots} threads over TCP, scheduler in a process")
    print(f"{'tasks':>8}{'of':>8}{'seconds':>9}{'ideal':>8}{'efficient':>11}{'of a core':>11}")
    context = multiprocessing.get_context("fork")
    for count, duration in ((25_000, 1.0), (50_000, 0.5)):
        ours, theirs = context.Pipe()
        scheduler = context.Process(target=scheduler_process, args=(theirs,))
        scheduler.start()
        address, secrets = ours.recv()
        reader, writer = os.pipe()
        with os.fdopen(reader) as lines, os.fdopen(writer, "w") as end:
            args = (address, secrets, nworkers, slots, duration, end)
            pretenders = context.Process(target=swarm_process, args=args)
            pretenders.start()
            assert lines.readline() == "up\n"
        connection = connect(address, make_credentials(secrets), "client")
        ours.send("cpu")
        before = ours.recv()
        start = time.perf_counter()
        function = m.FunctionSpec(b"0" * 16, "nap", b"?")
        for base in range(0, count, 10_000):
            size = min(10_000, count - base)
            keys = [f"nap-{base + i}" for i in range(size)]
            graph = m.SubmitGraph(
                base, keys, [function], [0] * size, [b""] * size, [()] * size, list(range(size))
            )
            connection.send(m.encode(graph))
        done = 0
        while done < count:
            for frame in connection.recv(timeout=120):
                message = m.decode_to_client(frame)
                if isinstance(message, m.Done):
                    done += len(message.handles)
        elapsed = time.perf_counter() - start
        ours.send("cpu")
        cpu = ours.recv() - before
        ideal = -(-count // (nworkers * slots)) * duration
        efficiency, core = 100 * ideal / elapsed, 100 * cpu / elapsed
        verdict = "" if efficiency >= GOAL_EFFICIENCY and core <= GOAL_CORE else "  missed"
        print(
            f"{count:>8,}{duration:>7.2f}s{elapsed:>9.2f}{ideal:>8.2f}{efficiency:>10.1f}%"
            f"{core:>10.1f}%{verdict}"
        )
        connection.close()
        pretenders.kill()
        ours.send("stop")
        scheduler.join(10)
        pretenders.join(10)


PARTS = {
    "state": bench_state,
    "scaling": bench_scaling,
    "adversary": bench_adversary,
    "swarm": bench_swarm,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
