"""Plain statements, on the real database."""

import pytest
from tortoise import connections

from itcook.database import as_uuid, rows_among
from itcook.database.sql import insert_rows
from itcook.identifiers import new_id
from itcook.models import StreamEntry, User
from tests.support.statements import traced
from tests.support.stream import NOON

pytestmark = pytest.mark.usefixtures("database")

COLUMNS = ("id", "email", "password_hash", "first_name", "last_name", "created_at")


async def test_inserted_rows_are_those_of_the_models() -> None:
    """Ids, texts and times are stored as the models store them, and are found by either."""
    ids = [new_id() for _ in range(3)]
    rows = [(key, f"{key}@x", "none", "Ada \0 'quoted'", "?", NOON) for key in ids]
    await insert_rows(connections.get("default"), "users", COLUMNS, rows)
    people = [await User.get(id=key) for key in ids]
    assert [(one.first_name, one.created_at) for one in people] == [("Ada \0 'quoted'", NOON)] * 3
    query = "SELECT id, email FROM users WHERE id {among} AND created_at = {0} AND last_name = {1}"
    found = await rows_among(query, ids[:2], NOON, "?")
    assert {as_uuid(row["id"]): row["email"] for row in found} == {key: f"{key}@x" for key in ids[:2]}


async def test_rows_are_inserted_in_their_order() -> None:
    """Generated ids follow it: positions are given by them."""
    rows = [(str(number), "{}", NOON) for number in range(50)]
    await insert_rows(connections.get("default"), "stream_entries", ("channels", "body", "created_at"), rows)
    stored = await StreamEntry.all().order_by("id")
    assert [entry.channels for entry in stored] == [row[0] for row in rows]


async def test_nothing_to_insert_is_no_statement() -> None:
    """Most events lie in nobody's inbox."""
    async with traced() as statements:
        await insert_rows(connections.get("default"), "users", COLUMNS, [])
    assert statements == []
