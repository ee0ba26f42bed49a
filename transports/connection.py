"""What `itcook serve` tells a transport about the connection below the ASGI interface."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

EXTENSION = "itcook.connection"

_PING = b"\x89\x00"  # an empty ping, RFC 6455 section 5.5.2; a server does not mask


class Connection:
    """One TCP connection. ASGI alone can neither see pongs nor drop a client that does not read."""

    def __init__(self, transport: asyncio.WriteTransport, now: float) -> None:
        self._transport = transport
        self.heard_at = now  # when bytes last came in; seconds of the loop's clock

    @property
    def unsent(self) -> int:
        """Bytes the kernel has not taken yet."""
        return self._transport.get_write_buffer_size()

    def ping(self) -> None:
        """Send a WebSocket ping, between two frames: everything that is written here is whole frames."""
        if not self._transport.is_closing():
            self._transport.write(_PING)

    def abort(self) -> None:
        """Drop the connection at once, whatever waits to be sent."""
        self._transport.abort()


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection behind an ASGI scope; None under a server that is not ours."""
    return cast("Connection | None", (scope.get("extensions") or {}).get(EXTENSION))
