"""The routes of kitchens: what each answers, and what they must survive."""

from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from itcook.identifiers import new_id
from itcook.models import Kitchen, KitchenMember
from tests.support.http import send
from tests.support.people import Person, registration

PATH = "/api/v1/kitchens"


async def ask(client: Client, person: Person, method: str, path: str, status: int = 200, **more: Any) -> Any:
    """The body of the answer, which has the status."""
    response = await send(client, method, PATH + path, headers=person.headers, **more)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text
    if status >= 400:
        assert response.content_type == "application/problem+json"
    return await response.get_json(force=True) if text else None


@pytest.fixture
async def kitchen(client: Client, ada: Person) -> str:
    """A kitchen of Ada's besides her home."""
    identifier: str = (await ask(client, ada, "POST", "", 201, json={"name": "Shared"}))["id"]
    return identifier


async def invite(client: Client, person: Person, kitchen: str, **body: Any) -> dict[str, Any]:
    """A new invite."""
    made: dict[str, Any] = await ask(client, person, "POST", f"/{kitchen}/invites", 201, json=body)
    return made


async def test_registering_opens_a_home(client: Client) -> None:
    """In the registration's own transaction, with the time zone that was told there."""
    body = registration("Ada Lovelace", time_zone="Asia/Tokyo")
    response = await client.post("/api/v1/auth/register", json=body)
    user_id = (await response.get_json())["user"]["id"]
    [home] = await Kitchen.all()
    assert (str(home.home_of_id), home.time_zone, home.name) == (user_id, "Asia/Tokyo", "Ada's kitchen")
    [membership] = await KitchenMember.all()
    assert (str(membership.user_id), membership.role) == (user_id, "owner")
    response = await client.post("/api/v1/auth/register", json=body)
    assert response.status_code == 409
    assert await Kitchen.all().count() == 1


async def test_the_longest_name_has_a_home(client: Client) -> None:
    """A first name as long as it may be fits into the kitchen's."""
    body = registration("Ada Lovelace", first_name="ß" * 80)
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    home = await Kitchen.get()
    assert home.name == f"{'ß' * 60}'s kitchen"


async def test_creating_and_reading(client: Client, ada: Person) -> None:
    """201 with `Location`; the same in the list and at its own address."""
    response = await client.post(
        PATH,
        headers=ada.headers,
        json={"name": " Allotment ", "time_zone": "Europe/Berlin", "expiring_days": 5},
    )
    made = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/{made['id']}"
    assert made == {
        "id": made["id"],
        "name": "Allotment",
        "time_zone": "Europe/Berlin",
        "expiring_days": 5,
        "is_home": False,
        "role": "owner",
        "members_count": 1,
        "created_at": made["created_at"],
    }
    assert await ask(client, ada, "GET", f"/{made['id']}") == made
    listed = await ask(client, ada, "GET", "")
    assert listed["data"][0] == made
    assert [found["is_home"] for found in listed["data"]] == [False, True]
    assert (listed["has_more"], listed["next_before"]) == (False, None)


async def test_an_idempotency_key_is_honoured(client: Client, ada: Person, kitchen: str) -> None:
    """One kitchen and one invite, however often they are sent."""
    for path in ("", f"/{kitchen}/invites"):
        headers = {**ada.headers, "Idempotency-Key": f"key-{path}"}
        body: dict[str, Any] = {} if path else {"name": "Once"}
        answers = [await client.post(PATH + path, headers=headers, json=body) for _ in range(2)]
        assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
        assert await answers[0].get_data() == await answers[1].get_data()
    assert await Kitchen.all().count() == 3


async def test_settings(client: Client, ada: Person, kitchen: str) -> None:
    """What is absent or null stays."""
    before = await ask(client, ada, "GET", f"/{kitchen}")
    after = await ask(client, ada, "PATCH", f"/{kitchen}", json={"expiring_days": 0, "name": None})
    assert after == {**before, "expiring_days": 0}
    assert await ask(client, ada, "GET", f"/{kitchen}") == after


async def test_from_the_invite_to_the_handing_over(
    client: Client, ada: Person, grace: Person, kitchen: str
) -> None:
    """Inviting, joining, seeing each other, handing over, leaving."""
    made = await invite(client, ada, kitchen, expires_in_hours=1, max_uses=2)
    assert made == {
        "id": made["id"],
        "kitchen_id": kitchen,
        "code": made["code"],
        "uses": 0,
        "max_uses": 2,
        "created_by": {"id": str(ada.id), "name": "Ada Lovelace"},
        "created_at": made["created_at"],
        "expires_at": made["expires_at"],
    }
    for _ in range(2):
        joined = await ask(client, grace, "POST", "/join", json={"code": made["code"].lower()})
        assert (joined["id"], joined["role"], joined["members_count"]) == (kitchen, "member", 2)
    [listed] = (await ask(client, grace, "GET", f"/{kitchen}/invites"))["data"]
    assert listed == {**made, "uses": 1}
    people = (await ask(client, grace, "GET", f"/{kitchen}/members"))["data"]
    assert [(person["name"], person["role"]) for person in people] == [
        ("Grace Hopper", "member"),
        ("Ada Lovelace", "owner"),
    ]
    assert (await ask(client, ada, "POST", f"/{kitchen}/leave", 409))["code"] == "owner_leaves"
    handed = await ask(client, ada, "PUT", f"/{kitchen}/owner", json={"user_id": str(grace.id)})
    assert handed["role"] == "member"
    await ask(client, ada, "POST", f"/{kitchen}/leave", 204)
    await ask(client, ada, "GET", f"/{kitchen}", 404)


async def test_revoking_and_removing(client: Client, ada: Person, grace: Person, kitchen: str) -> None:
    """204 without a body; the code then lets nobody in, and the person is a stranger."""
    made = await invite(client, ada, kitchen)
    await ask(client, ada, "DELETE", f"/{kitchen}/invites/{made['id']}", 204)
    refused = await ask(client, grace, "POST", "/join", 404, json={"code": made["code"]})
    assert refused["code"] == "invite_invalid"
    made = await invite(client, ada, kitchen)
    await ask(client, grace, "POST", "/join", json={"code": made["code"]})
    assert (await ask(client, grace, "PATCH", f"/{kitchen}", 403, json={"name": "x"}))["code"] == "owner_only"
    await ask(client, ada, "DELETE", f"/{kitchen}/members/{grace.id}", 204)
    await ask(client, grace, "GET", f"/{kitchen}", 404)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"name": 1}, "/name"),
        ({"name": "K", "time_zone": "Europe/Nowhere"}, "/time_zone"),
        ({"name": "K", "time_zone": "../etc/passwd"}, "/time_zone"),
        ({"name": "K", "time_zone": "+02:00"}, "/time_zone"),
        ({"name": "K", "time_zone": ""}, "/time_zone"),
        ({"name": "K", "expiring_days": -1}, "/expiring_days"),
        ({"name": "K", "expiring_days": 31}, "/expiring_days"),
        ({"name": "K", "expiring_days": 1.5}, "/expiring_days"),
        ({"name": "K", "expiring_days": "3"}, "/expiring_days"),
        ({"name": "K", "expiring_days": True}, "/expiring_days"),
        ({"name": "K", "owner_id": "x"}, "/owner_id"),
        ({"name": "K", "home_of_id": None}, "/home_of_id"),
    ],
)
async def test_a_body_that_is_no_kitchen(
    client: Client, ada: Person, kitchen: str, body: dict[str, Any], pointer: str
) -> None:
    """422 with the place, to create and to change."""
    problem = await ask(client, ada, "POST", "", 422, json=body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    if body:
        await ask(client, ada, "PATCH", f"/{kitchen}", 422, json=body)
    assert await Kitchen.all().count() == 2


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/invites", {"expires_in_hours": 0}, "/expires_in_hours"),
        ("/invites", {"expires_in_hours": 721}, "/expires_in_hours"),
        ("/invites", {"expires_in_hours": 0.5}, "/expires_in_hours"),
        ("/invites", {"max_uses": 0}, "/max_uses"),
        ("/invites", {"max_uses": 51}, "/max_uses"),
        ("/invites", {"max_uses": 2**70}, "/max_uses"),
        ("/invites", {"code": "0000-0000-0000"}, "/code"),
        ("/owner", {"user_id": "me"}, "/user_id"),
        ("/owner", {}, "/user_id"),
    ],
)
async def test_other_bodies_that_are_wrong(
    client: Client, ada: Person, kitchen: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    """422 with the place."""
    method = "PUT" if path == "/owner" else "POST"
    problem = await ask(client, ada, method, f"/{kitchen}{path}", 422, json=body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "code", ["0000-0000-0000", "%", "*", "' OR 1=1 --", "-" * 32, "ß" * 32, "🍲", "A" * 32]
)
async def test_codes_of_nothing(client: Client, ada: Person, code: str) -> None:
    """The answer is always the same."""
    problem = await ask(client, ada, "POST", "/join", 404, json={"code": code})
    assert problem["code"] == "invite_invalid"


@pytest.mark.parametrize("code", ["", "A" * 33, 12, None, ["A"]])
async def test_what_is_no_code(client: Client, ada: Person, code: object) -> None:
    """422."""
    await ask(client, ada, "POST", "/join", 422, json={"code": code})


async def test_strangers_and_ids_of_nothing(client: Client, ada: Person, grace: Person, kitchen: str) -> None:
    """The same 404 on each route, for a kitchen of others, one that does not exist, and what is no id."""
    made = await invite(client, ada, kitchen)
    routes = [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("POST", "/leave", None),
        ("PUT", "/owner", {"user_id": str(grace.id)}),
        ("GET", "/members", None),
        ("DELETE", f"/members/{ada.id}", None),
        ("POST", "/invites", {}),
        ("GET", "/invites", None),
        ("DELETE", f"/invites/{made['id']}", None),
    ]
    for method, path, body in routes:
        more = {} if body is None else {"json": body}
        answers = [
            await ask(client, grace, method, f"/{identifier}{path}", 404, **more)
            for identifier in (kitchen, new_id())
        ]
        assert answers[0] == answers[1]
        for identifier in ("1", "%00", "x" * 2000):
            await ask(client, grace, method, f"/{identifier}{path}", 404, **more)
    assert (await ask(client, ada, "GET", f"/{kitchen}"))["name"] == "Shared"


async def test_nothing_is_open_to_people_without_an_account(app: Quart, client: Client) -> None:
    """401 on every route and method."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith((PATH, "/api/v1/fridge")):
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<uuid:{name}>", str(new_id()))
            for method in (rule.methods or set()) - {"OPTIONS"}:
                assert (await send(client, method, path)).status_code == 401, rule
