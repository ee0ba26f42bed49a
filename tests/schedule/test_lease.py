"""Leases: one holder at a time, and none for ever."""

import asyncio
from datetime import datetime, timedelta

import pytest

from itcook import models
from itcook.database import transactional
from itcook.schedule import lease
from tests.support.stream import NOON

LASTING = timedelta(seconds=30)
RACERS = 20


class Hands:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The time of every transaction."""
    hands = Hands()
    monkeypatch.setattr(transactional, "clock", staticmethod(hands))
    return hands


async def test_one_holder_at_a_time() -> None:
    """A second one is refused; other names are other leases."""
    assert await lease.acquire("scan", "a", LASTING)
    assert not await lease.acquire("scan", "b", LASTING)
    assert await lease.acquire("send", "b", LASTING)


async def test_of_many_at_once_one_gets_it() -> None:
    """Whether nobody had it before, or somebody whose time is over."""
    for _ in range(2):
        got = await asyncio.gather(*(lease.acquire("scan", str(n), LASTING) for n in range(RACERS)))
        assert sum(got) == 1
        await models.Lease.filter(name="scan").update(until=NOON - LASTING)


async def test_its_holder_extends_it(hands: Hands) -> None:
    """From the moment of asking."""
    await lease.acquire("scan", "a", LASTING)
    hands.now += LASTING / 2
    assert await lease.acquire("scan", "a", LASTING)
    assert (await models.Lease.get(name="scan")).until == NOON + LASTING * 1.5


async def test_who_died_is_replaced(hands: Hands) -> None:
    """When the lease is over, and not a millisecond earlier; who comes back late finds it taken."""
    await lease.acquire("scan", "a", LASTING)
    hands.now += LASTING - timedelta(milliseconds=1)
    assert not await lease.acquire("scan", "b", LASTING)
    hands.now += timedelta(milliseconds=1)
    assert await lease.acquire("scan", "b", LASTING)
    assert not await lease.acquire("scan", "a", LASTING)


async def test_a_released_lease_is_free() -> None:
    """At once; and nobody releases what another holds."""
    await lease.acquire("scan", "a", LASTING)
    await lease.release("scan", "b")
    assert not await lease.acquire("scan", "b", LASTING)
    await lease.release("scan", "a")
    assert await lease.acquire("scan", "b", LASTING)
