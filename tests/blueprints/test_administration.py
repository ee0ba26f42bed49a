from uuid import UUID

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.models import User
from tests.support.http import send
from tests.support.logins import another_login, is_signed_in
from tests.support.people import PASSWORD, Person, register

ADMIN = "/api/v1/admin"


@pytest.fixture
async def alan(client: Client) -> Person:
    """An administrator."""
    alan = await register(client, "Alan Turing")
    await User.filter(id=alan.id).update(role="admin")
    return alan


async def ask(client: Client, person: Person, method: str, path: str) -> tuple[int, str | None]:
    response = await send(client, method, ADMIN + path, headers=person.headers)
    return response.status_code, (await response.get_json() or {}).get("code")


EVERYTHING = [
    ("DELETE", "/users/{}/sessions"),
    ("PUT", "/users/{}/disabled"),
    ("DELETE", "/users/{}/disabled"),
    ("DELETE", "/connections/{}"),
]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_only_administrators_may(
    client: Client, ada: Person, grace: Person, method: str, path: str
) -> None:
    """403, also to oneself, and nothing happens."""
    for whom in (ada, grace):
        assert await ask(client, ada, method, path.format(whom.id)) == (403, "admin_only")
    assert await is_signed_in(client, grace)


@pytest.mark.parametrize(("method", "path"), EVERYTHING[:3])
async def test_nobody_is_not_found(client: Client, alan: Person, method: str, path: str) -> None:
    """404 for a person who does not exist."""
    assert await ask(client, alan, method, path.format(UUID(int=0))) == (404, "not_found")


async def test_a_person_is_signed_out(client: Client, alan: Person, ada: Person, grace: Person) -> None:
    """Everywhere, and may sign in again."""
    other = await another_login(client, ada)
    assert await ask(client, alan, "DELETE", f"/users/{ada.id}/sessions") == (204, None)
    assert [await is_signed_in(client, person) for person in (ada, other, grace)] == [False, False, True]
    assert await is_signed_in(client, await another_login(client, ada))


async def test_an_account_is_closed_and_opened(client: Client, alan: Person, ada: Person) -> None:
    """Closed, its tokens are worth nothing and its person cannot sign in; opened, they sign in anew."""
    body = {"email": ada.email, "password": PASSWORD}
    for _ in range(2):
        assert await ask(client, alan, "PUT", f"/users/{ada.id}/disabled") == (204, None)
    assert not await is_signed_in(client, ada)
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 403
    refresh = {"refresh_token": ada.refresh_token}
    assert (await client.post("/api/v1/auth/refresh", json=refresh)).status_code == 401
    for _ in range(2):
        assert await ask(client, alan, "DELETE", f"/users/{ada.id}/disabled") == (204, None)
    assert not await is_signed_in(client, ada)
    assert (await client.post("/api/v1/auth/refresh", json=refresh)).status_code == 401
    assert await is_signed_in(client, await another_login(client, ada))


async def test_nobody_closes_their_own_account(client: Client, alan: Person) -> None:
    """The last administrator would lock everyone out."""
    assert await ask(client, alan, "PUT", f"/users/{alan.id}/disabled") == (409, "own_account")
    assert await is_signed_in(client, alan)


async def test_a_connection_is_named_by_an_id(client: Client, alan: Person) -> None:
    """One that no node has is 204, as no node knows the others'; what cannot be an id is 404."""
    assert await ask(client, alan, "DELETE", "/connections/nobody") == (204, None)
    assert await ask(client, alan, "DELETE", f"/connections/{'x' * 65}") == (404, "not_found")
