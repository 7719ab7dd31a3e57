"""Who may use the routes."""

from __future__ import annotations

import json
import logging

import pytest
from tornado.httpclient import HTTPClientError

import treadle.lab
from treadle.lab import handlers


async def status_of(opening):
    with pytest.raises(HTTPClientError) as caught:
        await opening
    return caught.value.code


def our_routes(web_app):
    """Path patterns of every handler that this package added to the server."""
    rules = [rule for outer in web_app.default_router.rules for rule in inner_rules(outer)]
    return {
        rule.matcher.regex.pattern: rule.target
        for rule in rules
        if getattr(rule.target, "__module__", "").startswith("treadle.")
    }


def inner_rules(rule):
    return [rule] if isinstance(rule.target, type) else rule.target.rules


def test_the_extension_declares_itself():
    (point,) = treadle.lab._jupyter_server_extension_points()

    assert point["module"] == "treadle.lab"
    assert point["app"].name == "treadle"


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

NEEDS = {
    ("GET", ""): "read",
    ("GET", "/watch"): "read",
    ("GET", "/NAME/feed"): "read",
    ("POST", ""): "execute",
    ("DELETE", "/NAME"): "execute",
    ("POST", "/NAME/scale"): "execute",
    ("GET", "/NAME/log"): "execute",
}
"""All that our routes do, and the right that it takes.  What isn't here is not allowed at all."""

PATHS = sorted({path for _, path in NEEDS})


class Recording:
    """Instead of what starts, scales and stops: remembers what it was asked for."""

    directory = None

    def __init__(self):
        self.calls = []

    def start(self, *args):
        self.calls.append("start")

    async def scale(self, *args):
        self.calls.append("scale")

    async def stop(self, *args):
        self.calls.append("stop")

    def launches(self):
        return []

    def close(self):
        pass


@pytest.fixture
def launcher(extension, monkeypatch):
    recording = Recording()
    monkeypatch.setattr(extension, "launcher", recording)
    return recording


@pytest.fixture
def ask(jp_fetch):
    """The status of a request to a path of `NEEDS`, made for the cluster called ``name``."""

    async def fetch(method, path, name, **more):
        bodies = {"": '{"n_workers":1,"threads_per_worker":1}', "/NAME/scale": '{"n":1}'}
        body = None if method in ("GET", "DELETE") else bodies.get(path, "{}")
        parts = path.replace("NAME", name).strip("/")
        return await status_of(
            jp_fetch("treadle/api/clusters", *parts.split("/"), method=method, body=body, **more)
        )

    return fetch


def test_every_route_is_in_the_table(jp_serverapp):
    routes = our_routes(jp_serverapp.web_app)
    told = {
        pattern.split("treadle/api/clusters")[1].rstrip("$").replace(handlers.NAME, "NAME")
        for pattern in routes
    }

    assert told == set(PATHS)
    assert len(routes) == len(handlers.ROUTES)
    for pattern, target in routes.items():
        path = pattern.split("treadle/api/clusters")[1].rstrip("$").replace(handlers.NAME, "NAME")
        own = {name for kind in target.__mro__[:-1] for name in vars(kind)
               if kind.__module__.startswith("treadle.")}  # fmt: skip
        done = {method for method in METHODS if method.lower() in own}
        assert done == {method for method, where in NEEDS if where == path}, target


async def test_no_route_acts_without_token(ask, open_socket, kernel, launcher):
    codes = {
        (method, path): await ask(method, path, kernel.name, headers={"Authorization": ""})
        for method in METHODS
        for path in PATHS
    }
    sockets = [
        await status_of(open_socket(path, headers={})) for path in ("watch", f"{kernel.name}/feed")
    ]

    assert set(codes.values()) <= {403, 405}
    assert {codes[needed] for needed in NEEDS} == {403}
    assert sockets == [403, 403]
    assert launcher.calls == []


async def test_with_a_token_nothing_but_what_is_in_the_table_is_allowed(ask, kernel, launcher):
    codes = {
        (method, path): await ask(method, path, kernel.name)
        for method in METHODS
        for path in PATHS
        if (method, path) not in NEEDS
    }

    assert set(codes.values()) == {405}
    assert launcher.calls == []


async def test_no_route_acts_for_a_user_without_the_right(
    ask, open_socket, kernel, launcher, jp_serverapp, monkeypatch
):
    asked = []

    def refuse(handler, user, action, resource):
        asked.append((action, resource))
        return False

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", refuse)

    codes = [await ask(method, path, kernel.name) for method, path in NEEDS]
    codes += [await status_of(open_socket(p)) for p in ("watch", f"{kernel.name}/feed")]

    assert set(codes) == {403}
    assert asked == [(right, "treadle") for right in NEEDS.values()] + [("read", "treadle")] * 2
    assert launcher.calls == []


async def test_whoever_may_only_read_starts_and_stops_nothing(
    ask, kernel, launcher, jp_serverapp, monkeypatch
):
    def only_read(handler, user, action, resource):
        return action == "read"

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", only_read)

    codes = {needed: await ask(*needed, kernel.name) for needed, right in NEEDS.items()
             if right != "read"}  # fmt: skip

    assert set(codes.values()) == {403}
    assert launcher.calls == []


async def log_in(jp_fetch, jp_serverapp, host):
    """The cookies of a browser that has shown the token once."""
    login = await jp_fetch(
        "api/status",
        params={"token": jp_serverapp.identity_provider.token},
        headers={"Authorization": "", "Host": host},
    )
    return [cookie.split(";")[0] for cookie in login.headers.get_list("Set-Cookie")]


async def test_no_route_acts_without_the_xsrf_token(
    ask, kernel, launcher, jp_fetch, jp_serverapp, open_socket
):
    cookies = await log_in(jp_fetch, jp_serverapp, open_socket.host)
    headers = {"Authorization": "", "Host": open_socket.host, "Cookie": "; ".join(cookies)}
    acting = [needed for needed in NEEDS if needed[0] != "GET"]

    codes = [await ask(*needed, kernel.name, headers=headers) for needed in acting]
    wrong = {**headers, "Cookie": "; ".join([*cookies, "_xsrf=a"]), "X-XSRFToken": "b"}
    codes += [await ask(*needed, kernel.name, headers=wrong) for needed in acting]
    foreign = {**headers, "Origin": "http://evil.example"}
    codes += [await ask(*needed, kernel.name, headers=foreign) for needed in acting]

    assert set(codes) <= {403, 404}
    assert launcher.calls == []


async def test_a_logged_in_page_with_its_xsrf_token_may_act(
    kernel, launcher, jp_fetch, jp_serverapp, open_socket
):
    cookies = await log_in(jp_fetch, jp_serverapp, open_socket.host)
    page = await jp_fetch("login", headers={"Authorization": "", "Host": open_socket.host})
    cookies += [cookie.split(";")[0] for cookie in page.headers.get_list("Set-Cookie")]
    (xsrf,) = {cookie.split("=", 1)[1] for cookie in cookies if cookie.startswith("_xsrf=")}
    headers = {
        "Authorization": "",
        "Host": open_socket.host,
        "Cookie": "; ".join(cookies),
        "X-XSRFToken": xsrf.strip('"'),
    }

    answer = await jp_fetch("treadle/api/clusters", "x", method="DELETE", headers=headers)

    assert (answer.code, launcher.calls) == (202, ["stop"])


@pytest.mark.parametrize("header", ["token wrong", "Bearer wrong", "token "])
async def test_a_wrong_token_is_refused(open_socket, jp_fetch, kernel, header):
    headers = {"Authorization": header}

    codes = [
        await status_of(jp_fetch("treadle/api/clusters", headers=dict(headers))),
        await status_of(open_socket("watch", headers=headers)),
        await status_of(open_socket(f"{kernel.name}/feed", headers=headers)),
        await status_of(open_socket(f"{kernel.name}/feed", headers={}, query="?token=wrong")),
    ]

    assert codes == [403] * 4


FOREIGN = [
    "http://evil.example",
    "http://{host}.evil.example",
    "http://evil.example/{host}",
    "http://evil.example@{host}",
    "http://{host}@evil.example",
    "http://{host}:1",
    "http://{host}/",
    "http://127.0.0.1",
    "http://localhost",
    "file://{host}",
    "null",
    "{host}",
    "",
]


@pytest.mark.parametrize("path", ["watch", "kernel-abcd1234/feed"])
async def test_a_foreign_origin_is_refused_even_with_a_token(
    open_socket, kernel, jp_auth_header, path
):
    codes = {}
    for origin in FOREIGN:
        headers = {
            **jp_auth_header,
            "Origin": origin.format(host=open_socket.host),
            "Sec-Fetch-Site": "same-origin",
        }
        codes[origin] = await status_of(open_socket(path, headers=headers))

    assert codes == dict.fromkeys(FOREIGN, 403)


async def test_a_foreign_origin_is_refused_with_the_token_in_the_link(
    open_socket, kernel, jp_serverapp
):
    query = f"?token={jp_serverapp.identity_provider.token}"
    headers = {"Origin": "http://evil.example"}

    assert await status_of(open_socket("watch", headers=headers, query=query)) == 403


@pytest.mark.parametrize("origin", ["http://{host}", "https://{host}", "HTTP://{host}"])
async def test_the_server_s_own_pages_are_let_in(open_socket, kernel, jp_auth_header, origin):
    headers = {**jp_auth_header, "Origin": origin.format(host=open_socket.host)}

    browser = await open_socket("watch", headers=headers)

    assert (await browser.next("clusters"))["clusters"][0]["name"] == kernel.name


async def test_a_cookie_lets_in_its_own_pages_only(open_socket, kernel, jp_fetch, jp_serverapp):
    cookie = "; ".join(await log_in(jp_fetch, jp_serverapp, open_socket.host))
    own = {"Cookie": cookie, "Origin": f"http://{open_socket.host}"}

    browser = await open_socket("watch", headers=own)
    clusters = await browser.next("clusters")
    foreign = await status_of(open_socket("watch", headers={**own, "Origin": "http://e.example"}))

    assert (len(clusters["clusters"]), foreign) == (1, 403)


async def test_an_origin_that_the_server_allows_is_let_in(
    open_socket, kernel, jp_auth_header, jp_serverapp
):
    jp_serverapp.web_app.settings["allow_origin"] = "https://lab.example"

    browser = await open_socket(
        "watch", headers={**jp_auth_header, "Origin": "https://lab.example"}
    )
    other = {**jp_auth_header, "Origin": "https://lab.example.evil.example"}

    assert await browser.next("clusters")
    assert await status_of(open_socket("watch", headers=other)) == 403


NO_NAMES = [
    "..",
    "../../api/status",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "a%00",
    "%00",
    "a%2fb",
    "UPPER",
    "a.json",
    "-a",
    "a" * 64,
    "a" * 10_000,
]


async def test_a_name_that_is_none_leads_nowhere(open_socket, kernel):
    codes = [await status_of(open_socket(f"{name}/feed")) for name in NO_NAMES]

    assert codes == [404] * len(NO_NAMES)


async def test_an_unknown_cluster_closes_with_4404(open_socket, kernel):
    browser = await open_socket("kernel-ffffffff/feed")

    assert await browser.close_code() == 4404


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        b"\xff",
        "[" * 4000,
        {"type": "hello", "version": 1, "token": "0" * 64},
        {"type": "subscribe", "topics": ["files"]},
        {"type": "subscribe", "topics": ["runs"], "max_hz": 11},
    ],
)
async def test_a_browser_that_talks_nonsense_is_closed(open_socket, kernel, message):
    browser = await open_socket(f"{kernel.name}/feed")
    await browser.next("welcome")

    await browser.send(message)

    assert await browser.close_code() == 4400


async def test_a_browser_that_sends_too_much_is_closed(open_socket, kernel):
    browser = await open_socket(f"{kernel.name}/feed")

    await browser.send("x" * 5000)

    assert await browser.close_code() in (1009, 1006)


async def test_sockets_are_limited(open_socket, kernel, monkeypatch):
    monkeypatch.setattr(handlers, "MAX_SOCKETS", 1)
    await (await open_socket("watch")).next("clusters")

    assert await status_of(open_socket("watch")) == 503


async def test_the_observer_token_never_leaves_the_server(open_socket, kernel, jp_fetch, caplog):
    caplog.set_level(logging.DEBUG)
    token = kernel.record.observer_token.reveal()

    answer = (await jp_fetch("treadle/api/clusters")).body.decode()
    browser = await open_socket(f"{kernel.name}/feed")
    await browser.subscribe("runs", "lanes", "tasks")
    sent = [await browser.next("welcome"), await browser.next("runs")]

    assert token not in answer + json.dumps(sent) + caplog.text
