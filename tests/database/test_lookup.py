"""Lookups that are made together, with a reader that can be held up."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest

from itcook.database import Lookup, Transaction, transactional
from itcook.database import lookup as module
from itcook.identifiers import new_id

A, B, C = new_id(), new_id(), new_id()


class Reader:
    """Answers with what `known` holds as a query begins, once it may. `asked` are the keys of each query."""

    def __init__(self, *known: UUID) -> None:
        self.known = set(known)
        self.asked: list[set[UUID]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, keys: Collection[UUID]) -> dict[UUID, UUID]:
        self.asked.append(set(keys))
        found = {key: key for key in keys if key in self.known}
        await self.may_answer.wait()
        return found


async def turns(count: int = 3) -> None:
    """Let everything that can go on do so."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_those_who_ask_together_share_a_query() -> None:
    """Each gets its own answer, and None for what is not there."""
    reader = Reader(A, B)
    find = Lookup(reader.read)
    assert list(await asyncio.gather(find(A), find(C), find(B), find(A))) == [A, None, B, A]
    assert reader.asked == [{A, B, C}]


async def test_an_answer_was_read_after_it_was_asked_for() -> None:
    """Whoever asks while a query runs waits for the next: what was committed before they asked is in it."""
    reader = Reader(A)
    find = Lookup(reader.read)
    reader.may_answer.clear()
    first = asyncio.create_task(find(A))
    await turns()
    reader.known.clear()
    later = [asyncio.create_task(find(A)) for _ in range(3)]
    await turns()
    reader.may_answer.set()
    assert await first == A
    assert await asyncio.gather(*later) == [None] * 3
    assert reader.asked == [{A}, {A}]


async def test_who_leaves_takes_nobody_along() -> None:
    """Also the one whose question began the query."""
    reader = Reader(A, B)
    find = Lookup(reader.read)
    reader.may_answer.clear()
    leaving = [asyncio.create_task(find(A)), asyncio.create_task(find(B))]
    staying = asyncio.create_task(find(A))
    await turns()
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    reader.may_answer.set()
    assert await staying == A
    assert await find(B) == B


async def test_a_query_that_fails() -> None:
    """All who asked are told; whoever asks next is answered."""
    fail = True

    async def read(keys: Collection[UUID]) -> dict[UUID, UUID]:
        if fail:
            raise ConnectionRefusedError
        return {key: key for key in keys}

    find = Lookup(read)
    results = await asyncio.gather(find(A), find(A), find(B), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionRefusedError] * 3
    fail = False
    assert await find(A) == A


async def test_a_query_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """More keys than that are several queries, one after the other."""
    monkeypatch.setattr(module, "MAX_KEYS", 2)
    keys = [new_id() for _ in range(5)]
    reader = Reader(*keys)
    find = Lookup(reader.read)
    assert await asyncio.gather(*map(find, keys)) == keys
    assert [len(asked) for asked in reader.asked] == [2, 2, 1]


@pytest.mark.usefixtures("database")
async def test_a_lookup_inside_a_transaction_is_a_defect() -> None:
    """It is answered outside of it, where its rows cannot be seen yet."""
    find = Lookup(Reader(A).read)

    @transactional
    async def work(transaction: Transaction) -> None:
        await find(A)

    with pytest.raises(AssertionError, match="its own transaction"):
        await work()
