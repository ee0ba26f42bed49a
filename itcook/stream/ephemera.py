"""Ephemera: tells every node of this moment, who writes and who is there. Nothing of it is stored."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from itcook.clock import Clock
from itcook.events import PresenceChanged, Typing
from itcook.stream import channels
from itcook.stream.attendance import Attendance
from itcook.stream.crowds import Crowds
from itcook.stream.envelope import Envelope, ephemeral
from itcook.stream.presence import Company, News, Presence
from itcook.stream.typists import Typists

TICK = 0.25  # seconds from coming into a channel to being announced there, at most

log = structlog.get_logger(__name__)


class Ephemera:
    """What `attendance` and `typists` know of this node becomes events on all: presence by way of `presence`,
    which may know of the other nodes, all of it by `announce` or, for this node alone, `announce_here`.
    """

    def __init__(
        self,
        attendance: Attendance,
        typists: Typists,
        presence: Presence,
        announce: Callable[[Sequence[Envelope]], object],
        announce_here: Callable[[Sequence[Envelope]], object],
        clock: Clock,
    ) -> None:
        self._attendance = attendance
        self._typists = typists
        self._presence = presence
        self._announce = announce
        # A count of this node's people would be wrong on another one.
        self._announce_presence = announce if presence.spans_nodes else announce_here
        self._clock = clock
        self._time = asyncio.get_running_loop().time
        self._crowds = Crowds()
        self._applying = asyncio.Lock()
        self._failing = False
        typists.on_typing = self._tell_typing

    async def run(self) -> None:
        """Tell what changes, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.tick(self._time())
            except Exception as error:
                self._fail(error)
            else:
                self._failing = False

    async def tick(self, now: float) -> None:
        """Tell what there is to tell at `now`, seconds of the loop's clock. Raises what `Presence` does."""
        self._typists.tick(now)
        await self._settle(now)

    async def company(self, channel: str, limit: int) -> Company:
        """Who is in `channel` now, whoever came into it on this node a moment ago included."""
        await self._settle(self._time())
        return await self._presence.company(channel, limit)

    async def _settle(self, now: float) -> None:
        """Have the presence of all nodes know what this one does, and tell what follows from that."""
        async with self._applying:
            changes = self._attendance.changes(now)
            try:
                news = await self._presence.apply(changes)
            except BaseException:
                self._attendance.give_back(changes)
                raise
            told = self._crowds.told(news, now)
        if told:
            self._announce_presence([self._presence_changed(one) for one in told])

    def _presence_changed(self, news: News) -> Envelope:
        seat = news.change.seat
        event = PresenceChanged(
            channel=seat.channel,
            user_id=seat.user_id,
            user_name=news.change.user_name,
            state="joined" if news.change.joined else "left",
            online=news.online,
        )
        return self._envelope(event, seat.channel)

    def _tell_typing(self, typing: Typing) -> None:
        self._announce([self._envelope(typing, channels.post(typing.post_id))])

    def _envelope(self, event: Typing | PresenceChanged, channel: str) -> Envelope:
        return ephemeral(event, channel, self._clock(), left_out=event.user_id)

    def _fail(self, error: Exception) -> None:
        """Say so once, and not four times a second."""
        if not self._failing:
            log.warning("presence cannot be told to other nodes yet", error=str(error))
        self._failing = True
