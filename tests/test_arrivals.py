"""Connections between their acceptance and what serves them."""

import asyncio

from itcook.arrivals import Arrivals
from tests.support.raw_websocket import handshake
from tests.support.waiting import until
from transports.connection import Connection
from transports.plain import Handshake

HANDSHAKE = handshake("example.org", "a.b.c")


async def test_a_handshake_that_is_looked_at_is_waited_for_in_the_end() -> None:
    """A server that stops has it granted, or served as any other, with all that was read of it."""
    looked_at, go_on = asyncio.Event(), asyncio.Event()
    served: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def refuse(handshake: Handshake, connection: Connection) -> bool:
        looked_at.set()
        await go_on.wait()
        return False

    arrivals = Arrivals(lambda: False, refuse, lambda *ends: served.append(ends), patience=60)
    server = await asyncio.get_running_loop().create_server(arrivals, "127.0.0.1", 0)
    _, client = await asyncio.open_connection(*server.sockets[0].getsockname())
    client.write(HANDSHAKE)
    await looked_at.wait()
    finishing = asyncio.create_task(arrivals.finish(60))
    await asyncio.sleep(0)
    assert not finishing.done()
    go_on.set()
    await finishing
    [(reader, writer)] = served
    assert await reader.readexactly(len(HANDSHAKE)) == HANDSHAKE
    for end in (writer, client):
        end.close()
        await end.wait_closed()
    server.close()


async def test_who_has_sent_nothing_is_served_as_any_other_in_the_end() -> None:
    """Without being waited for, and counted as arriving no more."""
    served: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def refuse(handshake: Handshake, connection: Connection) -> bool:
        return False

    arrivals = Arrivals(lambda: False, refuse, lambda *ends: served.append(ends), patience=60)
    server = await asyncio.get_running_loop().create_server(arrivals, "127.0.0.1", 0)
    _, client = await asyncio.open_connection(*server.sockets[0].getsockname())
    await until(lambda: len(arrivals) == 1)
    await arrivals.finish(60)
    assert (len(served), len(arrivals)) == (1, 0)
    for end in (served[0][1], client):
        end.close()
        await end.wait_closed()
    server.close()
