"""Follows and profiles in the core."""

import asyncio
from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import follows, people, views
from itcook.errors import NotFoundError, ValidationError
from itcook.identifiers import new_id
from itcook.pages import PageQuery
from tests.support.community import recorded, sign_up_many


async def test_racing_follows_are_one(author: Principal, reader: Principal) -> None:
    """50 at once: one row, one NewFollower to the person followed, fifty times the same answer."""
    states = await asyncio.gather(*(follows.follow(reader, author.user_id) for _ in range(50)))
    assert set(states) == {views.FollowState(user_id=author.user_id, is_following=True, followers_count=1)}
    [event] = await recorded()
    assert event.type == "NewFollower"
    assert event.channels == (f"personal:{author.user_id}",)
    assert event.data == {"follower_id": str(reader.user_id), "follower_name": "Grace Hopper"}
    assert await models.Follow.all().count() == 1


async def test_unfollowing_is_silent_and_may_be_repeated(author: Principal, reader: Principal) -> None:
    """Nobody is told that someone left."""
    await follows.follow(reader, author.user_id)
    gone = views.FollowState(user_id=author.user_id, is_following=False, followers_count=0)
    assert await follows.unfollow(reader, author.user_id) == gone
    assert await follows.unfollow(reader, author.user_id) == gone
    assert len(await recorded()) == 1


async def test_nobody_follows_themselves(author: Principal) -> None:
    """422, no row, no event."""
    with pytest.raises(ValidationError):
        await follows.follow(author, author.user_id)
    assert await models.Follow.all().count() == 0
    assert await recorded() == []


async def test_what_is_not_there(author: Principal) -> None:
    """404 for a person who does not exist, whatever is asked of them."""
    nobody = new_id()
    for use_case in (follows.follow, follows.unfollow):
        with pytest.raises(NotFoundError):
            await use_case(author, nobody)
    for reading in (follows.followers, follows.following):
        with pytest.raises(NotFoundError):
            await reading(nobody, PageQuery())
    with pytest.raises(NotFoundError):
        await people.profile(author, nobody)


async def test_a_profile_counts(author: Principal, reader: Principal, post: views.Post) -> None:
    """Posts, followers, following; `is_following` is the reader's own."""
    [third] = await sign_up_many(1)
    await follows.follow(reader, author.user_id)
    await follows.follow(third, author.user_id)
    await follows.follow(author, third.user_id)
    seen = await people.profile(reader, author.user_id)
    assert (seen.name, seen.posts_count, seen.followers_count, seen.following_count) == (
        "Ada Lovelace", 1, 2, 1
    )  # fmt: skip
    assert seen.is_following
    assert not (await people.profile(author, author.user_id)).is_following


async def test_followers_page_by_the_follow(author: Principal) -> None:
    """The latest first, each once, page by page; and the other direction likewise."""
    crowd = await sign_up_many(5)
    for person in crowd:
        await follows.follow(person, author.user_id)
        await follows.follow(author, person.user_id)
    newest_first = [person.user_id for person in reversed(crowd)]
    for reading in (follows.followers, follows.following):
        seen: list[UUID] = []
        asked = PageQuery(limit=2)
        for has_more in (True, True, False):
            page = await reading(author.user_id, asked)
            assert page.has_more is has_more
            seen += [person.id for person in page.data]
            asked = PageQuery(limit=2, before=page.next_before)
        assert seen == newest_first
