"""Follows: who wants to read whom."""

from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import views
from itcook.community.people import find_user
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError, ValidationError
from itcook.events import NewFollower
from itcook.pages import Page, PageQuery, read_page
from itcook.stream import channels
from itcook.stream.outbox import record


@transactional
async def follow(transaction: Transaction, follower: Principal, user_id: UUID) -> views.FollowState:
    """Have `follower` follow the person; again is the same as once, and tells them once.

    Raises `NotFoundError`, and `ValidationError` for following oneself.
    """
    if user_id == follower.user_id:
        raise ValidationError("nobody can follow themselves: name someone else", code="self_follow")
    await _check_exists(transaction, user_id)
    row = models.Follow(follower_id=follower.user_id, followed_id=user_id, created_at=transaction.now)
    if await transaction.insert_once(row):
        record(
            transaction,
            NewFollower(follower_id=follower.user_id, follower_name=follower.name),
            channels.personal(user_id),
        )
    return await _state(transaction, user_id, is_following=True)


@transactional
async def unfollow(transaction: Transaction, follower: Principal, user_id: UUID) -> views.FollowState:
    """Have `follower` no longer follow the person, whether they did or not. Raises `NotFoundError`."""
    await _check_exists(transaction, user_id)
    await (
        models.Follow.filter(follower_id=follower.user_id, followed_id=user_id)
        .using_db(transaction.connection)
        .delete()
    )
    return await _state(transaction, user_id, is_following=False)


async def followers(user_id: UUID, asked: PageQuery) -> Page[views.Person]:
    """Who follows the person, the latest first, paged by the follow's id. Raises `NotFoundError`."""
    await find_user(user_id)
    query = models.Follow.filter(followed_id=user_id).select_related("follower")
    rows, next_before = await read_page(query, asked)
    return Page[views.Person].of((views.Person.of(row.follower) for row in rows), next_before)


async def following(user_id: UUID, asked: PageQuery) -> Page[views.Person]:
    """Whom the person follows, the latest first, paged by the follow's id. Raises `NotFoundError`."""
    await find_user(user_id)
    query = models.Follow.filter(follower_id=user_id).select_related("followed")
    rows, next_before = await read_page(query, asked)
    return Page[views.Person].of((views.Person.of(row.followed) for row in rows), next_before)


async def _check_exists(transaction: Transaction, user_id: UUID) -> None:
    if not await models.User.filter(id=user_id).using_db(transaction.connection).exists():
        raise NotFoundError("there is no such person")


async def _state(transaction: Transaction, user_id: UUID, *, is_following: bool) -> views.FollowState:
    followers_count = await models.Follow.filter(followed_id=user_id).using_db(transaction.connection).count()
    return views.FollowState(user_id=user_id, is_following=is_following, followers_count=followers_count)
