"""Comments in the core: rows, counts, events, rights."""

import asyncio

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import comments, posts, views
from itcook.errors import NotFoundError
from itcook.identifiers import new_id
from itcook.pages import PageQuery
from tests.support.community import count_recorded, last_recorded, sign_up, sign_up_many


async def test_a_comment_tells_everyone_and_the_posts_author(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """NewComment to the community, who has the post open, and the post's author."""
    comment = await comments.comment(reader, post.id, "Yum")
    event = await last_recorded()
    assert event.type == "NewComment"
    assert event.channels == ("community", f"post:{post.id}", f"personal:{author.user_id}")
    assert event.data == {
        "post_id": str(post.id),
        "comment_id": str(comment.id),
        "author_id": str(reader.user_id),
        "author_name": "Grace Hopper",
        "content": "Yum",
    }
    assert (await comments.comments(post.id, PageQuery())).data == [comment]
    assert (await posts.one_post(reader, post.id)).comments_count == 1


async def test_racing_comments_are_counted_exactly(author: Principal, post: views.Post) -> None:
    """50 at once, then all deleted twice at once: each is deleted once."""
    made = await asyncio.gather(
        *(comments.comment(person, post.id, "Yum") for person in await sign_up_many(50))
    )
    assert (await posts.one_post(author, post.id)).comments_count == 50
    deletions = await asyncio.gather(
        *(comments.delete_comment(author, comment.id) for comment in made for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(result is None for result in deletions) == 50
    assert sum(isinstance(result, NotFoundError) for result in deletions) == 50
    assert (await posts.one_post(author, post.id)).comments_count == 0
    assert await count_recorded("CommentDeleted") == 50


@pytest.mark.parametrize("deleter", ["commenter", "author", "admin"])
async def test_who_may_delete_a_comment(
    deleter: str, author: Principal, reader: Principal, admin: Principal, post: views.Post
) -> None:
    """Who wrote it, whose post it is below, and administrators."""
    who = {"commenter": reader, "author": author, "admin": admin}[deleter]
    comment = await comments.comment(reader, post.id, "Yum")
    await comments.delete_comment(who, comment.id)
    event = await last_recorded()
    assert event.type == "CommentDeleted"
    assert event.channels == ("community", f"post:{post.id}", f"personal:{author.user_id}")
    assert event.data == {"post_id": str(post.id), "comment_id": str(comment.id)}


async def test_others_do_not_delete_a_comment(reader: Principal, post: views.Post) -> None:
    """404, and it stays, with its count."""
    comment = await comments.comment(reader, post.id, "Yum")
    with pytest.raises(NotFoundError, match="not yours"):
        await comments.delete_comment(await sign_up("Edsger Dijkstra"), comment.id)
    assert await models.Comment.all().count() == 1
    assert (await posts.one_post(reader, post.id)).comments_count == 1


async def test_what_is_not_there(author: Principal) -> None:
    """404: commenting on, reading and deleting what does not exist."""
    with pytest.raises(NotFoundError):
        await comments.comment(author, new_id(), "Yum")
    with pytest.raises(NotFoundError):
        await comments.comments(new_id(), PageQuery())
    with pytest.raises(NotFoundError):
        await comments.delete_comment(author, new_id())
