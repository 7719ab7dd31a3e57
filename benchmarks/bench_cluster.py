"""A cluster of two processes of one thread, beside its peers in one run.

    python benchmarks/bench_cluster.py               # all, about six minutes
    python benchmarks/bench_cluster.py throughput    # one part

``throughput``  microseconds a trivial task, from the call to the results at the client
``latency``     milliseconds from submit() to result(), one task at a time
``start``       milliseconds to clusters that answer
``death``       seconds of 2,000 dependent tasks when a worker is killed half way
``million``     a graph of 1,000,000 tasks: seconds, and bytes a task in the scheduler
``idle``        processor time and memory of a cluster that does nothing

Peers that are not installed are left out.  Rounds take turns, so that noise of the machine meets
all of them; figures are medians.  A ratio is the peer's time over ours.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

GOAL_DEFAULT, GOAL_INFINITE, GOAL_LATENCY = 60, 25, 0.6


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def add3(x, y, z):
    return x + y + z


def nap(x, *others):
    time.sleep(0.01)
    return x + 1


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


# -- engines -------------------------------------------------------------------------------------


@contextmanager
def treadle_client() -> Iterator[Any]:
    from treadle import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@contextmanager
def dask_client(saturation: str | None = None) -> Iterator[Any]:
    import dask
    from distributed import Client

    settings = {"distributed.scheduler.worker-saturation": saturation} if saturation else {}
    with dask.config.set(settings), Client(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as client:  # fmt: skip
        yield client


def available(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def timed(call: Callable[..., Any], *args: Any) -> float:
    gc.collect()
    start = time.perf_counter()
    result = call(*args)
    seconds = time.perf_counter() - start
    del result
    return seconds


# -- throughput ----------------------------------------------------------------------------------


def bench_throughput() -> None:
    small = tree(10_000)
    wide = stencil(10_000)
    counter = iter(range(10**9))

    def mapped(client: Any, n: int) -> list[int]:
        first = next(counter) * 1_000_000  # other arguments each time: results are not reused
        return client.gather(client.map(inc, range(first, first + n)))

    works = {
        "map, gather 10,000": (10_000, lambda client: mapped(client, 10_000)),
        "map, gather 50,000": (50_000, lambda client: mapped(client, 50_000)),
        "tree 10,000": (len(small[0]), lambda client: client.get(fresh(small[0]), small[1])),
        "stencil 10,000": (len(wide[0]), lambda client: client.get(fresh(wide[0]), wide[1])),
    }
    print("\nµs a trivial task, from the call to the results; 2 processes of 1 thread")
    columns: dict[str, dict[str, float]] = {name: {} for name in works}
    with treadle_client() as client:
        for name, (n, work) in works.items():
            work(client)
            columns[name]["treadle"] = median(timed(work, client) for _ in range(7)) / n
        cpu = scheduler_seconds(client)
        mapped(client, 50_000)
        used = (scheduler_seconds(client) - cpu) / 50_000
    for label, saturation in (("dask", None), ("dask inf", "inf")):
        if available("distributed"):
            with dask_client(saturation) as client:
                client.gather(client.map(inc, range(-100, 0)))
                for name, (n, work) in works.items():
                    if "50,000" not in name:  # takes minutes, and is no quicker a task
                        columns[name][label] = timed(work, client) / n
    if available("joblib"):
        import joblib

        with joblib.Parallel(n_jobs=2) as parallel:
            parallel(joblib.delayed(inc)(i) for i in range(100))
            for n in (10_000, 50_000):
                work = lambda n=n: parallel(joblib.delayed(inc)(i) for i in range(n))
                columns[f"map, gather {n:,}"]["joblib"] = median(timed(work) for _ in range(3)) / n
    if available("ray"):
        bench_ray(columns)
    labels = ["treadle", "dask", "dask inf", "joblib", "ray"]
    print(f"{'':<20}" + "".join(f"{label:>10}" for label in labels) + f"{'ratios':>16}")
    for name, times in columns.items():
        row = "".join(
            f"{times[label] * 1e6:>10.1f}" if label in times else f"{'':>10}" for label in labels
        )
        print(f"{name:<20}{row}   {ratios(times)}")
    print(f"scheduler's processor time: {used * 1e6:.1f} µs a task of map and gather")


def fresh(graph: dict) -> dict:
    """A copy: peers may keep what they were given."""
    return dict(graph)


def median(times: Iterator[float]) -> float:
    return statistics.median(times)


def ratios(times: dict[str, float]) -> str:
    texts = []
    for label, goal in (("dask", GOAL_DEFAULT), ("dask inf", GOAL_INFINITE)):
        if label in times:
            ratio = times[label] / times["treadle"]
            texts.append(f"{ratio:.0f}x" + ("" if ratio >= goal else f" (below {goal})"))
    return ", ".join(texts)


def bench_ray(columns: dict[str, dict[str, float]]) -> None:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="error")
    remote = ray.remote(inc)
    ray.get([remote.remote(i) for i in range(100)])
    n = 10_000
    work = lambda: ray.get([remote.remote(i) for i in range(n)])
    columns["map, gather 10,000"]["ray"] = median(timed(work) for _ in range(3)) / n
    ray.shutdown()


def scheduler_process(client: Any) -> psutil.Process:
    return psutil.Process(client.scheduler_info()["pid"])


def scheduler_seconds(client: Any) -> float:
    return sum(scheduler_process(client).cpu_times()[:2])


# -- latency -------------------------------------------------------------------------------------


def bench_latency(rounds: int = 300) -> None:
    print("\nms from submit() to result(), one task at a time: median, 95 %, 99 %")
    for label, make in (("treadle", treadle_client), ("dask", dask_client)):
        if label == "dask" and not available("distributed"):
            continue
        with make() as client:
            times = []
            for i in range(rounds):
                start = time.perf_counter()
                client.submit(inc, i).result()
                times.append((time.perf_counter() - start) * 1e3)
        times.sort()
        middle = times[len(times) // 2]
        late = "" if label != "treadle" or middle < GOAL_LATENCY else f"  above {GOAL_LATENCY}"
        print(f"{label:<10}{middle:8.2f}{at(times, 0.95):8.2f}{at(times, 0.99):8.2f}{late}")


def at(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(part * len(times)))]


# -- start ---------------------------------------------------------------------------------------

COLD_THREADS = """
import time; start = time.perf_counter()
from treadle import Client
client = Client(processes=False, n_workers=1, threads_per_worker=2)
assert client.submit(abs, -1).result(timeout=30) == 1
print(time.perf_counter() - start); client.close()
"""

COLD_PROCESSES = """
import time; start = time.perf_counter()
from treadle import Client
if __name__ == "__main__":
    client = Client(n_workers=2, threads_per_worker=1)
    client.wait_for_workers(2, timeout=30)
    print(time.perf_counter() - start); client.close()
"""


def bench_start() -> None:
    from treadle import Client

    print("\nms until a cluster answers")
    for label, program in (("threads", COLD_THREADS), ("2 processes", COLD_PROCESSES)):
        times = []
        for _ in range(5):
            run = subprocess.run(
                [sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True
            )
            times.append(float(run.stdout.split()[-1]) * 1e3)
        print(f"{label + ', cold interpreter':<40}{statistics.median(times):8.0f}")
    for label, options in (
        ("threads", {"processes": False, "n_workers": 1, "threads_per_worker": 2}),
        ("2 processes", {"n_workers": 2, "threads_per_worker": 1}),
    ):
        times = []
        for _ in range(7):
            start = time.perf_counter()
            client = Client(**options)
            client.wait_for_workers(options["n_workers"], timeout=30)
            times.append((time.perf_counter() - start) * 1e3)
            client.close()
        print(f"{label + ', first in this process':<40}{times[0]:8.0f}")
        print(f"{label + ', later ones':<40}{statistics.median(times[1:]):8.0f}")


# -- death ---------------------------------------------------------------------------------------


def layered(n: int = 2000, width: int = 20) -> tuple[dict, str]:
    graph: dict = {("l", 0, w): (nap, w) for w in range(width)}
    for step in range(1, n // width):
        for w in range(width):
            inputs = [("l", step - 1, (w + shift) % width) for shift in (0, 1)]
            graph["l", step, w] = (nap, *inputs)
    graph["total"] = (sum, [("l", n // width - 1, w) for w in range(width)])
    return graph, "total"


def bench_death() -> None:
    print("\n2,000 dependent tasks of 10 ms on 2 workers; one killed after half of the time")
    graph, key = layered()
    with treadle_client() as client:
        start = time.perf_counter()
        expected = client.get(fresh(graph), key)
        undisturbed = time.perf_counter() - start
    with treadle_client() as client:
        pids = [worker["pid"] for worker in client.scheduler_info()["workers"].values()]
        killer = threading.Timer(undisturbed / 2, os.kill, (pids[0], signal.SIGKILL))
        killer.start()
        start = time.perf_counter()
        result = client.get(fresh(graph), key)
        disturbed = time.perf_counter() - start
        killer.join()
    right = "right answer" if result == expected else "WRONG ANSWER"
    print(
        f"undisturbed {undisturbed:.1f} s, disturbed {disturbed:.1f} s: "
        f"{disturbed / undisturbed:.2f} times, {right}"
    )


# -- a million -----------------------------------------------------------------------------------


def bench_million(n: int = 1_000_000) -> None:
    print(f"\na tree of {n:,} tasks")
    graph, key = tree(n)
    with treadle_client() as client:
        scheduler = scheduler_process(client)
        before = peak = scheduler.memory_info().rss
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.05):
                peak = max(peak, scheduler.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.perf_counter()
        result = client.get(graph, key)
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    assert result == sum(i + 1 for i in range((n + 1) // 2)) + extra(n)
    print(
        f"{seconds:.1f} s, {seconds / len(graph) * 1e6:.1f} µs a task; "
        f"{(peak - before) / len(graph):.0f} bytes a task in the scheduler"
    )


def extra(n: int) -> int:
    """What single nodes at the ends of levels add."""
    count, width = 0, (n + 1) // 2
    while width > 1:
        count += width % 2
        width = (width + 1) // 2
    return count


# -- idle ----------------------------------------------------------------------------------------


def bench_idle(seconds: float = 10.0) -> None:
    print(f"\nidle for {seconds:g} s: % of a core, MB of memory of its own (unique set size)")
    with treadle_client() as client:
        scheduler = scheduler_process(client)
        workers = [psutil.Process(w["pid"]) for w in client.scheduler_info()["workers"].values()]
        found = {"scheduler": scheduler, "worker": workers[0]}
        time.sleep(3)  # what it starts in the background is not idling
        before = {name: sum(process.cpu_times()[:2]) for name, process in found.items()}
        time.sleep(seconds)
        for name, process in found.items():
            used = sum(process.cpu_times()[:2]) - before[name]
            memory = process.memory_full_info()
            print(
                f"{name:<12}{100 * used / seconds:6.2f} %{memory.uss / 1e6:8.1f} MB"
                f"   (resident, with what is shared: {memory.rss / 1e6:.1f} MB)"
            )


PARTS = {
    "throughput": bench_throughput,
    "latency": bench_latency,
    "start": bench_start,
    "death": bench_death,
    "million": bench_million,
    "idle": bench_idle,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
