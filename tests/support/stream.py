"""The stream without a network: a way out that remembers, made-up events, a clock that is told."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.errors import UnauthenticatedError
from itcook.events import PostDeleted
from itcook.stream.cursor import Cursor
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope, durable, encode_body
from itcook.stream.renewal import Verify

EPOCH = "k3f9"
NODE = "0123abcd"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOMEONE = UUID("0193570c-0000-7000-8000-000000000001")
FOREVER = NOON + timedelta(days=36500)

Data = dict[str, Any]


class FakeSink:
    """A sink that only remembers; `unsent`, `heard_at` and `stuck` are the test's to set.

    It fails where a session breaks its promises: nothing after the end, one end.
    """

    def __init__(self) -> None:
        self.unsent = 0
        self.heard_at: float | None = None
        self.stuck = 0.0
        self.written: list[Envelope] = []
        self.pings = 0
        self.ended: End | None = None
        self.was_cut = False

    def stuck_for(self, now: float) -> float:
        return self.stuck

    def write(self, batch: Batch) -> None:
        assert self.ended is None, "something was written after the end"
        self.written += batch.envelopes

    async def drained(self) -> None:
        return

    def ping(self) -> None:
        self.pings += 1

    def end(self, end: End, last: Envelope) -> None:
        self.write(Batch([last]))
        self.ended = end

    def cut(self) -> None:
        self.was_cut = True

    @property
    def types(self) -> list[str]:
        return [envelope.type for envelope in self.written]

    @property
    def positions(self) -> list[int]:
        """Of the durable events."""
        return [envelope.position for envelope in self.written if envelope.position]

    def last(self, name: str) -> Data:
        """The data of the latest event of this type."""
        found = [envelope for envelope in self.written if envelope.type == name]
        data: Data = json.loads(found[-1].text)["data"]
        return data


def stored(position: int, *channels: str, epoch: str = EPOCH) -> Envelope:
    """A durable event; in `community` unless told otherwise."""
    named = channels or ("community",)
    body = encode_body(PostDeleted(post_id=SOMEONE, author_id=SOMEONE), named, NOON)
    return durable(Cursor(epoch, position), named, body)


def run_of(first: int, last: int, *channels: str) -> list[Envelope]:
    """Durable events with all positions from `first` to `last`."""
    return [stored(position, *channels) for position in range(first, last + 1)]


def cursor(position: int, epoch: str = EPOCH) -> str:
    """The text of a cursor."""
    return str(Cursor(epoch, position))


def someone(number: int = 1, expires_at: datetime = FOREVER) -> Principal:
    """A person; the same number is the same person, with the same login."""
    return Principal(UUID(int=number), UUID(int=1000 + number), f"Person {number}", "user", expires_at)


def verifying(**tokens: Principal) -> Verify:
    """Knows these tokens and no other."""

    async def verify(token: str) -> Principal:
        if token not in tokens:
            raise UnauthenticatedError("this is no valid access token; log in", code="invalid_token")
        return tokens[token]

    return verify


class SlowSink(FakeSink):
    """Has room for the next part of a replay when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.room = asyncio.Semaphore(0)
        self.asked = 0

    async def drained(self) -> None:
        self.asked += 1
        await self.room.acquire()


class FakeTable:
    """The stored stream: events in order, of which retention may have taken the first."""

    def __init__(self, events: Sequence[Envelope] = ()) -> None:
        self.events = list(events)
        self.reads = 0

    async def read(self, after: int, limit: int) -> list[Envelope]:
        self.reads += 1
        return [envelope for envelope in self.events if envelope.position > after][:limit]
