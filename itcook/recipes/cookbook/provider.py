"""The provider that needs nothing: recipes out of the cookbook."""

import asyncio

from itcook.recipes.content import Draft, Ingredient
from itcook.recipes.cookbook.dishes import Portion, cuisines, dishes
from itcook.recipes.cookbook.matcher import Item, Match, Taste, rank
from itcook.recipes.cookbook.vocabulary import Language, vocabulary
from itcook.recipes.cookbook.wording import (
    language_of,
    other_cuisines,
    too_strict,
    unused,
    write_steps,
)
from itcook.recipes.cookbook.words import stems
from itcook.recipes.provider import CannotMakeError, Wish

_OPTIONAL: dict[Language, str] = {"en": "optional", "ru": "по желанию"}


class Cookbook:
    """Makes the dish of the cookbook that suits a wish best. A `Provider`."""

    name = "cookbook"

    async def make(self, wish: Wish) -> Draft:
        """The best dish, for the wish's servings, in Russian or English. The same for the same wish.

        Raises `CannotMakeError` if no dish keeps to the wish, or none uses what was named.
        """
        return await asyncio.to_thread(_make, wish)


def _make(wish: Wish) -> Draft:
    language = language_of(wish.language)
    items = _items(wish)
    matches = rank(dishes(), items, _taste(wish), wish.servings, vocabulary())
    if wish.ingredients:
        matches = [match for match in matches if match.uses_wanted]
    if not matches:
        raise CannotMakeError(_why_not(wish, language))
    return draft(matches[0], language)


def draft(match: Match, language: Language) -> Draft:
    """The recipe of a match."""
    entry, text = match.dish.entry, match.dish.text(language)
    return Draft(
        title=text.title,
        description=text.description,
        ingredients=[_ingredient(portion, language) for portion in match.portions],
        instructions=write_steps(match, language),
        prep_minutes=entry.prep_minutes,
        cook_minutes=entry.cook_minutes,
        servings=match.servings,
        difficulty=entry.difficulty,
        category=entry.category,
        cuisine=entry.cuisine,
        diets=list(match.dish.diets),
        language=language,
    )


def find_cuisine(text: str) -> str | None:
    """The cuisine that a person means, by its name in either language; None if there is none such."""
    asked = set(stems(text))
    found = (
        cuisine
        for cuisine, names in cuisines().items()
        if any(set(stems(name)) <= asked for name in (cuisine, *names.values()))
    )
    return next(found, None)


def _ingredient(portion: Portion, language: Language) -> Ingredient:
    return Ingredient(
        name=portion.food.name(language),
        quantity=portion.quantity,
        unit=portion.unit,
        note=_OPTIONAL[language] if portion.optional else None,
    )


def _items(wish: Wish) -> list[Item]:
    wanted = [Item(name, is_wanted=True) for name in wish.ingredients]
    there = [Item(has.name, has.quantity, has.unit, has.days_left) for has in wish.from_fridge]
    return wanted + there


def _taste(wish: Wish) -> Taste:
    return Taste(
        diets=frozenset(wish.diets),
        allergies=frozenset(wish.allergies),
        max_minutes=wish.max_minutes,
        difficulty=wish.difficulty,
        # A cuisine that nobody knows is no dish's.
        cuisine=None if wish.cuisine is None else find_cuisine(wish.cuisine) or wish.cuisine,
    )


def _why_not(wish: Wish, language: Language) -> str:
    taste = _taste(wish)
    if taste.cuisine is not None and taste.cuisine not in cuisines():
        return other_cuisines([names[language] for names in cuisines().values()], language)
    if not any(taste.allows(dish) for dish in dishes()):
        return too_strict(language)
    return unused(wish.ingredients, language)
