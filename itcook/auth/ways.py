"""Ways in: where a request or a handshake carries its credential.

    Authorization: Bearer TOKEN                        whoever can set headers
    Sec-WebSocket-Protocol: itcook.v1, bearer.TOKEN    a browser's WebSocket, which can set this one only
    ?ticket=TICKET                                     EventSource, which can set none
    Cookie: itcook_session=SECRET                      the server's own pages

A request carries one. With two it would depend on their order who is meant, so that is refused.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from itcook.errors import InvalidRequestError, UnauthenticatedError

SUBPROTOCOL = "itcook.v1"  # what is spoken on the WebSocket; the only subprotocol that is ever selected
TICKET_PARAMETER = "ticket"

_BEARER_SUBPROTOCOL = "bearer."
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_TOKEN_PARAMETERS = {
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "jwt",
    "bearer",
    "authorization",
}
# Three parts in base64url of which the first begins as JSON does: `{"`, `{ `, or a brace and a line break.
_JWT = re.compile(r"(?<![A-Za-z0-9_-])e(?:y[JA]|w[0o])[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.")


class Kind(Enum):
    """What a credential is, whichever way it came."""

    ACCESS_TOKEN = auto()
    TICKET = auto()
    COOKIE = auto()


@dataclass(frozen=True, slots=True)
class Credential:
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The values that a request has in the places where a credential may be."""

    authorization: Sequence[str] = ()
    subprotocols: Sequence[str] = ()
    tickets: Sequence[str] = ()
    cookies: Sequence[str] = ()


def find_credential(carried: Carried) -> Credential:
    """The one credential of a request.

    Raises `UnauthenticatedError` if there is none, and `InvalidRequestError` if there are several.
    """
    bearers = [offered for offered in carried.subprotocols if offered.startswith(_BEARER_SUBPROTOCOL)]
    _check_number(len(carried.authorization) + len(bearers) + len(carried.tickets) + len(carried.cookies))
    if carried.authorization:
        return Credential(Kind.ACCESS_TOKEN, _bearer(carried.authorization[0]))
    if bearers:
        return Credential(Kind.ACCESS_TOKEN, _offered(bearers[0], carried.subprotocols))
    if carried.tickets:
        return Credential(Kind.TICKET, carried.tickets[0])
    return Credential(Kind.COOKIE, carried.cookies[0])


def refuse_tokens_in(query: Iterable[tuple[str, str]]) -> None:
    """Raises `InvalidRequestError` if a query string, as pairs of name and value, holds a token.

    An address ends up in logs, histories and Referer headers: whoever reads those would be signed in.
    """
    for name, value in query:
        if name.lower() in _TOKEN_PARAMETERS or _JWT.search(name) or _JWT.search(value):
            raise InvalidRequestError(
                "a token in the query string leaks into logs: send it in a header, Authorization: Bearer"
                f" TOKEN, or in the WebSocket subprotocols {SUBPROTOCOL}, {_BEARER_SUBPROTOCOL}TOKEN, or buy"
                " a ticket with it at POST /api/v1/realtime/tickets",
                code="token_in_query",
            )


def _check_number(found: int) -> None:
    if found == 0:
        raise UnauthenticatedError("send an access token in a header, Authorization: Bearer TOKEN")
    if found > 1:
        raise InvalidRequestError(
            "send one credential, not several: an Authorization header, a bearer subprotocol, a ticket or the"
            " session cookie; a page that means another than its cookie logs out first"
        )


def _bearer(header: str) -> str:
    match = _BEARER.fullmatch(header)
    if match is None:
        raise UnauthenticatedError("the Authorization header must read: Bearer TOKEN", code="invalid_token")
    return match[1]


def _offered(bearer: str, subprotocols: Sequence[str]) -> str:
    # A browser that offered subprotocols drops a connection for which none was selected, and to select the
    # token would be to repeat it.
    if SUBPROTOCOL not in subprotocols:
        raise InvalidRequestError(f"offer the subprotocol {SUBPROTOCOL} beside the one with the token")
    return bearer.removeprefix(_BEARER_SUBPROTOCOL)
