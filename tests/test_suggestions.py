"""Suggestions for a kitchen: whose items, which day, in which language."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Database
from itcook.errors import NotFoundError
from itcook.fridge.fields import Unit
from itcook.kitchens import households
from itcook.pages import PageQuery
from itcook.recipes.content import Diet
from itcook.recipes.cookbook.matcher import Taste
from itcook.settings import Settings
from itcook.suggestions import Suggestion, suggest
from tests.support.community import sign_up
from tests.support.kitchens import home, let_in, put

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty database, open."""
    database = Database(settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def cook(database: Database) -> Principal:
    """Whose home it is."""
    return await sign_up("Ada Lovelace")


async def best(reader: Principal, **more: object) -> list[Suggestion]:
    found = await suggest(reader, Taste(), 3, clock=lambda: NOW, **more)  # type: ignore[arg-type] # passed on
    return found.data


async def test_an_empty_kitchen_has_no_suggestions(cook: Principal) -> None:
    """Rather than the first dishes of the book."""
    assert await best(cook) == []


async def test_a_suggestion_explains_itself(cook: Principal) -> None:
    """What is there, what is not, what it saves, and how it is cooked."""
    oats = await put(cook, "Rolled oats", quantity="60", unit=Unit.GRAM)
    milk = await put(cook, "Milk 3.2%", quantity="1", unit=Unit.LITRE, expires_on=TODAY)
    (porridge, *_) = await best(cook, servings=2)
    assert porridge.dish == "porridge"
    assert oats.kitchen_id == milk.kitchen_id
    assert [ingredient.model_dump() for ingredient in porridge.available] == [
        {
            "name": "rolled oats",
            "quantity": 100,
            "unit": "g",
            "is_optional": False,
            "is_enough": False,
            "items": ["Rolled oats"],
        },
        {
            "name": "milk",
            "quantity": 300,
            "unit": "ml",
            "is_optional": False,
            "is_enough": True,
            "items": ["Milk 3.2%"],
        },
    ]
    assert [(missing.name, missing.quantity, missing.is_optional) for missing in porridge.missing] == [
        ("rolled oats", 40, False),
        ("bananas", 1, True),
        ("honey", 1, True),
    ]
    assert [(used.item_id, used.days_left) for used in porridge.uses_soon] == [(milk.id, 0)]
    assert [staple.name for staple in porridge.staples] == ["water", "salt"]
    assert porridge.reason == "Uses up Milk 3.2% (good until today); you have 1 of 2 ingredients."
    assert porridge.coverage == 0.8
    assert porridge.instructions[0].startswith("Bring the oats, 300 ml milk, 250 ml water")


async def test_today_is_the_kitchens_own(cook: Principal) -> None:
    """On Kiritimati it is tomorrow already: what was good until today is past."""
    await put(cook, "Milk", expires_on=TODAY)
    await put(cook, "Rice", quantity="1", unit=Unit.KILOGRAM)
    assert any(found.uses_soon for found in await best(cook))
    await models.Kitchen.filter(home_of_id=cook.user_id).update(time_zone="Pacific/Kiritimati")
    assert not any(found.uses_soon for found in await best(cook))


async def test_the_language_is_the_readers_own(cook: Principal) -> None:
    """Unless another is asked for."""
    await put(cook, "Яйца", quantity="6", unit=Unit.PIECE)
    assert {found.language for found in await best(cook)} == {"en"}
    await models.User.filter(id=cook.user_id).update(language="ru-RU")
    (first, *_) = await best(cook)
    assert (first.language, first.reason[:5]) == ("ru", "Есть ")
    assert {found.language for found in await best(cook, language="en-GB")} == {"en"}


async def test_another_kitchen_is_for_its_members(cook: Principal) -> None:
    """404 for everyone else, also when there is no such kitchen."""
    owner = await sign_up("Grace Hopper")
    kitchen_id = (await home(owner)).id
    await put(owner, "Eggs", quantity="6", unit=Unit.PIECE)
    with pytest.raises(NotFoundError):
        await best(cook, kitchen_id=kitchen_id)
    await let_in(owner, kitchen_id, cook)
    assert await best(cook, kitchen_id=kitchen_id) == await best(owner)
    assert await best(cook) == []
    assert len((await households.kitchens_of(cook, PageQuery())).data) == 2


async def test_taste_and_limit(cook: Principal) -> None:
    """The core passes on what was asked for."""
    for name in ("Eggs", "Tomatoes", "Onions", "Rice"):
        await put(cook, name, quantity="6", unit=Unit.PIECE)
    found = await suggest(cook, Taste(diets=frozenset({Diet.VEGAN}), max_minutes=60), 2, clock=lambda: NOW)
    assert len(found.data) == 2
    assert all(Diet.VEGAN in dish.diets and dish.minutes <= 60 for dish in found.data)
