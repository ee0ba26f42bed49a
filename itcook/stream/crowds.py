"""Crowds: which changes of presence are told, so that n people who come are not n² deliveries."""

from collections.abc import Sequence

from itcook.stream.presence import News

FEW = 50  # people in a channel: up to so many, each who comes or leaves is told of
CROWD_SECONDS = 1.0  # among more: a change at most each so often
DELIVERIES_PER_SECOND = 1_000  # to people of one channel: a crowd of more is told less often still


class Crowds:
    """Where few are, everything is told at once. Where more are, the first change is told at once, and of
    what follows the latest when it is time again: so the count on the screens is right in the end.

    Times are seconds of one clock.
    """

    def __init__(self) -> None:
        self._latest: dict[str, News] = {}  # by channel: what waits for its time
        self._quiet_until: dict[str, float] = {}

    def told(self, news: Sequence[News], now: float) -> list[News]:
        """What to tell now, of `news` and of what waits. To be asked also when there are none."""
        told = []
        for one in news:
            channel = one.change.seat.channel
            if one.online > FEW:
                self._latest[channel] = one
            else:
                self._latest.pop(channel, None)  # this says more
                if _is_anyone_else_there(one):
                    told.append(one)
        return told + self._due(now)

    def __len__(self) -> int:
        return len(self._latest.keys() | self._quiet_until.keys())

    def _due(self, now: float) -> list[News]:
        for channel, until in list(self._quiet_until.items()):
            if until <= now:
                del self._quiet_until[channel]
        due = [channel for channel in self._latest if channel not in self._quiet_until]
        for channel in due:
            online = self._latest[channel].online
            self._quiet_until[channel] = now + max(CROWD_SECONDS, online / DELIVERIES_PER_SECOND)
        return [self._latest.pop(channel) for channel in due]


def _is_anyone_else_there(news: News) -> bool:
    return news.online > (1 if news.change.joined else 0)
