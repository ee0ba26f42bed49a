"""Who is there: from the credential that a request carries to the person it acts for."""

import asyncio

from itcook.auth import cookies, tickets
from itcook.auth.owners import find_owner
from itcook.auth.principal import Principal
from itcook.auth.tokens import Claims, Tokens
from itcook.auth.ways import Credential, Kind
from itcook.errors import UnauthenticatedError


async def authenticate(tokens: Tokens, credential: Credential) -> Principal:
    """The person whose credential this is. Raises `UnauthenticatedError` if it is nobody's."""
    if credential.kind is Kind.TICKET:
        asked_at = _now()
        return await principal_of(await tickets.redeem(credential.value), asked_at)
    if credential.kind is Kind.COOKIE:
        return await cookies.owner_of(credential.value)
    return await principal_of(tokens.read(credential.value))


async def principal_of(claims: Claims, asked_at: float | None = None) -> Principal:
    """The person behind verified claims, if the login session still lives. Raises `UnauthenticatedError`.

    `asked_at` is when their check began, if that was before.
    """
    asked_at = _now() if asked_at is None else asked_at
    owner = await find_owner(claims.session_id)
    if owner is None or owner.user_id != claims.user_id:
        raise UnauthenticatedError("this session has ended; log in again", code="session_ended")
    return Principal(
        user_id=claims.user_id,
        session_id=claims.session_id,
        name=owner.name,
        role=owner.role,
        expires_at=claims.expires_at,
        asked_at=asked_at,
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
