"""Metrics on the public port, for whoever has the token for them."""

import hmac
from typing import cast

from quart import Blueprint, Response, current_app, request

from blueprints.context import services
from blueprints.guard import public
from itcook.contract import answers, refuses
from itcook.errors import NotFoundError, UnauthenticatedError
from itcook.metrics import EXTENSION, Metrics

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@public
@answers(
    200,
    "The metrics, in the format that `Accept` asks for.",
    "text/plain",
    others=("application/openmetrics-text",),
)
@refuses(401, "unauthenticated")
@refuses(404, "not_found")
async def metrics() -> Response:
    """The metrics of this process, for whoever has ITCOOK_METRICS_TOKEN; 404 where that is not set."""
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
