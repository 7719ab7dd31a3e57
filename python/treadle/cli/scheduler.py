"""``treadle scheduler``: a scheduler in the foreground, without workers of its own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.cluster.scheduler.scheduler import Scheduler
    from treadle.comm.credentials import Credentials


def run(options: argparse.Namespace) -> int:
    """Be a scheduler until Ctrl-C, SIGTERM or ``treadle cluster stop``."""
    from treadle.cluster.scheduler.main import scheduler_main
    from treadle.comm.sockets import socket_directory
    from treadle.feedserver import records

    name = options.name or f"cluster-{os.urandom(4).hex()}"
    records.check_free(name, records.records_directory())
    credentials = _credentials(options.secret_file)
    addresses = [f"unix://{socket_directory()}/{os.urandom(8).hex()}.sock"]
    if options.host is not None:
        host = f"[{options.host}]" if ":" in options.host else options.host
        addresses.append(f"tcp://{host}:{options.port}")

    def started(scheduler: Scheduler) -> None:
        print(f"scheduler {name!r} listens at {', '.join(scheduler.addresses)}", flush=True)

    scheduler_main(
        {
            "name": name,
            "cluster": credentials.cluster,
            "secrets": credentials.reveal(),
            "addresses": addresses,
            "insecure": options.insecure,
        },
        started=started,
    )
    return 0


def _credentials(file: str | None) -> Credentials:
    from treadle.comm.credentials import Credentials

    if file is None:
        return Credentials.new(os.urandom(8).hex())
    from treadle.deploy.passes import read_secrets, write_secrets

    path = Path(file)
    if path.exists():
        return read_secrets(path)
    credentials = Credentials.new(os.urandom(8).hex())
    write_secrets(path, credentials)
    return credentials
