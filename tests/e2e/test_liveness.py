"""Who lives, who is gone, and how soon either is known."""

import asyncio
import itertools
from collections.abc import Mapping

import pytest

from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.raw_websocket import CLOSE, PING, PONG, frame, raw_websocket
from tests.support.streams import TRANSPORTS, Transport
from tests.support.survival import survives

HEARTBEAT_SECONDS = 0.4
TIMEOUT_SECONDS = 1.2
BEATS = 8  # of HEARTBEAT_SECONDS: more than two timeouts


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"heartbeat_seconds": HEARTBEAT_SECONDS, "timeout_seconds": TIMEOUT_SECONDS}


@covers("control: Heartbeat", "liveness: heartbeat")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_heartbeats_come_at_the_announced_pace_with_a_cursor(
    api: Api, grace: Person, transport: Transport
) -> None:
    """For more than two timeouts, on a client that only reads (and, over WebSocket, answers pings); the
    cursor of a heartbeat resumes."""
    now = asyncio.get_running_loop().time
    async with await api.connect(transport, grace) as stream:
        connected = await stream.next()
        assert connected.data["heartbeat_seconds"] == HEARTBEAT_SECONDS
        assert connected.data["timeout_seconds"] == TIMEOUT_SECONDS
        moments = [now()]
        for _ in range(BEATS):
            beat = await stream.next_of("Heartbeat")
            moments.append(now())
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert HEARTBEAT_SECONDS * 0.9 < sum(pauses) / BEATS < HEARTBEAT_SECONDS * 1.5
    assert beat.sse_id in (None, beat.data["cursor"])
    async with await api.connect(transport, grace, cursor=beat.data["cursor"]) as stream:
        assert (await stream.next()).data["resume"] == "resumed"


@covers("liveness: silence", "ends: 4012", on="websocket")
async def test_a_silent_client_is_closed_with_4012(server: Server, grace: Person) -> None:
    """One that answers no ping, after the timeout and not much later."""
    now = asyncio.get_running_loop().time
    began = now()
    async with raw_websocket(server.address, grace) as raw:
        assert await raw.close_code() == 4012
    assert TIMEOUT_SECONDS <= now() - began < TIMEOUT_SECONDS + 3 * HEARTBEAT_SECONDS


@covers("liveness: ping", on="websocket")
async def test_a_client_that_only_answers_pings_lives(server: Server, grace: Person) -> None:
    """Pongs alone are a sign of life, as browsers give no other."""
    async with raw_websocket(server.address, grace) as raw:
        for _ in range(BEATS):
            received = await raw.receive()
            while received is not None and received.opcode != PING:
                assert received.opcode != CLOSE
                received = await raw.receive()
            assert received is not None, "the server hung up"
            await raw.send(frame(PONG, received.payload))


@survives("frames: half a frame, then silence")
async def test_half_a_frame_and_then_silence_ends_the_connection(server: Server, grace: Person) -> None:
    """Bytes that complete no message keep nobody alive."""
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(frame(0x1, b'{"type":"Heartbeat"}')[:9])
        assert await raw.close_code() == 4012
        await raw.dropped(within=10)


@survives("frames: a close that is not answered")
async def test_a_close_that_is_not_answered_ends_in_a_dropped_connection(
    server: Server, grace: Person
) -> None:
    """Within ten seconds of the close frame the TCP connection is gone."""
    async with raw_websocket(server.address, grace) as raw:
        await raw.send(frame(0x2, b"binary"))
        assert await raw.close_code() == 1003
        await raw.dropped(within=10)
