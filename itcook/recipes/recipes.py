"""Recipes: written down, changed, deleted, and read."""

from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from itcook import models
from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.recipes import views
from itcook.recipes.content import Changes, Draft
from itcook.views import Person

BY_PERSON = "person"  # the source of what nobody made for them


@transactional
async def create_recipe(
    transaction: Transaction, author: Principal, draft: Draft, *, is_public: bool
) -> views.Recipe:
    """Write down a recipe, for everyone or for oneself."""
    row = await insert_recipe(transaction, author.user_id, draft, source=BY_PERSON, is_public=is_public)
    return views.Recipe.whole(row, _shown(author), is_favourite=False, own_stars=None)


async def insert_recipe(
    transaction: Transaction, author_id: UUID, draft: Draft, *, source: str, is_public: bool
) -> models.Recipe:
    """The row of a new recipe. `source` is `person` or a provider's name."""
    row = models.Recipe(
        author_id=author_id,
        source=source,
        is_public=is_public,
        ratings_count=0,
        ratings_sum=0,
        created_at=transaction.now,
        updated_at=transaction.now,
        # A body that is a draft has more than a draft's own fields.
        **draft.model_dump(mode="json", include=set(Draft.model_fields)),
    )
    _index(row)
    await row.save(using_db=transaction.connection, force_create=True)
    return row


@transactional
async def edit_recipe(
    transaction: Transaction, editor: Principal, recipe_id: UUID, changes: Changes
) -> views.Recipe:
    """Change a recipe of one's own. Raises `NotFoundError`, for other people's too."""
    row = await lock_recipe(transaction, editor, recipe_id)
    if row.author_id != editor.user_id:
        raise NotFoundError("this recipe is not yours to edit")
    if _apply(changes, row):
        row.updated_at = transaction.now
        _index(row)
        # Not the sums of its ratings, which are other people's to change.
        names = [*Changes.model_fields, "search_text", "labels", "updated_at"]
        await row.save(using_db=transaction.connection, update_fields=names)
    kept = models.RecipeFavourite.filter(recipe_id=recipe_id, user_id=editor.user_id)
    is_favourite = await kept.using_db(transaction.connection).exists()
    return views.Recipe.whole(row, _shown(editor), is_favourite=is_favourite, own_stars=None)


@transactional
async def delete_recipe(transaction: Transaction, deleter: Principal, recipe_id: UUID) -> None:
    """Delete a recipe with its ratings: its author may, and administrators, of those they can read.

    Posts that name it go on naming it. Raises `NotFoundError`, for everyone else too.
    """
    row = await lock_recipe(transaction, deleter, recipe_id)
    if not deleter.is_admin and row.author_id != deleter.user_id:
        raise NotFoundError("this recipe is not yours to delete")
    await row.delete(using_db=transaction.connection)
    if row.author_id != deleter.user_id:
        await note(transaction, Action.RECIPE_DELETED, deleter, recipe_id, f"by {row.author_id}")


async def one_recipe(reader: Principal, recipe_id: UUID) -> views.Recipe:
    """One recipe, as `reader` sees it. Raises `NotFoundError`, for other people's private ones too."""
    row = await models.Recipe.get_or_none(readable(reader), id=recipe_id).select_related("author")
    if row is None:
        raise NotFoundError("there is no such recipe")
    own = await models.RecipeRating.get_or_none(recipe_id=recipe_id, user_id=reader.user_id)
    return views.Recipe.whole(
        row,
        Person.of(row.author),
        is_favourite=await models.RecipeFavourite.exists(recipe_id=recipe_id, user_id=reader.user_id),
        own_stars=None if own is None else own.stars,
    )


async def lock_recipe(transaction: Transaction, reader: Principal, recipe_id: UUID) -> models.Recipe:
    """The recipe's row, which nobody else changes until the transaction ends.

    Whoever rates or keeps a recipe locks it first, as whoever changes it does: sums are exact, and no two
    can wait for each other. Raises `NotFoundError` unless `reader` may read it.
    """
    row = await (
        models.Recipe.filter(readable(reader), id=recipe_id)
        .using_db(transaction.connection)
        .select_for_update(no_key=True)
        .get_or_none()
    )
    if row is None:
        raise NotFoundError("there is no such recipe")
    return row


async def is_readable(transaction: Transaction, reader: Principal, recipe_id: UUID) -> bool:
    """Whether there is the recipe for `reader`."""
    return (
        await models.Recipe.filter(readable(reader), id=recipe_id).using_db(transaction.connection).exists()
    )


def readable(reader: Principal) -> Q:
    """The recipes that `reader` may read: everyone's public ones and their own."""
    return Q(is_public=True) | Q(author_id=reader.user_id)


def label(kind: str, word: str) -> str:
    """How a tag or a diet is found among a recipe's labels."""
    return f"\n{kind}:{word}\n"


def _index(row: models.Recipe) -> None:
    """Set what searches look through."""
    names = (ingredient["name"] for ingredient in row.ingredients)
    row.search_text = "\n".join((row.title, row.description, *names)).casefold()
    labels = [f"tag:{tag}" for tag in row.tags] + [f"diet:{diet}" for diet in row.diets]
    row.labels = "".join(f"\n{found}\n" for found in labels)


def _apply(changes: Changes, row: models.Recipe) -> bool:
    """Set what `changes` sets; whether that made a difference."""
    values: dict[str, Any] = changes.model_dump(mode="json", include=set(Changes.model_fields))
    different = {
        name: value for name, value in values.items() if value is not None and getattr(row, name) != value
    }
    row.update_from_dict(different)
    return bool(different)


def _shown(author: Principal) -> Person:
    return Person(id=author.user_id, name=author.name)
