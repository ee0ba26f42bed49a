"""Litestar on uvicorn, with its channels plugin and the in-memory backend."""

from common import CONNECTED, event, is_known, run_uvicorn
from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.exceptions import NotAuthorizedException, WebSocketDisconnect

channels = ChannelsPlugin(backend=MemoryChannelsBackend(), channels=["community"])


@websocket("/stream")
async def stream(socket: WebSocket) -> None:
    if not is_known(socket.headers.get("authorization")):
        raise NotAuthorizedException
    await socket.accept()
    async with channels.start_subscription("community") as subscriber:
        await socket.send_text(CONNECTED)
        async with subscriber.run_in_background(socket.send_text):
            try:
                while True:
                    await socket.receive_text()
            except WebSocketDisconnect:
                pass


async def publish(count: int) -> None:
    for _ in range(count):
        channels.publish(event(), "community")


run_uvicorn(Litestar([stream], plugins=[channels]), publish)
