"""Units that share a commit, on a real SQLite file and with real faults."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from tortoise import connections
from tortoise.backends.base.client import TransactionalDBClient

from itcook.database import Transaction, inserts_only, transactional, units
from itcook.database.inserts import Inserts
from itcook.database.transactions import all_ended
from itcook.database.units import run_unit
from itcook.errors import ConflictError, UnavailableError
from itcook.identifiers import new_id
from itcook.models import Follow, User
from itcook.settings import Settings
from tests.support.statements import traced
from tests.support.stream import NOON
from tests.support.units import add, emails, insert, kinds, patience, someone

__all__ = ["patience"]

pytestmark = pytest.mark.usefixtures("database", "patience")


async def break_commit(connection: TransactionalDBClient) -> None:
    """Have COMMIT itself refuse: it checks deferred constraints."""
    await connection.execute_query("PRAGMA defer_foreign_keys = 1")
    nobody = Follow(id=new_id(), follower_id=new_id(), followed_id=new_id(), created_at=NOON)
    await nobody.save(using_db=connection)


@transactional
async def add_and_fail(transaction: Transaction, email: str) -> None:
    await insert(transaction.connection, email)
    raise ValueError(email)


@transactional
async def add_and_break_commit(transaction: Transaction, email: str) -> None:
    await insert(transaction.connection, email)
    await break_commit(transaction.connection)


@asynccontextmanager
async def full_disk() -> AsyncIterator[None]:
    """The file cannot grow, as far as SQLite is concerned."""
    connection = connections.get("default")
    await connection.execute_query("PRAGMA max_page_count = 1")  # which it takes for the size that it has now
    try:
        yield
    finally:
        await connection.execute_query(f"PRAGMA max_page_count = {2**30}")


async def test_units_that_wait_share_a_commit() -> None:
    """Twenty at once are two commits at most, and each has its result."""
    async with traced() as statements:
        results = await asyncio.gather(*(add(str(number)) for number in range(20)))
    assert results == [str(number) for number in range(20)]
    assert await emails() == set(results)
    assert statements.count("BEGIN") == statements.count("COMMIT") <= 2


async def test_a_group_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """By number, and by the time that it has been open for."""
    monkeypatch.setattr(units, "MAX_UNITS", 5)
    async with traced() as statements:
        await asyncio.gather(*(add(str(number)) for number in range(20)))
    assert statements.count("COMMIT") >= 4
    monkeypatch.setattr(units, "MAX_SECONDS", -1.0)
    async with traced() as statements:
        await asyncio.gather(*(add(f"late {number}") for number in range(20)))
    assert statements.count("COMMIT") == 20


async def test_nobody_is_answered_before_the_commit(settings: Settings) -> None:
    """At the moment when a unit's calls are made, another program finds its row in the file."""
    missing: list[str] = []
    answered: list[str] = []

    @transactional
    async def work(transaction: Transaction, email: str) -> None:
        await insert(transaction.connection, email)

        def look() -> None:
            with closing(sqlite3.connect(settings.database_path)) as other:
                found = other.execute("SELECT 1 FROM users WHERE email = ?", [email]).fetchone()
            (answered if found else missing).append(email)

        transaction.after_commit(look)

    await asyncio.gather(*(work(str(number)) for number in range(10)))
    assert (missing, len(answered)) == ([], 10)


async def test_one_that_fails_is_undone_alone() -> None:
    """The first of a group, one in its middle and the last; nothing of theirs is left, all else is there."""
    works = [add_and_fail("x1"), add("a"), add_and_fail("x2"), add("b"), add("c"), add_and_fail("x3")]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert kinds(results) == [ValueError, str, ValueError, str, str, ValueError]
    assert await emails() == {"a", "b", "c"}


async def test_a_commit_that_fails_is_the_fault_of_one() -> None:
    """The others are stored and answered, as if they had been alone."""
    results = await asyncio.gather(
        add("a"), add("b"), add_and_break_commit("x"), add("c"), return_exceptions=True
    )
    assert kinds(results) == [str, str, sqlite3.IntegrityError, str]
    assert await emails() == {"a", "b", "c"}
    assert await Follow.all().count() == 0


async def test_a_full_disk_for_all_of_a_group() -> None:
    """503 for each of them, no call is made and nothing is left; once there is room, everything works."""
    called: list[str] = []

    @transactional
    async def work(transaction: Transaction, email: str) -> None:
        transaction.after_commit(lambda: called.append(email))
        for number in range(300):
            await insert(transaction.connection, f"{email} {number}")

    await add("before")
    async with full_disk():
        results = await asyncio.gather(*(work(email) for email in "abc"), return_exceptions=True)
        assert kinds(results) == [UnavailableError] * 3
    assert await add("after") == "after"
    assert (called, await emails()) == ([], {"before", "after"})


async def test_a_transaction_that_sqlite_has_ended() -> None:
    """It does so with some statements that fail. Whoever swallows that error is refused; before it and
    after it, nobody's work is lost or stored by half.
    """

    @transactional
    async def work(transaction: Transaction) -> None:
        await insert(transaction.connection, "lost")
        row = "SELECT * FROM users WHERE email = 'there'"
        with pytest.raises(Exception, match="UNIQUE"):
            await transaction.connection.execute_query(f"INSERT OR ROLLBACK INTO users {row}")

    await add("there")
    results = await asyncio.gather(add("a"), add("b"), work(), add("c"), return_exceptions=True)
    assert kinds(results) == [str, str, UnavailableError, str]
    assert await emails() == {"there", "a", "b", "c"}


async def test_an_error_over_what_was_never_stored_is_not_told() -> None:
    """One unit is refused because of another's row. The commit of both fails, and the other is then given
    up: nothing is in the way any more.
    """
    attempts = 0

    @transactional
    async def first(transaction: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 2:
            raise ValueError("not again")
        await insert(transaction.connection, "a")

    @transactional
    async def second(transaction: Transaction) -> str:
        if await User.filter(email="a").using_db(transaction.connection).exists():
            raise ConflictError("there is one")
        return "done"

    results = await asyncio.gather(first(), second(), add_and_break_commit("x"), return_exceptions=True)
    assert kinds(results) == [ValueError, str, sqlite3.IntegrityError]


async def test_a_unit_whose_task_is_cancelled() -> None:
    """At any moment: it is stored whole or not at all, and the units around it never notice."""

    async def both(connection: TransactionalDBClient, inserts: Inserts, name: str) -> None:
        await insert(connection, f"{name} 1")
        await asyncio.sleep(0)
        await insert(connection, f"{name} 2")

    expected: set[str] = set()
    for turns in range(0, 200, 4):
        names = [f"{turns} {place}" for place in ("before", "victim", "after")]
        before, victim, after = (asyncio.create_task(run_unit(partial(both, name=name))) for name in names)
        for _ in range(turns):
            await asyncio.sleep(0)
        victim.cancel()
        await asyncio.wait_for(asyncio.gather(before, after), 10)
        await asyncio.wait({victim})
        expected |= {f"{names[0]} 1", f"{names[0]} 2", f"{names[2]} 1", f"{names[2]} 2"}
        own = {f"{names[1]} 1", f"{names[1]} 2"}
        stored = await emails()
        if own <= stored:
            expected |= own
        assert stored == expected
        assert victim.cancelled() or own <= stored


class Plan(NamedTuple):
    """What one unit does. `starts` and `pauses` are turns of the loop."""

    outcome: Literal["stored", "fails", "breaks the commit"]
    rows: int
    starts: int
    pauses: int
    vanishes: bool  # its caller does, at some moment
    leaves: bool  # its rows to the commit, and has no statement of its own but what breaks that


PLANS = st.builds(
    Plan,
    outcome=st.sampled_from(["stored", "stored", "stored", "fails", "breaks the commit"]),
    rows=st.integers(0, 3),
    starts=st.integers(0, 12),
    pauses=st.integers(0, 3),
    vanishes=st.booleans(),
    leaves=st.booleans(),
)


@transactional
async def follow(transaction: Transaction, name: str, plan: Plan) -> set[str]:
    rows = {f"{name} {number}" for number in range(plan.rows)}
    for row in sorted(rows):
        if plan.leaves:
            transaction.inserts.add(someone(row))
        else:
            await insert(transaction.connection, row)
        await turns(plan.pauses)
    if plan.outcome == "fails":
        raise ValueError(name)
    if plan.outcome == "breaks the commit":
        await break_commit(transaction.connection)
    return rows


follow_without_a_savepoint = transactional(inserts_only(partial(follow.within)))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def carried_out(name: str, plan: Plan) -> set[str]:
    await turns(plan.starts)
    has_no_statement = plan.leaves and plan.outcome != "breaks the commit"
    use_case = follow_without_a_savepoint if has_no_statement else follow
    task = asyncio.create_task(use_case(name, plan))
    if plan.vanishes:
        await turns(plan.pauses + 1)  # after its first step: before that it never begins
        task.cancel()
    return await task


@bounds(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PLANS, min_size=1, max_size=12))
async def test_units_in_any_order(plans: list[Plan]) -> None:
    """Whatever comes together: what succeeds is stored whole, what fails leaves nothing, and each caller
    that is still there hears of its own.
    """
    await User.all().delete()
    names = [f"unit {number}" for number in range(len(plans))]
    results = await asyncio.gather(*map(carried_out, names, plans), return_exceptions=True)
    await all_ended()
    expected: set[str] = set()
    for name, plan, result in zip(names, plans, results, strict=True):
        rows = {f"{name} {number}" for number in range(plan.rows)}
        if plan.outcome == "stored":
            expected |= rows
        if not isinstance(result, asyncio.CancelledError):
            outcomes = {"stored": set, "fails": ValueError, "breaks the commit": sqlite3.IntegrityError}
            assert type(result) is outcomes[plan.outcome]
    assert await emails() == expected
    assert await Follow.all().count() == 0


class Refused:
    """A transaction that cannot begin."""

    async def __aenter__(self) -> TransactionalDBClient:
        raise sqlite3.OperationalError("unable to open database file")

    async def __aexit__(self, *exception: object) -> None:
        """There is nothing to end."""


async def test_who_waits_is_told_that_no_transaction_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever, nothing spins, and the next one is written."""

    async def work(connection: TransactionalDBClient, inserts: Inserts) -> None:
        await insert(connection, "ada@example.com")

    with monkeypatch.context() as patch:
        patch.setattr(units, "in_transaction", Refused)
        waiting = [asyncio.create_task(run_unit(work)) for _ in range(3)]
        failures = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert [type(failure) for failure in failures] == [sqlite3.OperationalError] * 3
    await asyncio.wait_for(run_unit(work), 5)
    assert await User.exists(email="ada@example.com")
