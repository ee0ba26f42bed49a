"""The contract of the REST surface, generated from the views."""

from typing import Any

from quart import Blueprint, current_app
from quart_schema import hide

from blueprints.guard import public

blueprint = Blueprint("documentation", __name__)


@blueprint.get("/openapi.json")
@public
@hide
async def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    schema: dict[str, Any] = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    return schema
