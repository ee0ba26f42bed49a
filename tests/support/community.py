"""The community's people and events, for tests below HTTP."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from itcook.auth.principal import Principal
from itcook.models import StreamEntry, User


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as the outbox has it."""

    type: str
    channels: tuple[str, ...]
    data: dict[str, Any]


async def recorded() -> list[Recorded]:
    """Every event, in the order of recording."""
    found = []
    for entry in await StreamEntry.all().order_by("id"):
        body = json.loads("{" + entry.body)
        found.append(Recorded(body["type"], tuple(entry.channels.split(" ")), body["data"]))
    return found


async def last_recorded() -> Recorded:
    """The latest event."""
    return (await recorded())[-1]


async def count_recorded(name: str) -> int:
    """How many events there are of one type."""
    return sum(event.type == name for event in await recorded())


async def sign_up(name: str, role: str = "user") -> Principal:
    """Someone new, as the core knows them."""
    first_name, last_name = name.split(" ", 1)
    user = await User.create(
        email=f"{uuid4()}@example.com",
        password_hash="none",
        first_name=first_name,
        last_name=last_name,
        role=role,
        created_at=datetime.now(UTC),
    )
    return Principal(
        user_id=user.id, session_id=uuid4(), name=name, role=role, expires_at=datetime.max.replace(tzinfo=UTC)
    )


async def sign_up_many(count: int) -> list[Principal]:
    """Many people at once."""
    return [await sign_up(f"Person {number}") for number in range(count)]
