"""Whether the process lives, and whether it can serve: for orchestrators and load balancers."""

import asyncio
from typing import Literal

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import document_response

from blueprints.context import services
from blueprints.guard import public
from itcook.contract import refuses
from itcook.errors import UnavailableError
from itcook.models import StreamHead

RELAY_SECONDS = 5  # what was committed and waits so long reaches nobody; no other node would be faster
READY_SECONDS = 2  # a load balancer asks every few seconds, and waits no longer than that

blueprint = Blueprint("health", __name__, url_prefix="/health")


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Readiness(BaseModel):
    """The server serves; without what is `degraded`, if anything is."""

    status: Literal["ready"]
    degraded: list[str] | None = None


@blueprint.get("/live")
@public
@document_response(Liveness)
async def live() -> dict[str, str]:
    """The process answers. Never touches the database: restarting would not mend that."""
    return {"status": "live"}


@blueprint.get("/ready")
@public
@document_response(Readiness)
@refuses(503, "unavailable")
async def ready() -> dict[str, str | list[str]]:
    """The database answers too and the server is not draining; else a problem with status 503.

    What is `degraded` is away, and the server serves without it: that no node has is no reason to send a
    node's clients away.
    """
    services().stream.connections.check_open()
    try:
        async with asyncio.timeout(READY_SECONDS):
            await StreamHead.exists()  # a row of a table: SQLite answers SELECT 1 without its file
    except TimeoutError:
        raise UnavailableError("the database does not answer", retry_after=READY_SECONDS) from None
    degraded = services().shared.degraded()
    if services().stream.relay.lag > RELAY_SECONDS:
        degraded.append("relay")
    return {"status": "ready", "degraded": degraded} if degraded else {"status": "ready"}
