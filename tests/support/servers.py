"""A real server on a port that the system chose."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quart import Quart

from itcook.listening import listen
from itcook.server import serve
from itcook.settings import Settings


@asynccontextmanager
async def serving(app: Quart, settings: Settings) -> AsyncIterator[int]:
    """Serve `app` as `itcook serve` does; gives the port. Connections wait until it has started."""
    listener = listen(settings)
    port: int = listener.getsockname()[1]
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, settings, listener, stop))
    try:
        yield port
    finally:
        stop.set()
        await server


async def exchange(port: int, request: bytes) -> bytes:
    """Send raw bytes, give what comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
