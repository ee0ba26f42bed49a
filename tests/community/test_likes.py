"""Likes in the core: once each, counted exactly, also when they race."""

import asyncio

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import likes, posts, views
from itcook.errors import NotFoundError
from itcook.identifiers import new_id
from tests.support.community import count_recorded, last_recorded, recorded, sign_up_many

RACERS = 50


async def test_a_like_tells_everyone_and_the_author(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """PostLiked to the community, who has the post open, and the author."""
    state = await likes.like(reader, post.id)
    assert state == views.LikeState(post_id=post.id, is_liked=True, likes_count=1)
    event = await last_recorded()
    assert event.type == "PostLiked"
    assert event.channels == ("community", f"post:{post.id}", f"personal:{author.user_id}")
    assert event.data == {
        "post_id": str(post.id),
        "liker_id": str(reader.user_id),
        "liker_name": "Grace Hopper",
        "total_likes": 1,
    }


async def test_a_like_taken_back_tells_the_same_people(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """PostUnliked with the new count; what was never liked is no event."""
    await likes.unlike(reader, post.id)
    assert await count_recorded("PostUnliked") == 0
    await likes.like(reader, post.id)
    assert await likes.unlike(reader, post.id) == views.LikeState(
        post_id=post.id, is_liked=False, likes_count=0
    )
    event = await last_recorded()
    assert event.type == "PostUnliked"
    assert event.channels == ("community", f"post:{post.id}", f"personal:{author.user_id}")
    assert event.data == {"post_id": str(post.id), "liker_id": str(reader.user_id), "total_likes": 0}
    assert await likes.unlike(reader, post.id) == await likes.unlike(reader, post.id)
    assert await count_recorded("PostUnliked") == 1


async def test_one_persons_racing_likes_are_one(reader: Principal, post: views.Post) -> None:
    """50 at once: one row, one event, fifty times the same answer."""
    states = await asyncio.gather(*(likes.like(reader, post.id) for _ in range(RACERS)))
    assert set(states) == {views.LikeState(post_id=post.id, is_liked=True, likes_count=1)}
    assert await models.Like.all().count() == 1
    assert await count_recorded("PostLiked") == 1


async def test_many_peoples_racing_likes_are_counted_exactly(author: Principal, post: views.Post) -> None:
    """50 people at once, then half of them take it back while they race with their own likes."""
    people = await sign_up_many(RACERS)
    await asyncio.gather(*(likes.like(person, post.id) for person in people))
    totals = [event.data["total_likes"] for event in await recorded() if event.type == "PostLiked"]
    assert totals == list(range(1, RACERS + 1)), "each event carries the count at its own place"
    gone, kept = people[::2], people[1::2]
    await asyncio.gather(
        *(likes.unlike(person, post.id) for person in gone), *(likes.like(person, post.id) for person in kept)
    )
    assert await models.Like.filter(post_id=post.id).count() == len(kept)
    assert (await posts.one_post(author, post.id)).likes_count == len(kept)
    assert await count_recorded("PostUnliked") == len(gone)
    assert await count_recorded("PostLiked") == RACERS


async def test_likes_that_race_with_the_deletion_leave_nothing(author: Principal, post: views.Post) -> None:
    """Each is either before it, and goes with the post, or finds no post; none comes after."""
    people = await sign_up_many(10)
    results = await asyncio.gather(
        *(likes.like(person, post.id) for person in people[:5]),
        posts.delete_post(author, post.id),
        *(likes.like(person, post.id) for person in people[5:]),
        return_exceptions=True,
    )
    assert all(isinstance(result, NotFoundError | views.LikeState | None) for result in results), results
    assert await models.Like.all().count() == 0
    assert (await last_recorded()).type == "PostDeleted"


async def test_what_is_not_there_cannot_be_liked(reader: Principal) -> None:
    """404 either way."""
    for use_case in (likes.like, likes.unlike):
        with pytest.raises(NotFoundError):
            await use_case(reader, new_id())
