"""The wheel against a dictionary of times."""

from hypothesis import given, settings
from hypothesis import strategies as st

from itcook.stream.wheel import Wheel

TIMES = st.floats(0, 1000, allow_nan=False)
STEPS = st.one_of(
    st.tuples(st.just("schedule"), st.integers(0, 9), st.floats(-2, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0.0)),
    st.tuples(st.just("turn"), st.just(0), st.floats(0, 3) | st.floats(0, 300)),
)


@settings(max_examples=300)
@given(st.sampled_from([0.1, 0.25, 1.0]), TIMES, st.lists(STEPS, max_size=40))
def test_never_early_and_at_most_a_tick_late(
    tick: float, start: float, steps: list[tuple[str, int, float]]
) -> None:
    """Whatever is moved, cancelled or jumped over: what is due comes once, in time."""
    wheel: Wheel[int] = Wheel(tick, start)
    now = start
    due_at: dict[int, float] = {}
    for step, item, seconds in steps:
        if step == "schedule":
            wheel.schedule(item, now + seconds)
            due_at[item] = max(now, now + seconds)
        elif step == "cancel":
            wheel.cancel(item)
            due_at.pop(item, None)
        else:
            now += seconds
            came = list(wheel.due(now))
            assert len(set(came)) == len(came)
            for item in came:
                assert due_at.pop(item) <= now
            assert all(now <= when + tick * (1 + 1e-9) for when in due_at.values())
        assert len(wheel) == len(due_at)


def test_an_item_of_the_first_tick_is_not_a_tick_late() -> None:
    """Also when the wheel was made in the middle of a tick."""
    wheel: Wheel[str] = Wheel(1.0, 0.5)
    wheel.schedule("a", 0.6)
    assert list(wheel.due(1.0)) == ["a"]


def test_items_that_are_moved_or_cancelled_while_others_come_due() -> None:
    """Whoever takes one item out of `due` may touch any other, itself included."""
    wheel: Wheel[str] = Wheel(1.0, 0.0)
    for item in "abcdef":
        wheel.schedule(item, 1.0)
    came = []
    others = set("abcdef")
    for item in wheel.due(1.0):
        came.append(item)
        others.discard(item)
        wheel.schedule(item, 0.0)
        if len(came) == 1:
            moved, cancelled = sorted(others)[:2]
            wheel.schedule(moved, 50.0)
            wheel.cancel(cancelled)
    assert sorted(came) == sorted(set("abcdef") - {moved, cancelled})
    assert sorted(wheel.due(2.0)) == sorted(came)
    assert list(wheel.due(49.0)) == []
    assert list(wheel.due(50.0)) == [moved]
    assert len(wheel) == 0


def test_what_was_not_taken_comes_next_time() -> None:
    """A failure in between loses nobody."""
    wheel: Wheel[str] = Wheel(1.0, 0.0)
    wheel.schedule("a", 1.0)
    wheel.schedule("b", 2.0)
    assert next(wheel.due(5.0)) == "a"
    assert list(wheel.due(5.0)) == ["b"]
