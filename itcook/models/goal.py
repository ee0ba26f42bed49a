from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class Goal(Model):
    """What a person wants to reach. `current_value` is the latest progress, null before the first."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="goals")
    user_id: UUID
    title = fields.CharField(max_length=120)
    goal_type = fields.CharField(max_length=16)
    target_value = fields.DecimalField(max_digits=13, decimal_places=3)
    current_value = fields.DecimalField(max_digits=13, decimal_places=3, null=True)
    unit = fields.CharField(max_length=16)
    direction = fields.CharField(max_length=8)  # up or down
    target_date = fields.DateField(null=True)
    status = fields.CharField(max_length=16)  # active, completed, paused or cancelled
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "goals"
        indexes = (Index(fields=("user_id", "id")),)


class GoalProgress(Model):
    """One value on the way to a goal."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    goal: fields.ForeignKeyRelation[Goal] = fields.ForeignKeyField("models.Goal", related_name="progress")
    goal_id: UUID
    value = fields.DecimalField(max_digits=13, decimal_places=3)
    note = fields.CharField(max_length=500, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "goal_progress"
        indexes = (Index(fields=("goal_id", "id")), Index(fields=("goal_id", "created_at")))


class Achievement(Model):
    """That a goal was reached: once, whatever happens to the goal afterwards."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="achievements")
    user_id: UUID
    goal_id = fields.UUIDField(unique=True)  # no foreign key: the achievement outlives its goal
    title = fields.CharField(max_length=120)
    achievement_type = fields.CharField(max_length=16)
    target_value = fields.DecimalField(max_digits=13, decimal_places=3)
    unit = fields.CharField(max_length=16)
    created_at = fields.DatetimeField()

    class Meta:
        table = "achievements"
        indexes = (Index(fields=("user_id", "id")),)
