"""What can be asked about the stream over plain HTTP."""

from typing import cast

from pydantic import BaseModel, ConfigDict
from quart import Blueprint, request
from quart_schema import document_request, tag, validate_querystring, validate_response

from blueprints.context import principal, services
from blueprints.requests import Query
from itcook.auth import tickets
from itcook.errors import InvalidRequestError, TooLargeError, UnsupportedMediaError
from itcook.messages import MAX_MESSAGE_BYTES, AnyMessage
from itcook.stream import channels
from itcook.stream.node import Stats
from itcook.stream.whereabouts import Whereabouts, who_is_in

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


@blueprint.post("/connections/<connection_id>/messages")
@tag(["realtime"])
@document_request(AnyMessage)
async def say(connection_id: str) -> tuple[str, int]:
    """Say something to a connection of the caller's own; the answer comes on its stream."""
    await services().stream.posting.post(principal(), connection_id, await _message())
    return "", 202


async def _message() -> str:
    """The body, as it is: who reads messages from a WebSocket reads this one too."""
    if not request.is_json:
        raise UnsupportedMediaError("send the message as JSON, with Content-Type: application/json")
    raw = cast("bytes", await request.get_data(as_text=False))
    if len(raw) > MAX_MESSAGE_BYTES:
        raise TooLargeError(f"a message has at most {MAX_MESSAGE_BYTES // 1024} KiB")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidRequestError("the body is not UTF-8", code="invalid_json") from None


class PresenceQuery(Query):
    """Of which channel: `community`, `post:{id}` or `kitchen:{id}`."""

    channel: str = channels.COMMUNITY


@blueprint.get("/presence")
@tag(["realtime"])
@validate_querystring(PresenceQuery)
@validate_response(Whereabouts)
async def presence(query_args: PresenceQuery) -> Whereabouts:
    """Who is in a channel now: how many people, and up to 100 of them by name."""
    return await who_is_in(query_args.channel, principal(), services().stream.ephemera)


@blueprint.get("/stats")
@tag(["realtime"])
@validate_response(Stats)
async def stats() -> Stats:
    """Connections, channels by kind, and events, since the server started."""
    return services().stream.stats()
