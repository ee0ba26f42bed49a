"""Timers: wakes each session when it is due, by one timer for all of them."""

import asyncio
from collections.abc import Callable

import structlog

from itcook.clock import Clock
from itcook.events import Heartbeat
from itcook.stream import ends
from itcook.stream.envelope import Batch, control
from itcook.stream.session import Liveness, Session
from itcook.stream.wheel import Wheel

MAX_TICK = 1.0  # seconds; how late a heartbeat may be
STANDSTILL = 2.0  # seconds without a tick: the process did not run, so clients could not be heard

log = structlog.get_logger(__name__)


class Timers:
    """The sessions that must be woken, and when. Times are seconds of the loop's clock.

    `cursor` gives that of everything published, once all of it is with those who read it.
    """

    def __init__(self, cursor: Callable[[], str], liveness: Liveness, clock: Clock) -> None:
        self._cursor = cursor
        self._clock = clock
        self._time = asyncio.get_running_loop().time
        self.late = (
            0.0  # seconds that the latest tick came too late: what everything waits, that waits its turn
        )
        self._wheel: Wheel[Session] = Wheel(min(MAX_TICK, liveness.heartbeat / 10), self._time())

    def __len__(self) -> int:
        return len(self._wheel)

    def start(self, session: Session) -> None:
        """Wake `session` from now on."""
        self._wheel.schedule(session, session.wake_at(self._time()))

    def stop(self, session: Session) -> None:
        """Let `session` sleep for ever."""
        self._wheel.cancel(session)

    async def run(self) -> None:
        """Wake sessions when they are due, until cancelled."""
        awake_since = ticked_at = self._time()
        while True:
            await asyncio.sleep(self._wheel.tick)
            now = self._time()
            if now - ticked_at > self._wheel.tick + STANDSTILL:
                log.warning("the process stood still", seconds=round(now - ticked_at, 1))
                awake_since = now
            self.late = max(0.0, now - ticked_at - self._wheel.tick)
            ticked_at = now
            self.tick(now, awake_since)

    def tick(self, now: float, awake_since: float) -> None:
        """Wake the sessions that are due at `now`."""
        beat: Batch | None = None

        def heartbeat() -> Batch:
            nonlocal beat
            if beat is None:
                beat = self._heartbeat()
            return beat

        for session in self._wheel.due(now):
            try:
                session.wake(now, heartbeat, awake_since=awake_since)
            except Exception:
                log.exception("a session could not be woken", connection_id=session.id)
                session.end(ends.DEFECT)
            if session.ended is None:
                self._wheel.schedule(session, session.wake_at(now))

    def _heartbeat(self) -> Batch:
        now = self._clock()
        cursor = self._cursor()
        return Batch([control(Heartbeat(timestamp=now, cursor=cursor), now, cursor=cursor)])
