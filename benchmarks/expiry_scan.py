"""The expiry scan: every kitchen's morning at once, and something to tell of everything in every fridge.

That is the worst there can be. The mornings after it are ordinary ones: some of the items have got to their
next stage. The scan runs in this process, and nothing beside it; `python -m benchmarks.expiry_scan` runs it
alone.
"""

import asyncio
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from tortoise.transactions import in_transaction

from benchmarks.figures import Benchmark, Figure
from itcook import models
from itcook.database import Database, Transaction, transactional
from itcook.fridge.expiry_scan import scan
from itcook.settings import Settings

KITCHENS = 10_000
ITEMS = 20  # of each kitchen
CHUNK = 200  # kitchens a transaction of the preparation
ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago")
NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
MAX_SECONDS = 30.0
MAX_TRANSACTION_MS = 200.0
MAX_MIB = 16.0  # of Python objects that the scan needs beside the rest, however many kitchens there are


class Watch:
    """How long each transaction is open, in milliseconds."""

    def __init__(self) -> None:
        self.transactions: list[float] = []

    @asynccontextmanager
    async def in_transaction(self) -> AsyncIterator[object]:
        """Tortoise's own, watched."""
        async with in_transaction() as connection:
            started = perf_counter()
            yield connection
            self.transactions.append((perf_counter() - started) * 1000)


async def _scan(directory: Path) -> list[Figure]:
    opened = Database(Settings(_env_file=None, database_url=f"sqlite:///{directory / 'itcook.sqlite3'}"))
    await opened.open()
    try:
        for _ in range(KITCHENS // CHUNK):
            await _prepare()
        return [
            *await _time("everything to tell", NOW),
            *await _time("an ordinary morning", NOW + timedelta(1)),
            *await _weigh("another one", NOW + timedelta(2)),
        ]
    finally:
        await opened.close()


async def _time(what: str, now: datetime) -> list[Figure]:
    watch, started = Watch(), perf_counter()
    with patch("itcook.database.units.in_transaction", watch.in_transaction):
        await _scan_all(now)
    return [
        Figure(f"{what}, all kitchens", perf_counter() - started, "s", MAX_SECONDS),
        Figure(f"{what}, longest transaction", max(watch.transactions), "ms", MAX_TRANSACTION_MS),
    ]


async def _weigh(what: str, now: datetime) -> list[Figure]:
    """Not while it is timed: it makes everything slower."""
    tracemalloc.start()
    try:
        await _scan_all(now)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return [Figure(f"{what}, memory at its most", peak / 2**20, "MiB", MAX_MIB)]


async def _scan_all(now: datetime) -> None:
    assert await scan(now) == KITCHENS, "every kitchen is due"


@transactional
async def _prepare(transaction: Transaction) -> None:
    """`CHUNK` kitchens that are due, each with one member and a full fridge."""
    kitchens = [_kitchen(ZONES[number % len(ZONES)]) for number in range(CHUNK)]
    people = [_person(number) for number in range(CHUNK)]
    connection = transaction.connection
    await models.User.bulk_create(people, using_db=connection)
    await models.Kitchen.bulk_create(kitchens, using_db=connection)
    await models.KitchenMember.bulk_create(map(_member, people, kitchens), using_db=connection)
    await models.FridgeItem.bulk_create(_items(kitchens), using_db=connection)


def _person(number: int) -> models.User:
    name = f"Person {number}"
    person = models.User(password_hash="none", first_name=name, last_name="Cook", created_at=NOW)
    person.email = f"{person.id}@example.com"
    return person


def _kitchen(time_zone: str) -> models.Kitchen:
    return models.Kitchen(name="Kitchen", time_zone=time_zone, expiring_days=3, scan_at=NOW, created_at=NOW)


def _member(person: models.User, kitchen: models.Kitchen) -> models.KitchenMember:
    return models.KitchenMember(kitchen_id=kitchen.id, user_id=person.id, role="owner", joined_at=NOW)


def _items(kitchens: Iterable[models.Kitchen]) -> Iterable[models.FridgeItem]:
    for kitchen in kitchens:
        for number in range(ITEMS):
            yield _item(kitchen, number, NOW.date() + timedelta(number % 5 - 2))


def _item(kitchen: models.Kitchen, number: int, expires_on: date) -> models.FridgeItem:
    return models.FridgeItem(
        kitchen_id=kitchen.id,
        name=f"Something {number}",
        quantity=Decimal(1),
        unit="piece",
        category="other",
        location="fridge",
        expires_on=expires_on,
        created_at=NOW,
        updated_at=NOW,
    )


BENCHMARKS = [
    Benchmark(f"Expiry scan of {KITCHENS:,} kitchens with {ITEMS} items on SQLite", _scan, once=True)
]


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        for figure in asyncio.run(_scan(Path(directory))):
            target = f" (at most {figure.target:g})" if figure.target else ""
            print(f"{figure.name}: {figure.value:.1f} {figure.unit}{target}")


if __name__ == "__main__":
    main()
