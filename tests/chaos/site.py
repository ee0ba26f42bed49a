"""Several `itcook serve` on one PostgreSQL and one Redis, each with a bad network in front of it."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.chaos.ledger import Row
from tests.support.bad_network import BadNetwork, bad_network
from tests.support.postgres import SECRET, Cluster
from tests.support.processes import LogLine, Server, started
from tests.support.redis_server import RedisServer, redis_server

MARKED = Path(__file__).with_name("marked.py")
CONNECTIONS_PER_PERSON = 100  # few people have many clients, and connections that nobody knows to be dead
TOKEN_SECONDS = 86_400  # nobody here has to sign in anew


@dataclass(frozen=True, slots=True)
class Habits:
    """How soon things are noticed, in seconds: the server's own times, shortened to fit the faults."""

    heartbeat: float = 2.0
    timeout: float = 8.0
    drain: float = 2.0
    database_timeout: float = 3.0


@dataclass(frozen=True, slots=True)
class Node:
    """One of the servers, and a second way to it, by a network that fails."""

    name: str
    server: Server
    network: BadNetwork

    async def start(self) -> None:
        """Start the server, which is down, and have the network lead to it."""
        await self.server.start()
        self.network.server = self.server.address


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that can fail."""

    postgresql: Cluster
    redis: RedisServer
    nodes: list[Node]
    habits: Habits
    database_url: str

    def errors(self) -> list[str]:
        """What the nodes have logged that must not happen, whatever fails."""
        return [
            f"{node.name}: {line}" for node in self.nodes for line in node.server.lines if _is_error(line)
        ]

    async def head(self) -> int:
        """The position of the last event in the table."""
        position: int = await self._ask("SELECT position FROM stream_heads")
        return position

    async def unstamped(self) -> int:
        """How many events have no position yet."""
        count: int = await self._ask("SELECT count(*) FROM stream_entries WHERE position IS NULL")
        return count

    async def rows(self, after: int) -> list[Row]:
        """The stream behind a position, in order, and what has no position."""
        query = """
            SELECT position, channels, body, head.epoch,
                CASE WHEN body LIKE '"type":"NewCommunityPost"%'
                    THEN ('{' || body)::json->'data'->>'post_id' END AS post_id
            FROM stream_entries, (SELECT epoch FROM stream_heads) AS head
            WHERE position > $1 OR position IS NULL ORDER BY position
        """
        connection = await asyncpg.connect(self.database_url)
        try:
            return [_row(found) for found in await connection.fetch(query, after)]
        finally:
            await connection.close()

    async def posts(self, prefix: str) -> dict[str, str]:
        """The stored posts that begin so: what each says, by its id."""
        connection = await asyncpg.connect(self.database_url)
        try:
            found = await connection.fetch(
                "SELECT id, content FROM posts WHERE starts_with(content, $1)", prefix
            )
        finally:
            await connection.close()
        return {str(post["id"]): post["content"] for post in found}

    async def _ask(self, query: str) -> int:
        connection = await asyncpg.connect(self.database_url)
        try:
            value: int = await connection.fetchval(query)
        finally:
            await connection.close()
        return value


def _row(found: asyncpg.Record) -> Row:
    position = found["position"]
    text = f'{{"id":"{found["epoch"]}.{position}",{found["body"]}'
    return Row(position, tuple(found["channels"].split(" ")), text.encode(), found["post_id"])


def _is_error(line: LogLine) -> bool:
    # What is no log line comes from whoever else writes to standard error; or it is half of one, the last
    # that a killed node wrote.
    if line["event"] == "not a log line":
        return not line["text"].startswith("{")
    return line.get("level") in {"error", "critical"}


@asynccontextmanager
async def site(
    directory: Path, postgresql: Cluster, count: int, habits: Habits, *, marked: bool = False
) -> AsyncIterator[Site]:
    """So many nodes that serve; gone afterwards, but for `postgresql`. With `marked` they can be told to kill
    themselves.
    """
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(postgresql.database())
        redis = await stack.enter_async_context(redis_server(directory))
        settings = {
            "database_url": database_url,
            "database_timeout_seconds": habits.database_timeout,
            "redis_url": redis.url,
            "secret": SECRET,
            "heartbeat_seconds": habits.heartbeat,
            "timeout_seconds": habits.timeout,
            "drain_seconds": habits.drain,
            "connections_per_user": CONNECTIONS_PER_PERSON,
            "access_token_seconds": TOKEN_SECONDS,
        }
        command = (sys.executable, "-P", MARKED) if marked else ()
        nodes = []
        for number in range(count):
            own = directory / f"node-{number + 1}"
            own.mkdir()
            server = await stack.enter_async_context(started(Server(own, settings, *command)))
            network = await stack.enter_async_context(bad_network(server.address))
            nodes.append(Node(own.name, server, network))
        yield Site(postgresql, redis, nodes, habits, database_url)
