"""The stream as WebSocket messages: one JSON event per text message."""

import asyncio

from quart import Blueprint, websocket

from itcook.auth.principal import Principal
from itcook.stream.connections import Connections
from itcook.stream.session import Session
from transports.connection import Connection, connection_of
from transports.direct import WebSocketSink
from transports.parameters import StreamParameters
from transports.queued import QueuedSink
from transports.running import connections, count_refusal, principal, subprotocol

blueprint = Blueprint("websocket", __name__)


blueprint.after_websocket(count_refusal)  # type: ignore[type-var] # its type has no refusals


@blueprint.websocket("/api/v1/realtime/ws")
async def stream() -> None:
    """Everything up to `accept` that raises becomes an HTTP problem in place of the upgrade."""
    parameters = StreamParameters.read(websocket.args)
    here = connections()
    here.check_room()
    await websocket.accept(subprotocol=subprotocol())
    connection = connection_of(websocket.scope)
    if connection is None:
        await _serve(here, principal(), parameters)
    else:
        _hand_over(here, principal(), parameters, connection)


def _hand_over(
    here: Connections, who: Principal, parameters: StreamParameters, connection: Connection
) -> None:
    sink = WebSocketSink(here, connection)
    address = websocket.remote_addr or ""
    sink.begin(here.open(who, "websocket", sink, address), parameters)


async def _serve(here: Connections, who: Principal, parameters: StreamParameters) -> None:
    sink = QueuedSink()
    session = here.open(who, "websocket", sink, websocket.remote_addr or "")
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
