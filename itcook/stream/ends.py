"""How a connection ends: the table of ends.

    code  name                reconnect  meaning
    1000  NORMAL              -          the client closed
    1003  BINARY              no         a binary message, where JSON text was expected
    1011  DEFECT              yes        a defect of this server
    1012  RESTARTING          yes        the server restarts or drains
    1013  OVERLOADED          yes        the server has as many connections as it takes
    4000  LEASE_OVER          yes        connected for about 12 hours
    4008  TOO_SLOW            yes        1 MiB unsent, or unsent bytes that did not move
    4012  SILENT              yes        nothing was heard from the client for too long
    4400  TOO_MANY_INVALID    no         20 invalid messages in a minute
    4401  TOKEN_EXPIRED       yes        after a refresh of the token
    4403  REVOKED             no         the login session was revoked
    4403  SENT_AWAY           no         an administrator ended this connection
    4409  TOO_MANY            no         a newer connection of the same person took its place
    4429  TOO_MANY_MESSAGES   yes        faster than the message rate allows

`Disconnecting` carries the same code before the close, on both transports. Codes below 2000 are of
RFC 6455 section 7.4.1 and its registry; 4000 to 4999 are an application's own.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class End:
    """Why a connection ends and what the client should do; `retry_after_ms` in milliseconds."""

    code: int
    reason: str
    reconnect: bool
    retry_after_ms: int = 0

    def after(self, milliseconds: int) -> "End":
        """The same end with another time to wait."""
        return replace(self, retry_after_ms=milliseconds)


NORMAL = End(1000, "closed", reconnect=False)
BINARY = End(1003, "binary messages are not read here: send JSON as text", reconnect=False)
DEFECT = End(1011, "internal error", reconnect=True, retry_after_ms=1_000)
RESTARTING = End(1012, "server restarts", reconnect=True)
OVERLOADED = End(1013, "overloaded: connect again later", reconnect=True, retry_after_ms=2_000)
LEASE_OVER = End(4000, "lease over: connect again at once, and resume", reconnect=True)
TOO_SLOW = End(4008, "too slow: resume from the last cursor", reconnect=True)
SILENT = End(4012, "nothing heard from the client", reconnect=True)
TOO_MANY_INVALID = End(4400, "too many invalid messages", reconnect=False)
TOKEN_EXPIRED = End(4401, "token expired: refresh it, then resume", reconnect=True)
REVOKED = End(4403, "login session revoked", reconnect=False)
SENT_AWAY = End(4403, "ended by an administrator", reconnect=False)
TOO_MANY = End(4409, "too many connections: a newer one took this place", reconnect=False)
TOO_MANY_MESSAGES = End(4429, "too many messages", reconnect=True, retry_after_ms=5_000)
