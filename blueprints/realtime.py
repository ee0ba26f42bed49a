"""What can be asked about the stream over plain HTTP."""

import asyncio
import json
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, request
from quart_schema import document_request, tag, validate_querystring, validate_response

from blueprints.context import principal, services
from blueprints.requests import Query
from itcook.auth import tickets
from itcook.auth.roles import check_admin
from itcook.contract import answers, refuses
from itcook.errors import InvalidRequestError, TooLargeError, UnsupportedMediaError
from itcook.messages import MAX_MESSAGE_BYTES, AnyMessage
from itcook.pages import DEFAULT_LIMIT, MAX_LIMIT
from itcook.stream import channels
from itcook.stream.polling import MAX_EVENTS, MAX_WAIT, Polled
from itcook.stream.roster import Roster, roster
from itcook.stream.stats import Stats, stats_of
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


class EventsQuery(Query):
    """After which cursor, or from now on; of which channels; how many; how many seconds to wait for one."""

    after: str = ""
    channels: str | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS)] = MAX_EVENTS
    wait: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 0


@blueprint.post("/connections/<connection_id>/messages")
@tag(["realtime"])
@document_request(AnyMessage)
@answers(202, "The message was taken; what it is answered with comes on the stream.")
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
@refuses(403, "channel_forbidden")
@refuses(404, "channel_unknown")
async def presence(query_args: PresenceQuery) -> Whereabouts:
    """Who is in a channel now: how many people, and up to 100 of them by name."""
    return await who_is_in(query_args.channel, principal(), services().stream.ephemera)


@blueprint.get("/events")
@tag(["realtime"])
@validate_querystring(EventsQuery)
@answers(200, "Events after the cursor.", "application/json", "EventPage")
async def events(query_args: EventsQuery) -> Response:
    """Events after a cursor, as plain JSON; without any, the first that come while the request waits."""
    here = services().stream.connections
    here.check_open()
    polled = await here.polling.poll(
        principal(),
        channels.listed(query_args.channels),
        query_args.after or None,
        limit=query_args.limit,
        wait=query_args.wait,
    )
    return Response(_page(polled), content_type="application/json", headers={"Cache-Control": "no-store"})


def _page(polled: Polled) -> str:
    # The events as they are on a stream, byte for byte: they were encoded once and are not encoded again.
    data = ",".join([envelope.text for envelope in polled.events])
    rest = {
        "cursor": polled.cursor,
        "has_more": polled.has_more,
        "resync": None if polled.resync is None else {"reason": polled.resync},
    }
    members = json.dumps(rest, separators=(",", ":")).removeprefix("{")
    return f'{{"data":[{data}],{members}'


@blueprint.get("/stats")
@tag(["realtime"])
@validate_response(Stats)
async def stats() -> Stats:
    """Connections, channels by kind, and events, since the server started; more for administrators."""
    return stats_of(services().stream.snapshots(), detailed=principal().is_admin)


class ConnectionQuery(Query):
    """Which page of connections."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    before: str | None = Field(default=None, min_length=1, max_length=64)


@blueprint.get("/connections")
@tag(["realtime"])
@validate_querystring(ConnectionQuery)
@validate_response(Roster)
@refuses(403, "admin_only")
async def open_connections(query_args: ConnectionQuery) -> Roster:
    """The open connections of this process, for administrators."""
    check_admin(principal())
    return roster(
        services().stream.connections,
        query_args.limit,
        query_args.before,
        asyncio.get_running_loop().time(),
    )
