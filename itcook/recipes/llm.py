"""Recipes by a language model."""

from datetime import timedelta

import structlog
from pydantic import ValidationError

from itcook import strict_json
from itcook.recipes import prompt
from itcook.recipes.chat import Chat, PassingChatError, RefusedChatError
from itcook.recipes.cookbook.dishes import EXCLUDED, Trait
from itcook.recipes.cookbook.vocabulary import vocabulary
from itcook.recipes.provider import CannotMakeError, Draft, NotNowError, Wish

TRIES = 2  # a model that answered with something that is no recipe may do better once more

log = structlog.get_logger(__name__)


class UnfitAnswerError(Exception):
    """The answer is no recipe, or not the one that was wished for. The message quotes none of it."""


class LanguageModel:
    """A provider that asks a chat endpoint."""

    name = "llm"

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._schema = prompt.answer_schema()

    async def make(self, wish: Wish) -> Draft:
        """A recipe for the wish. Raises `CannotMakeError`, and `NotNowError` while nobody answers."""
        for _ in range(TRIES):
            try:
                return _read(await self._chat.ask(prompt.messages(wish), self._schema), wish)
            except UnfitAnswerError as error:
                log.warning("unfit answer from the language model", error=str(error))
            except PassingChatError as error:
                raise NotNowError(timedelta(seconds=error.retry_after or 0)) from None
            except RefusedChatError as error:
                log.warning("refused by the language model", error=str(error))
                raise CannotMakeError("no recipe could be made of this; ask for something else") from None
        raise CannotMakeError("what came back was no usable recipe; try again")


def _read(text: str, wish: Wish) -> Draft:
    """The draft that the text is. Raises `UnfitAnswerError`."""
    try:
        draft = Draft.model_validate(strict_json.loads(text))
    except strict_json.InvalidJSONError:
        raise UnfitAnswerError("not JSON") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnfitAnswerError(f"{first['type']} at {len(first['loc'])} levels") from None
    _check_wish(draft, wish)
    return _honest(draft)


def _check_wish(draft: Draft, wish: Wish) -> None:
    """Raise `UnfitAnswerError` where the draft is not what was wished for."""
    if not set(wish.diets) <= set(draft.diets):
        raise UnfitAnswerError("another diet")
    if _traits(draft) & set(wish.allergies).union(*(EXCLUDED[diet] for diet in wish.diets)):
        raise UnfitAnswerError("something that must not be in it")
    if wish.max_minutes is not None and draft.prep_minutes + draft.cook_minutes > wish.max_minutes:
        raise UnfitAnswerError("too slow")
    if draft.servings != wish.servings:
        raise UnfitAnswerError("other servings")


def _honest(draft: Draft) -> Draft:
    """The draft without the diets that its own ingredients contradict."""
    traits = _traits(draft)
    return draft.model_copy(update={"diets": [diet for diet in draft.diets if not EXCLUDED[diet] & traits]})


def _traits(draft: Draft) -> frozenset[Trait]:
    """What is known to be in it: of the ingredients that the cookbook knows, in the languages it knows."""
    foods = (vocabulary().recognise(ingredient.name) for ingredient in draft.ingredients)
    return frozenset[Trait]().union(*(food.traits for food in foods if food))
