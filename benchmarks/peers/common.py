"""What the Python peers share: the inherited socket, the token check, the event, and the trigger.

A peer is started with the work in its environment (`benchmarks/contestants.py`): `PEER_FD` is the
listening socket, `PEER_SECRET` signs tokens, `PEER_EVENT` is the event. A line on its standard input, a
number, has it publish so many events.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

CONNECTED = '{"type":"Connected"}'
Publish = Callable[[int], Awaitable[None]]

_SECRET = os.environ["PEER_SECRET"]
_EVENT = json.loads(os.environ["PEER_EVENT"])
_publishing: set[asyncio.Task[None]] = set()


def listener() -> socket.socket:
    """The socket to serve on; it listens already."""
    return socket.socket(fileno=int(os.environ["PEER_FD"]))


def is_known(authorization: str | None) -> bool:
    """Whether the header `Authorization` carries a token of ours."""
    if authorization is None or not authorization.startswith("Bearer "):
        return False
    try:
        jwt.decode(
            authorization.removeprefix("Bearer "),
            _SECRET,
            algorithms=["HS256"],
            issuer="itcook",
            audience="itcook",
        )
    except jwt.InvalidTokenError:
        return False
    return True


def event() -> str:
    """The event, encoded anew as for each publication."""
    return json.dumps(_EVENT, separators=(",", ":"))


def obey(publish: Publish) -> None:
    """Have `publish` called with the number on each line that comes in, one call after the other."""
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[int] = asyncio.Queue()

    def read() -> None:
        data = os.read(sys.stdin.fileno(), 1024)
        if not data:  # whoever started us is gone
            loop.remove_reader(sys.stdin.fileno())
            loop.stop()
        for line in data.splitlines():
            orders.put_nowait(int(line))

    async def work() -> None:
        while True:
            await publish(await orders.get())

    loop.add_reader(sys.stdin.fileno(), read)
    _publishing.add(asyncio.create_task(work()))


def run_uvicorn(app: Any, publish: Publish) -> None:
    """Serve `app` as uvicorn's documentation tunes it: uvloop, httptools, no access log.

    What costs and is not asked for here is off: pings, and the offer of compression.
    """
    import uvicorn
    import uvloop

    async def serve() -> None:
        obey(publish)
        config = uvicorn.Config(
            app,
            http="httptools",
            log_level="warning",
            access_log=False,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
        )
        await uvicorn.Server(config).serve(sockets=[listener()])

    uvloop.run(serve())
