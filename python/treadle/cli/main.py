"""What the command line understands.

    treadle scheduler                          a scheduler, here and in the foreground
    treadle worker NAME | ADDRESS              workers for it, on this or another machine
    treadle cluster start | list | info | scale | stop | export

Each command is imported when it is called; an error that treadle raises on purpose is one line on
stderr and exit code 1, wrong arguments are exit code 2.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from treadle.errors import TreadleError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process unless given.
    """
    options = parser().parse_args(argv)
    module, _, function = options.run.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)(options) or 0)
    except TreadleError as error:
        print(f"treadle: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is left must not be flushed at exit.
        sys.stdout = None
        return 0


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    import treadle

    top = argparse.ArgumentParser(
        prog="treadle", description="Parallel computing for people who think in notebooks."
    )
    top.add_argument("--version", action="version", version=f"treadle {treadle.__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_scheduler(commands)
    _add_worker(commands)
    _add_cluster(commands)
    return top


def _add_scheduler(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "scheduler", help="run a scheduler here", description="Run a scheduler until Ctrl-C."
    )
    command.set_defaults(run="treadle.cli.scheduler:run")
    command.add_argument("--name", help="how the cluster is called; made up unless told")
    _add_address(command)
    command.add_argument(
        "--secret-file",
        metavar="FILE",
        help="keep the cluster's id and secrets in this file, so that exported passes stay good "
        "when the scheduler is started again; made if it is missing",
    )


def _add_worker(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "worker",
        help="run workers for a scheduler",
        description="Run workers until Ctrl-C; one that dies is started again.",
    )
    command.set_defaults(run="treadle.cli.worker:run")
    command.add_argument("cluster", nargs="?", help="name or address of a cluster of yours")
    command.add_argument(
        "--record",
        metavar="FILE",
        help="a file from 'treadle cluster export --role worker', instead of a name",
    )
    command.add_argument("--nworkers", type=int, default=1, metavar="N", help="processes")
    command.add_argument(
        "--nthreads", type=int, metavar="N", help="threads of each; as many as cores unless told"
    )
    command.add_argument("--name", help="what the names of these workers begin with")
    command.add_argument(
        "--insecure",
        action="store_true",
        help="connect to another machine, though what goes over the network is not encrypted",
    )
    _add_worker_options(command)


def _add_cluster(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    cluster = commands.add_parser("cluster", help="start, list, scale and stop clusters")
    actions = cluster.add_subparsers(title="actions", required=True, metavar="ACTION")

    start = actions.add_parser("start", help="start a cluster on this machine")
    start.set_defaults(run="treadle.cli.cluster:start")
    start.add_argument("--name", help="how it is called; made up unless told")
    start.add_argument("--n-workers", type=int, metavar="N", help="processes")
    start.add_argument("--threads-per-worker", type=int, metavar="N", help="threads of each")
    start.add_argument(
        "--detach", action="store_true", help="return when it is there, and leave it running"
    )
    _add_address(start)
    _add_worker_options(start)

    listing = actions.add_parser("list", help="list your clusters on this machine")
    listing.set_defaults(run="treadle.cli.cluster:list_clusters")
    listing.add_argument("--json", action="store_true", help="for programs")

    info = actions.add_parser("info", help="tell how a cluster is")
    info.set_defaults(run="treadle.cli.cluster:info")
    info.add_argument("name")
    info.add_argument("--json", action="store_true", help="for programs")

    scale = actions.add_parser("scale", help="change the number of workers")
    scale.set_defaults(run="treadle.cli.cluster:scale")
    scale.add_argument("name")
    scale.add_argument("n", type=int)

    stop = actions.add_parser("stop", help="stop clusters")
    stop.set_defaults(run="treadle.cli.cluster:stop")
    stop.add_argument("names", nargs="+", metavar="name")

    export = actions.add_parser(
        "export",
        help="write a file that lets one role in from another machine",
        description="Write what a worker, or a client, on another machine needs to join: address "
        "and the secrets of its role. Treat the file like a password.",
    )
    export.set_defaults(run="treadle.cli.cluster:export")
    export.add_argument("name")
    export.add_argument("--role", choices=("worker", "client"), required=True)
    export.add_argument("--output", metavar="FILE", help="a new file; stdout unless told")


def _add_address(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--host", help="listen on TCP at this address; for this machine only, unless told"
    )
    command.add_argument("--port", type=int, default=0, help="TCP port; a free one unless told")
    command.add_argument(
        "--insecure",
        action="store_true",
        help="let --host be an address that other machines can reach, though what goes over the "
        "network is not encrypted",
    )


def _add_worker_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--memory-limit",
        default="auto",
        metavar="SIZE",
        help="of each worker: 'auto' (an equal part of the machine's), '4 GB', 0 for none",
    )
    command.add_argument(
        "--resources",
        metavar="NAME=AMOUNT,...",
        help="what tasks can ask for, on each worker: GPU=1",
    )
    command.add_argument(
        "--preload",
        action="append",
        default=[],
        metavar="MODULE",
        help="import this before workers start; may be repeated",
    )
