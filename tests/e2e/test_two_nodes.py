"""Two real nodes over one PostgreSQL, with nothing else between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from itcook.events import SystemNotification
from itcook.stream.envelope import encode_body
from tests.support.api import Api
from tests.support.people import Person
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, running
from tests.support.streams import PATIENCE_SECONDS, TRANSPORTS, SSEStream, Stream, Transport
from tests.support.survival import survives

WITHIN_SECONDS = 1.0  # for what must not take longer, on every node


@pytest.fixture(scope="module")
async def database_url(postgresql: Cluster) -> AsyncIterator[str]:
    """The database of both."""
    async with postgresql.database() as url:
        yield url


@pytest.fixture(scope="module")
async def servers(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[tuple[Server, Server]]:
    """Both nodes. Tests that kill one start it again."""
    settings = {"database_url": database_url, "secret": SECRET, "expiry_scan_seconds": 0.1}
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(running(tmp_path_factory.mktemp("node"), **settings))
            for _ in range(2)
        ]
        for server in (first, second):
            await server.logged(lambda line: line["event"] == "nodes hear each other through PostgreSQL")
        yield first, second


@pytest.fixture
async def apis(servers: tuple[Server, Server]) -> AsyncIterator[tuple[Api, Api]]:
    """The way to each node."""
    first, second = Api(servers[0]), Api(servers[1])
    yield first, second
    await first.aclose()
    await second.aclose()


@pytest.fixture(scope="module")
async def ada(servers: tuple[Server, Server]) -> Person:
    """Someone signed in; a token of one node is one of both."""
    return await _register(servers[0], "Ada Lovelace")


@pytest.fixture(scope="module")
async def grace(servers: tuple[Server, Server]) -> Person:
    """Someone else signed in, by the other node."""
    return await _register(servers[1], "Grace Hopper")


async def _register(server: Server, name: str) -> Person:
    api = Api(server)
    try:
        return await api.register(name)
    finally:
        await api.aclose()


async def contents(stream: Stream, count: int) -> list[str]:
    """What the next posts say."""
    return [(await stream.next_of("NewCommunityPost")).data["content"] for _ in range(count)]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_happens_on_one_is_seen_on_both(
    apis: tuple[Api, Api], ada: Person, grace: Person, transport: Transport
) -> None:
    """The same bytes in the same order, whoever posts where."""
    async with (
        await apis[0].connect(transport, ada) as here,
        await apis[1].connect(transport, grace) as there,
    ):
        await here.next_of("Connected")
        await there.next_of("Connected")
        for number in range(10):
            await apis[number % 2].post(ada, f"{transport} {number}")
        seen = [
            [(await stream.next_of("NewCommunityPost")).text for _ in range(10)] for stream in (here, there)
        ]
        assert seen[0] == seen[1]


async def test_a_stream_is_resumed_on_the_other_node(apis: tuple[Api, Api], ada: Person) -> None:
    """Without gap or double, also over what happened while it was nowhere."""
    async with await apis[0].connect("websocket", ada) as stream:
        cursor = (await stream.next_of("Connected")).data["cursor"]
    said = [f"meanwhile {number}" for number in range(6)]
    for number, content in enumerate(said):
        await apis[number % 2].post(ada, content)
    for api in apis:
        async with await api.connect("sse", ada, cursor=cursor) as stream:
            assert await contents(stream, len(said)) == said


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_logout_ends_connections_on_the_other_node(
    apis: tuple[Api, Api], transport: Transport
) -> None:
    """Within a second of its answer."""
    katherine = await apis[0].register(f"Katherine {transport.capitalize()}")
    async with await apis[1].connect(transport, katherine) as stream:
        await stream.next_of("Connected")
        await apis[0].done("POST", "/auth/logout", katherine)
        async with asyncio.timeout(WITHIN_SECONDS):
            seen, _ = await stream.end()
    assert (seen[-1].type, seen[-1].data["code"]) == ("Disconnecting", 4403)


async def test_who_leaves_a_kitchen_hears_no_more_of_it(
    apis: tuple[Api, Api], ada: Person, grace: Person
) -> None:
    """Nor did who was not in it yet; joining and leaving reach the node where the stream is."""
    kitchen = await apis[0].done("POST", "/kitchens", ada, json={"name": "Shared", "time_zone": "UTC"})
    invite = await apis[0].done("POST", f"/kitchens/{kitchen['id']}/invites", ada, json={})

    async def put(name: str) -> None:
        item = {"name": name, "quantity": 1, "unit": "l", "category": "dairy", "kitchen_id": kitchen["id"]}
        await apis[0].done("POST", "/fridge/items", ada, json=item)

    async def until_reads(channel: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            path = f"/realtime/presence?channel={channel}"
            while not (await apis[1].done("GET", path, grace))["online"]:  # noqa: ASYNC110 # another process's state
                await asyncio.sleep(0.01)

    async with await apis[1].connect("sse", grace) as stream:
        await stream.next_of("Connected")
        await put("before")
        await apis[0].done("POST", "/kitchens/join", grace, json={"code": invite["code"]})
        await until_reads(f"kitchen:{kitchen['id']}")
        await put("between")
        seen = await stream.until(lambda event: event.data.get("name") == "between")
        await apis[0].done("POST", f"/kitchens/{kitchen['id']}/leave", grace)
        await put("after")
        last = await apis[0].post(grace, "that was all")
        seen += await stream.until(lambda event: event.data.get("post_id") == last["id"])
    assert [event.data["name"] for event in seen if event.type == "FridgeItemChanged"] == ["between"]


async def test_typing_is_seen_on_the_other_node(apis: tuple[Api, Api], ada: Person, grace: Person) -> None:
    """It goes by notification alone."""
    post = await apis[0].post(ada, "Soup?")
    channel = f"post:{post['id']}"
    async with (
        await apis[0].connect("websocket", ada, channels=channel) as hers,
        await apis[1].connect("sse", grace, channels=channel) as there,
    ):
        await hers.next_of("Connected")
        await there.next_of("Connected")
        await hers.say({"type": "TypingStart", "post_id": post["id"]})
        typing = await there.next_of("Typing")
        assert (typing.data["user_id"], typing.data["state"]) == (str(ada.id), "started")


async def test_presence_is_each_nodes_own(apis: tuple[Api, Api], ada: Person, grace: Person) -> None:
    """A count of one node's people is no news to those of the other."""
    post = await apis[0].post(ada, "Who is there?")
    channel = f"post:{post['id']}"
    async with await apis[0].connect("sse", ada, channels=channel) as here:
        here.watches_presence = True
        async with (
            await apis[1].connect("sse", grace, channels=channel) as there,
            await apis[0].connect("sse", grace, channels=channel) as beside,
        ):
            await there.next_of("Connected")
            await beside.next_of("Connected")
            seen = await here.next_of("PresenceChanged")
            assert (seen.data["user_id"], seen.data["online"]) == (str(grace.id), 2)
            for api, online in ((apis[0], 2), (apis[1], 1)):
                company = await api.done("GET", f"/realtime/presence?channel={channel}", ada)
                assert company["online"] == online


async def test_a_message_may_be_posted_to_either_node(apis: tuple[Api, Api], ada: Person) -> None:
    """A long one too, which takes several notifications."""
    stream = await apis[0].connect("sse", ada, channels="personal")
    assert isinstance(stream, SSEStream)
    async with stream:
        connection_id = (await stream.next_of("Connected")).data["connection_id"]
        path = f"/realtime/connections/{connection_id}/messages"
        message = {"type": "Subscribe", "channels": ["community"], "ref": "long"}
        padded = httpx.Response(200, json=message).content + b" " * 30_000
        headers = {"Content-Type": "application/json"}
        response = await apis[1].request("POST", path, ada, content=padded, headers=headers)
        assert response.status_code == 202
        assert (await stream.next_of("Subscribed")).data["ref"] == "long"
        refused = await apis[1].request("POST", path, ada, json={"type": "Nonsense"})
        assert refused.status_code == 422
        nobody = await apis[1].request(
            "POST", "/realtime/connections/0123abcd-nobody/messages", ada, json=message
        )
        assert nobody.status_code == 404


async def test_either_node_tells_of_both(apis: tuple[Api, Api], ada: Person) -> None:
    """Their numbers add up, some second late."""
    async with await apis[0].connect("sse", ada) as here, await apis[1].connect("websocket", ada) as there:
        await here.next_of("Connected")
        await there.next_of("Connected")
        async with asyncio.timeout(10):
            for api in apis:
                while True:
                    stats = await api.done("GET", "/realtime/stats", ada)
                    if len(stats["nodes"]) == 2 and stats["by_transport"] == {"sse": 1, "websocket": 1}:
                        break


async def test_a_morning_is_told_once(apis: tuple[Api, Api], database_url: str) -> None:
    """Both nodes look at the clock ten times a second; one of them tells."""
    person = await apis[0].register("Ada Morning")
    item = {
        "name": "Milk",
        "quantity": 1,
        "unit": "l",
        "category": "dairy",
        "expires_on": str(datetime.now(UTC).date()),
    }
    await apis[0].done("POST", "/fridge/items", person, json=item)
    async with await apis[1].connect("sse", person) as stream:
        await stream.next_of("Connected")
        for _ in range(5):
            await _execute(database_url, "UPDATE kitchens SET scan_at = '2020-01-01 08:00:00+00:00'")
        await stream.next_of("ExpiringItems")
        last = await apis[0].post(person, "that was all")
        seen = await stream.until(lambda event: event.data.get("post_id") == last["id"])
    assert "ExpiringItems" not in {event.type for event in seen}


async def test_what_a_dead_node_left_is_relayed_by_the_other(
    apis: tuple[Api, Api], ada: Person, database_url: str
) -> None:
    """It committed, and was gone before it relayed: the other looks once a second."""
    async with await apis[1].connect("sse", ada) as stream:
        await stream.next_of("Connected")
        await _leave_behind(database_url)
        assert (await stream.next_of("SystemNotification")).data["title"] == "Left behind"


@survives("process: kill -9")
async def test_a_node_that_is_killed_under_load(
    servers: tuple[Server, Server], apis: tuple[Api, Api], ada: Person
) -> None:
    """Everything that it answered with 201 comes on the other, once and in order."""
    answered: list[str] = []

    async def post_until_killed() -> None:
        while True:
            try:
                answered.append((await apis[0].post(ada, "under load"))["id"])
            except httpx.TransportError:
                return

    async with await apis[1].connect("websocket", ada) as stream:
        await stream.next_of("Connected")
        load = asyncio.gather(*(post_until_killed() for _ in range(4)))
        await stream.next_of("NewCommunityPost")
        await servers[0].kill()
        await load
        last = await apis[1].post(ada, "after")
        seen = await stream.until(lambda event: event.data.get("post_id") == last["id"])
        cursor = str(seen[0].id)
    posts = [event.data["post_id"] for event in seen]
    assert len(posts) == len(set(posts))
    await servers[0].start()
    epoch, first = cursor.split(".")
    positions = [int(str(event.id).rpartition(".")[2]) for event in seen]
    assert positions == list(range(int(first), int(first) + len(seen)))
    async with await apis[0].connect("sse", ada, cursor=f"{epoch}.0") as stream:
        connected = await stream.next_of("Connected")
        replay = [await stream.next() for _ in range(connected.data["replayed"])]
    assert set(answered) <= {event.data.get("post_id") for event in replay}


@survives("process: SIGSTOP")
async def test_a_node_that_froze_with_the_head_holds_nobody_up(
    servers: tuple[Server, Server], apis: tuple[Api, Api], ada: Person, database_url: str
) -> None:
    """It is given the lock of the head while it is frozen, and keeps it: PostgreSQL ends that. The other node
    relays; whoever wakes up changes nothing of it, and goes on.
    """
    async with await apis[1].connect("sse", ada) as stream:
        await stream.next_of("Connected")
        holder = await asyncpg.connect(database_url)
        try:
            await holder.execute("BEGIN; SELECT 1 FROM stream_heads FOR UPDATE")
            await apis[0].post(ada, "first")  # stored; its node waits for the head now
            await _until_somebody_waits(database_url)
            servers[0].freeze()
            try:
                await holder.execute("COMMIT")
                await apis[1].post(ada, "second")
                assert sorted(await contents(stream, 2)) == ["first", "second"]
            finally:
                servers[0].thaw()
        finally:
            holder.terminate()
        await apis[0].post(ada, "third")
        assert await contents(stream, 1) == ["third"]


async def _until_somebody_waits(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(10):
            while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                pass
    finally:
        await connection.close()


async def _leave_behind(database_url: str) -> None:
    event = SystemNotification(title="Left behind", message="by a node that died", level="Info")
    body = encode_body(event, ("system",), datetime.now(UTC))
    insert = "INSERT INTO stream_entries (channels, body, created_at) VALUES ('system', $1, now())"
    await _execute(database_url, insert, body)


async def _execute(database_url: str, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
