"""What a server does only when something is wrong, or very late: the fault is made, the rest is real."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn, cast

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart
from tortoise.exceptions import OperationalError

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.models import Post
from itcook.settings import Settings
from itcook.stream import connections, history
from itcook.stream.connections import Connections
from tests.contract.test_ends import documented, ended
from tests.support.api import Api
from tests.support.contract import covers
from tests.support.people import Person
from tests.support.servers import serving
from tests.support.sinks import Sink
from tests.support.streams import Transport

A_POST = "post:01a209cd-6229-70b9-a020-06dcfbbeb084"


@pytest.fixture(params=["direct", "hypercorn"])
def sink(request: pytest.FixtureRequest) -> Sink:
    name: Sink = request.param
    return name


@pytest.fixture
async def api(quart: Quart, settings: Settings, sink: Sink) -> AsyncIterator[Api]:
    """A server in this process, in which faults can be made."""
    async with hypercorn(quart) if sink == "hypercorn" else serving(quart, settings) as port:
        api = Api(url=f"http://127.0.0.1:{port}")
        try:
            yield api
        finally:
            await api.aclose()


@asynccontextmanager
async def hypercorn(app: Quart) -> AsyncIterator[int]:
    """The port of Hypercorn alone."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = logging.getLogger("hypercorn.error")
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        yield port
    finally:
        stop.set()
        await server


@pytest.fixture
def quart(settings: Settings, passwords: Passwords) -> Quart:
    return create_app(settings, passwords)


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.register("Ada Lovelace")


def breaks(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on, asking the database whether there is a post raises `error`."""

    async def exists(**_: Any) -> NoReturn:
        raise error

    monkeypatch.setattr(Post, "exists", exists)


@covers("errors: unavailable")
async def test_a_database_that_cannot_answer(
    api: Api, ada: Person, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Costs nobody the connection."""
    async with await api.connect(transport, ada) as stream:
        await stream.next()
        breaks(monkeypatch, OperationalError("database is locked"))
        await stream.say({"type": "Subscribe", "channels": [A_POST], "ref": "r"})
        error = await stream.next()
        assert (error.type, error.data["code"], error.data["ref"]) == ("Error", "unavailable", "r")
        await stream.say({"type": "Unsubscribe", "channels": ["kitchens"], "ref": "still here"})
        assert (await stream.next()).data["ref"] == "still here"


@covers("ends: 1011")
async def test_a_defect(api: Api, ada: Person, transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the connection that met it, and no other."""
    async with await api.connect(transport, ada) as stream, await api.connect(transport, ada) as other:
        await stream.next()
        await other.next()
        breaks(monkeypatch, RuntimeError("a defect"))
        await stream.say({"type": "Subscribe", "channels": [A_POST]})
        assert await ended(stream) == documented(1011)
        await other.say({"type": "Unsubscribe", "channels": ["kitchens"], "ref": "still here"})
        assert (await other.next()).data["ref"] == "still here"


@covers("ends: 4000")
async def test_a_lease_that_is_over(
    api: Api, ada: Person, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve hours, give or take a fifth; here half a second."""
    monkeypatch.setattr(connections, "LEASE_SECONDS", 0.5)
    async with await api.connect(transport, ada) as stream:
        connected = await stream.next()
        assert await ended(stream) == documented(4000)
    async with await api.connect(transport, ada, cursor=connected.data["cursor"]) as stream:
        assert (await stream.next()).data["resume"] == "resumed"


@covers("ends: 1013")
async def test_the_last_place_is_taken_meanwhile(
    api: Api, ada: Person, quart: Quart, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There was room when the handshake began, and none when it was over: the connection ends as it begins,
    with a time to come back."""
    monkeypatch.setattr(Connections, "check_room", Connections.check_open)
    monkeypatch.setattr(quart.extensions["itcook"].stream.connections, "limit", 0)
    async with await api.connect(transport, ada) as stream:
        last = {**await ended(stream)}
    assert 2_000 <= cast("int", last.pop("retry_after_ms")) <= 10_000
    assert last.items() <= documented(1013).items()


async def four_posts(api: Api, person: Person) -> str:
    """The cursor before them."""
    start: str = (await api.done("GET", "/realtime/events", person))["cursor"]
    for number in range(4):
        await api.post(person, f"number {number}")
    await api.published(person, start, 4)
    return start


@covers("reasons: too_far_behind")
async def test_more_was_missed_than_is_replayed(
    api: Api, ada: Person, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand events; here three. The client goes on from the cursor that it is given."""
    start = await four_posts(api, ada)
    monkeypatch.setattr(history, "MAX_REPLAY", 3)
    async with await api.connect(transport, ada, cursor=start) as stream:
        assert (await stream.next()).data["resume"] == "reset"
        resync = await stream.next()
        assert (resync.type, resync.data["reason"]) == ("ResyncRequired", "too_far_behind")
    live = await api.post(ada, "live")
    await api.published(ada, resync.data["cursor"], 1)
    async with await api.connect(transport, ada, cursor=resync.data["cursor"]) as stream:
        assert (await stream.next()).data["replayed"] == 1
        assert (await stream.next()).data["post_id"] == live["id"]


@covers("reasons: too_far_behind", "reasons: unknown_cursor", "polling: after", on="poll")
async def test_a_poll_that_is_too_far_behind(api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """`resync` says so, and no event is told."""
    start = await four_posts(api, ada)
    page = await api.done("GET", "/realtime/events", ada, params={"after": start})
    assert len(page["data"]) == 4
    monkeypatch.setattr(history, "MAX_REPLAY", 3)
    for after, reason in ((start, "too_far_behind"), ("nonsense", "unknown_cursor")):
        page = await api.done("GET", "/realtime/events", ada, params={"after": after})
        assert (page["data"], page["resync"]) == ([], {"reason": reason})
    assert (await api.done("GET", "/realtime/events", ada, params={"after": page["cursor"]}))[
        "resync"
    ] is None
