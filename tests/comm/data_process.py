"""A process that serves values, for tests that need one: ``python -m tests.comm.data_process``.

Reads ``{"cluster", "secrets", "addresses", "values"}`` from stdin: names and Python expressions;
writes its addresses; serves until stdin ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def data_process(credentials, addresses, values, by_memory=True):
    """Serve the values of expressions by id; gives the process, its addresses known."""
    order = {
        "cluster": credentials.cluster,
        "secrets": credentials.reveal(),
        "addresses": addresses,
        "values": values,
        "by_memory": by_memory,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.comm.data_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
        process.addresses = json.loads(process.stdout.readline())  # type: ignore[attr-defined]
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def main() -> None:
    import numpy as np

    from treadle.comm.credentials import Credentials
    from treadle.comm.transfer import MISSING, DataServer

    order = json.loads(sys.stdin.readline())
    credentials = Credentials.revealed(order["cluster"], order["secrets"])
    data = {int(id): eval(text, {"np": np}) for id, text in order["values"].items()}
    server = DataServer(
        order["addresses"],
        credentials,
        lambda ids: [data.get(id, MISSING) for id in ids],
        data.update,
        by_memory=order["by_memory"],
    )
    with server:
        print(json.dumps(server.addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
