"""Attendance and presence against the plain definition: who has a connection there, or had a moment ago."""

import asyncio
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from itcook.auth.principal import Principal
from itcook.stream.attendance import GRACE_SECONDS, TICK, Attendance
from itcook.stream.presence import Change, Company, MemoryPresence, News, Seat
from tests.support.stream import someone

PLACES = ["community", "post:1", "kitchen:1"]
ADA, BEN = someone(1), someone(2)


def apply(presence: MemoryPresence, *changes: Change) -> list[News]:
    return asyncio.run(presence.apply(changes))


def company(presence: MemoryPresence, channel: str, limit: int = 100) -> Company:
    return asyncio.run(presence.company(channel, limit))


def states(changes: list[Change]) -> list[tuple[str, bool]]:
    return [(change.seat.channel, change.joined) for change in changes]


class Comings(RuleBasedStateMachine):
    """People come into channels and leave them by several connections, while time passes, and what changed
    is told now and then.
    """

    reading = Bundle[tuple[Principal, str]]("reading")

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.attendance = Attendance(self.now)
        self.presence = MemoryPresence()
        self.connections: Counter[Seat] = Counter()  # the model,
        self.left_at: dict[Seat, float] = {}  # seats that nobody has, but someone may come back to
        self.screen: set[Seat] = set()  # and who is there for someone who was told of everything

    @rule(target=reading, who=st.sampled_from([ADA, BEN]), channel=st.sampled_from(PLACES))
    def enter(self, who: Principal, channel: str) -> tuple[Principal, str]:
        seat = Seat(channel, who.user_id)
        self.attendance.enter(who, [channel, "system", f"personal:{who.user_id}"])
        self.connections[seat] += 1
        self.left_at.pop(seat, None)
        return who, channel

    @rule(connection=consumes(reading), at_once=st.booleans())
    def leave(self, connection: tuple[Principal, str], at_once: bool) -> None:
        who, channel = connection
        seat = Seat(channel, who.user_id)
        self.attendance.leave(who, [channel, "system"], self.now, at_once=at_once)
        self.connections[seat] -= 1
        if not self.connections[seat] and not at_once:
            self.left_at[seat] = self.now

    @rule(seconds=st.sampled_from([0.1, TICK, 1.0, GRACE_SECONDS - 1, GRACE_SECONDS + TICK]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def fail(self) -> None:
        """The other nodes cannot be told: nothing is lost by it."""
        self.attendance.give_back(self.attendance.changes(self.now))
        self._forget_the_past()

    @rule(limit=st.integers(0, 3))
    def tell(self, limit: int) -> None:
        for news in apply(self.presence, *self.attendance.changes(self.now)):
            seat = news.change.seat
            assert news.change.joined != (seat in self.screen), "told what everybody knew"
            self.screen ^= {seat}
            assert news.online == len(company(self.presence, seat.channel).people)
        self._forget_the_past()
        there = {seat for seat, count in self.connections.items() if count}
        assert there <= self.screen
        # Nobody stays for longer than the grace and a tick, nor leaves before.
        surely = {seat for seat, at in self.left_at.items() if self.now - at < GRACE_SECONDS}
        assert there | surely <= self.screen <= there | self.left_at.keys()
        for channel in PLACES:
            found = company(self.presence, channel, limit)
            people = {seat.user_id for seat in self.screen if seat.channel == channel}
            assert (found.online, len(found.people)) == (len(people), min(len(people), limit))
            assert found.people.keys() <= people
        assert len(self.attendance) == len(self.screen)

    def _forget_the_past(self) -> None:
        for seat, at in list(self.left_at.items()):
            if self.now - at >= GRACE_SECONDS + TICK:
                del self.left_at[seat]


TestComings = Comings.TestCase


def test_a_reload_makes_no_noise() -> None:
    """Neither left nor joined, also when the tab comes back at the last moment, each time anew."""
    attendance = Attendance(0)
    attendance.enter(ADA, ["community"])
    assert states(attendance.changes(0)) == [("community", True)]
    attendance.leave(ADA, ["community"], 1)
    assert attendance.changes(1 + GRACE_SECONDS - TICK) == []
    attendance.enter(ADA, ["community"])
    assert attendance.changes(100) == []
    attendance.leave(ADA, ["community"], 100)
    assert attendance.changes(100 + GRACE_SECONDS - TICK) == []
    assert states(attendance.changes(100 + GRACE_SECONDS + TICK)) == [("community", False)]
    assert len(attendance) == 0


def test_several_tabs_are_one_person() -> None:
    """The first one brings them, and only the last one takes them away."""
    attendance = Attendance(0)
    attendance.enter(ADA, ["community"])
    attendance.enter(ADA, ["community"])
    assert len(attendance.changes(0)) == 1
    attendance.leave(ADA, ["community"], 0)
    assert attendance.changes(100) == []
    attendance.leave(ADA, ["community"], 100)
    assert states(attendance.changes(200)) == [("community", False)]


def test_whoever_may_not_be_there_is_gone_at_once() -> None:
    """Without grace; also the name is the person's own."""
    attendance = Attendance(0)
    attendance.enter(ADA, ["kitchen:1"])
    attendance.changes(0)
    attendance.leave(ADA, ["kitchen:1"], 0, at_once=True)
    assert attendance.changes(0) == [Change(Seat("kitchen:1", ADA.user_id), ADA.name, joined=False)]


def test_only_places_to_meet_are_counted() -> None:
    """Whoever reads `system`, a personal channel or an author's is in nobody's company."""
    attendance = Attendance(0)
    attendance.enter(
        ADA, ["system", "author:1", f"personal:{ADA.user_id}", "community", "kitchen:1", "post:1"]
    )
    assert sorted(states(attendance.changes(0))) == [
        ("community", True),
        ("kitchen:1", True),
        ("post:1", True),
    ]


def test_what_could_not_be_told_gives_way_to_what_is_newer() -> None:
    """Or someone who left meanwhile would be there for ever."""
    attendance = Attendance(0)
    attendance.enter(ADA, ["community"])
    failed = attendance.changes(0)
    attendance.leave(ADA, ["community"], 0, at_once=True)
    attendance.give_back(failed)
    assert states(attendance.changes(0)) == [("community", False)]


def test_the_first_to_come_are_named_first() -> None:
    """A long list is cut, and all are counted."""
    presence = MemoryPresence()
    people = [someone(number) for number in range(5)]
    apply(presence, *[Change(Seat("community", who.user_id), who.name, joined=True) for who in people])
    found = company(presence, "community", 2)
    assert found == Company(5, {who.user_id: who.name for who in people[:2]})
    assert company(presence, "post:1") == Company(0, {})


def test_telling_twice_is_telling_once() -> None:
    """After a failure nobody knows how much was taken note of."""
    presence = MemoryPresence()
    joined = Change(Seat("community", ADA.user_id), ADA.name, joined=True)
    left = Change(Seat("community", ADA.user_id), ADA.name, joined=False)
    assert [news.online for news in apply(presence, joined, joined)] == [1]
    assert apply(presence, joined) == []
    assert [news.online for news in apply(presence, left)] == [0]
    assert apply(presence, left) == []
    assert presence._people == {}
