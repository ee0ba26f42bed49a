"""What the cookbook says, in English and in Russian."""

from collections.abc import Sequence

from itcook.recipes.cookbook.dishes import AMOUNT, Portion
from itcook.recipes.cookbook.matcher import Item, Match
from itcook.recipes.cookbook.scaling import smallest_step, tidy
from itcook.recipes.cookbook.vocabulary import Language

_UNITS_RU = {
    "g": "г",
    "kg": "кг",
    "ml": "мл",
    "l": "л",
    "tsp": "ч. л.",
    "tbsp": "ст. л.",
    "piece": "шт.",
    "pack": "уп.",
    "can": "банка",
}
_NAMED_ITEMS = 3  # of one sentence: more would not be read
_NAMED_LENGTH = 80
MAX_REASON = 200  # characters that a `CannotMakeError` may have


def language_of(tag: str) -> Language:
    """The language of the cookbook for a BCP 47 tag: Russian if it is that, else English."""
    return "ru" if tag.lower().split("-")[0] == "ru" else "en"


def amount(quantity: float, unit: str, language: Language) -> str:
    """`1.5 tbsp` or `1,5 ст. л.`; a piece is only its number in English."""
    number = f"{quantity:g}"
    if language == "ru":
        return f"{number.replace('.', ',')} {_UNITS_RU[unit]}"
    return number if unit == "piece" else f"{number} {unit}"


def write_steps(match: Match, language: Language) -> list[str]:
    """The instructions, with the amounts of the match's servings filled in."""
    portions = {portion.food.id: portion for portion in match.portions}
    return [
        AMOUNT.sub(lambda found: _part(portions[found["food"]], int(found["parts"] or 1), language), step)
        for step in match.dish.text(language).steps
    ]


def _part(portion: Portion, parts: int, language: Language) -> str:
    if parts == 1:
        return amount(portion.quantity, portion.unit, language)
    exact = portion.quantity / parts
    step = smallest_step(portion.food, exact, portion.unit)
    return amount(tidy(max(round(exact / step), 1) * step), portion.unit, language)


def reason(match: Match, language: Language) -> str:
    """One sentence: why this dish."""
    have, total = sum(line.is_enough for line in match.required), len(match.required)
    soon = ", ".join(_soon(item, language) for item in match.uses_soon[:_NAMED_ITEMS])
    if language == "ru":
        there = f"есть {have} из {total} продуктов."
        return f"Пойдёт в дело: {soon}; {there}" if soon else there.capitalize()
    there = f"you have {have} of {total} ingredients."
    return f"Uses up {soon}; {there}" if soon else there.capitalize()


def _soon(item: Item, language: Language) -> str:
    return f"{item.name} ({_days(item.days_left or 0, language)})"


def _days(days: int, language: Language) -> str:
    if language == "ru":
        return "сегодня последний день" if days == 0 else f"осталось дней: {days}"
    return "good until today" if days == 0 else "1 day left" if days == 1 else f"{days} days left"


def too_strict(language: Language) -> str:
    """That no dish keeps to all that was asked for."""
    return {
        "en": "No dish of the cookbook keeps to all of this: allow more time, or ask for less.",
        "ru": "Ни одно блюдо не отвечает всем условиям: дайте больше времени или уберите часть условий.",
    }[language]


def other_cuisines(names: Sequence[str], language: Language) -> str:
    """That there is no such cuisine, but these, as far as they fit into `MAX_REASON` characters."""
    start = {"en": "The cookbook has other cuisines: ", "ru": "В книге есть другие кухни: "}[language]
    listed = start + ", ".join(names)
    return listed if len(listed) <= MAX_REASON else listed[: MAX_REASON - 1].rpartition(",")[0] + "…"


def unused(ingredients: Sequence[str], language: Language) -> str:
    """That no dish uses these, or anything that is in the fridge."""
    named = ", ".join(ingredients)[:_NAMED_LENGTH]
    if language == "ru":
        return f"Ни в одно подходящее блюдо не идёт {named or 'то, что есть'}. Назовите другие продукты."
    return f"No dish that would do uses {named or 'what is there'}. Name others, such as tomatoes or rice."
