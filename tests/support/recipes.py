"""Recipes to test with."""

from typing import Any

from itcook.recipes.content import Draft

BORSCHT: dict[str, Any] = {
    "title": "Borscht",
    "description": "Red, and better the next day.",
    "ingredients": [
        {"name": "beetroot", "quantity": 500, "unit": "g"},
        {"name": "egg", "quantity": 2},
        {"name": "salt", "note": "to taste"},
    ],
    "instructions": ["Grate the beetroot.", "Simmer for 40 minutes.", "Serve with half an egg."],
    "prep_minutes": 20,
    "cook_minutes": 40,
    "servings": 4,
    "difficulty": "easy",
    "category": "soup",
    "cuisine": "Ukrainian",
    "tags": ["winter"],
    "diets": ["vegetarian"],
    "language": "en",
}


def draft(**changes: Any) -> Draft:
    """A borscht, but for what is named."""
    return Draft.model_validate({**BORSCHT, **changes})
