"""What a recipe says: types that check, whoever wrote it — a person, the cookbook or a language model."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from itcook.auth.fields import Language

MAX_INGREDIENTS = 60  # the longest recipes of printed cookbooks have about forty
MAX_STEPS = 50
MAX_MINUTES = 7 * 24 * 60  # a week: sauerkraut takes that long
MAX_SERVINGS = 100
MAX_QUANTITY = 1_000_000
DECIMALS = 3


class Difficulty(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Category(StrEnum):
    BREAKFAST = "breakfast"
    SOUP = "soup"
    SALAD = "salad"
    MAIN = "main"
    SIDE = "side"
    DESSERT = "dessert"
    SNACK = "snack"
    DRINK = "drink"
    OTHER = "other"


class Diet(StrEnum):
    """What a dish can fit. A closed list: a diet nobody knows would be ignored, and someone be ill."""

    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    PESCATARIAN = "pescatarian"
    HALAL = "halal"
    GLUTEN_FREE = "gluten_free"
    DAIRY_FREE = "dairy_free"
    EGG_FREE = "egg_free"
    NUT_FREE = "nut_free"


class Allergen(StrEnum):
    """The fourteen that EU Regulation 1169/2011, Annex II, has declared on food. Closed, as diets are."""

    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    PEANUTS = "peanuts"
    SOY = "soy"
    MILK = "milk"
    NUTS = "nuts"
    CELERY = "celery"
    MUSTARD = "mustard"
    SESAME = "sesame"
    SULPHITES = "sulphites"
    LUPIN = "lupin"
    MOLLUSCS = "molluscs"


def _decimals(value: float) -> float:
    if round(value, DECIMALS) != value:
        raise ValueError(f"must have at most {DECIMALS} decimals")
    return value


def _distinct(words: list[str]) -> list[str]:
    if len(set(words)) != len(words):
        raise ValueError("must not name the same twice")
    return words


def _one_line(word: str) -> str:
    if not word.isprintable():
        raise ValueError("must be one line of visible characters")
    return word


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Quantity = Annotated[float, Field(gt=0, le=MAX_QUANTITY, allow_inf_nan=False), AfterValidator(_decimals)]
Minutes = Annotated[int, Field(ge=0, le=MAX_MINUTES)]
Servings = Annotated[int, Field(ge=1, le=MAX_SERVINGS)]
# One spelling, so that whoever looks for `Thai` finds `thai`.
Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=32),
    AfterValidator(_one_line),
]
Words = Annotated[list[Word], Field(max_length=20), AfterValidator(_distinct)]
Diets = Annotated[
    list[Annotated[Diet, Field(strict=False)]], Field(max_length=len(Diet)), AfterValidator(_distinct)
]
IngredientName = Annotated[Text, Field(max_length=120)]


class Ingredient(BaseModel):
    """One line of a recipe's list: `2 piece egg`, `salt` (to taste). A quantity may go without a unit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: IngredientName
    quantity: Quantity | None = None
    unit: Annotated[Text, Field(max_length=16)] | None = None
    note: Annotated[Text, Field(max_length=200)] | None = None


Title = Annotated[Text, Field(max_length=160)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Ingredients = Annotated[list[Ingredient], Field(min_length=1, max_length=MAX_INGREDIENTS)]
Instructions = Annotated[
    list[Annotated[Text, Field(max_length=2000)]], Field(min_length=1, max_length=MAX_STEPS)
]
AnyDifficulty = Annotated[Difficulty, Field(strict=False)]
AnyCategory = Annotated[Category, Field(strict=False)]


class Draft(BaseModel):
    """A recipe's content, checked, before it is anybody's. Its quantities are for all its servings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: Title
    description: Description = ""
    ingredients: Ingredients
    instructions: Instructions
    prep_minutes: Minutes = 0
    cook_minutes: Minutes = 0
    servings: Servings
    difficulty: AnyDifficulty = Difficulty.EASY
    category: AnyCategory = Category.OTHER
    cuisine: Word = "other"
    tags: Words = Field(default_factory=list)
    diets: Diets = Field(default_factory=list)
    language: Language = "en"


class Changes(BaseModel):
    """What an edit of a recipe sets; None leaves a field as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: Title | None = None
    description: Description | None = None
    ingredients: Ingredients | None = None
    instructions: Instructions | None = None
    prep_minutes: Minutes | None = None
    cook_minutes: Minutes | None = None
    servings: Servings | None = None
    difficulty: AnyDifficulty | None = None
    category: AnyCategory | None = None
    cuisine: Word | None = None
    tags: Words | None = None
    diets: Diets | None = None
    language: Language | None = None
    is_public: bool | None = None
