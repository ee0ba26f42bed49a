"""What the two databases raise: what passes by itself, what an operator mends, and what is a defect."""

import socket
import sqlite3

import asyncpg
from tortoise.exceptions import DBConnectionError, DoesNotExist, IntegrityError, OperationalError

from itcook.errors import ConflictError, ProblemError, UnauthenticatedError, UnavailableError
from itcook.models import User

# What asyncpg raises and Tortoise leaves as it is, by the classes of PostgreSQL's error codes (appendix A).
# Of class 40 only what is certain to have been rolled back: 40003 says that nobody knows.
_PASSING = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
_UNSERVED = (
    *_PASSING,
    asyncpg.TransactionRollbackError,  # 40
    asyncpg.InsufficientResourcesError,  # 53: a full disk, too many connections
    asyncpg.OperatorInterventionError,  # 57: stopping, starting, cancelled
    asyncpg.PostgresSystemError,  # 58
)
_UNREACHABLE = (
    DBConnectionError,
    ConnectionError,
    TimeoutError,  # of asyncpg: it answers a statement, or a new connection, too late
    socket.gaierror,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asked while PostgreSQL is saying that it ends the connection
    asyncpg.PostgresConnectionError,  # 08
    sqlite3.OperationalError,
)


def as_problem(error: BaseException) -> ProblemError | None:
    """What a caller is told of an error of the database: `UnavailableError` if it could not be used; an error
    of the caller's if the person they act for, or what they refer to, was deleted meanwhile. None if it is a
    defect.
    """
    if isinstance(error, DoesNotExist) and error.model is User:
        return UnauthenticatedError("this account is no more", code="session_ended")
    if isinstance(error, IntegrityError) and "foreign key constraint" in str(error).lower():
        return ConflictError("what this refers to was deleted meanwhile; look again")
    if isinstance(error, _UNSERVED) or (isinstance(error, OperationalError) and not _is_defect(error)):
        return UnavailableError("the database cannot serve this now; try again", retry_after=1)
    if isinstance(error, _UNREACHABLE):
        return UnavailableError("the database cannot be reached; try again", retry_after=2)
    return None


def _is_defect(error: OperationalError) -> bool:
    # Tortoise folds "no such column" and "database is locked" into one class, and makes a violated
    # constraint one of its kind: these are ours to mend, and trying again would not help anyone.
    text = str(error)
    return isinstance(error, IntegrityError) or any(
        sign in text for sign in ("no such ", "syntax error", "does not exist")
    )


def passes_by_itself(error: BaseException) -> bool:
    """Whether the same transaction may well succeed a moment later."""
    return isinstance(error, _PASSING) or "locked" in str(error)
