"""Overhead of the local engines and of ``delayed``, beside dask's, in one run.

    python benchmarks/bench_local.py            # all, about three minutes
    python benchmarks/bench_local.py graphs     # one part: graphs, delayed, efficiency, imports

Times are medians; rounds of both libraries take turns, so that noise of the machine meets both.
A ratio is dask's time over ours.
"""

from __future__ import annotations

import gc
import hashlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import treadle

GOAL_GRAPHS, GOAL_CALL, GOAL_COMPUTE = 12, 8, 40


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def add3(x, y, z):
    return x + y + z


def chain(n):
    graph = {("x", 0): (inc, 0)}
    graph.update({("x", i): (inc, ("x", i - 1)) for i in range(1, n)})
    return graph, ("x", n - 1)


def map_and_reduce(n):
    graph = {("m", i): (inc, i) for i in range(n)}
    graph["total"] = (sum, list(graph))
    return graph, "total"


def tree(n):
    leaves = (n + 1) // 2
    graph = {("t", 0, i): (inc, i) for i in range(leaves)}
    level, width = 0, leaves
    while width > 1:
        for i in range(width // 2):
            graph["t", level + 1, i] = (add, ("t", level, 2 * i), ("t", level, 2 * i + 1))
        if width % 2:
            graph["t", level + 1, width // 2] = (inc, ("t", level, width - 1))
        level, width = level + 1, (width + 1) // 2
    return graph, ("t", level, 0)


def stencil(n, width=100):
    graph = {("s", 0, w): (inc, w) for w in range(width)}
    for step in range(1, n // width):
        for w in range(width):
            inputs = [("s", step - 1, (w + shift) % width) for shift in (-1, 0, 1)]
            graph["s", step, w] = (add3, *inputs)
    graph["total"] = (sum, [("s", n // width - 1, w) for w in range(width)])
    return graph, "total"


def interleaved(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """Median seconds of each call, taking turns."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, spent in zip(calls, times, strict=True):
            gc.collect()
            start = time.perf_counter()
            call()
            spent.append(time.perf_counter() - start)
    return [statistics.median(spent) for spent in times]


def bench_graphs(n: int = 10_000) -> None:
    import dask
    import dask.threaded

    print(f"\nfrom a dict graph of {n:,} trivial tasks to its result, µs a task")
    print(f"{'graph':<16}{'engine':<9}{'treadle':>9}{'no feed':>9}{'dask':>9}{'ratio':>8}")
    for name, make in (
        ("chain", chain),
        ("map and reduce", map_and_reduce),
        ("tree", tree),
        ("stencil", stencil),
    ):
        graph, key = make(n)
        peers = {"sync": dask.get, "threads": partial(dask.threaded.get, num_workers=2)}
        for engine, peer in peers.items():
            ours = partial(treadle.get, graph, key, scheduler=engine, num_workers=2)
            expected = peer(dict(graph), key)
            assert ours() == expected

            def without(ours=ours):
                with treadle.config.set(telemetry=False):
                    ours()

            times = interleaved(5, ours, without, lambda peer=peer, g=graph, k=key: peer(g, k))
            with_feed, plain, other = (t / len(graph) * 1e6 for t in times)
            verdict = "" if other / with_feed >= GOAL_GRAPHS else f"  below {GOAL_GRAPHS}"
            print(
                f"{name:<16}{engine:<9}{with_feed:9.2f}{plain:9.2f}{other:9.1f}"
                f"{other / with_feed:7.1f}x{verdict}"
            )


def bench_delayed() -> None:
    import dask

    ours, theirs = treadle.delayed(inc), dask.delayed(inc)
    our_one, their_one = ours(1), theirs(1)
    n = 3_000
    print("\ndelayed, µs a call")
    for name, first, second in (
        ("delayed(f)", lambda: treadle.delayed(inc), lambda: dask.delayed(inc)),
        ("f(1)", lambda: ours(1), lambda: theirs(1)),
        ("f(delayed)", lambda: ours(our_one), lambda: theirs(their_one)),
        ("delayed + 1", lambda: our_one + 1, lambda: their_one + 1),
    ):
        calls = [partial(_repeat, call, n) for call in (first, second)]
        mine, other = (t / n * 1e6 for t in interleaved(5, *calls))
        verdict = "" if other / mine >= GOAL_CALL else f"  below {GOAL_CALL}"
        print(f"{name:<16}{mine:9.2f}{other:9.1f}{other / mine:7.1f}x{verdict}")
    print("\ncompute(*n delayed), made and computed, µs a task (threads, 2 workers)")
    for count, peer_too in ((1_000, True), (10_000, True), (100_000, False)):

        def mine(count=count):
            treadle.compute(*[ours(i) for i in range(count)], num_workers=2)

        def other(count=count):
            dask.compute(*[theirs(i) for i in range(count)], num_workers=2)

        times = interleaved(2 if peer_too else 3, mine, *([other] if peer_too else []))
        line = f"n = {count:<12,}{times[0] / count * 1e6:9.2f}"
        if peer_too:
            ratio = times[1] / times[0]
            verdict = "" if ratio >= GOAL_COMPUTE or count < 10_000 else f"  below {GOAL_COMPUTE}"
            line += f"{times[1] / count * 1e6:9.1f}{ratio:7.1f}x{verdict}"
        print(line)


def _repeat(call: Callable[[], object], n: int) -> None:
    for _ in range(n):
        call()


def bench_efficiency() -> None:
    """Tasks that release the GIL, on two threads.

    The yardstick is the same calls split over two plain threads without any scheduler: two
    virtual cores may be halves of one, and then nothing runs twice as fast.
    """
    import dask.threaded

    buffer = bytes(1 << 24)
    sample = memoryview(buffer)[: 1 << 17]
    times = []
    for _ in range(200):
        start = time.perf_counter()
        hashlib.sha256(sample).digest()
        times.append(time.perf_counter() - start)
    per_byte = statistics.median(times) / len(sample)
    print("\ntasks that release the GIL, 50 wide, on 2 threads")
    print(f"{'task':<12}{'machine':>9}{'treadle':>9}{'dask':>9}   share: {'treadle':>8}{'dask':>7}")
    for micros, tasks in ((50, 5_000), (200, 2_000), (1_000, 500)):
        view = memoryview(buffer)[: max(2_100, int(micros * 1e-6 / per_byte))]

        def work(*inputs, view=view):
            hashlib.sha256(view).digest()
            return 0

        graph = {("w", 0, i): (work,) for i in range(50)}
        for step in range(1, tasks // 50):
            graph.update({("w", step, i): (work, ("w", step - 1, i)) for i in range(50)})
        keys = [("w", tasks // 50 - 1, i) for i in range(50)]
        serial, plain, ours, theirs = interleaved(
            7,
            partial(_repeat, work, tasks),
            partial(_split, work, tasks),
            partial(treadle.get, graph, keys, "threads", num_workers=2),
            partial(dask.threaded.get, graph, keys, num_workers=2),
        )
        print(
            f"{micros:>5} µs    {serial / plain:8.2f}x{serial / ours:8.2f}x{serial / theirs:8.2f}x"
            f"          {plain / ours:8.0%}{plain / theirs:7.0%}"
        )


def _split(work: Callable[[], object], n: int) -> None:
    threads = [threading.Thread(target=_repeat, args=(work, n // 2)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def bench_imports() -> None:
    print("\nimport in a fresh interpreter, ms beyond Python's own start")

    def start(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    codes = ("pass", "import treadle", "from treadle import delayed, compute", "import dask")
    times = interleaved(9, *[partial(start, code) for code in codes])
    for code, spent in zip(codes[1:], times[1:], strict=True):
        print(f"{code:<40}{(spent - times[0]) * 1e3:7.1f}")


PARTS = {
    "graphs": bench_graphs,
    "delayed": bench_delayed,
    "efficiency": bench_efficiency,
    "imports": bench_imports,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
