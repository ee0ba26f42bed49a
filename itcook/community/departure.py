"""Departure: what becomes of what a person did in the community when they leave it for good."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from tortoise.expressions import F

from itcook import models
from itcook.community import audience
from itcook.database import Transaction
from itcook.events import CommentDeleted, PostDeleted, PostUnliked
from itcook.stream.outbox import record

BATCH = 500  # ids a statement; SQLite takes 32,766 parameters


async def withdraw(transaction: Transaction, user_id: UUID) -> None:
    """Delete the person's posts, comments and likes, and tell who sees that. The person must be locked.

    All posts concerned are locked first, in the order of their ids, as whoever changes one of them does.
    """
    posts = await _lock(transaction, await _concerned(transaction, user_id))
    await _delete_posts(transaction, [post for post in posts if post.author_id == user_id])
    others = {post.id: post for post in posts if post.author_id != user_id}
    await _delete_comments(transaction, user_id, others)
    await _unlike(transaction, user_id, others)


async def _concerned(transaction: Transaction, user_id: UUID) -> list[UUID]:
    ids: set[UUID] = set()
    for query in (
        models.Post.filter(author_id=user_id).using_db(transaction.connection).values_list("id"),
        models.Comment.filter(author_id=user_id).using_db(transaction.connection).values_list("post_id"),
        models.Like.filter(user_id=user_id).using_db(transaction.connection).values_list("post_id"),
    ):
        ids.update(post_id for (post_id,) in await query)
    return sorted(ids)


async def _lock(transaction: Transaction, ids: Sequence[UUID]) -> list[models.Post]:
    locked: list[models.Post] = []
    for batch in _batches(ids):
        posts = models.Post.filter(id__in=batch).using_db(transaction.connection).order_by("id")
        locked += await posts.select_for_update(no_key=True)
    return locked


async def _delete_posts(transaction: Transaction, posts: Sequence[models.Post]) -> None:
    for post in posts:
        record(transaction, PostDeleted(post_id=post.id, author_id=post.author_id), *audience.readers(post))
    for batch in _batches([post.id for post in posts]):
        await models.Post.filter(id__in=batch).using_db(transaction.connection).delete()


async def _delete_comments(transaction: Transaction, user_id: UUID, posts: dict[UUID, models.Post]) -> None:
    comments = models.Comment.filter(author_id=user_id).using_db(transaction.connection)
    rows = [row for row in await comments.order_by("id") if row.post_id in posts]
    for row in rows:
        event = CommentDeleted(post_id=row.post_id, comment_id=row.id)
        record(transaction, event, *audience.participants(posts[row.post_id]))
    for post_id, count in Counter(row.post_id for row in rows).items():
        post = models.Post.filter(id=post_id).using_db(transaction.connection)
        await post.update(comments_count=F("comments_count") - count)
    await comments.delete()


async def _unlike(transaction: Transaction, user_id: UUID, posts: dict[UUID, models.Post]) -> None:
    likes = models.Like.filter(user_id=user_id).using_db(transaction.connection)
    liked = [post_id for (post_id,) in await likes.order_by("id").values_list("post_id") if post_id in posts]
    for post_id in liked:
        post = posts[post_id]
        event = PostUnliked(post_id=post_id, liker_id=user_id, total_likes=post.likes_count - 1)
        record(transaction, event, *audience.participants(post))
    for batch in _batches(liked):
        rows = models.Post.filter(id__in=batch).using_db(transaction.connection)
        await rows.update(likes_count=F("likes_count") - 1)
    await likes.delete()


def _batches(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
