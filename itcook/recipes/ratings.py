"""Ratings: one person gives one recipe 1 to 5 stars, and may change their mind."""

from uuid import UUID

from tortoise.expressions import F

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ValidationError
from itcook.recipes import views
from itcook.recipes.recipes import lock_recipe

MIN_STARS, MAX_STARS = 1, 5


@transactional
async def rate(transaction: Transaction, rater: Principal, recipe_id: UUID, stars: int) -> views.RatingState:
    """Give the recipe `stars`, in place of what the person gave it before.

    Raises `NotFoundError`, and `ValidationError` for a recipe of one's own.
    """
    recipe = await lock_recipe(transaction, rater, recipe_id)
    if recipe.author_id == rater.user_id:
        raise ValidationError("nobody can rate their own recipe: rate someone else's", code="self_rating")
    before = await _replace(transaction, rater, recipe_id, stars)
    recipe.ratings_count += before is None
    recipe.ratings_sum += stars - (before or 0)
    await recipe.save(using_db=transaction.connection, update_fields=["ratings_count", "ratings_sum"])
    return views.RatingState(
        recipe_id=recipe_id,
        own_stars=stars,
        rating=views.average(recipe),
        ratings_count=recipe.ratings_count,
    )


async def take_back_all(transaction: Transaction, user_id: UUID) -> None:
    """Have no recipe be rated by the person, who must be locked and leaves for good."""
    given = models.RecipeRating.filter(user_id=user_id).using_db(transaction.connection).order_by("recipe_id")
    for row in await given:
        # The update locks the recipe; nobody else changes this rating, whose person is locked.
        recipe = models.Recipe.filter(id=row.recipe_id).using_db(transaction.connection)
        await recipe.update(ratings_count=F("ratings_count") - 1, ratings_sum=F("ratings_sum") - row.stars)
        await row.delete(using_db=transaction.connection)


async def _replace(transaction: Transaction, rater: Principal, recipe_id: UUID, stars: int) -> int | None:
    """Store the stars; what they were before. The recipe's lock keeps others from doing so meanwhile."""
    row = await models.RecipeRating.get_or_none(
        recipe_id=recipe_id, user_id=rater.user_id, using_db=transaction.connection
    )
    if row is None:
        await models.RecipeRating.create(
            using_db=transaction.connection,
            recipe_id=recipe_id,
            user_id=rater.user_id,
            stars=stars,
            created_at=transaction.now,
            updated_at=transaction.now,
        )
        return None
    before, row.stars, row.updated_at = row.stars, stars, transaction.now
    await row.save(using_db=transaction.connection, update_fields=["stars", "updated_at"])
    return before
