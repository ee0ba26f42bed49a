"""Favourites: the recipes that a person keeps at hand."""

from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.recipes import views
from itcook.recipes.recipes import is_readable, lock_recipe


@transactional
async def keep(transaction: Transaction, keeper: Principal, recipe_id: UUID) -> views.FavouriteState:
    """Keep the recipe at hand; again is the same as once. Raises `NotFoundError`."""
    await lock_recipe(transaction, keeper, recipe_id)
    row = models.RecipeFavourite(recipe_id=recipe_id, user_id=keeper.user_id, created_at=transaction.now)
    await transaction.insert_once(row)
    return views.FavouriteState(recipe_id=recipe_id, is_favourite=True)


@transactional
async def drop(transaction: Transaction, keeper: Principal, recipe_id: UUID) -> views.FavouriteState:
    """No longer keep the recipe, whether it was kept or not.

    One that its author has made private meanwhile can be dropped as well. Raises `NotFoundError`.
    """
    kept = models.RecipeFavourite.filter(recipe_id=recipe_id, user_id=keeper.user_id)
    dropped = await kept.using_db(transaction.connection).delete()
    if not dropped and not await is_readable(transaction, keeper, recipe_id):
        raise NotFoundError("there is no such recipe")
    return views.FavouriteState(recipe_id=recipe_id, is_favourite=False)
