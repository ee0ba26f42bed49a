"""The matcher: what holds for every fridge, and what it says of believable ones."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itcook.recipes.content import Allergen, Category, Diet, Difficulty
from itcook.recipes.cookbook.dishes import EXCLUDED, Dish, dishes
from itcook.recipes.cookbook.matcher import SOON_DAYS, Item, Match, Taste
from itcook.recipes.cookbook.scaling import round_up, scale, smallest_step
from itcook.recipes.cookbook.vocabulary import vocabulary
from tests.support.cookbook import dish, matched, ranked, titles

# Few enough that a fridge has several of one food, and a food beside its substitute.
FOODS = "lime lemon sour_cream yogurt kefir milk tomato onion red_onion egg spinach rice salmon soy_sauce"
NAMES = [name for food in FOODS.split() for name in (vocabulary()[food].en[0], vocabulary()[food].ru[0])]
UNITS = ["g", "kg", "ml", "l", "piece", "pack", "tbsp", "bunch"]

items = st.builds(
    Item,
    name=st.sampled_from([*NAMES, "Brand X", "toothpaste"]),
    quantity=st.none() | st.floats(min_value=0, max_value=5000),
    unit=st.sampled_from(UNITS),
    days_left=st.none() | st.integers(min_value=-3, max_value=30),
    id=st.uuids(),
)
fridges = st.lists(items, max_size=15)
# A fridge where nearly all is of two foods, one of which stands in for the other.
alike = st.builds(
    Item,
    name=st.sampled_from(["lime", "lemon"]),
    quantity=st.integers(min_value=1, max_value=9).map(float),
    unit=st.just("piece"),
    days_left=st.integers(min_value=0, max_value=SOON_DAYS),
    id=st.uuids(),
)
similar = st.lists(alike, max_size=4)
tastes = st.builds(
    Taste,
    diets=st.frozensets(st.sampled_from(Diet), max_size=3),
    allergies=st.frozensets(st.sampled_from(Allergen), max_size=3),
    max_minutes=st.none() | st.integers(min_value=1, max_value=200),
    difficulty=st.none() | st.sampled_from(Difficulty),
    cuisine=st.none() | st.sampled_from(["italian", "thai"]),
    category=st.none() | st.sampled_from(Category),
)
days = st.integers(min_value=0, max_value=10)
some_dish = st.sampled_from(dishes())


def told(matches: list[Match]) -> list[tuple[object, ...]]:
    return [(found.dish.id, found.score, found.coverage, found.uses_soon, found.lines) for found in matches]


@settings(max_examples=60, deadline=None)
@given(fridges, tastes)
def test_diets_and_allergies_are_never_violated(fridge: list[Item], taste: Taste) -> None:
    """By no ingredient, optional or not, nor by what stands in for it; and the rest of the taste holds."""
    forbidden = set(taste.allergies).union(*(EXCLUDED[diet] for diet in taste.diets))
    for found in ranked(*fridge, taste=taste):
        assert not any(portion.food.traits & forbidden for portion in found.portions)
        assert not any(line.food.traits & forbidden for line in found.lines)
        assert taste.max_minutes is None or found.dish.minutes <= taste.max_minutes
        assert taste.difficulty in {None, found.dish.entry.difficulty}
        assert taste.cuisine in {None, found.dish.entry.cuisine}
        assert taste.category in {None, found.dish.entry.category}


@settings(max_examples=60, deadline=None)
@given(fridges, tastes)
def test_the_same_fridge_has_the_same_answer(fridge: list[Item], taste: Taste) -> None:
    """In whatever order its items are read."""
    shuffled = sorted(fridge, key=lambda item: str(item.id)[::-1])
    assert told(ranked(*fridge, taste=taste)) == told(ranked(*shuffled, taste=taste))


@settings(max_examples=60, deadline=None)
@given(fridges | similar, items | alike)
def test_more_never_lowers_coverage(fridge: list[Item], item: Item) -> None:
    """Whatever comes into the fridge, no dish lacks more than before."""
    before = {found.dish.id: found.coverage for found in ranked(*fridge)}
    after = {found.dish.id: found.coverage for found in ranked(*fridge, item)}
    assert all(after.get(name, 0) >= coverage - 1e-9 for name, coverage in before.items() if fridge)


@settings(max_examples=100, deadline=None)
@given(fridges | similar, items | alike, days, days)
def test_what_expires_sooner_never_makes_its_dishes_fall(
    fridge: list[Item], item: Item, one: int, other: int
) -> None:
    """A dish that used the item, and does, is passed by no dish that it was ahead of."""
    sooner, later = sorted((one, other))
    before = _uses(ranked(*fridge, _due(item, later)), item)
    after = _uses(ranked(*fridge, _due(item, sooner)), item)
    order = list(before)
    for place, name in enumerate(order):
        if not (before[name] and after.get(name)):
            continue
        now_ahead = set(list(after)[: list(after).index(name)])
        assert not now_ahead & set(order[place + 1 :]), name


def _due(item: Item, days_left: int) -> Item:
    return Item(item.name, item.quantity, item.unit, days_left, item.id)


def _uses(matches: list[Match], item: Item) -> dict[str, bool]:
    return {
        found.dish.id: any(used.id == item.id for line in found.lines for used in line.used[:1])
        for found in matches
    }


@given(some_dish, st.integers(min_value=1, max_value=100))
def test_scaling_is_linear_within_rounding(found: Dish, servings: int) -> None:
    """To half of what can be measured; and nothing becomes nothing."""
    factor = servings / found.entry.servings
    for written, scaled in zip(found.portions, scale(found, servings), strict=True):
        exact = written.quantity * factor
        step = smallest_step(written.food, exact, written.unit)
        assert scaled.quantity > 0
        assert abs(scaled.quantity - exact) <= max(step / 2, step - exact) + 1e-9
        assert (scaled.food, scaled.unit, scaled.optional) == (written.food, written.unit, written.optional)


@given(some_dish)
def test_its_own_servings_leave_a_dish_as_it_is(found: Dish) -> None:
    """To the gram."""
    assert scale(found, found.entry.servings) == found.portions


@given(some_dish, st.floats(min_value=0.01, max_value=50))
def test_rounding_up_is_never_too_little(found: Dish, factor: float) -> None:
    """And by less than one step too much."""
    for portion in (replace(portion, quantity=portion.quantity * factor) for portion in found.portions):
        bought = round_up(portion)
        step = smallest_step(portion.food, portion.quantity, portion.unit)
        assert portion.quantity - 1e-3 <= bought.quantity < portion.quantity + step


def test_eggs_stay_whole() -> None:
    """Half a carbonara for one, of four eggs for four, has one."""
    eggs = {servings: scale(dish("carbonara"), servings)[2].quantity for servings in (1, 2, 3, 5)}
    assert eggs == {1: 1, 2: 2, 3: 3, 5: 5}
    assert scale(dish("syrniki"), 1)[1].quantity == 1


def test_a_fridge_before_the_holidays() -> None:
    """What expires today decides among what can be cooked at all."""
    found = ranked(
        Item("Baby spinach", 500, "g", days_left=0),
        Item("Paneer", 225, "g", days_left=2),
        Item("Onions", 4, "piece"),
        Item("Tomatoes", 3, "piece", days_left=4),
        Item("Garlic", 1, "pack"),
        Item("Rice", 1, "kg"),
        Item("Milk", 1, "l", days_left=6),
        Item("Eggs", 6, "piece", days_left=14),
    )
    assert found[0].dish.id == "palak_paneer"
    assert [item.name for item in found[0].uses_soon] == ["Baby spinach", "Paneer", "Tomatoes"]


def test_a_russian_fridge() -> None:
    """Item names as people write them in Russian."""
    names = titles(
        Item("Творог 5%", 500, "g", days_left=1),
        Item("Яйца С1", 10, "piece", days_left=10),
        Item("Мука пшеничная", 2, "kg"),
        Item("Сметана", 200, "g", days_left=3),
    )
    assert names[0] == "syrniki"


def test_one_who_has_everything_misses_nothing() -> None:
    """Coverage is 1, and nothing is to be bought."""
    everything = [
        Item(portion.food.en[0], portion.quantity, portion.unit) for portion in dish("borscht").portions
    ]
    found = matched("borscht", *everything)
    assert (found.coverage, found.missing) == (1, ())
    assert [portion.food.id for portion in found.staples] == ["oil", "sugar", "salt", "water"]


def test_too_little_is_told_with_what_is_to_be_bought() -> None:
    """In the dish's own units, although the fridge counts otherwise."""
    found = matched("deruny", Item("картошка", 4, "piece"), servings=4)
    potatoes = found.lines[0]
    assert potatoes.share == pytest.approx(0.6)
    assert not potatoes.is_enough
    assert (potatoes.missing.quantity, potatoes.missing.unit) == (400, "g")


def test_items_of_one_food_add_up_soonest_first() -> None:
    """And only those that are needed are taken."""
    found = matched(
        "hot_chocolate",
        Item("Milk", 1, "l", days_left=9),
        Item("Молоко", 200, "ml", days_left=1),
        Item("Whole milk", 200, "ml", days_left=0),
        Item("Milk", 5, "l", days_left=20),
    )
    assert [item.days_left for item in found.lines[0].items] == [0, 1, 9]
    assert [item.days_left for item in found.uses_soon] == [0, 1]
    assert found.lines[0].share == 1


def test_a_second_pack_is_no_second_reason() -> None:
    """Two half litres that expire today are as urgent as one litre."""
    halves = [Item(name, 500, "ml", days_left=0) for name in ("Milk", "Whole milk")]
    one = matched("hot_chocolate", Item("Milk", 1, "l", days_left=0), servings=4)
    assert matched("hot_chocolate", *halves, servings=4).score == one.score


def test_what_cannot_be_weighed_is_enough() -> None:
    """Nobody knows how much a bunch is; whoever has one looks."""
    found = matched("borscht", Item("dill", 1, "bunch"))
    assert found.available[0].share == 1


def test_what_is_past_its_day_is_not_cooked() -> None:
    """Today is the last day."""
    assert matched("caprese", Item("mozzarella", 300, "g", days_left=-1)).available == ()
    assert matched("caprese", Item("mozzarella", 300, "g", days_left=0)).available != ()
    assert ranked(Item("mozzarella", 300, "g", days_left=-1)) == []


def test_a_substitute_stands_in() -> None:
    """And is told as what it is; the food itself comes first."""
    (line,) = matched("ceviche", Item("lemon", 6, "piece")).available
    assert (line.portion.food.id, line.food.id, line.is_enough) == ("lime", "lemon", True)
    (line,) = matched("ceviche", Item("lemon", 9, "piece"), Item("lime", 6, "piece")).available
    assert line.food.id == "lime"


def test_coconut_milk_is_no_milk() -> None:
    """A green curry is there, a hot chocolate is not."""
    found = titles(Item("coconut milk", 400, "ml"))
    assert "green_curry" in found
    assert "hot_chocolate" not in found


def test_a_spoon_does_not_use_up_a_jar() -> None:
    """An item is told as used up only where a quarter of it is."""
    fridge = [Item("Yoghurt", 2, "kg", days_left=1), Item("Cabbage", 1, "kg"), Item("Carrots", 5, "piece")]
    assert matched("coleslaw", *fridge).uses_soon == ()
    assert [item.name for item in matched("ayran", Item("Yoghurt", 400, "g", days_left=1)).uses_soon] == [
        "Yoghurt"
    ]


@pytest.mark.parametrize(("days_left", "urgency"), [(None, 0), (0, 1), (SOON_DAYS, 0), (SOON_DAYS + 9, 0)])
def test_urgency(days_left: int | None, urgency: float) -> None:
    """From today to a week."""
    assert Item("milk", days_left=days_left).urgency == urgency


def test_equals_are_in_the_order_of_their_titles() -> None:
    """With nothing in the fridge all dishes are equal."""
    found = [match.dish.entry.en.title for match in ranked()]
    assert found == sorted(found)
    assert len(found) == len(dishes())
