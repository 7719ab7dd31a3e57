# mypy: disable-error-code="untyped-decorator"
"""``%cluster``: the cluster that a notebook's cells and collections run on.

    %cluster start -n 4          a cluster of this kernel's, which ends with it
    %cluster connect lab         one that runs already: from the sidebar, or the command line
    %cluster info

What is connected is where ``%%parallel`` runs, unless ``--on`` says something else, and where
collections compute.
"""

from __future__ import annotations

import difflib
import re
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from treadle.errors import ClusterError, CommError, ConfigError, RecordError, TreadleError
from treadle.notebook.clustertext import cluster_table, worker_table, workers_and_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.cluster.client.client import Client
    from treadle.deploy.local import LocalCluster

#: Word after ``%cluster`` -> how it is used.
USES = {
    "start": "%cluster start [-n N] [--threads T] [--memory LIMIT] [--name NAME]",
    "list": "%cluster list",
    "connect": "%cluster connect NAME",
    "disconnect": "%cluster disconnect",
    "info": "%cluster info",
    "scale": "%cluster scale N",
    "stop": "%cluster stop [NAME]",
}

#: Options of ``%cluster start`` -> parameter of `LocalCluster`.
_START = {
    "-n": "n_workers",
    "--workers": "n_workers",
    "--threads": "threads_per_worker",
    "--memory": "memory_limit",
    "--name": "name",
}

#: Seconds until the first worker of a cluster must be there.
START_SECONDS = 30.0

#: Seconds that its others may take to be counted in what is told.
TOGETHER_SECONDS = 2.0


class Connection:
    """A client, by the name under which people know its cluster."""

    def __init__(self, name: str, client: Client, cluster: LocalCluster | None = None):
        self.name = name
        self.client = client
        self.cluster = cluster


@magics_class
class ClusterMagics(Magics):  # type: ignore[misc]
    """Start, find, connect, scale and stop clusters."""

    def __init__(self, shell: Any, **kwargs: Any):
        super().__init__(shell, **kwargs)
        self.connection: Connection | None = None
        self._started: dict[str, LocalCluster] = {}

    @line_magic
    @no_var_expand
    def cluster(self, line: str) -> None:
        """Start a cluster, connect this notebook to one, look at it, scale it, stop it.

        \b
        %cluster start [-n N] [--threads T] [--memory LIMIT] [--name NAME]
        %cluster list
        %cluster connect NAME
        %cluster info
        %cluster scale N
        %cluster stop [NAME]
        %cluster disconnect
        """
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"%cluster: {error}") from None
        word, rest = (words[0], words[1:]) if words else ("info", [])
        if word not in USES:
            close = difflib.get_close_matches(word, USES, n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]}?" if close else f"; use {', '.join(USES)}"
            raise UsageError(f"%cluster: {word!r} is not known{hint}")
        action: Callable[[list[str]], None] = getattr(self, f"_{word}")
        try:
            action(rest)
        except (CommError, ConfigError, RecordError, ClusterError) as error:
            raise UsageError(f"%cluster {word}: {error}") from None
        except TreadleError as error:
            if type(error) is not TreadleError:
                raise
            raise UsageError(f"%cluster {word}: {error}") from None

    # -- what can be said ----------------------------------------------------------------------

    def _start(self, words: list[str]) -> None:
        from treadle.deploy.local import LocalCluster

        options = start_options(words)
        cluster = LocalCluster(**options)
        try:
            self._connect_to(cluster.name, cluster, cluster)
        except BaseException:
            cluster.close()
            raise
        self._started[cluster.name] = cluster
        self._tell("started")

    def _connect(self, words: list[str]) -> None:
        (name,) = _exactly("connect", words, 1)
        found = self._started.get(name)
        self._connect_to(name, found or name, found)
        self._tell("connected to")

    def _disconnect(self, words: list[str]) -> None:
        _exactly("disconnect", words, 0)
        if self.connection is None:
            print("no cluster was connected")
            return
        name = self.connection.name
        self.leave()
        print(f"disconnected from {name}; cells run on threads of this kernel")

    def _list(self, words: list[str]) -> None:
        from treadle.cluster import control
        from treadle.deploy import records

        _exactly("list", words, 0)
        for cluster in self._started.values():
            with suppress(ClusterError):
                _ = cluster.record  # waits until it can be found
        rows = []
        for record in records.all_records():
            try:
                told = control.describe(record, timeout=2.0)
            except (CommError, TreadleError) as error:
                told = {"error": str(error)}
            rows.append((record.name, told, self._is_connected(record.name)))
        if rows:
            print(cluster_table(rows))
        else:
            print("no cluster is running; %cluster start starts one")

    def _info(self, words: list[str]) -> None:
        _exactly("info", words, 0)
        if self.connection is None:
            print("no cluster is connected; %cluster start starts one, %cluster list shows others")
            return
        print(worker_table(self.connection.name, self._info_of(self._alive())))

    def _scale(self, words: list[str]) -> None:
        (text,) = _exactly("scale", words, 1)
        if not text.isdecimal():
            raise UsageError(f"%cluster scale takes a number of workers, not {text!r}")
        connection, n = self._alive(), int(text)
        if connection.cluster is not None:
            connection.cluster.scale(n)
        else:
            from treadle.cluster import control
            from treadle.deploy import records

            control.scale(records.find(connection.name), n)
        print(f"{connection.name} will have {n} worker{'s' * (n != 1)}")

    def _stop(self, words: list[str]) -> None:
        if len(words) > 1:
            _misused("stop")
        if not words and self.connection is None:
            raise UsageError("%cluster stop: no cluster is connected; name the one to stop")
        name = words[0] if words else self.connection.name  # type: ignore[union-attr]
        started = self._started.get(name)
        record = None
        if started is None:
            from treadle.deploy import records

            record = records.find(name)
        if self._is_connected(name):
            self.leave()
        if started is not None:
            del self._started[name]
            started.close()
        elif record is not None:
            from treadle.cluster import control

            control.stop(record)
        print(f"stopped {name}")

    # -- inside --------------------------------------------------------------------------------

    def leave(self) -> None:
        """Let go of the connection; the cluster runs on."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.client.close()

    def close(self) -> None:
        """Leave, and stop the clusters that were started here."""
        self.leave()
        for name in list(self._started):
            self._started.pop(name).close()

    def names(self) -> list[str]:
        """Names of clusters that can be connected to; for completion."""
        from treadle.deploy import records

        try:
            return [record.name for record in records.all_records()]
        except (OSError, TreadleError):
            return []

    def _connect_to(self, name: str, where: Any, cluster: LocalCluster | None) -> None:
        from treadle.cluster.client.client import Client

        client = Client(where)
        try:
            if cluster is not None:  # all that were asked for come at nearly the same time
                _wait(client, cluster._n_workers, TOGETHER_SECONDS)
            _wait(client, 1, START_SECONDS)
        except BaseException:
            client.close()
            raise
        self.leave()
        self.connection = Connection(name, client, cluster)

    def _is_connected(self, name: str) -> bool:
        return self.connection is not None and self.connection.name == name

    def _alive(self) -> Connection:
        connection = self.connection
        if connection is None:
            raise UsageError("no cluster is connected; %cluster start starts one")
        if connection.client.status != "running":
            raise UsageError(lost_text(connection.name))
        return connection

    def _info_of(self, connection: Connection) -> dict[str, Any]:
        info: dict[str, Any] = connection.client.scheduler_info()
        return info

    def _tell(self, what: str) -> None:
        connection = self._alive()
        size = workers_and_threads(self._info_of(connection))
        print(f"{what} {connection.name}: {size}; %%parallel cells and collections run there")


def _wait(client: Client, n: int, seconds: float) -> None:
    """Wait for workers for a while; those that come later are welcome, too."""
    with suppress(TimeoutError):
        client.wait_for_workers(n, seconds)


def start_options(words: list[str]) -> dict[str, Any]:
    """Return what ``%cluster start`` was told, as parameters of `LocalCluster`.

    >>> start_options(["-n", "2", "--threads=4", "--name", "lab"])
    {'n_workers': 2, 'threads_per_worker': 4, 'name': 'lab'}
    """
    found: dict[str, Any] = {}
    words = list(words)
    while words:
        option, equals, value = words.pop(0).partition("=")
        if attached := re.fullmatch(r"-n(\d+)", option):
            option, equals, value = "-n", "=", attached[1]
        if option not in _START:
            close = difflib.get_close_matches(option, _START, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else USES["start"]
            raise UsageError(f"%cluster start: unknown option {option}; {hint}")
        if not equals:
            if not words:
                raise UsageError(f"%cluster start: {option} needs a value")
            value = words.pop(0)
        parameter = _START[option]
        if parameter in ("n_workers", "threads_per_worker"):
            if not value.isdecimal() or int(value) < 1:
                raise UsageError(
                    f"%cluster start: {option} takes a whole number of at least 1, not {value!r}"
                )
            found[parameter] = int(value)
        else:
            found[parameter] = value
    return found


def lost_text(name: str) -> str:
    """Say what can be done when a cluster has gone."""
    return (
        f"the cluster {name} is gone; %cluster start or %cluster connect another one, or "
        "%cluster disconnect to run on threads"
    )


def complete(magics: ClusterMagics, text: str) -> list[str]:
    """Complete a line that begins with ``%cluster``."""
    words = text.split()[1:]
    if text.endswith((" ", "\t")):
        words.append("")
    if len(words) <= 1:
        return list(USES)
    if words[0] in ("connect", "stop") and len(words) == 2:
        return magics.names()
    return list(_START) if words[0] == "start" else []


def _exactly(word: str, words: list[str], count: int) -> list[str]:
    if len(words) != count:
        _misused(word)
    return words


def _misused(word: str) -> NoReturn:
    raise UsageError(f"%cluster {word} is used like this: {USES[word]}")
