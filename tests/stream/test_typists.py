"""Typists against what a reader's screen must show."""

from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from itcook.auth.principal import Principal
from itcook.events import Typing
from itcook.stream.limits import TYPING_BURST, TYPING_PER_SECOND
from itcook.stream.typists import LASTS_SECONDS, RENEWED_SECONDS, TICK, Typists
from tests.support.stream import someone

ADA, BEN = someone(1), someone(2)
SOUP, CAKE = UUID(int=1), UUID(int=2)


class Watched:
    """Typists, and what they told."""

    def __init__(self) -> None:
        self.typists = Typists(0)
        self.told: list[Typing] = []
        self.typists.on_typing = self.told.append

    def states(self) -> list[str]:
        """Of what was told since this was last asked."""
        states: list[str] = [typing.state for typing in self.told]
        self.told.clear()
        return states


@pytest.fixture
def watched() -> Watched:
    return Watched()


class Screen(RuleBasedStateMachine):
    """A reader's screen, which forgets a start after 6 s by itself, shows who writes, with no gap."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.typists = Typists(0)
        self.typists.on_typing = self.hear
        self.shown: dict[tuple[UUID, UUID], float] = {}  # when each start was heard of
        self.started: list[tuple[tuple[UUID, UUID], float]] = []
        self.typed_at: dict[tuple[UUID, UUID], float] = {}  # the model

    def hear(self, typing: Typing) -> None:
        draft = (typing.user_id, typing.post_id)
        if typing.state == "started":
            assert (
                all(self.now - at >= RENEWED_SECONDS for one, at in self.started if one == draft)
                or draft not in self.shown
            ), "told too often"
            self.started.append((draft, self.now))
            self.shown[draft] = self.now
        else:
            del self.shown[draft]
            self.started = [one for one in self.started if one[0] != draft]

    @rule(who=st.sampled_from([ADA, BEN]), post_id=st.sampled_from([SOUP, CAKE]))
    def start(self, who: Principal, post_id: UUID) -> None:
        self.typists.start(who, post_id, self.now)
        self.typed_at[who.user_id, post_id] = self.now

    @rule(who=st.sampled_from([ADA, BEN]), post_id=st.sampled_from([SOUP, CAKE]))
    def stop(self, who: Principal, post_id: UUID) -> None:
        self.typists.stop(who.user_id, post_id)
        self.typed_at.pop((who.user_id, post_id), None)

    @rule(who=st.sampled_from([ADA, BEN]))
    def leave(self, who: Principal) -> None:
        self.typists.leave(who.user_id)
        self.typed_at = {draft: at for draft, at in self.typed_at.items() if draft[0] != who.user_id}

    @rule(ticks=st.integers(1, 30))
    def wait(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += TICK
            self.typists.tick(self.now)
            self.the_screen_is_right()

    @invariant()
    def the_screen_is_right(self) -> None:
        writing = {draft for draft, at in self.typed_at.items() if self.now - at < LASTS_SECONDS}
        lately = {draft for draft, at in self.typed_at.items() if self.now - at <= LASTS_SECONDS + TICK}
        assert writing <= self.shown.keys() <= lately
        assert all(self.now - self.shown[draft] <= LASTS_SECONDS for draft in writing), "the screen forgot"


TestScreen = Screen.TestCase


def test_a_start_ends_by_itself(watched: Watched) -> None:
    """After 6 s, and a tick at most."""
    watched.typists.start(ADA, SOUP, 0)
    watched.typists.tick(LASTS_SECONDS - TICK)
    assert watched.states() == ["started"]
    watched.typists.tick(LASTS_SECONDS)
    assert watched.states() == ["stopped"]
    assert len(watched.typists) == 0


def test_who_and_where(watched: Watched) -> None:
    """What is told names the person and the post."""
    watched.typists.start(ADA, SOUP, 0)
    assert watched.told == [Typing(post_id=SOUP, user_id=ADA.user_id, user_name=ADA.name, state="started")]


def test_a_start_for_each_key_is_told_each_three_seconds(watched: Watched) -> None:
    """A minute of it, ten keys a second, from two tabs or one."""
    for tenth in range(600):
        watched.typists.start(ADA, SOUP, tenth / 10)
        watched.typists.tick(tenth / 10)
    assert watched.states() == ["started"] * 20


def test_the_last_of_many_renewals_is_told(watched: Watched) -> None:
    """Or screens that count their own 6 s would forget someone who still writes."""
    watched.typists.start(ADA, SOUP, 0)
    watched.typists.start(ADA, SOUP, 2)
    assert watched.states() == ["started"]
    watched.typists.tick(RENEWED_SECONDS)
    assert watched.states() == ["started"]
    watched.typists.tick(2 + LASTS_SECONDS - TICK)
    assert watched.states() == []
    watched.typists.tick(2 + LASTS_SECONDS)
    assert watched.states() == ["stopped"]


def test_stopping_twice_or_without_having_begun_is_nothing(watched: Watched) -> None:
    """A screen clears its field and is closed."""
    watched.typists.stop(ADA.user_id, SOUP)
    watched.typists.start(ADA, SOUP, 0)
    watched.typists.stop(ADA.user_id, SOUP)
    watched.typists.stop(ADA.user_id, SOUP)
    watched.typists.tick(100)
    assert watched.states() == ["started", "stopped"]


def test_leaving_stops_all_of_it(watched: Watched) -> None:
    """On every post, and nobody else's."""
    for who, post_id in ((ADA, SOUP), (ADA, CAKE), (BEN, SOUP)):
        watched.typists.start(who, post_id, 0)
    watched.told.clear()
    watched.typists.leave(ADA.user_id)
    assert [(typing.user_id, typing.post_id, typing.state) for typing in watched.told] == [
        (ADA.user_id, SOUP, "stopped"),
        (ADA.user_id, CAKE, "stopped"),
    ]


def test_whoever_starts_all_the_time_is_limited(watched: Watched) -> None:
    """Some at once, then one a second; nobody else is, and what limits nothing is forgotten."""
    begun = [watched.typists.may_start(ADA.user_id, 0) for _ in range(20)]
    assert begun.count(True) == TYPING_BURST
    assert watched.typists.may_start(BEN.user_id, 0)
    assert watched.typists.may_start(ADA.user_id, 1 / TYPING_PER_SECOND)
    assert not watched.typists.may_start(ADA.user_id, 1 / TYPING_PER_SECOND)
    watched.typists.tick(5)
    assert len(watched.typists) == 2
    watched.typists.tick(60)
    assert len(watched.typists) == 0
