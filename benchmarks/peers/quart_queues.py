"""Quart on Hypercorn, with a queue for each client, as Quart's documentation has its chat."""

import asyncio
import os

import uvloop
from common import CONNECTED, event, is_known, obey
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, abort, websocket

app = Quart(__name__)
queues: set[asyncio.Queue[str]] = set()


@app.websocket("/stream")
async def stream() -> None:
    if not is_known(websocket.headers.get("Authorization")):
        abort(401)
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.add(queue)
    receiving = asyncio.create_task(receive())
    try:
        await websocket.send(CONNECTED)
        while True:
            await websocket.send(await queue.get())
    finally:
        queues.discard(queue)
        receiving.cancel()


async def receive() -> None:
    while True:
        await websocket.receive()


async def publish(count: int) -> None:
    for _ in range(count):
        text = event()
        for queue in queues:
            queue.put_nowait(text)


async def main() -> None:
    obey(publish)
    config = Config()
    config.bind = [f"fd://{os.environ['PEER_FD']}"]
    config.backlog = 4096
    await serve(app, config, shutdown_trigger=asyncio.Event().wait)


uvloop.run(main())
