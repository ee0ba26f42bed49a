"""What can be asked about the stream over plain HTTP."""

from pydantic import BaseModel, ConfigDict
from quart import Blueprint
from quart_schema import tag, validate_response

from blueprints.context import principal, services
from itcook.auth import tickets
from itcook.stream.node import Stats

blueprint = Blueprint("realtime", __name__, url_prefix="/api/v1/realtime")


class Ticket(BaseModel):
    """What opens one connection within `expires_in` seconds."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    ticket: str
    expires_in: int


@blueprint.post("/tickets")
@tag(["realtime"])
@validate_response(Ticket, 201)
async def buy_ticket() -> tuple[Ticket, int, dict[str, str]]:
    """A ticket for one connection of the caller, for clients that can set no header."""
    bought = await tickets.buy(principal())
    return Ticket.model_validate(bought), 201, {"Cache-Control": "no-store"}


@blueprint.get("/stats")
@tag(["realtime"])
@validate_response(Stats)
async def stats() -> Stats:
    """Connections, channels by kind, and events, since the server started."""
    return services().stream.stats()
