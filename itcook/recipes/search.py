"""Looking for recipes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import F
from tortoise.queryset import QuerySet

from itcook import models
from itcook.auth.principal import Principal
from itcook.pages import Page, PageQuery, read_page
from itcook.recipes import views
from itcook.recipes.content import Category, Diet, Difficulty
from itcook.recipes.recipes import label, readable
from itcook.views import Person


@dataclass(frozen=True, slots=True)
class Search:
    """What to find; None and False leave it open, everything else must hold together.

    `text` is found literally, in whatever case, in title, description and names of ingredients. `mine`
    are the reader's own recipes, `favourites` those they keep. `max_minutes` is all the time it takes.
    """

    text: str | None = None
    cuisine: str | None = None
    category: Category | None = None
    difficulty: Difficulty | None = None
    diet: Diet | None = None
    tag: str | None = None
    max_minutes: int | None = None
    mine: bool = False
    favourites: bool = False


async def search(reader: Principal, asked: PageQuery, wanted: Search) -> Page[views.RecipeSummary]:
    """The recipes that `reader` may read and that fit, newest first."""
    query = _worded(_equal(models.Recipe.filter(readable(reader)), wanted), wanted)
    if wanted.mine:
        query = query.filter(author_id=reader.user_id)
    if wanted.favourites:
        query = query.filter(favourites__user_id=reader.user_id)
    if wanted.max_minutes is not None:
        in_all = query.annotate(minutes=F("prep_minutes") + F("cook_minutes"))
        query = in_all.filter(minutes__lte=wanted.max_minutes)
    rows, next_before = await read_page(query.select_related("author"), asked)
    return Page[views.RecipeSummary].of(await _show(reader, rows), next_before)


def _equal(query: QuerySet[models.Recipe], wanted: Search) -> QuerySet[models.Recipe]:
    named = {"cuisine": wanted.cuisine, "category": wanted.category, "difficulty": wanted.difficulty}
    return query.filter(**{name: value for name, value in named.items() if value is not None})


def _worded(query: QuerySet[models.Recipe], wanted: Search) -> QuerySet[models.Recipe]:
    if wanted.text is not None:
        query = query.filter(search_text__contains=wanted.text.casefold())
    if wanted.tag is not None:
        query = query.filter(labels__contains=label("tag", wanted.tag))
    if wanted.diet is not None:
        query = query.filter(labels__contains=label("diet", wanted.diet))
    return query


async def _show(reader: Principal, rows: Sequence[models.Recipe]) -> list[views.RecipeSummary]:
    kept = await _favourites_among(reader, rows)
    return [views.RecipeSummary.of(row, Person.of(row.author), is_favourite=row.id in kept) for row in rows]


async def _favourites_among(reader: Principal, rows: Sequence[models.Recipe]) -> set[UUID]:
    if not rows:
        return set()
    kept = models.RecipeFavourite.filter(user_id=reader.user_id, recipe_id__in=[row.id for row in rows])
    return {favourite.recipe_id for favourite in await kept}
