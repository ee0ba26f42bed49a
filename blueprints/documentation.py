"""The contract as documents: what `make generate` wrote into `openapi/`, and pages that show it."""

import hashlib
from functools import cache

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint

from blueprints import reader
from blueprints.guard import public
from itcook.contract import answers, carries

# A page has a style sheet and nothing else.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

blueprint = Blueprint("documentation", __name__)
tag_blueprint(blueprint, ["documents"])


@blueprint.get("/openapi.json")
@public
@answers(200, "An OpenAPI 3.1 document.", "application/json", "Document")
@answers(304, "What the client has is right.")
@carries("ETag")
async def openapi() -> Response:
    """The REST surface, as an OpenAPI document."""
    return await _document("openapi.json")


@blueprint.get("/asyncapi.json")
@public
@answers(200, "An AsyncAPI 3.0 document.", "application/json", "Document")
@answers(304, "What the client has is right.")
@carries("ETag")
async def asyncapi() -> Response:
    """The event stream over both transports, as an AsyncAPI document."""
    return await _document("asyncapi.json")


@blueprint.get("/events.schema.json")
@public
@answers(200, "A JSON Schema, 2020-12.", "application/schema+json", "Document")
@answers(304, "What the client has is right.")
@carries("ETag")
async def events_schema() -> Response:
    """The events and the client messages of the stream, as a JSON Schema."""
    return await _document("events.schema.json", "application/schema+json")


@blueprint.get("/docs")
@public
@answers(200, "The page.", "text/html")
@answers(304, "What the client has is right.")
@carries("ETag")
async def overview() -> Response:
    """What there is to read, for people."""
    return await _page("index")


@blueprint.get("/docs/rest")
@public
@answers(200, "The page.", "text/html")
@answers(304, "What the client has is right.")
@carries("ETag")
async def rest() -> Response:
    """The OpenAPI document, for people."""
    return await _page("rest")


@blueprint.get("/docs/stream")
@public
@answers(200, "The page.", "text/html")
@answers(304, "What the client has is right.")
@carries("ETag")
async def stream() -> Response:
    """The AsyncAPI document, for people."""
    return await _page("stream")


@blueprint.get("/docs/style.css")
@public
@answers(200, "The style sheet.", "text/css")
@answers(304, "What the client has is right.")
@carries("ETag")
async def style() -> Response:
    """The style sheet of these pages."""
    return await _unchanged(reader.style(), "text/css; charset=utf-8")


async def _document(name: str, media_type: str = "application/json") -> Response:
    return await _unchanged(_read(name), media_type)


async def _page(name: str) -> Response:
    response = await _unchanged(reader.page(name), "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


async def _unchanged(body: bytes, media_type: str) -> Response:
    """`body`, or 304 for whoever has it."""
    response = Response(body, content_type=media_type)
    response.set_etag(_tag(body))
    response.headers["Cache-Control"] = "no-cache"  # asked for anew each time, which costs a 304
    response.headers["X-Content-Type-Options"] = "nosniff"
    return await response.make_conditional(request)


@cache
def _read(name: str) -> bytes:
    return (reader.DOCUMENTS / name).read_bytes()


@cache
def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
