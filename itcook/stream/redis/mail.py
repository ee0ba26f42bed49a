"""Mail: what nodes tell each other of this moment, by publish and subscribe. What is not heard is lost."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import structlog
from pydantic import ValidationError
from redis.exceptions import ConnectionError as UnheardError

from itcook.redis import SharedRedis
from itcook.stream import signals
from itcook.stream.redis.wire import Message
from itcook.stream.signals import Signal

MAX_WAITING = 10_000  # messages that wait for Redis; more is a flood, of which the rest is dropped
MAX_WAITING_BYTES = 8 * 1024 * 1024
SENT_TOGETHER = 100
SILENCE_SECONDS = 5.0  # a node that does not hear itself for so long, who speaks each second, is deaf

log = structlog.get_logger(__name__)


async def publish(redis: SharedRedis, sender: str, told: Sequence[Signal]) -> None:
    """Tell all nodes `told` from a process that is no node. Raises what Redis does."""
    for signal in told:
        message = Message(sender=sender, signal=signals.encode(signal))
        await redis.commands.publish(redis.key("all"), message.model_dump_json(exclude_defaults=True))


class Mail:
    """Sends messages in their order, and hears those of others. `heard` is called with each.

    `dropped` counts what was never sent.
    """

    def __init__(self, redis: SharedRedis, node_id: str, heard: Callable[[Message], None]) -> None:
        self._redis = redis
        self._node_id = node_id
        self._heard = heard
        self._client = redis.client(2 * SILENCE_SECONDS)
        self._waiting: deque[tuple[str, str]] = deque()
        self._size = 0
        self._posted = asyncio.Event()
        self.dropped = 0

    def send(self, message: Message, to: str | None = None) -> None:
        """Send to one node, or to all. Neither waits nor raises; without Redis it is dropped."""
        text = message.model_dump_json(exclude_defaults=True)
        full = len(self._waiting) >= MAX_WAITING or self._size + len(text) > MAX_WAITING_BYTES
        if full or not self._redis.reachable:
            self.dropped += 1
            return
        self._waiting.append((self._address(to), text))
        self._size += len(text)
        self._posted.set()

    async def greet(self) -> None:
        """Tell all that this node is there, this one included, which so knows that it hears. Raises what
        Redis does.
        """
        greeting = Message(sender=self._node_id).model_dump_json(exclude_defaults=True)
        await self._redis.commands.publish(self._address(None), greeting)

    async def run(self) -> NoReturn:
        """Send what waits, until cancelled. What Redis does not take is dropped: it may be half done."""
        while True:
            await self._posted.wait()
            await self.flush()

    async def flush(self) -> None:
        """Send all that waits now."""
        while self._waiting:
            letters = [self._waiting.popleft() for _ in range(min(SENT_TOGETHER, len(self._waiting)))]
            self._size -= sum(len(text) for _, text in letters)
            try:
                await self._publish(letters)
            except Exception as error:
                self.dropped += len(letters)
                self._redis.failed("commands", error)
        self._posted.clear()

    async def listen(self) -> NoReturn:
        """Hear what comes, until cancelled. Raises what Redis does, and `ConnectionError` of redis-py if
        nothing comes.
        """
        async with self._client.pubsub() as ear:
            await ear.subscribe(self._address(None), self._address(self._node_id))
            while True:
                received = await ear.get_message(timeout=SILENCE_SECONDS)
                if received is None:
                    raise UnheardError("nothing comes from Redis any more")
                self._redis.works("messages")
                if received["type"] == "message":
                    self._hear(received)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()

    def _hear(self, received: dict[str, Any]) -> None:
        try:
            message = Message.model_validate_json(received["data"])
        except ValidationError:
            log.warning("passed over what is no message of a node", channel=received["channel"])
            return
        if message.sender != self._node_id:
            self._heard(message)

    async def _publish(self, letters: list[tuple[str, str]]) -> None:
        async with self._redis.commands.pipeline(transaction=False) as pipeline:
            for address, text in letters:
                pipeline.publish(address, text)
            await pipeline.execute()

    def _address(self, node_id: str | None) -> str:
        return self._redis.key("all") if node_id is None else self._redis.key("to", node_id)
