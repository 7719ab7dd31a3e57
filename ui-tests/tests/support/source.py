"""A process that runs tasks for the browser tests: it outlives servers, and does what it is told.

    python source.py --rate 100000 --lanes 4

Writes the name of its record, then spans at the given rate, through the recorders that engines
use, until its standard input ends.  The spans are made up; everything behind them is real.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from array import array

from treadle.feedserver import serve
from treadle.telemetry.hub import default_hub

TICK = 0.02
GROUPS = ("load", "clean", "join", "count")


class Table:
    """The columns of a table that telemetry reads."""

    def __init__(self, ntasks: int):
        self.prefixes = list(GROUPS)
        self.prefix_index = array("i", [i * len(GROUPS) // ntasks for i in range(ntasks)])

    def __len__(self) -> int:
        return len(self.prefix_index)


def write_spans(rate: float, nlanes: int, ntasks: int, stop: threading.Event) -> None:
    """Fill lanes with spans that end now, ``rate`` a second in all, for run after run."""
    while not stop.is_set():
        run = default_hub().open_run("made up", "threads")
        segment = run.add_table(Table(ntasks), nlanes)
        lanes = [segment.lane(k) for k in range(nlanes)]
        number = 0
        last = time.perf_counter()
        while number < ntasks and not stop.wait(TICK):
            now = time.perf_counter()
            each = max(1, round((now - last) * rate / nlanes))
            length = (now - last) / each
            for lane in lanes:
                for i in range(min(each, ntasks - number)):
                    begin = last + i * length
                    lane.numbers.append(number)
                    lane.starts.append(begin)
                    lane.stops.append(begin + 0.9 * length)
                    number += 1
                if len(lane.stops) >= 4096:
                    lane.rotate()
            last = now
        run.close("cancelled" if stop.is_set() else "finished")


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    options = parser.parse_args()
    server = serve(default_hub(), label="made up")
    print(server.name, flush=True)
    stop = threading.Event()
    writer = threading.Thread(
        target=write_spans, args=(options.rate, options.lanes, options.tasks, stop)
    )
    writer.start()
    sys.stdin.read()
    stop.set()
    writer.join()
    server.close()


if __name__ == "__main__":
    main()
