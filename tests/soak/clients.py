"""Clients that come and go: each stays for a while on one transport, leaves in one of several ways, and comes
back on either, mostly from its cursor.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Literal

from benchmarks.crowd import AT_ONCE, SOURCES, handshake
from tests.chaos.clients import Connection
from tests.chaos.ledger import position_of
from tests.chaos.wire import EventStreamWire, WebSocketWire
from tests.support.people import Person

STAY_SECONDS = 60.0  # on average
PAUSE_SECONDS = 2.0  # likewise, until it comes back
DEAF_SECONDS = 45.0  # likewise, that a slow reader reads nothing: some notice in time, and some are ended
CLOSE_SECONDS = 10.0  # for the server to let go of one that leaves politely
RESUMES = 0.8  # of all who come back
_DURABLE = b'{"id":"'  # how the JSON of an event with a cursor begins
_CONTROL = (b'{"type":"Connected"', b'{"type":"Disconnecting"', b'{"type":"ResyncRequired"')

Way = Literal["abort", "close", "slow"]
WAYS: dict[Way, int] = {"abort": 45, "close": 50, "slow": 5}  # how a stay goes, in a hundred


class Account:
    """What all clients together saw. `counts` is of what happened, `ends` of the codes with which the server
    ended a connection, `complaints` of what must not be.
    """

    def __init__(self) -> None:
        self.events = 0
        self.counts: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.complaints: list[str] = []


class Client:
    """One client, for all its connections."""

    def __init__(
        self, port: int, number: int, token: str, account: Account, chance: random.Random, stay: float
    ) -> None:
        self.connected = asyncio.Event()
        self._address = ("127.0.0.1", port)
        self._source = (f"127.0.0.{2 + number % SOURCES}", 0)
        self._name = f"client {number + 1}"
        self._token = token
        self._account = account
        self._chance = chance
        self._stay_seconds = stay
        self._cursor: str | None = None
        self._position = 0

    async def live(self, slots: asyncio.Semaphore) -> None:
        """Come and go until cancelled; `slots` bounds how many handshakes there are at once."""
        while True:
            connection = self._open()
            async with slots:
                entered = await self._enter(connection)
            if entered:
                await self._stay(connection)
            await asyncio.sleep(self._chance.expovariate(1 / PAUSE_SECONDS))

    def _open(self) -> Connection:
        if self._chance.random() > RESUMES:
            self._cursor, self._position = None, 0
        transport = self._chance.choice(("ws", "sse"))
        self._account.counts[transport] += 1
        self.connected.clear()
        wire = WebSocketWire() if transport == "ws" else EventStreamWire()
        return Connection(handshake(transport, self._token, self._cursor).request, wire, self._received)

    async def _enter(self, connection: Connection) -> bool:
        """Whether the server lets it in."""
        create = asyncio.get_running_loop().create_connection
        try:
            await create(lambda: connection, *self._address, local_addr=self._source)
        except OSError as error:
            self._account.complaints.append(f"{self._name}: could not connect: {error}")
            return False
        entering = asyncio.ensure_future(self.connected.wait())
        try:
            await asyncio.wait({entering, connection.lost}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            entering.cancel()
        if not self.connected.is_set():
            self._account.complaints.append(f"{self._name}: its handshake met {connection.wire.status}")
        return self.connected.is_set()

    async def _stay(self, connection: Connection) -> None:
        """Until the client leaves, or is sent away."""
        (way,) = self._chance.choices(list(WAYS), list(WAYS.values()))
        try:
            await self._wait(connection, self._stay_seconds)
            if connection.lost.done():
                self._account.counts["ended by the server while it read"] += 1
                return
            if way == "slow":
                await self._be_deaf(connection)
            elif way == "close":
                connection.close()
                await asyncio.wait({connection.lost}, timeout=CLOSE_SECONDS)
            self._account.counts[way] += 1
        finally:
            connection.abort()

    async def _be_deaf(self, connection: Connection) -> None:
        connection.pause()
        await self._wait(connection, DEAF_SECONDS)
        connection.go_on()
        await self._wait(connection, PAUSE_SECONDS)

    async def _wait(self, connection: Connection, mean: float) -> None:
        await asyncio.wait({connection.lost}, timeout=self._chance.expovariate(1 / mean))

    def _received(self, text: bytes) -> None:
        self._account.events += 1
        if text.startswith(_DURABLE):
            self._follow(text[len(_DURABLE) : text.index(b'"', len(_DURABLE))].decode())
        elif text.startswith(_CONTROL):
            self._obey(json.loads(text))

    def _follow(self, cursor: str) -> None:
        position = position_of(cursor)
        if position <= self._position:
            self._account.complaints.append(f"{self._name}: {position} came after {self._position}")
        self._cursor, self._position = cursor, position

    def _obey(self, event: dict[str, object]) -> None:
        data = event["data"]
        assert isinstance(data, dict), "the envelope"
        if event["type"] == "Connected":
            self.connected.set()
            self._account.counts[data["resume"]] += 1
            if data["resume"] != "resumed":
                self._cursor, self._position = data["cursor"], position_of(data["cursor"])
        elif event["type"] == "Disconnecting":
            self._account.ends[str(data["code"])] += 1
        else:
            self._account.counts[f"resync, {data['reason']}"] += 1


@asynccontextmanager
async def coming_and_going(
    port: int, people: Sequence[Person], count: int, account: Account, chance: random.Random, stay: float
) -> AsyncIterator[None]:
    """So many clients, which have all come once; all gone afterwards."""
    slots = asyncio.Semaphore(AT_ONCE)
    clients = [
        Client(
            port,
            number,
            people[number % len(people)].access_token,
            account,
            random.Random(chance.random()),
            stay,
        )
        for number in range(count)
    ]
    living = [asyncio.create_task(client.live(slots)) for client in clients]
    try:
        await asyncio.gather(*[client.connected.wait() for client in clients])
        yield
    finally:
        for task in living:
            task.cancel()
        for task in living:
            with suppress(asyncio.CancelledError):
                await task
