"""`/api/v1/recipes`: recipes, favourites, ratings, and recipes made on request."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from quart import Blueprint, Response
from quart_schema import (
    document_headers,
    document_response,
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from blueprints.context import principal, services
from blueprints.creation import CreationHeaders, IdempotencyKey, accept, create
from blueprints.requests import Body, Id, Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.auth.fields import Language
from itcook.contract import refuses
from itcook.pages import Page, PageQuery
from itcook.recipes import content, favourites, ratings, recipes, requests, views
from itcook.recipes.provider import Wish
from itcook.recipes.search import Search, search

PATH = "/api/v1/recipes"
MAX_WISHED = 30  # ingredients of one wish: nobody types more, and a model is paid by the word
MAX_WISHED_NAME = 80

blueprint = Blueprint("recipes", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["recipes"])

WishedIngredients = Annotated[
    list[Annotated[content.Text, Field(max_length=MAX_WISHED_NAME)]], Field(max_length=MAX_WISHED)
]
Allergies = Annotated[
    list[Annotated[content.Allergen, Field(strict=False)]], Field(max_length=len(content.Allergen))
]


class NewRecipe(content.Draft, Body):
    """A recipe; without `is_public`, for oneself."""

    is_public: bool = False


class RecipeEdit(content.Changes, Body):
    """What is absent, or null, stays as it is."""


class Rating(Body):
    stars: int = Field(ge=ratings.MIN_STARS, le=ratings.MAX_STARS)


class GenerationWish(Body):
    """What to make a recipe of. `kitchen_id` is whose fridge; by default the caller's own kitchen's."""

    ingredients: WishedIngredients = Field(default_factory=list)
    from_fridge: bool = False
    kitchen_id: Id | None = None
    cuisine: content.Word | None = None
    diets: content.Diets = Field(default_factory=list)
    allergies: Allergies = Field(default_factory=list)
    max_minutes: Annotated[int, Field(ge=5, le=content.MAX_MINUTES)] | None = None
    difficulty: content.AnyDifficulty | None = None
    servings: content.Servings = 2
    language: Language | None = None

    @field_validator("kitchen_id")
    @classmethod
    def _with_fridge(cls, value: UUID | None, others: ValidationInfo) -> UUID | None:
        if value is not None and not others.data.get("from_fridge"):
            raise ValueError("needs from_fridge: true")
        return value

    @property
    def fridge(self) -> requests.Fridge | None:
        return requests.Fridge(self.kitchen_id) if self.from_fridge else None

    def wish(self, own_language: str) -> Wish:
        return Wish(
            ingredients=tuple(self.ingredients),
            cuisine=self.cuisine,
            diets=tuple(self.diets),
            allergies=tuple(self.allergies),
            max_minutes=self.max_minutes,
            difficulty=self.difficulty,
            servings=self.servings,
            language=self.language or own_language,
        )


class RequestsQuery(PageQuery, Query):
    """Which page of one's own requests."""


class SearchQuery(PageQuery, Query):
    """Which page, and of which recipes; all conditions must hold."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    cuisine: content.Word | None = None
    category: content.Category | None = None
    difficulty: content.Difficulty | None = None
    diet: content.Diet | None = None
    tag: content.Word | None = None
    max_minutes: int | None = Field(default=None, ge=0, le=content.MAX_MINUTES * 2)
    mine: bool = False
    favourites: bool = False

    def wanted(self) -> Search:
        return Search(
            text=self.q,
            cuisine=self.cuisine,
            category=self.category,
            difficulty=self.difficulty,
            diet=self.diet,
            tag=self.tag,
            max_minutes=self.max_minutes,
            mine=self.mine,
            favourites=self.favourites,
        )


@blueprint.post("")
@validate_request(NewRecipe)
@document_headers(IdempotencyKey)
@document_response(views.Recipe, 201, CreationHeaders)
async def create_recipe(data: NewRecipe) -> Response:
    """Write down a recipe."""
    return await create(PATH, data, recipes.create_recipe, principal(), data, is_public=data.is_public)


@blueprint.get("")
@with_stream_cursor
@validate_querystring(SearchQuery)
@validate_response(Page[views.RecipeSummary])
async def find(query_args: SearchQuery) -> Page[views.RecipeSummary]:
    """Everyone's public recipes and the caller's own, newest first; those that fit."""
    return await search(principal(), query_args, query_args.wanted())


@blueprint.get("/<uuid:recipe_id>")
@validate_response(views.Recipe)
async def one_recipe(recipe_id: UUID) -> views.Recipe:
    """One recipe."""
    return await recipes.one_recipe(principal(), recipe_id)


@blueprint.patch("/<uuid:recipe_id>")
@validate_request(RecipeEdit)
@validate_response(views.Recipe)
async def edit_recipe(recipe_id: UUID, data: RecipeEdit) -> views.Recipe:
    """Change a recipe of one's own."""
    return await recipes.edit_recipe(principal(), recipe_id, data)


@blueprint.delete("/<uuid:recipe_id>")
async def delete_recipe(recipe_id: UUID) -> tuple[str, int]:
    """Delete a recipe of one's own, with its ratings. Administrators may delete any public one."""
    await recipes.delete_recipe(principal(), recipe_id)
    return "", 204


@blueprint.put("/<uuid:recipe_id>/favourite")
@validate_response(views.FavouriteState)
async def keep(recipe_id: UUID) -> views.FavouriteState:
    """Keep a recipe at hand. Again is the same as once."""
    return await favourites.keep(principal(), recipe_id)


@blueprint.delete("/<uuid:recipe_id>/favourite")
@validate_response(views.FavouriteState)
async def drop(recipe_id: UUID) -> views.FavouriteState:
    """No longer keep a recipe. Again is the same as once."""
    return await favourites.drop(principal(), recipe_id)


@blueprint.put("/<uuid:recipe_id>/rating")
@validate_request(Rating)
@validate_response(views.RatingState)
@refuses(422, "self_rating")
async def rate(recipe_id: UUID, data: Rating) -> views.RatingState:
    """Give someone else's recipe 1 to 5 stars, in place of those given before."""
    return await ratings.rate(principal(), recipe_id, data.stars)


@blueprint.post("/generate")
@validate_request(GenerationWish)
@document_headers(IdempotencyKey)
@document_response(views.RecipeRequest, 202, CreationHeaders)
@refuses(404, "not_found")
@refuses(429, "recipes_per_day")
async def generate(data: GenerationWish) -> Response:
    """Have a recipe made. `RecipeGenerated` or `RecipeFailed` tells the caller when it is over."""
    asker = principal()
    return await accept(
        f"{PATH}/requests",
        data,
        requests.ask,
        asker,
        data.wish(await requests.own_language(asker)),
        fridge=data.fridge,
        per_day=services().settings.recipes_per_day,
    )


@blueprint.get("/requests")
@with_stream_cursor
@validate_querystring(RequestsQuery)
@validate_response(Page[views.RecipeRequest])
async def own_requests(query_args: RequestsQuery) -> Page[views.RecipeRequest]:
    """The caller's own requests, the latest first."""
    return await requests.own_requests(principal(), query_args)


@blueprint.get("/requests/<uuid:request_id>")
@with_stream_cursor
@validate_response(views.RecipeRequest)
async def one_request(request_id: UUID) -> views.RecipeRequest:
    """What became of a request of one's own."""
    return await requests.one_request(principal(), request_id)


@blueprint.delete("/requests/<uuid:request_id>")
@refuses(409, "conflict")
async def cancel(request_id: UUID) -> tuple[str, int]:
    """Cancel a request of one's own; one that is being made stops. Again is the same as once."""
    await requests.cancel(principal(), request_id)
    return "", 204
