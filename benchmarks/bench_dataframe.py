"""Dataframes beside dask.dataframe, pandas, Polars and DuckDB, in one run.

    python benchmarks/bench_dataframe.py                   # all, about twenty minutes
    python benchmarks/bench_dataframe.py csv parquet       # some of it
    python benchmarks/bench_dataframe.py parquet -k merge  # questions with "merge" in their name
    python benchmarks/bench_dataframe.py memory            # peak memory, each in its own process
    python benchmarks/bench_dataframe.py tpch              # the 22 queries of TPC-H, 1 GB

The flights that left New York in 2013, thirty times over (frames_data.py): 10 million rows, 1.1 GB
of CSV in ten files, and the same as Parquet.  Times are the best of some rounds in which the
libraries take turns, so that noise of the machine meets all of them; all have two threads, and
"treadle 2p", "dask 2p" two processes.  Ratios are times over ours (on threads).
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frames_data
import pandas as pd
import tpch_questions

WORKERS = 2
LIBRARIES = ("treadle", "treadle 2p", "dask", "dask 2p", "pandas", "polars", "duckdb")
DTYPES = {
    "tailnum": "str", "dep_time": "float64", "arr_time": "float64", "dep_delay": "float64",
    "arr_delay": "float64", "air_time": "float64",
}  # fmt: skip

# -- the questions, for what speaks pandas ---------------------------------------------------------

Frames = dict[str, Callable[..., Any]]


def by_hour_and_weekday(read: Frames) -> Any:
    f = read["flights"](["distance", "hour", "time_hour", "dep_delay"])
    f = f[f.distance > 500]
    f = f.assign(weekday=f.time_hour.dt.weekday)
    return f.groupby(["hour", "weekday"]).dep_delay.mean()


def length(read: Frames) -> Any:
    return len(read["flights"](["year"]))


def scan(read: Frames) -> Any:
    return read["flights"](["distance"]).distance.mean()


def counts(read: Frames) -> Any:
    return read["flights"](["dest"]).dest.value_counts()


def merge_small(read: Frames) -> Any:
    f = read["flights"](["tailnum", "distance"])
    return f.merge(read["planes"](), on="tailnum").groupby("manufacturer").seats.mean()


def merge_big(read: Frames) -> Any:
    f = read["flights"](["number", "carrier", "dep_delay"])
    return f.merge(read["other"](), on="number").groupby("carrier").gain.mean()


def set_index(read: Frames) -> Any:
    f = read["flights"](["number", "dep_delay", "distance"])[["number", "dep_delay", "distance"]]
    f = f.set_index("number")
    return f.sort_index() if isinstance(f, pd.DataFrame) else f


CSV: dict[str, Callable[[Frames], Any]] = {
    "group by hour, weekday": by_hour_and_weekday,
    "len": length,
}
PARQUET: dict[str, Callable[[Frames], Any]] = {
    "group by hour, weekday": by_hour_and_weekday,
    "len": length,
    "scan of a column": scan,
    "value_counts": counts,
    "merge, small": merge_small,
    "merge, big": merge_big,
    "set_index": set_index,
}

# -- and for those that do not ---------------------------------------------------------------------

SQL = {
    "group by hour, weekday": """
        SELECT hour, dayofweek(CAST(time_hour AS TIMESTAMP)) AS weekday, avg(dep_delay)
        FROM flights WHERE distance > 500 GROUP BY ALL ORDER BY ALL""",
    "len": "SELECT count(*) FROM flights",
    "scan of a column": "SELECT avg(distance) FROM flights",
    "value_counts": "SELECT dest, count(*) AS n FROM flights GROUP BY dest ORDER BY n DESC",
    "merge, small": """
        SELECT manufacturer, avg(seats) FROM flights JOIN planes USING (tailnum)
        GROUP BY manufacturer ORDER BY manufacturer""",
    "merge, big": """
        SELECT carrier, avg(gain) FROM flights JOIN other USING (number)
        GROUP BY carrier ORDER BY carrier""",
    "set_index": "SELECT number, dep_delay, distance FROM flights ORDER BY number",
}


def duckdb(label: str, folder: Path, kind: str) -> Any:
    import duckdb as db

    with db.connect(config={"threads": WORKERS}) as connection:
        files = f"read_{kind}('{folder}/{kind}/*.{kind}')"
        connection.execute(f"CREATE VIEW flights AS SELECT * FROM {files}")
        connection.execute(f"CREATE VIEW other AS SELECT * FROM '{folder}/other/*.parquet'")
        connection.execute(f"CREATE VIEW planes AS SELECT * FROM '{folder}/planes.parquet'")
        sql = SQL[label]
        if kind == "csv":  # times are read as text there, with the zone behind
            sql = sql.replace("CAST(time_hour AS", "CAST(substr(time_hour::VARCHAR, 1, 19) AS")
        return connection.execute(sql).df()


def polars(label: str, folder: Path, kind: str) -> Any:
    import polars as pl

    if kind == "csv":
        f = pl.scan_csv(folder / "csv" / "*.csv", null_values="", infer_schema_length=10_000)
    else:
        f = pl.scan_parquet(folder / "parquet" / "*.parquet")
    when = pl.col("time_hour")
    if kind == "csv":
        when = when.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S")
    questions: dict[str, Callable[[], Any]] = {
        "group by hour, weekday": lambda: (
            f.filter(pl.col("distance") > 500)
            .with_columns(weekday=when.dt.weekday())
            .group_by("hour", "weekday").agg(pl.col("dep_delay").mean()).sort("hour", "weekday")
        ),
        "len": lambda: f.select(pl.len()),
        "scan of a column": lambda: f.select(pl.col("distance").mean()),
        "value_counts": lambda: f.group_by("dest").len().sort("len", descending=True),
        "merge, small": lambda: (
            f.join(pl.scan_parquet(folder / "planes.parquet"), on="tailnum")
            .group_by("manufacturer").agg(pl.col("seats").mean()).sort("manufacturer")
        ),
        "merge, big": lambda: (
            f.join(pl.scan_parquet(folder / "other" / "*.parquet"), on="number")
            .group_by("carrier").agg(pl.col("gain").mean()).sort("carrier")
        ),
        "set_index": lambda: f.select("number", "dep_delay", "distance").sort("number"),
    }  # fmt: skip
    return questions[label]().collect()


def pandas(label: str, folder: Path, kind: str) -> Any:
    """With the columns chosen by hand, and pyarrow under it: as quick as pandas goes."""

    def flights(columns: list[str]) -> pd.DataFrame:
        files = sorted((folder / kind).glob(f"*.{kind}"))
        if kind == "parquet":
            return pd.concat([pd.read_parquet(file, columns=columns) for file in files])
        parts = [pd.read_csv(file, usecols=columns, engine="pyarrow") for file in files]
        return pd.concat(parts, ignore_index=True)

    read = {
        "flights": flights,
        "other": lambda: pd.read_parquet(folder / "other"),
        "planes": lambda: pd.read_parquet(folder / "planes.parquet"),
    }
    return (CSV | PARQUET)[label](read)


def blocked(label: str, folder: Path, kind: str, library: str) -> Any:
    """Treadle and dask: the question, lazily, then computed."""
    if library.startswith("treadle"):
        import treadle.dataframe as dd
    else:
        import dask.dataframe as dd  # type: ignore[no-redef]

    def flights(columns: list[str]) -> Any:  # what is read is for the library to find out
        if kind == "parquet":
            return dd.read_parquet(str(folder / "parquet"))
        options: dict[str, Any] = {"parse_dates": ["time_hour"]}
        if library.startswith("dask"):
            options["dtype"] = DTYPES  # or it fails at compute
        return dd.read_csv(str(folder / "csv" / "*.csv"), **options)

    read = {
        "flights": flights,
        "other": lambda: dd.read_parquet(str(folder / "other")),
        "planes": lambda: dd.read_parquet(str(folder / "planes.parquet")),
    }
    found = (CSV | PARQUET)[label](read)
    return found.compute() if hasattr(found, "compute") else found


def call(library: str, label: str, folder: Path, kind: str) -> Any:
    if kind == "tpch":
        return tpch_questions.answer(library, label, folder)
    match library:
        case "pandas" | "polars" | "duckdb":
            return globals()[library](label, folder, kind)
        case _:
            return blocked(label, folder, kind, library)


# -- measuring -------------------------------------------------------------------------------------


@contextmanager
def place(library: str) -> Iterator[None]:
    """Two threads, or two processes, for a library."""
    if library == "dask":
        import dask

        with dask.config.set(scheduler="threads", num_workers=WORKERS):
            yield
    elif library == "dask 2p":
        from distributed import Client, LocalCluster

        with (
            LocalCluster(
                n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=50
            ) as cluster,
            Client(cluster),
        ):
            yield
    elif library == "treadle 2p":
        from treadle import Client as OurClient
        from treadle import LocalCluster as OurCluster

        with OurCluster(n_workers=WORKERS, threads_per_worker=1) as ours, OurClient(ours):
            yield
    elif library == "treadle":
        import treadle

        with treadle.config.set(scheduler="threads", num_workers=WORKERS):
            yield
    else:
        yield


def serve(library: str) -> None:
    """Answer questions from standard input with seconds and bytes, in this process."""
    import os

    os.environ["POLARS_MAX_THREADS"] = str(WORKERS)
    import pyarrow

    pyarrow.set_cpu_count(WORKERS)
    import psutil

    here = psutil.Process()
    with place(library):
        print("ready", flush=True)
        for line in sys.stdin:
            label, folder, kind = json.loads(line)
            gc.collect()
            before = here.cpu_times()
            start = time.perf_counter()
            try:
                call(library, label, Path(folder), kind)
            except Exception as error:
                print(json.dumps({"error": f"{type(error).__name__}: {error}"[:200]}), flush=True)
                continue
            spent = time.perf_counter() - start
            after = here.cpu_times()
            cpu = after.user + after.system - before.user - before.system
            peak = sum(_peak(p) for p in [here, *here.children(recursive=True)])
            print(json.dumps({"seconds": spent, "cpu": cpu, "peak": peak}), flush=True)


def _peak(process: Any) -> float:
    """Peak resident memory of a process in MB."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in text.splitlines() if line.startswith("VmHWM")]
    return float(lines[0].split()[1]) / 1024 if lines else 0.0


class Server:
    """A library in a process of its own, so that none is in another's memory or threads."""

    def __init__(self, library: str):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", library],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        while self.process.stdout.readline().strip() != "ready":
            if self.process.poll() is not None:
                raise SystemExit(f"{library} can't start")

    def ask(self, label: str, folder: Path, kind: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([label, str(folder), kind]) + "\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("{"):
            if not line:
                return {"error": "it died"}
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def head(title: str) -> None:
    print(f"\n{title:24}" + "".join(f"{name:>12}" for name in LIBRARIES) + "    d/t   best/t")


def row(label: str, found: dict[str, float]) -> None:
    ours, dask = found.get("treadle"), found.get("dask")
    best = min((found[n] for n in ("polars", "duckdb") if n in found), default=None)
    cells = "".join(f"{found[n]:12.3f}" if n in found else f"{'-':>12}" for n in LIBRARIES)
    ratios = "".join(
        f"{other / ours:8.2f}" if ours and other else f"{'-':>8}" for other in (dask, best)
    )
    print(f"{label:24}{cells}{ratios}", flush=True)


def measure(kind: str, only: str, rounds: int, libraries: list[str]) -> None:
    """Ask every question of every library, in turns."""
    folder = tpch_questions.prepare() if kind == "tpch" else frames_data.prepare()
    questions = {"csv": list(CSV), "parquet": list(PARQUET), "tpch": tpch_questions.LABELS}[kind]
    head(f"{kind}, seconds")
    servers = {name: Server(name) for name in libraries}
    try:
        for label in questions:
            if only not in label:
                continue
            times: dict[str, float] = {}
            for _ in range(rounds):
                for name, server in servers.items():
                    answer = server.ask(label, folder, kind)
                    if "error" in answer:
                        print(f"  {label}, {name}: {answer['error']}", file=sys.stderr)
                    else:
                        times[name] = min(times.get(name, float("inf")), answer["seconds"])
            row(label, times)
    finally:
        for server in servers.values():
            server.close()


def memory(only: str, libraries: list[str]) -> None:
    """Peak resident memory of each question in a process of its own, with its children."""
    folder = frames_data.prepare()
    for kind, questions in (("csv", CSV), ("parquet", PARQUET)):
        head(f"{kind}, peak MB")
        for label in questions:
            if only not in label:
                continue
            peaks: dict[str, float] = {}
            for name in libraries:
                server = Server(name)
                answer = server.ask(label, folder, kind)
                server.close()
                if "error" not in answer:
                    peaks[name] = answer["peak"]
            row(label, peaks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=["csv", "parquet", "tpch", "memory"])
    parser.add_argument("-k", default="", help="questions whose names hold this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--libraries", default=",".join(LIBRARIES))
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
    else:
        for part in given.parts:
            if part == "memory":
                memory(given.k, given.libraries.split(","))
            else:
                measure(part, given.k, given.rounds, given.libraries.split(","))
