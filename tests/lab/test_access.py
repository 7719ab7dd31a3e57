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


async def test_every_route_refuses_whoever_shows_no_token(
    jp_serverapp, jp_fetch, open_socket, kernel
):
    paths = {"": "", "/watch": "watch", "/[a-z0-9]": f"{kernel.name}/feed"}
    routes = our_routes(jp_serverapp.web_app)

    codes = {}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for path in paths.values():
            body = "{}" if method in ("POST", "PUT", "PATCH") else None
            codes[method, path] = await status_of(
                jp_fetch(
                    "treadle/api/clusters",
                    path,
                    method=method,
                    body=body,
                    headers={"Authorization": ""},
                )
            )
    sockets = [await status_of(open_socket(p, headers={})) for p in paths.values() if p]

    assert len(routes) == len(paths) == len(handlers.ROUTES)
    assert set(codes.values()) <= {403, 405}
    assert {codes["GET", path] for path in paths.values()} == {403}
    assert sockets == [403, 403]


async def test_with_a_token_no_method_but_get_is_allowed(jp_fetch, kernel):
    codes = set()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("", "watch", f"{kernel.name}/feed"):
            body = "{}" if method in ("POST", "PUT", "PATCH") else None
            codes.add(
                await status_of(jp_fetch("treadle/api/clusters", path, method=method, body=body))
            )

    assert codes == {405}


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
    token = jp_serverapp.identity_provider.token
    login = await jp_fetch(
        "api/status",
        params={"token": token},
        headers={"Authorization": "", "Host": open_socket.host},
    )
    cookie = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
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


async def test_a_user_who_may_not_read_is_refused(
    open_socket, kernel, jp_fetch, jp_serverapp, monkeypatch
):
    asked = []

    def refuse(handler, user, action, resource):
        asked.append((action, resource))
        return False

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", refuse)

    codes = [
        await status_of(jp_fetch("treadle/api/clusters")),
        await status_of(open_socket("watch")),
        await status_of(open_socket(f"{kernel.name}/feed")),
    ]

    assert codes == [403, 403, 403]
    assert asked == [("read", "treadle")] * 3


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
