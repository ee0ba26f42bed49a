"""Clients that come and go, against what each of them must have seen.

The machine plays a node without a loop: joins are coroutines that it takes from one wait to the next, so
that events are published, events are forgotten and the process dies between any two of them.
"""

import asyncio
import json
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from itcook.messages import Subscribe
from itcook.stream import history as history_module
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.channels import personal
from itcook.stream.connections import Connections
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.session import Liveness, Session, TransportName
from tests.support.stream import EPOCH, NODE, NOON, FakeSink, FakeTable, someone, stored, verifying

PEOPLE = [someone(1), someone(2)]
NAMES = ["community", "personal"]
CHANNELS = ["community", "system", *(personal(person.user_id) for person in PEOPLE)]
AUDIENCES = [("community",), ("system",), (CHANNELS[2],), (CHANNELS[3],), ("community", CHANNELS[3])]
WHO = st.integers(0, 2)  # a place in `everyone`
COUNTS = st.sampled_from([0, 1, 2, 3, 5, 8, 12])
BATCHES = st.lists(st.sampled_from(AUDIENCES), min_size=1, max_size=5)
OTHER: dict[TransportName, TransportName] = {"sse": "websocket", "websocket": "sse"}


class Turn:
    """Something to wait for: the machine decides when it is over."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Table(FakeTable):
    """A table that takes its time."""

    async def read(self, after: int, limit: int) -> list[Envelope]:
        await Turn()
        return await super().read(after, limit)


class Paced(FakeSink):
    """A sink that takes its time."""

    async def drained(self) -> None:
        await Turn()


@dataclass(eq=False)
class Client:
    """One person's client: what it knows, and the connection it has, if any."""

    number: int
    names: list[str]
    cursor: str | None = None
    since: dict[str, int] = field(default_factory=dict)  # inner channel -> position it is read from
    seen: list[int] = field(default_factory=list)
    session: Session | None = None
    sink: Paced = field(default_factory=Paced)
    joining: Coroutine[Any, Any, None] | None = None
    read: int = 0  # events of this connection

    def inner(self, name: str) -> str:
        return personal(PEOPLE[self.number].user_id) if name == "personal" else name

    def take(self, count: int) -> list[str]:
        """Read `count` more events; the reasons of those that say to begin anew."""
        taken = self.sink.written[self.read : self.read + count]
        self.read += len(taken)
        return [reason for envelope in taken if (reason := self._see(envelope))]

    def _see(self, envelope: Envelope) -> str | None:
        data = json.loads(envelope.text)["data"]
        if envelope.position:
            self.seen.append(envelope.position)
        elif (
            envelope.type == "Connected" and data["resume"] == "fresh"
        ) or envelope.type == "ResyncRequired":
            self._begin(data["cursor"])
        elif envelope.type == "Connected" and data["resume"] == "resumed":
            # A cursor is of all channels: one that was added after it is now read from there as well.
            start = position_of(data["cursor"])
            for name in map(self.inner, ["system", *self.names]):
                self.since[name] = min(self.since.get(name, start), start)
        elif envelope.type == "Subscribed":
            for name in data["channels"]:
                self.since.setdefault(self.inner(name), position_of(data["cursor"]))
            self.names = [name for name in data["channels"] if name != "system"]
        self.cursor = envelope.cursor or self.cursor
        return str(data["reason"]) if envelope.type == "ResyncRequired" else None

    def _begin(self, text: str) -> None:
        self.seen = []
        self.since = {self.inner(name): position_of(text) for name in ["system", *self.names]}


def position_of(text: str) -> int:
    parsed = Cursor.parse(text)
    assert parsed is not None
    return parsed.position


class Comings(RuleBasedStateMachine):
    """Everything once and in order, or `ResyncRequired` for a reason that is true."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(history_module, "PAGE", 3)
        self.patches.setattr(history_module, "MAX_REPLAY", 20)
        self.patches.setattr("itcook.stream.joining.REPLAY_PART", 2 * stored(1).size)
        self.log: list[Envelope] = []
        self.table = Table()
        self.everyone = [Client(0, ["community", "personal"]), Client(1, ["community"]), Client(1, [])]
        self.loop = asyncio.new_event_loop()
        self.now = self.loop.time()

    @initialize()
    def start(self) -> None:
        self.history = History(EPOCH, len(self.log), self.table.read, capacity=5)
        self.broadcaster = Broadcaster()
        self.connections = self.loop.run_until_complete(self._connections())
        play(self.history.load())

    async def _connections(self) -> Connections:
        return Connections(NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verifying())

    @rule(batch=BATCHES)
    def publish(self, batch: list[tuple[str, ...]]) -> None:
        fresh = [stored(number, *named) for number, named in enumerate(batch, len(self.log) + 1)]
        self.log += fresh
        self.table.events += fresh
        self.history.extend(fresh)
        self.broadcaster.publish(fresh)

    @rule(who=WHO, count=COUNTS, absence=BATCHES, steps=COUNTS)
    def come_again(self, who: int, count: int, absence: list[tuple[str, ...]], steps: int) -> None:
        """Read no more than `count` events, go, miss some, and come again over the other transport."""
        client = self.everyone[who]
        self.read(who, count)
        transport: TransportName = "sse" if client.session is None else OTHER[client.session.transport]
        self._cut(client)
        self.publish(absence)
        client.sink, client.read = Paced(), 0
        client.session = self.connections.open(PEOPLE[client.number], transport, client.sink)
        client.joining = self.connections.join(client.session, client.names, client.cursor)
        self.go_on(who, steps, absence)

    @rule(who=WHO, steps=COUNTS, meanwhile=BATCHES)
    def go_on(self, who: int, steps: int, meanwhile: list[tuple[str, ...]]) -> None:
        """Join further, while something happens at every wait."""
        client = self.everyone[who]
        for number in range(steps):
            if client.joining is not None and step(client.joining):
                client.joining = None
            self.publish(meanwhile[number : number + 1] or meanwhile[:1])

    @rule(who=WHO, name=st.sampled_from(NAMES))
    def subscribe(self, who: int, name: str) -> None:
        client = self.everyone[who]
        if client.session is not None:
            play(self.connections.handle(client.session, Subscribe(type="Subscribe", channels=[name])))

    @rule(who=WHO, count=COUNTS)
    def read(self, who: int, count: int) -> None:
        client = self.everyone[who]
        asked = client.cursor
        for reason in client.take(count):
            self._check_reason(reason, position_of(asked or ""))

    @rule(count=COUNTS)
    def disturb(self, count: int) -> None:
        """Mostly a heartbeat or some retention; at times the process dies."""
        self.now += 11
        self.connections.timers.tick(self.now, self.now)
        del self.table.events[: max(0, count - 3)]
        if count == 1:
            for client in self.everyone:
                self._cut(client)
            self.start()

    @invariant()
    def everything_once_and_in_order(self) -> None:
        for client in self.everyone:
            due = [
                envelope.position
                for envelope in self.log
                if any(
                    client.since.get(name, envelope.position) < envelope.position
                    for name in envelope.channels
                )
            ]
            assert client.seen == due[: len(client.seen)]
            if client.session is not None and client.session.live and client.read == len(client.sink.written):
                assert client.seen == due

    def teardown(self) -> None:
        for client in self.everyone:
            self._cut(client)
        self.patches.undo()
        self.loop.close()

    def _check_reason(self, reason: str, asked: int) -> None:
        if reason == "history_pruned":
            assert not self.table.events or self.table.events[0].position > asked + 1
        else:
            assert reason == "too_far_behind"
            assert len(self.log) - asked > history_module.MAX_REPLAY

    def _cut(self, client: Client) -> None:
        if client.joining is not None:
            client.joining.close()
            client.joining = None
        if client.session is not None:
            self.connections.leave(client.session)
            client.session = None


def step(coroutine: Coroutine[Any, Any, None]) -> bool:
    """Run up to the next wait; whether that was the end."""
    try:
        coroutine.send(None)
    except StopIteration:
        return True
    return False


def play(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run to the end."""
    while not step(coroutine):
        pass


TestComings = Comings.TestCase
TestComings.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
