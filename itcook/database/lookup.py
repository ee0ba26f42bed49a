"""Lookups that everyone makes at once: those asked together are answered by one query.

Every request asks whether its login session lives, and every connection which kitchens it may read. Ten
thousand clients that come back at once must not be ten thousand queries of each kind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar
from uuid import UUID

from itcook.database.transactions import is_inside

MAX_KEYS = 500  # of one query; what is more waits for the next, so that none is in the way for long

Found = TypeVar("Found")


class Lookup(Generic[Found]):
    """Finds things by ids: `lookup(id)` is what `read({id, …})` has for it, or None.

    Whoever asks while a query runs shares the next one with all others who do, and never the one that
    runs: an answer was read after it was asked for, so what was committed before is in it. Nothing is kept.
    """

    def __init__(self, read: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Found]]]) -> None:
        self._read = read
        self._asked: dict[UUID, list[asyncio.Future[Found | None]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __call__(self, key: UUID) -> Found | None:
        assert not is_inside(), "a lookup would not see what its own transaction has written"
        # One for each who asks: some of them leave, and the others still wait.
        answer: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                keys = list(islice(self._asked, MAX_KEYS))
                await self._answer({key: self._asked.pop(key) for key in keys})
        finally:
            self._reading = None

    async def _answer(self, asked: Mapping[UUID, list[asyncio.Future[Found | None]]]) -> None:
        try:
            found = await self._read(asked.keys())
        except Exception as error:
            for answer in _waiting(asked.values()):
                answer.set_exception(error)
        else:
            for key, answers in asked.items():
                for answer in _waiting([answers]):
                    answer.set_result(found.get(key))


def _waiting(
    answers: Iterable[Sequence[asyncio.Future[Found | None]]],
) -> Iterator[asyncio.Future[Found | None]]:
    return (answer for answer in chain.from_iterable(answers) if not answer.done())
