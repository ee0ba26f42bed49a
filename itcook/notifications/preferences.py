"""Preferences: which types of events a person does not want addressed to them."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.views import View


class Mutable(StrEnum):
    """What can be muted. A word of the people who run the service cannot."""

    POST_LIKED = "PostLiked"
    POST_UNLIKED = "PostUnliked"
    NEW_COMMENT = "NewComment"
    COMMENT_DELETED = "CommentDeleted"
    NEW_FOLLOWER = "NewFollower"
    EXPIRING_ITEMS = "ExpiringItems"
    GOAL_ACHIEVED = "GoalAchieved"
    RECIPE_GENERATED = "RecipeGenerated"
    RECIPE_FAILED = "RecipeFailed"


class Preferences(View):
    """`muted` types reach neither the person's inbox nor their own channel, in the order of the alphabet."""

    muted: list[Mutable]


async def preferences(person: Principal) -> Preferences:
    """What the person has muted."""
    mutes = await models.Mute.filter(user_id=person.user_id).values_list("type")
    return Preferences(muted=sorted(Mutable(name) for (name,) in mutes))


@transactional
async def set_preferences(
    transaction: Transaction, person: Principal, muted: Collection[Mutable]
) -> Preferences:
    """Mute these types and no others, from the next event on."""
    await _lock(transaction, person.user_id)
    wanted = sorted(set(muted))
    await models.Mute.filter(user_id=person.user_id).using_db(transaction.connection).delete()
    rows = [models.Mute(user_id=person.user_id, type=name) for name in wanted]
    await models.Mute.bulk_create(rows, using_db=transaction.connection)
    return Preferences(muted=wanted)


async def _lock(transaction: Transaction, user_id: UUID) -> None:
    """Have two changes of one person's preferences come one after the other, or both would be kept."""
    people = models.User.filter(id=user_id).using_db(transaction.connection)
    await people.select_for_update(no_key=True).get()
