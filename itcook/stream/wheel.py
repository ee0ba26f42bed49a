"""One timer for all connections, instead of a task for each."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Wheel(Generic[T]):
    """Items and when they are due. Adding, moving and removing cost the same however many there are.

    Times are seconds of one clock; an item comes due up to `tick` seconds late, never early.
    """

    def __init__(self, tick: float, now: float) -> None:
        self.tick = tick
        self._slots: defaultdict[int, set[T]] = defaultdict(set)
        self._slot_of: dict[T, int] = {}
        self._turned = int(now // tick)  # nothing is scheduled up to this slot any more

    def schedule(self, item: T, when: float) -> None:
        """Have `item` due at `when`, instead of whenever it was due before."""
        self.cancel(item)
        slot = max(self._slot(when), self._turned + 1)
        self._slots[slot].add(item)
        self._slot_of[item] = slot

    def cancel(self, item: T) -> None:
        """Forget `item`, if it is there."""
        slot = self._slot_of.pop(item, None)
        if slot is not None:
            items = self._slots[slot]
            items.discard(item)
            if not items:
                del self._slots[slot]

    def due(self, now: float) -> Iterator[T]:
        """Remove and give what is due at `now`; meanwhile items may be moved and cancelled."""
        turn_to = int(now // self.tick)
        self._turned = max(self._turned, turn_to)
        for slot in sorted(slot for slot in self._slots if slot <= turn_to):
            while items := self._slots.get(slot):
                item = items.pop()
                del self._slot_of[item]
                if not items:
                    del self._slots[slot]
                yield item

    def __len__(self) -> int:
        return len(self._slot_of)

    def _slot(self, when: float) -> int:
        return int(-(-when // self.tick))
