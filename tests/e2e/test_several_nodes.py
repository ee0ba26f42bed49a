"""Two `itcook serve` on one PostgreSQL and one Redis: to a client they are one server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.api import Api
from tests.support.collector import Collector, collector, in_steps, incoming
from tests.support.people import Person
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import Server, started
from tests.support.redis_server import RedisServer, redis_server
from tests.support.streams import TRANSPORTS, SSEStream, Stream, Transport
from tests.support.survival import survives
from tests.support.waiting import PATIENCE_SECONDS


class Site:
    """Two servers with an interface to each, what they share, and where they send their spans."""

    def __init__(
        self, redis: RedisServer, collecting: Collector, servers: list[Server], apis: list[Api]
    ) -> None:
        self.redis = redis
        self.collecting = collecting
        self.servers = servers
        self.apis = apis

    async def degraded(self) -> list[bool]:
        """Which of the servers say that Redis is away; ready they are in any case."""
        answers = [await api.http.get(f"{api.url}/health/ready") for api in self.apis]
        assert [answer.status_code for answer in answers] == [200, 200]
        return [answer.json().get("degraded") == ["redis"] for answer in answers]


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, postgresql: Cluster) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(postgresql.database())
        redis = await stack.enter_async_context(redis_server(tmp_path_factory.mktemp("redis")))
        collecting = stack.enter_context(collector())
        shared = {"database_url": database_url, "redis_url": redis.url, "secret": SECRET, "tracing": "on"}
        with collecting.in_environment():
            servers = [Server(tmp_path_factory.mktemp(name), shared) for name in ("a", "b")]
        for server in servers:
            await stack.enter_async_context(started(server))
        apis = [Api(server) for server in servers]
        for api in apis:
            stack.push_async_callback(api.aclose)
        yield Site(redis, collecting, servers, apis)


@pytest.fixture(scope="module")
async def ada(site: Site) -> Person:
    return await site.apis[0].register("Ada Lovelace")


@pytest.fixture(scope="module")
async def grace(site: Site) -> Person:
    return await site.apis[1].register("Grace Hopper")


async def connected(api: Api, transport: Transport, person: Person, **parameters: str) -> tuple[Stream, str]:
    """A stream that has begun, and the id of its connection."""
    stream = await api.connect(transport, person, **parameters)
    begun = await stream.next()
    assert begun.type == "Connected"
    return stream, begun.data["connection_id"]


async def test_a_post_is_one_trace_over_both_nodes(site: Site, ada: Person, grace: Person) -> None:
    """From the request on one of them to the flush on each, all under the transaction that recorded it,
    whichever of them relayed it."""
    streams = [
        (await connected(api, "sse", who))[0] for api, who in zip(site.apis, (ada, grace), strict=True)
    ]
    trace_id, headers = incoming()
    body = {"content": "Borscht", "post_type": "general"}
    posted = await site.apis[0].request("POST", "/community/posts", ada, json=body, headers=headers)
    assert posted.status_code == 201
    for stream in streams:
        await stream.next_of("NewCommunityPost")
        await stream.close()
    spans = await site.collecting.trace(trace_id, lambda spans: len(spans) == 6)
    request, transaction, *after = in_steps(spans)
    stamp, publish, *flushes = after
    assert (request.kind, request.name) == ("SERVER", "POST /api/v1/community/posts")
    assert (transaction.name, transaction.parent) == ("transaction create_post", request.id)
    assert [span.name.partition(" ")[0] for span in after] == ["stamp", "publish", "flush", "flush"]
    assert {span.parent for span in after} == {transaction.id}
    assert stamp.resource == publish.resource
    nodes = {
        line["node_id"] for server in site.servers for line in server.lines if line["event"] == "serving"
    }
    assert {span.attributes["itcook.node.id"] for span in flushes} == nodes
    assert [span.attributes["itcook.deliveries"] for span in flushes] == [1, 1]
    assert len({span.resource["service.instance.id"] for span in flushes}) == 2


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_post_reaches_clients_of_the_other_node(
    site: Site, ada: Person, grace: Person, transport: Transport
) -> None:
    """With the same bytes on both."""
    here, _ = await connected(site.apis[0], transport, ada)
    there, _ = await connected(site.apis[1], transport, grace)
    async with here, there:
        for number in range(5):
            await site.apis[number % 2].post(ada, f"Borscht {number}")
        received = [[await stream.next_of("NewCommunityPost") for _ in range(5)] for stream in (here, there)]
    assert [event.text for event in received[0]] == [event.text for event in received[1]]
    assert [event.data["content"] for event in received[1]] == [f"Borscht {number}" for number in range(5)]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_client_resumes_at_the_other_node(
    site: Site, ada: Person, grace: Person, transport: Transport
) -> None:
    """Cursors are of the stream, not of a node."""
    stream, _ = await connected(site.apis[0], transport, grace)
    async with stream:
        await site.apis[0].post(ada, "Before")
        cursor = (await stream.next_of("NewCommunityPost")).id
    assert cursor is not None
    for content in ("Missed on one", "Missed on the other"):
        await site.apis[0].post(ada, content)
    resumed = await site.apis[1].connect(transport, grace, cursor=cursor)
    async with resumed:
        begun = await resumed.next()
        missed = [await resumed.next_of("NewCommunityPost") for _ in range(2)]
    assert begun.data["resume"] == "resumed"
    assert [event.data["content"] for event in missed] == ["Missed on one", "Missed on the other"]


async def test_who_writes_and_who_is_there(site: Site, ada: Person, grace: Person) -> None:
    """Told on both nodes, once; moving to the other node is no event."""
    post = (await site.apis[0].post(ada, "Solyanka"))["id"]
    channel = f"post:{post}"
    screen = await site.apis[0].connect("websocket", ada, channels=channel)
    screen.watches_presence = True
    async with screen:
        await screen.next_of("Connected")
        # As clients do: from the answer on everything is told. Unasked, the other node may be told first, and
        # to it Grace is alone, of whom nobody hears.
        await site.apis[0].done("GET", "/realtime/presence", ada, params={"channel": channel})
        first, _ = await connected(site.apis[1], "websocket", grace, channels=channel)
        joined = await screen.next_of("PresenceChanged")
        assert (joined.data["user_id"], joined.data["online"]) == (str(grace.id), 2)
        await first.say({"type": "TypingStart", "post_id": post})
        assert (await screen.next()).data["state"] == "started"
        second, _ = await connected(site.apis[0], "sse", grace, channels=channel)
        await first.close()
        assert (await screen.next()).data["state"] == "stopped"
        for api in site.apis:
            known = await api.done("GET", "/realtime/presence", ada, params={"channel": channel})
            assert known["online"] == 2
        await second.close()
        left = await screen.next_of("PresenceChanged")
        assert (left.data["state"], left.data["online"]) == ("left", 1)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_logout_ends_connections_on_the_other_node(site: Site, transport: Transport) -> None:
    """As a login that ended does everywhere."""
    person = await site.apis[0].register(f"Leaving {transport.title()}")
    stream, _ = await connected(site.apis[1], transport, person)
    async with stream:
        await site.apis[0].done("DELETE", "/auth/sessions", person)
        seen, _ = await stream.end()
    assert (seen[-1].type, seen[-1].data["code"]) == ("Disconnecting", 4403)


async def test_a_message_is_taken_by_whichever_node_it_is_posted_to(
    site: Site, ada: Person, grace: Person
) -> None:
    """The answer is on the stream; nobody speaks for another there either."""
    stream, connection_id = await connected(site.apis[0], "sse", ada)
    path = f"/realtime/connections/{connection_id}/messages"
    async with stream:
        assert isinstance(stream, SSEStream)
        message = {"type": "Subscribe", "channels": ["system"], "ref": "r1"}
        taken = await site.apis[1].request("POST", path, ada, json=message)
        assert (taken.status_code, (await stream.next_of("Subscribed")).data["ref"]) == (202, "r1")
        refused = await site.apis[1].request("POST", path, grace, json=message)
        wrong = await site.apis[1].request("POST", path, ada, json={"type": "Subscribe", "channels": []})
    assert (refused.status_code, wrong.status_code) == (404, 422)


async def test_statistics_are_of_all_nodes(site: Site, ada: Person) -> None:
    """Each is a row, and together they are the sum, a second old at most."""
    here, _ = await connected(site.apis[0], "sse", ada)
    there, _ = await connected(site.apis[1], "websocket", ada)
    async with here, there:
        stats = await site.apis[0].done("GET", "/realtime/stats", ada)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(stats["nodes"]) < 2 or stats["connected_clients"] < 2:
                stats = await site.apis[0].done("GET", "/realtime/stats", ada)
    assert len({node["node_id"] for node in stats["nodes"]}) == 2
    assert stats["connected_clients"] == sum(node["connected_clients"] for node in stats["nodes"])


async def test_the_oldest_connection_of_both_nodes_makes_room(site: Site) -> None:
    """A person has ten in all, not ten on each."""
    person = await site.apis[0].register("Many Screens")
    async with AsyncExitStack() as stack:
        oldest, _ = await connected(site.apis[1], "websocket", person)
        await stack.enter_async_context(oldest)
        for number in range(10):
            stream, _ = await connected(site.apis[number % 2], TRANSPORTS[number % 2], person)
            await stack.enter_async_context(stream)
        _, code = await oldest.end()
    assert code == 4409


@survives("database: Redis killed, paused or flushed")
async def test_redis_is_killed_and_comes_back(site: Site, ada: Person, grace: Person) -> None:
    """Posts are taken and delivered all the while, late, in order, each once; it is said in the open."""
    stream, _ = await connected(site.apis[1], "websocket", grace)
    async with stream:
        await site.apis[0].post(ada, "0")
        await site.redis.kill()
        for number in range(1, 4):
            await site.apis[0].post(ada, str(number))
        received = [(await stream.next_of("NewCommunityPost")).data["content"] for _ in range(4)]
        for server in site.servers:
            await server.logged(lambda line: line["event"].startswith("Redis cannot be reached"))
        assert await site.degraded() == [True, True]
        seen = [len(server.lines) for server in site.servers]
        await site.redis.start()
        for server, after in zip(site.servers, seen, strict=True):
            await server.logged(lambda line: line["event"] == "Redis can be reached", after=after)
        assert await site.degraded() == [False, False]
        for number in range(4, 7):
            await site.apis[0].post(ada, str(number))
        received += [(await stream.next_of("NewCommunityPost")).data["content"] for _ in range(3)]
    assert received == [str(number) for number in range(7)]
