"""What the Jupyter server loads: adds the routes, and cleans up when the server stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_server.extension.application import ExtensionApp

from treadle.feedserver.records import records_directory
from treadle.lab.clusters import Clusters
from treadle.lab.counts import Counts
from treadle.lab.fleet import Fleet
from treadle.lab.handlers import ROUTES
from treadle.lab.launch import Launcher
from treadle.lab.relay import Relays
from treadle.lab.watch import Watch

if TYPE_CHECKING:
    from treadle.lab.handlers import GuardedSocket


@dataclass(slots=True)
class TreadleState:
    """What the handlers of one server share."""

    clusters: Clusters
    launcher: Launcher
    fleet: Fleet
    relays: Relays
    watch: Watch
    sockets: set[GuardedSocket] = field(default_factory=set)


class TreadleExtension(ExtensionApp):  # type: ignore[misc]
    """Lists clusters, starts and stops them, and relays their feeds.

    Nothing runs until a browser asks.
    """

    name = "treadle"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        """Make what the handlers share."""
        clusters = Clusters(records_directory())
        launcher, relays = Launcher(clusters), Relays(clusters)
        fleet = Fleet(clusters, launcher, Counts(relays))
        self.settings["treadle"] = TreadleState(clusters, launcher, fleet, relays, Watch(fleet))

    def initialize_handlers(self) -> None:
        """Add the routes; Jupyter puts its base URL before them."""
        self.handlers.extend(ROUTES)

    async def stop_extension(self) -> None:
        """Let go of clusters and browsers."""
        state: TreadleState | None = self.settings.get("treadle")
        if state is None:
            return
        state.launcher.close()
        state.watch.stop()
        state.relays.stop()
        for socket in tuple(state.sockets):
            socket.close(1001, "the server is stopping")
