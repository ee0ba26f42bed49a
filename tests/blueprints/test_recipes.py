"""The recipes' routes: what each answers, and with which headers."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from quart.typing import TestClientProtocol as Client

from itcook.identifiers import new_id
from itcook.models import Recipe, RecipeRequest
from itcook.services import Services
from itcook.settings import Settings
from tests.support.http import send
from tests.support.people import Person
from tests.support.recipes import BORSCHT
from tests.support.waiting import PATIENCE_SECONDS

PATH = "/api/v1/recipes"
WISH: dict[str, Any] = {"ingredients": ["tomatoes", "eggs"]}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Three recipes a day."""
    return settings.model_copy(update={"recipes_per_day": 3})


async def write(client: Client, author: Person, **changes: Any) -> dict[str, Any]:
    """A new recipe of `author`, public, as the answer shows it."""
    response = await client.post(PATH, headers=author.headers, json={**BORSCHT, "is_public": True, **changes})
    recipe: dict[str, Any] = await response.get_json()
    assert response.status_code == 201, recipe
    return recipe


async def get(client: Client, person: Person, path: str) -> Any:
    """The body of a GET that works."""
    response = await client.get(PATH + path, headers=person.headers)
    body = await response.get_json()
    assert response.status_code == 200, body
    return body


async def test_writing_a_recipe(client: Client, ada: Person) -> None:
    """201, `Location`, and the recipe at the top level; private unless it says otherwise."""
    response = await client.post(PATH, headers=ada.headers, json=BORSCHT)
    recipe = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PATH}/{recipe['id']}"
    assert UUID(recipe["id"]).version == 7
    assert recipe == {
        **BORSCHT,
        "id": recipe["id"],
        "author": {"id": str(ada.id), "name": "Ada Lovelace"},
        "ingredients": [
            {"name": "beetroot", "quantity": 500.0, "unit": "g", "note": None},
            {"name": "egg", "quantity": 2.0, "unit": None, "note": None},
            {"name": "salt", "quantity": None, "unit": None, "note": "to taste"},
        ],
        "cuisine": "ukrainian",
        "source": "person",
        "is_public": False,
        "rating": None,
        "ratings_count": 0,
        "own_stars": None,
        "is_favourite": False,
        "created_at": recipe["created_at"],
        "updated_at": recipe["created_at"],
    }
    assert await get(client, ada, f"/{recipe['id']}") == recipe


async def test_a_recipe_written_again_with_its_key_is_one(client: Client, ada: Person) -> None:
    """The Idempotency-Key is honoured."""
    headers = {**ada.headers, "Idempotency-Key": "k"}
    answers = [await client.post(PATH, headers=headers, json=BORSCHT) for _ in range(2)]
    assert len({(await answer.get_json())["id"] for answer in answers}) == 1
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert await Recipe.all().count() == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"ingredients": []}, "/ingredients"),
        ({"ingredients": [{"name": "egg", "quantity": 0}]}, "/ingredients/0/quantity"),
        ({"ingredients": [{"name": "egg", "quantity": 1.2345}]}, "/ingredients/0/quantity"),
        ({"ingredients": [{"name": "egg", "quantity": 1_000_001}]}, "/ingredients/0/quantity"),
        ({"ingredients": [{"name": "egg", "quantity": "2"}]}, "/ingredients/0/quantity"),
        ({"ingredients": [{"name": "egg", "quantity": True}]}, "/ingredients/0/quantity"),
        ({"ingredients": [{"name": "egg", "unit": "x" * 17}]}, "/ingredients/0/unit"),
        ({"ingredients": [{"name": "egg", "amount": 2}]}, "/ingredients/0/amount"),
        ({"instructions": ["Stir.", ""]}, "/instructions/1"),
        ({"prep_minutes": -1}, "/prep_minutes"),
        ({"servings": 0}, "/servings"),
        ({"servings": 2.0}, "/servings"),
        ({"difficulty": "impossible"}, "/difficulty"),
        ({"category": "brunch"}, "/category"),
        ({"tags": ["a", "A"]}, "/tags"),
        ({"tags": ["a\nb"]}, "/tags/0"),
        ({"diets": ["air"]}, "/diets/0"),
        ({"language": "english"}, "/language"),
        ({"source": "llm"}, "/source"),
        ({"author_id": "x"}, "/author_id"),
        ({"is_public": 1}, "/is_public"),
    ],
)
async def test_what_is_no_recipe(client: Client, ada: Person, changes: dict[str, Any], pointer: str) -> None:
    """422, with a pointer to the place; written or edited."""
    response = await client.post(PATH, headers=ada.headers, json={**BORSCHT, **changes})
    body = await response.get_json()
    assert (response.status_code, [error["pointer"] for error in body["errors"]]) == (422, [pointer])
    recipe = await write(client, ada)
    response = await client.patch(f"{PATH}/{recipe['id']}", headers=ada.headers, json=changes)
    body = await response.get_json()
    assert (response.status_code, [error["pointer"] for error in body["errors"]]) == (422, [pointer])


async def test_editing_and_deleting(client: Client, ada: Person, grace: Person) -> None:
    """200 with what is new, 204, then 404; 404 for others."""
    recipe = await write(client, ada)
    address = f"{PATH}/{recipe['id']}"
    for method in ("PATCH", "DELETE"):
        more = {"json": {"title": "Mine"}} if method == "PATCH" else {}
        assert (await send(client, method, address, headers=grace.headers, **more)).status_code == 404
    response = await client.patch(address, headers=ada.headers, json={"servings": 6, "title": None})
    edited = await response.get_json()
    assert (response.status_code, edited["servings"], edited["title"]) == (200, 6, "Borscht")
    response = await client.delete(address, headers=ada.headers)
    assert (response.status_code, await response.get_data()) == (204, b"")
    assert (await client.get(address, headers=ada.headers)).status_code == 404


async def test_keeping_and_rating(client: Client, ada: Person, grace: Person) -> None:
    """PUT and DELETE; stars from 1 to 5, never for one's own."""
    recipe = await write(client, ada)
    address = f"{PATH}/{recipe['id']}"
    for method, is_favourite in (("PUT", True), ("PUT", True), ("DELETE", False), ("DELETE", False)):
        response = await send(client, method, f"{address}/favourite", headers=grace.headers)
        assert await response.get_json() == {"recipe_id": recipe["id"], "is_favourite": is_favourite}
    for stars, status in ((0, 422), (6, 422), (4.5, 422), ("5", 422), (5, 200), (4, 200)):
        response = await client.put(f"{address}/rating", headers=grace.headers, json={"stars": stars})
        assert response.status_code == status, stars
    assert await response.get_json() == {
        "recipe_id": recipe["id"],
        "own_stars": 4,
        "rating": 4.0,
        "ratings_count": 1,
    }
    response = await client.put(f"{address}/rating", headers=ada.headers, json={"stars": 5})
    assert (response.status_code, (await response.get_json())["code"]) == (422, "self_rating")


async def test_finding(client: Client, ada: Person, grace: Person) -> None:
    """Every condition by its parameter; summaries without the long parts; pages; a cursor."""
    borscht = await write(client, ada)
    await write(client, ada, title="Cake", category="dessert", cuisine="french", difficulty="hard", tags=[])
    for query in (
        "q=BEET&category=soup",
        "cuisine=Ukrainian",
        "category=soup",
        "difficulty=easy",
        "tag=Winter&diet=vegetarian",
        "max_minutes=60&category=soup",
    ):
        found = (await get(client, grace, f"?{query}"))["data"]
        assert [recipe["id"] for recipe in found] == [borscht["id"]], query
    assert not {"ingredients", "instructions"} & set(found[0])
    assert (await get(client, grace, "?mine=true"))["data"] == []
    assert (await get(client, grace, "?favourites=true"))["data"] == []
    page = await get(client, ada, "?mine=true&limit=1")
    assert (len(page["data"]), page["has_more"]) == (1, True)
    page = await get(client, ada, f"?mine=true&limit=1&before={page['next_before']}")
    assert ([recipe["id"] for recipe in page["data"]], page["has_more"]) == ([borscht["id"]], False)
    response = await client.get(PATH, headers=ada.headers)
    assert "Stream-Cursor" in response.headers


@pytest.mark.parametrize(
    "query", ["q=", "category=brunch", "max_minutes=-1", "difficulty=", "q=a&q=b", "x=1"]
)
async def test_what_is_no_search(client: Client, ada: Person, query: str) -> None:
    """422."""
    assert (await client.get(f"{PATH}?{query}", headers=ada.headers)).status_code == 422


async def generate(
    client: Client, person: Person, body: dict[str, Any] = WISH, key: str | None = None
) -> Any:
    headers = {**person.headers, **({"Idempotency-Key": key} if key else {})}
    return await client.post(f"{PATH}/generate", headers=headers, json=body)


async def over(client: Client, person: Person, request_id: str) -> Any:
    """The request once it is neither queued nor running."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            request = await get(client, person, f"/requests/{request_id}")
            if request["status"] not in ("queued", "running"):
                return request
            await asyncio.sleep(0.01)


async def test_a_recipe_is_made_of_the_cookbook(client: Client, ada: Person, grace: Person) -> None:
    """202, `Location`, then done, with a recipe that is the asker's own; others find neither."""
    response = await generate(client, ada, {**WISH, "servings": 3})
    accepted = await response.get_json()
    assert response.status_code == 202
    assert (accepted["status"], accepted["recipe_id"], accepted["reason"]) == ("queued", None, None)
    assert response.headers["Location"] == f"{PATH}/requests/{accepted['request_id']}"
    done = await over(client, ada, accepted["request_id"])
    assert done["status"] == "done"
    recipe = await get(client, ada, f"/{done['recipe_id']}")
    assert (recipe["source"], recipe["is_public"], recipe["servings"]) == ("cookbook", False, 3)
    assert (await get(client, ada, "/requests"))["data"] == [done]
    assert (await get(client, grace, "/requests"))["data"] == []
    for path in (f"/requests/{done['request_id']}", f"/{done['recipe_id']}"):
        assert (await client.get(PATH + path, headers=grace.headers)).status_code == 404
    response = await client.get(f"{PATH}/requests", headers=ada.headers)
    assert "Stream-Cursor" in response.headers


async def test_cancelling_a_request(client: Client, ada: Person, grace: Person) -> None:
    """204 for one's own while it is open, 409 when it is over, 404 for others'."""
    request = await RecipeRequest.create(
        user_id=ada.id, wish={}, status="cancelled", attempts=0, created_at="2026-11-23T12:00:00Z"
    )
    address = f"{PATH}/requests/{request.id}"
    assert (await client.delete(address, headers=ada.headers)).status_code == 204
    assert (await client.delete(address, headers=grace.headers)).status_code == 404
    await RecipeRequest.filter(id=request.id).update(status="done")
    assert (await client.delete(address, headers=ada.headers)).status_code == 409


async def test_the_days_recipes_are_limited(client: Client, ada: Person, grace: Person) -> None:
    """429 with Retry-After for the fourth; what is sent again under its key is none more."""
    for key in ("a", "a", "b", "b", "c"):
        response = await generate(client, ada, key=key)
        assert response.status_code == 202
    response = await generate(client, ada)
    assert (response.status_code, (await response.get_json())["code"]) == (429, "recipes_per_day")
    assert 0 < int(response.headers["Retry-After"]) <= 86_400
    assert (await generate(client, ada, key="a")).status_code == 202
    assert (await generate(client, grace)).status_code == 202
    assert await RecipeRequest.filter(user_id=ada.id).count() == 3


async def test_a_key_raced_is_one_request(client: Client, ada: Person) -> None:
    """Twenty at once, one row, one answer."""
    answers = await asyncio.gather(*(generate(client, ada, key="k") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({(await answer.get_json())["request_id"] for answer in answers}) == 1
    assert await RecipeRequest.all().count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ingredients": ["x" * 81]}, "/ingredients/0"),
        ({"ingredients": ["egg"] * 31}, "/ingredients"),
        ({"ingredients": "egg"}, "/ingredients"),
        ({"from_fridge": "true"}, "/from_fridge"),
        ({"from_fridge": True}, "/from_fridge"),
        ({"kitchen_id": "01a209bd-88a1-73ef-8b79-a2df3c3ac31f"}, "/kitchen_id"),
        ({"diets": ["air"]}, "/diets/0"),
        ({"allergies": ["strawberries"]}, "/allergies/0"),
        ({"max_minutes": 0}, "/max_minutes"),
        ({"servings": 101}, "/servings"),
        ({"difficulty": "none"}, "/difficulty"),
        ({"language": "-"}, "/language"),
        ({"user_id": "x"}, "/user_id"),
    ],
)
async def test_what_is_no_wish(client: Client, ada: Person, body: dict[str, Any], pointer: str) -> None:
    """422, with a pointer to the place; it costs nothing of the day."""
    response = await generate(client, ada, body)
    answer = await response.get_json()
    assert (response.status_code, [error["pointer"] for error in answer["errors"]]) == (422, [pointer])
    assert await RecipeRequest.all().count() == 0


async def test_a_strangers_kitchen_is_not_cooked_from(client: Client, ada: Person) -> None:
    """404, as for one that does not exist."""
    body = {"from_fridge": True, "kitchen_id": str(new_id())}
    assert (await generate(client, ada, body)).status_code == 404


async def test_a_recipe_is_written_in_the_persons_own_language(
    client: Client, ada: Person, services: Services
) -> None:
    """Unless the wish names another."""
    for body, language in ((WISH, "en"), ({**WISH, "language": "ru"}, "ru")):
        response = await generate(client, ada, body)
        request_id = (await response.get_json())["request_id"]
        assert (await RecipeRequest.get(id=request_id)).wish["language"] == language
