"""The stream as WebSocket messages: one JSON event per text message."""

import asyncio

from quart import Blueprint, websocket
from quart_schema import document_querystring, tag_blueprint
from structlog.contextvars import bind_contextvars

from itcook.auth.principal import Principal
from itcook.contract import answers, refuses
from itcook.stream.connections import Connections
from itcook.stream.session import Session
from transports.connection import Connection, connection_of
from transports.direct import WebSocketSink
from transports.parameters import StreamParameters, StreamQuery
from transports.queued import QueuedSink
from transports.running import connections, count_refusal, principal, subprotocol

blueprint = Blueprint("websocket", __name__)
tag_blueprint(blueprint, ["realtime"])


blueprint.after_websocket(count_refusal)  # type: ignore[type-var] # its type has no refusals


@blueprint.websocket("/api/v1/realtime/ws")
@document_querystring(StreamQuery)
@answers(101, "The connection is a WebSocket from here on; what goes over it is in `/asyncapi.json`.")
@refuses(426, "upgrade_required")
@refuses(503, "overloaded")
async def stream() -> None:
    """The handshake of a WebSocket: the events of the caller's channels, and messages back.

    What is refused is a problem in place of the upgrade. The token may also be offered as a subprotocol,
    beside `itcook.v1`.
    """
    parameters = StreamParameters.read(websocket.args)
    here = connections()
    here.check_room()
    connection_id = here.new_id()
    bind_contextvars(connection_id=connection_id)
    await websocket.accept(subprotocol=subprotocol())
    connection = connection_of(websocket.scope)
    if connection is None:
        await _serve(here, principal(), parameters, connection_id)
    else:
        _hand_over(here, principal(), parameters, connection_id, connection)


def _hand_over(
    here: Connections,
    who: Principal,
    parameters: StreamParameters,
    connection_id: str,
    connection: Connection,
) -> None:
    sink = WebSocketSink(here, connection)
    address = websocket.remote_addr or ""
    sink.begin(here.open(who, "websocket", sink, address, connection_id), parameters)


async def _serve(here: Connections, who: Principal, parameters: StreamParameters, connection_id: str) -> None:
    sink = QueuedSink()
    session = here.open(who, "websocket", sink, websocket.remote_addr or "", connection_id)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(here.join(session, parameters.names, parameters.cursor))
            reader = tasks.create_task(_read(here, session, tasks))
            await _write(sink)
            reader.cancel()
    finally:
        here.leave(session)
        sink.close()


async def _read(here: Connections, session: Session, tasks: asyncio.TaskGroup) -> None:
    # Always reading, also while a message is at work and when nothing is done with any more: Quart's inbound
    # queue has no bound.
    now = asyncio.get_running_loop().time
    while True:
        message = session.receive(await websocket.receive(), now())
        if message is not None:
            tasks.create_task(here.handle(session, message))


async def _write(sink: QueuedSink) -> None:
    async for batch in sink.batches():
        for envelope in batch:
            await websocket.send(envelope.text)
    assert sink.ended is not None, "batches end with the session"
    await websocket.close(sink.ended.code, sink.ended.reason)
