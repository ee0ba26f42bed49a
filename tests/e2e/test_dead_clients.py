"""Clients that are gone without a word, and how soon that is known."""

import asyncio
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from itcook.listening import listen
from itcook.settings import Settings
from tests.support.api import Api
from tests.support.bad_network import bad_network
from tests.support.contract import STREAMS, covers
from tests.support.figures import report
from tests.support.other_process import other_process
from tests.support.people import Person
from tests.support.processes import LogLine, Server, running
from tests.support.raw_websocket import raw_websocket
from tests.support.streams import TRANSPORTS, Transport
from tests.support.survival import survives
from tests.support.tools import leave_out

HEARTBEAT_SECONDS = 0.5
TIMEOUT_SECONDS = 1.5
GONE_SECONDS = 45  # at the default settings; half as long again as the timeout
LARGE = "x" * 2_000


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"heartbeat_seconds": HEARTBEAT_SECONDS, "timeout_seconds": TIMEOUT_SECONDS}


async def _ended(server: Server, after: int, transport: Transport, within: float = 20) -> LogLine:
    return await server.logged(
        lambda line: line["event"] == "connection ended" and line["transport"] == transport,
        after=after,
        within=within,
    )


async def test_a_network_that_swallows_everything_costs_a_timeout(
    server: Server, api: Api, grace: Person
) -> None:
    """Both ends acknowledge every byte and neither hears the other: 4012."""
    seen = len(server.lines)
    async with bad_network(server.address) as network, raw_websocket(network.address, grace) as raw:
        assert await raw.receive() is not None
        network.swallows = True
        assert (await _ended(server, seen, "websocket"))["code"] == 4012


async def test_a_slow_network_costs_nobody_the_connection(server: Server, grace: Person) -> None:
    """A pong that takes most of a heartbeat on its way is a sign of life all the same."""
    async with bad_network(server.address) as network:
        network.delay = HEARTBEAT_SECONDS / 2
        far = Api(server, url="http://{}:{}".format(*network.address))
        async with await far.connect("websocket", grace) as stream:
            for _ in range(8):
                await stream.next_of("Heartbeat")
        await far.aclose()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_cut_is_noticed_at_once(server: Server, grace: Person, transport: Transport) -> None:
    """By the server, which forgets the connection; the client resumes on another."""
    seen = len(server.lines)
    async with bad_network(server.address) as network:
        far = Api(server, url="http://{}:{}".format(*network.address))
        stream = await far.connect(transport, grace)
        cursor = (await stream.next()).data["cursor"]
        network.cut()
        await _ended(server, seen, transport, within=TIMEOUT_SECONDS)
        async with await far.connect(transport, grace, cursor=cursor) as again:
            assert (await again.next()).data["resume"] == "resumed"
        await stream.close()
        await far.aclose()


async def test_a_frozen_websocket_client_is_ended(server: Server, api: Api, grace: Person) -> None:
    """Its kernel acknowledges and it answers no ping: 4012."""
    seen = len(server.lines)
    async with other_process(api.address("websocket"), grace) as client:
        client.freeze()
        assert (await _ended(server, seen, "websocket"))["code"] == 4012


@covers("liveness: stuck", on="sse")
async def test_a_frozen_sse_client_is_ended_when_there_is_something_to_say(
    server: Server, api: Api, grace: Person
) -> None:
    """What its kernel does not take stays in ours, which gives up after the timeout."""
    seen = len(server.lines)
    async with other_process(api.address("sse"), grace) as client:
        client.freeze()
        for _ in range(20):
            await api.post(grace, LARGE)
        assert (await _ended(server, seen, "sse"))["code"] in {1000, 4008}


@survives("rest: a slow head")
@pytest.mark.parametrize("head", [b"", b"GET /health/live HT", b"GET /health/live HTTP/1.1\r\nHost: x\r\n"])
async def test_a_request_that_does_not_come_holds_no_connection(server: Server, head: bytes) -> None:
    """Nothing, half a line, half a head that grows by a byte a second: closed within ten seconds, with a word
    to whoever had begun."""
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(head)

    async def dribble() -> None:
        while True:
            await asyncio.sleep(1)
            writer.write(b"x" if head else b"")

    dribbling = asyncio.create_task(dribble())
    try:
        async with asyncio.timeout(10):
            assert (await reader.read())[:13] == (b"HTTP/1.1 408 " if head else b"")
    finally:
        dribbling.cancel()
        writer.transport.abort()


@covers("liveness: unacknowledged", on=STREAMS)
def test_accepted_sockets_have_the_timeout(settings: Settings) -> None:
    """The kernel drops who acknowledges nothing for as long as the setting says."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        leave_out("only Linux has TCP_USER_TIMEOUT")
    with listen(settings) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            timeout = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert timeout == settings.timeout_seconds * 1000


@pytest.mark.slow
async def test_the_dead_are_gone_within_45_seconds_by_default(tmp_path: Path) -> None:
    """A WebSocket behind a network that swallows, and an SSE reader that is frozen."""
    async with running(tmp_path) as server:
        api = Api(server)
        ada = await api.register("Ada Lovelace")
        seen = len(server.lines)
        async with (
            other_process(api.address("sse"), ada) as client,
            bad_network(server.address) as network,
            raw_websocket(network.address, ada) as raw,
        ):
            assert await raw.receive() is not None
            network.swallows = True
            client.freeze()
            began = time.monotonic()
            for _ in range(20):
                await api.post(ada, LARGE)
            await asyncio.gather(
                *[_ended(server, seen, transport, within=GONE_SECONDS) for transport in TRANSPORTS]
            )
            took = time.monotonic() - began
        await api.aclose()
    report(f"gone after {took:.1f} s")
    assert took < GONE_SECONDS + HEARTBEAT_SECONDS
