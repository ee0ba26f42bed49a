"""The benchmarks' clients count right, or every figure is wrong."""

import pytest

from benchmarks.crowd import EVENT, Client, Crowd
from benchmarks.figures import percentile

STREAM = b'HTTP/1.1 200 \r\n\r\ndata: {"type":"Connected"}\n\n' + (b"data: {" + EVENT + b"}\n\n") * 3


@pytest.mark.parametrize("size", [1, 7, 40, len(STREAM)])
async def test_events_are_counted_once_wherever_the_network_cuts_them(size: int) -> None:
    """Pieces of any size give the same count."""
    clients = Crowd(port=0)
    client = Client(clients, b"")
    for start in range(0, len(STREAM), size):
        client.data_received(STREAM[start : start + size])
    assert client.joined.done()
    assert (client.events, clients.events.count, clients.connected.count) == (3, 3, 1)


async def test_a_refused_stream_fails_the_benchmark() -> None:
    """A client that was not let in is an error, and no fast client."""
    client = Client(Crowd(port=0), b"")
    client.data_received(b"HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ConnectionError, match="refused"):
        await client.joined


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank: p50 of four is the second, p95 the last."""
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile([4, 1, 3, 2], 95) == 4
