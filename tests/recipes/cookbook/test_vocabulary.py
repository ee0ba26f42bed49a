"""What a text from a fridge means, and above all what it does not."""

import pytest

from itcook.fridge.fields import MAX_QUANTITY, Unit
from itcook.recipes.cookbook.amounts import to_grams, unit_weight
from itcook.recipes.cookbook.dishes import dishes
from itcook.recipes.cookbook.vocabulary import Food, Vocabulary, vocabulary

FOODS = list(vocabulary().foods.values())


def meaning(text: str) -> str | None:
    food = vocabulary().recognise(text)
    return food.id if food else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fresh TOMATOES, 500g", "tomato"),
        ("tomato", "tomato"),
        ("Organic cherry tomatoes", "tomato"),
        ("Молоко Простоквашино 3,2%", "milk"),
        ("Milk 3.2 % Dairy Farm", "milk"),
        ("Barilla Spaghetti n. 5", "spaghetti"),
        ("филе трески замороженное", "white_fish"),
        ("помидоров", "tomato"),
        ("томаты черри", "tomato"),
        ("куриные яйца С1", "egg"),
        ("десяток яиц", "egg"),
        ("масло сливочное 82%", "butter"),
        ("leftover roast chicken", "chicken"),
        ("crème fraîche", "sour_cream"),
        ("Jalapeño", "chili"),
        ("red onion", "red_onion"),
        ("огурцы свежие", "cucumber"),
        ("огурцы солёные", "pickle"),
    ],
)
def test_free_text_is_recognised(text: str, expected: str) -> None:
    """Case, number, brands, freshness, order of words, either language."""
    assert meaning(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brocolli", "broccoli"),
        ("mozarella", "mozzarella"),
        ("avacado", "avocado"),
        ("chiken breast", "chicken"),
        ("spagetti", "spaghetti"),
        ("cinammon", "cinnamon"),
        ("баклажн", "eggplant"),
        ("моцарела", "mozzarella"),
    ],
)
def test_a_typing_error_is_forgiven(text: str, expected: str) -> None:
    """Where only one word is close."""
    assert meaning(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "shame",
        "batter",
        "bitter lemonade",
        "tomato soup",
        "apple juice",
        "beef and onion pie",
        "butter cookies",
        "chocolate cake",
        "cat food with chicken",
        "сок томатный",
        "йогурт питьевой со вкусом клубники",
        "pepper",
        "перец",
        "масло",
        "gluten-free flour",
        "vegan cheese",
        "chicken noodles",
        "toothpaste",
        "",
        "3.2%",
        "g",
    ],
)
def test_rather_nothing_than_the_wrong_thing(text: str) -> None:
    """What only contains a food, or may be two, is neither."""
    assert meaning(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coconut milk", "coconut_milk"),
        ("almond milk", "plant_milk"),
        ("condensed milk", "condensed_milk"),
        ("milk chocolate", "white_chocolate"),
        ("peanut butter", "peanut_butter"),
        ("sour cream", "sour_cream"),
        ("cream cheese", "cream_cheese"),
        ("ice cream", "ice_cream"),
        ("eggplant", "eggplant"),
        ("egg noodles", "egg_noodles"),
        ("rice noodles", "rice_noodles"),
        ("sweet potato", "sweet_potato"),
        ("watermelon", "watermelon"),
        ("кокосовое молоко", "coconut_milk"),
        ("томатная паста", "tomato_paste"),
        ("ham", "ham"),
        ("beef", "beef"),
        ("beet", "beetroot"),
    ],
)
def test_a_longer_name_is_another_food(text: str, expected: str) -> None:
    """Coconut milk is no milk."""
    assert meaning(text) == expected


@pytest.mark.parametrize("food", FOODS, ids=lambda food: food.id)
def test_every_name_means_its_food(food: Food) -> None:
    """As it is written, and in capitals."""
    for name in food.en + food.ru:
        assert meaning(name) == meaning(name.upper()) == food.id


def test_no_two_foods_share_a_name() -> None:
    """It would be a matter of luck which one is meant."""
    with pytest.raises(AssertionError, match="names both"):
        Vocabulary([Food(id="a", en=("Peas",), ru=("горох",)), Food(id="b", en=("pea",), ru=("нут",))])


@pytest.mark.parametrize("food", FOODS, ids=lambda food: food.id)
def test_a_substitute_brings_nothing_that_is_avoided(food: Food) -> None:
    """Else a dish that keeps to a diet would not, once cooked with what is there."""
    for substitute in food.substitutes:
        assert vocabulary()[substitute].traits <= food.traits


def test_units_are_compared_by_weight() -> None:
    """In as many units as a food is measured in."""
    known = vocabulary()
    assert to_grams(known["flour"], 1, "kg") == 1000
    assert to_grams(known["milk"], 2, "cup") == pytest.approx(494.4)
    assert to_grams(known["egg"], 3, "piece") == 165
    assert to_grams(known["canned_tomatoes"], 2, "can") == 800
    assert to_grams(known["garlic"], 2, "clove") == 10
    assert to_grams(known["dill"], 1, "bunch") is None
    assert to_grams(known["beef"], 1, "l") is None


@pytest.mark.parametrize("food", FOODS, ids=lambda food: food.id)
def test_conversion_goes_there_and_back(food: Food) -> None:
    """From each unit of the fridge to each other; none is an accident."""
    weights = {unit: unit_weight(food, unit) for unit in Unit}
    known = {unit: weight for unit, weight in weights.items() if weight is not None}
    assert {Unit.MILLIGRAM, Unit.GRAM, Unit.KILOGRAM, Unit.OUNCE, Unit.POUND} <= known.keys()
    for unit, weight in known.items():
        grams = to_grams(food, 7, unit)
        assert grams is not None
        assert weight > 0
        assert grams / weight == pytest.approx(7)
        assert 0 < grams * MAX_QUANTITY < float("inf")


def test_the_vocabulary_has_what_the_dishes_need() -> None:
    """And each amount has a weight."""
    for dish in dishes():
        for portion in dish.portions:
            assert to_grams(portion.food, portion.quantity, portion.unit), (dish.id, portion.food.id)
