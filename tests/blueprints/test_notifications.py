"""The notifications' routes: the inbox, what is muted, and word from administrators."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from itcook.identifiers import new_id
from itcook.models import User
from itcook.notifications import system
from itcook.stream.cursor import Cursor
from tests.support.community import count_recorded, recorded
from tests.support.http import send
from tests.support.people import Person, register

PATH = "/api/v1/notifications"
WORD = {"title": "Maintenance", "message": "Tonight at ten", "level": "Warning"}


async def ask(client: Client, person: Person, method: str, path: str = "", **arguments: Any) -> Any:
    """The response to one request of the person's."""
    return await send(client, method, PATH + path, headers=person.headers, **arguments)


async def inbox(client: Client, person: Person, query: str = "") -> Any:
    """The person's inbox."""
    response = await ask(client, person, "GET", query)
    assert response.status_code == 200
    return await response.get_json()


async def follow(client: Client, follower: Person, followed: Person) -> None:
    address = f"/api/v1/community/users/{followed.id}/follow"
    assert (await client.put(address, headers=follower.headers)).status_code == 200


@pytest.fixture
async def alan(client: Client) -> Person:
    """An administrator."""
    alan = await register(client, "Alan Turing")
    await User.filter(id=alan.id).update(role="admin")
    return alan


async def test_the_inbox(client: Client, ada: Person, grace: Person) -> None:
    """What was addressed to Ada, with its count and the stream's cursor; Grace has nothing."""
    await follow(client, grace, ada)
    response = await ask(client, ada, "GET")
    page = await response.get_json()
    assert Cursor.parse(response.headers["Stream-Cursor"]) is not None
    assert page == {
        "data": [
            {
                "id": page["data"][0]["id"],
                "type": "NewFollower",
                "data": {"follower_id": str(grace.id), "follower_name": "Grace Hopper"},
                "created_at": page["data"][0]["created_at"],
                "read_at": None,
            }
        ],
        "has_more": False,
        "next_before": None,
        "unread_count": 1,
    }
    assert (await inbox(client, grace))["data"] == []


async def test_reading_and_removing(client: Client, ada: Person, grace: Person, alan: Person) -> None:
    """One by one, up to an id, and away; each answer has what is still unread."""
    await follow(client, grace, ada)
    await ask(client, alan, "POST", json=WORD)
    await follow(client, alan, ada)
    newest, middle, oldest = (item["id"] for item in (await inbox(client, ada))["data"])
    response = await ask(client, ada, "PUT", f"/{middle}/read")
    assert (response.status_code, await response.get_json()) == (200, {"unread_count": 2})
    unread = await inbox(client, ada, "?unread=true&limit=1")
    assert ([item["id"] for item in unread["data"]], unread["next_before"]) == ([newest], newest)
    response = await ask(client, ada, "PUT", "/read", json={"up_to": middle})
    assert await response.get_json() == {"unread_count": 1}
    for item in (oldest, middle):
        assert (await ask(client, ada, "DELETE", f"/{item}")).status_code == 204
        assert (await ask(client, ada, "DELETE", f"/{item}")).status_code == 404
    assert [item["id"] for item in (await inbox(client, ada))["data"]] == [newest]
    assert (await inbox(client, grace))["unread_count"] == 1, "everyone's is still there for her"


async def test_others_items_do_not_exist(client: Client, ada: Person, grace: Person) -> None:
    """404, as for what was never there."""
    await follow(client, grace, ada)
    [item] = (await inbox(client, ada))["data"]
    for identifier in (item["id"], str(new_id())):
        assert (await ask(client, grace, "PUT", f"/{identifier}/read")).status_code == 404
        assert (await ask(client, grace, "DELETE", f"/{identifier}")).status_code == 404
    assert (await inbox(client, ada))["unread_count"] == 1


async def test_preferences(client: Client, ada: Person, grace: Person) -> None:
    """Set whole, kept, and heeded; unknown types and what cannot be muted are refused with their place."""
    response = await ask(client, ada, "PUT", "/preferences", json={"muted": ["PostLiked", "NewFollower"]})
    assert await response.get_json() == {"muted": ["NewFollower", "PostLiked"]}
    response = await ask(client, ada, "GET", "/preferences")
    assert await response.get_json() == {"muted": ["NewFollower", "PostLiked"]}
    await follow(client, grace, ada)
    assert (await inbox(client, ada))["data"] == []
    for muted in (["SystemNotification"], ["Heartbeat"], [1], ["PostLiked"] * 10, None):
        response = await ask(client, ada, "PUT", "/preferences", json={"muted": muted})
        assert response.status_code == 422
        assert (await response.get_json())["errors"][0]["pointer"].startswith("/muted")


async def test_an_administrator_tells_everyone(
    client: Client, ada: Person, grace: Person, alan: Person
) -> None:
    """201 with the whole, in everyone's inbox and on the stream, once for each Idempotency-Key."""
    headers = {"Idempotency-Key": "once", **alan.headers}
    for _ in range(2):
        response = await client.post(PATH, headers=headers, json=WORD)
        sent = await response.get_json()
        assert response.status_code == 201, sent
        assert response.headers["Location"] == f"{PATH}/scheduled/{sent['id']}"
    assert (sent["status"], sent["level"], sent["recipient_id"]) == ("sent", "Warning", None)
    assert sent["created_by_id"] == str(alan.id)
    for person in (ada, grace, alan):
        [item] = (await inbox(client, person))["data"]
        assert (item["type"], item["data"]) == ("SystemNotification", WORD)
    assert [event.channels for event in await recorded()] == [("system",)]
    response = await ask(client, alan, "GET", f"/scheduled/{sent['id']}")
    assert await response.get_json() == sent


async def test_an_administrator_tells_one_person_later(
    client: Client, ada: Person, grace: Person, alan: Person
) -> None:
    """In whatever offset the time was given; nobody else sees it."""
    send_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    offset = send_at.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    body = {**WORD, "recipient_id": str(ada.id), "send_at": offset}
    scheduled = await (await ask(client, alan, "POST", json=body)).get_json()
    assert scheduled["status"] == "scheduled"
    assert datetime.fromisoformat(scheduled["send_at"]) == send_at
    assert await system.send_due(send_at) == 1
    assert (await inbox(client, ada))["unread_count"] == 1
    assert (await inbox(client, grace))["unread_count"] == 0
    listed = await (await ask(client, alan, "GET", "/scheduled?status=sent")).get_json()
    assert [found["id"] for found in listed["data"]] == [scheduled["id"]]


async def test_cancelling(client: Client, alan: Person) -> None:
    """204, again too; 409 for what was sent, 404 for what is not there."""
    send_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    scheduled = await (await ask(client, alan, "POST", json={**WORD, "send_at": send_at})).get_json()
    for _ in range(2):
        assert (await ask(client, alan, "DELETE", f"/scheduled/{scheduled['id']}")).status_code == 204
    sent = await (await ask(client, alan, "POST", json=WORD)).get_json()
    assert (await ask(client, alan, "DELETE", f"/scheduled/{sent['id']}")).status_code == 409
    assert (await ask(client, alan, "DELETE", f"/scheduled/{new_id()}")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 121),
        ("message", ""),
        ("message", "x" * 2001),
        ("level", "info"),
        ("recipient_id", "everyone"),
        ("recipient_id", "01a209bd-88a1-73ef-8b79-a2df3c3ac31f"),
        ("send_at", "2020-01-01T00:00:00Z"),
        ("send_at", "2199-01-01T00:00:00"),
        ("send_at", "2199-01-01"),
        ("send_at", "2199-02-30T00:00:00Z"),
        ("send_at", "9999-12-31T23:59:59-12:00"),
        ("send_at", 4102444800),
        ("sent_at", None),
    ],
)
async def test_what_cannot_be_sent_is_refused(client: Client, alan: Person, field: str, value: Any) -> None:
    """422 with the place, and nothing is sent."""
    response = await ask(client, alan, "POST", json={**WORD, field: value})
    problem = await response.get_json()
    assert response.status_code == 422, problem
    assert [error["pointer"] for error in problem["errors"]] == [f"/{field}"]
    assert await count_recorded("SystemNotification") == 0


async def test_only_administrators_send(client: Client, ada: Person, alan: Person) -> None:
    """403 `admin_only`, whatever is asked for; and it ends with the role, not with the token."""
    sent = await (await ask(client, alan, "POST", json=WORD)).get_json()
    for method, path in (
        ("POST", ""),
        ("GET", "/scheduled"),
        ("GET", f"/scheduled/{sent['id']}"),
        ("DELETE", f"/scheduled/{sent['id']}"),
        ("DELETE", f"/scheduled/{new_id()}"),
    ):
        response = await ask(client, ada, method, path, json=WORD if method == "POST" else None)
        assert (response.status_code, (await response.get_json())["code"]) == (403, "admin_only")
    await User.filter(id=alan.id).update(role="user")
    assert (await ask(client, alan, "POST", json=WORD)).status_code == 403


async def test_nothing_is_open_to_strangers(app: Quart, client: Client) -> None:
    """401 on every route and method."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PATH)]
    assert len(rules) > 8
    for rule in rules:
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<uuid:{name}>", str(new_id()))
        for method in (rule.methods or set()) - {"OPTIONS"}:
            assert (await send(client, method, path)).status_code == 401, rule
