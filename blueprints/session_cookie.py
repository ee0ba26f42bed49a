"""The session cookie on its way out: set, prolonged, cleared.

HttpOnly, so that no script reads it. SameSite=Strict, so that no other site's page has it sent. Path=/ and
no Domain, so that it is this host's alone. Secure where the page came over https, as the browser's Origin
tells also where TLS ends at a proxy that nobody told this server about.
"""

from datetime import datetime

from quart import Quart, Response, g, request
from werkzeug.http import dump_cookie

from blueprints.context import principal, services
from itcook.auth.cookies import COOKIE, is_to_be_prolonged, prolong
from itcook.clock import utc_now
from itcook.errors import ProblemError


def carried() -> str | None:
    """The secret that let this request in, if that was a cookie."""
    secret: str | None = g.get("session_cookie")
    return secret


def setting(secret: str, expires_at: datetime) -> dict[str, str]:
    """The header that has the browser keep the cookie until `expires_at`."""
    return _header(secret, max(0, int((expires_at - utc_now()).total_seconds())))


def clearing() -> dict[str, str]:
    """The header that has the browser forget the cookie."""
    return _header("", 0)


def keep_alive(app: Quart) -> None:
    """Have use prolong the sessions that live in cookies, about once a day, and the cookies with them."""

    @app.after_request
    async def prolong_session(response: Response) -> Response:
        secret, days = carried(), services().settings.refresh_token_days
        if secret is None or "Set-Cookie" in response.headers or "principal" not in g:
            return response
        if is_to_be_prolonged(principal().expires_at, days, utc_now()):
            await _prolong(response, secret, days)
        return response


async def _prolong(response: Response, secret: str, days: int) -> None:
    try:
        expires_at = await prolong(principal().session_id, days)
    except ProblemError:
        return  # the answer is as good without; the next request tries again
    if expires_at is not None:
        response.headers.extend(setting(secret, expires_at))


def _header(value: str, max_age: int) -> dict[str, str]:
    return {
        "Set-Cookie": dump_cookie(
            COOKIE,
            value,
            max_age=max_age,
            path="/",
            secure=_is_secure(),
            httponly=True,
            samesite="Strict",
        )
    }


def _is_secure() -> bool:
    return request.scheme == "https" or request.headers.get("Origin") == f"https://{request.host}"
