"""Ratings and favourites: once each, and exact, also when they race."""

import asyncio

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.errors import NotFoundError, ValidationError
from itcook.identifiers import new_id
from itcook.recipes import favourites, ratings, recipes, views
from itcook.recipes.content import Changes
from tests.support.community import sign_up_many


async def test_racing_ratings_are_all_counted(author: Principal, recipe: views.Recipe) -> None:
    """Forty people at once, each changing their mind: the average is that of their last stars."""
    people = await sign_up_many(40)
    await asyncio.gather(*(ratings.rate(person, recipe.id, 1) for person in people))
    again = [ratings.rate(person, recipe.id, 2 + place % 4) for place, person in enumerate(people)]
    await asyncio.gather(*again)
    seen = await recipes.one_recipe(author, recipe.id)
    assert (seen.rating, seen.ratings_count, seen.own_stars) == (3.5, 40, None)


async def test_one_persons_racing_ratings_are_one(reader: Principal, recipe: views.Recipe) -> None:
    """Twenty at once count once, with the stars that are stored."""
    await asyncio.gather(*(ratings.rate(reader, recipe.id, 1 + place % 5) for place in range(20)))
    stored = await models.RecipeRating.get(recipe_id=recipe.id)
    seen = await recipes.one_recipe(reader, recipe.id)
    assert (seen.rating, seen.ratings_count, seen.own_stars) == (stored.stars, 1, stored.stars)


async def test_an_edit_that_races_with_ratings_leaves_their_sums(
    author: Principal, recipe: views.Recipe
) -> None:
    """The author's edits and others' ratings change different things."""
    people = await sign_up_many(10)
    await asyncio.gather(
        *(ratings.rate(person, recipe.id, 4) for person in people),
        *(recipes.edit_recipe(author, recipe.id, Changes(title=f"Borscht {n}")) for n in range(10)),
    )
    seen = await recipes.one_recipe(author, recipe.id)
    assert (seen.rating, seen.ratings_count) == (4.0, 10)


async def test_nobody_rates_their_own(author: Principal, recipe: views.Recipe) -> None:
    """Nothing is counted."""
    with pytest.raises(ValidationError) as refused:
        await ratings.rate(author, recipe.id, 5)
    assert refused.value.code == "self_rating"
    assert (await recipes.one_recipe(author, recipe.id)).ratings_count == 0


async def test_keeping_is_idempotent(author: Principal, reader: Principal, recipe: views.Recipe) -> None:
    """Ten at once are one; dropping twice is dropping; each is the person's own."""
    states = await asyncio.gather(*(favourites.keep(reader, recipe.id) for _ in range(10)))
    assert set(states) == {views.FavouriteState(recipe_id=recipe.id, is_favourite=True)}
    assert await models.RecipeFavourite.all().count() == 1
    assert (await recipes.one_recipe(reader, recipe.id)).is_favourite
    assert not (await recipes.one_recipe(author, recipe.id)).is_favourite
    for _ in range(2):
        assert not (await favourites.drop(reader, recipe.id)).is_favourite
    assert not (await recipes.one_recipe(reader, recipe.id)).is_favourite


async def test_what_became_private_can_still_be_dropped(
    author: Principal, reader: Principal, recipe: views.Recipe
) -> None:
    """Once; then there is no such recipe for the reader, as there never was another."""
    await favourites.keep(reader, recipe.id)
    await recipes.edit_recipe(author, recipe.id, Changes(is_public=False))
    await favourites.drop(reader, recipe.id)
    for unknown in (recipe.id, new_id()):
        with pytest.raises(NotFoundError):
            await favourites.drop(reader, unknown)
