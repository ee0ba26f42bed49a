"""Every dish of the cookbook, read as a careful editor would."""

import re
from collections import Counter

import pytest

from itcook.recipes.content import Allergen, Category, Diet
from itcook.recipes.cookbook.dishes import AMOUNT, Dish, Portion, cuisines, dishes
from itcook.recipes.cookbook.matcher import Match
from itcook.recipes.cookbook.provider import draft
from itcook.recipes.cookbook.scaling import scale
from itcook.recipes.cookbook.vocabulary import LANGUAGES, Language, vocabulary
from itcook.recipes.cookbook.words import stems
from tests.support.cookbook import dish as find_dish

every_dish = pytest.mark.parametrize("dish", dishes(), ids=lambda dish: dish.id)
every_language = pytest.mark.parametrize("language", LANGUAGES)

MINUTES = re.compile(r"(\d+) (?:minutes?|минут[уые]?)\b")
HOURS = re.compile(r"(\d+) (?:hours?|час(?:а|ов)?)\b")
# What a number in a step may count: what the ingredients do not.
MEASURED = re.compile(r"\d+ (?:minutes?|минут[уые]?|hours?|час(?:а|ов)?|°C|cm|mm|см|мм)(?!\w)")
MEANWHILE = ("Meanwhile", "Тем временем")
# Claims in descriptions, and the diets they claim.
CLAIMS = {"vegan": Diet.VEGAN, "постн": Diet.VEGAN, "без мяса": Diet.VEGETARIAN}
# Written with its parts as one word, or with another word for it.
ALSO_CALLED = {
    "white_fish": "fish",
    "eggplant": "aubergine",
    "cilantro": "coriander",
    "kidney_beans": "beans",
    "ground_meat": "mince",
}


def steps(dish: Dish, language: Language) -> str:
    return " ".join(dish.text(language).steps)


def named_minutes(text: str) -> int:
    return sum(map(int, MINUTES.findall(text))) + 60 * sum(map(int, HOURS.findall(text)))


def is_mentioned(portion: Portion, text: str) -> bool:
    """By the last word of one of its English names, in any form, or by its amount."""
    if any(found["food"] == portion.food.id for found in AMOUNT.finditer(text)):
        return True
    names = {stems(name)[-1] for name in portion.food.en} | set(stems(ALSO_CALLED.get(portion.food.id, "")))
    return bool(names & set(stems(text)))


def test_there_is_something_for_everyone() -> None:
    """At least 64 dishes, of 20 cuisines, in every category, for every diet."""
    assert len(dishes()) >= 64
    assert len({dish.entry.cuisine for dish in dishes()}) >= 20
    categories = Counter(dish.entry.category for dish in dishes())
    assert all(categories[category] >= 3 for category in set(Category) - {Category.OTHER})
    diets = Counter(diet for dish in dishes() for diet in dish.diets)
    assert all(diets[diet] >= 15 for diet in Diet), diets
    assert len({dish.id for dish in dishes()}) == len(dishes())
    for language in LANGUAGES:
        assert len({dish.text(language).title for dish in dishes()}) == len(dishes())


@every_dish
def test_a_cuisine_has_a_name(dish: Dish) -> None:
    """In both languages."""
    assert cuisines()[dish.entry.cuisine].keys() == set(LANGUAGES)


@every_dish
def test_steps_use_what_is_bought(dish: Dish) -> None:
    """Each ingredient is in a step, but salt, sugar and the like, which everyone has."""
    text = steps(dish, "en")
    forgotten = [
        portion.food.id
        for portion in dish.portions
        if not portion.food.staple and not is_mentioned(portion, text)
    ]
    assert forgotten == []


@every_dish
def test_water_is_measured(dish: Dish) -> None:
    """Water that belongs to the dish has its amount in the steps, so that it is scaled with the rest."""
    if "water" in dish.entry.ingredients and dish.id != "oyakodon":
        assert "{water" in steps(dish, "en")


@every_dish
def test_both_languages_say_the_same(dish: Dish) -> None:
    """Step by step, the same numbers and amounts."""
    english, russian = dish.entry.en.steps, dish.entry.ru.steps
    assert len(english) == len(russian)
    for one, other in zip(english, russian, strict=True):
        assert sorted(re.findall(r"\d+", one)) == sorted(re.findall(r"\d+", other)), (one, other)
        assert sorted(AMOUNT.findall(one)) == sorted(AMOUNT.findall(other)), (one, other)
    assert not re.search("[а-яё]", steps(dish, "en"), re.IGNORECASE)
    assert re.search("[а-яё]", dish.entry.ru.title, re.IGNORECASE)


@every_dish
@every_language
def test_amounts_stand_in_the_ingredients_only(dish: Dish, language: Language) -> None:
    """A number in a step is a time, a temperature or a length; others would not be scaled."""
    text = MEASURED.sub("", AMOUNT.sub("", steps(dish, language)))
    assert not re.search(r"\d", text), text


@every_dish
@every_language
def test_times_add_up(dish: Dish, language: Language) -> None:
    """Cooking is in the steps, and those that come one after another fit into the time."""
    in_turn = [step for step in dish.text(language).steps if not step.startswith(MEANWHILE)]
    assert dish.entry.cook_minutes / 2 <= sum(map(named_minutes, in_turn)) <= dish.minutes


@every_dish
def test_temperatures_are_an_ovens(dish: Dish) -> None:
    """140 to 250 °C."""
    for temperature in re.findall(r"(\d+) °C", steps(dish, "en")):
        assert 140 <= int(temperature) <= 250


@every_dish
@every_language
def test_a_description_claims_no_diet_in_vain(dish: Dish, language: Language) -> None:
    """What is called vegan is vegan."""
    said = dish.text(language).description.lower()
    assert all(diet in dish.diets for word, diet in CLAIMS.items() if word in said)


@pytest.mark.parametrize(
    ("identifier", "fits", "does_not_fit"),
    [
        ("borscht", {Diet.GLUTEN_FREE, Diet.HALAL}, {Diet.VEGETARIAN, Diet.DAIRY_FREE}),
        ("hummus", set(Diet), set()),
        ("carbonara", set(), {Diet.HALAL, Diet.PESCATARIAN, Diet.GLUTEN_FREE, Diet.EGG_FREE}),
        ("mushroom_risotto", {Diet.PESCATARIAN}, {Diet.VEGETARIAN, Diet.HALAL}),
        ("pad_thai", {Diet.PESCATARIAN, Diet.DAIRY_FREE}, {Diet.VEGETARIAN, Diet.NUT_FREE}),
        ("porridge", {Diet.VEGETARIAN}, {Diet.VEGAN, Diet.GLUTEN_FREE}),
        ("miso_soup", {Diet.PESCATARIAN}, {Diet.VEGAN, Diet.GLUTEN_FREE}),
        ("banana_bread", {Diet.VEGETARIAN}, {Diet.NUT_FREE, Diet.EGG_FREE}),
        ("teriyaki_salmon", {Diet.DAIRY_FREE}, {Diet.HALAL, Diet.VEGETARIAN}),
    ],
)
def test_diets_follow_from_the_ingredients(identifier: str, fits: set[Diet], does_not_fit: set[Diet]) -> None:
    """Hidden ones too: soy sauce has wheat, parmesan rennet, mirin alcohol; and those that are optional."""
    diets = set(find_dish(identifier).diets)
    assert fits <= diets
    assert not does_not_fit & diets


def test_allergens_follow_from_the_ingredients() -> None:
    """Pad thai has five."""
    assert find_dish("pad_thai").allergens == (
        Allergen.CRUSTACEANS,
        Allergen.EGGS,
        Allergen.FISH,
        Allergen.PEANUTS,
        Allergen.SULPHITES,
    )
    assert find_dish("guacamole").allergens == ()


@every_dish
@every_language
@pytest.mark.parametrize("servings", [1, 3, 100])
def test_every_dish_is_a_recipe(dish: Dish, language: Language, servings: int) -> None:
    """For any servings it passes as what a person writes, with every amount filled in."""
    made = draft(Match(dish, servings, scale(dish, servings), ()), language)
    assert made.servings == servings
    assert len(made.ingredients) == len(dish.portions)
    assert all(ingredient.quantity for ingredient in made.ingredients)
    assert not re.search("[{}]", " ".join(made.instructions))


def test_the_vocabulary_is_read_once() -> None:
    """Dishes share its foods."""
    assert find_dish("borscht").portions[0].food is vocabulary()["beef"]
