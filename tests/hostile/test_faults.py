"""What a machine runs out of, under a server with open streams: the answer is clear, and it recovers."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

import httpx
import psutil
import pytest

from itcook import clock
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.settings import Settings
from itcook.stream.cursor import Cursor
from tests.support.api import Api
from tests.support.people import PASSWORD, Person
from tests.support.processes import Server
from tests.support.servers import serving
from tests.support.survival import survives

SPARE_BYTES = 24 * 1024 * 1024  # less than a hash of a password takes, and more than all else


def assert_unavailable(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (503, "unavailable"), response.text
    assert int(response.headers["Retry-After"]) >= 1


@contextmanager
def limited(server: Server, what: int, limit: int) -> Iterator[None]:
    """The process may have no more than that of something."""
    before = resource.prlimit(server.pid, what)
    resource.prlimit(server.pid, what, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, what, before)


async def feed(api: Api, person: Person) -> list[str]:
    """What all posts say."""
    return [post["content"] for post in (await api.done("GET", "/community/posts", person))["data"]]


@survives("database: a full disk")
async def test_a_full_disk(server: Server, api: Api, ada: Person, grace: Person) -> None:
    """No byte can be written behind the first: 503 and nothing of it is stored, while pages are read and the
    stream lives. With room again the next post is stored, and is the next event."""
    async with await api.connect("sse", grace) as stream:
        await stream.next()
        with limited(server, resource.RLIMIT_FSIZE, 1):
            for number in range(3):
                lost = {"content": f"lost {number}"}
                assert_unavailable(await api.request("POST", "/community/posts", ada, json=lost))
            assert await feed(api, grace) == []
            await stream.next_of("Heartbeat")
        post = await api.post(ada, "kept")
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]
    assert await feed(api, grace) == ["kept"]


@survives("process: no memory left")
async def test_no_memory_for_a_password(server: Server, api: Api, ada: Person, grace: Person) -> None:
    """Its hash takes 64 MiB: 503 for whoever signs in or registers. Whoever is in goes on, and with memory
    again the password is right."""
    credentials = {"email": ada.email, "password": PASSWORD}
    allowed = psutil.Process(server.pid).memory_info().vms + SPARE_BYTES
    async with await api.connect("websocket", grace) as stream:
        await stream.next()
        with limited(server, resource.RLIMIT_AS, allowed):
            assert_unavailable(await api.request("POST", "/auth/login", json=credentials))
            post = await api.post(ada, "still here")
            assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]
        assert (await api.request("POST", "/auth/login", json=credentials)).status_code == 200


class Wrong:
    """A clock that somebody sets, in the place of `datetime`."""

    by = timedelta()

    @classmethod
    def now(cls, tz: tzinfo) -> datetime:
        return datetime.now(tz) + cls.by


@survives("process: a clock that jumps")
async def test_a_clock_that_jumps(
    settings: Settings, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour forwards, two back, and right again: positions are in the order of the posts, on both
    transports and in a replay, and no stream ends."""
    monkeypatch.setattr(clock, "datetime", Wrong)
    settings = settings.model_copy(update={"access_token_seconds": 6 * 3600})
    posted, seen = [], []
    async with serving(create_app(settings, passwords), settings) as port:
        api = Api(url=f"http://127.0.0.1:{port}")
        ada = await api.register("Ada Lovelace")
        async with await api.connect("sse", ada) as sse, await api.connect("websocket", ada) as websocket:
            start = (await sse.next()).data["cursor"]
            await websocket.next()
            for hours in (0, 1, -1, 0):
                monkeypatch.setattr(Wrong, "by", timedelta(hours=hours))
                posted.append((await api.post(ada, f"{hours}"))["id"])
                events = [await stream.next_of("NewCommunityPost") for stream in (sse, websocket)]
                assert events[0].text == events[1].text
                seen.append(events[0])
        async with await api.connect("sse", ada, cursor=start) as stream:
            replayed = [await stream.next_of("NewCommunityPost") for _ in posted]
        await api.aclose()
    assert [event.data["post_id"] for event in seen] == posted
    assert [event.text for event in replayed] == [event.text for event in seen]
    cursors = [Cursor.parse(event.id or "") for event in seen]
    positions = [cursor.position for cursor in cursors if cursor is not None]
    assert positions == list(range(positions[0], positions[0] + len(posted)))
    times = [datetime.fromisoformat(event.json["timestamp"]).astimezone(UTC) for event in seen]
    assert times != sorted(times), "it did jump"
