"""Statements in SQL, for what is done with every request: to build them by way of the models costs more.

The two databases differ in how they mark values and keep ids; the callers need not know.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

Row = Mapping[str, Any]


async def rows_among(query: str, keys: Collection[UUID], *values: object) -> Sequence[Row]:
    """The rows of `query`, in which `{among}` stands where a column is compared with `keys`.

    `values` are for the `{0}`, `{1}`, … in it. The text does not depend on the number of keys, so that it is
    prepared once.
    """
    connection = connections.get("default")
    rows: Sequence[Row]
    asked: object
    if _is_sqlite(connection):
        among, asked = "IN (SELECT value FROM json_each(?))", json.dumps([str(key) for key in keys])
    else:
        among, asked = "= ANY($1::uuid[])", list(keys)
    text = query.format(*_marks(connection, len(values), after=1), among=among)
    _, rows = await connection.execute_query(text, [asked, *values])
    return rows


async def insert_rows(
    connection: BaseDBAsyncClient, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert `rows`, in their order, into `columns` of `table`."""
    if not rows:
        return
    names, marks = ", ".join(columns), ", ".join(_marks(connection, len(columns)))
    text = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 # names are the caller's own
    await connection.execute_many(text, [[_stored(connection, value) for value in row] for row in rows])


def as_uuid(stored: str | UUID) -> UUID:
    """An id as it stands in a row: SQLite keeps it as text."""
    return stored if isinstance(stored, UUID) else UUID(stored)


def _stored(connection: BaseDBAsyncClient, value: object) -> object:
    return str(value) if isinstance(value, UUID) and _is_sqlite(connection) else value


def _marks(connection: BaseDBAsyncClient, count: int, *, after: int = 0) -> list[str]:
    """Where `count` values go, when there are `after` before them."""
    if _is_sqlite(connection):
        return ["?"] * count
    return [f"${number}" for number in range(after + 1, after + count + 1)]


def _is_sqlite(connection: BaseDBAsyncClient) -> bool:
    return bool(connection.capabilities.dialect == "sqlite")
