"""The contract of the REST surface, generated from the views."""

from typing import Any

from quart import Blueprint, current_app
from quart_schema import OpenAPIProvider, hide

from blueprints.guard import public

blueprint = Blueprint("documentation", __name__)


class Provider(OpenAPIProvider):
    """quart-schema's, but with the headers of answers where OpenAPI has them: beside `content`, not in it."""

    def build_response_object(
        self, model: type[Any], headers_model: type[Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        described, components = super().build_response_object(model, headers_model)
        if headers_model is not None:
            described["headers"] = described["content"].pop("headers")
        return described, components


@blueprint.get("/openapi.json")
@public
@hide
async def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    schema: dict[str, Any] = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    return schema
