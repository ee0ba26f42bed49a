"""The goals' routes: what each answers, and which numbers, dates and words they refuse."""

from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from itcook.identifiers import new_id
from itcook.stream.cursor import Cursor
from tests.support.community import recorded
from tests.support.http import send
from tests.support.people import Person

PATH = "/api/v1/goals"
GOAL = {"title": "Drink more", "goal_type": "water", "target_value": 2, "unit": "l"}


async def ask(client: Client, person: Person, method: str, path: str = "", **arguments: Any) -> Any:
    """The response to one request of the person's."""
    return await send(client, method, PATH + path, headers=person.headers, **arguments)


async def new_goal(client: Client, owner: Person, **changes: Any) -> dict[str, Any]:
    """A goal, as the answer shows it."""
    response = await ask(client, owner, "POST", json={**GOAL, **changes})
    goal: dict[str, Any] = await response.get_json()
    assert response.status_code == 201, goal
    return goal


async def test_setting_a_goal(client: Client, ada: Person) -> None:
    """201, `Location`, the goal at the top level, numbers as numbers."""
    response = await ask(
        client,
        ada,
        "POST",
        json={
            "title": "  Lose weight ",
            "goal_type": "weight",
            "target_value": 72.4,
            "unit": "kg",
            "target_date": "2199-12-31",
        },
    )
    goal = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/{goal['id']}"
    assert goal == {
        "id": goal["id"],
        "title": "Lose weight",
        "goal_type": "weight",
        "target_value": 72.4,
        "current_value": None,
        "unit": "kg",
        "direction": "down",
        "target_date": "2199-12-31",
        "status": "active",
        "created_at": goal["created_at"],
        "updated_at": goal["created_at"],
    }
    assert await (await ask(client, ada, "GET", f"/{goal['id']}")).get_json() == goal


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_value", 0),
        ("target_value", -1),
        ("target_value", 0.0001),
        ("target_value", 1.0001),
        ("target_value", 1_000_000_000.001),
        ("target_value", 2**70),
        ("target_value", "2"),
        ("target_value", True),
        ("target_value", None),
        ("unit", " "),
        ("unit", "x" * 17),
        ("title", ""),
        ("title", "x" * 121),
        ("goal_type", "fame"),
        ("direction", "sideways"),
        ("target_date", "2020-01-01"),
        ("target_date", "2030-02-30"),
        ("target_date", "2030-1-1"),
        ("target_date", "2030-01-01T00:00:00"),
        ("target_date", "9999-12-31"),
        ("target_date", 86400),
        ("status", "completed"),
        ("id", "x"),
        ("user_id", "x"),
    ],
)
async def test_what_is_no_goal_is_refused(client: Client, ada: Person, field: str, value: Any) -> None:
    """422 with the place."""
    response = await ask(client, ada, "POST", json={**GOAL, field: value})
    problem = await response.get_json()
    assert response.status_code == 422, problem
    assert [error["pointer"] for error in problem["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("value", [-0.001, 0.0005, 1e10, "1", None, True])
async def test_what_is_no_progress_is_refused(client: Client, ada: Person, value: Any) -> None:
    """422 with the place; none at all is progress of 0."""
    goal = await new_goal(client, ada)
    response = await ask(client, ada, "POST", f"/{goal['id']}/progress", json={"value": value})
    assert response.status_code == 422
    assert [error["pointer"] for error in (await response.get_json())["errors"]] == ["/value"]
    response = await ask(client, ada, "POST", f"/{goal['id']}/progress", json={"value": 0})
    assert (await response.get_json())["current_value"] == 0


async def test_progress_up_to_the_achievement(client: Client, ada: Person) -> None:
    """The goal each time, with `Location`; then 409, an achievement, a history and a chart."""
    goal = await new_goal(client, ada)
    address = f"/{goal['id']}/progress"
    for body, status in (({"value": 1.5, "note": "Half way"}, "active"), ({"value": 2.25}, "completed")):
        response = await ask(client, ada, "POST", address, json=body)
        answer = await response.get_json()
        assert response.status_code == 201
        assert response.headers["Location"] == f"{PATH}/{goal['id']}"
        assert (answer["id"], answer["current_value"], answer["status"]) == (
            goal["id"],
            body["value"],
            status,
        )
    response = await ask(client, ada, "POST", address, json={"value": 3})
    assert (response.status_code, (await response.get_json())["code"]) == (409, "goal_not_active")
    history = await (await ask(client, ada, "GET", address)).get_json()
    assert [(row["value"], row["note"]) for row in history["data"]] == [(2.25, None), (1.5, "Half way")]
    achieved = await (await ask(client, ada, "GET", "/achievements")).get_json()
    assert achieved["data"] == [
        {
            "id": achieved["data"][0]["id"],
            "goal_id": goal["id"],
            "title": "Drink more",
            "achievement_type": "water",
            "target_value": 2.0,
            "unit": "l",
            "created_at": answer["updated_at"],
        }
    ]
    chart = await (await ask(client, ada, "GET", f"/{goal['id']}/series")).get_json()
    today = answer["updated_at"][:10]
    assert chart["data"] == [{"day": today, "value": 2.25}]
    assert (chart["last_day"], chart["time_zone"]) == (today, "UTC")


async def test_a_repeated_key_is_progress_once(client: Client, ada: Person) -> None:
    """With the same answer, and one event."""
    goal = await new_goal(client, ada)
    headers = {**ada.headers, "Idempotency-Key": "first"}
    answers = [
        await client.post(f"{PATH}/{goal['id']}/progress", headers=headers, json={"value": 2})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [event.type for event in await recorded()] == ["GoalAchieved"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-03-02&to=2026-03-01", "/from"),
        ("from=2025-01-01&to=2026-03-01", "/from"),
        ("from=yesterday", "/from"),
        ("to=0001-01-01", "/to"),
        ("to=9999-12-31", "/to"),
        ("to=86400", "/to"),
        ("first_day=2026-03-01", "/first_day"),
    ],
)
async def test_a_chart_of_wrong_days_is_refused(
    client: Client, ada: Person, query: str, pointer: str
) -> None:
    """422 with the parameter."""
    goal = await new_goal(client, ada)
    response = await ask(client, ada, "GET", f"/{goal['id']}/series?{query}")
    assert response.status_code == 422
    assert [error["pointer"] for error in (await response.get_json())["errors"]] == [pointer]


async def test_a_chart_of_chosen_days(client: Client, ada: Person) -> None:
    """`from` and `to`, either alone, and the outermost days there are."""
    goal = await new_goal(client, ada)
    for query, first, last in (
        ("from=2026-03-01&to=2026-03-31", "2026-03-01", "2026-03-31"),
        ("to=2026-03-31", "2026-01-01", "2026-03-31"),
        ("from=2199-12-31", "2199-12-31", "2199-12-31"),
        ("from=1970-01-01&to=1970-01-01", "1970-01-01", "1970-01-01"),
    ):
        response = await ask(client, ada, "GET", f"/{goal['id']}/series?{query}")
        chart = await response.get_json()
        assert response.status_code == 200, chart
        assert (chart["first_day"], chart["last_day"], chart["data"]) == (first, last, [])


async def test_editing_a_goal(client: Client, ada: Person) -> None:
    """What is absent or null stays, but a date goes with null; only progress completes."""
    goal = await new_goal(client, ada, target_date="2199-01-01")
    address = f"/{goal['id']}"
    response = await ask(client, ada, "PATCH", address, json={"title": "Drink", "target_value": None})
    edited = await response.get_json()
    assert response.status_code == 200
    assert (edited["title"], edited["target_value"], edited["target_date"]) == ("Drink", 2, "2199-01-01")
    edited = await (
        await ask(client, ada, "PATCH", address, json={"target_date": None, "status": "paused"})
    ).get_json()
    assert (edited["target_date"], edited["status"]) == (None, "paused")
    for body in ({"status": "completed"}, {"goal_type": "sleep"}, {"current_value": 2}):
        assert (await ask(client, ada, "PATCH", address, json=body)).status_code == 422
    await ask(client, ada, "PATCH", address, json={"status": "active"})
    await ask(client, ada, "POST", f"{address}/progress", json={"value": 2})
    response = await ask(client, ada, "PATCH", address, json={"title": "Drink"})
    assert (response.status_code, (await response.get_json())["code"]) == (409, "goal_completed")


async def test_listing_and_deleting(client: Client, ada: Person) -> None:
    """Filters by status and type; 204, then 404."""
    water, sleep = await new_goal(client, ada), await new_goal(client, ada, goal_type="sleep")
    for query, expected in (
        ("", [sleep, water]),
        ("?goal_type=water", [water]),
        ("?status=active&goal_type=sleep", [sleep]),
        ("?status=completed", []),
    ):
        page = await (await ask(client, ada, "GET", query)).get_json()
        assert (page["data"], page["has_more"]) == (expected, False)
    assert (await ask(client, ada, "GET", "?status=done")).status_code == 422
    assert (await ask(client, ada, "DELETE", f"/{water['id']}")).status_code == 204
    assert (await ask(client, ada, "DELETE", f"/{water['id']}")).status_code == 404


async def test_goals_are_private(app: Quart, client: Client, ada: Person, grace: Person) -> None:
    """401 for strangers on every route; 404 for others' goals, as for those that do not exist."""
    goal = await new_goal(client, ada)
    body = {"PATCH": {"title": "Mine"}, "POST": {"value": 1}}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(PATH):
            continue
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            path = rule.rule.replace("<uuid:goal_id>", goal["id"])
            assert (await send(client, method, path)).status_code == 401, rule
            if "goal_id" in rule.arguments:
                for identifier in (goal["id"], str(new_id())):
                    path = rule.rule.replace("<uuid:goal_id>", identifier)
                    response = await send(client, method, path, headers=grace.headers, json=body.get(method))
                    assert response.status_code == 404, rule
    assert (await (await ask(client, grace, "GET")).get_json())["data"] == []
    assert await (await ask(client, ada, "GET", f"/{goal['id']}")).get_json() == goal


async def test_snapshots_carry_a_cursor(client: Client, ada: Person) -> None:
    """Each GET has `Stream-Cursor`."""
    goal = await new_goal(client, ada)
    for path in ("", "/achievements", f"/{goal['id']}", f"/{goal['id']}/progress", f"/{goal['id']}/series"):
        response = await ask(client, ada, "GET", path)
        assert Cursor.parse(response.headers["Stream-Cursor"]) is not None, path
