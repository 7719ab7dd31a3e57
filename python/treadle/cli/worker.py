"""``treadle worker``: workers for a scheduler that runs elsewhere, watched from the foreground."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.cli import values
from treadle.errors import ConfigError
from treadle.utils.process import cpu_count, total_memory

if TYPE_CHECKING:
    from treadle.comm.credentials import Credentials


def run(options: argparse.Namespace) -> int:
    """Be the nanny of workers until Ctrl-C, SIGTERM, or until all of them have left."""
    from treadle.cluster.nanny.nanny import Nanny
    from treadle.deploy.sizing import memory_limit, plan

    name, address, credentials = _find(options)
    n, threads = plan(options.nworkers, options.nthreads, cores=cpu_count())
    limit = memory_limit(values.memory(options.memory_limit), n_workers=n, total=total_memory())
    nanny = Nanny()
    nanny.start(
        name,
        {
            "scheduler": None,
            "worker": {
                "address": address,
                "cluster": credentials.cluster,
                "secrets": credentials.only("worker").reveal(),
                "nthreads": threads,
                "memory_limit": limit,
                "resources": values.resources(options.resources),
                "insecure": options.insecure,
                "preload": options.preload,
            },
            "n": n,
            "prefix": f"{options.name or f'{socket.gethostname()}-{os.getpid()}'}-",
            "preload": options.preload,
        },
    )
    print(f"{n} workers of {threads} threads for {name!r}; Ctrl-C ends them", flush=True)
    nanny.run()
    if nanny.has_failed:
        print(f"treadle: {nanny.last_words}", file=sys.stderr)
    return 1 if nanny.has_failed else 0


def _find(options: argparse.Namespace) -> tuple[str, str, Credentials]:
    """Name, address and secrets of the cluster that is meant."""
    from treadle.deploy import passes, records

    if (options.cluster is None) == (options.record is None):
        raise ConfigError("say which cluster: its name, its address, or --record FILE")
    if options.record is not None:
        found = passes.read_pass(Path(options.record))
        if found.role != "worker":
            raise ConfigError(f"{options.record} lets a {found.role} in, and no worker")
        return found.name, found.address, found.credentials
    if "://" not in options.cluster:
        record = records.find(options.cluster)
        return record.name, record.addresses[0], records.credentials(record, "worker")
    for record in records.all_records():
        if options.cluster in record.addresses:
            return record.name, options.cluster, records.credentials(record, "worker")
    raise ConfigError(
        f"no cluster of yours on this machine is at {options.cluster}; from another machine take "
        "--record with a file from 'treadle cluster export NAME --role worker'"
    )
