"""The provider: a wish goes in, a whole recipe comes out, or a reason."""

import pytest

from itcook.recipes.content import Allergen, Diet, Difficulty, Draft
from itcook.recipes.cookbook import Cookbook
from itcook.recipes.cookbook.dishes import cuisines
from itcook.recipes.cookbook.provider import find_cuisine
from itcook.recipes.cookbook.wording import MAX_REASON
from itcook.recipes.provider import CannotMakeError, Provider, Supply, Wish


async def make(wish: Wish) -> Draft:
    provider: Provider = Cookbook()
    return await provider.make(wish)


async def refusal(wish: Wish) -> str:
    with pytest.raises(CannotMakeError) as refused:
        await make(wish)
    assert 0 < len(refused.value.reason) <= MAX_REASON
    return refused.value.reason


async def test_a_dish_for_what_is_named() -> None:
    """With the amounts of the asked servings, in the list and in the steps."""
    draft = await make(Wish(ingredients=("chickpeas", "tahini"), servings=8))
    assert (draft.title, draft.servings, draft.language) == ("Hummus", 8, "en")
    amounts = [(ingredient.name, ingredient.quantity, ingredient.unit) for ingredient in draft.ingredients]
    assert {("canned chickpeas", 800, "g"), ("water", 120, "ml")} <= set(amounts)
    assert "120 ml ice-cold water" in draft.instructions[1]
    assert set(draft.diets) == set(Diet)


async def test_a_dish_for_the_fridge() -> None:
    """What expires first decides."""
    salmon = Supply(name="Salmon fillet", quantity=300, unit="g", days_left=0)
    chicken = Supply(name="Chicken", quantity=2, unit="kg", days_left=None)
    assert (await make(Wish(from_fridge=(salmon, chicken)))).title == "Teriyaki salmon"


async def test_what_is_named_is_in_the_dish() -> None:
    """However much else would be used up."""
    fridge = tuple(
        Supply(name=name, quantity=1, unit="kg", days_left=0) for name in ("feta", "cucumbers", "olives")
    )
    draft = await make(Wish(ingredients=("lamb",), from_fridge=fridge))
    assert "lamb" in {ingredient.name for ingredient in draft.ingredients}


@pytest.mark.parametrize("language", ["ru", "ru-RU", "RU"])
async def test_a_russian_recipe(language: str) -> None:
    """Title, ingredients, notes and steps; the diets and units are words of the interface."""
    draft = await make(Wish(ingredients=("свёкла", "капуста", "говядина"), servings=6, language=language))
    assert (draft.title, draft.language) == ("Борщ", "ru")
    assert draft.ingredients[-1].note == "по желанию"
    assert draft.ingredients[0].model_dump() == {
        "name": "говядина", "quantity": 600, "unit": "g", "note": None
    }  # fmt: skip
    assert "холодной водой (2500 мл)" in draft.instructions[0]


async def test_a_language_that_the_cookbook_does_not_speak() -> None:
    """English, and it says so."""
    assert (await make(Wish(ingredients=("rice",), language="de"))).language == "en"


async def test_every_condition_holds() -> None:
    """All at once."""
    draft = await make(
        Wish(
            cuisine="Indian",
            diets=(Diet.VEGAN,),
            allergies=(Allergen.CELERY,),
            max_minutes=60,
            difficulty=Difficulty.EASY,
        )
    )
    assert draft.title == "Chana masala"
    assert draft.prep_minutes + draft.cook_minutes <= 60


async def test_the_same_wish_has_the_same_recipe() -> None:
    """A wish that is tried again, too."""
    wish = Wish(ingredients=("tomatoes", "eggs"))
    assert await make(wish) == await make(wish)


@pytest.mark.parametrize("text", ["Italian", "italian cuisine", "итальянская", "ИТАЛЬЯНСКОЙ кухни"])
def test_a_cuisine_is_found_by_its_name(text: str) -> None:
    """In either language."""
    assert find_cuisine(text) == "italian"


def test_every_cuisine_is_found() -> None:
    """By its own word, too."""
    for cuisine, names in cuisines().items():
        assert {find_cuisine(text) for text in (cuisine, *names.values())} == {cuisine}


async def test_why_nothing_fits() -> None:
    """The reason names what to change, in the person's language."""
    assert "other cuisines: American, " in await refusal(Wish(cuisine="Martian"))
    assert "другие кухни: американская, " in await refusal(Wish(cuisine="марсианская", language="ru"))
    assert "allow more time" in await refusal(Wish(max_minutes=1))
    assert "дайте больше времени" in await refusal(Wish(max_minutes=1, language="ru"))
    assert "uses dragonfruit." in await refusal(Wish(ingredients=("dragonfruit",)))
    assert "Name others" in await refusal(Wish(ingredients=("x" * 500,)))
    toothpaste = Supply(name="Toothpaste", quantity=1, unit="piece", days_left=None)
    assert "uses what is there." in await refusal(Wish(from_fridge=(toothpaste,)))
    assert "не идёт говядина." in await refusal(
        Wish(ingredients=("говядина",), diets=(Diet.VEGAN,), language="ru")
    )
