from quart.typing import TestClientProtocol as Client

from tests.support.people import Person


async def test_whoever_registered_is_signed_in(client: Client, ada: Person) -> None:
    """The access token of the registration opens what is closed to others."""
    response = await client.get("/api/v1/auth/me", headers=ada.headers)
    assert response.status_code == 200
    assert (await response.get_json())["email"] == ada.email
    assert (await client.get("/api/v1/auth/me")).status_code == 401
