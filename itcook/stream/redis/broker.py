"""The broker of several nodes: durable events by a capped Redis stream, everything else by mail."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NoReturn

import structlog
from redis.exceptions import RedisError, ResponseError

from itcook.errors import UnavailableError
from itcook.redis import COMMAND_SECONDS, SharedRedis, end
from itcook.stream import signals
from itcook.stream.broker import Receiver
from itcook.stream.envelope import Envelope
from itcook.stream.letters import EphemeralEvent
from itcook.stream.redis.mail import Mail
from itcook.stream.redis.neighbours import Neighbours
from itcook.stream.redis.wire import Message, entry_id, entry_of, envelope_of, position_of
from itcook.stream.signals import MessageAnswered, MessagePosted, Signal
from itcook.stream.stats import Snapshot

CAPACITY = 10_000  # events that Redis keeps; a node that is further behind reads the table
PAGE = 500  # events at a time
BLOCK_SECONDS = 1.0  # a read waits for events; then it is made anew, so that a dead Redis is noticed
BEAT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class RedisBroker:
    """One node's end of it: `subscribe` begins, once, and `stop` ends.

    Each event is an entry of one stream, with its position as the id. A node reads on from its own head,
    so after an interruption it gets what it missed, as far as Redis has it. While Redis is away, events come
    from the table, and everything else is dropped.
    """

    def __init__(self, redis: SharedRedis, epoch: str) -> None:
        self._redis = redis
        self._epoch = epoch
        self._events = redis.key("events")
        self._reading = redis.client(BLOCK_SECONDS + COMMAND_SECONDS)
        self._unsent: Sequence[Envelope] = ()
        self._receiver: Receiver
        self._mail: Mail
        self._neighbours: Neighbours
        self._tasks: list[asyncio.Task[NoReturn]] = []

    @property
    def is_whole(self) -> bool:
        return self._redis.reachable

    @property
    def dropped(self) -> int:
        """How many messages were never sent."""
        return self._mail.dropped

    async def begin(self, head: Callable[[], Awaitable[int]]) -> None:
        """Have Redis forget events that are beyond the table's `head`: they are of a table that was replaced
        by an older copy of itself, and would have the new ones refused. Nothing happens without Redis.
        """
        try:
            last = await self._redis.commands.xrevrange(self._events, count=1)
            # The table's head moves before Redis hears of an event, and is looked at after it.
            if last and position_of(last[0][0]) > await head():
                log.warning("the stream's table is an older copy; what Redis has beyond it is dropped")
                await self._redis.commands.delete(self._events)
        except (RedisError, OSError) as error:
            self._redis.failed("commands", error)

    def subscribe(self, receiver: Receiver) -> None:
        assert not self._tasks, "a node has a broker of its own"
        self._receiver = receiver
        self._mail = Mail(self._redis, receiver.node_id, self._heard)
        self._neighbours = Neighbours(self._redis, receiver.node_id, receiver.snapshot)
        loops = (
            self._redis.keep("commands", self._beat),
            self._redis.keep("messages", self._mail.listen),
            self._redis.keep("events", self._follow),
            self._mail.run(),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Send what waits, say goodbye, and let go of the connections."""
        await end(self._tasks)
        if self._tasks and self._redis.reachable:
            with suppress(RedisError, OSError):
                await self._mail.flush()
                await self._neighbours.leave()
        if self._tasks:
            await self._mail.close()
        await self._reading.aclose()

    async def publish(self, batch: Sequence[Envelope]) -> None:
        self._receiver.published(batch)
        if self._redis.reachable:
            try:
                return await self._add(batch)
            except (RedisError, OSError) as error:
                self._redis.failed("commands", error)
        self._unsent = batch[-1:]  # the last tells of those before it: others see the gap
        return None

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        self._receiver.announced(envelopes)
        events = [EphemeralEvent.of(envelope) for envelope in envelopes]
        self._mail.send(Message(sender=self._receiver.node_id, events=events))

    def signal(self, signal: Signal) -> None:
        self._receiver.signalled(signal)
        to = signal.to if isinstance(signal, MessagePosted | MessageAnswered) else None
        if to != self._receiver.node_id:
            self._mail.send(Message(sender=self._receiver.node_id, signal=signals.encode(signal)), to)

    def reaches(self, node_id: str) -> bool:
        if node_id == self._receiver.node_id:
            return True
        if not self._redis.reachable:
            raise UnavailableError("the other nodes cannot be reached now; try again", retry_after=1)
        return node_id in self._neighbours

    def others(self) -> Sequence[Snapshot]:
        return self._neighbours.snapshots()

    async def _add(self, batch: Sequence[Envelope]) -> None:
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            for envelope in batch:
                pipeline.xadd(
                    self._events,
                    entry_of(envelope),  # type: ignore[arg-type] # its dict is invariant in what it may hold
                    id=entry_id(envelope.position),
                    maxlen=CAPACITY,
                    approximate=True,
                )
            answers = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            # An id that is not above the last one is refused: that event, or a later one, is there already.
            if isinstance(answer, Exception) and not _is_too_old(answer):
                raise answer

    async def _beat(self) -> NoReturn:
        """Live: say so, see who else does, and send again what Redis was away for."""
        while True:
            await self._neighbours.refresh()
            await self._mail.greet()
            if self._unsent:
                await self._add(self._unsent)
                self._unsent = ()
            self._redis.works("commands")
            await asyncio.sleep(BEAT_SECONDS)

    async def _follow(self) -> NoReturn:
        """Take in what comes after this node's head."""
        after = 0
        while True:
            after = max(after, self._receiver.head())
            streams = {self._events: entry_id(after)}
            answer = await self._reading.xread(streams, count=PAGE, block=int(BLOCK_SECONDS * 1000))  # type: ignore[arg-type] # as above
            self._redis.works("events")
            for _, entries in answer:
                after = position_of(entries[-1][0])
                batch = [envelope_of(self._epoch, position_of(entry), fields) for entry, fields in entries]
                self._receiver.published([envelope for envelope in batch if envelope is not None])

    def _heard(self, message: Message) -> None:
        self._neighbours.heard_of(message.sender)
        if message.events:
            self._receiver.announced([event.envelope() for event in message.events])
        signal = signals.decode(message.signal) if message.signal else None
        if signal is not None:
            self._receiver.signalled(signal)


def _is_too_old(answer: Exception) -> bool:
    return isinstance(answer, ResponseError) and "equal or smaller" in str(answer)
