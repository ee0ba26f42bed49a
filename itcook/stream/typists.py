"""Typists: who is writing a comment on which post, by this node's connections. No clock of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.events import Typing
from itcook.stream.limits import TYPING_BURST, TYPING_PER_SECOND, TokenBucket
from itcook.stream.wheel import Wheel

LASTS_SECONDS = 6.0  # a start, unless it is renewed; the contract's number, on which clients rely
RENEWED_SECONDS = 3.0  # a start is told again at most so often, and clients in time before theirs is over
TICK = 0.25  # seconds; how much later a start may end


class Draft(NamedTuple):
    """One person's comment on one post; several tabs write at the same one."""

    user_id: UUID
    post_id: UUID


@dataclass(slots=True)
class _Start:
    name: str
    told_at: float
    renewed_at: float


class Typists:
    """Tells `on_typing` what readers of the post must know. Times are seconds of one clock.

    A renewal is cheap for whoever sends it and dear for the readers: of many, one is told each
    `RENEWED_SECONDS`, and the last one always, as the readers count their own 6 s.
    """

    def __init__(self, now: float) -> None:
        self.on_typing: Callable[[Typing], None] = lambda typing: None
        self._drafts: dict[UUID, dict[UUID, _Start]] = {}  # by person and post
        self._wheel: Wheel[Draft] = Wheel(TICK, now)
        self._limits: dict[UUID, TokenBucket] = {}  # of people who began something lately
        self._refilled: Wheel[UUID] = Wheel(1.0, now)  # when a limit is as good as a new one

    def is_typing(self, user_id: UUID, post_id: UUID) -> bool:
        return post_id in self._drafts.get(user_id, ())

    def may_start(self, user_id: UUID, now: float) -> bool:
        """Take one of the starts that the person has; False if there is none."""
        limit = self._limits.get(user_id)
        if limit is None:
            limit = self._limits[user_id] = TokenBucket(TYPING_PER_SECOND, TYPING_BURST, now)
        self._refilled.schedule(user_id, now + TYPING_BURST / TYPING_PER_SECOND)
        return limit.take(now)

    def start(self, who: Principal, post_id: UUID, now: float) -> None:
        """`who` writes, or goes on writing."""
        draft = Draft(who.user_id, post_id)
        start = self._drafts.setdefault(who.user_id, {}).get(post_id)
        if start is None:
            start = self._drafts[who.user_id][post_id] = _Start(who.name, now, now)
            self._tell_started(draft, start, now)
            return
        start.renewed_at = now
        if now >= start.told_at + RENEWED_SECONDS:
            self._tell_started(draft, start, now)
        else:
            self._wheel.schedule(draft, start.told_at + RENEWED_SECONDS)

    def stop(self, user_id: UUID, post_id: UUID) -> None:
        """The person writes no more, if they did."""
        if self.is_typing(user_id, post_id):
            self._stop(Draft(user_id, post_id))

    def leave(self, user_id: UUID) -> None:
        """The person is gone."""
        for post_id in list(self._drafts.get(user_id, ())):
            self._stop(Draft(user_id, post_id))

    def tick(self, now: float) -> None:
        """Tell what was held back, end what is over, and forget limits that limit nothing."""
        for draft in self._wheel.due(now):
            start = self._drafts[draft.user_id][draft.post_id]
            if now < start.renewed_at + LASTS_SECONDS:
                self._tell_started(draft, start, now)
            else:
                self._stop(draft)
        for user_id in self._refilled.due(now):
            del self._limits[user_id]

    def __len__(self) -> int:
        return len(self._wheel) + len(self._limits)

    def _tell_started(self, draft: Draft, start: _Start, now: float) -> None:
        start.told_at = now
        self._wheel.schedule(draft, start.renewed_at + LASTS_SECONDS)
        self._tell(draft, start.name, "started")

    def _stop(self, draft: Draft) -> None:
        self._wheel.cancel(draft)
        name = self._drafts[draft.user_id].pop(draft.post_id).name
        if not self._drafts[draft.user_id]:
            del self._drafts[draft.user_id]
        self._tell(draft, name, "stopped")

    def _tell(self, draft: Draft, name: str, state: Literal["started", "stopped"]) -> None:
        self.on_typing(Typing(post_id=draft.post_id, user_id=draft.user_id, user_name=name, state=state))
