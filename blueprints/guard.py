"""The guard: lets nobody in who is not known, but where a view is marked public."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from quart import Quart, Request, Websocket, g, request, websocket
from structlog.contextvars import bind_contextvars

from blueprints.context import services
from itcook.auth.cookies import COOKIE, CSRF_HEADER, Evidence, check_sender
from itcook.auth.credentials import authenticate
from itcook.auth.origins import check_origin
from itcook.auth.principal import Principal
from itcook.auth.ways import TICKET_PARAMETER, Carried, Kind, find_credential, refuse_tokens_in

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
STREAMS = {"sse.stream", "websocket.stream"}  # the endpoints that a ticket opens

_MARK = "itcook_public"


def public(view: View) -> View:
    """Let everyone use `view`. Put it right below the route."""
    setattr(view, _MARK, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether `view` serves people who are not signed in."""
    return getattr(view, _MARK, False)


def stand(app: Quart) -> None:
    """Have every request and handshake of `app` looked at before anything else is done with it."""

    @app.before_request
    async def guard_request() -> None:
        if not _is_preflight(request):
            await _let_in(app, request)

    @app.before_websocket
    async def guard_websocket() -> None:
        await _let_in(app, websocket)


def _is_preflight(incoming: Request) -> bool:
    rule = incoming.url_rule
    return incoming.method == "OPTIONS" and rule is not None and rule.provide_automatic_options


async def _let_in(app: Quart, incoming: Request | Websocket) -> None:
    endpoint = incoming.endpoint
    if endpoint is None:
        return  # an address without a view is answered with 404 or 405, whoever asks
    refuse_tokens_in(incoming.args.items(multi=True))
    is_open = is_public(app.view_functions[endpoint])
    if is_open and incoming.method in SAFE_METHODS:
        return
    running = services()
    check_origin(incoming.headers.getlist("Origin"), incoming.host, running.settings.allowed_origins)
    if not is_open:
        g.principal = await _authenticated(incoming)
        running.last_seen.note(g.principal.session_id)
        bind_contextvars(user_id=str(g.principal.user_id))  # for every line that the request causes


async def _authenticated(incoming: Request | Websocket) -> Principal:
    credential = find_credential(_carried(incoming))
    if credential.kind is Kind.COOKIE:
        check_sender(credential.value, _evidence(incoming))
        g.session_cookie = credential.value
    known = await authenticate(services().tokens, credential)
    return replace(known, address=incoming.remote_addr or "")


def _carried(incoming: Request | Websocket) -> Carried:
    return Carried(
        authorization=incoming.headers.getlist("Authorization"),
        subprotocols=_offered(incoming) if isinstance(incoming, Websocket) else (),
        tickets=incoming.args.getlist(TICKET_PARAMETER) if incoming.endpoint in STREAMS else (),
        cookies=[secret for secret in incoming.cookies.getlist(COOKIE) if secret],
    )


def _evidence(incoming: Request | Websocket) -> Evidence:
    headers = incoming.headers
    return Evidence(
        has_origin="Origin" in headers,  # and the guard knows it
        is_same_origin=_is_of_own_page(incoming),
        changes=incoming.method not in SAFE_METHODS,
        csrf_token=headers.get(CSRF_HEADER, ""),
    )


def _is_of_own_page(incoming: Request | Websocket) -> bool:
    # Browsers say it where the address is https or localhost; over plain http only the Referer tells.
    said = incoming.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    own = (f"http://{incoming.host}/", f"https://{incoming.host}/")
    return incoming.headers.get("Referer", "").startswith(own)


def _offered(handshake: Websocket) -> list[str]:
    """The subprotocols of all header lines: Quart has those of the last one only."""
    lines = handshake.headers.getlist("Sec-WebSocket-Protocol")
    return [offered.strip() for line in lines for offered in line.split(",")]
