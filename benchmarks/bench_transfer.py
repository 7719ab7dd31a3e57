"""Arrays between two processes of this machine, beside a bare socket, in one run.

    python benchmarks/bench_transfer.py             # 1 GB and 1 MB, about half a minute
    python benchmarks/bench_transfer.py 1e8         # another size than 1e9

From asking to an array that can be used, median over rounds in which all ways take turns.  The bare
socket sends the array in pieces of 1 MiB into memory from ``numpy.empty``: nobody can send less.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from treadle.comm.credentials import Credentials
from treadle.comm.sockets import socket_directory
from treadle.comm.transfer import MISSING, DataClient, DataServer

PIECE = 1 << 20
GOAL_MEMORY, GOAL_OF_RAW, GOAL_PUT = 4.0, 0.8, 2.0


def serve(nbytes: int, credentials: Credentials, pipe) -> None:
    """The other process: the same arrays behind bare sockets and behind a data server."""
    arrays = {1: np.arange(nbytes // 8), 2: np.arange(PIECE // 8), 3: None}
    path = f"{socket_directory()}/bench-{os.getpid()}"
    raw = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
    raw[1].bind(f"{path}-raw.sock")
    raw[1].listen()
    server = DataServer(
        [f"unix://{path}.sock", "tcp://127.0.0.1:0"],
        credentials,
        lambda ids: [arrays.get(id, MISSING) for id in ids],
        lambda values: None,
    )
    pipe.send((server.addresses, raw[0].getsockname(), raw[1].getsockname()))
    connections = [sock.accept()[0] for sock in raw]
    for connection in connections:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
    while True:
        which, id = pipe.recv()
        if id is None:
            break
        view = memoryview(arrays[id]).cast("B")
        for start in range(0, view.nbytes, PIECE):
            connections[which].sendall(view[start : start + PIECE])
    server.close()
    os.unlink(f"{path}-raw.sock")


class Raw:
    """Receives an array from a bare socket."""

    def __init__(self, which: int, address, pipe):
        family = socket.AF_UNIX if which else socket.AF_INET
        self.which, self.pipe = which, pipe
        self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        self.sock.connect(address)

    def fetch(self, id: int, nbytes: int) -> np.ndarray:
        self.pipe.send((self.which, id))
        room = np.empty(nbytes, np.uint8)
        view, done = memoryview(room), 0
        while done < nbytes:
            done += self.sock.recv_into(view[done : done + PIECE])
        return room.view("i8")


def measure(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each call, taking turns; the first round is for warming up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            result = call()
            spent = time.perf_counter() - start
            del result
            if number:
                times[name].append(spent)
    return {name: statistics.median(spent) for name, spent in times.items()}


def main() -> None:
    nbytes = int(float(sys.argv[1])) // 8 * 8 if len(sys.argv) > 1 else 10**9
    credentials = Credentials.new("bench")
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=serve, args=(nbytes, credentials, theirs), daemon=True)
    process.start()
    (unix, tcp), tcp_raw, unix_raw = ours.recv()
    raw = [Raw(0, tcp_raw, ours), Raw(1, unix_raw, ours)]
    clients = {
        "by memory": (unix, DataClient(credentials, "worker")),
        "unix": (unix, DataClient(credentials, "worker", by_memory=False)),
        "tcp": (tcp, DataClient(credentials, "worker")),
    }
    medians = {}
    for id, size, rounds in ((1, nbytes, 5), (2, PIECE, 200)):

        def fetch(name: str, id: int = id) -> object:
            address, client = clients[name]
            return client.fetch([address], [id])[id]

        calls = {f"fetch {name}": (lambda name=name: fetch(name)) for name in clients}
        calls["bare unix"] = lambda id=id, size=size: raw[1].fetch(id, size)
        calls["bare tcp"] = lambda id=id, size=size: raw[0].fetch(id, size)
        assert (fetch("by memory") == raw[0].fetch(id, size)).all()
        medians[size] = measure(calls, rounds)
        print(f"\n{size / 1e6:,.0f} MB")
        for name, seconds in medians[size].items():
            print(f"  {name:16s} {size / 1e9 / seconds:6.2f} GB/s  {seconds * 1e3:9.3f} ms")
    array = np.arange(nbytes // 8)
    puts = {
        f"put {name}": (lambda a=address, c=client: c.put([a], {9: array}))
        for name, (address, client) in clients.items()
    }
    print()
    medians["put"] = measure(puts, 3)
    for name, seconds in medians["put"].items():
        print(f"  {name:16s} {nbytes / 1e9 / seconds:6.2f} GB/s  {seconds * 1e3:9.3f} ms")
    small = {
        f"fetch None {name}": (lambda a=address, c=client: c.fetch([a], [3]))
        for name, (address, client) in clients.items()
    }
    for name, seconds in measure(small, 1000).items():
        print(f"  {name:26s} {seconds * 1e6:9.1f} µs")
    ours.send((0, None))
    process.join(10)
    for _, client in clients.values():
        client.close()

    large = medians[nbytes]
    fast = nbytes / 1e9 / large["fetch by memory"]
    put = nbytes / 1e9 / medians["put"]["put by memory"]
    print(f"\nby memory {fast:.1f} GB/s, goal {GOAL_MEMORY:g}")
    for kind in ("tcp", "unix"):
        share = large[f"bare {kind}"] / large[f"fetch {kind}"]
        print(f"{kind} {share:.0%} of a bare socket, goal {GOAL_OF_RAW:.0%}")
    print(f"put by memory {put:.1f} GB/s, goal {GOAL_PUT:g}")


if __name__ == "__main__":
    main()
