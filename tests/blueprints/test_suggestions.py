"""`/api/v1/fridge/suggestions`: what it takes and what it answers."""

from typing import Any
from uuid import uuid4

import pytest
from quart.typing import TestClientProtocol as Client

from tests.support.people import Person

PATH = "/api/v1/fridge"


async def ask(client: Client, person: Person, query: str = "") -> tuple[int, Any]:
    response = await client.get(f"{PATH}/suggestions{query}", headers=person.headers)
    return response.status_code, await response.get_json()


@pytest.fixture
async def stocked(client: Client, ada: Person) -> Person:
    """Someone with tomatoes, eggs and cream."""
    for name, quantity, unit in (("Помидоры", 6, "piece"), ("Eggs", 6, "piece"), ("Cream", 200, "ml")):
        body = {"name": name, "quantity": quantity, "unit": unit, "category": "other"}
        response = await client.post(f"{PATH}/items", headers=ada.headers, json=body)
        assert response.status_code == 201, await response.get_json()
    return ada


async def test_suggestions_of_ones_own_kitchen(client: Client, stocked: Person) -> None:
    """Five at first, with a cursor from which the stream tells what changes."""
    response = await client.get(f"{PATH}/suggestions", headers=stocked.headers)
    body = await response.get_json()
    assert response.status_code == 200
    assert "Stream-Cursor" in response.headers
    assert len(body["data"]) == 5
    first = body["data"][0]
    assert first["dish"] == "tomato_egg"
    assert first["available"][0]["items"] == ["Помидоры"]
    assert first["missing"] == [{"name": "spring onions", "quantity": 30, "unit": "g", "is_optional": False}]


async def test_what_can_be_asked_for(client: Client, stocked: Person) -> None:
    """Diets, allergies, time, servings, language and how many."""
    status, body = await ask(
        client,
        stocked,
        "?limit=20&diets=vegetarian,nut_free&allergies=milk&max_minutes=60&servings=3&language=ru",
    )
    assert status == 200
    assert 0 < len(body["data"]) <= 20
    for found in body["data"]:
        assert {"vegetarian", "nut_free"} <= set(found["diets"])
        assert "milk" not in found["allergens"]
        assert found["minutes"] <= 60
        assert (found["servings"], found["language"]) == (3, "ru")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?limit=0", "/limit"),
        ("?limit=21", "/limit"),
        ("?diets=paleo", "/diets/0"),
        ("?diets=", "/diets/0"),
        ("?diets=vegan&diets=halal", "/diets"),
        ("?allergies=kiwi", "/allergies/0"),
        ("?max_minutes=0", "/max_minutes"),
        ("?servings=101", "/servings"),
        ("?language=klingon!", "/language"),
        ("?kitchen_id=mine", "/kitchen_id"),
        ("?colour=red", "/colour"),
    ],
)
async def test_what_cannot_be_asked_for(client: Client, ada: Person, query: str, pointer: str) -> None:
    """422, and the pointer names the parameter. A diet that nobody knows is not ignored."""
    status, body = await ask(client, ada, query)
    assert status == 422, body
    assert [error["pointer"] for error in body["errors"]] == [pointer]


async def test_a_kitchen_of_others_does_not_exist(client: Client, stocked: Person, grace: Person) -> None:
    """404, as for one that nobody has."""
    kitchens = await (await client.get("/api/v1/kitchens", headers=stocked.headers)).get_json()
    for kitchen_id in (kitchens["data"][0]["id"], uuid4()):
        status, _ = await ask(client, grace, f"?kitchen_id={kitchen_id}")
        assert status == 404
    assert await ask(client, grace) == (200, {"data": []})


async def test_the_documents_show_lists_as_they_are_written(client: Client) -> None:
    """Words with commas between."""
    paths = (await (await client.get("/openapi.json")).get_json())["paths"]
    parameters = {
        parameter["name"]: parameter["schema"]
        for parameter in paths[f"{PATH}/suggestions"]["get"]["parameters"]
    }
    assert parameters["diets"]["type"] == "string"
    assert "vegan" in parameters["diets"]["pattern"]
