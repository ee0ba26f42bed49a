"""The worker and its queue: every request ends once, whoever dies, whoever comes late."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.recipes import queue, recipes, requests
from itcook.recipes.provider import CannotMakeError, NotNowError, Wish
from itcook.recipes.status import Status
from itcook.recipes.worker import CONCURRENCY, MAX_PAUSE, Worker
from tests.support.community import count_recorded, last_recorded, recorded
from tests.support.recipes import FakeProvider, draft, working
from tests.support.waiting import PATIENCE_SECONDS, until

LEASE = timedelta(seconds=30)
SOUP = Wish(ingredients=("beetroot",))


async def ask(asker: Principal, wish: Wish = SOUP) -> UUID:
    return (await requests.ask(asker, wish, fridge=None, per_day=100)).request_id


async def row(request_id: UUID) -> models.RecipeRequest:
    return await models.RecipeRequest.get(id=request_id)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once `await condition()` holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 # a row has no event to wait for
            await asyncio.sleep(0.01)


async def ended(request_id: UUID, status: Status = Status.DONE) -> models.RecipeRequest:
    """The request's row once it has the status."""

    async def has_status() -> bool:
        return (await row(request_id)).status == status

    await eventually(has_status)
    return await row(request_id)


def worker(provider: FakeProvider, *, make_seconds: float = 60) -> Worker:
    return Worker(provider, poll_seconds=0.05, pause=timedelta(), make_seconds=make_seconds)


async def test_a_request_becomes_the_askers_recipe(author: Principal) -> None:
    """Recipe, status and one RecipeGenerated, to the asker's own channel alone."""
    provider = FakeProvider()
    async with working(Worker(provider)):
        request_id = await ask(author)
        request = await ended(request_id)
    assert provider.wishes == [SOUP]
    assert request.recipe_id is not None
    recipe = await recipes.one_recipe(author, request.recipe_id)
    assert (recipe.title, recipe.source, recipe.is_public) == ("Borscht", "llm", False)
    [event] = await recorded()
    assert (event.type, event.channels) == ("RecipeGenerated", (f"personal:{author.user_id}",))
    assert event.data == {
        "recipe_id": str(recipe.id),
        "title": "Borscht",
        "ingredients_count": 3,
        "request_id": str(request_id),
    }


async def test_a_worker_that_waits_is_nudged(author: Principal) -> None:
    """Each request is made long before the next poll."""
    async with working(Worker(FakeProvider(), poll_seconds=60)):
        for _ in range(3):
            await ended(await ask(author))


async def test_a_wish_that_cannot_be_fulfilled_fails(author: Principal) -> None:
    """At once, with the reason, cut to what is kept of it; there is no recipe."""
    async with working(worker(FakeProvider(CannotMakeError("no " * 100)))):
        request = await ended(await ask(author), Status.FAILED)
    assert request.reason == ("no " * 100)[:200]
    event = await last_recorded()
    assert (event.type, event.channels) == ("RecipeFailed", (f"personal:{author.user_id}",))
    assert event.data == {"request_id": str(request.id), "reason": request.reason}
    assert await models.Recipe.all().count() == 0
    assert request.attempts == 1


async def test_what_goes_wrong_is_tried_again(author: Principal) -> None:
    """A provider that fails twice and then does not has made the recipe."""
    provider = FakeProvider(RuntimeError("no"), NotNowError(timedelta()))
    async with working(worker(provider)):
        request = await ended(await ask(author))
    assert request.attempts == 3
    assert [event.type for event in await recorded()] == ["RecipeGenerated"]


async def test_three_attempts_are_enough(author: Principal) -> None:
    """Then it has failed, once, and the next one's turn comes."""
    provider = FakeProvider(*(RuntimeError("no") for _ in range(queue.ATTEMPTS)))
    async with working(worker(provider)):
        request = await ended(await ask(author), Status.FAILED)
        assert request.reason == queue.GIVEN_UP
        await ended(await ask(author))
    assert [event.type for event in await recorded()] == ["RecipeFailed", "RecipeGenerated"]


async def test_a_provider_that_never_answers_is_given_up(author: Principal) -> None:
    """Each attempt has its time."""
    provider = FakeProvider()
    provider.hold.clear()
    async with working(worker(provider, make_seconds=0.01)):
        await ended(await ask(author), Status.FAILED)
    assert len(provider.wishes) == queue.ATTEMPTS


async def test_a_stored_wish_that_cannot_be_read_blocks_nobody(author: Principal) -> None:
    """It fails, and the one behind it is made."""
    unreadable = await ask(author)
    await models.RecipeRequest.filter(id=unreadable).update(wish={"from": "another version"})
    async with working(worker(FakeProvider())):
        await ended(await ask(author))
        await ended(unreadable, Status.FAILED)


async def test_the_provider_says_when_to_come_back(author: Principal) -> None:
    """Within reason."""
    provider = FakeProvider(NotNowError(timedelta(days=1)))
    request_id = await ask(author)
    async with working(Worker(provider)):

        async def put_off() -> bool:
            request = await row(request_id)
            return bool(request.claimed_until and request.claimed_until > utc_now() + LEASE)

        await eventually(put_off)
    until_then = (await row(request_id)).claimed_until
    assert until_then is not None
    assert until_then <= utc_now() + MAX_PAUSE


async def test_no_more_than_two_at_once(author: Principal) -> None:
    """The others wait for their turn, and all are made without waiting for a poll."""
    provider = FakeProvider()
    provider.hold.clear()
    asked = [await ask(author) for _ in range(5)]
    async with working(Worker(provider, poll_seconds=60)):
        await until(lambda: provider.making == CONCURRENCY)
        provider.hold.set()
        for request_id in asked:
            await ended(request_id)
    assert provider.most == CONCURRENCY


async def test_a_cancelled_request_stops(author: Principal) -> None:
    """While it is being made: the provider is stopped at once, nothing is stored, nobody is told."""
    provider = FakeProvider()
    provider.hold.clear()
    async with working(Worker(provider, lease=timedelta(minutes=10))):
        request_id = await ask(author)
        await until(lambda: provider.making == 1)
        await requests.cancel(author, request_id)
        await until(lambda: provider.making == 0)
        provider.hold.set()
        await ended(await ask(author))
    assert (await row(request_id)).status == Status.CANCELLED
    assert await count_recorded("RecipeGenerated") == 1
    assert await models.Recipe.all().count() == 1


async def test_a_request_that_another_process_cancelled_stops(author: Principal) -> None:
    """The lease cannot be extended any more."""
    provider = FakeProvider()
    provider.hold.clear()
    async with working(Worker(provider, lease=timedelta(seconds=0.1))):
        request_id = await ask(author)
        await until(lambda: provider.making == 1)
        await models.RecipeRequest.filter(id=request_id).update(status=Status.CANCELLED)
        await until(lambda: provider.making == 0)
    assert await recorded() == []


async def test_a_worker_that_stops_leaves_its_work_to_the_next(author: Principal) -> None:
    """At once, and the attempt does not count."""
    provider = FakeProvider()
    provider.hold.clear()
    async with working(Worker(provider)):
        request_id = await ask(author)
        await until(lambda: provider.making == 1)
    left = await row(request_id)
    assert (left.status, left.attempts, left.claimed_until) == ("queued", 0, None)
    async with working(Worker(FakeProvider())):
        await ended(request_id)
    assert [event.type for event in await recorded()] == ["RecipeGenerated"]


async def test_a_lease_is_one_workers(author: Principal) -> None:
    """Ten that claim at once get one; it is free again when the lease is over."""
    await ask(author)
    claims = await asyncio.gather(*(queue.claim(LEASE) for _ in range(10)))
    [held] = [claimed for claimed in claims if claimed]
    assert await queue.claim(LEASE) is None
    await models.RecipeRequest.filter(id=held.request_id).update(claimed_until=utc_now())
    taken = await queue.claim(LEASE)
    assert taken is not None
    assert (taken.request_id, taken.attempt) == (held.request_id, 2)
    assert await queue.extend(taken, LEASE)
    assert not await queue.extend(held, LEASE)


async def test_whoever_comes_late_has_no_effect(author: Principal) -> None:
    """The first worker's recipe is dropped once a second one has taken over, however it ends."""
    await ask(author)
    late = await queue.claim(timedelta())
    taken = await queue.claim(LEASE)
    assert late is not None
    assert taken is not None
    await queue.finish(late, draft(title="Late"), "llm")
    await queue.fail(late, "late")
    await queue.put_off(late, timedelta())
    await queue.give_back(late)
    assert await recorded() == []
    await asyncio.gather(*(queue.finish(taken, draft(), "llm") for _ in range(5)), queue.fail(taken, "no"))
    assert len(await recorded()) == 1
    assert await models.Recipe.filter(title="Late").count() == 0


async def test_workers_that_die_each_time_fail_the_request(author: Principal) -> None:
    """After the third lease that ran out there is one RecipeFailed, and no fourth attempt."""
    request_id = await ask(author)
    for _ in range(queue.ATTEMPTS):
        assert await queue.claim(timedelta()) is not None
    assert await queue.claim(LEASE) is None
    assert await queue.claim(LEASE) is None
    assert (await row(request_id)).status == Status.FAILED
    assert [event.type for event in await recorded()] == ["RecipeFailed"]


async def test_no_failure_ends_the_worker(author: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be stored now is made again when the lease is over."""
    monkeypatch.setattr("itcook.recipes.worker.RETRY_SECONDS", 0)
    bad = draft().model_copy(update={"title": "too long" * 100})
    provider = FakeProvider(bad)
    async with working(Worker(provider, lease=timedelta(seconds=0.3), poll_seconds=0.05)):
        await ended(await ask(author))
    assert len(provider.wishes) == 2
