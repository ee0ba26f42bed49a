"""Looking for recipes: what is found, by whom."""

from typing import Any

import pytest

from itcook.auth.principal import Principal
from itcook.pages import PageQuery
from itcook.recipes import favourites, recipes
from itcook.recipes.content import Category, Changes, Diet, Difficulty
from itcook.recipes.search import Search, search
from tests.support.recipes import draft

EVERYTHING = PageQuery(limit=100)


async def titles(reader: Principal, **wanted: Any) -> list[str]:
    page = await search(reader, EVERYTHING, Search(**wanted))
    return [recipe.title for recipe in page.data]


@pytest.fixture
async def shelf(author: Principal) -> None:
    """Four public recipes and a private one."""
    onion = [{"name": "Лук", "quantity": 1, "unit": "piece"}]
    for changes in (
        {"title": "Pad Thai", "cuisine": "Thai", "category": "main", "cook_minutes": 10, "tags": ["hot"]},
        {"title": "50% rye_bread", "category": "side", "difficulty": "hard", "diets": ["vegan"]},
        {"title": "Борщ", "ingredients": onion, "tags": ["hot", "very hot"]},
        {"title": "Tom Yum", "cuisine": "thai", "diets": ["dairy_free", "vegan"], "description": "СУП"},
    ):
        await recipes.create_recipe(author, draft(**changes), is_public=True)
    await recipes.create_recipe(author, draft(title="Secret", cuisine="thai"), is_public=False)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["Tom Yum", "Борщ", "50% rye_bread", "Pad Thai"]),
        ({"text": "борЩ"}, ["Борщ"]),
        ({"text": "лук"}, ["Борщ"]),
        ({"text": "суп"}, ["Tom Yum"]),
        ({"text": "0%"}, ["50% rye_bread"]),
        ({"text": "%"}, ["50% rye_bread"]),
        ({"text": "e_b"}, ["50% rye_bread"]),
        ({"text": "d_t"}, []),
        ({"text": "\\"}, []),
        ({"text": "' OR 1=1 --"}, []),
        ({"cuisine": "thai"}, ["Tom Yum", "Pad Thai"]),
        ({"category": Category.SIDE}, ["50% rye_bread"]),
        ({"difficulty": Difficulty.HARD}, ["50% rye_bread"]),
        ({"max_minutes": 30}, ["Pad Thai"]),
        ({"tag": "hot"}, ["Борщ", "Pad Thai"]),
        ({"tag": "very hot"}, ["Борщ"]),
        ({"tag": "ho"}, []),
        ({"tag": "vegan"}, []),
        ({"diet": Diet.VEGAN}, ["Tom Yum", "50% rye_bread"]),
        ({"diet": Diet.VEGAN, "cuisine": "thai"}, ["Tom Yum"]),
        ({"mine": True}, []),
        ({"favourites": True}, []),
    ],
)
async def test_what_is_found(reader: Principal, wanted: dict[str, Any], found: list[str]) -> None:
    """Text is literal and has no case in any alphabet; conditions hold together; private is not found."""
    assert await titles(reader, **wanted) == found


@pytest.mark.usefixtures("shelf")
async def test_ones_own_and_ones_favourites(author: Principal, reader: Principal) -> None:
    """One's own include the private ones; a favourite that became private is no longer found."""
    assert await titles(author, mine=True, cuisine="thai") == ["Secret", "Tom Yum", "Pad Thai"]
    [soup] = (await search(reader, EVERYTHING, Search(text="борщ"))).data
    await favourites.keep(reader, soup.id)
    assert await titles(reader, favourites=True) == ["Борщ"]
    assert await titles(author, favourites=True) == []
    [seen] = (await search(reader, EVERYTHING, Search(text="борщ"))).data
    assert seen.is_favourite
    await recipes.edit_recipe(author, soup.id, Changes(is_public=False))
    assert await titles(reader, favourites=True) == []


@pytest.mark.usefixtures("shelf")
async def test_an_edited_recipe_is_found_by_what_it_says_now(author: Principal) -> None:
    """Not by what it said before."""
    [soup] = (await search(author, EVERYTHING, Search(text="борщ"))).data
    await recipes.edit_recipe(author, soup.id, Changes(title="Щи", tags=["sour"], diets=[]))
    assert await titles(author, text="борщ") == []
    assert await titles(author, text="щи") == ["Щи"]
    assert await titles(author, tag="very hot") == []
    assert await titles(author, tag="sour") == ["Щи"]


@pytest.mark.usefixtures("shelf")
async def test_results_page(reader: Principal) -> None:
    """Newest first, each page where the last one ended, also when conditions leave some out."""
    wanted = Search(max_minutes=60)
    first = await search(reader, PageQuery(limit=3), wanted)
    assert [recipe.title for recipe in first.data] == ["Tom Yum", "Борщ", "50% rye_bread"]
    rest = await search(reader, PageQuery(limit=3, before=first.next_before), wanted)
    assert [recipe.title for recipe in rest.data] == ["Pad Thai"]
    assert not rest.has_more
