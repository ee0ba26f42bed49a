"""`websockets`, with its own `broadcast`: the library's documented way to many clients."""

import uvloop
from common import CONNECTED, event, is_known, listener, obey
from websockets.asyncio.server import Request, Response, ServerConnection, broadcast, serve

clients: set[ServerConnection] = set()


def check(connection: ServerConnection, request: Request) -> Response | None:
    if is_known(request.headers.get("Authorization")):
        return None
    return connection.respond(401, "who are you?\n")


async def handle(connection: ServerConnection) -> None:
    clients.add(connection)
    try:
        await connection.send(CONNECTED)
        await connection.wait_closed()
    finally:
        clients.discard(connection)


async def publish(count: int) -> None:
    for _ in range(count):
        broadcast(clients, event())


async def main() -> None:
    obey(publish)
    options = {"compression": None, "ping_interval": None, "process_request": check}
    async with serve(handle, sock=listener(), **options) as server:
        await server.serve_forever()


uvloop.run(main())
