"""Whom events are addressed to: the stream and the inbox agree, and mutes hold for both."""

from datetime import date
from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import comments, follows, likes, views
from itcook.database import Transaction, transactional
from itcook.events import (
    DurableEvent,
    ExpiringItem,
    ExpiringItems,
    NotificationLevel,
    PostDeleted,
    SystemNotification,
)
from itcook.goals import goals, progress
from itcook.goals.fields import GoalType
from itcook.identifiers import new_id
from itcook.kitchens import households
from itcook.notifications import inbox
from itcook.notifications.preferences import Mutable, set_preferences
from itcook.pages import PageQuery
from itcook.stream import channels, outbox
from tests.support.community import last_recorded, recorded, sign_up
from tests.support.kitchens import let_in

EVERYTHING = PageQuery(limit=100)


async def types(person: Principal) -> list[str]:
    """What lies in the person's inbox, the latest first."""
    return [item.type for item in (await inbox.inbox(person, EVERYTHING)).data]


@transactional
async def happen(transaction: Transaction, *events: tuple[DurableEvent, str]) -> None:
    """Events of one transaction, each on one channel."""
    for event, channel in events:
        outbox.record(transaction, event, channel)


def expiring(*kitchens: UUID) -> list[tuple[DurableEvent, str]]:
    """Milk that goes bad, in each of these kitchens."""
    milk = ExpiringItem(id=new_id(), name="Milk", expires_on=date(2026, 11, 24), days_left=1)
    return [
        (ExpiringItems(kitchen_id=kitchen, items=[milk], days_left=1), channels.kitchen(kitchen))
        for kitchen in kitchens
    ]


async def test_an_inbox_has_what_the_stream_had(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """Type, data and time of each event that names the person's own channel; others have nothing."""
    await likes.like(reader, post.id)
    await comments.comment(reader, post.id, "Mine too")
    await follows.follow(reader, author.user_id)
    found = (await inbox.inbox(author, EVERYTHING)).data
    assert [item.type for item in found] == ["NewFollower", "NewComment", "PostLiked"]
    on_stream = {event.type: event.data for event in await recorded()}
    assert all(item.data == on_stream[item.type] for item in found)
    assert await types(reader) == []


async def test_taking_back_is_no_news(author: Principal, reader: Principal, post: views.Post) -> None:
    """PostUnliked and CommentDeleted keep the author's screens right, and are not kept for reading."""
    await likes.like(reader, post.id)
    await likes.unlike(reader, post.id)
    assert channels.personal(author.user_id) in (await last_recorded()).channels
    comment = await comments.comment(reader, post.id, "Mine too")
    await comments.delete_comment(reader, comment.id)
    assert channels.personal(author.user_id) in (await last_recorded()).channels
    assert await types(author) == ["NewComment", "PostLiked"]


async def test_nobody_is_told_what_they_did(author: Principal, post: views.Post) -> None:
    """A like and a comment of one's own are on the stream for one's other screens, and not in the inbox."""
    await likes.like(author, post.id)
    assert channels.personal(author.user_id) in (await last_recorded()).channels
    await comments.comment(author, post.id, "First")
    assert await types(author) == []


async def test_a_goal_of_ones_own_is_news(author: Principal) -> None:
    """Nobody else did it, and it may be reached on another device."""
    goal = await goals.create_goal(author, goals.GoalDraft("Drink", GoalType.WATER, 2, "l"))
    await progress.add_progress(author, goal.id, 2)
    assert await types(author) == ["GoalAchieved"]


async def test_muted_types_are_left_out_of_stream_and_inbox(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """The author's own channel is not named; the public ones are, and other types arrive."""
    await set_preferences(author, [Mutable.POST_LIKED])
    await likes.like(reader, post.id)
    assert (await last_recorded()).channels == ("community", f"post:{post.id}")
    await comments.comment(reader, post.id, "Mine too")
    assert (await last_recorded()).channels == (
        "community",
        f"post:{post.id}",
        f"personal:{author.user_id}",
    )
    assert await types(author) == ["NewComment"]


async def test_a_muted_event_for_one_person_goes_nowhere(author: Principal, reader: Principal) -> None:
    """With its only channel muted it is not even stored, while what caused it holds."""
    await set_preferences(author, [Mutable.NEW_FOLLOWER])
    await follows.follow(reader, author.user_id)
    assert await recorded() == []
    assert await models.Follow.all().count() == 1
    await set_preferences(author, [])
    other = await sign_up("Edsger Dijkstra")
    await follows.follow(other, author.user_id)
    assert await types(author) == ["NewFollower"]


async def test_mutes_are_ones_own(author: Principal, reader: Principal) -> None:
    """What one person does not want to hear, another hears."""
    await set_preferences(reader, list(Mutable))
    await follows.follow(reader, author.user_id)
    assert await types(author) == ["NewFollower"]


async def test_expiring_food_is_for_the_members(author: Principal, reader: Principal) -> None:
    """Each member but those who muted it; the kitchen's channel stays, for it is everyone's there."""
    kitchen = await households.create_kitchen(author, households.KitchenDraft("Ours"))
    muting, outside = await sign_up("Edsger Dijkstra"), await sign_up("Barbara Liskov")
    await let_in(author, kitchen.id, reader, muting)
    await set_preferences(muting, [Mutable.EXPIRING_ITEMS])
    await happen(*expiring(kitchen.id))
    assert [await types(person) for person in (author, reader, muting, outside)] == [
        ["ExpiringItems"],
        ["ExpiringItems"],
        [],
        [],
    ]
    assert (await last_recorded()).channels == (f"kitchen:{kitchen.id}",)


async def test_events_of_one_transaction_keep_their_order_and_their_people(author: Principal) -> None:
    """Several kitchens, a public event between them: each to its own, in the order of recording."""
    people = [await sign_up(f"Person {number}") for number in range(3)]
    kitchens = [
        (await households.create_kitchen(person, households.KitchenDraft("Home"))).id for person in people
    ]
    public = PostDeleted(post_id=new_id(), author_id=author.user_id)
    first, *rest = expiring(*kitchens)
    await happen(first, (public, channels.COMMUNITY), *rest)
    assert [event.channels[0].partition(":")[0] for event in await recorded()] == [
        "kitchen",
        "community",
        "kitchen",
        "kitchen",
    ]
    for person, kitchen in zip(people, kitchens, strict=True):
        [item] = (await inbox.inbox(person, EVERYTHING)).data
        assert item.data["kitchen_id"] == str(kitchen)


async def test_word_to_everyone_is_one_row(author: Principal, reader: Principal) -> None:
    """However many people there are."""
    event = SystemNotification(title="Hello", message="World", level=NotificationLevel.INFO)
    await happen((event, channels.SYSTEM))
    assert await models.InboxItem.all().count() == 1
    assert await types(author) == await types(reader) == ["SystemNotification"]


async def test_a_rollback_leaves_no_inbox_item(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """The inbox has what happened, and only that."""

    @transactional
    async def like_and_fail(transaction: Transaction) -> None:
        await likes.like.within(transaction, reader, post.id)
        raise LookupError

    with pytest.raises(LookupError):
        await like_and_fail()
    assert await types(author) == []
