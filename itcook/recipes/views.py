"""What clients see of recipes: the bodies of the answers."""

from typing import Any
from uuid import UUID

from itcook import models
from itcook.events import Timestamp
from itcook.recipes.content import Category, Diet, Difficulty, Ingredient
from itcook.recipes.status import Status
from itcook.views import Person, View


class RecipeSummary(View):
    """A recipe in a list, for one reader. `rating` is the average of its stars, null without any."""

    id: UUID
    author: Person
    title: str
    description: str
    prep_minutes: int
    cook_minutes: int
    servings: int
    difficulty: Difficulty
    category: Category
    cuisine: str
    tags: list[str]
    diets: list[Diet]
    language: str
    source: str
    is_public: bool
    rating: float | None
    ratings_count: int
    is_favourite: bool
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, row: models.Recipe, author: Person, *, is_favourite: bool) -> "RecipeSummary":
        return cls(**_summary(row), author=author, is_favourite=is_favourite)


class Recipe(RecipeSummary):
    """A whole recipe, for one reader: `own_stars` is what that reader gave it."""

    ingredients: list[Ingredient]
    instructions: list[str]
    own_stars: int | None

    @classmethod
    def whole(
        cls, row: models.Recipe, author: Person, *, is_favourite: bool, own_stars: int | None
    ) -> "Recipe":
        return cls(
            **_summary(row),
            author=author,
            is_favourite=is_favourite,
            own_stars=own_stars,
            ingredients=row.ingredients,
            instructions=row.instructions,
        )


class FavouriteState(View):
    """Whether the caller keeps a recipe at hand now."""

    recipe_id: UUID
    is_favourite: bool


class RatingState(View):
    """The caller's stars for a recipe now, the average of everyone's, and how many gave some."""

    recipe_id: UUID
    own_stars: int
    rating: float | None
    ratings_count: int


class RecipeRequest(View):
    """What became of someone's wish. `recipe_id` is there once it is done, `reason` if it failed."""

    request_id: UUID
    status: Status
    recipe_id: UUID | None
    reason: str | None
    created_at: Timestamp
    finished_at: Timestamp | None

    @classmethod
    def of(cls, row: models.RecipeRequest) -> "RecipeRequest":
        return cls(
            request_id=row.id,
            status=Status(row.status),
            recipe_id=row.recipe_id,
            reason=row.reason,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


def average(row: models.Recipe) -> float | None:
    """The average stars of a recipe, to two decimals; None without any."""
    return round(row.ratings_sum / row.ratings_count, 2) if row.ratings_count else None


_SAME = (
    "id",
    "title",
    "description",
    "prep_minutes",
    "cook_minutes",
    "servings",
    "difficulty",
    "category",
    "cuisine",
    "tags",
    "diets",
    "language",
    "source",
    "is_public",
    "ratings_count",
    "created_at",
    "updated_at",
)


def _summary(row: models.Recipe) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _SAME}, "rating": average(row)}
