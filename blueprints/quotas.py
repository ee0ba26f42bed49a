"""Requests and handshakes within their quotas, and the answers that say what is left.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "read";q=3000;w=60` and
`RateLimit: "read";r=2999;t=1`.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from quart import Quart, Request, Response, Websocket, current_app, g, request, websocket

from blueprints.context import services
from blueprints.guard import is_public
from blueprints.problems import answer
from itcook.auth.logins import was_used_from
from itcook.errors import ConflictError, RateLimitedError
from itcook.metrics import EXTENSION, Metrics
from itcook.quotas.policies import (
    ANONYMOUS,
    CONFIRM,
    EMAIL_TAKEN,
    EXPORT,
    HANDSHAKE,
    LOGIN,
    LOGIN_ACCOUNT,
    LOGIN_ACCOUNT_DAY,
    LOGIN_EVERYWHERE,
    MESSAGE,
    READ,
    REFRESH,
    REGISTER,
    WRITE,
    Policy,
)
from itcook.quotas.quotas import Left, key_of_address

HEADERS = ("RateLimit", "RateLimit-Policy")
READING = frozenset({"GET", "HEAD"})
# Load balancers ask from a few addresses, often, and take a server that refuses them for a dead one.
UNLIMITED = frozenset({"health.live", "health.ready"})
# Which policy counts what, where the method does not tell.
ENDPOINTS = {
    "auth.register": REGISTER,
    "auth.login": LOGIN,
    "auth.refresh": REFRESH,
    "account.export_data": EXPORT,
    "realtime.say": MESSAGE,
    "sse.stream": HANDSHAKE,
    "websocket.stream": HANDSHAKE,
}


def register(app: Quart) -> None:
    """Count every request and every handshake, but for CORS preflights and health checks.

    Call it after the guard was installed: whoever is known by then is counted as a person, others by address.
    """

    @app.before_request
    async def count_request() -> None:
        await _count(app, request)

    @app.before_websocket
    async def count_handshake() -> None:
        await _count(app, websocket)

    @app.after_request
    async def finish_request(response: Response) -> Response:
        return await _finished(request, response)

    @app.after_websocket  # type: ignore[type-var] # its type has no refusals, only streams that were served
    async def finish_handshake(response: Response | None) -> Response | None:
        return response and await _finished(websocket, response)


async def count_login(email: str) -> None:
    """Count an attempt to sign in to the account with this address. Raises `RateLimitedError`.

    Who guesses from one network uses up what that network has, and not what the account's owner needs
    elsewhere. What all networks have together binds only those that the account was never used from.
    """
    # Its hash, because counters may be kept where no address of a person has to be.
    account, here = hashlib.sha256(email.encode()).hexdigest(), _address(request)
    await _spend(LOGIN_ACCOUNT_DAY, f"{account} {here}")
    await _spend(LOGIN_ACCOUNT, f"{account} {here}")
    shown = g.get("quota")
    try:
        await _spend(LOGIN_EVERYWHERE, account)
    except RateLimitedError:
        if not await was_used_from(email, here):
            raise
    g.quota = shown


async def count_confirmation() -> None:
    """Count a password that somebody gives who is signed in. Raises `RateLimitedError`."""
    await _spend(CONFIRM, str(g.principal.session_id))


@asynccontextmanager
async def count_taken() -> AsyncIterator[None]:
    """Count what is answered with `email_taken`, so that nobody asks after a list of people. Raises
    `RateLimitedError` before it is known whether an address is taken.
    """
    quotas, here = services().quotas, _address(request)
    if quotas is not None:
        left = await quotas.look(EMAIL_TAKEN, here)
        if not left.granted:
            g.quota = left
            raise _refused(left)
    try:
        yield
    except ConflictError:
        await _spend(EMAIL_TAKEN, here)
        raise


async def _count(app: Quart, incoming: Request | Websocket) -> None:
    if not _is_counted(incoming):
        return
    endpoint = incoming.endpoint
    if endpoint is None or is_public(app.view_functions[endpoint]):
        await _spend(ENDPOINTS.get(endpoint or "", ANONYMOUS), _address(incoming))
        return
    default = READ if incoming.method in READING else WRITE
    await _spend(ENDPOINTS.get(endpoint, default), str(g.principal.user_id))


def _is_counted(incoming: Request | Websocket) -> bool:
    return incoming.method != "OPTIONS" and incoming.endpoint not in UNLIMITED


async def _finished(incoming: Request | Websocket, response: Response) -> Response:
    """`response` with what is left. Whom the guard has refused, nobody has counted yet."""
    if response.status_code >= 400 and "quota" not in g and _is_counted(incoming):
        try:
            await _spend(ANONYMOUS, _address(incoming))
        except RateLimitedError as error:
            response = await answer(error)
    left: Left | None = g.get("quota")
    if left is not None:
        response.headers.update(left.fields())
    return response


async def _spend(policy: Policy, key: str) -> None:
    quotas = services().quotas
    if quotas is None:
        return
    left = g.quota = await quotas.spend(policy, key)
    if not left.granted:
        raise _refused(left)


def _refused(left: Left) -> RateLimitedError:
    """The refusal, counted."""
    policy = left.policy
    cast("Metrics", current_app.extensions[EXTENSION]).requests.refused(policy.name)
    return RateLimitedError(
        f"too many requests ({policy.name}): {policy.quota} in {policy.window} seconds are allowed;"
        " wait as long as Retry-After says",
        retry_after=left.reset,
    )


def _address(incoming: Request | Websocket) -> str:
    return key_of_address(incoming.remote_addr or "")
