"""The stream as Server-Sent Events (WHATWG HTML, section 9.2): one JSON event per `data:` line."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart.wrappers.response import ResponseBody
from quart_schema import document_headers, document_querystring, tag_blueprint
from structlog.contextvars import bind_contextvars

from itcook.auth.principal import Principal
from itcook.contract import answers, refuses
from itcook.stream.connections import Connections
from itcook.stream.session import Session
from transports.connection import connection_of
from transports.direct import SSESink
from transports.frames import Framing, sse_blocks, sse_named_blocks, sse_retry
from transports.parameters import EventStreamQuery, StreamParameters, read_flag
from transports.queued import QueuedSink
from transports.running import connections, count_refusal, principal

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",  # a proxy that compresses also holds back
    "X-Accel-Buffering": "no",  # the same for nginx
}

blueprint = Blueprint("sse", __name__)
tag_blueprint(blueprint, ["realtime"])


class LastEventId(BaseModel):
    """The header of requests, for the documents."""

    last_event_id: str | None = Field(
        default=None, description="A cursor, as browsers send it by themselves; it wins over `cursor`."
    )


blueprint.after_request(count_refusal)


@blueprint.get("/api/v1/realtime/sse")
@document_querystring(EventStreamQuery)
@document_headers(LastEventId)
@answers(
    200,
    "The stream, without end. Each event's `data` is one of these, as JSON; its `id` is a cursor.",
    "text/event-stream",
    "StreamEvent",
)
@refuses(503, "overloaded")
async def stream() -> Response:
    """The events of the caller's channels as Server-Sent Events.

    What is refused is a problem; from the first byte on, the stream has its own ends.
    """
    parameters = StreamParameters.read(request.args, "named")
    framing = sse_named_blocks if read_flag(request.args, "named") else sse_blocks
    # What the browser remembers is newer than what the page once put into the address.
    cursor = request.headers.get("Last-Event-ID") or parameters.cursor
    here = connections()
    here.check_room()
    if request.method == "HEAD":
        return Response(b"", headers=HEADERS)
    parameters = StreamParameters(parameters.names, cursor)
    response = Response(_body(here, parameters, framing), headers=HEADERS)
    response.timeout = None  # Quart would cut the stream after a minute
    return response


def _body(here: Connections, parameters: StreamParameters, framing: Framing) -> ResponseBody:
    connection = connection_of(request.scope)
    if connection is None:
        return _QueuedBody(here, principal(), parameters, framing)
    sink = SSESink(here, connection, framing, request.http_version)
    return _HandedOver(here, principal(), parameters, sink)


class _HandedOver(ResponseBody):
    """The body of which another sees to every byte: entered when the head is out, and left at once."""

    def __init__(
        self, here: Connections, who: Principal, parameters: StreamParameters, sink: SSESink
    ) -> None:
        self._here = here
        self._who = who
        self._address = request.remote_addr or ""
        self._parameters = parameters
        self._connection_id = _announced_id(here)
        self._sink = sink

    async def __aenter__(self) -> AsyncIterator[bytes]:
        session = self._here.open(self._who, "sse", self._sink, self._address, self._connection_id)
        self._sink.begin(session, self._parameters)
        return _nothing()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """The stream goes on."""


class _QueuedBody(ResponseBody):
    """The endless body: entered when the head is out, left when the client or the session is gone."""

    def __init__(
        self, here: Connections, who: Principal, parameters: StreamParameters, framing: Framing
    ) -> None:
        self._here = here
        self._who = who
        self._address = request.remote_addr or ""
        self._parameters = parameters
        self._connection_id = _announced_id(here)
        self._framing = framing
        self._sink: QueuedSink
        self._session: Session
        self._joining: asyncio.Task[None]

    async def __aenter__(self) -> AsyncIterator[bytes]:
        self._sink = QueuedSink()
        self._session = self._here.open(self._who, "sse", self._sink, self._address, self._connection_id)
        self._joining = asyncio.create_task(
            self._here.join(self._session, self._parameters.names, self._parameters.cursor)
        )
        return self._chunks()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._joining.cancel()
        self._here.leave(self._session)
        self._sink.close()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield sse_retry()
        async for batch in self._sink.batches():
            yield self._framing(batch)


def _announced_id(here: Connections) -> str:
    """The id of the connection that the request is about to become, also in what is logged of it from now."""
    connection_id = here.new_id()
    bind_contextvars(connection_id=connection_id)
    return connection_id


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk
