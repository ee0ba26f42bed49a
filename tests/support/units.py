"""Units of an SQLite database: people who are added, and who is there."""

from collections.abc import Iterable

import pytest
from tortoise.backends.base.client import TransactionalDBClient

from itcook.database import Transaction, transactional, units
from itcook.models import User
from tests.support.stream import NOON


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group takes in all who wait, however slow the machine is."""
    monkeypatch.setattr(units, "MAX_SECONDS", 60.0)


def someone(email: str) -> User:
    return User(email=email, password_hash="x", first_name="A", last_name="B", created_at=NOON)


async def insert(connection: TransactionalDBClient, email: str) -> None:
    await someone(email).save(using_db=connection)


@transactional
async def add(transaction: Transaction, email: str) -> str:
    await insert(transaction.connection, email)
    return email


async def emails() -> set[str]:
    return {found.email for found in await User.all()}


def kinds(results: Iterable[object]) -> list[type]:
    return [type(result) for result in results]
