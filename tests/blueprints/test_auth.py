import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from quart import Quart
from quart.typing import TestClientProtocol as Client

from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.clock import utc_now
from itcook.models import LoginSession, User
from itcook.services import Services
from itcook.settings import Settings
from tests.support.people import PASSWORD, Person, register, registration

AUTH = "/api/v1/auth"


async def post(client: Client, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = await client.post(AUTH + path, json=body)
    return response.status_code, await response.get_json()


def credentials(person: Person, **changes: str) -> dict[str, str]:
    return {"email": person.email, "password": PASSWORD, **changes}


async def test_registering_signs_in(client: Client) -> None:
    """The answer has the tokens and the account, its address in one spelling, and is never cached."""
    body = registration("Ada Lovelace", email="Ada@Example.com", time_zone="Europe/London", language="en-GB")
    response = await client.post(f"{AUTH}/register", json=body)
    answer = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert set(answer) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    user = answer["user"]
    assert UUID(user.pop("id")).version == 7
    assert datetime.fromisoformat(user.pop("created_at")).tzinfo == UTC
    assert user == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "name": "Ada Lovelace",
        "role": "user",
        "time_zone": "Europe/London",
        "language": "en-GB",
    }


async def test_me_is_whoever_asks(client: Client, ada: Person, grace: Person) -> None:
    """Each access token leads to its own account, and none to nobody's."""
    for person in (ada, grace):
        response = await client.get(f"{AUTH}/me", headers=person.headers)
        assert (await response.get_json())["email"] == person.email
    assert (await client.get(f"{AUTH}/me")).status_code == 401


async def test_an_address_has_one_account(client: Client, ada: Person) -> None:
    """However it is spelled."""
    status, answer = await post(client, "/register", registration(email=ada.email.upper()))
    assert (status, answer["code"]) == (409, "email_taken")


async def test_raced_registrations_create_one_account(client: Client) -> None:
    """Twenty at once: one is signed in, the others are told that the address is taken."""
    answers = await asyncio.gather(*(post(client, "/register", registration()) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [201] + [409] * 19
    assert await User.all().count() == 1
    assert await LoginSession.all().count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("password", "too short"),
        ("password", "x" * 129),
        ("first_name", " "),
        ("last_name", "a\nb"),
        ("time_zone", "Mars"),
        ("language", "*"),
        ("id", "01a209bd-88a1-73ef-8b79-a2df3c3ac31f"),
        ("role", "admin"),
        ("is_admin", True),
    ],
)
async def test_a_registration_says_what_is_wrong(client: Client, field: str, value: Any) -> None:
    """422 with a pointer at the field, whether it is wrong or none of the caller's business."""
    status, answer = await post(client, "/register", registration(**{field: value}))
    assert (status, answer["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer["errors"]] == [f"/{field}"]
    assert not await User.exists()


async def test_login_opens_another_session(client: Client, ada: Person) -> None:
    """Both go on side by side, and the device is remembered."""
    response = await client.post(f"{AUTH}/login", json=credentials(ada), headers={"User-Agent": "curl/8"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert (await response.get_json())["user"]["id"] == str(ada.id)
    sessions = await LoginSession.filter(user_id=ada.id).order_by("id")
    assert [session.user_agent for session in sessions][1:] == ["curl/8"]
    assert (await client.get(f"{AUTH}/me", headers=ada.headers)).status_code == 200


async def test_login_does_not_tell_who_has_an_account(client: Client, ada: Person) -> None:
    """A wrong password and an address nobody has get the very same answer."""
    wrong = await post(client, "/login", credentials(ada, password="another password"))
    unknown = await post(client, "/login", credentials(ada, email="nobody@example.com"))
    assert wrong == unknown
    assert (wrong[0], wrong[1]["code"]) == (401, "invalid_credentials")


class CountingHasher(PasswordHasher):
    """Hashes as its base does, and counts."""

    verified = 0
    hashed = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashed += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 # its base calls it so
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
async def counted(settings: Settings, hasher: CountingHasher) -> AsyncIterator[Client]:
    app = create_app(settings, Passwords(hasher))
    async with app.test_app():
        yield app.test_client()


async def test_login_takes_as_long_for_nobody(counted: Client, hasher: CountingHasher) -> None:
    """The costly part is done exactly once, also where there is nothing to compare with."""
    ada = await register(counted)
    for email in (ada.email, "nobody@example.com"):
        before = hasher.verified
        await post(counted, "/login", credentials(ada, email=email, password="another password"))
        assert hasher.verified == before + 1


async def test_registering_takes_as_long_for_a_taken_address(counted: Client, hasher: CountingHasher) -> None:
    """The answer tells; what it costs does not tell before the answer, or to whoever is refused it."""
    await register(counted)
    for body, status in ((registration(), 409), (registration("Grace Hopper"), 201)):
        before = hasher.hashed, hasher.verified
        assert (await post(counted, "/register", body))[0] == status
        assert (hasher.hashed, hasher.verified) == (before[0] + 1, before[1])


@pytest.mark.parametrize(
    "password",
    ["1q2w3e4r5t", "1Q2W3E4R5T", "\uff11q2w3e4r5t", "Ada Lovelace", "lovelaceada", "ada@lovelace.example"],
)
async def test_what_everybody_tries_first_is_no_password(client: Client, password: str) -> None:
    """What was found in breaches, and one's own name and address, however they are written."""
    body = registration(password=password, email="ada@lovelace.example")
    status, answer = await post(client, "/register", body)
    assert (status, answer["code"]) == (422, "weak_password")
    assert [error["pointer"] for error in answer["errors"]] == ["/password"]
    assert not await User.exists()


async def test_login_renews_an_outdated_hash(client: Client, ada: Person, services: Services) -> None:
    """The password goes on working, under today's parameters."""
    weaker = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    await User.filter(id=ada.id).update(password_hash=weaker)
    assert (await post(client, "/login", credentials(ada)))[0] == 200
    assert (await User.get(id=ada.id)).password_hash != weaker
    assert (await post(client, "/login", credentials(ada)))[0] == 200


async def test_a_disabled_account_is_closed(client: Client, ada: Person) -> None:
    """Its access token stops working at once; its owner learns why, and nobody else."""
    await User.filter(id=ada.id).update(disabled_at=utc_now())
    response = await client.get(f"{AUTH}/me", headers=ada.headers)
    assert (response.status_code, (await response.get_json())["code"]) == (401, "session_ended")
    assert (await post(client, "/login", credentials(ada)))[1]["code"] == "account_disabled"
    status, answer = await post(client, "/login", credentials(ada, password="another password"))
    assert (status, answer["code"]) == (401, "invalid_credentials")


async def test_refreshing_gets_the_next_pair(client: Client, ada: Person) -> None:
    """Both new tokens work."""
    status, answer = await post(client, "/refresh", {"refresh_token": ada.refresh_token})
    assert status == 200
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await client.get(f"{AUTH}/me", headers=headers)).status_code == 200
    assert (await post(client, "/refresh", {"refresh_token": answer["refresh_token"]}))[0] == 200


async def test_a_stolen_refresh_token_ends_the_session(client: Client, ada: Person) -> None:
    """After its second use, neither access nor refresh tokens of the session work."""
    _, answer = await post(client, "/refresh", {"refresh_token": ada.refresh_token})
    status, refusal = await post(client, "/refresh", {"refresh_token": ada.refresh_token})
    assert (status, refusal["code"]) == (401, "invalid_refresh_token")
    assert (await post(client, "/refresh", {"refresh_token": answer["refresh_token"]}))[0] == 401
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await client.get(f"{AUTH}/me", headers=headers)).status_code == 401


async def test_raced_refreshes_give_one_pair(client: Client, ada: Person) -> None:
    """A token that two requests carry at once is a token that two have: one pair, and the session ends."""
    body = {"refresh_token": ada.refresh_token}
    answers = await asyncio.gather(*(post(client, "/refresh", body) for _ in range(2)))
    assert sorted(status for status, _ in answers) == [200, 401]
    assert (await client.get(f"{AUTH}/me", headers=ada.headers)).status_code == 401


@pytest.mark.parametrize("token", ["x", "é" * 100, "' OR 1=1 --", "%"])
async def test_an_unknown_refresh_token_is_refused(client: Client, ada: Person, token: str) -> None:
    """And ends nobody's session."""
    assert (await post(client, "/refresh", {"refresh_token": token}))[0] == 401
    assert (await client.get(f"{AUTH}/me", headers=ada.headers)).status_code == 200


async def test_an_access_token_refreshes_nothing(client: Client, ada: Person) -> None:
    """Nor does a refresh token open anything: each kind is good for one thing."""
    assert (await post(client, "/refresh", {"refresh_token": ada.access_token}))[0] in {401, 422}
    headers = {"Authorization": f"Bearer {ada.refresh_token}"}
    assert (await client.get(f"{AUTH}/me", headers=headers)).status_code == 401


async def test_logout_ends_this_session_only(client: Client, ada: Person) -> None:
    """Its tokens stop working at once; the other device stays signed in."""
    _, other = await post(client, "/login", credentials(ada))
    response = await client.post(f"{AUTH}/logout", headers=ada.headers)
    assert (response.status_code, await response.get_data()) == (204, b"")
    assert (await client.get(f"{AUTH}/me", headers=ada.headers)).status_code == 401
    assert (await post(client, "/refresh", {"refresh_token": ada.refresh_token}))[0] == 401
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await client.get(f"{AUTH}/me", headers=headers)).status_code == 200


async def test_an_expired_session_opens_nothing(client: Client, ada: Person) -> None:
    """Even while the access token is valid."""
    await LoginSession.filter(user_id=ada.id).update(expires_at=utc_now())
    assert (await client.get(f"{AUTH}/me", headers=ada.headers)).status_code == 401


async def test_a_token_for_another_persons_session_is_refused(
    client: Client, ada: Person, grace: Person, services: Services
) -> None:
    """Subject and session must belong together."""
    session = await LoginSession.get(user_id=grace.id)
    token = services.tokens.issue(ada.id, session.id, utc_now())
    response = await client.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


async def test_an_expired_token_says_that_refreshing_helps(
    client: Client, ada: Person, services: Services
) -> None:
    """A code of its own, and the challenge that HTTP asks for."""
    session = await LoginSession.get(user_id=ada.id)
    token = services.tokens.issue(ada.id, session.id, utc_now() - timedelta(hours=1))
    response = await client.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, (await response.get_json())["code"]) == (401, "token_expired")
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_tokens_survive_a_restart(settings: Settings, passwords: Passwords) -> None:
    """The embedded secret is kept, so nobody is signed out by a deployment."""

    async def started() -> Quart:
        return create_app(settings, passwords)

    async with (await started()).test_app() as first:
        ada = await register(first.test_client())
    async with (await started()).test_app() as second:
        response = await second.test_client().get(f"{AUTH}/me", headers=ada.headers)
        assert response.status_code == 200
