"""Arrays beside dask.array and NumPy, on the threads of one machine, in one run.

    python benchmarks/bench_array.py                 # all, about ten minutes
    python benchmarks/bench_array.py blocks          # work on 10,000 x 10,000 float64
    python benchmarks/bench_array.py tall products   # QR and SVD of 1,000,000 x 50; products
    python benchmarks/bench_array.py graphs          # what a graph of a million tasks costs
    python benchmarks/bench_array.py memory          # peak memory, each in a process of its own

Times are the best of some rounds in which the libraries take turns, so that noise of the machine
meets all of them.  A ratio is dask's time over ours.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIDE, CHUNK = 10_000, 1_000
WORKERS = 2
MISSING = float("nan")

Work = Callable[[Any, Any], Any]


def neighbours(block: np.ndarray) -> np.ndarray:
    """Mean of the four neighbours: what a stencil does."""
    inner = block[:-2, 1:-1] + block[2:, 1:-1] + block[1:-1, :-2] + block[1:-1, 2:]
    result = block.copy()
    result[1:-1, 1:-1] = 0.25 * inner
    return result


def overlap(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return neighbours(np.pad(x, 1))[1:-1, 1:-1].sum()
    return x.map_overlap(neighbours, depth=1, boundary=0, dtype=x.dtype).sum()


BLOCKS: dict[str, Work] = {
    "x.sum()": lambda np_, x: x.sum(),
    "(x + x.T).sum()": lambda np_, x: (x + x.T).sum(),
    "standardise": lambda np_, x: ((x - x.mean(axis=0)) / x.std(axis=0)).sum(),
    "chain, arithmetic": lambda np_, x: (((x * 2 - 1) ** 2 + x) / (x + 3) - x * 0.5).sum(),
    "chain, transcendental": lambda np_, x: np_.sqrt(
        np_.sin(x) ** 2 + np_.cos(x) ** 2 + np_.exp(-x)
    ).sum(),
    "x[::2, 100:] + 1, mean": lambda np_, x: (x[::2, 100:] + 1).mean(axis=1).sum(),
    "map_overlap": lambda np_, x: overlap(x),
    "max by row": lambda np_, x: x.max(axis=1).sum(),
    "cumsum": lambda np_, x: np_.cumsum(x, axis=0)[-1].sum(),
}


def timed(call: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def best(rounds: int, calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the best seconds of each call; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(timed(call))
    return {name: min(spent) for name, spent in times.items()}


def row(label: str, found: dict[str, float]) -> None:
    ours, dask, numpy = (found.get(name, MISSING) for name in ("treadle", "dask", "numpy"))
    print(
        f"{label:28} {ours:9.3f} {dask:9.3f} {numpy:9.3f} {dask / ours:7.2f} {numpy / ours:7.2f}",
        flush=True,
    )


def head(title: str, unit: str = "s") -> None:
    print(
        f"\n{title + ', ' + unit:28} {'treadle':>9} {'dask':>9} {'numpy':>9} {'d/t':>7} {'n/t':>7}"
    )


def libraries() -> tuple[Any, Any]:
    import dask
    import dask.array

    import treadle.array as ours

    dask.config.set(scheduler="threads", num_workers=WORKERS)
    return ours, dask.array


def run(x: Any) -> Any:
    if isinstance(x, tuple):
        import treadle

        if type(x[0]).__module__.startswith("treadle"):
            return treadle.compute(*x, num_workers=WORKERS)
        import dask

        return dask.compute(*x)
    if type(x).__module__.startswith("treadle"):
        return x.compute(num_workers=WORKERS)
    return x.compute()


def blocks(rounds: int = 5) -> None:
    """Work on a large square."""
    ours, dask = libraries()
    data = np.random.default_rng(0).random((SIDE, SIDE))
    mine = ours.from_array(data, chunks=CHUNK)
    theirs = dask.from_array(data, chunks=CHUNK)
    head(f"{SIDE} x {SIDE} float64, blocks of {CHUNK}")
    for label, work in BLOCKS.items():
        calls = {
            "treadle": lambda: run(work(ours, mine)),  # noqa: B023
            "dask": lambda: run(work(dask, theirs)),  # noqa: B023
            "numpy": lambda: work(np, data),  # noqa: B023
        }
        row(label, best(rounds, calls))
    row(
        "random, mean",
        best(
            rounds,
            {
                "treadle": lambda: run(
                    ours.random.default_rng(1).random((SIDE, SIDE), chunks=CHUNK).mean()
                ),
                "dask": lambda: run(
                    dask.random.default_rng(1).random((SIDE, SIDE), chunks=CHUNK).mean()
                ),
                "numpy": lambda: np.random.default_rng(1).random((SIDE, SIDE)).mean(),
            },
        ),
    )
    rows = (CHUNK, SIDE)
    tall = {
        "treadle": ours.from_array(data, chunks=rows),
        "dask": dask.from_array(data, chunks=rows),
    }
    row(
        "rows to columns, sum",
        best(
            rounds,
            {
                **{
                    n: lambda x=x: run(x.rechunk((SIDE, CHUNK)).sum(axis=0))
                    for n, x in tall.items()
                },
                "numpy": lambda: data.sum(axis=0),
            },
        ),
    )
    row(
        "fft along rows, sum",
        best(
            max(rounds // 2, 1),
            {
                "treadle": lambda: run(abs(ours.fft.fft(tall["treadle"], axis=1)).sum()),
                "dask": lambda: run(abs(dask.fft.fft(tall["dask"], axis=1)).sum()),
                "numpy": lambda: abs(np.fft.fft(data, axis=1)).sum(),
            },
        ),
    )


def tall(rounds: int = 3) -> None:
    """Tall and skinny: QR and SVD of 1,000,000 x 50."""
    ours, dask = libraries()
    data = np.random.default_rng(0).random((1_000_000, 50))
    mine, theirs = (lib.from_array(data, chunks=(100_000, 50)) for lib in (ours, dask))
    head("1,000,000 x 50")
    row(
        "qr",
        best(
            rounds,
            {
                "treadle": lambda: run(tuple(ours.linalg.qr(mine))),
                "dask": lambda: run(tuple(dask.linalg.qr(theirs))),
                "numpy": lambda: np.linalg.qr(data),
            },
        ),
    )
    row(
        "svd",
        best(
            rounds,
            {
                "treadle": lambda: run(tuple(ours.linalg.svd(mine))),
                "dask": lambda: run(tuple(dask.linalg.svd(theirs))),
                "numpy": lambda: np.linalg.svd(data, full_matrices=False),
            },
        ),
    )


def products(rounds: int = 3) -> None:
    """Matrix products of 5,000 x 5,000."""
    ours, dask = libraries()
    data = np.random.default_rng(0).random((5_000, 5_000))
    mine, theirs = (lib.from_array(data, chunks=CHUNK) for lib in (ours, dask))
    head("5,000 x 5,000")
    row(
        "x @ x",
        best(
            rounds,
            {
                "treadle": lambda: run(mine @ mine),
                "dask": lambda: run(theirs @ theirs),
                "numpy": lambda: data @ data,
            },
        ),
    )
    row(
        "einsum ij,kj->ik",
        best(
            rounds,
            {
                "treadle": lambda: run(ours.einsum("ij,kj->ik", mine, mine)),
                "dask": lambda: run(dask.einsum("ij,kj->ik", theirs, theirs)),
                "numpy": lambda: np.einsum("ij,kj->ik", data, data, optimize=True),
            },
        ),
    )


def graphs(rounds: int = 3) -> None:
    """Building, fusing, culling and ordering; microseconds a task, without running any."""
    import treadle.base

    ours, dask = libraries()

    def ones(lib: Any, n: int) -> Any:
        return (lib.ones((n, n), chunks=1) + 1).sum()

    def standardised(lib: Any, n: int) -> Any:
        x = lib.ones((n, n), chunks=1)
        return (x - x.mean(axis=0)) / x.std(axis=0)

    def rechunked(lib: Any, n: int) -> Any:
        return lib.ones((n, n), chunks=(1, n)).rechunk((n, 1)).sum()

    def shifted(lib: Any, n: int) -> Any:
        x = lib.from_array(np.zeros((n, n)), chunks=1)
        return (x[1:] - x[:-1]).T.sum()

    print(f"\n{'graphs':28} {'tasks':>9} {'treadle':>9} {'dask':>9} {'d/t':>7}   us a task of ours")
    for label, make in [
        ("(ones + 1).sum()", ones), ("standardise", standardised),
        ("rechunk", rechunked), ("shifted difference", shifted),
    ]:  # fmt: skip
        for n in (100, 1000):
            tasks = 0
            spent, dasks = [], []
            for _ in range(rounds):
                gc.collect()
                start = time.perf_counter()
                table, _ = treadle.base._compile([make(ours, n)], True)
                spent.append(time.perf_counter() - start)
                tasks = len(table)
                del table
            if n == 100:
                from dask.base import collections_to_expr
                from dask.order import order

                for _ in range(rounds):
                    gc.collect()
                    start = time.perf_counter()
                    expr = collections_to_expr([make(dask, n)]).optimize()
                    order(expr.__dask_graph__())
                    dasks.append(time.perf_counter() - start)
            mine, other = min(spent) / tasks * 1e6, min(dasks, default=MISSING) / tasks * 1e6
            print(f"{label:28} {tasks:9,} {mine:9.2f} {other:9.1f} {other / mine:7.1f}", flush=True)


MEMORY = ["x.sum()", "(x + x.T).sum()", "standardise", "chain, arithmetic", "map_overlap"]


def memory() -> None:
    """Peak resident memory of each library, in a process of its own."""
    head("peak memory", "MB")
    for label in MEMORY:
        found = {}
        for library in ("treadle", "dask", "numpy"):
            command = [sys.executable, __file__, "one", library, label]
            done = subprocess.run(command, capture_output=True, check=True, text=True)
            found[library] = json.loads(done.stdout)
        row(label, found)


def one(library: str, label: str) -> None:
    """Run one work in this process and print its peak memory in MB."""
    ours, dask = libraries()
    work = BLOCKS[label]
    if library == "numpy":
        work(np, np.random.default_rng(0).random((SIDE, SIDE)))
    else:
        lib = ours if library == "treadle" else dask
        run(work(lib, lib.random.default_rng(0).random((SIDE, SIDE), chunks=CHUNK)))
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


PARTS = {"blocks": blocks, "tall": tall, "products": products, "graphs": graphs, "memory": memory}

if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(*sys.argv[2:])
    else:
        for part in sys.argv[1:] or PARTS:
            PARTS[part]()
