"""People to test with."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quart.typing import TestClientProtocol as Client

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone signed in. `headers` is what their requests carry."""

    id: UUID
    name: str
    email: str
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


def registration(name: str = "Ada Lovelace", **changes: Any) -> dict[str, Any]:
    """The body that registers someone with this first and last name."""
    first_name, last_name = name.split(" ", 1)
    return {
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "password": PASSWORD,
        "first_name": first_name,
        "last_name": last_name,
        **changes,
    }


async def register(client: Client, name: str = "Ada Lovelace") -> Person:
    """Register someone, through the front door."""
    response = await client.post("/api/v1/auth/register", json=registration(name))
    body = await response.get_json()
    assert response.status_code == 201, body
    return Person(
        id=UUID(body["user"]["id"]),
        name=name,
        email=body["user"]["email"],
        access_token=body["access_token"],
        refresh_token=body["refresh_token"],
    )
