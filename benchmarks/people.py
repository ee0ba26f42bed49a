"""The people that connect: each has an account and a login session, as after a registration.

They are made once for all benchmarks, and each server gets a copy of the database: hashing a thousand
passwords takes a minute.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

from itcook import models
from itcook.auth.sessions import Device, open_session
from itcook.auth.signing import signing_key
from itcook.auth.tokens import Tokens
from itcook.database import Database, Transaction, transactional
from itcook.kitchens.homes import open_home
from itcook.settings import Settings

COUNT = 1_000
CHUNK = 100  # people a transaction
TOKEN_SECONDS = 86_400  # no benchmark outlives its tokens
SESSION_DAYS = 1
DATABASE = "itcook.sqlite3"


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    token: str


class People:
    """Everybody, and the database that they are in."""

    def __init__(self, directory: Path, everybody: list[Person]) -> None:
        self._directory = directory
        self.everybody = everybody

    def move_in(self, directory: Path) -> None:
        """Copy the database, and the secret of the tokens beside it, to `directory`."""
        for path in self._directory.glob(f"{DATABASE}*"):
            shutil.copy(path, directory)

    def first(self) -> Person:
        return self.everybody[0]

    def tokens(self, count: int) -> list[str]:
        """The tokens of `count` connections, as evenly spread over the people as can be."""
        return [person.token for person in islice(cycle(self.everybody), count)]


_prepared: list[People] = []


async def people() -> People:
    """Everybody; made when first asked for."""
    if not _prepared:
        _prepared.append(await _prepare())
    return _prepared[0]


async def _prepare() -> People:
    kept = tempfile.TemporaryDirectory()
    atexit.register(kept.cleanup)
    directory = Path(kept.name)
    settings = Settings(_env_file=None, database_url=f"sqlite:///{directory / DATABASE}")
    database = Database(settings)
    await database.open()
    try:
        tokens = Tokens(signing_key(settings), TOKEN_SECONDS)
        everybody = [person for start in range(0, COUNT, CHUNK) for person in await _register(start, tokens)]
    finally:
        await database.close()
    return People(directory, everybody)


@transactional
async def _register(transaction: Transaction, start: int, tokens: Tokens) -> list[Person]:
    return [await _person(transaction, number, tokens) for number in range(start, start + CHUNK)]


async def _person(transaction: Transaction, number: int, tokens: Tokens) -> Person:
    user = await models.User.create(
        using_db=transaction.connection,
        email=f"person{number}@example.com",
        password_hash="none",
        first_name=f"Person{number}",
        last_name="Cook",
        created_at=transaction.now,
    )
    await open_home(transaction, user)
    opened = await open_session.within(transaction, user, Device(), SESSION_DAYS)
    return Person(user.id, tokens.issue(user.id, opened.session.id, transaction.now))
