"""The benchmarks' clients count right, or every figure is wrong."""

import asyncio

import pytest

from benchmarks.crowd import EVENT, Client, Crowd, Opening, crowd, text_frame
from benchmarks.figures import percentile
from benchmarks.tally import Arrivals

STREAM = b'HTTP/1.1 200 \r\n\r\ndata: {"type":"Connected"}\n\n' + (b"data: {" + EVENT + b"}\n\n") * 3


@pytest.mark.parametrize("size", [1, 7, 40, len(STREAM)])
async def test_events_are_counted_once_wherever_the_network_cuts_them(size: int) -> None:
    """Pieces of any size give the same count."""
    clients = Crowd(port=0)
    client = Client(clients, Opening(b""))
    for start in range(0, len(STREAM), size):
        client.data_received(STREAM[start : start + size])
    assert client.joined.done()
    assert (client.events, clients.events.count, clients.connected.count) == (3, 3, 1)


async def test_a_refused_stream_fails_the_benchmark() -> None:
    """A client that was not let in is an error, and no fast client."""
    client = Client(Crowd(port=0), Opening(b""))
    client.data_received(b"HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ConnectionError, match="refused"):
        await client.joined


async def test_a_ping_is_answered_wherever_it_stands() -> None:
    """Also between two events that come at once: who does not answer for half a minute is sent away."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(STREAM + b"\x89\x00" + b"data: {" + EVENT + b"}\n\n")
        answered.set_result(await reader.readexactly(6))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with crowd(server.sockets[0].getsockname()[1]) as clients:
            await clients.join([Opening(b"GET / HTTP/1.1\r\n\r\n")])
            async with asyncio.timeout(10):
                assert await answered == b"\x8a\x80\x00\x00\x00\x00"


def test_an_event_is_complete_when_the_last_client_has_it() -> None:
    """A client that is ahead does not stand for one that is behind."""
    arrivals = Arrivals(clients=2, before=5)
    arrivals.add(first=5, count=3)
    assert arrivals.complete == []
    arrivals.add(first=5, count=1)
    assert len(arrivals.complete) == 1
    arrivals.add(first=6, count=2)
    assert len(arrivals.complete) == 3


@pytest.mark.parametrize("length", [5, 125, 126, 300])
def test_a_client_frame_says_its_own_length(length: int) -> None:
    """Masked, with a mask of zeros: the text stands in it as it is (RFC 6455, section 5.2)."""
    frame = text_frame("x" * length)
    head, text = frame[:-length], frame[-length:]
    assert text == b"x" * length
    assert head[:1] == b"\x81"
    assert head[1] & 0x80
    assert head[1] & 0x7F == (min(126, length))
    assert head[2:-4] == (b"" if length < 126 else length.to_bytes(2, "big"))


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank: p50 of four is the second, p95 the last."""
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile([4, 1, 3, 2], 95) == 4
