"""Attendance: who is in which channel by the connections of this node. No clock of its own."""

from collections.abc import Iterable, Sequence

from itcook.auth.principal import Principal
from itcook.stream.channels import has_presence
from itcook.stream.presence import Change, Seat
from itcook.stream.wheel import Wheel

GRACE_SECONDS = 5.0  # for coming back before anyone is told: a reload, a tunnel, the other transport
TICK = 0.25  # seconds; how much later than that someone may be gone


class Attendance:
    """Counts connections by seat. The first one takes the seat; after the last one it stays taken for
    `GRACE_SECONDS`. Times are seconds of one clock.

    A seat costs its entry in one dict, because ten thousand connections that only read have one or two each.
    """

    def __init__(self, now: float) -> None:
        self._connections: dict[Seat, int] = {}  # 0 in grace
        self._leaving: dict[Seat, str] = {}  # in grace: the person's name
        self._wheel: Wheel[Seat] = Wheel(TICK, now)
        self._changed: dict[Seat, Change] = {}

    def enter(self, who: Principal, channels: Iterable[str]) -> None:
        """One connection of `who` reads `channels` from now on, and did not before."""
        for seat in _seats(who, channels):
            connections = self._connections.get(seat)
            self._connections[seat] = (connections or 0) + 1
            if connections is None:
                self._changed[seat] = Change(seat, who.name, joined=True)
            elif connections == 0:
                self._wheel.cancel(seat)
                del self._leaving[seat]

    def leave(self, who: Principal, channels: Iterable[str], now: float, *, at_once: bool = False) -> None:
        """One connection of `who` reads `channels` no more, which it did. `at_once` is without grace: for
        someone who may not be there any longer.
        """
        for seat in _seats(who, channels):
            self._connections[seat] -= 1
            if self._connections[seat]:
                continue
            self._leaving[seat] = who.name
            if at_once:
                self._free(seat)
            else:
                self._wheel.schedule(seat, now + GRACE_SECONDS)

    def changes(self, now: float) -> list[Change]:
        """What changed since this was last asked: the latest of each seat."""
        for seat in self._wheel.due(now):
            self._free(seat)
        changes = list(self._changed.values())
        self._changed.clear()
        return changes

    def give_back(self, changes: Sequence[Change]) -> None:
        """These could not be told: have them among the next ones, unless something newer is."""
        for change in changes:
            self._changed.setdefault(change.seat, change)

    def __len__(self) -> int:
        return len(self._connections)

    def _free(self, seat: Seat) -> None:
        del self._connections[seat]
        self._changed[seat] = Change(seat, self._leaving.pop(seat), joined=False)


def _seats(who: Principal, channels: Iterable[str]) -> Iterable[Seat]:
    return [Seat(channel, who.user_id) for channel in channels if has_presence(channel)]
