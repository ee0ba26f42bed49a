"""What every test may ask for. Each gets a database, a server and people of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from quart import Quart
from quart.typing import TestClientProtocol as Client
from tortoise.backends.base.executor import EXECUTOR_CACHE

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.database import migrate
from itcook.services import Services
from itcook.settings import Settings
from tests.support import contract, survival
from tests.support.certificates import Certificate, make_certificate
from tests.support.people import Person, register
from tests.support.postgres import SECRET, Cluster, cluster
from tests.support.rest import CheckedClient

# Files of these take long: they start servers and browsers. They begin first, so that in the end no process
# is at one of them alone.
LONG = (
    "chaos",
    "soak",
    "e2e",
    "hostile",
    "openapi",
    "contract",
    "benchmarks",
    "test_guides",
    "test_readme",
    "test_tutorial",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_order)


def _order(item: pytest.Item) -> int:
    within = item.path.relative_to(Path(__file__).parent).parts
    scope = within[0].removesuffix(".py")
    return LONG.index(scope) if scope in LONG else len(LONG)


def pytest_itemcollected(item: pytest.Item) -> None:
    contract.pytest_itemcollected(item)
    survival.itemcollected(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    contract.pytest_terminal_summary(terminalreporter)
    survival.terminal_summary(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def documented_answers() -> Iterator[None]:
    """Hold what any application answers its client against the OpenAPI document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Quart, "test_client_class", CheckedClient)
        yield


@pytest.fixture(scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all migrations and nothing else: to copy, as migrating takes most of a second."""
    path = tmp_path_factory.mktemp("migrated") / "itcook.sqlite3"
    await migrate(Settings(_env_file=None, database_url=f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server, started for the first test that asks for it."""
    with cluster() as started:
        yield started


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of the servers that speak TLS."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def backend() -> str:
    """The database's kind. Where both matter, `tests.support.core.backend` stands in its place."""
    return "sqlite"


@pytest.fixture
async def database_url(
    backend: str, tmp_path: Path, migrated: Path, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """The URL of an empty database of this test's own, up to date."""
    EXECUTOR_CACHE.clear()  # Tortoise keeps finished SQL by table, and not by the kind of the database
    if backend == "sqlite":
        path = tmp_path / "itcook.sqlite3"
        shutil.copy(migrated, path)
        yield f"sqlite:///{path}"
    else:
        server: Cluster = request.getfixturevalue("postgresql")
        async with server.database() as url:
            yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A server with a database of its own, untouched by the environment."""
    return Settings(
        _env_file=None,
        bind="127.0.0.1:0",
        database_url=database_url,
        secret=None if database_url.startswith("sqlite:") else SecretStr(SECRET),
        drain_seconds=0.5,
        rate_limits="off",  # everyone here has one address, and nobody the patience of people
    )


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Hashing as in production, at the least cost that argon2 allows."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def app(settings: Settings, passwords: Passwords) -> AsyncIterator[Quart]:
    """The application, started."""
    app = create_app(settings, passwords)
    async with app.test_app():
        yield app


@pytest.fixture
def services(app: Quart) -> Services:
    """What the started application consists of."""
    running: Services = app.extensions["itcook"]
    return running


@pytest.fixture
def client(app: Quart) -> Client:
    """A client of the started application."""
    return app.test_client()


@pytest.fixture
async def ada(client: Client) -> Person:
    """Someone signed in."""
    return await register(client, "Ada Lovelace")


@pytest.fixture
async def grace(client: Client) -> Person:
    """Someone else signed in."""
    return await register(client, "Grace Hopper")
