"""What `itcook serve` lets a transport do with the connection below the ASGI interface: take it over.

ASGI leads every event through two tasks, a queue, a lock and two protocol layers, and can neither see pongs
nor drop a client that does not read. So once a stream's handshake is answered, its transport takes the
connection and writes finished bytes to it; Quart and Hypercorn have done their part and let go.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

EXTENSION = "itcook.connection"


class Connection:
    """One TCP connection, with or without TLS, on which HTTP/1.1 was spoken so far."""

    __slots__ = ("_hand_over", "transport")

    def __init__(self, transport: asyncio.Transport, hand_over: Callable[[asyncio.Protocol], None]) -> None:
        self.transport = transport
        self._hand_over = hand_over

    def take_over(self, owner: asyncio.Protocol) -> None:
        """Have `owner` own the connection: whatever still comes from the client goes to it, and nobody else
        writes or closes. `connection_made` is not called.
        """
        self._hand_over(owner)


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection behind an ASGI scope; None where it cannot be taken over: HTTP/2, or another server."""
    return cast("Connection | None", (scope.get("extensions") or {}).get(EXTENSION))
