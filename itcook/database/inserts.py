"""Rows that wait for the commit, to be inserted with those of all transactions that share it.

On SQLite each statement is a hop to the thread of the database and back, which costs several times what the
insert does. So what its own transaction does not read is not inserted row by row.
"""

from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from itcook.database.sql import insert_rows


class Inserts:
    """Rows by their tables, each table's in their order. Between tables there is no order to rely on: no row
    may refer to one that waits like it.
    """

    def __init__(self) -> None:
        self._models: dict[type[Model], list[Model]] = {}
        self._rows: dict[tuple[str, tuple[str, ...]], list[Sequence[object]]] = {}

    def add(self, row: Model) -> None:
        self._models.setdefault(type(row), []).append(row)

    def add_rows(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
        if rows:
            self._rows.setdefault((table, columns), []).extend(rows)

    def extend(self, others: "Inserts") -> None:
        """Add all that `others` has, behind what is here."""
        for model, rows in others._models.items():
            self._models.setdefault(model, []).extend(rows)
        for (table, columns), values in others._rows.items():
            self.add_rows(table, columns, values)

    async def write(self, connection: BaseDBAsyncClient) -> None:
        """Insert them, each table's in one statement; then none waits any more."""
        models, self._models = self._models, {}
        tables, self._rows = self._rows, {}
        for model, rows in models.items():
            await model.bulk_create(rows, using_db=connection)
        for (table, columns), values in tables.items():
            await insert_rows(connection, table, columns, values)
