"""What one connection reads: the names it subscribed to, the channels that they stand for, and since when."""

from collections.abc import Iterable, Sequence, Set

from itcook.messages import MAX_CHANNELS
from itcook.stream import channels
from itcook.stream.envelope import Envelope


class Reading:
    """Names as clients know them, in the order of subscribing. `system` is always among them.

    Each channel is read after a position: what is above it on one of the channels was delivered, or will be,
    and nothing else.
    """

    def __init__(self) -> None:
        self.memberships_changed = 0  # times; whoever asked before the last one was told what is no longer so
        self._names: dict[str, tuple[str, ...]] = {channels.SYSTEM: (channels.SYSTEM,)}
        self._after: dict[str, int] = {}  # channel -> position

    @property
    def names(self) -> list[str]:
        """The channels subscribed to, by the names clients know."""
        return list(self._names)

    @property
    def channels(self) -> frozenset[str]:
        """The channels read, by their inner names."""
        return frozenset(self._after)

    @property
    def kitchens(self) -> frozenset[str]:
        """The channels of kitchens among them."""
        return frozenset(channel for channel in self._after if channels.kind(channel) == channels.KITCHEN)

    @property
    def follows_kitchens(self) -> bool:
        """Whether what is read depends on memberships."""
        return channels.KITCHENS in self._names or bool(self.kitchens)

    def behind(self, names: Iterable[str]) -> frozenset[str]:
        """The channels that `names` stand for, those of them that are subscribed to."""
        return frozenset(channel for name in names for channel in self._names.get(name, ()))

    def covers(self, envelope: Envelope) -> bool:
        """Whether the event is one that this connection gets, or got."""
        position = envelope.position
        return any(self._after.get(channel, position) < position for channel in envelope.channels)

    def readable(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Those of `envelopes`, in the order of their positions, that this connection gets, or got."""
        if not envelopes:
            return []
        first = envelopes[0].position
        # Nearly always the channels were all read before the first of them, and one look at each is enough.
        before = {channel for channel, position in self._after.items() if position < first}
        return [
            envelope
            for envelope in envelopes
            if not before.isdisjoint(envelope.channels) or self.covers(envelope)
        ]

    def add(self, name: str, resolved: tuple[str, ...]) -> bool:
        """Subscribe to `name`, which stands for these channels; False if there is no room for another name.

        They are read once `follow` is told from where.
        """
        if name not in self._names and len(self._names) >= MAX_CHANNELS:
            return False
        self._names[name] = resolved
        return True

    def remove(self, name: str) -> None:
        """Unsubscribe from `name`. `system` stays."""
        if name != channels.SYSTEM:
            self._names.pop(name, None)

    def follow(self, position: int) -> Set[str]:
        """Read exactly what the names stand for: what is not read yet from `position` on. What is dropped."""
        named = self.behind(self._names)
        dropped = self._after.keys() - named
        for channel in dropped:
            del self._after[channel]
        for channel in named:
            self._after.setdefault(channel, position)
        return dropped

    def rewind(self, wanted: Set[str], position: int) -> None:
        """Read those of the channels that are read since before `position`, or from there on."""
        for channel in wanted & self._after.keys():
            self._after[channel] = min(self._after[channel], position)

    def skip(self, position: int) -> None:
        """Read nothing up to `position`."""
        for channel, after in self._after.items():
            self._after[channel] = max(after, position)

    def gain(self, channel: str, position: int) -> bool:
        """A kitchen was joined, whose channel is `channel`: whether it is read now, by `kitchens`."""
        self.memberships_changed += 1
        if channels.KITCHENS not in self._names:
            return False
        self._names[channels.KITCHENS] = (*self._names[channels.KITCHENS], channel)
        self._after.setdefault(channel, position)
        return True

    def lose(self, channel: str) -> bool:
        """A kitchen was left: its `channel` is read no more, by no name. Whether it had a name of its own."""
        self.memberships_changed += 1
        self._after.pop(channel, None)
        before = len(self._names)
        for name, resolved in list(self._names.items()):
            left = tuple(other for other in resolved if other != channel)
            if left or name == channels.KITCHENS:
                self._names[name] = left
            else:
                del self._names[name]
        return len(self._names) < before
