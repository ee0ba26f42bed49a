"""Whose word about a client is taken: the operator's proxies', and nobody else's."""

import json
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from quart import Quart, request
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from blueprints.guard import public
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.proxies import TrustedProxies
from itcook.settings import Settings
from tests.support.servers import exchange, serving
from tests.support.survival import survives

TRUSTED = [ip_network(text) for text in ("10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7")]
CLIENT = "198.51.100.23"


async def _seen(
    peer: str | None, *headers: tuple[str, str], kind: str = "http", scheme: str = "http"
) -> dict[str, Any]:
    """The scope that reaches the application from `peer`."""
    reached: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    scope = {
        "type": kind,
        "scheme": scheme,
        "client": None if peer is None else (peer, 40_000),
        "headers": [(b"host", b"inner:3000"), *[(name.encode(), value.encode()) for name, value in headers]],
    }
    await TrustedProxies(app, TRUSTED)(scope, None, None)
    return reached[0]


@pytest.mark.parametrize(
    ("peer", "lines", "client"),
    [
        ("10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.1", [f"203.0.113.9, {CLIENT}"], CLIENT),
        ("10.0.0.1", ["203.0.113.9", CLIENT], CLIENT),
        ("10.0.0.1", [f"203.0.113.9, {CLIENT}, 10.0.0.2, 2001:db8:1::2"], CLIENT),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["2001:db8:2::5"], "2001:db8:2::5"),
        ("10.0.0.1", [f"{CLIENT}:4711"], CLIENT),
        ("10.0.0.1", ["[2001:db8:2::5]:4711"], "2001:db8:2::5"),
        ("10.0.0.1", [f"::ffff:{CLIENT}"], CLIENT),
        ("::ffff:10.0.0.1", [CLIENT], CLIENT),
        ("2001:db8:1::1", [CLIENT], CLIENT),
        ("192.0.2.7", [CLIENT], CLIENT),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [f"{CLIENT}, unknown"], "10.0.0.1"),
        ("10.0.0.1", [f"{CLIENT}, 999.1.1.1, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["<script>"], "10.0.0.1"),
    ],
)
async def test_the_client_is_the_nearest_address_that_is_no_proxy(
    peer: str, lines: Sequence[str], client: str
) -> None:
    """Read from the right, over several lines; what stands left of it was made up by whoever liked to. An
    entry that is no address ends the search at the last proxy that was named."""
    scope = await _seen(peer, *[("x-forwarded-for", line) for line in lines])
    assert scope["client"] == (client, 0)


@survives("handshake: a spoofed client address")
@pytest.mark.parametrize("peer", [CLIENT, "192.0.2.8", "2001:db8:2::1", "::ffff:192.0.2.8", None])
async def test_who_is_no_trusted_proxy_is_not_believed(peer: str | None) -> None:
    """Whatever it sends: client, scheme and host stay what they are, also for a peer without an address."""
    spoofed = [
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "itcook.example"),
        ("forwarded", "for=10.0.0.1;proto=https;host=itcook.example"),
    ]
    scope = await _seen(peer, *spoofed)
    assert scope["client"] == (None if peer is None else (peer, 40_000))
    assert scope["scheme"] == "http"
    assert (b"host", b"inner:3000") in scope["headers"]


@pytest.mark.parametrize(
    ("kind", "told", "scheme"),
    [
        ("http", "https", "https"),
        ("http", "HTTPS", "https"),
        ("http", "http, https", "https"),
        ("http", "https, http", "http"),
        ("http", "wss", "https"),
        ("http", "gopher", "http"),
        ("http", "", "http"),
        ("websocket", "https", "wss"),
        ("websocket", "wss", "wss"),
        ("websocket", "http", "ws"),
    ],
)
async def test_the_scheme_is_what_the_nearest_proxy_says(kind: str, told: str, scheme: str) -> None:
    """In the words of the protocol that is spoken; what is no scheme of ours changes nothing."""
    plain = "ws" if kind == "websocket" else "http"
    scope = await _seen("10.0.0.1", ("x-forwarded-proto", told), kind=kind, scheme=plain)
    assert scope["scheme"] == scheme


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ("itcook.example", "itcook.example"),
        ("itcook.example:8443", "itcook.example:8443"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("evil.example, itcook.example", "itcook.example"),
        ("itcook.example/path", "inner:3000"),
        ("user@itcook.example", "inner:3000"),
        ("", "inner:3000"),
    ],
)
async def test_the_host_is_what_the_nearest_proxy_says(told: str, host: str) -> None:
    """It takes the place of `Host`; what is no host changes nothing."""
    scope = await _seen("10.0.0.1", ("x-forwarded-host", told))
    assert [value for name, value in scope["headers"] if name == b"host"] == [host.encode()]


async def test_forwarded_is_not_read() -> None:
    """A proxy that writes X-Forwarded-For passes on the `Forwarded` that its client made up."""
    forwarded = ("forwarded", "for=203.0.113.9;proto=https;host=evil.example")
    scope = await _seen("10.0.0.1", forwarded, ("x-forwarded-for", CLIENT))
    assert (scope["client"], scope["scheme"]) == ((CLIENT, 0), "http")
    assert (b"host", b"inner:3000") in scope["headers"]


def _app(settings: Settings, passwords: Passwords) -> Quart:
    app = create_app(settings, passwords)

    @app.get("/who")
    @public
    async def who() -> dict[str, str | None]:
        return {"client": request.remote_addr, "scheme": request.scheme, "host": request.host}

    return app


async def _who(settings: Settings, passwords: Passwords) -> dict[str, str]:
    """What a view of a real server sees of a request with these headers from 127.0.0.1."""
    head = (
        "GET /who HTTP/1.1\r\nHost: inner:3000\r\nConnection: close\r\n"
        f"X-Forwarded-For: 203.0.113.9, {CLIENT}\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-Host: itcook.example\r\n\r\n"
    )
    async with serving(_app(settings, passwords), settings) as port:
        answer = await exchange(port, head.encode())
    seen: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return seen


async def test_a_view_sees_the_client_behind_a_trusted_proxy(
    settings: Settings, passwords: Passwords
) -> None:
    """`remote_addr`, scheme and host are the client's, on a real connection."""
    behind = settings.model_copy(update={"trusted_proxies": (ip_network("127.0.0.0/8"),)})
    assert await _who(behind, passwords) == {"client": CLIENT, "scheme": "https", "host": "itcook.example"}


@survives("handshake: a spoofed client address")
async def test_without_the_setting_nobody_is_believed(settings: Settings, passwords: Passwords) -> None:
    """The default trusts no proxy, also not this machine's own."""
    assert await _who(settings, passwords) == {"client": "127.0.0.1", "scheme": "http", "host": "inner:3000"}


@pytest.mark.parametrize(("origin", "status"), [("https://itcook.example", 401), ("http://inner:3000", 403)])
async def test_the_origin_of_a_handshake_is_compared_with_the_forwarded_host(
    settings: Settings, passwords: Passwords, origin: str, status: int
) -> None:
    """A page of the public host fails only for want of a token; one of the inner name is from elsewhere."""
    behind = settings.model_copy(update={"trusted_proxies": (ip_network("127.0.0.1"),)})
    async with serving(create_app(behind, passwords), behind) as port:
        with pytest.raises(InvalidStatus) as refused:
            await connect(
                f"ws://127.0.0.1:{port}/api/v1/realtime/ws",
                origin=origin,  # type: ignore[arg-type] # an Origin is a string
                additional_headers={"X-Forwarded-Host": "itcook.example"},
                proxy=None,
            )
    assert refused.value.response.status_code == status
