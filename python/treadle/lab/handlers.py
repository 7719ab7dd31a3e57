"""The routes, and who may use them.

    GET    {base}treadle/api/clusters                 what there is                        read
    WS     {base}treadle/api/clusters/watch           the same, now and on every change    read
    WS     {base}treadle/api/clusters/<name>/feed     the feed of one cluster              read
    POST   {base}treadle/api/clusters                 start one                            execute
    DELETE {base}treadle/api/clusters/<name>          stop it, or forget that it failed    execute
    POST   {base}treadle/api/clusters/<name>/scale    have so many workers                 execute
    GET    {base}treadle/api/clusters/<name>/log      what it wrote while it started       execute

Everybody is authenticated, and authorised for ``treadle``: the last column says for what.  What
changes anything shows Jupyter's XSRF token too (`APIHandler` sees to it).  A websocket is opened
only by pages of this very server, token or not: Jupyter lets a token stand for the origin, and a
link with a token in it would then open our feeds to any page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import origin_matches_pat
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from treadle.feedserver.pump import Pump
from treadle.lab import bodies, logs
from treadle.lab.environments import NoEnvironmentError, environment_of, own_environment
from treadle.lab.launch import LaunchError
from treadle.telemetry import events

if TYPE_CHECKING:
    from treadle.lab.environments import Environment
    from treadle.lab.extension import TreadleState
    from treadle.lab.relay import View

AUTH_RESOURCE = "treadle"
EXECUTE = "execute"
NAME = r"(?P<name>[a-z0-9][a-z0-9-]{0,62})"

BAD_REQUEST = 4400
UNKNOWN_CLUSTER = 4404
MAX_SOCKETS = 64
"""Websockets of all browsers together."""


class RestHandler(APIHandler):  # type: ignore[misc]
    """What the routes that are no websockets share."""

    auth_resource = AUTH_RESOURCE

    @property
    def state(self) -> TreadleState:
        """What all handlers share."""
        state: TreadleState = self.settings["treadle"]
        return state

    def decode(self, kind: type[bodies.Body]) -> bodies.Body:
        """The body of the request."""
        try:
            return bodies.decode(self.request.body, kind)
        except bodies.BodyError as error:
            raise web.HTTPError(400, str(error)) from None


class ClustersHandler(RestHandler):
    """Lists the clusters, and starts one."""

    @web.authenticated
    @authorized  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Answer with a `events.ClusterList`."""
        self.finish(events.encode(events.ClusterList(clusters=self.state.fleet.list())))

    @web.authenticated
    @authorized(EXECUTE, AUTH_RESOURCE)  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        """Start a cluster; answer with its entry in the list."""
        wanted = self.decode(bodies.StartCluster)
        environment = await self._environment(wanted.kernelspec)
        folder = Path(self.settings.get("server_root_dir") or Path.cwd()).expanduser()
        try:
            name = self.state.launcher.start(wanted, environment, folder)
        except LaunchError as error:
            raise web.HTTPError(error.status, str(error)) from error
        self.set_status(202)
        (entry,) = (c for c in self.state.fleet.list() if c.name == name)
        self.finish(events.encode(entry))

    async def _environment(self, kernelspec: str | None) -> Environment:
        """The environment of a kernelspec that this server itself would start a kernel from."""
        if getattr(self.settings.get("gateway_config"), "gateway_enabled", False):
            raise web.HTTPError(409, "the kernels of this server run elsewhere")
        name = kernelspec or self.kernel_manager.default_kernel_name
        try:
            spec = await ensure_async(self.kernel_spec_manager.get_kernel_spec(name))
        except NoSuchKernel:
            raise web.HTTPError(404, f"no kernel is called {name!r}") from None
        try:
            return environment_of(spec.argv, spec.env, spec.language, own_environment())
        except NoEnvironmentError as error:
            raise web.HTTPError(422, str(error)) from None


class ClusterHandler(RestHandler):
    """Stops a cluster."""

    @web.authenticated
    @authorized(EXECUTE, AUTH_RESOURCE)  # type: ignore[untyped-decorator]
    async def delete(self, name: str) -> None:
        """Stop it; answered when it has been told."""
        try:
            await self.state.launcher.stop(name)
        except LaunchError as error:
            raise web.HTTPError(error.status, str(error)) from error
        self.set_status(202)
        self.finish()


class ScaleHandler(RestHandler):
    """Scales a cluster."""

    @web.authenticated
    @authorized(EXECUTE, AUTH_RESOURCE)  # type: ignore[untyped-decorator]
    async def post(self, name: str) -> None:
        """Have that many workers; answered when it has been told."""
        wanted = self.decode(bodies.Scale)
        try:
            await self.state.launcher.scale(name, wanted.n)
        except LaunchError as error:
            raise web.HTTPError(error.status, str(error)) from error
        self.set_status(202)
        self.finish()


class LogHandler(RestHandler):
    """Shows the log of a cluster: whatever its start wrote, so not for all who may see panes."""

    @web.authenticated
    @authorized(EXECUTE, AUTH_RESOURCE)  # type: ignore[untyped-decorator]
    async def get(self, name: str) -> None:
        """Answer with a `bodies.Log`."""
        found = logs.read_log(self.state.launcher.directory, name)
        if found is None:
            raise web.HTTPError(404, f"{name} has no log")
        text, is_cut = found
        self.finish(msgspec.json.encode(bodies.Log(text=text, is_cut=is_cut)))


class GuardedSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """A websocket that only this server's own pages may open, for users that may read."""

    auth_resource = AUTH_RESOURCE

    @property
    def state(self) -> TreadleState:
        """What all handlers share."""
        state: TreadleState = self.settings["treadle"]
        return state

    @property
    def max_message_size(self) -> int:
        """Browsers only ever send a subscription."""
        return events.MAX_REQUEST_BYTES

    def get_compression_options(self) -> None:
        """None: a compressed bomb is refused unopened, and secrets can't be guessed by size."""
        return

    @ws_authenticated  # type: ignore[untyped-decorator]
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Check all that there is to check, then upgrade."""
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "read", AUTH_RESOURCE)
        )
        if not allowed or not self.is_own_origin():
            raise web.HTTPError(403)
        if len(self.state.sockets) >= MAX_SOCKETS:
            raise web.HTTPError(503)
        await ensure_async(super().get(*args, **kwargs))

    def is_own_origin(self) -> bool:
        """Does the request come from this server's pages, or from no page at all?

        Compared whole, host and port.  Other origins need `allow_origin`, as they do for Jupyter.
        """
        origins = self.request.headers.get_list("Origin")
        if not origins:
            return True  # not a browser
        origin = origins[0].lower()
        parts = urlsplit(origin)
        if len(origins) > 1 or f"{parts.scheme}://{parts.netloc}" != origin:
            return False
        if parts.scheme in ("http", "https") and parts.netloc == self.request.host.lower():
            return True
        if self.allow_origin:
            return self.allow_origin in ("*", origin)
        return bool(self.allow_origin_pat and origin_matches_pat(self.allow_origin_pat, origin))

    def check_origin(self, origin: str | None = None) -> bool:
        """The same answer for whoever asks; Tornado asks only when its own guess is "foreign"."""
        return self.is_own_origin()

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """The one there is, if the browser offers it."""
        return events.SUBPROTOCOL if events.SUBPROTOCOL in subprotocols else None

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Count it, and start the pings."""
        self.state.sockets.add(self)
        super().open(*args, **kwargs)

    def on_close(self) -> None:
        """Count it no more."""
        self.state.sockets.discard(self)
        if self.ping_callback is not None:
            self.ping_callback.stop()
        super().on_close()


class WatchSocket(GuardedSocket):
    """Pushes the list of clusters, at once and when it changes."""

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begin to be told."""
        super().open()
        self.state.watch.join(self)

    def on_message(self, message: str | bytes) -> None:
        """Nothing is expected from the browser."""
        self.close(BAD_REQUEST, "nothing is expected here")

    def send(self, text: str) -> None:
        """Hand a list to the browser; a closed one leaves by itself."""
        try:
            self.write_message(text)
        except WebSocketClosedError:
            pass

    def on_close(self) -> None:
        """Be told no more."""
        self.state.watch.leave(self)
        super().on_close()


class FeedSocket(GuardedSocket):
    """Relays the feed of one cluster to one browser."""

    _view: View | None = None
    _pump: Pump | None = None

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Join those who watch this cluster."""
        super().open()
        name = kwargs["name"]
        if self.state.clusters.find(name) is None:
            self.close(UNKNOWN_CLUSTER, "no such cluster")
            return
        relays = self.state.relays
        self._view = relays.join(name, self._wake)
        self._pump = Pump(self._view, self, relays.clock)
        self._pump.start()
        self._pump.wake()  # the relay may be there already

    def _wake(self) -> None:
        if self._pump is not None:
            self._pump.wake()

    def on_message(self, message: str | bytes) -> None:
        """Take in a subscription."""
        if self._view is None or self._pump is None:
            return
        try:
            request = events.decode_request(message)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            self.close(BAD_REQUEST, str(error)[:120])  # a reason holds 123 bytes
            return
        if not isinstance(request, events.Subscribe):
            self.close(BAD_REQUEST, "only subscribe is expected here")
            return
        self._view.subscribe(request)
        self._pump.renew()

    def on_close(self) -> None:
        """Leave; with the last browser the cluster is let go."""
        if self._pump is not None:
            self._pump.stop()
        if self._view is not None:
            self.state.relays.leave(self._view)
            self._view = None
        super().on_close()


ROUTES: list[tuple[str, type[JupyterHandler]]] = [
    (r"/treadle/api/clusters", ClustersHandler),
    (r"/treadle/api/clusters/watch", WatchSocket),
    (rf"/treadle/api/clusters/{NAME}/feed", FeedSocket),
    (rf"/treadle/api/clusters/{NAME}", ClusterHandler),
    (rf"/treadle/api/clusters/{NAME}/scale", ScaleHandler),
    (rf"/treadle/api/clusters/{NAME}/log", LogHandler),
]
