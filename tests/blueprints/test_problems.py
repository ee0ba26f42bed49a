import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client
from structlog.testing import capture_logs
from tortoise.exceptions import OperationalError

from blueprints import health
from blueprints.guard import public
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.database import Transaction, transactional
from itcook.errors import FieldError, RateLimitedError, ValidationError
from itcook.settings import Settings

FAILURES: dict[str, Exception] = {
    "limited": RateLimitedError("slower", retry_after=7),
    "invalid": ValidationError("no such recipe", errors=(FieldError("/recipe_id", "no such recipe"),)),
    "locked": OperationalError("database is locked"),
    "gone": sqlite3.OperationalError("unable to open database file"),
    "defect": KeyError("secret-of-the-server"),
    "wrong table": OperationalError("no such column: secret-of-the-server"),
}


@pytest.fixture
async def client(settings: Settings, passwords: Passwords) -> AsyncIterator[Client]:
    """A client of an application whose views fail as asked."""
    app = create_app(settings, passwords)

    @app.get("/fail/<how>")
    @public
    async def fail(how: str) -> str:
        raise FAILURES[how]

    async with app.test_app():
        yield app.test_client()


async def test_a_problem_is_told_in_full(client: Client) -> None:
    """Status, stable code, detail, pointers; and never cached."""
    response = await client.get("/fail/invalid")
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert await response.get_json() == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "code": "validation_failed",
        "detail": "no such recipe",
        "errors": [{"pointer": "/recipe_id", "detail": "no such recipe"}],
    }


@pytest.mark.parametrize(
    ("how", "status", "seconds"), [("limited", 429, 7), ("locked", 503, 1), ("gone", 503, 2)]
)
async def test_what_passes_says_when_to_come_back(
    client: Client, how: str, status: int, seconds: int
) -> None:
    """A limit and a database that cannot serve now are the same to a client: wait, try again."""
    response = await client.get(f"/fail/{how}")
    assert (response.status_code, response.headers["Retry-After"]) == (status, str(seconds))


@pytest.mark.parametrize("how", ["defect", "wrong table"])
async def test_a_defect_is_recorded_once_and_not_told(client: Client, how: str) -> None:
    """The log has the traceback, the client has none of it."""
    with capture_logs() as logs:
        response = await client.get(f"/fail/{how}?ticket=secret-of-the-client")
    assert (response.status_code, (await response.get_json())["code"]) == (500, "internal_error")
    assert b"secret-of" not in await response.get_data()
    assert [entry["event"] for entry in logs] == ["request failed", "answered"]
    assert logs[0]["exc_info"] is FAILURES[how]
    assert "secret-of-the-client" not in str([{**logs[0], "exc_info": None}, logs[1]]), (
        "query strings stay out of logs"
    )


async def test_readiness_needs_the_database(app: Quart, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it does not answer the process lives and is not ready; afterwards it is again."""
    monkeypatch.setattr(health, "READY_SECONDS", 0.05)
    client = app.test_client()
    held, release = asyncio.Event(), asyncio.Event()

    @transactional
    async def occupy(transaction: Transaction) -> None:
        held.set()
        await release.wait()

    occupied = asyncio.create_task(occupy())
    await held.wait()
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/ready")).status_code == 503
    release.set()
    await occupied
    monkeypatch.undo()
    response = await client.get("/health/ready")
    assert (response.status_code, await response.get_json()) == (200, {"status": "ready"})


async def test_a_relay_that_is_late_is_told_of(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node stays ready: another one would relay no faster."""
    monkeypatch.setattr(health, "RELAY_SECONDS", -1)
    response = await client.get("/health/ready")
    assert (response.status_code, await response.get_json()) == (
        200,
        {"status": "ready", "degraded": ["relay"]},
    )
