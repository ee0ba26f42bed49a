"""What SQLite is asked, statement by statement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from tortoise import connections


@asynccontextmanager
async def traced() -> AsyncIterator[list[str]]:
    """The statements that the open database runs inside the block, with their values."""
    client = connections.get("default")
    await client.execute_query("SELECT 1")  # it connects at its first statement
    connection = cast("Any", client)._connection  # aiosqlite's
    statements: list[str] = []
    await connection.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        await connection.set_trace_callback(None)
