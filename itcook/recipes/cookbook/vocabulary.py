"""The vocabulary: every food the cookbook knows, and which one a text from a fridge means.

A text means the food whose longest name it contains, if its other words say no more than how fresh it is
or who made it. `Coconut milk` is no milk, `tomato soup` is no tomato: rather nothing than the wrong thing.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from itcook.recipes.content import Allergen
from itcook.recipes.cookbook.fillers import CHANGING, FILLERS
from itcook.recipes.cookbook.words import stems

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")

# One letter too many or missing in five, or one wrong in seven. Less would make batter of butter.
TYPO_RATIO = 0.85
MIN_TYPO_LENGTH = 5  # below it, words that differ in a letter are words of their own: beef and beet
MAX_WORDS = 24  # of one text: a name of 120 characters has no more


class Animal(StrEnum):
    """What diets ask about that is no allergen of the EU's list."""

    MEAT = "meat"
    PORK = "pork"
    HONEY = "honey"
    ALCOHOL = "alcohol"
    RENNET = "rennet"  # of calves, without which parmesan may not be called so


class Food(BaseModel):
    """One food: its names, of which the first is shown, its weight in g, and what is in it.

    `piece` and `pack` weigh so much, `density` is in g/ml; None where it is not measured so. `whole` is not
    halved when a dish is scaled. A `staple` is in every kitchen; a `seasoning` is needed in small amounts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    en: tuple[str, ...] = Field(min_length=1)
    ru: tuple[str, ...] = Field(min_length=1)
    piece: PositiveFloat | None = None
    pack: PositiveFloat | None = None
    density: PositiveFloat | None = None
    traits: frozenset[Allergen | Animal] = frozenset()
    substitutes: tuple[str, ...] = ()
    whole: bool = False
    seasoning: bool = False
    staple: bool = False

    def name(self, language: Language) -> str:
        """What it is called."""
        return (self.en if language == "en" else self.ru)[0]


class Vocabulary:
    """Foods by their id and by their names."""

    def __init__(self, foods: Iterable[Food]) -> None:
        self.foods = {food.id: food for food in foods}
        self._by_name: dict[frozenset[str], Food] = {}
        self._names_with: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for food in self.foods.values():
            for name in {frozenset(stems(name)) for name in food.en + food.ru}:
                self._add(name, food)
        self._telling = frozenset(self._names_with) - FILLERS | CHANGING
        self._spelled: defaultdict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for word in sorted(self._telling | FILLERS):
            if len(word) >= MIN_TYPO_LENGTH:
                self._spelled[word[0]].append((word, frozenset(word)))
        self.recognise = lru_cache(maxsize=8192)(self._recognise)

    def __getitem__(self, identifier: str) -> Food:
        return self.foods[identifier]

    def _add(self, name: frozenset[str], food: Food) -> None:
        other = self._by_name.setdefault(name, food)
        assert other is food, f"{sorted(name)} names both {other.id} and {food.id}"
        for word in name:
            self._names_with[word].append(name)

    def _recognise(self, text: str) -> Food | None:
        """The food that `text` means; None if that is not certain."""
        words = frozenset(self._spell(word) for word in stems(text)[:MAX_WORDS])
        names = {name for word in words for name in self._names_with.get(word, ()) if name <= words}
        if not names:
            return None
        name = max(names, key=lambda name: (len(name), sorted(name)))
        return None if (words - name) & self._telling else self._by_name[name]

    def _spell(self, word: str) -> str:
        """`word` without its typing error, if it is close to one word that is known."""
        if len(word) < MIN_TYPO_LENGTH or word in self._telling or word in FILLERS:
            return word
        letters = frozenset(word)
        # What is cheap to see first: at most one letter stands for another, is missing or too much.
        candidates = [
            known
            for known, others in self._spelled[word[0]]
            if abs(len(known) - len(word)) <= 1 and len(letters ^ others) <= 2
        ]
        return next(iter(get_close_matches(word, candidates, 1, TYPO_RATIO)), word)


@cache
def vocabulary() -> Vocabulary:
    """The cookbook's own, read from its data files once."""
    return Vocabulary(
        Food(id=identifier, **{"seasoning": file == "seasonings", **entry})
        for file, entries in read_data("vocabulary")
        for identifier, entry in entries.items()
    )


def read_data(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """The name and the content of each TOML file in a folder of the cookbook, by name."""
    files = (resources.files(__package__) / folder).iterdir()
    found = sorted((file.name, file.read_text("utf-8")) for file in files if file.name.endswith(".toml"))
    return [(name.removesuffix(".toml"), tomllib.loads(text)) for name, text in found]
