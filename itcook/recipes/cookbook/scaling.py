"""Scaling a dish to other servings, in amounts that a cook can measure."""

import math
from dataclasses import replace

from itcook.recipes.cookbook.dishes import Dish, Portion
from itcook.recipes.cookbook.vocabulary import Food


def scale(dish: Dish, servings: int) -> tuple[Portion, ...]:
    """The dish's ingredients for `servings`; for its own servings, exactly as they are written."""
    if servings == dish.entry.servings:
        return dish.portions
    factor = servings / dish.entry.servings
    return tuple(replace(portion, quantity=_scaled(portion, factor)) for portion in dish.portions)


def _scaled(portion: Portion, factor: float) -> float:
    exact = portion.quantity * factor
    step = smallest_step(portion.food, exact, portion.unit)
    return tidy(max(math.floor(exact / step + 0.5), 1) * step)


def round_up(portion: Portion) -> Portion:
    """The same in measurable amounts, never less."""
    step = smallest_step(portion.food, portion.quantity, portion.unit)
    # A hair less, so that what is whole but for a float's last digit stays so.
    return replace(portion, quantity=tidy(math.ceil(portion.quantity / step - 1e-9) * step))


def smallest_step(food: Food, quantity: float, unit: str) -> float:
    """How finely about so much of `food` is measured: by 10 g when it is hundreds, eggs one by one."""
    if unit in {"g", "ml"}:
        return 1 if quantity < 20 else 5 if quantity < 100 else 10
    if unit in {"kg", "l"}:
        return 0.05
    if unit in {"piece", "pack"}:
        return 1 if food.whole or quantity >= 10 else 0.5
    return 0.25 if quantity < 3 else 0.5


def tidy(quantity: float) -> float:
    """Without what floats leave behind: 0.15, not 0.15000000000000002."""
    return round(quantity, 3)
