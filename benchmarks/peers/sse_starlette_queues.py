"""FastAPI on uvicorn with sse-starlette, and a queue for each client, as its documentation shows."""

import asyncio
from collections.abc import AsyncIterator

from common import CONNECTED, event, is_known, run_uvicorn
from fastapi import FastAPI, HTTPException, Request
from sse_starlette import EventSourceResponse

PING_SECONDS = 3600  # none while it is measured

app = FastAPI()
queues: set[asyncio.Queue[str]] = set()


@app.get("/stream")
async def stream(request: Request) -> EventSourceResponse:
    if not is_known(request.headers.get("authorization")):
        raise HTTPException(401)
    return EventSourceResponse(events(), ping=PING_SECONDS)


async def events() -> AsyncIterator[dict[str, str]]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.add(queue)
    try:
        yield {"data": CONNECTED}
        while True:
            yield {"data": await queue.get()}
    finally:
        queues.discard(queue)


async def publish(count: int) -> None:
    for _ in range(count):
        text = event()
        for queue in queues:
            queue.put_nowait(text)


run_uvicorn(app, publish)
