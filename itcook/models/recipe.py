from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from itcook.identifiers import new_id
from itcook.models.user import User


class Recipe(Model):
    """How a dish is made. Sums of ratings are kept exact by the transactions that change them."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("models.User", related_name="recipes")
    author_id: UUID
    title = fields.CharField(max_length=160)
    description = fields.TextField()
    ingredients: Any = fields.JSONField()  # list of {name, quantity, unit, note}
    instructions: Any = fields.JSONField()  # list of str, a step each
    prep_minutes = fields.IntField()
    cook_minutes = fields.IntField()
    servings = fields.IntField()
    difficulty = fields.CharField(max_length=8)  # easy, medium or hard
    category = fields.CharField(max_length=32)
    cuisine = fields.CharField(max_length=32)
    tags: Any = fields.JSONField()  # list of str
    diets: Any = fields.JSONField()  # list of str: the diets that the dish fits
    language = fields.CharField(max_length=35)
    source = fields.CharField(max_length=16)  # person, cookbook or llm
    is_public = fields.BooleanField()
    search_text = fields.TextField()  # what a search looks through, without case: databases differ in it
    labels = fields.TextField()  # a line each of tag:… and diet:…, between line breaks
    ratings_count = fields.IntField(db_default=0)
    ratings_sum = fields.IntField(db_default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "recipes"
        indexes = (Index(fields=("author_id", "id")),)


class RecipeFavourite(Model):
    """One person keeps one recipe at hand."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    recipe: fields.ForeignKeyRelation[Recipe] = fields.ForeignKeyField(
        "models.Recipe", related_name="favourites"
    )
    recipe_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="favourite_recipes"
    )
    user_id: UUID
    created_at = fields.DatetimeField()

    class Meta:
        table = "recipe_favourites"
        unique_together = (("user", "recipe"),)


class RecipeRating(Model):
    """One person's stars for one recipe, 1 to 5."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    recipe: fields.ForeignKeyRelation[Recipe] = fields.ForeignKeyField(
        "models.Recipe", related_name="ratings"
    )
    recipe_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="recipe_ratings"
    )
    user_id: UUID
    stars = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "recipe_ratings"
        unique_together = (("recipe", "user"),)


class RecipeRequest(Model):
    """Someone asked for a recipe to be made. The row is the queue: it survives restarts.

    A worker holds it until `claimed_until`; after that another may take it up.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="recipe_requests"
    )
    user_id: UUID
    wish: Any = fields.JSONField()  # what was asked for
    status = fields.CharField(max_length=16, db_index=True)  # queued, running, done, failed or cancelled
    reason = fields.CharField(max_length=200, null=True)  # why it failed
    recipe_id = fields.UUIDField(null=True)
    attempts = fields.IntField(db_default=0)
    claimed_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recipe_requests"
        indexes = (Index(fields=("user_id", "id")),)
