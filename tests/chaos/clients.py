"""Clients that follow the stream as the contract says: they resume from their cursor, on either transport, at
whichever node takes them, and go away in the middle of everything.
"""

import asyncio
import json
import math
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from tests.chaos.ledger import Account, Ledger, position_of
from tests.chaos.site import Node, Site
from tests.chaos.wire import EventStreamWire, WebSocketWire, Wire
from tests.support.people import Person
from tests.support.waiting import until

STAY_SECONDS = 20.0  # after which a client cuts its connection, on average
PAUSE_SECONDS = (0.05, 0.5)  # until it comes back, unless it was told when
BY_NETWORK = 0.2  # of all connections go by a node's bad network; each byte there is this process's work
HANDSHAKE_SECONDS = 15.0  # until it is answered, by a node that is busy with others who come back
JOIN_SECONDS = 120.0  # until all are there

_DURABLE = b'{"id":"'  # how the JSON of an event with a cursor begins


class Connection(asyncio.Protocol):
    """One connection; `received` is called with each event's JSON, and `lost` is done when it is over."""

    def __init__(self, request: bytes, wire: Wire, received: Callable[[bytes], None]) -> None:
        self.wire = wire
        self.lost = asyncio.get_running_loop().create_future()
        self.heard_at = _now()
        self._request = request
        self._received = received
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports share no base class with asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.heard_at = _now()
        for text in self.wire.feed(data):
            self._received(text)
        if self.wire.answer:
            self._transport.write(self.wire.answer)
            self.wire.answer = b""
        if self.wire.ended or self.wire.status not in {None, 101, 200}:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def abort(self) -> None:
        """Be gone without a word."""
        self._transport.abort()

    def close(self) -> None:
        """Leave as a polite client does; `lost` is done once the server has let go, too."""
        if self.wire.farewell:
            self._transport.write(self.wire.farewell)
        else:
            self._transport.close()

    def pause(self) -> None:
        """Read nothing any more."""
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if not self.lost.done():
            self._transport.resume_reading()


class Client:
    """One client, for all its connections. `node` is where it is connected, after `Connected`."""

    def __init__(self, crowd: "Crowd", account: Account, token: str, chance: random.Random) -> None:
        self.account = account
        self.node: Node | None = None
        self._crowd = crowd
        self._token = token
        self._chance = chance
        self._cursor: str | None = None
        self._told: dict[str, Any] = {}  # what the server said before it ended the connection
        self._tried: deque[str] = deque(maxlen=8)  # where it last tried to connect, and what it met

    def __str__(self) -> str:
        where = f"at {self.node.name}" if self.node is not None else "nowhere"
        tried = "; ".join(self._tried)
        return f"{self.account.name}, {where}, after {self._cursor}, {dict(self.account.ends)}, tried {tried}"

    async def follow(self) -> None:
        """Follow until cancelled, or sent away for good."""
        while True:
            node, transport = self._chance.choice(self._crowd.site.nodes), self._chance.choice(("ws", "sse"))
            connection = Connection(*self._handshake(transport), self._received)
            await self._be_connected(connection, node)
            if self._told and not self._told["reconnect"]:
                self.account.complain(f"sent away for good: {self._told}")
                return
            await asyncio.sleep(self._pause())

    async def _be_connected(self, connection: Connection, node: Node) -> None:
        """Until the connection is over: by the server, the network, or the client's own wish."""
        direct = self._chance.random() > BY_NETWORK
        self._told = {}
        self._tried.append(f"{node.name}{'' if direct else ' by network'} at {_now():.1f}")
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                address = node.server.address if direct else node.network.address
                await asyncio.get_running_loop().create_connection(lambda: connection, *address)
        except OSError as error:
            self._tried[-1] += f": {error!r}"
            return
        try:
            if not await self._leaves(connection, node):
                self._note_end(connection)
        finally:
            self.node = None
            self._tried[-1] += f": {connection.wire.status} until {_now():.1f}"
            connection.abort()

    async def _leaves(self, connection: Connection, node: Node) -> bool:
        """Wait until the connection is over, or to be left by the client; whether it is the latter."""
        habits, leave_at = self._crowd.site.habits, math.inf
        stay = self._chance.expovariate(1.0) * self._crowd.stay
        while not connection.lost.done():
            await asyncio.wait({connection.lost}, timeout=habits.heartbeat / 2)
            now, patience = _now(), HANDSHAKE_SECONDS
            if connection.wire.status is not None:
                self.node, patience = node, habits.timeout
                # From the answer on: a client that left before a busy node had one would never have any.
                leave_at = min(leave_at, now + stay)
            if now > connection.heard_at + patience:
                self.account.silences += 1  # a heartbeat is long due: nobody is there
                return True
            if now > leave_at and not self._crowd.calm:
                return True
        return False

    def _note_end(self, connection: Connection) -> None:
        status = connection.wire.status
        if status in {101, 200}:
            self.account.ends[self._told.get("code")] += 1
        elif status not in {None, 503}:
            self.account.complain(f"a handshake was answered with {status}")

    def _pause(self) -> float:
        told: int = self._told.get("retry_after_ms") or 0
        return told / 1000 or self._chance.uniform(*PAUSE_SECONDS)

    def _handshake(self, transport: str) -> tuple[bytes, Wire]:
        query = "?channels=community" + (f"&cursor={self._cursor}" if self._cursor else "")
        upgrade = transport == "ws"
        lines = [
            f"GET /api/v1/realtime/{transport}{query} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self._token}",
            *(_UPGRADE if upgrade else ()),
        ]
        return "\r\n".join([*lines, "", ""]).encode(), WebSocketWire() if upgrade else EventStreamWire()

    def _received(self, text: bytes) -> None:
        if text.startswith(_DURABLE):
            position = self._crowd.ledger.place(text, _now())
            self.account.saw(position)
            self._cursor = f"{self._crowd.epoch}.{position}"
            return
        event = json.loads(text)
        data = event["data"]
        match event["type"]:
            case "Connected":
                self._begun(data)
            case "Heartbeat":
                self._cursor = data["cursor"]
                self.account.was_told(position_of(data["cursor"]))
            case "ResyncRequired":
                self.account.complain(f"told to start over: {data}")
            case "Disconnecting":
                self._told = data

    def _begun(self, connected: dict[str, Any]) -> None:
        if self._cursor is None:
            self._crowd.epoch, _, position = connected["cursor"].partition(".")
            self.account.start = int(position)
            self._cursor = connected["cursor"]
        elif connected["resume"] == "resumed":
            self.account.resumed += 1
        else:
            self.account.complain(f"came back with {self._cursor}, and is {connected['resume']}")


_UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


class Crowd:
    """All clients. While it is `calm`, none leaves by itself; `stay` is how long each stays otherwise."""

    def __init__(self, site: Site, ledger: Ledger, stay: float) -> None:
        self.site = site
        self.ledger = ledger
        self.stay = stay
        self.calm = False
        self.epoch = ""
        self.clients: list[Client] = []

    def at(self, node: Node) -> list[Client]:
        """Who is connected to `node` now."""
        return [client for client in self.clients if client.node is node]

    def behind(self, position: int) -> list[Client]:
        """Who has not seen anything as new as `position`."""
        return [client for client in self.clients if client.account.last < position]


@asynccontextmanager
async def crowd(
    site: Site, ledger: Ledger, people: Sequence[Person], count: int, chance: random.Random, stay: float
) -> AsyncIterator[Crowd]:
    """So many clients, which all have connected once; gone afterwards."""
    made = Crowd(site, ledger, stay)
    for number in range(count):
        account = ledger.open(f"client {number + 1}")
        token = people[number % len(people)].access_token
        made.clients.append(Client(made, account, token, random.Random(chance.random())))
    following = [asyncio.create_task(client.follow()) for client in made.clients]
    try:
        await until(lambda: all(client.account.start is not None for client in made.clients), JOIN_SECONDS)
        yield made
    finally:
        for task in following:
            task.cancel()
        for outcome in await asyncio.gather(*following, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


def _now() -> float:
    return asyncio.get_running_loop().time()
