"""The composition root: the only place that knows of every part."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from quart import Quart
from quart_cors import cors
from quart_schema import QuartSchema

from blueprints import (
    account,
    administration,
    answers,
    auth,
    community,
    documentation,
    framing,
    fridge,
    goals,
    guard,
    health,
    kitchens,
    metrics,
    notifications,
    page,
    problems,
    quotas,
    realtime,
    recipes,
    session_cookie,
    suggestions,
)
from blueprints.requests import MAX_BODY_BYTES, StrictRequest
from itcook.answers import EXTENSION as ANSWERS
from itcook.answers import REQUEST_ID, Answers
from itcook.auth.cookies import CSRF_HEADER
from itcook.auth.passwords import Passwords
from itcook.metrics import EXTENSION as METRICS
from itcook.metrics import Metrics
from itcook.proxies import TrustedProxies
from itcook.services import open_services
from itcook.settings import Settings, SettingsError
from itcook.tracing import traced
from transports import sse
from transports import websocket as websocket_stream

BODY_SECONDS = 20  # 1 MiB in that time is slower than any phone; longer only helps whoever holds sockets open
PREFLIGHT_AGE = timedelta(hours=1)


def create_app(settings: Settings, passwords: Passwords | None = None) -> Quart:
    """The ASGI application.

    `passwords` is how passwords are hashed; by default as strongly as argon2-cffi advises.
    """
    app = _App("itcook", static_folder=None)
    app.request_class = StrictRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = BODY_SECONDS
    app.url_map.merge_slashes = False  # an address is right or it is 404; a redirect would drop the body
    _read_and_write_models(app)
    _allow_origins(app, settings)
    kept = app.extensions[METRICS] = Metrics()
    noted = app.extensions[ANSWERS] = Answers(kept.requests, logged=settings.log_requests == "on")
    answers.note(app, noted)
    app.before_request(framing.refuse_two_lengths)
    guard.stand(app)
    session_cookie.keep_alive(app)
    quotas.register(app)
    _serve(app, settings, passwords or Passwords(), kept)
    for module in (
        auth,
        administration,
        community,
        kitchens,
        fridge,
        goals,
        notifications,
        recipes,
        account,
        suggestions,
        realtime,
        health,
        metrics,
        documentation,
        page,
        sse,
        websocket_stream,
    ):
        app.register_blueprint(module.blueprint)
    problems.register(app)
    if settings.trusted_proxies:
        app.asgi_app = TrustedProxies(app.asgi_app, settings.trusted_proxies)  # type: ignore[assignment, method-assign] # as Quart documents
    return app


class _App(Quart):
    def log_exception(self, exception_info: Any) -> None:
        # A wrong setting is told by whoever starts the server, in one line.
        if not isinstance(exception_info[1], SettingsError):
            super().log_exception(exception_info)


def _serve(app: Quart, settings: Settings, passwords: Passwords, kept: Metrics) -> None:
    @app.while_serving
    async def run() -> AsyncGenerator[None, None]:
        async with traced(settings), open_services(settings, passwords) as opened:
            app.extensions["itcook"] = opened
            with kept.of(opened):
                yield


def _read_and_write_models(app: Quart) -> None:
    QuartSchema(
        app,
        openapi_path=None,  # openapi/rest.py makes the document (docs/why/0025-documents.md)
        conversion_preference="pydantic",
        # Without it times would reach Quart's encoder, which writes them as HTTP dates.
        pydantic_dump_options={"mode": "json"},  # type: ignore[arg-type] # missing in its type
    )
    app.json.sort_keys = False  # type: ignore[attr-defined] # the provider is Quart's default one
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # likewise


def _allow_origins(app: Quart, settings: Settings) -> None:
    cors(
        app,
        allow_origin=settings.allowed_origins,
        allow_credentials=True,
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "Last-Event-ID",
            REQUEST_ID,
            CSRF_HEADER,
        ],
        expose_headers=[
            "Idempotency-Replayed",
            "Location",
            "Retry-After",
            *quotas.HEADERS,
            "Stream-Cursor",
            REQUEST_ID,
        ],
        max_age=PREFLIGHT_AGE,
    )
    # Its WebSocket half refuses every client that is no browser; the guard checks origins itself.
    app.before_websocket_funcs[None].pop()
