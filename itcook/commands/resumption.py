"""How a client comes back to its stream: decides, does no I/O, and is told what happened.

The rules are those of docs/reference/protocol.md: the last cursor that came resumes without gap or double;
`Disconnecting` says whether to come back and when; whoever is not told so waits twice as long each time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from itcook.commands.api import RefusedError
from itcook.commands.exits import CommandError, Exit

FIRST_PAUSE = 0.5  # seconds; doubled each time
LONGEST_PAUSE = 30.0
LONGEST_WAIT = 600.0  # what a server may ask for; more is a mistake of somebody's clock
PATIENCE_SECONDS = 30.0  # without a word, until `Connected` says another figure
TOKEN_EXPIRED = 4401
REVOKED = 4403

Jitter = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Return:
    """Connect again in `seconds`, with a new token first if `renews`; `why` is for people."""

    seconds: float
    why: str
    renews: bool = False


class Resumption:
    """One client's way through its connections. `cursor` is what the next one begins with; `patience_seconds`
    is how long silence may last.
    """

    def __init__(self, cursor: str | None, *, can_renew: bool, jitter: Jitter = random.uniform) -> None:
        self.cursor = cursor
        self.patience_seconds = PATIENCE_SECONDS
        self._can_renew = can_renew
        self._jitter = jitter
        self._was_connected = False
        self._has_renewed = False  # since it was connected last
        self._failures = 0  # since something came
        self._goodbye: dict[str, Any] | None = None

    def saw(self, event: dict[str, Any]) -> None:
        """`event` came."""
        data = event["data"]
        if event["type"] == "Connected":
            self._was_connected, self._has_renewed = True, False
            self.patience_seconds = data["timeout_seconds"]
            if data["resume"] == "reset":
                return  # whoever is cut before ResyncRequired comes must ask with the old cursor again
        elif event["type"] != "Disconnecting":
            self._failures = 0
        self.cursor = event.get("id") or data.get("cursor") or self.cursor
        self._goodbye = data if event["type"] == "Disconnecting" else None

    def after_end(self, why: str) -> Return:
        """The connection has ended, for what `Disconnecting` said, or `why`.

        Raises `CommandError` where that was for good.
        """
        goodbye, self._goodbye = self._goodbye, None
        if goodbye is None:
            return Return(self._pause(), why)
        said = f"{goodbye['code']} {goodbye['reason']}"
        if goodbye["code"] == TOKEN_EXPIRED:
            return self._renewal(said)
        if not goodbye["reconnect"]:
            code = Exit.REFUSED if goodbye["code"] == REVOKED else Exit.ENDED
            raise CommandError(f"the server ended the stream: {said}", code)
        asked = min(goodbye["retry_after_ms"] / 1000, LONGEST_WAIT)
        # Who is sent away again and again without seeing anything does not obey "at once" for ever.
        self._failures += 1
        return Return(asked if self._failures == 1 else max(asked, self._backed_off()), said)

    def after_refusal(self, error: RefusedError) -> Return:
        """The handshake, or the renewal, was refused. Raises `CommandError` where waiting does not help."""
        if error.status == 401 and error.code == "token_expired":
            return self._renewal(error.detail)
        if error.status < 500 and error.status not in {408, 429}:
            raise CommandError(f"the server refuses: {error.detail}", error.exit_code)
        asked = 0.0 if error.retry_after is None else min(error.retry_after, LONGEST_WAIT)
        return Return(max(asked, self._pause()), f"{error.status} {error.detail}")

    def after_silence(self, why: str) -> Return:
        """Nobody answered. Raises `CommandError` if nobody ever did."""
        if not self._was_connected:
            raise CommandError(why, Exit.UNREACHABLE)
        return Return(self._pause(), why)

    def _renewal(self, why: str) -> Return:
        if not self._can_renew:
            raise CommandError(f"{why}; with --email a new one is fetched by itself", Exit.REFUSED)
        if self._has_renewed:
            raise CommandError(
                f"{why}, just renewed: compare this machine's clock with the server's", Exit.REFUSED
            )
        self._has_renewed = True
        return Return(0.0, why, renews=True)

    def _pause(self) -> float:
        self._failures += 1
        return self._backed_off()

    def _backed_off(self) -> float:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
        return self._jitter(longest / 2, longest)
