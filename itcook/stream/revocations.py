"""Revocations that may have overtaken whoever is on their way in."""

from collections.abc import Callable
from uuid import UUID

from itcook.auth.principal import Principal

LET_IN_SECONDS = 60.0  # far longer than anything takes from the check of a token to the open connection


class _Lately:
    """When what happened in the last `LET_IN_SECONDS`."""

    def __init__(self) -> None:
        self._moments: dict[UUID, float] = {}  # the earliest first

    def add(self, key: UUID, now: float) -> None:
        for known, moment in list(self._moments.items()):
            if now - moment <= LET_IN_SECONDS:
                break
            del self._moments[known]
        self._moments.pop(key, None)
        self._moments[key] = now

    def since(self, key: UUID, moment: float) -> bool:
        """Whether it happened at `moment` or later."""
        return self._moments.get(key, -1.0) >= moment

    def __contains__(self, key: UUID) -> bool:
        return key in self._moments

    def __len__(self) -> int:
        return len(self._moments)


class Revocations:
    """Logins and people that were revoked lately, and logins that got another credential. The database
    answers that a login lives, it is revoked, and only then the connection opens: nobody else would end it.
    """

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._logins = _Lately()
        self._people = _Lately()
        self._credentials = _Lately()

    def login_revoked(self, session_id: UUID) -> None:
        self._logins.add(session_id, self._time())

    def person_revoked(self, user_id: UUID) -> None:
        self._people.add(user_id, self._time())

    def credential_replaced(self, session_id: UUID) -> None:
        self._credentials.add(session_id, self._time())

    def are_certain(self, principal: Principal) -> bool:
        """Whether the login of `principal` was revoked lately; a login never comes back."""
        return principal.session_id in self._logins

    def are_possible(self, principal: Principal) -> bool:
        """Whether its person was: the login may be an older one, which was revoked, or a new one."""
        return principal.user_id in self._people

    def are_of_the_credential(self, principal: Principal) -> bool:
        """Whether the credential of `principal` was replaced after its check had begun. One that came over a
        node that heard of it late may be the new one; its client only has to come once more.
        """
        return self._credentials.since(principal.session_id, principal.asked_at)

    def may_concern(self, principal: Principal) -> bool:
        """Whether any of these happened after the check of `principal`'s credential had begun."""
        return (
            self._logins.since(principal.session_id, principal.asked_at)
            or self._people.since(principal.user_id, principal.asked_at)
            or self.are_of_the_credential(principal)
        )

    def __len__(self) -> int:
        return len(self._logins) + len(self._people) + len(self._credentials)
