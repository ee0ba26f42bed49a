"""Requests and handshakes are counted, each by its kind, and refused past the quota."""

import asyncio
import hashlib
import re
from functools import partial
from typing import Any, cast

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client
from websockets.exceptions import InvalidStatus

from blueprints.quotas import ENDPOINTS, UNLIMITED
from itcook.app import create_app
from itcook.auth.passwords import Passwords
from itcook.quotas import quotas
from itcook.quotas.memory import BoundedMemory
from itcook.quotas.policies import (
    ANONYMOUS,
    EMAIL_TAKEN,
    HANDSHAKE,
    LOGIN,
    LOGIN_ACCOUNT_DAY,
    LOGIN_EVERYWHERE,
    READ,
    REFRESH,
    REGISTER,
    WRITE,
    Policy,
)
from itcook.quotas.quotas import key_of_address
from itcook.services import Services
from itcook.settings import Settings
from tests.support.people import Person, register, registration
from tests.support.servers import exchange, serving
from tests.support.stream import NOON
from tests.support.streams import WebSocketStream

HERE = key_of_address("<local>")  # what Quart's test client calls from
FIELD = re.compile(r'"([a-z-]+)";r=(\d+);t=(\d+)')


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quotas' time does not pass: what is used up stays so, however slow this machine is."""
    monkeypatch.setattr(quotas, "BoundedMemory", partial(BoundedMemory, clock=lambda: NOON.timestamp()))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A server that limits, as it does by default."""
    return settings.model_copy(update={"rate_limits": "on", "allowed_origins": ("https://app.example",)})


async def use_up(services: Services, policy: Policy, key: str) -> None:
    """Leave nothing of a quota."""
    assert services.quotas is not None
    while (await services.quotas.spend(policy, key)).granted:
        pass


async def test_answers_say_what_is_left(client: Client, ada: Person) -> None:
    """Both fields, in the draft's form, on a success and on a failure; reads and writes apart."""
    for method, path, status, policy in (
        ("get", "/api/v1/auth/me", 200, READ),
        ("get", "/api/v1/community/posts/0", 404, ANONYMOUS),
        ("head", "/api/v1/auth/me", 200, READ),
        ("post", "/api/v1/community/posts", 415, WRITE),
    ):
        response = await getattr(client, method)(path, headers=ada.headers)
        assert response.status_code == status
        expected = f'"{policy.name}";q={policy.quota};w={policy.window}'
        assert response.headers["RateLimit-Policy"] == expected
        match = FIELD.fullmatch(response.headers["RateLimit"])
        assert match
        assert match[1] == policy.name
        assert 0 <= int(match[2]) < policy.quota
        assert 1 <= int(match[3]) <= policy.window


async def test_past_the_quota_there_is_a_problem(client: Client, services: Services, ada: Person) -> None:
    """429 `rate_limited` with Retry-After and nothing left; writes and other people go on."""
    grace = await register(client, "Grace Hopper")
    await use_up(services, READ, str(ada.id))
    refused = await client.get("/api/v1/auth/me", headers=ada.headers)
    assert refused.status_code == 429
    assert (await refused.get_json())["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= READ.window
    assert refused.headers["RateLimit"].startswith('"read";r=0;')
    assert (await client.get("/api/v1/auth/me", headers=grace.headers)).status_code == 200
    posted = await client.post("/api/v1/community/posts", headers=ada.headers, json={"content": "soup"})
    assert posted.status_code == 201


async def test_a_page_of_another_origin_can_read_a_refusal(
    client: Client, services: Services, ada: Person
) -> None:
    """The answer carries what CORS asks for, and the fields may be read."""
    await use_up(services, READ, str(ada.id))
    headers = {**ada.headers, "Origin": "https://app.example"}
    refused = await client.get("/api/v1/auth/me", headers=headers)
    assert refused.status_code == 429
    assert refused.headers["Access-Control-Allow-Origin"] == "https://app.example"
    exposed = set(re.split(", ?", refused.headers["Access-Control-Expose-Headers"].lower()))
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= exposed


async def test_preflights_and_health_checks_are_never_limited(client: Client, services: Services) -> None:
    """Also where everything is used up, and they use up nothing."""
    for policy in (ANONYMOUS, LOGIN):
        await use_up(services, policy, HERE)
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    for _ in range(3):
        assert (await client.options("/api/v1/auth/login", headers=preflight)).status_code == 200
        for path in ("/health/live", "/health/ready"):
            response = await client.get(path)
            assert response.status_code == 200
            assert "RateLimit" not in response.headers


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        (REGISTER, "/api/v1/auth/register"),
        (LOGIN, "/api/v1/auth/login"),
        (REFRESH, "/api/v1/auth/refresh"),
    ],
)
async def test_ways_to_an_account_are_counted_by_address(
    client: Client, services: Services, policy: Policy, path: str
) -> None:
    """Before the body is even read."""
    await use_up(services, policy, HERE)
    refused = await client.post(path, json=registration())
    assert (refused.status_code, (await refused.get_json())["code"]) == (429, "rate_limited")
    assert refused.headers["RateLimit-Policy"].startswith(f'"{policy.name}"')


async def test_guessing_a_password_is_slow(client: Client, ada: Person) -> None:
    """Of fifty guesses at once twenty are looked at, and then the right password waits too.

    Another account's owner signs in from the same address.
    """
    await register(client, "Grace Hopper")
    guesses = [
        client.post("/api/v1/auth/login", json={"email": ada.email, "password": f"guess number {number}"})
        for number in range(50)
    ]
    statuses = [response.status_code for response in await asyncio.gather(*guesses)]
    assert sorted(statuses) == [401] * 20 + [429] * 30
    right = {"email": ada.email.upper(), "password": registration()["password"]}
    refused = await client.post("/api/v1/auth/login", json=right)
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"login-account";q=20;w=900'
    hers = {"email": "grace.hopper@example.com", "password": registration()["password"]}
    assert (await client.post("/api/v1/auth/login", json=hers)).status_code == 200


def calling_from(app: Quart, address: str) -> Client:
    """A client whose requests come from this address."""
    client = app.test_client()
    return cast("Client", _From(client, address))


class _From:
    """Posts from an address of its own."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address

    async def post(self, path: str, **request: Any) -> Any:
        return await self._client.post(path, scope_base={"client": (self._address, 1)}, **request)


async def test_a_stranger_locks_nobody_out(app: Quart, services: Services, ada: Person) -> None:
    """Who guesses uses up what their own network has for this account; its owner signs in from elsewhere.

    With very many addresses what all have together is used up, and still not for networks that the account
    was used from; whether there is the account makes no difference to a stranger.
    """
    right = {"email": ada.email, "password": registration()["password"]}
    stranger, owner = calling_from(app, "2001:db8:1:2::66"), calling_from(app, "192.0.2.1")
    for number in range(21):
        guess = {"email": ada.email, "password": f"guess number {number}"}
        refused = await stranger.post("/api/v1/auth/login", json=guess)
    assert refused.status_code == 429
    neighbour = calling_from(app, "2001:db8:1:2::67")
    assert (await neighbour.post("/api/v1/auth/login", json=right)).status_code == 429
    assert (await owner.post("/api/v1/auth/login", json=right)).status_code == 200
    account = hashlib.sha256(ada.email.encode()).hexdigest()
    nobody = hashlib.sha256(b"nobody@example.com").hexdigest()
    for each in (account, nobody):
        await use_up(services, LOGIN_EVERYWHERE, each)
    assert (await owner.post("/api/v1/auth/login", json=right)).status_code == 200
    elsewhere = calling_from(app, "198.51.100.9")
    answers = [
        await elsewhere.post("/api/v1/auth/login", json={**right, "email": email})
        for email in (ada.email, "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [429, 429]
    assert await answers[0].get_json() == await answers[1].get_json()


async def test_who_goes_on_guessing_waits_longer(client: Client, services: Services, ada: Person) -> None:
    """A quota of the day stands behind that of the quarter of an hour."""
    key = f"{hashlib.sha256(ada.email.encode()).hexdigest()} {HERE}"
    await use_up(services, LOGIN_ACCOUNT_DAY, key)
    body = {"email": ada.email, "password": registration()["password"]}
    refused = await client.post("/api/v1/auth/login", json=body)
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"login-account-day";q=100;w=86400'


async def test_nobody_asks_after_a_list_of_people(client: Client, services: Services, ada: Person) -> None:
    """Registering tells whether an address is taken, and only a few times: then it tells nothing of any."""
    for _ in range(EMAIL_TAKEN.quota):
        assert (await client.post("/api/v1/auth/register", json=registration())).status_code == 409
    for name in ("Ada Lovelace", "Grace Hopper"):
        refused = await client.post("/api/v1/auth/register", json=registration(name))
        assert refused.status_code == 429
        assert refused.headers["RateLimit-Policy"] == '"email-taken";q=30;w=3600'


async def test_refused_credentials_are_counted_by_address(
    client: Client, services: Services, ada: Person
) -> None:
    """Trying tokens ends in 429; whoever has a right one at the same address is served."""
    wrong = {"Authorization": "Bearer wrong"}
    first = await client.get("/api/v1/auth/me", headers=wrong)
    assert (first.status_code, first.headers["RateLimit"][:11]) == (401, '"anonymous"')
    await use_up(services, ANONYMOUS, HERE)
    assert (await client.get("/api/v1/auth/me", headers=wrong)).status_code == 429
    assert (await client.get("/api/v1/nothing/here")).status_code == 429
    assert (await client.get("/api/v1/auth/me", headers=ada.headers)).status_code == 200


async def test_handshakes_have_a_quota_of_their_own(client: Client, services: Services, ada: Person) -> None:
    """A stream is refused with a problem; reads are not concerned."""
    await use_up(services, HANDSHAKE, str(ada.id))
    stream = await client.get("/api/v1/realtime/sse", headers=ada.headers)
    assert (stream.status_code, (await stream.get_json())["code"]) == (429, "rate_limited")
    assert (await client.get("/api/v1/auth/me", headers=ada.headers)).status_code == 200


async def test_a_websocket_is_refused_before_the_upgrade(settings: Settings, passwords: Passwords) -> None:
    """By a real server; the answer is whole."""
    app = create_app(settings, passwords)
    async with serving(app, settings) as port:
        started = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert b" 200 " in await exchange(port, started)
        ada = await register(app.test_client())
        await use_up(app.extensions["itcook"], HANDSHAKE, str(ada.id))
        with pytest.raises(InvalidStatus) as refused:
            await WebSocketStream.open(f"ws://127.0.0.1:{port}/api/v1/realtime/ws", ada.headers)
    answer = refused.value.response
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["RateLimit-Policy"] == '"handshake";q=600;w=60'


async def test_a_made_up_client_address_is_not_counted(settings: Settings, passwords: Passwords) -> None:
    """`X-Forwarded-For` of a peer that is no trusted proxy buys no second quota."""
    app = create_app(settings, passwords)
    async with app.test_app():
        await use_up(app.extensions["itcook"], LOGIN, HERE)
        refused = await app.test_client().post(
            "/api/v1/auth/login", json={}, headers={"X-Forwarded-For": "198.51.100.7"}
        )
    assert refused.status_code == 429


def test_every_endpoint_with_a_policy_is_served(app: Quart) -> None:
    """A renamed view would silently be counted as something else."""
    assert {*ENDPOINTS, *UNLIMITED} <= app.view_functions.keys()
