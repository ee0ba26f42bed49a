"""One client that does not read, beside a hundred that do."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.figures import report
from tests.support.people import Person
from tests.support.processes import Server, running
from tests.support.raw_websocket import raw_websocket
from tests.support.streams import TRANSPORTS, Received, Stream
from tests.support.survival import survives

READERS = 100
LARGE = "🍲" * 5_000  # 20 kB of JSON
MAX_POSTS = 600
MAX_GROWTH = 64 * 1024 * 1024
TOO_SLOW = 4008


async def _post_until_ended(api: Api, server: Server, person: Person) -> list[str]:
    """Post until the slow reader is ended; the posts' ids."""
    posted: list[str] = []
    while not any(line.get("code") == TOO_SLOW for line in server.lines):
        assert len(posted) < MAX_POSTS, "the slow reader is still there"
        posted.append((await api.post(person, LARGE))["id"])
    posted.append((await api.post(person, "the last"))["id"])
    return posted


async def _read_posts(stream: Stream) -> list[str]:
    """The JSON of every post up to the last; looked at as text, as there are a hundred times 4 MB of it."""
    seen = await stream.until(lambda event: '"the last"' in event.text)
    return [event.text for event in seen if '"type":"NewCommunityPost"' in event.text]


async def _connect_all(api: Api, people: list[Person], stack: AsyncExitStack) -> list[Stream]:
    return [
        await stack.enter_async_context(await api.connect(transport, person))
        for person in people
        for transport in TRANSPORTS * (CONNECTIONS_PER_PERSON // len(TRANSPORTS))
    ]


@survives("sse: a slow reader")
@pytest.mark.slow
async def test_a_slow_reader_is_ended_and_nobody_else_notices(tmp_path: Path) -> None:
    """A WebSocket with a small receive buffer that is never read is ended with 4008 and dropped; of a hundred
    others on both transports each sees every event in order; and the server's memory hardly grows."""
    # It answers no pings either: on a busy machine it would be taken for dead before it is too slow.
    patient = {"heartbeat_seconds": 60, "timeout_seconds": 300}
    async with running(tmp_path, **patient) as server, AsyncExitStack() as stack:
        api = Api(server)
        stack.push_async_callback(api.aclose)
        people = await api.register_many(READERS // CONNECTIONS_PER_PERSON + 1)
        slow = await stack.enter_async_context(raw_websocket(server.address, people[-1], receive_buffer=4096))
        streams = await _connect_all(api, people[:-1], stack)
        readers = [asyncio.create_task(_read_posts(stream)) for stream in streams]
        before = server.resident_bytes
        posted = await _post_until_ended(api, server, people[-1])
        seen = await asyncio.gather(*readers)
        growth = server.resident_bytes - before
        await slow.dropped(within=10)

    assert len(seen) == READERS
    assert [Received(text).data["post_id"] for text in seen[0]] == posted
    assert all(one == seen[0] for one in seen)
    report(f"ended after {len(posted)} posts; the server grew by {growth / 2**20:.1f} MiB")
    assert growth < MAX_GROWTH
