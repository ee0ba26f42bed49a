"""Amounts: the units of kitchens and fridges, compared by weight."""

from itcook.recipes.cookbook.vocabulary import Food

GRAMS = {"mg": 0.001, "g": 1.0, "kg": 1000.0, "oz": 28.35, "lb": 453.6}
# Cup and fluid ounce as on US labels, 21 CFR 101.9; a pinch is what three fingers take.
MILLILITRES = {
    "ml": 1.0,
    "cl": 10.0,
    "dl": 100.0,
    "l": 1000.0,
    "tsp": 5.0,
    "tbsp": 15.0,
    "cup": 240.0,
    "fl_oz": 30.0,
    "pinch": 0.3,
}
SINGLE = frozenset({"piece", "clove"})
SOLD = frozenset({"pack", "bottle", "can", "jar"})


def to_grams(food: Food, quantity: float, unit: str) -> float | None:
    """What so much of `food` weighs; None if nobody can say, as of a bunch or a slice."""
    weight = unit_weight(food, unit)
    return None if weight is None else quantity * weight


def unit_weight(food: Food, unit: str) -> float | None:
    """The grams that one `unit` of `food` weighs; None if nobody can say."""
    if unit in GRAMS:
        return GRAMS[unit]
    if unit in MILLILITRES:
        return None if food.density is None else MILLILITRES[unit] * food.density
    if unit in SINGLE:
        return food.piece
    return food.pack if unit in SOLD else None
