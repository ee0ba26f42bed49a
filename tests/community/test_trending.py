"""Trending: the formula, the window, and the bound."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import trending
from itcook.community.trending import score

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOURS = st.floats(min_value=0, max_value=168)
POINTS = st.integers(min_value=0, max_value=10_000)


async def share(author: Principal, content: str, hours: float, likes: int = 0, comments: int = 0) -> None:
    created_at = NOW - timedelta(hours=hours)
    await models.Post.create(
        author_id=author.user_id,
        content=content,
        post_type="general",
        media_urls=[],
        likes_count=likes,
        comments_count=comments,
        created_at=created_at,
        updated_at=created_at,
    )


async def best(reader: Principal, limit: int = 20) -> list[str]:
    found = await trending.trending(reader, limit, clock=lambda: NOW)
    return [post.content for post in found.data]


def test_the_score_is_points_over_age() -> None:
    """Two likes and three comments after two hours: 8 / 4^1.5 = 1."""
    assert score(2, 3, timedelta(hours=2)) == pytest.approx(1)


@given(POINTS, POINTS, HOURS, HOURS)
def test_a_post_only_falls_with_age(likes: int, comments: int, one: float, other: float) -> None:
    """And rises with each like or comment."""
    younger, older = sorted((timedelta(hours=one), timedelta(hours=other)))
    assert score(likes, comments, younger) >= score(likes, comments, older)
    assert score(likes + 1, comments, older) > score(likes, comments, older)
    assert score(likes, comments + 1, older) > score(likes + 1, comments, older)


def test_a_clock_that_was_set_back_is_no_error() -> None:
    """A post from the future is as young as can be."""
    assert score(1, 0, timedelta(hours=-5)) == score(1, 0, timedelta())


async def test_the_best_come_first(author: Principal) -> None:
    """By score, not by points; newer first among equals; nothing older than seven days."""
    await share(author, "popular yesterday", hours=24, likes=20)
    await share(author, "talked about now", hours=1, comments=3)
    await share(author, "silent", hours=2)
    await share(author, "silent and newer", hours=1)
    await share(author, "last week's", hours=7 * 24 + 1, likes=9999)
    assert await best(author) == [
        "talked about now", "popular yesterday", "silent and newer", "silent"
    ]  # fmt: skip
    assert await best(author, limit=1) == ["talked about now"]


async def test_what_is_ranked_is_bounded(author: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the posts with the most points are fetched, a comment for two."""
    monkeypatch.setattr(trending, "CANDIDATES", 2)
    await share(author, "three likes", hours=100, likes=3)
    await share(author, "two comments", hours=100, comments=2)
    await share(author, "one like", hours=0, likes=1)
    assert await best(author) == ["two comments", "three likes"]
