"""``treadle cluster``: local clusters from the command line."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from treadle.cli import values
from treadle.errors import CommError, TreadleError
from treadle.utils.format import duration, nbytes

if TYPE_CHECKING:
    from treadle.deploy.local import LocalCluster
    from treadle.feedserver.records import Record


def start(options: argparse.Namespace) -> int:
    """Start a cluster; stay with it, or leave it running."""
    from treadle.deploy.local import LocalCluster

    cluster = LocalCluster(
        options.n_workers,
        options.threads_per_worker,
        name=options.name,
        memory_limit=values.memory(options.memory_limit),
        host=options.host,
        port=options.port,
        insecure=options.insecure,
        resources=values.resources(options.resources),
        preload=options.preload,
        detached=options.detach,
    )
    try:
        record = cluster.record
        print(f"cluster {cluster.name!r} listens at {', '.join(record.addresses)}", flush=True)
    except BaseException:
        cluster.close()
        raise
    if options.detach:
        cluster.detach()
        return 0
    return _stay(cluster)


def _stay(cluster: LocalCluster) -> int:
    """Wait for a signal, or for the end of the cluster."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        reason = cluster.wait_closed()
    except KeyboardInterrupt:
        reason = None
    cluster.close()
    if reason is None or reason.startswith("stopped"):
        return 0
    print(f"treadle: cluster {cluster.name!r} has ended: {reason}", file=sys.stderr)
    return 1


def list_clusters(options: argparse.Namespace) -> int:
    """List the clusters of this user on this machine."""
    from treadle.deploy import records

    found = [_describe(record) for record in records.all_records()]
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    if not found:
        print("no clusters; start one with 'treadle cluster start'")
        return 0
    rows = [["name", "workers", "threads", "tasks", "up", "address"]]
    for one in found:
        rows.append(
            [
                one["name"],
                _text(one["workers"]),
                _text(one["threads"]),
                _text(one["tasks"]),
                duration(time.time() - one["started"]),
                one["addresses"][0],
            ]
        )
    print(values.table(rows))
    return 0


def info(options: argparse.Namespace) -> int:
    """Tell how one cluster is."""
    from treadle.cluster import control
    from treadle.deploy import records

    described = control.describe(records.find(options.name))
    if options.json:
        print(json.dumps(described, indent=2))
        return 0
    tasks = ", ".join(f"{n} {state}" for state, n in described["tasks"].items() if n)
    print(f"{options.name}: {described['clients']} clients; tasks: {tasks or 'none'}")
    rows = [["worker", "host", "pid", "threads", "memory limit", "holds", "processing"]]
    for worker in described["workers"]:
        limit = worker["memory_limit"]
        rows.append(
            [
                worker["name"],
                worker["host"],
                str(worker["pid"]),
                str(worker["nthreads"]),
                nbytes(limit) if limit else "none",
                nbytes(worker["nbytes"]),
                str(worker["processing"]),
            ]
        )
    print(values.table(rows))
    return 0


def scale(options: argparse.Namespace) -> int:
    """Change the number of workers."""
    from treadle.cluster import control
    from treadle.deploy import records

    control.scale(records.find(options.name), options.n)
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop clusters, all that can be, and say which can't."""
    from treadle.cluster import control
    from treadle.deploy import records

    failed = False
    for name in options.names:
        try:
            control.stop(records.find(name))
        except TreadleError as error:
            print(f"treadle: {error}", file=sys.stderr)
            failed = True
    return int(failed)


def export(options: argparse.Namespace) -> int:
    """Write a pass."""
    from treadle.deploy import passes, records

    content = passes.make_pass(records.find(options.name), options.role)
    if options.output is None:
        sys.stdout.write(content.decode())
    else:
        passes.write_pass(Path(options.output), content)
    return 0


def _describe(record: Record) -> dict[str, Any]:
    """A cluster as `list_clusters` shows it; what it does not tell in time is None."""
    from treadle.cluster import control

    facts: dict[str, Any] = {
        "name": record.name,
        "pid": record.pid,
        "started": record.started,
        "addresses": record.addresses,
        "workers": None,
        "threads": None,
        "tasks": None,
    }
    try:
        described = control.describe(record, timeout=2.0)
    except CommError:
        return facts
    facts["workers"] = len(described["workers"])
    facts["threads"] = sum(worker["nthreads"] for worker in described["workers"])
    facts["tasks"] = sum(described["tasks"].values())
    return facts


def _text(value: object) -> str:
    return "?" if value is None else str(value)
