"""The queue of requests: whose turn it is, and how each ends — in one transaction, exactly once.

A request that is being made is held by a lease, `claimed_until`: a worker that died lets go by itself. One
that is queued again with `claimed_until` waits until then.
Its number of attempts is the claim's mark. Whoever comes back late finds another mark, or a request that
is over, and has no effect.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from itcook import models
from itcook.database import Transaction, transactional
from itcook.events import RecipeFailed, RecipeGenerated
from itcook.recipes.content import Draft
from itcook.recipes.recipes import insert_recipe
from itcook.recipes.requests import close, lock_request
from itcook.recipes.status import Status
from itcook.stream import channels
from itcook.stream.outbox import record

ATTEMPTS = 3  # of one request: a wish that kills its worker must not kill every one after it
GIVEN_UP = "the recipe could not be made; try again, or ask for something else"


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that a worker may make. `wish` is JSON, as it was stored."""

    request_id: UUID
    attempt: int
    wish: Any


@transactional
async def claim(transaction: Transaction, lease: timedelta) -> Claim | None:
    """The request whose turn it is, held for `lease`; None if nobody waits.

    One that has had its attempts, the last of which nobody ended, fails here.
    """
    while row := await _next(transaction):
        if row.attempts >= ATTEMPTS:
            await _fail(transaction, row, GIVEN_UP)
            continue
        row.status, row.attempts = Status.RUNNING, row.attempts + 1
        row.claimed_until = transaction.now + lease
        await row.save(using_db=transaction.connection, update_fields=["status", "attempts", "claimed_until"])
        return Claim(row.id, row.attempts, row.wish)
    return None


@transactional
async def extend(transaction: Transaction, claimed: Claim, lease: timedelta) -> bool:
    """Hold the request for `lease` from now; False if it is no longer the claim's."""
    rows = models.RecipeRequest.filter(
        id=claimed.request_id, status=Status.RUNNING, attempts=claimed.attempt
    ).using_db(transaction.connection)
    return bool(await rows.update(claimed_until=transaction.now + lease))


@transactional
async def finish(transaction: Transaction, claimed: Claim, draft: Draft, source: str) -> None:
    """Store what was made as the asker's own recipe, and tell them."""
    row = await _held(transaction, claimed)
    if row is None:
        return
    recipe = await insert_recipe(transaction, row.user_id, draft, source=source, is_public=False)
    await close(transaction, row, Status.DONE, recipe_id=recipe.id)
    event = RecipeGenerated(
        recipe_id=recipe.id,
        title=recipe.title,
        ingredients_count=len(draft.ingredients),
        request_id=row.id,
    )
    record(transaction, event, channels.personal(row.user_id))


@transactional
async def fail(transaction: Transaction, claimed: Claim, reason: str) -> None:
    """Tell the asker why there will be no recipe."""
    row = await _held(transaction, claimed)
    if row is not None:
        await _fail(transaction, row, reason)


@transactional
async def put_off(transaction: Transaction, claimed: Claim, pause: timedelta) -> None:
    """Have the request tried again after `pause`; the last attempt fails instead."""
    row = await _held(transaction, claimed)
    if row is None:
        return
    if row.attempts >= ATTEMPTS:
        await _fail(transaction, row, GIVEN_UP)
        return
    # Queued, so that an `extend` that is still under way has nothing to hold.
    row.status, row.claimed_until = Status.QUEUED, transaction.now + pause
    await row.save(using_db=transaction.connection, update_fields=["status", "claimed_until"])


@transactional
async def give_back(transaction: Transaction, claimed: Claim) -> None:
    """Leave the request to the next worker at once, as if this one had not begun."""
    row = await _held(transaction, claimed)
    if row is not None:
        row.status, row.attempts, row.claimed_until = Status.QUEUED, row.attempts - 1, None
        names = ["status", "attempts", "claimed_until"]
        await row.save(using_db=transaction.connection, update_fields=names)


async def _next(transaction: Transaction) -> models.RecipeRequest | None:
    """The first request that nobody holds, locked; those that others are locking are skipped."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=transaction.now)
    rows = models.RecipeRequest.filter(free, status__in=(Status.QUEUED, Status.RUNNING))
    return (
        await rows.using_db(transaction.connection)
        .order_by("id")
        .select_for_update(skip_locked=True, no_key=True)
        .first()
    )


async def _held(transaction: Transaction, claimed: Claim) -> models.RecipeRequest | None:
    """The claim's request, locked; None if it is no longer the claim's."""
    row = await lock_request(transaction, claimed.request_id)
    if row is None or row.status != Status.RUNNING or row.attempts != claimed.attempt:
        return None
    return row


async def _fail(transaction: Transaction, row: models.RecipeRequest, reason: str) -> None:
    await close(transaction, row, Status.FAILED, reason=reason)
    record(transaction, RecipeFailed(request_id=row.id, reason=reason), channels.personal(row.user_id))
