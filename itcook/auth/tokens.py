"""Access tokens: short-lived JWTs (RFC 7519, profile of RFC 9068) that name a login session."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import jwt

from itcook.auth.signing import SigningKey
from itcook.errors import UnauthenticatedError

ISSUER = "itcook"
AUDIENCE = "itcook"
KIND = "at+jwt"  # RFC 9068 section 2.1: no other kind of token passes for an access token
MAX_LENGTH = 4096  # ours have about 400 characters; what is longer is not worth decoding
MAX_KNOWN = 20_000  # tokens; about 10 MB, for twice as many people as may be connected

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class Tokens:
    """Issues and verifies access tokens with one key and that key's one algorithm."""

    def __init__(self, key: SigningKey, lifetime_seconds: int) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._key = key
        self._header = {"alg": key.algorithm, "kid": key.id, "typ": KIND}
        self._known: dict[bytes, Claims] = {}

    def issue(self, user_id: UUID, session_id: UUID, now: datetime) -> str:
        """An access token for one login session, valid from `now` for `lifetime_seconds`."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.lifetime_seconds)).timestamp()),
        }
        return jwt.encode(claims, self._key.private, self._key.algorithm, headers=self._header)

    def read(self, token: str) -> Claims:
        """What `token` says, if it is ours, whole and timely. Raises `UnauthenticatedError`.

        A token comes with every request of its quarter of an hour, and a signature that was right stays so:
        what the last `MAX_KNOWN` tokens say is kept, under their hashes. Whether the login session lives is
        no part of it.
        """
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        claims = self._known.get(digest)
        if claims is None:
            claims = self._known[digest] = self._verified(token)
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        if claims.expires_at <= datetime.now(UTC):
            raise _expired()
        return claims

    def _verified(self, token: str) -> Claims:
        try:
            claims = self._decoded(token)
            return Claims(
                user_id=UUID(claims["sub"]),
                session_id=UUID(claims["sid"]),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            )
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError):
            raise UnauthenticatedError(
                "this is no valid access token; log in", code="invalid_token"
            ) from None

    def _decoded(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_LENGTH or not _SHAPE.fullmatch(token):
            raise jwt.DecodeError("not the shape of a token")
        # Nothing but our own header is understood: no other algorithm or kind, no `crit`, no key in it.
        if jwt.get_unverified_header(token) != self._header:
            raise jwt.InvalidTokenError("not our header")
        verified: dict[str, Any] = jwt.decode(
            token,
            self._key.public,
            algorithms=[self._key.algorithm],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": _CLAIMS, "strict_aud": True},
        )
        return verified


def _expired() -> UnauthenticatedError:
    return UnauthenticatedError("the access token has expired; refresh it", code="token_expired")
