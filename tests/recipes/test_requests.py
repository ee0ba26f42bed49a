"""Requests: asking, the day's limit, the fridge, changing one's mind."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.database import transactional
from itcook.errors import ConflictError, NotFoundError, RateLimitedError, ValidationError
from itcook.identifiers import new_id
from itcook.pages import PageQuery
from itcook.recipes import requests, views
from itcook.recipes.provider import Supply, Wish
from itcook.recipes.requests import Fridge, day_of
from itcook.recipes.status import Status

SOUP = Wish(ingredients=("beetroot",))


async def ask(asker: Principal, fridge: Fridge | None = None, per_day: int = 20) -> views.RecipeRequest:
    return await requests.ask(asker, SOUP, fridge=fridge, per_day=per_day)


async def wish_of(request: views.RecipeRequest) -> Wish:
    row = await models.RecipeRequest.get(id=request.request_id)
    return Wish.model_validate(row.wish)


async def kitchen_of(person: Principal, *, is_home: bool = True, time_zone: str = "UTC") -> UUID:
    kitchen = await models.Kitchen.create(
        name="Kitchen",
        time_zone=time_zone,
        home_of_id=person.user_id if is_home else None,
        scan_at=utc_now(),
        created_at=utc_now(),
    )
    await models.KitchenMember.create(
        kitchen=kitchen, user_id=person.user_id, role="owner", joined_at=utc_now()
    )
    return kitchen.id


async def stock(kitchen_id: UUID, name: str, expires_on: date | None) -> None:
    await models.FridgeItem.create(
        kitchen_id=kitchen_id,
        name=name,
        quantity=Decimal("1.5"),
        unit="kg",
        category="other",
        location="fridge",
        expires_on=expires_on,
        created_at=utc_now(),
        updated_at=utc_now(),
    )


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Have every transaction happen at `now`."""
    monkeypatch.setattr(transactional, "clock", staticmethod(lambda: now))


async def test_a_request_waits_for_its_turn(author: Principal, reader: Principal) -> None:
    """Its asker sees it, alone and in their list, the latest first; for others there is none."""
    first, second = await ask(author), await ask(author)
    assert (first.status, first.recipe_id, first.reason, first.finished_at) == ("queued", None, None, None)
    assert await requests.one_request(author, first.request_id) == first
    assert (await requests.own_requests(author, PageQuery())).data == [second, first]
    assert (await requests.own_requests(reader, PageQuery())).data == []
    for other, unknown in ((reader, first.request_id), (author, new_id())):
        with pytest.raises(NotFoundError):
            await requests.one_request(other, unknown)
        with pytest.raises(NotFoundError):
            await requests.cancel(other, unknown)
    assert await wish_of(first) == SOUP


async def test_racing_for_the_days_last_recipe(author: Principal, reader: Principal) -> None:
    """Of ten that ask at once, as many get one as the day has; other people have days of their own."""
    results = await asyncio.gather(*(ask(author, per_day=3) for _ in range(10)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, RateLimitedError)]
    assert len(refused) == 7
    assert await models.RecipeRequest.all().count() == 3
    assert all(error.retry_after is not None and 0 < error.retry_after <= 86_400 for error in refused)
    await ask(reader, per_day=3)


async def test_the_day_is_the_persons_own(author: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Auckland it is over at noon UTC; cancelled requests count; Retry-After leads to the next day."""
    await models.User.filter(id=author.user_id).update(time_zone="Pacific/Auckland")
    at(monkeypatch, datetime(2026, 7, 1, 11, 59, 30, tzinfo=UTC))
    request = await ask(author, per_day=1)
    await requests.cancel(author, request.request_id)
    with pytest.raises(RateLimitedError) as refused:
        await ask(author, per_day=1)
    assert (refused.value.retry_after, refused.value.code) == (30, "recipes_per_day")
    at(monkeypatch, datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC))
    await ask(author, per_day=1)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-29T12:00+00:00", 23), ("2026-10-25T12:00+00:00", 25), ("2026-11-23T12:00+00:00", 24)],
)
def test_a_day_can_be_short_or_long(now: str, hours: int) -> None:
    """When the clocks change, as in Berlin in 2026."""
    moment = datetime.fromisoformat(now)
    start, end = (edge.astimezone(UTC) for edge in day_of(moment, "Europe/Berlin"))
    assert start <= moment < end
    assert end - start == timedelta(hours=hours)


async def test_a_wish_takes_what_expires_first(author: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the asker's own kitchen, today judged by its zone; what is past is not cooked with."""
    at(monkeypatch, datetime(2026, 11, 23, 12, tzinfo=UTC))  # in Auckland the 24th has begun
    kitchen_id = await kitchen_of(author, time_zone="Pacific/Auckland")
    for name, expires_on in (
        ("rice", None),
        ("milk", date(2026, 11, 26)),
        ("fish", date(2026, 11, 23)),
        ("eggs", date(2026, 11, 24)),
    ):
        await stock(kitchen_id, name, expires_on)
    wish = await wish_of(await ask(author, Fridge()))
    assert wish.ingredients == ("beetroot",)
    assert wish.from_fridge == (
        Supply(name="eggs", quantity=1.5, unit="kg", days_left=0),
        Supply(name="milk", quantity=1.5, unit="kg", days_left=2),
        Supply(name="rice", quantity=1.5, unit="kg", days_left=None),
    )


async def test_another_kitchen_must_be_ones_own_too(author: Principal, reader: Principal) -> None:
    """A member may use it; for everyone else there is no such kitchen."""
    shared = await kitchen_of(author, is_home=False)
    await stock(shared, "leek", None)
    wish = await wish_of(await ask(author, Fridge(shared)))
    assert [supply.name for supply in wish.from_fridge] == ["leek"]
    for unknown in (shared, new_id()):
        with pytest.raises(NotFoundError):
            await ask(reader, Fridge(unknown))


async def check_empty(asker: Principal) -> None:
    with pytest.raises(ValidationError) as refused:
        await ask(asker, Fridge())
    assert [error.pointer for error in refused.value.errors] == ["/from_fridge"]


async def test_an_empty_fridge_is_said_at_once(author: Principal) -> None:
    """Also when nothing in it is good any more; it costs nothing of the day."""
    await check_empty(author)
    kitchen_id = await kitchen_of(author)
    await check_empty(author)
    await stock(kitchen_id, "fish", date(2020, 1, 1))
    await check_empty(author)
    assert await models.RecipeRequest.all().count() == 0


async def test_cancelling(author: Principal) -> None:
    """Once or twice is the same; what is over cannot be cancelled."""
    request = await ask(author)
    for _ in range(2):
        await requests.cancel(author, request.request_id)
    seen = await requests.one_request(author, request.request_id)
    assert seen.status == Status.CANCELLED
    assert seen.finished_at is not None
    for status in (Status.DONE, Status.FAILED):
        await models.RecipeRequest.filter(id=request.request_id).update(status=status)
        with pytest.raises(ConflictError, match=status.value):
            await requests.cancel(author, request.request_id)
