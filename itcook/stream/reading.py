"""What one connection reads: the names it subscribed to, and the channels that they stand for."""

from itcook.messages import MAX_CHANNELS
from itcook.stream import channels


class Reading:
    """Names as clients know them, in the order of subscribing. `system` is always among them."""

    def __init__(self) -> None:
        self.memberships_changed = 0  # times; whoever asked before the last one was told what is no longer so
        self._names: dict[str, tuple[str, ...]] = {channels.SYSTEM: (channels.SYSTEM,)}

    @property
    def names(self) -> list[str]:
        """The channels subscribed to, by the names clients know."""
        return list(self._names)

    @property
    def channels(self) -> frozenset[str]:
        """The channels read, by their inner names."""
        return frozenset(channel for resolved in self._names.values() for channel in resolved)

    @property
    def kitchens(self) -> frozenset[str]:
        """The channels of kitchens among them."""
        return frozenset(channel for channel in self.channels if channels.kind(channel) == channels.KITCHEN)

    @property
    def follows_kitchens(self) -> bool:
        """Whether what is read depends on memberships."""
        return channels.KITCHENS in self._names or bool(self.kitchens)

    def add(self, name: str, resolved: tuple[str, ...]) -> bool:
        """Read the channels that `name` stands for; False if there is no room for another name."""
        if name not in self._names and len(self._names) >= MAX_CHANNELS:
            return False
        self._names[name] = resolved
        return True

    def remove(self, name: str) -> tuple[str, ...]:
        """Stop reading `name`; the inner channels that no other name keeps. `system` stays."""
        if name == channels.SYSTEM:
            return ()
        resolved = self._names.pop(name, ())
        kept = self.channels
        return tuple(channel for channel in resolved if channel not in kept)

    def gain(self, channel: str) -> bool:
        """A kitchen was joined, whose channel is `channel`: whether it is read now, by `kitchens`."""
        self.memberships_changed += 1
        if channels.KITCHENS not in self._names:
            return False
        self._names[channels.KITCHENS] = (*self._names[channels.KITCHENS], channel)
        return True

    def lose(self, channel: str) -> bool:
        """A kitchen was left: its `channel` is read no more, by no name. Whether it had a name of its own."""
        self.memberships_changed += 1
        before = len(self._names)
        for name, resolved in list(self._names.items()):
            left = tuple(other for other in resolved if other != channel)
            if left or name == channels.KITCHENS:
                self._names[name] = left
            else:
                del self._names[name]
        return len(self._names) < before
