"""Fridges and dishes to match, for tests of the cookbook."""

from itcook.recipes.cookbook.dishes import Dish, dishes
from itcook.recipes.cookbook.matcher import Item, Match, Taste, match, rank, stock_of
from itcook.recipes.cookbook.vocabulary import vocabulary

ANYTHING = Taste()


def dish(identifier: str) -> Dish:
    """One dish of the cookbook."""
    return next(dish for dish in dishes() if dish.id == identifier)


def ranked(*items: Item, taste: Taste = ANYTHING, servings: int | None = None) -> list[Match]:
    """The dishes of the cookbook for these items, best first."""
    return rank(dishes(), items, taste, servings, vocabulary())


def matched(identifier: str, *items: Item, servings: int | None = None) -> Match:
    """One dish of the cookbook and these items."""
    found = dish(identifier)
    return match(found, stock_of(items, vocabulary()), servings or found.entry.servings, vocabulary())


def titles(*items: Item, taste: Taste = ANYTHING) -> list[str]:
    """The ids of the dishes for these items, best first."""
    return [found.dish.id for found in ranked(*items, taste=taste)]
