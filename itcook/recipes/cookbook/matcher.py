"""The matcher: which dishes are best for what is in the fridge, and why. It does no I/O.

A dish's score is the share of its ingredients that are there, and a quarter more for each item that it
uses up before it goes bad. All dishes that use an item gain the same by it: an item that expires sooner
never makes a dish that uses it fall behind.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from itcook.recipes.content import Allergen, Category, Diet, Difficulty
from itcook.recipes.cookbook.amounts import to_grams
from itcook.recipes.cookbook.dishes import EXCLUDED, Dish, Portion
from itcook.recipes.cookbook.scaling import round_up, scale
from itcook.recipes.cookbook.vocabulary import Food, Vocabulary

SOON_DAYS = 7  # what keeps for longer is no reason to cook it today
URGENCY_WEIGHT = 0.25  # so that one item to be rescued is worth a quarter of the shopping
SEASONING_WEIGHT = 0.3  # a missing spice spoils a dish less than a missing vegetable
EARNEST_SHARE = 0.25  # of an item: a spoon of milk does not use up the bottle
ENOUGH = 0.95  # of a portion: a cook does not go shopping for the rest


@dataclass(frozen=True, slots=True)
class Item:
    """Something in the fridge. Without a quantity there is enough of it, without `days_left` it keeps.

    `days_left` is 0 on the last good day; what is past it is not cooked. `is_wanted` says that someone
    named it, which is as urgent as if it expired today.
    """

    name: str
    quantity: float | None = None
    unit: str | None = None
    days_left: int | None = None
    id: UUID | None = None
    is_wanted: bool = False

    @property
    def is_good(self) -> bool:
        """Whether there is any of it that can be eaten."""
        return (self.quantity is None or self.quantity > 0) and (
            self.days_left is None or self.days_left >= 0
        )

    @property
    def urgency(self) -> float:
        """From 0, keeps, to 1, today."""
        if self.is_wanted:
            return 1.0
        return 0.0 if self.days_left is None else max(0.0, 1 - self.days_left / SOON_DAYS)


@dataclass(frozen=True, slots=True)
class Taste:
    """Which dishes will do; None and empty mean that anything will. `max_minutes` is from start to table."""

    diets: frozenset[Diet] = frozenset()
    allergies: frozenset[Allergen] = frozenset()
    max_minutes: int | None = None
    difficulty: Difficulty | None = None
    cuisine: str | None = None
    category: Category | None = None

    def allows(self, dish: Dish) -> bool:
        """Whether the dish keeps to all of it."""
        excluded = set(self.allergies).union(*(EXCLUDED[diet] for diet in self.diets))
        return not excluded & dish.traits and self._likes(dish)

    def _likes(self, dish: Dish) -> bool:
        entry = dish.entry
        return (
            (self.max_minutes is None or dish.minutes <= self.max_minutes)
            and self.difficulty in {None, entry.difficulty}
            and self.cuisine in {None, entry.cuisine}
            and self.category in {None, entry.category}
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One ingredient, and what there is of it: `share` from 0 to 1, which is as good as enough.

    `items` are those that it takes, soonest to expire first; `used` those of them that it uses up in
    earnest. `food` is a substitute where that is what is there.
    """

    portion: Portion
    food: Food
    share: float = 0.0
    items: tuple[Item, ...] = ()
    used: tuple[Item, ...] = ()

    @property
    def weight(self) -> float:
        """What it counts for in the dish."""
        return SEASONING_WEIGHT if self.portion.food.seasoning else 1.0

    @property
    def is_enough(self) -> bool:
        return self.share >= ENOUGH

    @property
    def missing(self) -> Portion:
        """What is to be bought, in amounts that can be measured."""
        return round_up(replace(self.portion, quantity=self.portion.quantity * (1 - self.share)))


@dataclass(frozen=True)
class Match:
    """A dish for some servings, with what there is and is not of each ingredient but the staples."""

    dish: Dish
    servings: int
    portions: tuple[Portion, ...]
    lines: tuple[Line, ...]

    @cached_property
    def required(self) -> tuple[Line, ...]:
        """The lines that the dish cannot do without."""
        return tuple(line for line in self.lines if not line.portion.optional)

    @cached_property
    def available(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.items)

    @cached_property
    def missing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_enough)

    @cached_property
    def staples(self) -> tuple[Portion, ...]:
        """What every kitchen has."""
        return tuple(portion for portion in self.portions if portion.food.staple)

    @cached_property
    def coverage(self) -> float:
        """From 0 to 1: the share of the required ingredients that is there."""
        whole = sum(line.weight for line in self.required)
        return sum(line.weight * line.share for line in self.required) / whole if whole else 1.0

    @cached_property
    def uses_soon(self) -> tuple[Item, ...]:
        """The items that it uses up before they go bad, soonest first."""
        used = {item for line in self.lines for item in line.used if item.urgency and not item.is_wanted}
        return tuple(sorted(used, key=_soonest))

    @cached_property
    def score(self) -> float:
        # Of each line the most urgent item only: a second pack of the same is no second reason.
        urgent = {line.used[0] for line in self.lines if line.used}
        return self.coverage + URGENCY_WEIGHT * sum(sorted(item.urgency for item in urgent))

    @property
    def uses_wanted(self) -> bool:
        """Whether it has an ingredient that someone named."""
        return any(item.is_wanted for line in self.lines for item in line.items)


Stock = Mapping[str, Sequence[Item]]


def stock_of(items: Iterable[Item], vocabulary: Vocabulary) -> Stock:
    """What can be cooked with, by the food's id, soonest to expire first; unknown and bad things left out."""
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        food = vocabulary.recognise(item.name) if item.is_good else None
        if food is not None:
            found[food.id].append(item)
    return {food: sorted(same, key=_soonest) for food, same in found.items()}


def rank(
    dishes: Iterable[Dish],
    items: Collection[Item],
    taste: Taste,
    servings: int | None,
    vocabulary: Vocabulary,
) -> list[Match]:
    """The dishes that `taste` allows, best first; equals by their English title.

    Each for `servings`, or for as many as it is written for. With items, only dishes that use one of them;
    without any, all.
    """
    stock = stock_of(items, vocabulary)
    allowed = [dish for dish in dishes if taste.allows(dish)]
    matches = [match(dish, stock, servings or dish.entry.servings, vocabulary) for dish in allowed]
    if items:
        matches = [found for found in matches if found.available]
    return sorted(matches, key=lambda found: (-round(found.score, 9), found.dish.entry.en.title))


def match(dish: Dish, stock: Stock, servings: int, vocabulary: Vocabulary) -> Match:
    """What there is in `stock` for `servings` of the dish."""
    portions = scale(dish, servings)
    lines = tuple(_line(portion, stock, vocabulary) for portion in portions if not portion.food.staple)
    return Match(dish, servings, portions, lines)


def _line(portion: Portion, stock: Stock, vocabulary: Vocabulary) -> Line:
    """The food itself or the substitute there is most of, the former among equals."""
    foods = (portion.food, *(vocabulary[food] for food in portion.food.substitutes))
    lines = [_taken(portion, food, stock[food.id]) for food in foods if food.id in stock]
    return max(lines, key=lambda line: line.share, default=Line(portion, portion.food))


def _taken(portion: Portion, food: Food, items: Sequence[Item]) -> Line:
    """The soonest to expire first, until it is enough."""
    needed = to_grams(portion.food, portion.quantity, portion.unit)
    assert needed is not None, f"{portion.food.id} is not measured in {portion.unit}"
    amounts = [_amount(item, food) for item in items]
    taken, used, left = [], [], needed
    for item, there in zip(items, amounts, strict=True):
        if left <= 0:
            break
        taken.append(item)
        if there is None or min(left, there) >= EARNEST_SHARE * there:
            used.append(item)
        left -= left if there is None else min(left, there)
    return Line(portion, food, 1 - left / needed, tuple(taken), tuple(used))


def _amount(item: Item, food: Food) -> float | None:
    """The grams there are; None if nobody can say, and then it is taken to be enough."""
    if item.quantity is None or item.unit is None:
        return None
    return to_grams(food, item.quantity, item.unit)


def _soonest(item: Item) -> tuple[float, str, str]:
    urgent = -1.0 if item.is_wanted else float("inf") if item.days_left is None else item.days_left
    return (urgent, item.name, str(item.id))
