"""Progress: what counts, what it achieves, and what a chart shows of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import transactional
from itcook.errors import ConflictError, ValidationError
from itcook.goals import goals, progress, views
from itcook.goals.fields import Direction, GoalStatus, GoalType
from itcook.goals.goals import GoalChanges, GoalDraft
from itcook.pages import PageQuery
from tests.support.community import count_recorded, recorded

EVERYTHING = PageQuery(limit=100)
RACERS = 20


class Clock:
    """Stands where it is put."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What time every transaction has."""
    clock = Clock(datetime(2026, 3, 27, 12, tzinfo=UTC))
    monkeypatch.setattr(transactional, "clock", clock)
    return clock


@pytest.mark.parametrize(
    ("direction", "before", "reached"), [(Direction.UP, 69.999, 70), (Direction.DOWN, 70.001, 70)]
)
async def test_a_goal_is_completed_by_the_value_that_reaches_it(
    owner: Principal, direction: Direction, before: float, reached: float
) -> None:
    """Not a thousandth earlier; the achievement and the event are there with it."""
    goal = await goals.create_goal(owner, GoalDraft("70 kg", GoalType.WEIGHT, 70, "kg", direction))
    nearly = await progress.add_progress(owner, goal.id, before)
    assert (nearly.status, nearly.current_value) == ("active", before)
    assert await recorded() == []
    there = await progress.add_progress(owner, goal.id, reached)
    assert (there.status, there.current_value) == ("completed", reached)
    assert await goals.one_goal(owner, goal.id) == there
    [event] = await recorded()
    assert (event.type, event.channels) == ("GoalAchieved", (f"personal:{owner.user_id}",))
    assert event.data == {
        "goal_id": str(goal.id),
        "title": "70 kg",
        "achievement_type": "weight",
        "target_value": 70.0,
        "unit": "kg",
    }
    [achieved] = (await progress.achievements(owner, EVERYTHING)).data
    assert (achieved.goal_id, achieved.achievement_type, achieved.unit) == (goal.id, "weight", "kg")


async def test_racing_progress_achieves_once(owner: Principal, goal: views.Goal) -> None:
    """20 values at once that all reach the target: one counts, the others find the goal completed."""
    results = await asyncio.gather(
        *(progress.add_progress(owner, goal.id, 2 + number) for number in range(RACERS)),
        return_exceptions=True,
    )
    completed = [result for result in results if isinstance(result, views.Goal)]
    refused = [result for result in results if isinstance(result, ConflictError)]
    assert (len(completed), len(refused)) == (1, RACERS - 1)
    assert await count_recorded("GoalAchieved") == 1
    assert await models.Achievement.filter(goal_id=goal.id).count() == 1
    assert await models.GoalProgress.all().count() == 1


@pytest.mark.parametrize("status", [GoalStatus.PAUSED, GoalStatus.CANCELLED])
async def test_progress_counts_on_active_goals_only(
    owner: Principal, goal: views.Goal, status: GoalStatus
) -> None:
    """Refused without a trace; taken up again, the goal counts again."""
    await goals.edit_goal(owner, goal.id, GoalChanges(status=status))
    with pytest.raises(ConflictError) as refused:
        await progress.add_progress(owner, goal.id, 1)
    assert refused.value.code == "goal_not_active"
    assert (await progress.history(owner, goal.id, EVERYTHING)).data == []
    await goals.edit_goal(owner, goal.id, GoalChanges(status=GoalStatus.ACTIVE))
    assert (await progress.add_progress(owner, goal.id, 1)).current_value == 1


async def test_the_history_pages_backwards(owner: Principal, goal: views.Goal) -> None:
    """With values and notes, of this goal alone."""
    other = await goals.create_goal(owner, GoalDraft("Sleep", GoalType.SLEEP, 8, "h"))
    await progress.add_progress(owner, other.id, 7)
    for number in range(3):
        await progress.add_progress(owner, goal.id, number / 10, f"note {number}")
    first = await progress.history(owner, goal.id, PageQuery(limit=2))
    assert [(row.value, row.note) for row in first.data] == [(0.2, "note 2"), (0.1, "note 1")]
    rest = await progress.history(owner, goal.id, PageQuery(before=first.next_before))
    assert [row.value for row in rest.data] == [0.0]


async def test_a_chart_has_the_last_value_of_each_local_day(
    owner: Principal, goal: views.Goal, clock: Clock
) -> None:
    """Days end at the person's midnight, also on the day that daylight saving makes an hour shorter."""
    await models.User.filter(id=owner.user_id).update(time_zone="Europe/Berlin")
    for moment, value in (
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), 0.1),  # Saturday, 23:59
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 0.2),  # Sunday, 0:00
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), 0.3),  # Sunday, 23:59, an hour nearer
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), 0.4),  # Monday, 0:00
        (datetime(2026, 3, 30, 6, 0, tzinfo=UTC), 0.5),
    ):
        clock.moment = moment
        await progress.add_progress(owner, goal.id, value)
    chart = await progress.series(owner, goal.id, clock=clock)
    assert (chart.time_zone, chart.last_day) == ("Europe/Berlin", date(2026, 3, 30))
    assert chart.first_day == date(2026, 3, 30) - timedelta(days=89)
    assert [(point.day.day, point.value) for point in chart.data] == [(28, 0.1), (29, 0.3), (30, 0.5)]
    sunday = date(2026, 3, 29)
    assert [point.value for point in (await progress.series(owner, goal.id, sunday, sunday)).data] == [0.3]


async def test_a_chart_of_many_values_has_every_day(
    owner: Principal, goal: views.Goal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days that fill several queries hide neither their own last value nor the days before them."""
    monkeypatch.setattr(progress, "READ_ROWS", 3)
    counts = {1: 1, 2: 7, 3: 3, 5: 2, 6: 1}
    for day, count in counts.items():
        for number in range(count):
            clock.moment = datetime(2026, 3, day, 12, number, tzinfo=UTC)
            await progress.add_progress(owner, goal.id, (day * 100 + number) / 1000)
    chart = await progress.series(owner, goal.id, date(2026, 3, 1), date(2026, 3, 31))
    expected = [(day, (day * 100 + count - 1) / 1000) for day, count in counts.items()]
    assert [(point.day.day, point.value) for point in chart.data] == expected


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 3, 2), date(2026, 3, 1)), (date(2025, 3, 1), date(2026, 3, 2))],
)
async def test_a_chart_has_an_order_and_an_end(
    owner: Principal, goal: views.Goal, first: date, last: date
) -> None:
    """Backwards, or 367 days: refused with the place."""
    with pytest.raises(ValidationError) as refused:
        await progress.series(owner, goal.id, first, last)
    assert [error.pointer for error in refused.value.errors] == ["/from"]
    assert (await progress.series(owner, goal.id, last - timedelta(days=365), last)).data == []
