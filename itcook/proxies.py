"""Who is really there, behind the operator's own proxies.

A proxy connects in its clients' place and says in headers for whom. Anybody can write those headers, so they
are believed only where the TCP peer is a proxy that the operator trusts. RFC 7239's `Forwarded` is not read:
a proxy that writes one family of headers passes the other on as its client sent it, and whoever reads both
lets the client choose.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Iterable[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

# With a port, as some proxies write it: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"(?P<four>[\d.]+):\d+|\[(?P<six>[^\]]+)\](:\d+)?")
_HOST = re.compile(rb"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
_SECURE = {b"http": False, b"https": True, b"ws": False, b"wss": True}


class TrustedProxies:
    """An ASGI application that calls `app` with what a peer in `trusted` tells of: everything behind it then
    asks one place, the scope, and is right.
    """

    def __init__(self, app: Application, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        await self._app(seen_through(scope, self._trusted), receive, send)


def seen_through(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """`scope` with the client, the scheme and the host that a peer in `trusted` tells of."""
    peer = _parse(scope["client"][0]) if scope.get("client") else None
    if peer is None or not _is_in(peer, trusted):
        return scope
    headers: Headers = scope["headers"]
    told: Scope = {"client": (str(_client(headers, peer, trusted)), 0)}
    secure = _SECURE.get(_last(headers, b"x-forwarded-proto").lower())
    if secure is not None:
        plain = "ws" if scope["type"] == "websocket" else "http"
        told["scheme"] = f"{plain}s" if secure else plain
    host = _last(headers, b"x-forwarded-host")
    if _HOST.fullmatch(host):
        told["headers"] = [(b"host", host), *[pair for pair in headers if pair[0].lower() != b"host"]]
    return {**scope, **told}


def _client(headers: Headers, peer: Address, trusted: Sequence[Network]) -> Address:
    """The nearest address that is not a trusted proxy's: each proxy appends whom it was called by, so what
    stands left of that was written by somebody whom nobody vouches for.
    """
    nearest = peer
    for text in reversed([*_values(headers, b"x-forwarded-for")]):
        told = _parse(text.decode("latin-1"))
        if told is None:
            break
        nearest = told
        if not _is_in(told, trusted):
            break
    return nearest


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _values(headers: Headers, name: bytes) -> Iterator[bytes]:
    """What all headers of this name list, in order; several lines are one list."""
    for given, value in headers:
        if given.lower() == name:
            yield from (part.strip() for part in value.split(b","))


def _last(headers: Headers, name: bytes) -> bytes:
    """What the proxy next to us said; empty if nothing."""
    return next(reversed([*_values(headers, name)]), b"")


def _parse(text: str) -> Address | None:
    """An address, None for what is none. IPv4 by way of an IPv6 socket is IPv4."""
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(text if match is None else match["four"] or match["six"])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
