"""`/api/v1/goals`: what people want to reach, and how far they are."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import (
    document_headers,
    document_response,
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from blueprints.context import principal
from blueprints.creation import CreationHeaders, IdempotencyKey, create
from blueprints.requests import Body, Day, Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.contract import refuses
from itcook.goals import goals, progress, views
from itcook.goals.fields import Amount, Direction, GoalStatus, GoalType, Note, Target, Title, Unit
from itcook.pages import Page, PageQuery

PATH = "/api/v1/goals"

blueprint = Blueprint("goals", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["goals"])


class NewGoal(Body):
    """Without a `direction`, weight goes down and everything else up."""

    title: Title
    goal_type: Annotated[GoalType, Field(strict=False)]
    target_value: Target
    unit: Unit
    direction: Annotated[Direction, Field(strict=False)] | None = None
    target_date: Day | None = None

    def draft(self) -> goals.GoalDraft:
        return goals.GoalDraft(
            title=self.title,
            goal_type=self.goal_type,
            target_value=self.target_value,
            unit=self.unit,
            direction=self.direction,
            target_date=self.target_date,
        )


class GoalEdit(Body):
    """What is absent, or null, stays as it is; but a `target_date` of null takes the date away."""

    title: Title | None = None
    target_value: Target | None = None
    target_date: Day | None = None
    status: Literal["active", "paused", "cancelled"] | None = None

    def changes(self) -> goals.GoalChanges:
        return goals.GoalChanges(
            title=self.title,
            target_value=self.target_value,
            target_date=self.target_date if "target_date" in self.model_fields_set else goals.Kept.KEPT,
            status=None if self.status is None else GoalStatus(self.status),
        )


class NewProgress(Body):
    value: Amount
    note: Note | None = None


class ListQuery(PageQuery, Query):
    """Which page of a list."""


class GoalQuery(ListQuery):
    """Which page, and of which goals."""

    status: GoalStatus | None = None
    goal_type: GoalType | None = None


class SeriesQuery(Query):
    """From which of the person's days to which, both included; by default the 90 until today."""

    first_day: Day | None = Field(default=None, alias="from")
    last_day: Day | None = Field(default=None, alias="to")


@blueprint.post("")
@validate_request(NewGoal)
@document_headers(IdempotencyKey)
@document_response(views.Goal, 201, CreationHeaders)
async def create_goal(data: NewGoal) -> Response:
    """Set a goal."""
    return await create(PATH, data, goals.create_goal, principal(), data.draft())


@blueprint.get("")
@with_stream_cursor
@validate_querystring(GoalQuery)
@validate_response(Page[views.Goal])
async def list_goals(query_args: GoalQuery) -> Page[views.Goal]:
    """The caller's goals, the latest first; of one status or type."""
    return await goals.goals_of(
        principal(), query_args, status=query_args.status, goal_type=query_args.goal_type
    )


@blueprint.get("/achievements")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Achievement])
async def list_achievements(query_args: ListQuery) -> Page[views.Achievement]:
    """What the caller achieved, the latest first. It stays when the goal is deleted."""
    return await progress.achievements(principal(), query_args)


@blueprint.get("/<uuid:goal_id>")
@with_stream_cursor
@validate_response(views.Goal)
async def one_goal(goal_id: UUID) -> views.Goal:
    """One goal."""
    return await goals.one_goal(principal(), goal_id)


@blueprint.patch("/<uuid:goal_id>")
@validate_request(GoalEdit)
@validate_response(views.Goal)
@refuses(409, "goal_completed")
async def edit_goal(goal_id: UUID, data: GoalEdit) -> views.Goal:
    """Change a goal that is not completed; pause it, cancel it, take it up again."""
    return await goals.edit_goal(principal(), goal_id, data.changes())


@blueprint.delete("/<uuid:goal_id>")
async def delete_goal(goal_id: UUID) -> tuple[str, int]:
    """Delete a goal with its progress. What it achieved stays."""
    await goals.delete_goal(principal(), goal_id)
    return "", 204


@blueprint.post("/<uuid:goal_id>/progress")
@validate_request(NewProgress)
@document_headers(IdempotencyKey)
@document_response(views.Goal, 201, CreationHeaders)
@refuses(409, "goal_not_active")
async def add_progress(goal_id: UUID, data: NewProgress) -> Response:
    """Record where the caller stands now; the goal as it is then. Reaching the target completes it."""
    return await create(PATH, data, progress.add_progress, principal(), goal_id, data.value, data.note)


@blueprint.get("/<uuid:goal_id>/progress")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Progress])
async def list_progress(goal_id: UUID, query_args: ListQuery) -> Page[views.Progress]:
    """The progress of a goal, the latest first."""
    return await progress.history(principal(), goal_id, query_args)


@blueprint.get("/<uuid:goal_id>/series")
@with_stream_cursor
@validate_querystring(SeriesQuery)
@validate_response(views.Series)
async def series(goal_id: UUID, query_args: SeriesQuery) -> views.Series:
    """The last value of each of the caller's days that has progress: points for a chart."""
    return await progress.series(principal(), goal_id, query_args.first_day, query_args.last_day)
