"""The routes of the fridge: what each answers, and what they must survive."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.clock import utc_now
from itcook.identifiers import new_id
from itcook.stream.cursor import Cursor
from tests.support.community import recorded
from tests.support.http import send
from tests.support.people import Person

PATH = "/api/v1/fridge"
MILK = {"name": "Milk", "quantity": 1.5, "unit": "l", "category": "dairy"}


async def ask(client: Client, person: Person, method: str, path: str, status: int = 200, **more: Any) -> Any:
    """The body of the answer, which has the status."""
    response = await send(client, method, PATH + path, headers=person.headers, **more)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text
    if status >= 400:
        assert response.content_type == "application/problem+json"
    return await response.get_json(force=True) if text else None


@pytest.fixture
async def milk(client: Client, ada: Person) -> dict[str, Any]:
    """A litre and a half in Ada's home."""
    item: dict[str, Any] = await ask(client, ada, "POST", "/items", 201, json=MILK)
    return item


async def test_putting_an_item_in(client: Client, ada: Person) -> None:
    """201, `Location`, the item at the top level with a number as its quantity."""
    body = {
        **MILK,
        "name": " Oat milk ",
        "brand": "Farm",
        "location": "pantry",
        "expires_on": "2028-02-29",
        "purchased_on": "2026-11-23",
        "notes": "one\ntwo",
    }
    response = await client.post(f"{PATH}/items", headers=ada.headers, json=body)
    item = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/items/{item['id']}"
    assert item == {
        **body,
        "name": "Oat milk",
        "id": item["id"],
        "kitchen_id": item["kitchen_id"],
        "added_by_id": str(ada.id),
        "created_at": item["created_at"],
        "updated_at": item["created_at"],
    }
    assert await ask(client, ada, "GET", f"/items/{item['id']}") == item
    assert (await ask(client, ada, "GET", "/items"))["data"] == [item]


async def test_an_items_defaults(milk: dict[str, Any]) -> None:
    """In the fridge, and nothing else is known."""
    assert milk["location"] == "fridge"
    assert all(milk[name] is None for name in ("brand", "expires_on", "purchased_on", "notes"))


async def test_editing(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """Absent stays; null clears what may be missing, and leaves what may not."""
    path = f"/items/{milk['id']}"
    await ask(client, ada, "PATCH", path, json={"brand": "Farm", "expires_on": "2027-01-01", "quantity": 2})
    edited = await ask(client, ada, "PATCH", path, json={"brand": None, "name": None, "quantity": None})
    assert edited == {**milk, "quantity": 2, "expires_on": "2027-01-01", "updated_at": edited["updated_at"]}
    before = await recorded()
    assert await ask(client, ada, "PATCH", path, json={}) == edited
    assert await recorded() == before


async def test_taking(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """A part, more than there is, the rest, and again."""
    path = f"/items/{milk['id']}/take"
    taken = await ask(client, ada, "POST", path, json={"quantity": 0.3})
    assert taken == {"id": milk["id"], "quantity": 1.2, "unit": "l", "removed": False}
    problem = await ask(client, ada, "POST", path, 422, json={"quantity": 1.201})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("not_enough", "/quantity")
    taken = await ask(client, ada, "POST", path, json={"quantity": 1.2})
    assert (taken["quantity"], taken["removed"]) == (0, True)
    await ask(client, ada, "POST", path, 404, json={"quantity": 1.2})


async def test_taking_with_an_idempotency_key(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """Sent twenty times at once it is taken once; the answer is 200 and names no new place."""
    headers = {**ada.headers, "Idempotency-Key": "take"}
    address = f"{PATH}/items/{milk['id']}/take"
    answers = await asyncio.gather(
        *(client.post(address, headers=headers, json={"quantity": 0.5}) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({await answer.get_data() for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert not any("Location" in answer.headers for answer in answers)
    assert (await ask(client, ada, "GET", f"/items/{milk['id']}"))["quantity"] == 1
    assert [event.data["change"] for event in await recorded()] == ["added", "updated"]


async def test_removing(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """204 without a body, then 404."""
    await ask(client, ada, "DELETE", f"/items/{milk['id']}", 204)
    await ask(client, ada, "DELETE", f"/items/{milk['id']}", 404)


async def test_the_list(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """Filters, orders and pages by the query; a mark leads on and is opaque."""
    for name, category in (("apple", "fruits"), ("Bread", "grains")):
        await ask(client, ada, "POST", "/items", 201, json={**MILK, "name": name, "category": category})

    async def names(query: str) -> list[str]:
        return [item["name"] for item in (await ask(client, ada, "GET", f"/items?{query}"))["data"]]

    assert await names("sort=name") == ["apple", "Bread", "Milk"]
    assert await names("") == await names("sort=-created_at") == ["Bread", "apple", "Milk"]
    assert await names("category=fruits") == ["apple"]
    assert await names("location=freezer") == []
    assert await names("q=RE") == ["Bread"]
    assert await names(f"q={'x' * 120}") == []
    assert await names(f"kitchen_id={milk['kitchen_id']}&sort=expires_on") == ["Milk", "apple", "Bread"]
    assert await names("expiring_before=2199-12-31") == []
    first = await ask(client, ada, "GET", "/items?sort=name&limit=2")
    assert first["has_more"] is True
    rest = await ask(client, ada, "GET", f"/items?sort=name&limit=2&before={first['next_before']}")
    assert ([item["name"] for item in rest["data"]], rest["next_before"]) == (["Milk"], None)


async def test_what_expires(client: Client, ada: Person) -> None:
    """With the days it has left, an expired item included; by the kitchen's own choice without `days`."""
    today = utc_now().date()  # a test that runs at midnight may see the next day
    for days in (-1, 2, 10):
        item = {**MILK, "name": str(days), "expires_on": (today + timedelta(days)).isoformat()}
        await ask(client, ada, "POST", "/items", 201, json=item)
    for query, expected in (("", ["-1", "2"]), ("?days=1", ["-1"]), ("?days=30", ["-1", "2", "10"])):
        found = (await ask(client, ada, "GET", f"/expiring{query}"))["data"]
        assert [item["name"] for item in found] == expected
        assert all(int(item["name"]) - item["days_left"] in {0, 1} for item in found)


async def test_categories(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """All of them with their counts."""
    found = (await ask(client, ada, "GET", f"/categories?kitchen_id={milk['kitchen_id']}"))["data"]
    assert {"category": "dairy", "items_count": 1} in found
    assert len(found) == 7


async def test_snapshots_carry_a_cursor(client: Client, ada: Person, milk: dict[str, Any]) -> None:
    """Each GET has `Stream-Cursor`."""
    for path in ("/items", f"/items/{milk['id']}", "/expiring", "/categories"):
        response = await client.get(PATH + path, headers=ada.headers)
        assert Cursor.parse(response.headers["Stream-Cursor"]) is not None, path


WRONG: list[tuple[str, list[object]]] = [
    ("/name", ["", " ", "x" * 121, "a\u0007b", 1]),
    ("/brand", ["", "x" * 81, "a\nb", 1]),
    ("/quantity", [0, -1, 0.0001, 1.0005, 1_000_000.5, 2**70, 1e300, "1", True, [1]]),
    ("/unit", ["", "stone", "G", "ml ", 1, ["g"]]),
    ("/category", ["", "sweets", "Dairy", 1]),
    ("/location", ["", "cellar", 1]),
    ("/expires_on", ["", "tomorrow", "2026-02-29", "2026-13-01", "20261123", "2026-W47-1", "0001-01-01"]),
    ("/expires_on", ["2026-11-23T00:00:00Z", "9999-12-31", 1_795_392_000, True, "２０２６-11-23"]),
    ("/purchased_on", ["2026-2-1", 0, "2026-11-31"]),
    ("/notes", ["", "x" * 1001, 1]),
    ("/kitchen_id", ["mine", 1]),
    ("/added_by_id", ["01a209bd-88a1-73ef-8b79-a2df3c3ac31f"]),
    ("/id", ["01a209bd-88a1-73ef-8b79-a2df3c3ac31f"]),
]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [(pointer, value) for pointer, values in WRONG for value in values],
    ids=lambda value: repr(value)[:30],
)
async def test_a_body_that_is_no_item(
    client: Client, ada: Person, milk: dict[str, Any], pointer: str, value: object
) -> None:
    """422 with the place, to create and to edit, and no event."""
    wrong = {pointer.removeprefix("/"): value}
    problem = await ask(client, ada, "POST", "/items", 422, json={**MILK, **wrong})
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    problem = await ask(client, ada, "PATCH", f"/items/{milk['id']}", 422, json=wrong)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    if pointer == "/quantity":
        await ask(client, ada, "POST", f"/items/{milk['id']}/take", 422, json=wrong)
    assert len(await recorded()) == 1


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '{"quantity": NaN}', '{"quantity": 1, "quantity": 1}']
)
async def test_what_is_no_body(client: Client, ada: Person, milk: dict[str, Any], body: str) -> None:
    """400 or 422, and nothing is taken."""
    headers = {**ada.headers, "Content-Type": "application/json"}
    for path in ("/items", f"/items/{milk['id']}/take"):
        response = await client.post(PATH + path, headers=headers, data=body.encode())
        assert response.status_code in {400, 422}
    assert len(await recorded()) == 1


async def test_someone_elses_items(client: Client, ada: Person, grace: Person, milk: dict[str, Any]) -> None:
    """The same 404 as for what does not exist; no event."""
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/take", {"quantity": 1}),
    ):
        more = {} if body is None else {"json": body}
        answers = [
            await ask(client, grace, method, f"/items/{identifier}{path}", 404, **more)
            for identifier in (milk["id"], new_id())
        ]
        assert answers[0] == answers[1]
    for kitchen_id in (milk["kitchen_id"], str(new_id())):
        await ask(client, grace, "POST", "/items", 404, json={**MILK, "kitchen_id": kitchen_id})
        for path in ("/items", "/expiring", "/categories"):
            await ask(client, grace, "GET", f"{path}?kitchen_id={kitchen_id}", 404)
    assert len(await recorded()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "items?limit=0",
        "items?limit=101",
        "items?sort=price",
        "items?sort=NAME",
        "items?category=sweets",
        "items?location=%25",
        "items?expiring_before=soon",
        "items?expiring_before=1795392000",
        "items?q=",
        "items?q=a%00b",
        "items?kitchen_id=1",
        "items?page=2",
        "items?before=x",
        "items?before=%FF",
        "items?before=W10=",  # []
        "items?before=bnVsbA==",  # null
        "items?sort=name&before=WyJuYW1lIiwgIlx1ZDgwMCIsICIwMWEyMDllMC1kNmFjLTc0NGYtOGJiNS1kMWNhYzQ1ZjQyNGYiXQ==",
        "items?sort=name&before=WyJuYW1lIiwgIlx1MDAwMCIsICIwMWEyMDllMC1kNmFjLTc0NGYtOGJiNS1kMWNhYzQ1ZjQyNGYiXQ==",
        "items?sort=name&before=WyJuYW1lIiwgbnVsbCwgIjAxYTIwOWUwLWQ2YWMtNzQ0Zi04YmI1LWQxY2FjNDVmNDI0ZiJd",
        "items?sort=expires_on&before=WyJleHBpcmVzX29uIiwgIngiLCAiMDFhMjA5ZTAtZDZhYy03NDRmLThiYjUtZDFjYWM0NWY0MjRmIl0=",
        "items?before=" + "A" * 2001,
        "items?before=" + "W1tb" * 400,
        "expiring?days=-1",
        "expiring?days=366",
        "expiring?days=1.5",
        "expiring?days=3&days=4",
        "expiring?sort=name",
        "categories?limit=1",
    ],
)
async def test_a_query_that_is_none(client: Client, ada: Person, query: str) -> None:
    """422 with a place."""
    problem = await ask(client, ada, "GET", f"/{query}", 422)
    assert problem["errors"]
