"""Crowds: how much is told of who comes and goes."""

from itcook.stream.crowds import CROWD_SECONDS, DELIVERIES_PER_SECOND, FEW, Crowds
from itcook.stream.presence import Change, News, Seat
from tests.support.stream import someone


def news(number: int, online: int, *, joined: bool = True, channel: str = "community") -> News:
    who = someone(number)
    return News(Change(Seat(channel, who.user_id), who.name, joined), online)


def test_among_few_everything_is_told_at_once() -> None:
    """However fast it comes."""
    crowds = Crowds()
    happened = [news(number, FEW, joined=number % 2 == 0) for number in range(20)]
    assert crowds.told(happened, 0) == happened
    assert len(crowds) == 0


def test_nobody_is_told_where_nobody_else_is() -> None:
    """The usual case of a kitchen: whoever comes is alone, and whoever leaves leaves nobody."""
    crowds = Crowds()
    alone = [news(1, 1), news(1, 0, joined=False)]
    two = [news(2, 2), news(2, 1, joined=False)]
    assert crowds.told([*alone, *two], 0) == two


def test_a_crowd_hears_the_first_change_and_then_the_latest_of_each_second() -> None:
    """What waits is told when its time has come, without anything that follows it."""
    crowds = Crowds()
    first, second, third = (news(number, FEW + number) for number in (1, 2, 3))
    assert crowds.told([first], 0) == [first]
    assert crowds.told([second], 0.3) == []
    assert crowds.told([third], 0.6) == []
    assert crowds.told([], CROWD_SECONDS - 0.01) == []
    assert crowds.told([], CROWD_SECONDS) == [third]
    assert crowds.told([], 2 * CROWD_SECONDS) == []
    assert len(crowds) == 0


def test_one_crowd_does_not_keep_another_waiting() -> None:
    """Each channel has its own time."""
    crowds = Crowds()
    crowds.told([news(1, 100)], 0)
    other = news(1, 100, channel="post:1")
    assert crowds.told([news(2, 101), other], 0.1) == [other]


def test_a_crowd_that_became_few_is_told_everything_again() -> None:
    """And not, later, what was true when it was larger."""
    crowds = Crowds()
    crowds.told([news(1, FEW + 1)], 0)
    crowds.told([news(2, FEW + 2)], 0.1)
    left = [news(1, FEW, joined=False), news(2, FEW, joined=False)]
    assert crowds.told(left, 0.2) == left
    assert crowds.told([], 100) == []


def test_a_thousand_who_come_are_not_a_million_deliveries() -> None:
    """Counted as everybody who is there getting everything that is told: a second of connecting, and the
    minute after it.
    """
    crowds = Crowds()
    deliveries = 0
    for number in range(1, 1001):
        deliveries += sum(one.online for one in crowds.told([news(number, number)], number / 1000))
    last: list[News] = []
    for tick in range(5, 240):
        last = crowds.told([], tick / 4) or last
    deliveries += sum(one.online for one in last)
    assert last[-1].online == 1000
    assert deliveries < FEW * FEW + 3 * 1000


def test_a_large_crowd_costs_no_more_than_a_small_one() -> None:
    """Ten times the people are told a tenth as often."""
    for online in (1_000, 10_000, 100_000):
        crowds = Crowds()
        told = [one for tick in range(4_000) for one in crowds.told([news(tick, online)], tick / 4)]
        assert sum(one.online for one in told) <= DELIVERIES_PER_SECOND * 1_000 + online
