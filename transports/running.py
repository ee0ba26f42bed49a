"""What a transport has at hand while the server runs."""

from typing import cast

from quart import Response, current_app, g, websocket

from itcook.auth.principal import Principal
from itcook.auth.ways import SUBPROTOCOL
from itcook.services import Services
from itcook.stream.connections import Connections


def connections() -> Connections:
    """The connections of this process."""
    return cast("Services", current_app.extensions["itcook"]).stream.connections


def principal() -> Principal:
    """Whoever was let in."""
    return cast("Principal", g.principal)


def subprotocol() -> str | None:
    """What to select of the subprotocols that a WebSocket client offers: ours, and never the one that is a
    token.
    """
    return SUBPROTOCOL if SUBPROTOCOL in websocket.requested_subprotocols else None


async def count_refusal(response: Response | None) -> Response | None:
    """The answer to a handshake, counted if it is a refusal."""
    if response is not None and response.status_code >= 400:
        connections().counters.refused_with(response.status_code)
    return response
