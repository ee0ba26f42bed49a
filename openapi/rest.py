"""The REST surface as an OpenAPI 3.1 document."""

import sys
from collections.abc import Iterable

from quart import Quart

from itcook import __version__
from itcook.auth.cookies import COOKIE, CSRF_HEADER
from itcook.auth.ways import TICKET_PARAMETER
from openapi.examples import CURSOR, ID
from openapi.models import Key, Models, reference
from openapi.operations import Operation
from openapi.routes import Route, routes
from openapi.schema import Schema

DESCRIPTION = """\
Accounts, community, kitchens, goals, recipes, the inbox and the event stream of IT Cook, over HTTP.

Every error is a problem (RFC 9457) with a stable `code`. Lists are pages: ask for the next one with \
`before`. Answers that the stream later changes carry `Stream-Cursor`: connect with it, and nothing is \
missed in between. Every `GET` also answers `HEAD`.

The stream itself, its events and its messages are in `/asyncapi.json`.\
"""
TEXT: Schema = {"type": "string"}


def rest_document(app: Quart) -> Schema:
    """Every route of `app`, with its parameters, bodies, answers, problems, headers and ways in."""
    served = list(routes(app))
    models = Models(_keys(served))
    models.schemas |= {
        "Problem": PROBLEM,
        "WrongPlace": WRONG_PLACE,
        "EventPage": EVENT_PAGE,
        "Document": DOCUMENT,
    }
    operations = [Operation(route, models) for route in served]
    paths: Schema = {}
    for route, operation in zip(served, operations, strict=True):
        paths.setdefault(route.path, {})[route.method.lower()] = operation.schema()
    refusals = {name: response for one in operations for name, response in one.responses.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "IT Cook",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The server that this document comes from."}],
        "tags": _tags(app, served),
        "paths": paths,
        "components": {
            "schemas": models.reachable([paths, refusals]),
            "responses": dict(sorted(refusals.items())),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _keys(served: Iterable[Route]) -> list[Key]:
    keys: list[Key] = []
    for route in served:
        keys += [(model, "validation") for model in route.models]
        keys += [(model, "serialization") for model, _ in route.answers.values()]
    return keys


def _tags(app: Quart, served: Iterable[Route]) -> list[Schema]:
    """What each tag is about, as the first module with it says."""
    found: dict[str, str] = {}
    for route in served:
        blueprint = app.blueprints[route.endpoint.rpartition(".")[0]]
        said = (sys.modules[blueprint.import_name].__doc__ or "").partition("\n\n")[0]
        found.setdefault(route.tag, " ".join(said.split()))
    return [{"name": name, "description": said} for name, said in found.items()]


PROBLEM: Schema = {
    "description": "An error, as RFC 9457 has it. `code` is stable; `detail` is for people and may change.",
    "type": "object",
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "What went wrong. More codes may come."},
        "detail": {"type": "string", "description": "What to do about it."},
        "errors": {
            "description": "At most 20 wrong places.",
            "type": "array",
            "items": reference("WrongPlace"),
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
WRONG_PLACE: Schema = {
    "description": "One wrong place of a request.",
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "A JSON pointer (RFC 6901)."},
        "detail": TEXT,
    },
    "required": ["pointer", "detail"],
}
EVENT_PAGE: Schema = {
    "description": "Durable events after a cursor, as they are on the stream.",
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": reference("DurableEvent")},
        "cursor": {"type": "string", "description": "What to ask for as `after` the next time."},
        "has_more": {"type": "boolean", "description": "Whether to ask again at once."},
        "resync": {
            "description": "Why `after` could not be honoured, or null: load the state, then go on.",
            "anyOf": [
                {"type": "object", "properties": {"reason": TEXT}, "required": ["reason"]},
                {"type": "null"},
            ],
        },
    },
    "required": ["data", "cursor", "has_more", "resync"],
}

DOCUMENT: Schema = {"description": "A document for machines.", "type": "object"}


def _header(description: str, example: str, *, required: bool = False) -> Schema:
    return {"description": description, "required": required, "schema": TEXT, "example": example}


HEADERS: Schema = {
    "ETag": _header("Names these bytes: sent as `If-None-Match`, it is answered with 304.", '"5d41402abc4b"'),
    "Idempotency-Replayed": _header(
        "`true` if an earlier request with this key had the effect, and this is its answer.", "true"
    ),
    "Location": _header("The path of what was created.", f"/api/v1/community/posts/{ID}", required=True),
    "RateLimit": _header("What is left of the quota, and when there will be more.", '"read";r=2999;t=1'),
    "RateLimit-Policy": _header("The quota that counted the request.", '"read";q=3000;w=60'),
    "Retry-After": _header("Seconds to wait.", "2"),
    "Set-Cookie": _header("The cookie of a page's login.", f"{COOKIE}=…; HttpOnly; Path=/; SameSite=Strict"),
    "Stream-Cursor": _header(
        "Follow the stream from here, and nothing is missed in between.", CURSOR, required=True
    ),
    "WWW-Authenticate": _header("How to say who is asking.", "Bearer", required=True),
}
SECURITY: Schema = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of `register`, `login` or `refresh`.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": 'The login of a page, which signed in with `"cookie": true`.',
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "Beside the cookie, what changes something repeats `csrf_token` of signing in.",
    },
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": TICKET_PARAMETER,
        "description": "Of `POST /api/v1/realtime/tickets`, good once, for a browser's `EventSource`.",
    },
}
