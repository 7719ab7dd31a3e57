"""A worker as the child of a nanny: waits until there is a scheduler, tells when it is ready.

What it returns from, the end that somebody asked for, is not a death: nobody starts it again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from treadle.cluster.worker.main import worker_main
from treadle.comm.transfer_memory import let_relatives_read
from treadle.errors import CommError

if TYPE_CHECKING:
    from treadle.cluster.nanny.lines import Channel, Line
    from treadle.cluster.worker.worker import Worker


def run(spec: Line, channel: Channel) -> None:
    """Be a worker.

    Parameters
    ----------
    spec : dict
        As for `worker_main`; without an ``address`` that of the cluster's own scheduler is used.
    channel : Channel
        To the nanny.
    """
    let_relatives_read()  # our parent is the nanny, and its children are this cluster
    go = channel.receive()
    if go is None:
        return  # the cluster has ended before it began
    address = spec.get("address") or go["addresses"][0]

    workers: list[Worker] = []

    def ready(worker: Worker) -> None:
        workers.append(worker)
        channel.send("ready")

    try:
        reason = worker_main({**spec, "address": address}, ready)
    except CommError as error:
        reason = str(error)
    if not (workers and workers[0].dismissed):
        print(f"{spec['name']} ends: {reason}", file=sys.stderr)
        raise SystemExit(1)
