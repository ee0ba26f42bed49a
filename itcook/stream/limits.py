"""Limits on what one client sends. No clock of their own: every call is told the time."""

MESSAGES_PER_SECOND = 20.0
MESSAGE_BURST = 60.0
TYPING_PER_SECOND = 1.0  # starts that are told to others, of one person; renewing is not among them
TYPING_BURST = 10.0
INVALID_MESSAGES = 20  # within INVALID_WINDOW: more is no accident
INVALID_WINDOW = 60.0  # seconds


class TokenBucket:
    """`rate` a second sustained, `burst` at once."""

    __slots__ = ("_burst", "_level", "_rate", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._updated = now

    def take(self, now: float) -> bool:
        """Take one; False if there is none."""
        self._level = min(self._burst, self._level + (now - self._updated) * self._rate)
        self._updated = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


class Strikes:
    """Counts what happened within the last `window` seconds, up to `limit`."""

    __slots__ = ("_moments", "_window", "limit")

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self._window = window
        self._moments: list[float] = []

    def strike(self, now: float) -> bool:
        """Count one; whether the limit is reached."""
        self._moments = [*self._moments[1 - self.limit :], now]  # for nearly everybody it stays empty
        return len(self._moments) == self.limit and now - self._moments[0] <= self._window
