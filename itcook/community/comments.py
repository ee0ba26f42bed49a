"""Comments: what people answer below a post."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from tortoise.expressions import F

from itcook import models
from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.community import audience, views
from itcook.community.posts import check_post, lock_post
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.events import CommentDeleted, NewComment
from itcook.pages import Page, PageQuery, read_page
from itcook.stream.outbox import record

CommentContent = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@transactional
async def comment(transaction: Transaction, author: Principal, post_id: UUID, content: str) -> views.Comment:
    """Answer below the post with `content`, stripped and not empty. Raises `NotFoundError`."""
    post = await lock_post(transaction, post_id)
    row = await models.Comment.create(
        using_db=transaction.connection,
        post_id=post_id,
        author_id=author.user_id,
        content=content,
        created_at=transaction.now,
    )
    await _count(transaction, post, 1)
    event = NewComment(
        post_id=post_id,
        comment_id=row.id,
        author_id=author.user_id,
        author_name=author.name,
        content=content,
    )
    record(transaction, event, *audience.participants(post))
    return views.Comment.of(row, views.Person(id=author.user_id, name=author.name))


@transactional
async def delete_comment(transaction: Transaction, deleter: Principal, comment_id: UUID) -> None:
    """Delete a comment: its author may, the author of the post and administrators.

    Raises `NotFoundError`, for everyone else too.
    """
    row = await models.Comment.get_or_none(id=comment_id, using_db=transaction.connection)
    if row is None:
        raise NotFoundError("there is no such comment")
    # The post is locked before its comments everywhere; whoever had it until now may have deleted this.
    post = await lock_post(transaction, row.post_id)
    if not deleter.is_admin and deleter.user_id not in (row.author_id, post.author_id):
        raise NotFoundError("this comment is not yours to delete")
    if not await models.Comment.filter(id=comment_id).using_db(transaction.connection).delete():
        raise NotFoundError("there is no such comment")
    await _count(transaction, post, -1)
    if deleter.user_id not in (row.author_id, post.author_id):
        await note(transaction, Action.COMMENT_DELETED, deleter, comment_id, f"by {row.author_id}")
    event = CommentDeleted(post_id=post.id, comment_id=comment_id)
    record(transaction, event, *audience.participants(post))


async def comments(post_id: UUID, asked: PageQuery) -> Page[views.Comment]:
    """The comments of a post, the latest first. Raises `NotFoundError`."""
    await check_post(post_id)
    query = models.Comment.filter(post_id=post_id).select_related("author")
    rows, next_before = await read_page(query, asked)
    return Page[views.Comment].of(
        (views.Comment.of(row, views.Person.of(row.author)) for row in rows), next_before
    )


async def _count(transaction: Transaction, post: models.Post, change: int) -> None:
    row = models.Post.filter(id=post.id).using_db(transaction.connection)
    await row.update(comments_count=F("comments_count") + change)
