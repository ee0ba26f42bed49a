"""Requests: someone asks for a recipe to be made, and may change their mind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from uuid import UUID
from zoneinfo import ZoneInfo

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, NotFoundError, RateLimitedError
from itcook.pages import Page, PageQuery, read_page
from itcook.recipes import views
from itcook.recipes.provider import Wish
from itcook.recipes.status import Status
from itcook.recipes.supplies import supplies


@dataclass(frozen=True, slots=True)
class Fridge:
    """Whose food to use: that of one kitchen, None for the asker's own."""

    kitchen_id: UUID | None = None


_asked: list[Callable[[], None]] = []
_cancelled: list[Callable[[UUID], None]] = []


def on_asked(listener: Callable[[], None]) -> Callable[[], None]:
    """Have `listener` called after each commit of a new request; the result ends that."""
    _asked.append(listener)
    return lambda: _asked.remove(listener)


def on_cancelled(listener: Callable[[UUID], None]) -> Callable[[], None]:
    """Have `listener` called with a request's id after it was cancelled; the result ends that."""
    _cancelled.append(listener)
    return lambda: _cancelled.remove(listener)


@transactional
async def ask(
    transaction: Transaction, asker: Principal, wish: Wish, *, fridge: Fridge | None, per_day: int
) -> views.RecipeRequest:
    """Queue a wish; with a fridge, what is in it now goes into the wish.

    Everything asked on one day of the asker's own counts, cancelled or not: up to `per_day`. Raises
    `RateLimitedError` after that, and what `supplies` raises.
    """
    await _check_limit(transaction, asker, per_day)
    if fridge is not None:
        wish = wish.model_copy(update={"from_fridge": await supplies(transaction, asker, fridge.kitchen_id)})
    row = await models.RecipeRequest.create(
        using_db=transaction.connection,
        user_id=asker.user_id,
        wish=wish.model_dump(mode="json"),
        status=Status.QUEUED,
        attempts=0,
        created_at=transaction.now,
    )
    transaction.after_commit(_tell_asked)
    return views.RecipeRequest.of(row)


@transactional
async def cancel(transaction: Transaction, asker: Principal, request_id: UUID) -> None:
    """Have nothing come of a request of one's own; one that is being made stops. Again is the same as once.

    Raises `NotFoundError`, and `ConflictError` when it is over already.
    """
    row = await lock_request(transaction, request_id)
    if row is None or row.user_id != asker.user_id:
        raise NotFoundError("there is no such request")
    if row.status in (Status.DONE, Status.FAILED):
        raise ConflictError(f"this request is {row.status} already: there is nothing to cancel")
    await close(transaction, row, Status.CANCELLED)
    transaction.after_commit(lambda: _tell_cancelled(request_id))


async def own_language(asker: Principal) -> str:
    """The BCP 47 tag in which the asker reads."""
    return (await models.User.get(id=asker.user_id)).language


async def one_request(asker: Principal, request_id: UUID) -> views.RecipeRequest:
    """A request of one's own. Raises `NotFoundError`."""
    row = await models.RecipeRequest.get_or_none(id=request_id, user_id=asker.user_id)
    if row is None:
        raise NotFoundError("there is no such request")
    return views.RecipeRequest.of(row)


async def own_requests(asker: Principal, asked: PageQuery) -> Page[views.RecipeRequest]:
    """One's own requests, the latest first."""
    rows, next_before = await read_page(models.RecipeRequest.filter(user_id=asker.user_id), asked)
    return Page[views.RecipeRequest].of(map(views.RecipeRequest.of, rows), next_before)


async def lock_request(transaction: Transaction, request_id: UUID) -> models.RecipeRequest | None:
    """The request's row, which nobody else changes until the transaction ends."""
    rows = models.RecipeRequest.filter(id=request_id).using_db(transaction.connection)
    return await rows.select_for_update(no_key=True).get_or_none()


async def close(
    transaction: Transaction,
    row: models.RecipeRequest,
    status: Status,
    *,
    reason: str | None = None,
    recipe_id: UUID | None = None,
) -> None:
    """Let the locked request be over."""
    row.status, row.reason, row.recipe_id = status, reason, recipe_id
    row.claimed_until, row.finished_at = None, transaction.now
    names = ["status", "reason", "recipe_id", "claimed_until", "finished_at"]
    await row.save(using_db=transaction.connection, update_fields=names)


async def _check_limit(transaction: Transaction, asker: Principal, per_day: int) -> None:
    # The person's row is locked, so that of two that ask for their last one only one gets it.
    people = models.User.filter(id=asker.user_id).using_db(transaction.connection)
    person = await people.select_for_update(no_key=True).get()
    start, end = day_of(transaction.now, person.time_zone)
    today = models.RecipeRequest.filter(user_id=asker.user_id, created_at__gte=start)
    if await today.using_db(transaction.connection).count() >= per_day:
        raise RateLimitedError(
            f"{per_day} recipes a day are made for one person: ask again tomorrow",
            code="recipes_per_day",
            retry_after=ceil((end - transaction.now).total_seconds()),
        )


def day_of(now: datetime, time_zone: str) -> tuple[datetime, datetime]:
    """Begin and end of the day that `now` is in, in an IANA zone: 23, 24 or 25 hours apart."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    return (
        datetime.combine(today, time.min, zone),
        datetime.combine(today + timedelta(days=1), time.min, zone),
    )


def _tell_asked() -> None:
    for listener in _asked:
        listener()


def _tell_cancelled(request_id: UUID) -> None:
    for listener in _cancelled:
        listener(request_id)
