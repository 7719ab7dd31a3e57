"""What ``python -m treadle cluster start`` does, as far as a Jupyter server can tell.

    fake_cluster.py -P -m treadle cluster start --detach --name N --n-workers 2 ...

It serves the feed of workers that do nothing, and obeys lines on a socket of its own: "scale 3",
"stop".  ``FAKE_CLUSTER`` makes it fail in one of several ways.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile

from treadle.feedserver.server import FeedServer
from treadle.telemetry.cluster import ClusterRecorder
from treadle.telemetry.hub import EventHub


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--detach", action="store_true", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--n-workers", type=int, default=2)
    parser.add_argument("--threads-per-worker", type=int, default=1)
    parser.add_argument("--memory-limit")
    assert sys.argv[1:6] == ["-P", "-m", "treadle", "cluster", "start"], sys.argv
    return parser.parse_args(sys.argv[6:])


def fail():
    way = os.environ.get("FAKE_CLUSTER", "")
    if way == "error":
        print("\x1b[31mTraceback\x1b[0m\nModuleNotFoundError: no <b>treadle</b>", file=sys.stderr)
        raise SystemExit(3)
    if way == "silent":
        raise SystemExit(0)
    if way == "hang":
        print("waiting", flush=True)
        signal.pause()


def main():
    wanted = arguments()
    print(f"starting {wanted.name}", flush=True)
    fail()
    folder = tempfile.mkdtemp()
    with socket.socket(socket.AF_UNIX) as commands:
        commands.bind(f"{folder}/commands")
        commands.listen()
        hub = EventHub()
        recorder = ClusterRecorder(hub)
        server = FeedServer(
            hub,
            kind="cluster",
            label=wanted.name,
            name=wanted.name,
            addresses=[f"unix://{folder}/commands"],
        )
        scale(recorder, 0, wanted.n_workers, wanted.threads_per_worker)
        server.start()
        print(f"{wanted.n_workers} workers", flush=True)
        serve(commands, recorder, wanted)
        server.close()
    os.unlink(f"{folder}/commands")
    os.rmdir(folder)


def serve(commands, recorder, wanted):
    here = wanted.n_workers
    while True:
        connection, _ = commands.accept()
        with connection:
            words = connection.recv(100).decode().split()
            if words == ["stop"]:
                return
            n = int(words[1])
            scale(recorder, here, n, wanted.threads_per_worker)
            here = n
            connection.sendall(b"ok")


def scale(recorder, before, after, nthreads):
    for worker in range(before, after):
        recorder.worker_joined(worker, f"worker-{worker}", "here", nthreads)
    for worker in range(after, before):
        recorder.worker_left(worker)


class FakeControl:
    """The server's end of that socket."""

    def scale(self, record, n):
        self._say(record, f"scale {n}")

    def stop(self, record):
        self._say(record, "stop")

    def _say(self, record, line):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(record.addresses[0].removeprefix("unix://"))
            connection.sendall(line.encode())
            connection.recv(10)


if __name__ == "__main__":
    main()
