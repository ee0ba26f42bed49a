"""The broker of several nodes over one PostgreSQL, by LISTEN and NOTIFY, with nothing else to run.

Durable events are in the table already, so a notification only says how far it reaches, and every node reads
on from there. Signals and ephemeral events are in the notifications themselves.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NoReturn

import asyncpg
import structlog

from itcook.errors import UnavailableError
from itcook.stream import signals
from itcook.stream.broker import Receiver
from itcook.stream.envelope import Envelope
from itcook.stream.letters import EphemeralEvent
from itcook.stream.postgresql.neighbours import Neighbours
from itcook.stream.postgresql.wire import Assembly, Message, payloads
from itcook.stream.signals import MessageAnswered, MessagePosted, Signal
from itcook.stream.stats import Snapshot

CHANNEL = "itcook"  # of all nodes; each has `itcook_NODE` besides
BEAT_SECONDS = 1.0
SILENCE_SECONDS = 3.0  # a node that does not hear itself for so long, who speaks each second, is deaf
MAX_WAITING = 10_000  # messages that wait to be sent; more is a flood, of which the rest is dropped
SENT_TOGETHER = 100  # messages in a statement
FIRST_PAUSE = 0.05  # seconds before the first attempt to come back; each further one waits twice as long
LONGEST_PAUSE = 1.0
GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)  # TimeoutError is an OSError

_NOTIFY = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS sent (channel, payload)"

log = structlog.get_logger(__name__)


async def notify(connection: asyncpg.Connection, sender: str, told: Sequence[Signal]) -> None:
    """Tell all nodes `told` from a process that is no node. Raises what the connection does."""
    # Not left in their lists of those who live: a sender that is leaving.
    messages = [Message(sender=sender, signal=signals.encode(signal), leaving=True) for signal in told]
    texts = [text for number, message in enumerate(messages) for text in payloads(message, number)]
    await connection.execute(_NOTIFY, [CHANNEL] * len(texts), texts)


class DeafError(ConnectionError):
    """The connection is open, and nothing comes."""


class NotifyBroker:
    """One node's end of it: `subscribe` begins, once, and `stop` ends.

    `connect` opens a connection of the broker's own: of a pool, none may listen. While it is gone, events
    come from the table, and everything else is dropped.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._time = asyncio.get_running_loop().time
        self._neighbours = Neighbours(self._time)
        self._assembly = Assembly()
        self._waiting: deque[tuple[str, str]] = deque()  # channel and payload
        self._posted = asyncio.Event()
        self._number = 0
        self._connected_at: float | None = None
        self._heard_itself_at = 0.0
        self._is_whole = False
        self._receiver: Receiver
        self._task: asyncio.Task[NoReturn] | None = None
        self.dropped = 0

    @property
    def is_whole(self) -> bool:
        return self._is_whole

    def subscribe(self, receiver: Receiver) -> None:
        assert self._task is None, "a node has a broker of its own"
        self._receiver = receiver
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say goodbye, and let go of the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def publish(self, batch: Sequence[Envelope]) -> None:
        self._receiver.published(batch)
        self._send(Message(sender=self._receiver.node_id, head=batch[-1].position))

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        self._receiver.announced(envelopes)
        events = [EphemeralEvent.of(envelope) for envelope in envelopes]
        self._send(Message(sender=self._receiver.node_id, events=events))

    def signal(self, signal: Signal) -> None:
        self._receiver.signalled(signal)
        to = signal.to if isinstance(signal, MessagePosted | MessageAnswered) else None
        if to != self._receiver.node_id:
            self._send(Message(sender=self._receiver.node_id, signal=signals.encode(signal)), to)

    def reaches(self, node_id: str) -> bool:
        if node_id == self._receiver.node_id or node_id in self._neighbours:
            return True
        # Who has just begun to listen knows nobody yet, and a node greets whoever is new at once.
        if not self._is_whole or self._connected_for() < BEAT_SECONDS:
            raise UnavailableError("the other nodes cannot be reached now; try again", retry_after=1)
        return False

    def others(self) -> Sequence[Snapshot]:
        return self._neighbours.snapshots()

    def _send(self, message: Message, to: str | None = None) -> None:
        """Send to one node, or to all. Neither waits nor raises; without the connection it is dropped."""
        if self._connected_at is None or len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        self._number += 1
        channel = CHANNEL if to is None else f"{CHANNEL}_{to}"
        self._waiting.extend((channel, payload) for payload in payloads(message, self._number))
        self._posted.set()

    async def _run(self) -> NoReturn:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._live()
            except GONE as error:
                pause = FIRST_PAUSE if self._is_whole else min(2 * pause, LONGEST_PAUSE)
                self._lose(error)
            except Exception as error:
                log.exception("a defect, in what nodes tell each other")
                pause = LONGEST_PAUSE
                self._lose(error)
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 # no secret; nodes spread

    async def _live(self) -> NoReturn:
        """Listen and speak until the connection is gone. Raises why."""
        connection = await self._connect()
        try:
            for channel in (CHANNEL, f"{CHANNEL}_{self._receiver.node_id}"):
                await connection.add_listener(channel, self._heard)
            self._connected_at = self._heard_itself_at = self._time()
            while True:
                self._check_hearing()
                self._greet()
                until = self._time() + BEAT_SECONDS
                while self._time() < until:
                    await self._flush(connection)
                    with suppress(TimeoutError):
                        async with asyncio.timeout_at(until):
                            await self._posted.wait()
        except asyncio.CancelledError:
            await self._leave(connection)
            raise
        finally:
            connection.terminate()

    def _check_hearing(self) -> None:
        if self._time() - self._heard_itself_at > SILENCE_SECONDS:
            raise DeafError("PostgreSQL brings no notifications")

    def _greet(self) -> None:
        """Say that this node lives, how far it has read, and what there is to say of it."""
        snapshot = self._receiver.snapshot().model_dump_json()
        self._send(Message(sender=self._receiver.node_id, head=self._receiver.head(), snapshot=snapshot))

    async def _flush(self, connection: asyncpg.Connection) -> None:
        """Send all that waits now. What PostgreSQL does not take is dropped: it may be half done."""
        self._posted.clear()
        while self._waiting:
            sent = [self._waiting.popleft() for _ in range(min(SENT_TOGETHER, len(self._waiting)))]
            await connection.execute(_NOTIFY, [channel for channel, _ in sent], [text for _, text in sent])

    async def _leave(self, connection: asyncpg.Connection) -> None:
        self._send(Message(sender=self._receiver.node_id, leaving=True))
        with suppress(*GONE):
            async with asyncio.timeout(BEAT_SECONDS):
                await self._flush(connection)

    def _heard(self, connection: object, pid: int, channel: str, payload: object) -> None:
        try:
            message = self._assembly.add(str(payload))
        except ValueError as error:  # pydantic's own among them
            log.warning("passed over what is no message of a node", channel=channel, error=str(error))
            return
        if message is None:
            return
        if message.sender == self._receiver.node_id:
            self._hear_itself()
        else:
            self._hear(message)

    def _hear_itself(self) -> None:
        self._heard_itself_at = self._time()
        if not self._is_whole:
            self._is_whole = True
            log.info("nodes hear each other through PostgreSQL")

    def _hear(self, message: Message) -> None:
        if self._neighbours.heard(message) and message.snapshot is not None:
            self._greet()  # it has just come, and does not know this one yet
        if message.head:
            self._receiver.behind(message.head)
        if message.events:
            self._receiver.announced([event.envelope() for event in message.events])
        signal = signals.decode(message.signal) if message.signal else None
        if signal is not None:
            self._receiver.signalled(signal)

    def _lose(self, error: Exception) -> None:
        """Say so once, not each second of a night."""
        if self._connected_at is not None:
            log.warning("nodes do not hear each other", error=str(error) or type(error).__name__)
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._connected_at = None
        self._is_whole = False

    def _connected_for(self) -> float:
        return 0.0 if self._connected_at is None else self._time() - self._connected_at
