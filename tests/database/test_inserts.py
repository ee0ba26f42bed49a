"""Rows that are left to the commit, on a real SQLite file, where it is shared."""

import asyncio
from collections.abc import Iterable

import pytest
from tortoise.exceptions import IntegrityError

from itcook.database import Transaction, inserts_only, transactional
from itcook.models import User
from tests.support.statements import traced
from tests.support.units import add, emails, kinds, patience, someone

__all__ = ["patience"]

pytestmark = pytest.mark.usefixtures("database", "patience")


@transactional
@inserts_only
async def leave(transaction: Transaction, *emails: str) -> None:
    """Leave rows to be inserted with the commit, and nothing else."""
    for email in emails:
        transaction.inserts.add(someone(email))


@transactional
async def clear(transaction: Transaction) -> int:
    """Delete everybody; how many there were."""
    return await User.all().using_db(transaction.connection).delete()


def savepoints(statements: Iterable[str]) -> int:
    return sum(statement.startswith("SAVEPOINT") for statement in statements)


async def test_what_is_left_to_the_commit_is_inserted_with_it() -> None:
    """By all who share it, without a savepoint; who has statements of its own still has one."""
    async with traced() as statements:
        await asyncio.gather(*(leave(str(number), f"{number} too") for number in range(20)))
    assert await emails() == {text for number in range(20) for text in (str(number), f"{number} too")}
    assert savepoints(statements) == 0
    assert statements.count("COMMIT") <= 2
    async with traced() as statements:
        await asyncio.gather(add("a"), leave("b"), add("c"))
    assert savepoints(statements) == 1


async def test_who_has_statements_finds_what_was_left_before() -> None:
    """And nobody else's: whoever deletes what there is of a person misses nothing of it."""
    assert (await asyncio.gather(leave("a"), leave("b"), clear(), leave("c")))[2] == 2
    assert await emails() == {"c"}


async def test_what_is_left_to_the_commit_may_break_it() -> None:
    """Then whose row it is fails alone, and the others are stored."""
    await add("taken")
    results = await asyncio.gather(leave("a"), leave("taken"), add("b"), leave("c"), return_exceptions=True)
    assert kinds(results) == [type(None), IntegrityError, str, type(None)]
    assert await emails() == {"taken", "a", "b", "c"}


async def test_who_has_statements_and_says_to_have_none() -> None:
    """A defect, of which nothing is stored, and which nobody else notices."""
    liar = transactional(inserts_only(add.within))
    results = await asyncio.gather(leave("a"), liar("b"), leave("c"), return_exceptions=True)
    assert kinds(results) == [type(None), AssertionError, type(None)]
    assert await emails() == {"a", "c"}
