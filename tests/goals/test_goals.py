"""Goals in the core: set, changed and deleted by whoever they belong to."""

from datetime import UTC, date, datetime, timedelta

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import transactional
from itcook.errors import ConflictError, NotFoundError, ValidationError
from itcook.goals import goals, progress, views
from itcook.goals.fields import Direction, GoalStatus, GoalType
from itcook.goals.goals import GoalChanges, GoalDraft
from itcook.pages import PageQuery

EVERYTHING = PageQuery(limit=100)


@pytest.mark.parametrize("goal_type", list(GoalType))
async def test_weight_goes_down_and_everything_else_up(owner: Principal, goal_type: GoalType) -> None:
    """Where nobody says; whoever says is heard."""
    usual = Direction.DOWN if goal_type is GoalType.WEIGHT else Direction.UP
    for said, expected in ((None, usual), (Direction.UP, Direction.UP), (Direction.DOWN, Direction.DOWN)):
        goal = await goals.create_goal(owner, GoalDraft("x", goal_type, 7, "kg", said))
        assert goal.direction is expected


async def test_amounts_are_kept_exactly(owner: Principal) -> None:
    """A thousandth of a billion comes back as it was given."""
    for amount in (0.001, 0.1, 72.4, 999_999_999.999, 1e9):
        goal = await goals.create_goal(owner, GoalDraft("x", GoalType.CUSTOM, amount, "g"))
        assert (await goals.one_goal(owner, goal.id)).target_value == amount


@pytest.mark.parametrize(
    ("zone", "today"), [("Pacific/Kiritimati", date(2026, 11, 24)), ("Pacific/Pago_Pago", date(2026, 11, 22))]
)
async def test_a_target_date_is_judged_where_its_owner_lives(
    owner: Principal, zone: str, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At half past ten in the morning of 23 November, UTC, the 24th has come and the 22nd is not over."""
    moment = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    monkeypatch.setattr(transactional, "clock", lambda: moment)
    await models.User.filter(id=owner.user_id).update(time_zone=zone)
    goal = await goals.create_goal(owner, GoalDraft("x", GoalType.CUSTOM, 1, "x", target_date=today))
    assert goal.target_date == today
    yesterday = today - timedelta(days=1)
    with pytest.raises(ValidationError) as refused:
        await goals.create_goal(owner, GoalDraft("x", GoalType.CUSTOM, 1, "x", target_date=yesterday))
    assert [error.pointer for error in refused.value.errors] == ["/target_date"]
    with pytest.raises(ValidationError):
        await goals.edit_goal(owner, goal.id, GoalChanges(target_date=yesterday))


async def test_an_edit_changes_what_it_names(owner: Principal, goal: views.Goal) -> None:
    """The rest stays, the date goes only when it is taken away, and a date that has passed may stay."""
    await models.Goal.filter(id=goal.id).update(target_date=date(2020, 2, 29))
    edited = await goals.edit_goal(owner, goal.id, GoalChanges(title="Drink", target_value=2.5))
    assert (edited.title, edited.target_value, edited.status) == ("Drink", 2.5, "active")
    assert edited.target_date == date(2020, 2, 29)
    edited = await goals.edit_goal(owner, goal.id, GoalChanges(target_date=None, status=GoalStatus.PAUSED))
    assert (edited.title, edited.target_date, edited.status) == ("Drink", None, "paused")
    assert await goals.one_goal(owner, goal.id) == edited


async def test_a_completed_goal_stays_as_it_was_reached(owner: Principal, goal: views.Goal) -> None:
    """Neither its target nor its status can be changed afterwards."""
    await progress.add_progress(owner, goal.id, 2)
    for changes in (GoalChanges(target_value=3), GoalChanges(status=GoalStatus.ACTIVE)):
        with pytest.raises(ConflictError) as refused:
            await goals.edit_goal(owner, goal.id, changes)
        assert refused.value.code == "goal_completed"


async def test_a_deleted_goal_leaves_its_achievement(owner: Principal, goal: views.Goal) -> None:
    """Its progress goes with it."""
    await progress.add_progress(owner, goal.id, 2)
    await goals.delete_goal(owner, goal.id)
    assert await models.GoalProgress.all().count() == 0
    [achieved] = (await progress.achievements(owner, EVERYTHING)).data
    assert (achieved.goal_id, achieved.title, achieved.target_value) == (goal.id, "Drink more", 2)


async def test_other_peoples_goals_do_not_exist(
    owner: Principal, stranger: Principal, goal: views.Goal
) -> None:
    """For every use case, and in every list."""
    await progress.add_progress(owner, goal.id, 2)
    for attempt in (
        lambda: goals.one_goal(stranger, goal.id),
        lambda: goals.edit_goal(stranger, goal.id, GoalChanges(title="Mine")),
        lambda: goals.delete_goal(stranger, goal.id),
        lambda: progress.add_progress(stranger, goal.id, 1),
        lambda: progress.history(stranger, goal.id, EVERYTHING),
        lambda: progress.series(stranger, goal.id),
    ):
        with pytest.raises(NotFoundError):
            await attempt()
    assert (await goals.goals_of(stranger, EVERYTHING)).data == []
    assert (await progress.achievements(stranger, EVERYTHING)).data == []
    assert (await goals.one_goal(owner, goal.id)).title == "Drink more"


async def test_goals_are_listed_by_status_and_type(owner: Principal, goal: views.Goal) -> None:
    """Latest first; both filters at once."""
    sleep = await goals.create_goal(owner, GoalDraft("Sleep", GoalType.SLEEP, 8, "h"))
    await goals.edit_goal(owner, goal.id, GoalChanges(status=GoalStatus.CANCELLED))

    async def listed(status: GoalStatus | None = None, goal_type: GoalType | None = None) -> list[str]:
        page = await goals.goals_of(owner, EVERYTHING, status=status, goal_type=goal_type)
        return [found.title for found in page.data]

    assert await listed() == ["Sleep", "Drink more"]
    assert await listed(GoalStatus.CANCELLED) == ["Drink more"]
    assert await listed(goal_type=GoalType.SLEEP) == [sleep.title]
    assert await listed(GoalStatus.CANCELLED, GoalType.SLEEP) == []
