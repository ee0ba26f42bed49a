"""How PostgreSQL is reached: by the pool of all transactions, and by connections of their own."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from itcook.settings import Settings

DEFAULT_PORT = 5432


def credentials(settings: Settings) -> dict[str, Any]:
    """Where the database is and who asks, as asyncpg wants it."""
    parts = urlsplit(settings.database_url)
    sslmode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    return {
        "host": parts.hostname,
        "port": parts.port or DEFAULT_PORT,
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "database": unquote(parts.path.lstrip("/")) or None,
        "ssl": sslmode,
    }


def pool(settings: Settings) -> dict[str, Any]:
    """The pool, in which nothing waits for ever: neither for a server that is silent, nor for a lock that
    somebody holds who was frozen.
    """
    seconds = settings.database_timeout_seconds
    milliseconds = str(max(1, round(seconds * 1000)))
    return {
        **credentials(settings),
        "minsize": 0,  # asyncpg would log a traceback whenever it cannot keep more open
        "maxsize": settings.database_pool_size,
        "timeout": seconds,
        "command_timeout": seconds,
        "server_settings": {
            "application_name": "itcook",
            "lock_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
        },
    }


async def connect(settings: Settings) -> asyncpg.Connection:
    """A connection outside of the pool. Whoever has it closes it."""
    seconds = settings.database_timeout_seconds
    return await asyncpg.connect(
        **credentials(settings),
        timeout=seconds,
        command_timeout=seconds,
        server_settings={"application_name": "itcook listener"},
    )
