"""Clients that come and go, against what each of them must have seen.

The machine plays a node without a loop: joins are coroutines that it takes from one wait to the next, so
that events are published, events are forgotten and the process dies between any two of them.
"""

import asyncio
import json
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from itcook.messages import Authenticate, Subscribe
from itcook.stream import ends
from itcook.stream import history as history_module
from itcook.stream.broadcaster import Broadcaster
from itcook.stream.channels import personal
from itcook.stream.connections import Connections
from itcook.stream.cursor import Cursor
from itcook.stream.envelope import Batch, Envelope
from itcook.stream.history import History
from itcook.stream.polling import Polled
from itcook.stream.session import Liveness, Session, TransportName
from tests.support.stream import EPOCH, NODE, NOON, FakeSink, FakeTable, cursor, someone, stored, verifying

PEOPLE = [someone(1), someone(2)]
NAMES = ["community", "personal"]
CHANNELS = ["community", "system", *(personal(person.user_id) for person in PEOPLE)]
AUDIENCES = [("community",), ("system",), (CHANNELS[2],), (CHANNELS[3],), ("community", CHANNELS[3])]
WHO = st.integers(0, 2)  # a place in `everyone`
COUNT = [0, 1, 2, 3, 5, 8, 12]
COUNTS = st.sampled_from(COUNT)
CHOICES = st.sampled_from([*([name] for name in NAMES), NAMES])
BACK = st.none() | st.sampled_from([0, 1, 4, 9, 30])  # events
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
    past: list[int] = field(default_factory=list)  # what is due before all else, in its own order
    seen: list[int] = field(default_factory=list)
    # What it subscribed to; `ref` is the place in it.
    asked: list[tuple[list[str], str | None]] = field(default_factory=list)  # channels, since
    stepped_back: bool = False  # in the middle of what was asked for after an old cursor
    session: Session | None = None
    sink: Paced = field(default_factory=Paced)
    joining: Coroutine[Any, Any, None] | None = None
    read: int = 0  # events of this connection

    def inner(self, name: str) -> str:
        return personal(PEOPLE[self.number].user_id) if name == "personal" else name

    def due(self, log: list[Envelope]) -> list[int]:
        """What this client must see of `log`, in this order."""
        read = [
            envelope.position
            for envelope in log
            if any(self.since.get(name, envelope.position) < envelope.position for name in envelope.channels)
        ]
        return self.past + sorted(set(read) - set(self.past))

    def take(self, count: int, log: list[Envelope]) -> list[tuple[str, str | None]]:
        """Read `count` more events; the reasons of those that say to begin anew, and their refs."""
        taken = self.sink.written[self.read : self.read + count]
        self.read += len(taken)
        return [told for envelope in taken if (told := self._see(envelope, log))]

    def _see(self, envelope: Envelope, log: list[Envelope]) -> tuple[str, str | None] | None:
        data = json.loads(envelope.text)["data"]
        if envelope.position:
            self.seen.append(envelope.position)
        elif (envelope.type == "Connected" and data["resume"] == "fresh") or (
            envelope.type == "ResyncRequired" and data["ref"] is None
        ):
            self._begin(data["cursor"])
        elif envelope.type == "Connected" and data["resume"] == "resumed":
            # A cursor is of all channels: one that was added after it is now read from there as well. Whoever
            # was cut while it was back in time gets again what it had read ahead.
            start = position_of(data["cursor"])
            assert self.stepped_back or all(position <= start for position in self.seen)
            self.seen = [position for position in self.seen if position <= start]
            self.past, self.stepped_back = list(self.seen), False
            for name in map(self.inner, ["system", *self.names]):
                self.since[name] = min(self.since.get(name, start), start)
        elif envelope.type == "Subscribed":
            start = position_of(data["cursor"])
            for name in map(self.inner, self.asked[int(data["ref"])][0]):
                before = self.since.get(name, start)
                self.since[name] = min(before, start) if data["replayed"] else before
            # What the new channels had, and this client had not, comes at once; then it goes on.
            missed = sorted(set(self.due(log)) - set(self.seen))[: data["replayed"]]
            self.past = self.seen + missed
            self.stepped_back = bool(missed)
            self.names = [name for name in data["channels"] if name != "system"]
        elif envelope.type == "Heartbeat":
            self.stepped_back = False
        self.cursor = envelope.cursor or self.cursor
        return (data["reason"], data["ref"]) if envelope.type == "ResyncRequired" else None

    def poll(self, polled: Polled, log: list[Envelope]) -> None:
        """Take an answer as a client does that goes on by polling: like a connection that resumes."""
        asked = position_of(self.cursor or "")
        if polled.resync is not None:
            self._begin(polled.cursor)
        else:
            self.seen = [position for position in self.seen if position <= asked]
            self.past, self.stepped_back = list(self.seen), False
            for name in map(self.inner, ["system", *self.names]):
                self.since[name] = min(self.since.get(name, asked), asked)
        for envelope in polled.events:
            self._see(envelope, log)
        self.cursor = polled.cursor

    def _begin(self, text: str) -> None:
        self.seen, self.past, self.stepped_back = [], [], False
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
        self.patches.setattr(history_module, "READERS", 3)  # to wait for a turn takes a loop that runs
        self.patches.setattr("itcook.stream.replay.REPLAY_PART", 2 * stored(1).size)
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
        verify = verifying(**{f"token{number}": person for number, person in enumerate(PEOPLE)})
        return Connections(NODE, self.history, self.broadcaster, Liveness(10, 30), lambda: NOON, verify)

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

    @rule(who=WHO, names=CHOICES, back=BACK, steps=COUNTS, meanwhile=BATCHES)
    def subscribe(
        self, who: int, names: list[str], back: int | None, steps: int, meanwhile: list[tuple[str, ...]]
    ) -> None:
        """From now on, or from `back` events ago, while something happens at every wait."""
        client = self.everyone[who]
        if client.session is None:
            self.come_again(who, 0, meanwhile, max(COUNT))
        assert client.session is not None
        since = None if back is None else cursor(max(0, len(self.log) - back))
        client.asked.append((names, since))
        ref = str(len(client.asked) - 1)
        message = Subscribe(type="Subscribe", channels=names, since=since, ref=ref)
        work = self.connections.handle(client.session, message)
        if not step(work):
            assert client.joining is None, "a message waits while another is at work"
            client.joining = work
        self.go_on(who, steps, meanwhile)

    @rule(who=WHO, count=COUNTS)
    def read(self, who: int, count: int) -> None:
        client = self.everyone[who]
        joined_after = client.cursor
        for reason, ref in client.take(count, self.log):
            since = joined_after if ref is None else client.asked[int(ref)][1]
            self._check_reason(reason, position_of(since or ""))

    @rule(who=WHO, count=COUNTS)
    def expire(self, who: int, count: int) -> None:
        """The token is over: the client has what was written before, and comes again with another."""
        client = self.everyone[who]
        if client.session is None:
            return
        before = client.session.ended
        client.session.principal = replace(client.session.principal, expires_at=NOON)
        client.session.wake(self.now, _never, awake_since=self.now)
        assert client.session.ended is (before or ends.TOKEN_EXPIRED)
        self.read(who, count)
        self._cut(client)

    @rule(who=WHO, steps=COUNTS, meanwhile=BATCHES)
    def authenticate(self, who: int, steps: int, meanwhile: list[tuple[str, ...]]) -> None:
        """Another token in the middle of whatever is under way changes nothing of what is seen."""
        client = self.everyone[who]
        if client.session is None:
            return
        message = Authenticate(type="Authenticate", token=f"token{client.number}")
        work = self.connections.handle(client.session, message)
        if not step(work):
            assert client.joining is None, "a message waits while another is at work"
            client.joining = work
        self.go_on(who, steps, meanwhile)

    @rule(who=WHO, count=COUNTS, limit=st.integers(1, 5), answers=st.integers(1, 4))
    def poll(self, who: int, count: int, limit: int, answers: int) -> None:
        """Leave the stream where it was read to, and go on by polling."""
        client = self.everyone[who]
        self.read(who, count)
        self._cut(client)
        client.sink, client.read = Paced(), 0
        for _ in range(answers if client.cursor else 0):
            person = PEOPLE[client.number]
            poll = self.connections.polling.poll(person, client.names, client.cursor, limit=limit, wait=0)
            polled = self.loop.run_until_complete(poll)
            if polled.resync is not None:
                self._check_reason(polled.resync, position_of(client.cursor or ""))
            client.poll(polled, self.log)
            if not polled.has_more and polled.resync is None:
                assert client.seen == client.due(self.log)

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
            due = client.due(self.log)
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


def _never() -> Batch:
    raise AssertionError("a connection without a token has no heartbeat")


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
