"""Which tables hold what is a person's, and what of it is theirs to read.

A table that refers to people and is missing here is found by `tests/personal_data/test_tables.py`.
"""

from dataclasses import dataclass

from tortoise.models import Model
from tortoise.queryset import QuerySet

from itcook import models
from itcook.personal_data.columns import Column, columns_of


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of `model` that are a person's, by the path `owner` from a row to the person's id. `secrets` are
    columns that even they do not get: who reads an export must not be able to sign in.
    """

    name: str
    model: type[Model]
    owner: str
    secrets: frozenset[str] = frozenset()

    def rows(self, user_id: object) -> QuerySet[Model]:
        """The person's rows."""
        return self.model.filter(**{self.owner: user_id})

    @property
    def columns(self) -> list[Column]:
        """What is shown of a row."""
        return [column for column in columns_of(self.model) if column.name not in self.secrets]


TABLES = (
    Table("account", models.User, "id", frozenset({"password_hash"})),
    Table("logins", models.LoginSession, "user_id", frozenset({"cookie_hash"})),
    Table("refresh_tokens", models.RefreshToken, "session__user_id", frozenset({"token_hash"})),
    Table("tickets", models.Ticket, "session__user_id", frozenset({"ticket_hash"})),
    Table("posts", models.Post, "author_id"),
    Table("comments", models.Comment, "author_id"),
    Table("likes", models.Like, "user_id"),
    Table("following", models.Follow, "follower_id"),
    Table("followers", models.Follow, "followed_id"),
    Table("kitchens", models.Kitchen, "members__user_id"),
    Table("kitchen_memberships", models.KitchenMember, "user_id"),
    Table("kitchen_invites", models.KitchenInvite, "created_by_id", frozenset({"code"})),
    Table("fridge_items", models.FridgeItem, "added_by_id"),
    Table("goals", models.Goal, "user_id"),
    Table("goal_progress", models.GoalProgress, "goal__user_id"),
    Table("achievements", models.Achievement, "user_id"),
    Table("recipes", models.Recipe, "author_id", frozenset({"search_text", "labels"})),
    Table("recipe_favourites", models.RecipeFavourite, "user_id"),
    Table("recipe_ratings", models.RecipeRating, "user_id"),
    Table("recipe_requests", models.RecipeRequest, "user_id"),
    Table("inbox", models.InboxItem, "user_id"),
    Table("inbox_marks", models.InboxMark, "user_id"),
    Table("mutes", models.Mute, "user_id"),
    Table("sent_notifications", models.ScheduledNotification, "created_by_id"),
    Table("received_notifications", models.ScheduledNotification, "recipient_id"),
    Table("idempotency_keys", models.IdempotencyRecord, "user_id"),
    Table("actions", models.AuditEntry, "actor_id"),
    Table("actions_by_others", models.AuditEntry, "subject_id", frozenset({"actor_id", "address"})),
)
