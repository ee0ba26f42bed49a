"""`/api/v1/fridge/suggestions`: what to cook with what is there."""

from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from blueprints.context import principal
from blueprints.requests import Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.auth.fields import Language
from itcook.contract import refuses
from itcook.recipes.content import MAX_MINUTES, MAX_SERVINGS, Allergen, Diet
from itcook.recipes.cookbook.matcher import Taste
from itcook.suggestions import Suggestions, suggest

MAX_SUGGESTIONS = 20  # more is no help to whoever cannot choose
DEFAULT_SUGGESTIONS = 5

blueprint = Blueprint("suggestions", __name__, url_prefix="/api/v1/fridge")
tag_blueprint(blueprint, ["fridge"])


def _listed(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _words(kind: type[Diet] | type[Allergen]) -> tuple[BeforeValidator, WithJsonSchema]:
    """How a list of words is written in a query: `vegan,nut_free`."""
    word = "|".join(kind)
    return BeforeValidator(_listed), WithJsonSchema({"type": "string", "pattern": f"^({word})(,({word}))*$"})


_diets, _diets_schema = _words(Diet)
_allergies, _allergies_schema = _words(Allergen)


class SuggestionsQuery(Query):
    """For which kitchen, the caller's home without `kitchen_id`; `max_minutes` is from start to table.

    `diets` and `allergies` are separated by commas. Without `language` the answer is in the caller's.
    """

    limit: int = Field(default=DEFAULT_SUGGESTIONS, ge=1, le=MAX_SUGGESTIONS)
    kitchen_id: UUID | None = None
    diets: Annotated[frozenset[Diet], _diets, _diets_schema] = frozenset()
    allergies: Annotated[frozenset[Allergen], _allergies, _allergies_schema] = frozenset()
    max_minutes: int | None = Field(default=None, ge=1, le=MAX_MINUTES)
    servings: int | None = Field(default=None, ge=1, le=MAX_SERVINGS)
    language: Language | None = None

    def taste(self) -> Taste:
        return Taste(diets=self.diets, allergies=self.allergies, max_minutes=self.max_minutes)


@blueprint.get("/suggestions")
@with_stream_cursor
@validate_querystring(SuggestionsQuery)
@validate_response(Suggestions)
@refuses(404, "not_found")
async def suggestions(query_args: SuggestionsQuery) -> Suggestions:
    """Dishes for what is in the kitchen, first those that use up what expires soonest."""
    return await suggest(
        principal(),
        query_args.taste(),
        query_args.limit,
        kitchen_id=query_args.kitchen_id,
        servings=query_args.servings,
        language=query_args.language,
    )
