"""Renewal: a connection's token is exchanged for a new one in band, so that it need not end with the old."""

from collections.abc import Awaitable, Callable

from itcook.auth.principal import Principal
from itcook.database import as_problem
from itcook.errors import ProblemError
from itcook.messages import Authenticate
from itcook.stream.audit import Audit
from itcook.stream.registry import Registry
from itcook.stream.revocations import Revocations
from itcook.stream.session import Session
from itcook.stream.timers import Timers

Verify = Callable[[str], Awaitable[Principal]]  # who a token is; raises `UnauthenticatedError`


class RenewalRefusedError(Exception):
    """The token cannot take the place of the old one; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Renewal:
    """Verifies new tokens as a handshake's are, and has their sessions live as long as they do."""

    def __init__(
        self, verify: Verify, registry: Registry, revocations: Revocations, audit: Audit, timers: Timers
    ) -> None:
        self._verify = verify
        self._registry = registry
        self._revocations = revocations
        self._audit = audit
        self._timers = timers

    async def renew(self, session: Session, message: Authenticate) -> None:
        """Have `session` be its person's by the new token, whose login it then ends with.

        Raises `RenewalRefusedError`; it then goes on with the old token.
        """
        principal = await self._verified(message.token)
        if principal.user_id != session.principal.user_id:
            raise RenewalRefusedError(
                "wrong_user", "the token is another person's: open a connection of its own"
            )
        if self._revocations.are_certain(principal):
            raise RenewalRefusedError("session_ended", "this session has ended; log in again")
        if session.ended is not None:
            return
        self._registry.move(session, principal)
        session.renewed(message.ref)
        self._timers.start(session)
        if self._revocations.are_possible(principal):
            self._audit.doubt(session)

    async def _verified(self, token: str) -> Principal:
        try:
            return await self._verify(token)
        except Exception as error:
            problem = error if isinstance(error, ProblemError) else as_problem(error)
            if problem is None:
                raise
            raise RenewalRefusedError(problem.code, problem.detail) from error
