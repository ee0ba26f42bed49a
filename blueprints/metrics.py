"""Metrics on the public port, for whoever has the token for them."""

import hmac
from typing import cast

from quart import Blueprint, Response, current_app, request
from quart_schema import hide

from blueprints.context import services
from blueprints.guard import public
from itcook.errors import NotFoundError, UnauthenticatedError
from itcook.metrics import EXTENSION, Metrics

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@public
@hide
async def metrics() -> Response:
    """All of them. Raises `NotFoundError` where there is no token, `UnauthenticatedError` for a wrong one."""
    token = services().settings.metrics_token
    if token is None:
        raise NotFoundError(
            "metrics are not served here: set ITCOOK_METRICS_TOKEN, or ITCOOK_METRICS_BIND for an address of"
            " their own"
        )
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
        raise UnauthenticatedError("send ITCOOK_METRICS_TOKEN as Authorization: Bearer TOKEN")
    kept = cast("Metrics", current_app.extensions[EXTENSION])
    text, content_type = kept.text(request.headers.get("Accept", ""))
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})
