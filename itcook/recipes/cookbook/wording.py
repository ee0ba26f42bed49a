"""What the cookbook says, in English and in Russian."""

from collections.abc import Iterable

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
    have = sum(line.is_enough for line in match.required)
    total = len(match.required)
    soon = _listed(match.uses_soon[:_NAMED_ITEMS], language)
    if language == "ru":
        return f"Пойдёт в дело: {soon}; есть {have} из {total} продуктов." if soon else f"Есть {have} из {total} продуктов."
    return f"Uses up {soon}; you have {have} of {total} ingredients." if soon else f"You have {have} of {total} ingredients."


def _listed(items: Iterable[Item], language: Language) -> str:
    return ", ".join(f"{item.name} ({_days(item.days_left or 0, language)})" for item in items)


def _days(days: int, language: Language) -> str:
    if language == "ru":
        return "сегодня последний день" if days == 0 else f"осталось дней: {days}"
    return "good until today" if days == 0 else "1 day left" if days == 1 else f"{days} days left"
