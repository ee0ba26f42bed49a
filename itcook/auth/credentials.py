"""Credentials: what a request or a handshake carries to say who is there."""

import re
from collections.abc import Container, Iterable

from itcook.auth.principal import Principal
from itcook.auth.tokens import Claims, Tokens
from itcook.clock import utc_now
from itcook.errors import InvalidRequestError, UnauthenticatedError
from itcook.models import User

# A URL ends up in logs, histories and Referer headers: whoever reads those would be signed in.
_TOKEN_PARAMETERS = ("token", "access_token", "jwt", "authorization")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


async def authenticate(
    tokens: Tokens, headers: Iterable[tuple[str, str]], query: Container[str]
) -> Principal:
    """Who is there. `headers` are pairs of name and value, `query` the parameters' names.

    Raises `UnauthenticatedError` if that is nobody, and `InvalidRequestError` if the credentials are where
    they must not be.
    """
    _refuse_tokens_in(query)
    given = [value for name, value in headers if name.lower() == "authorization"]
    return await principal_of(tokens.read(_bearer(given)))


async def principal_of(claims: Claims) -> Principal:
    """The person behind verified claims, if the login session still lives. Raises `UnauthenticatedError`."""
    # By way of the user: a row of one table is read and made an object of, not two. Every request does this.
    user = await User.filter(
        id=claims.user_id,
        disabled_at=None,
        login_sessions__id=claims.session_id,
        login_sessions__revoked_at=None,
        login_sessions__expires_at__gt=utc_now(),
    ).first()
    if user is None:
        raise UnauthenticatedError("this session has ended; log in again", code="session_ended")
    return Principal(
        user_id=claims.user_id,
        session_id=claims.session_id,
        name=user.name,
        role=user.role,
        expires_at=claims.expires_at,
    )


def _refuse_tokens_in(query: Container[str]) -> None:
    for name in _TOKEN_PARAMETERS:
        if name in query:
            raise InvalidRequestError(
                f"a token in the query string ({name}) leaks into logs:"
                " send it in a header, Authorization: Bearer TOKEN",
                code="token_in_query",
            )


def _bearer(given: list[str]) -> str:
    if not given:
        raise UnauthenticatedError("send an access token in a header, Authorization: Bearer TOKEN")
    if len(given) > 1:
        raise InvalidRequestError("send one Authorization header, not several")
    match = _BEARER.fullmatch(given[0])
    if match is None:
        raise UnauthenticatedError("the Authorization header must read: Bearer TOKEN", code="invalid_token")
    return match[1]
