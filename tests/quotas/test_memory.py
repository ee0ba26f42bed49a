"""The counters in memory keep the window and the bound."""

from limits import RateLimitItemPerSecond
from limits.aio.strategies import FixedWindowRateLimiter

from itcook.quotas.memory import BoundedMemory


class Clock:
    """Seconds since 1970, as the test has them."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def granted(memory: BoundedMemory, key: str, asked: int) -> int:
    """How many of so many requests are within 10 in 60 seconds."""
    answers = [await memory.acquire_sliding_window_entry(key, 10, 60) for _ in range(asked)]
    return sum(answers)


async def test_no_more_than_the_limit_is_granted() -> None:
    """Each key has its own."""
    memory = BoundedMemory(clock=Clock(600))
    assert await granted(memory, "ada", 50) == 10
    assert await granted(memory, "grace", 5) == 5


async def test_the_window_slides() -> None:
    """The turn of a window grants no second quota: what was used comes back as time passes, not at once."""
    clock = Clock(659)
    memory = BoundedMemory(clock=clock)
    assert await granted(memory, "ada", 50) == 10
    clock.now = 661
    assert await granted(memory, "ada", 50) == 1
    clock.now = 690
    assert await granted(memory, "ada", 50) == 4
    clock.now = 900
    assert await granted(memory, "ada", 50) == 10


async def test_refused_requests_are_not_counted() -> None:
    """Who goes on trying does not wait for longer."""
    clock = Clock(600)
    memory = BoundedMemory(clock=clock)
    await granted(memory, "ada", 10_000)
    assert await memory.get_sliding_window("ada", 60) == (0, 60, 10, 120)


async def test_many_keys_take_no_more_than_the_capacity() -> None:
    """The counters that began first go, whether their time is over or not."""
    clock = Clock(600)
    memory = BoundedMemory(capacity=100, clock=clock)
    for number in range(1_000):
        await granted(memory, f"attacker {number}", 10)
        assert len(memory) <= 100
    assert await granted(memory, "attacker 999", 1) == 0
    assert await granted(memory, "attacker 0", 1) == 1


async def test_what_is_over_is_forgotten() -> None:
    """Counters of the past leave as new ones come, also below the capacity."""
    clock = Clock(600)
    memory = BoundedMemory(clock=clock)
    for number in range(50):
        await granted(memory, f"person {number}", 1)
    clock.now += 120
    await granted(memory, "ada", 1)
    assert len(memory) == 1


async def test_the_library_counts_in_it_by_fixed_windows_too() -> None:
    """It is a whole storage of the library's: counters expire, and can be looked at and cleared."""
    clock = Clock(600)
    memory = BoundedMemory(clock=clock)
    limiter = FixedWindowRateLimiter(memory)
    item = RateLimitItemPerSecond(2, 60)
    assert [await limiter.hit(item, "ada") for _ in range(3)] == [True, True, False]
    assert (await limiter.get_window_stats(item, "ada")).reset_time == 660
    clock.now = 660
    assert await limiter.test(item, "ada")
    await limiter.hit(item, "ada", cost=2)
    await limiter.clear(item, "ada")
    assert await limiter.test(item, "ada")
    await limiter.hit(item, "ada")
    assert await memory.reset() == 1
