"""Who is there: from the credential that a request carries to the person it acts for."""

from itcook.auth import tickets
from itcook.auth.principal import Principal
from itcook.auth.tokens import Claims, Tokens
from itcook.auth.ways import Credential, Kind
from itcook.clock import utc_now
from itcook.errors import UnauthenticatedError
from itcook.models import User


async def authenticate(tokens: Tokens, credential: Credential) -> Principal:
    """The person whose credential this is. Raises `UnauthenticatedError` if it is nobody's."""
    if credential.kind is Kind.TICKET:
        return await principal_of(await tickets.redeem(credential.value))
    return await principal_of(tokens.read(credential.value))


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
