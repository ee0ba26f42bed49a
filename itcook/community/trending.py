"""Trending: what is talked about now."""

from datetime import datetime, timedelta

from tortoise.expressions import F

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import Clock, utc_now
from itcook.community import views
from itcook.community.posts import show_posts

WINDOW = timedelta(days=7)
CANDIDATES = 1000  # posts ranked at most: bounds the rows that one request can make the database send
COMMENT_WEIGHT = 2  # a comment is more work than a like
GRAVITY = 1.5  # the higher, the faster a post falls
HEAD_START_HOURS = 2  # so that the first like of a new post does not carry it to the top


def score(likes: int, comments: int, age: timedelta) -> float:
    """Points over age: (likes + 2·comments) / (hours + 2)^1.5.

    The ranking of Hacker News, points / (hours + 2)^gravity, as its published source (news.arc of
    Arc 3.1) has it: `(/ (- votes 1) (expt (/ (+ age-in-minutes 120) 60) 1.8))` with gravity 1.8. Ours is
    milder, for a community that posts less in an hour.
    """
    hours = max(age.total_seconds(), 0) / 3600
    return (likes + COMMENT_WEIGHT * comments) / float((hours + HEAD_START_HOURS) ** GRAVITY)


async def trending(reader: Principal, limit: int, *, clock: Clock = utc_now) -> views.TrendingPosts:
    """The best `limit` posts of the last seven days, best first, newer first among equals."""
    now = clock()
    rows = await (
        models.Post.filter(created_at__gt=now - WINDOW)
        .annotate(points=F("likes_count") + F("comments_count") * COMMENT_WEIGHT)
        .order_by("-points", "-id")
        .limit(CANDIDATES)
        .select_related("author")
    )
    best = sorted(rows, key=lambda row: _rank(row, now), reverse=True)[:limit]
    return views.TrendingPosts(data=await show_posts(reader, best))


def _rank(row: models.Post, now: datetime) -> tuple[float, str]:
    return score(row.likes_count, row.comments_count, now - row.created_at), str(row.id)
