"""Where the tasks of a cell run: from the word after ``--on`` to an engine.

auto        the cluster that this notebook is connected to; else threads of the kernel
threads     threads of the kernel
processes   processes of this machine, started when they are needed for the first time
sync        one after the other, in the kernel
NAME        a cluster of this user that runs
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from treadle.errors import ClusterError, CommError, RecordError
from treadle.notebook import options as opt
from treadle.notebook.clusters import lost_text

if TYPE_CHECKING:
    from treadle.engines import Engine, Run
    from treadle.graph.table import TaskTable
    from treadle.notebook.clusters import Connection
    from treadle.telemetry.recorder import Segment


class StandIn:
    """Tells ``--explain`` what a cell's engine can do; it runs nothing."""

    name = "stand-in"
    num_workers = 1

    def __init__(self, in_process: bool):
        from treadle.engines import Capabilities

        self.capabilities = Capabilities(in_process=in_process)

    def submit(self, table: TaskTable, *, segment: Segment | None = None) -> Run:
        """Refuse."""
        raise NotImplementedError


def stand_in(on: str, connection: Connection | None) -> Engine:
    """Return something like the engine that ``--on`` means, and start nothing.

    >>> stand_in("processes", None).capabilities.in_process
    False
    """
    if on == "auto":
        return StandIn(_connected(connection) is None)
    if on not in opt.LOCAL:
        return _named(on, connection)
    return StandIn(on != "processes")


def engine_for(
    on: str, workers: int | None, connection: Connection | None, default: int | None = None
) -> Engine:
    """Return the engine that ``--on`` means.

    Parameters
    ----------
    on : str
    workers : int or None
        What ``-n`` says.
    connection : Connection or None
        The cluster that the notebook is connected to.
    default : int or None
        What the setting says, where ``-n`` says nothing.

    Raises
    ------
    UsageError
    """
    from treadle.engines import get_engine

    if on in opt.LOCAL:
        try:
            return get_engine(on, workers or default)
        except (ClusterError, CommError) as error:
            raise UsageError(f"%parallel: --on {on} could not start: {error}") from None
    if on == "auto":
        found = _connected(connection)
        if found is None:
            return get_engine("threads", workers or default)
    else:
        found = _named(on, connection)
    if workers is not None:
        raise UsageError(
            f"%parallel: -n does not go with the cluster {found.name}, which has "
            f"{found.num_workers} threads; %cluster scale N changes its workers"
        )
    return found


def _connected(connection: Connection | None) -> Engine | None:
    """Return the engine of the connected cluster, or of a client that was made by hand."""
    from treadle.engines.cluster import ClusterEngine

    if connection is not None:
        if connection.client.status != "running":
            raise UsageError(f"%parallel: {lost_text(connection.name)}")
        return ClusterEngine(connection.client, connection.name)
    from treadle.cluster.client.current import default_client

    client = default_client()
    if client is None or client.status != "running":
        return None
    return ClusterEngine(client)


def _named(name: str, connection: Connection | None) -> Engine:
    from treadle.deploy import records
    from treadle.engines import get_engine

    if connection is not None and connection.name == name:
        found = _connected(connection)
        assert found is not None
        return found
    try:
        records.find(name)
    except RecordError as error:
        raise UsageError(_unknown(name, error)) from None
    try:
        return get_engine(name)
    except (ClusterError, CommError, RecordError) as error:
        raise UsageError(f"%parallel: the cluster {name} can't be reached: {error}") from None


def _unknown(name: str, error: RecordError) -> str:
    """Say what ``--on`` takes; names of clusters, too."""
    from treadle.deploy import records

    clusters = [record.name for record in records.all_records()]
    known = [*opt.ENGINES, *clusters]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else ""
    listed = ", ".join(known)
    more = "" if clusters else ", or the name of a cluster (none is running)"
    if name not in clusters:
        return f"%parallel: unknown value {name!r} for --on; use one of {listed}{more}{hint}"
    return f"%parallel: {error}"
