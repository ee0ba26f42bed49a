"""Suggestions: what of the cookbook to cook with what is in a kitchen, and why."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import Clock, utc_now
from itcook.kitchens.days import today_in
from itcook.kitchens.homes import ensure_home
from itcook.kitchens.membership import read_membership
from itcook.recipes.content import Allergen, Category, Diet, Difficulty
from itcook.recipes.cookbook.dishes import Portion, dishes
from itcook.recipes.cookbook.matcher import Item, Line, Match, Taste, rank
from itcook.recipes.cookbook.vocabulary import Language, vocabulary
from itcook.recipes.cookbook.wording import language_of, reason, write_steps
from itcook.views import View


class Amount(View):
    """So much of an ingredient, in the units of the fridge."""

    name: str
    quantity: float
    unit: str


class AvailableIngredient(Amount):
    """An ingredient that is there. `items` names what it is taken from, `is_enough` if that will do."""

    is_optional: bool
    is_enough: bool
    items: list[str]


class MissingIngredient(Amount):
    """What is still to be bought."""

    is_optional: bool


class UsedSoon(View):
    """An item that the dish uses up before it goes bad; on the last good day `days_left` is 0."""

    item_id: UUID
    name: str
    days_left: int


class Suggestion(View):
    """A dish, for `servings`. `coverage` is the share of its ingredients that is there, from 0 to 1.

    `staples` are taken to be in every kitchen. An ingredient of which there is too little is in
    `available` with all that is needed, and in `missing` with the rest. `minutes` is from start to table.
    """

    dish: str
    title: str
    description: str
    reason: str
    coverage: float
    uses_soon: list[UsedSoon]
    available: list[AvailableIngredient]
    missing: list[MissingIngredient]
    staples: list[Amount]
    instructions: list[str]
    servings: int
    prep_minutes: int
    cook_minutes: int
    minutes: int
    difficulty: Difficulty
    category: Category
    cuisine: str
    diets: list[Diet]
    allergens: list[Allergen]
    language: str

    @classmethod
    def of(cls, match: Match, language: Language) -> "Suggestion":
        entry, text = match.dish.entry, match.dish.text(language)
        return cls(
            dish=match.dish.id,
            title=text.title,
            description=text.description,
            reason=reason(match, language),
            coverage=round(match.coverage, 2),
            uses_soon=_uses_soon(match),
            available=[_available(line, language) for line in match.available],
            missing=[_missing(line, language) for line in match.missing],
            staples=[Amount.model_validate(_amount(portion, language)) for portion in match.staples],
            instructions=write_steps(match, language),
            servings=match.servings,
            prep_minutes=entry.prep_minutes,
            cook_minutes=entry.cook_minutes,
            minutes=match.dish.minutes,
            difficulty=entry.difficulty,
            category=entry.category,
            cuisine=entry.cuisine,
            diets=list(match.dish.diets),
            allergens=list(match.dish.allergens),
            language=language,
        )


class Suggestions(View):
    """The dishes that suit best, best first. There is no next page: with the fridge, the order changes."""

    data: list[Suggestion]


async def suggest(
    reader: Principal,
    taste: Taste,
    limit: int,
    *,
    kitchen_id: UUID | None = None,
    servings: int | None = None,
    language: str | None = None,
    clock: Clock = utc_now,
) -> Suggestions:
    """The best `limit` dishes for a kitchen, by default the reader's home; none for an empty one.

    For `servings`, or as many as each dish is written for; in `language`, a BCP 47 tag, or the reader's
    own. Raises `NotFoundError` for a kitchen that the reader is not in.
    """
    kitchen = await _kitchen(reader, kitchen_id)
    today = today_in(kitchen.time_zone, clock())
    rows = await models.FridgeItem.filter(kitchen_id=kitchen.id)
    if not rows:
        return Suggestions(data=[])
    chosen = language_of(language or (await models.User.get(id=reader.user_id)).language)
    # In a thread: the first time reads the data files, and each time is a dozen milliseconds of the loop's.
    return await asyncio.to_thread(_best, [_item(row, today) for row in rows], taste, limit, servings, chosen)


async def _kitchen(reader: Principal, kitchen_id: UUID | None) -> models.Kitchen:
    if kitchen_id is not None:
        return (await read_membership(reader, kitchen_id)).kitchen
    await ensure_home(reader.user_id)
    return await models.Kitchen.get(home_of_id=reader.user_id)


def _item(row: models.FridgeItem, today: date) -> Item:
    days_left = None if row.expires_on is None else (row.expires_on - today).days
    return Item(row.name, float(row.quantity), row.unit, days_left, row.id)


def _best(
    items: Sequence[Item], taste: Taste, limit: int, servings: int | None, language: Language
) -> Suggestions:
    ranked = rank(dishes(), items, taste, servings, vocabulary())
    return Suggestions(data=[Suggestion.of(match, language) for match in ranked[:limit]])


def _amount(portion: Portion, language: Language) -> dict[str, object]:
    return {"name": portion.food.name(language), "quantity": portion.quantity, "unit": portion.unit}


def _available(line: Line, language: Language) -> AvailableIngredient:
    return AvailableIngredient.model_validate(
        {
            **_amount(line.portion, language),
            "is_optional": line.portion.optional,
            "is_enough": line.is_enough,
            "items": [item.name for item in line.items],
        }
    )


def _missing(line: Line, language: Language) -> MissingIngredient:
    return MissingIngredient.model_validate(
        {**_amount(line.missing, language), "is_optional": line.portion.optional}
    )


def _uses_soon(match: Match) -> list[UsedSoon]:
    return [
        UsedSoon.model_validate({"item_id": item.id, "name": item.name, "days_left": item.days_left})
        for item in match.uses_soon
    ]
