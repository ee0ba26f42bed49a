"""More logins of the same person."""

from quart.typing import TestClientProtocol as Client

from tests.support.people import PASSWORD, Person


async def another_login(client: Client, person: Person) -> Person:
    """The same person, signed in once more."""
    body = {"email": person.email, "password": PASSWORD}
    response = await client.post("/api/v1/auth/login", json=body)
    answer = await response.get_json()
    assert response.status_code == 200, answer
    return Person(person.id, person.name, person.email, answer["access_token"], answer["refresh_token"])


async def is_signed_in(client: Client, person: Person) -> bool:
    """Whether this login's access token is still good."""
    return (await client.get("/api/v1/auth/me", headers=person.headers)).status_code == 200
