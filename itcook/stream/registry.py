"""The registry: every session of this process, by its id, its person and its login."""

from collections.abc import Iterator
from uuid import UUID

from itcook.auth.principal import Principal
from itcook.stream.session import Session


class _Index:
    """Sessions by an id that several may share, the oldest first."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, dict[Session, None]] = {}

    def add(self, key: UUID, session: Session) -> None:
        self._sessions.setdefault(key, {})[session] = None

    def discard(self, key: UUID, session: Session) -> None:
        sessions = self._sessions.get(key)
        if sessions is not None:
            sessions.pop(session, None)
            if not sessions:
                del self._sessions[key]

    def get(self, key: UUID) -> list[Session]:
        return list(self._sessions.get(key, ()))


class Registry:
    """Who is here. What has ended is found no more by its person or login, and counts until it is removed.

    Each call costs the same however many there are; what comes back is a copy, as ending a session
    changes the registry.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Session] = {}
        self._by_person = _Index()
        self._by_login = _Index()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_id.values()))

    def add(self, session: Session) -> None:
        """Take in a session that begins."""
        self._by_id[session.id] = session
        self._by_person.add(session.principal.user_id, session)
        self._by_login.add(session.principal.session_id, session)

    def move(self, session: Session, principal: Principal) -> None:
        """The session acts for `principal` from now on: the same person, by another login perhaps."""
        self._by_login.discard(session.principal.session_id, session)
        session.principal = principal
        self._by_login.add(principal.session_id, session)

    def ended(self, session: Session) -> None:
        """The session is nobody's any more."""
        self._by_person.discard(session.principal.user_id, session)
        self._by_login.discard(session.principal.session_id, session)

    def remove(self, session: Session) -> None:
        """Forget a session that has ended."""
        self._by_id.pop(session.id, None)

    def find(self, connection_id: str) -> Session | None:
        """The session with this id, if it is here."""
        return self._by_id.get(connection_id)

    def of_person(self, user_id: UUID) -> list[Session]:
        """The person's sessions, the oldest first."""
        return self._by_person.get(user_id)

    def of_login(self, session_id: UUID) -> list[Session]:
        """The sessions of one login, the oldest first."""
        return self._by_login.get(session_id)
