"""Whom the events of the community are for: the channels, the one that clients see first."""

from itcook import models
from itcook.stream import channels


def readers(post: models.Post) -> tuple[str, ...]:
    """Everyone, who reads its author, and who has the post open."""
    return channels.COMMUNITY, channels.author(post.author_id), channels.post(post.id)


def participants(post: models.Post) -> tuple[str, ...]:
    """Everyone, who has the post open, and its author: for what others do with the post."""
    return channels.COMMUNITY, channels.post(post.id), channels.personal(post.author_id)
