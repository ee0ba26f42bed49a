"""The dishes: how each is cooked, in English and in Russian, and what follows from what is in it."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from itcook.recipes.content import Allergen, Category, Diet, Difficulty
from itcook.recipes.cookbook.vocabulary import Animal, Food, Language, Vocabulary, read_data, vocabulary

Trait = Allergen | Animal

# What a step leaves to be filled in, `{milk}` or `{milk/2}`: so much of an ingredient, or half of it.
AMOUNT = re.compile(r"\{(?P<food>[a-z_]+)(?:/(?P<parts>[2-9]))?\}")

_MEAT: set[Trait] = {Animal.MEAT, Animal.PORK}
_FISH: set[Trait] = {Allergen.FISH, Allergen.CRUSTACEANS, Allergen.MOLLUSCS}
# What a dish must be without. Halal: meat other than pork is taken to have been slaughtered so.
EXCLUDED: dict[Diet, set[Trait]] = {
    Diet.VEGETARIAN: _MEAT | _FISH | {Animal.RENNET},
    Diet.VEGAN: _MEAT | _FISH | {Animal.RENNET, Allergen.MILK, Allergen.EGGS, Animal.HONEY},
    Diet.PESCATARIAN: _MEAT,
    Diet.HALAL: {Animal.PORK, Animal.ALCOHOL},
    Diet.GLUTEN_FREE: {Allergen.GLUTEN},
    Diet.DAIRY_FREE: {Allergen.MILK},
    Diet.EGG_FREE: {Allergen.EGGS},
    Diet.NUT_FREE: {Allergen.NUTS, Allergen.PEANUTS},
}

Measure = (
    tuple[PositiveFloat, str] | tuple[PositiveFloat, str, Literal["optional"]]
)  # 400 g, or 10 g that one can do without


class Text(BaseModel):
    """What a dish says in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    description: str
    steps: tuple[str, ...] = Field(min_length=1)


class Entry(BaseModel):
    """A dish as its file has it. `prep_minutes` has the soaking, rising and chilling in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cuisine: str
    category: Category
    servings: Annotated[int, Field(ge=1)]
    prep_minutes: Annotated[int, Field(ge=0)]
    cook_minutes: Annotated[int, Field(ge=0)]
    difficulty: Difficulty
    ingredients: dict[str, Measure] = Field(min_length=1)
    en: Text
    ru: Text


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of one food."""

    food: Food
    quantity: float
    unit: str
    optional: bool = False


@dataclass(frozen=True)
class Dish:
    """One dish, with its amounts for its own `entry.servings`."""

    id: str
    entry: Entry
    portions: tuple[Portion, ...]

    def text(self, language: Language) -> Text:
        return self.entry.en if language == "en" else self.entry.ru

    @cached_property
    def minutes(self) -> int:
        """From the first cut to the table."""
        return self.entry.prep_minutes + self.entry.cook_minutes

    @cached_property
    def traits(self) -> frozenset[Trait]:
        """What is in it, of what people avoid; also in what is optional."""
        return frozenset[Trait]().union(*(portion.food.traits for portion in self.portions))

    @cached_property
    def diets(self) -> tuple[Diet, ...]:
        """The diets it fits: those whose excluded foods are not in it."""
        return tuple(diet for diet in Diet if not EXCLUDED[diet] & self.traits)

    @cached_property
    def allergens(self) -> tuple[Allergen, ...]:
        return tuple(allergen for allergen in Allergen if allergen in self.traits)


def make_dish(identifier: str, entry: Entry, known: Vocabulary) -> Dish:
    """The dish of an entry. Raises `KeyError` for an ingredient that the vocabulary does not have."""
    portions = tuple(
        Portion(known[food], measure[0], measure[1], optional=len(measure) == 3)
        for food, measure in entry.ingredients.items()
    )
    return Dish(identifier, entry, portions)


@cache
def dishes() -> tuple[Dish, ...]:
    """Every dish of the cookbook, by English title; read from its data files once."""
    known = vocabulary()
    made = (
        make_dish(identifier, Entry(**raw), known)
        for _, file in read_data("dishes")
        for identifier, raw in file.items()
    )
    return tuple(sorted(made, key=lambda dish: dish.entry.en.title))


@cache
def cuisines() -> dict[str, dict[Language, str]]:
    """The cuisines that the dishes come from, with their names."""
    ((_, names),) = read_data("cuisines")
    return names
