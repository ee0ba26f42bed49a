"""Counters in this process's memory, as a storage of the `limits` library."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from limits.aio.storage import SlidingWindowCounterSupport, Storage

CAPACITY = 50_000  # counters of one policy, some 300 bytes each


@dataclass(slots=True)
class _Counter:
    count: int
    expires_at: float


class BoundedMemory(Storage, SlidingWindowCounterSupport):
    """Counters of one policy, `capacity` at most: an attacker with many addresses cannot fill the memory.

    The library's own memory has no bound, and while there are requests it looks through all its keys every
    ten milliseconds. Here counters of one policy expire in the order in which they began, so the first is
    always the one to forget: because its time is over, or because there is no room. `clock` gives seconds
    since 1970.
    """

    STORAGE_SCHEME = None  # not to be found by an address

    def __init__(self, capacity: int = CAPACITY, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._capacity = capacity
        self._clock = clock
        self._counters: OrderedDict[str, _Counter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counters)

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What can go wrong: nothing."""
        return ()

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more, from now on for `expiry` seconds if it is the first; the count."""
        return self._add(key, self._clock(), expiry, amount)

    async def get(self, key: str) -> int:
        """The count."""
        return self._count(key, self._clock())

    async def get_expiry(self, key: str) -> float:
        """When the count begins anew."""
        counter = self._counters.get(key)
        return counter.expires_at if counter else self._clock()

    async def check(self) -> bool:
        """Memory is always there."""
        return True

    async def reset(self) -> int:
        """Forget everything; how many counters."""
        count = len(self._counters)
        self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        self._counters.pop(key, None)

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` more if that stays within `limit`; whether it did.

        What was counted in the window before this one weighs as much as still reaches into the last `expiry`
        seconds.
        """
        now = self._clock()
        previous, current = _keys(key, expiry, now)
        weight = 1 - now / expiry % 1
        if int(self._count(previous, now) * weight) + self._count(current, now) + amount > limit:
            return False
        self._add(current, now, 2 * expiry, amount)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and remaining seconds of the window before this one, then of this one."""
        now = self._clock()
        previous, current = _keys(key, expiry, now)
        left = (1 - now / expiry % 1) * expiry
        return self._count(previous, now), left, self._count(current, now), left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget both windows."""
        for counted in _keys(key, expiry, self._clock()):
            self._counters.pop(counted, None)

    def _count(self, key: str, now: float) -> int:
        counter = self._counters.get(key)
        return counter.count if counter and counter.expires_at > now else 0

    def _add(self, key: str, now: float, expiry: float, amount: int) -> int:
        counter = self._counters.get(key)
        if counter is None or counter.expires_at <= now:
            self._forget(now)
            self._counters.pop(key, None)
            counter = self._counters[key] = _Counter(0, now + expiry)
        counter.count += amount
        return counter.count

    def _forget(self, now: float) -> None:
        while self._counters:
            first = next(iter(self._counters.values()))
            if first.expires_at > now and len(self._counters) < self._capacity:
                return
            self._counters.popitem(last=False)


def _keys(key: str, expiry: int, now: float) -> tuple[str, str]:
    """The counters of the window before this one and of this one."""
    window = int(now / expiry)
    return f"{key}/{window - 1}", f"{key}/{window}"
