"""Recipes to test with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from itcook.recipes.content import Draft
from itcook.recipes.provider import Wish
from itcook.recipes.worker import Worker

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


class FakeProvider:
    """Makes a borscht of every wish; `outcomes` come first, one for each call.

    `hold` stops every call until it is set; `wishes` is what was asked for.
    """

    name = "llm"

    def __init__(self, *outcomes: Draft | Exception) -> None:
        self.outcomes = list(outcomes)
        self.wishes: list[Wish] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.making = 0
        self.most = 0

    async def make(self, wish: Wish) -> Draft:
        self.wishes.append(wish)
        self.making += 1
        self.most = max(self.most, self.making)
        try:
            await self.hold.wait()
        finally:
            self.making -= 1
        outcome = self.outcomes.pop(0) if self.outcomes else draft()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """Have the worker run; cancelled at the end, as a server that stops does it."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
