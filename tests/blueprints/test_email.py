"""Another e-mail address: for whoever knows the password; nobody learns of others' addresses by the way."""

import asyncio
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.quotas.policies import CONFIRM
from itcook.settings import Settings
from tests.support.logins import another_login, is_signed_in
from tests.support.people import PASSWORD, Person, register

NEW = "ada@lovelace.example"


async def change(
    client: Client, person: Person, email: str, password: str = PASSWORD
) -> tuple[int, dict[str, Any]]:
    body = {"current_password": password, "email": email}
    response = await client.put("/api/v1/auth/email", headers=person.headers, json=body)
    return response.status_code, await response.get_json()


async def logged_in(client: Client, email: str) -> int:
    body = {"email": email, "password": PASSWORD}
    return int((await client.post("/api/v1/auth/login", json=body)).status_code)


async def test_another_address_signs_everyone_else_out(client: Client, ada: Person) -> None:
    """The login that changed it goes on; one signs in with the new address and no longer with the old one."""
    other = await another_login(client, ada)
    status, account = await change(client, ada, "ADA@Lovelace.example")
    assert (status, account["email"]) == (200, NEW)
    assert [await is_signed_in(client, person) for person in (ada, other)] == [True, False]
    assert [await logged_in(client, email) for email in (ada.email, NEW)] == [401, 200]
    assert (await client.get("/api/v1/auth/me", headers=ada.headers)).status_code == 200


async def test_it_is_changed_by_whoever_knows_the_password(
    client: Client, ada: Person, grace: Person
) -> None:
    """For others an address that is taken looks like one that is not."""
    for email in (grace.email, NEW):
        status, problem = await change(client, ada, email, "not the password")
        assert (status, problem["code"]) == (403, "wrong_password")
    assert await logged_in(client, ada.email) == 200


async def test_an_address_has_one_account(client: Client, ada: Person, grace: Person) -> None:
    """409 for one that is taken, and nothing happens; one's own is no news."""
    other = await another_login(client, ada)
    status, problem = await change(client, ada, grace.email)
    assert (status, problem["code"]) == (409, "email_taken")
    assert (await change(client, ada, ada.email))[0] == 200
    assert await is_signed_in(client, other)


async def test_two_cannot_take_the_same_address(client: Client, ada: Person, grace: Person) -> None:
    """Of two at once one gets it."""
    answers = await asyncio.gather(change(client, ada, NEW), change(client, grace, NEW))
    assert sorted(status for status, _ in answers) == [200, 409]


@pytest.mark.parametrize("email", ["nobody", "a@b", f"{'a' * 250}@example.com"])
async def test_what_is_no_address_is_refused(client: Client, ada: Person, email: str) -> None:
    """By the same rules as at the registration."""
    status, problem = await change(client, ada, email)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/email"])


async def test_confirmations_share_a_quota(settings: Settings, passwords: Passwords) -> None:
    """Whatever they confirm: else a thief would have three times as many guesses."""
    app = create_app(settings.model_copy(update={"rate_limits": "on"}), passwords)
    async with app.test_app():
        client = app.test_client()
        ada = await register(client)
        for _ in range(CONFIRM.quota):
            assert (await change(client, ada, NEW, "not the password"))[0] == 403
        assert (await change(client, ada, NEW))[0] == 429
        body = {"current_password": PASSWORD}
        deleted = await client.post("/api/v1/auth/deletion", headers=ada.headers, json=body)
        assert deleted.status_code == 429
