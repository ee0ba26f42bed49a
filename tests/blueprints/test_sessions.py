import asyncio
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from quart.typing import TestClientProtocol as Client

from itcook.app import create_app
from itcook.auth import cookies
from itcook.auth.passwords import Passwords
from itcook.auth.sessions import revoke_person
from itcook.errors import UnavailableError
from itcook.models import LoginSession, User
from itcook.quotas.policies import CONFIRM
from itcook.settings import Settings
from tests.support.http import send
from tests.support.logins import another_login, is_signed_in
from tests.support.people import PASSWORD, Person, register

SESSIONS = "/api/v1/auth/sessions"
LOGIN = "/api/v1/auth/login"
PASSWORDS = "/api/v1/auth/password"
ANOTHER = "another horse battery"


async def listed(client: Client, person: Person) -> list[dict[str, Any]]:
    response = await client.get(SESSIONS, headers=person.headers)
    assert response.status_code == 200
    data: list[dict[str, Any]] = (await response.get_json())["data"]
    return data


async def change(client: Client, person: Person, current: str, new: str) -> tuple[int, str | None]:
    body = {"current_password": current, "new_password": new}
    response = await client.put(PASSWORDS, headers=person.headers, json=body)
    return response.status_code, (await response.get_json() or {}).get("code")


async def test_a_person_sees_where_they_are_signed_in(client: Client, ada: Person, grace: Person) -> None:
    """Their own logins, the latest first, with the device, and which one asks."""
    second = await another_login(client, ada)
    first_seen, second_seen = await listed(client, ada), await listed(client, second)
    assert [login["current"] for login in first_seen] == [False, True]
    assert [login["current"] for login in second_seen] == [True, False]
    assert set(first_seen[0]) == {
        "id",
        "user_agent",
        "address",
        "created_at",
        "last_seen_at",
        "expires_at",
        "current",
    }
    assert len(await listed(client, grace)) == 1


async def test_the_list_has_pages(client: Client, ada: Person) -> None:
    """As all lists."""
    await another_login(client, ada)
    response = await client.get(f"{SESSIONS}?limit=1", headers=ada.headers)
    page = await response.get_json()
    assert (len(page["data"]), page["has_more"]) == (1, True)
    response = await client.get(f"{SESSIONS}?before={page['next_before']}", headers=ada.headers)
    assert [login["current"] for login in (await response.get_json())["data"]] == [True]


async def test_one_login_is_ended(client: Client, ada: Person) -> None:
    """The other device is signed out and no longer listed; again it is 404."""
    other = await another_login(client, ada)
    [theirs] = [login["id"] for login in await listed(client, ada) if not login["current"]]
    assert (await client.delete(f"{SESSIONS}/{theirs}", headers=ada.headers)).status_code == 204
    assert not await is_signed_in(client, other)
    assert [login["current"] for login in await listed(client, ada)] == [True]
    assert (await client.delete(f"{SESSIONS}/{theirs}", headers=ada.headers)).status_code == 404


async def test_nobody_ends_anothers_login(client: Client, ada: Person, grace: Person) -> None:
    """404, as if it did not exist."""
    [theirs] = await listed(client, grace)
    assert (await client.delete(f"{SESSIONS}/{theirs['id']}", headers=ada.headers)).status_code == 404
    assert await is_signed_in(client, grace)


@pytest.mark.parametrize(("query", "stays"), [("?others=true", True), ("?others=false", False), ("", False)])
async def test_all_logins_are_ended(
    client: Client, ada: Person, grace: Person, query: str, stays: bool
) -> None:
    """With `others` all but the one that asks; and of nobody else."""
    others = [await another_login(client, ada) for _ in range(2)]
    assert (await client.delete(SESSIONS + query, headers=ada.headers)).status_code == 204
    assert [await is_signed_in(client, other) for other in others] == [False, False]
    assert await is_signed_in(client, ada) == stays
    assert await is_signed_in(client, grace)


async def test_a_new_password_signs_everyone_else_out(client: Client, ada: Person) -> None:
    """The login that changed it goes on; the old password is worth nothing, the new one is."""
    other = await another_login(client, ada)
    assert await change(client, ada, PASSWORD, ANOTHER) == (200, None)
    assert await is_signed_in(client, ada)
    assert not await is_signed_in(client, other)
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": other.refresh_token})
    assert refreshed.status_code == 401
    for password, status in ((PASSWORD, 401), (ANOTHER, 200)):
        body = {"email": ada.email, "password": password}
        assert (await client.post("/api/v1/auth/login", json=body)).status_code == status


async def test_a_new_password_renews_the_login_that_chose_it(client: Client, ada: Person) -> None:
    """Its answer has the tokens to go on with; the refresh token and the tickets from before are worth
    nothing, and a refresh token that comes from a thief now ends nothing.
    """
    ticket = await client.post("/api/v1/realtime/tickets", headers=ada.headers)
    body = {"current_password": PASSWORD, "new_password": ANOTHER}
    answer = await (await client.put(PASSWORDS, headers=ada.headers, json=body)).get_json()
    opened = await client.get(f"/api/v1/realtime/sse?ticket={(await ticket.get_json())['ticket']}")
    assert (opened.status_code, (await opened.get_json())["code"]) == (401, "invalid_ticket")
    refresh = "/api/v1/auth/refresh"
    assert (await client.post(refresh, json={"refresh_token": ada.refresh_token})).status_code == 401
    assert (await client.post(refresh, json={"refresh_token": answer["refresh_token"]})).status_code == 200
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await client.get(SESSIONS, headers=headers)).status_code == 200


async def test_a_new_password_and_its_cookie_are_one_transaction(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the cookie cannot be replaced, the password is the old one: nobody has the one without the other."""
    body = {"email": ada.email, "password": PASSWORD, "cookie": True}
    headers = {"Origin": "http://localhost"}
    signed_in = await client.post(LOGIN, json=body, headers=headers)
    headers["X-CSRF-Token"] = (await signed_in.get_json())["csrf_token"]

    async def fail(*args: object) -> None:
        raise UnavailableError("the disk is full", retry_after=1)

    monkeypatch.setattr(cookies.issue, "within", fail)
    change_body = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert (await client.put(PASSWORDS, json=change_body, headers=headers)).status_code == 503
    monkeypatch.undo()
    assert (await client.put(PASSWORDS, json=change_body, headers=headers)).status_code == 204


async def test_a_password_is_changed_by_whoever_knows_it(client: Client, ada: Person) -> None:
    """403 for a wrong one, which is no 401: the token is good, and refreshing would not help."""
    other = await another_login(client, ada)
    assert await change(client, ada, "not the password", ANOTHER) == (403, "wrong_password")
    assert await is_signed_in(client, other)


@pytest.mark.parametrize("new", ["too short", "x" * 129])
async def test_a_bad_new_password_is_refused(client: Client, ada: Person, new: str) -> None:
    """By the same rules as at the registration."""
    assert await change(client, ada, PASSWORD, new) == (422, "validation_failed")
    assert await change(client, ada, PASSWORD, "QwertyUiop") == (422, "weak_password")
    assert await change(client, ada, PASSWORD, ada.email.title()) == (422, "weak_password")


async def test_of_two_changes_at_once_one_holds(client: Client, ada: Person) -> None:
    """The other one is told that its current password is none, and no login is left of neither."""
    other = await another_login(client, ada)
    answers = await asyncio.gather(
        change(client, ada, PASSWORD, f"{ANOTHER} one"), change(client, other, PASSWORD, f"{ANOTHER} two")
    )
    assert sum(status == 200 for status, _ in answers) == 1
    assert [await is_signed_in(client, person) for person in (ada, other)].count(True) == 1


class Slow(Passwords):
    """Passwords that somebody changes, once, just after one was verified."""

    changed: User | None = None

    async def verify(self, password_hash: str | None, password: str) -> bool:
        matches = await super().verify(password_hash, password)
        if self.changed is not None:
            user, self.changed = self.changed, None
            await User.filter(id=user.id).update(password_hash=await self.hash(ANOTHER))
            await revoke_person(user.id)
        return matches


async def test_a_login_with_the_old_password_is_not_left_over(settings: Settings) -> None:
    """A password that changes between its check and the session opens none: it would outlive the change."""
    passwords = Slow(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app = create_app(settings, passwords)
    async with app.test_app():
        client = app.test_client()
        ada = await register(client)
        passwords.changed = await User.get(id=ada.id)
        response = await client.post(LOGIN, json={"email": ada.email, "password": PASSWORD})
        assert response.status_code == 401
        assert not await LoginSession.filter(user_id=ada.id, revoked_at=None).exists()


async def test_guessing_the_current_password_is_limited(settings: Settings, passwords: Passwords) -> None:
    """By login: a stolen token is no way around the quota of signing in, and its thief keeps nobody out."""
    app = create_app(settings.model_copy(update={"rate_limits": "on"}), passwords)
    async with app.test_app():
        client = app.test_client()
        ada = await register(client)
        other = await another_login(client, ada)
        for _ in range(CONFIRM.quota):
            assert (await change(client, ada, "not the password", ANOTHER))[0] == 403
        assert (await change(client, ada, PASSWORD, ANOTHER))[0] == 429
        assert (await change(client, other, PASSWORD, ANOTHER))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{SESSIONS}?limit=0"),
        ("GET", f"{SESSIONS}?others=true"),
        ("DELETE", f"{SESSIONS}?others=maybe"),
        ("DELETE", f"{SESSIONS}?other=true"),
    ],
)
async def test_what_is_misspelt_ends_nothing(client: Client, ada: Person, method: str, path: str) -> None:
    """422: without its `others` a request would sign out whoever sent it."""
    assert (await send(client, method, path, headers=ada.headers)).status_code == 422
    assert await is_signed_in(client, ada)


async def test_an_id_that_is_none_is_404(client: Client, ada: Person) -> None:
    """As every address."""
    for one in (UUID(int=0), "x"):
        assert (await client.delete(f"{SESSIONS}/{one}", headers=ada.headers)).status_code == 404
