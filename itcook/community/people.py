"""People, as others see them."""

from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import views
from itcook.errors import NotFoundError


async def find_user(user_id: UUID) -> models.User:
    """The user's row. Raises `NotFoundError`."""
    user = await models.User.get_or_none(id=user_id)
    if user is None:
        raise NotFoundError("there is no such person")
    return user


async def profile(reader: Principal, user_id: UUID) -> views.Profile:
    """The person as `reader` sees them. Raises `NotFoundError`."""
    user = await find_user(user_id)
    return views.Profile(
        id=user.id,
        name=user.name,
        created_at=user.created_at,
        posts_count=await models.Post.filter(author_id=user_id).count(),
        followers_count=await models.Follow.filter(followed_id=user_id).count(),
        following_count=await models.Follow.filter(follower_id=user_id).count(),
        is_following=await models.Follow.filter(follower_id=reader.user_id, followed_id=user_id).exists(),
    )
