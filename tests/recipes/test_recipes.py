"""Recipes in the core: rows, rights, posts that name them."""

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import posts
from itcook.errors import FieldError, NotFoundError, ValidationError
from itcook.identifiers import new_id
from itcook.recipes import favourites, ratings, recipes, views
from itcook.recipes.content import Changes
from tests.support.community import sign_up
from tests.support.recipes import BORSCHT, draft


async def test_a_recipe_is_read_as_it_was_written(author: Principal, reader: Principal) -> None:
    """By whoever may; the quantity that is not there is null."""
    written = await recipes.create_recipe(author, draft(), is_public=True)
    assert await recipes.one_recipe(author, written.id) == written
    assert await recipes.one_recipe(reader, written.id) == written
    shown = written.model_dump(mode="json")
    assert shown["ingredients"][2] == {"name": "salt", "quantity": None, "unit": None, "note": "to taste"}
    assert shown["cuisine"] == "ukrainian"
    for name in set(BORSCHT) - {"ingredients", "cuisine"}:
        assert shown[name] == BORSCHT[name]
    assert (written.source, written.rating, written.ratings_count) == ("person", None, 0)


async def test_a_private_recipe_is_its_authors_alone(author: Principal, reader: Principal) -> None:
    """For everyone else, administrators too, there is none, whatever they want to do with it."""
    private = await recipes.create_recipe(author, draft(), is_public=False)
    admin = await sign_up("Alan Turing", role="admin")
    assert (await recipes.one_recipe(author, private.id)).id == private.id
    for other in (reader, admin):
        for attempt in (
            recipes.one_recipe(other, private.id),
            recipes.edit_recipe(other, private.id, Changes(title="Mine")),
            recipes.delete_recipe(other, private.id),
            favourites.keep(other, private.id),
            favourites.drop(other, private.id),
            ratings.rate(other, private.id, 5),
        ):
            with pytest.raises(NotFoundError):
                await attempt


async def test_an_edit_changes_what_it_names(author: Principal, recipe: views.Recipe) -> None:
    """The rest stays, also whether one keeps it; what changes nothing leaves `updated_at`."""
    await favourites.keep(author, recipe.id)
    edited = await recipes.edit_recipe(author, recipe.id, Changes(title="Svekolnik", is_public=False))
    expected = {
        "title": "Svekolnik",
        "is_public": False,
        "is_favourite": True,
        "updated_at": edited.updated_at,
    }
    assert edited == recipe.model_copy(update=expected)
    assert edited.updated_at >= recipe.updated_at
    assert await recipes.edit_recipe(author, recipe.id, Changes(title="Svekolnik")) == edited
    assert await recipes.one_recipe(author, recipe.id) == edited


async def test_only_the_author_edits(reader: Principal, recipe: views.Recipe) -> None:
    """Also when it is public."""
    with pytest.raises(NotFoundError, match="not yours"):
        await recipes.edit_recipe(reader, recipe.id, Changes(title="Mine"))


async def test_a_deleted_recipe_takes_its_ratings_with_it(
    author: Principal, reader: Principal, recipe: views.Recipe
) -> None:
    """Others cannot delete it; the author and administrators can."""
    await ratings.rate(reader, recipe.id, 4)
    await favourites.keep(reader, recipe.id)
    with pytest.raises(NotFoundError, match="not yours"):
        await recipes.delete_recipe(reader, recipe.id)
    await recipes.delete_recipe(author, recipe.id)
    assert await models.RecipeRating.all().count() == 0
    assert await models.RecipeFavourite.all().count() == 0
    second = await recipes.create_recipe(author, draft(), is_public=True)
    await recipes.delete_recipe(await sign_up("Alan Turing", role="admin"), second.id)
    assert await models.Recipe.all().count() == 0


async def test_a_post_may_name_a_recipe_that_its_author_can_read(
    author: Principal, reader: Principal, recipe: views.Recipe
) -> None:
    """One's own private one and others' public ones; for others' private ones there is no such recipe."""
    private = await recipes.create_recipe(author, draft(), is_public=False)
    for person, named in ((author, private), (author, recipe), (reader, recipe)):
        post = await posts.create_post(person, posts.PostDraft("Soup", recipe_id=named.id))
        assert post.recipe_id == named.id
        assert await posts.one_post(reader, post.id) == post
    for named_id in (private.id, new_id()):
        with pytest.raises(ValidationError) as refused:
            await posts.create_post(reader, posts.PostDraft("Soup", recipe_id=named_id))
        assert refused.value.errors == (FieldError("/recipe_id", "there is no such recipe"),)
