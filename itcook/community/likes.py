"""Likes: one person likes one post, once."""

from uuid import UUID

from tortoise.expressions import F

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import audience, views
from itcook.community.posts import lock_post
from itcook.database import Transaction, transactional
from itcook.events import PostLiked, PostUnliked
from itcook.stream.outbox import record


@transactional
async def like(transaction: Transaction, liker: Principal, post_id: UUID) -> views.LikeState:
    """Have `liker` like the post; again is the same as once, with one event. Raises `NotFoundError`."""
    post = await lock_post(transaction, post_id)
    row = models.Like(post_id=post_id, user_id=liker.user_id, created_at=transaction.now)
    if await transaction.insert_once(row):
        total = await _count(transaction, post, 1)
        event = PostLiked(post_id=post_id, liker_id=liker.user_id, liker_name=liker.name, total_likes=total)
        record(transaction, event, *audience.participants(post))
    return views.LikeState(post_id=post_id, is_liked=True, likes_count=post.likes_count)


@transactional
async def unlike(transaction: Transaction, liker: Principal, post_id: UUID) -> views.LikeState:
    """Take the like back, if there is one. Raises `NotFoundError`."""
    post = await lock_post(transaction, post_id)
    likes = models.Like.filter(post_id=post_id, user_id=liker.user_id)
    if await likes.using_db(transaction.connection).delete():
        total = await _count(transaction, post, -1)
        event = PostUnliked(post_id=post_id, liker_id=liker.user_id, total_likes=total)
        record(transaction, event, *audience.participants(post))
    return views.LikeState(post_id=post_id, is_liked=False, likes_count=post.likes_count)


async def _count(transaction: Transaction, post: models.Post, change: int) -> int:
    """Change the post's count, and read it back: its row is locked, so this is its value at the commit."""
    row = models.Post.filter(id=post.id).using_db(transaction.connection)
    await row.update(likes_count=F("likes_count") + change)
    await post.refresh_from_db(fields=["likes_count"], using_db=transaction.connection)
    return post.likes_count
