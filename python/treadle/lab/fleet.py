"""All that browsers see in one list: what runs, what is starting, and what has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from treadle.lab.clusters import Clusters
    from treadle.lab.counts import Counts
    from treadle.lab.launch import Launcher
    from treadle.telemetry import events


class Fleet:
    """Joins what is known of each cluster.

    Parameters
    ----------
    clusters : Clusters
        By their records.
    launcher : Launcher
        On their way.
    counts : Counts
        How many workers.
    """

    def __init__(self, clusters: Clusters, launcher: Launcher, counts: Counts):
        self._clusters = clusters
        self._launcher = launcher
        self._counts = counts

    def list(self, *, follow: bool = False) -> list[events.Cluster]:
        """All clusters, by name; ``follow`` them, and their workers are known the next time."""
        found = {c.name: c for c in self._clusters.list()}
        running = [c.name for c in found.values() if c.kind == "cluster" and c.state == "running"]
        if follow:
            self._counts.follow(running)
        for name in found:
            if found[name].kind == "cluster":
                found[name] = self._describe(found[name])
        launches = {launch.name: launch for launch in self._launcher.launches()}
        return [cluster for _, cluster in sorted((launches | found).items())]

    def rest(self) -> None:
        """Nobody looks any more."""
        self._counts.stop()

    def _describe(self, cluster: events.Cluster) -> events.Cluster:
        name = cluster.name
        count = self._counts.of(name) if cluster.state == "running" else None
        is_stopping = self._launcher.is_stopping(self._clusters.instances[name])
        return replace(
            cluster,
            state="stopping" if is_stopping and cluster.state == "running" else cluster.state,
            workers=None if count is None else count[0],
            threads=None if count is None else count[1],
            has_log=self._launcher.has_log(name),
        )
