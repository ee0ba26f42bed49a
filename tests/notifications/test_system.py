"""Word from the people who run the service: by whom, to whom, when, and once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from itcook.events import NotificationLevel
from itcook.identifiers import new_id
from itcook.notifications import inbox, system
from itcook.notifications.views import SystemNotificationStatus
from itcook.pages import PageQuery
from tests.support.community import count_recorded, last_recorded, recorded

EVERYTHING = PageQuery(limit=100)


def tomorrow(recipient: Principal | None = None) -> system.Draft:
    """Something to be sent in a day."""
    recipient_id = recipient.user_id if recipient else None
    send_at = datetime.now(UTC) + timedelta(days=1)
    return system.Draft("Later", "…", recipient_id=recipient_id, send_at=send_at)


def in_a_week() -> datetime:
    return datetime.now(UTC) + timedelta(days=7)


async def test_word_to_everyone_is_sent_at_once(admin: Principal) -> None:
    """On `system`, with what was written."""
    sent = await system.notify(admin, system.Draft("Hello", "World", NotificationLevel.WARNING))
    assert (sent.status, sent.sent_at) == ("sent", sent.created_at)
    [event] = await recorded()
    assert (event.type, event.channels) == ("SystemNotification", ("system",))
    assert event.data == {"title": "Hello", "message": "World", "level": "Warning"}


async def test_word_to_one_person_is_theirs(admin: Principal, author: Principal, reader: Principal) -> None:
    """On their own channel and in their inbox, and nowhere else."""
    await system.notify(admin, system.Draft("Hello", "Grace", recipient_id=reader.user_id))
    assert (await last_recorded()).channels == (f"personal:{reader.user_id}",)
    assert (await inbox.inbox(reader, EVERYTHING)).unread_count == 1
    assert (await inbox.inbox(author, EVERYTHING)).unread_count == 0


async def test_only_administrators_do_any_of_it(admin: Principal, reader: Principal) -> None:
    """`admin_only`, and nothing happens."""
    kept = await system.notify(admin, tomorrow())
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: system.notify(reader, system.Draft("Hello", "World")),
        lambda: system.cancel(reader, kept.id),
        lambda: system.one_notification(reader, kept.id),
        lambda: system.notifications(reader, EVERYTHING),
    ]
    for attempt in attempts:
        with pytest.raises(ForbiddenError) as refused:
            await attempt()
        assert refused.value.code == "admin_only"
    assert await recorded() == []
    assert (await system.one_notification(admin, kept.id)).status == "scheduled"


async def test_wrong_recipients_and_times_are_named(admin: Principal) -> None:
    """Both places at once; nothing is stored."""
    draft = system.Draft("x", "y", recipient_id=new_id(), send_at=utc_now())
    with pytest.raises(ValidationError) as refused:
        await system.notify(admin, draft)
    assert [error.pointer for error in refused.value.errors] == ["/send_at", "/recipient_id"]
    assert await models.ScheduledNotification.all().count() == 0


async def test_what_is_due_is_sent_once(admin: Principal, reader: Principal) -> None:
    """Not a second before its time, and not again; to whom it was meant for."""
    scheduled = await system.notify(admin, tomorrow(reader))
    assert (scheduled.status, await recorded()) == ("scheduled", [])
    assert await system.send_due(scheduled.send_at - timedelta(seconds=1)) == 0
    assert await system.send_due(scheduled.send_at) == 1
    assert await system.send_due(in_a_week()) == 0
    [event] = await recorded()
    assert event.channels == (f"personal:{reader.user_id}",)
    assert (await system.one_notification(admin, scheduled.id)).status == "sent"


async def test_racing_nodes_send_once(admin: Principal) -> None:
    """Five at once, with three that are due."""
    for _ in range(3):
        await system.notify(admin, tomorrow())
    sent = await asyncio.gather(*(system.send_due(in_a_week()) for _ in range(5)))
    assert sum(sent) == 3
    assert await count_recorded("SystemNotification") == 3


async def test_more_than_a_pass_is_sent_in_the_next(
    admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest due first."""
    monkeypatch.setattr(system, "SEND_BATCH", 2)
    for _ in range(3):
        await system.notify(admin, tomorrow())
    assert [await system.send_due(in_a_week()) for _ in range(3)] == [2, 1, 0]


async def test_what_is_cancelled_is_not_sent(admin: Principal) -> None:
    """Again is the same as once; what has been sent, or was never there, cannot be cancelled."""
    scheduled = await system.notify(admin, tomorrow())
    for _ in range(2):
        await system.cancel(admin, scheduled.id)
    assert await system.send_due(in_a_week()) == 0
    assert await recorded() == []
    sent = await system.notify(admin, system.Draft("Hello", "World"))
    with pytest.raises(ConflictError) as refused:
        await system.cancel(admin, sent.id)
    assert refused.value.code == "already_sent"
    with pytest.raises(NotFoundError):
        await system.cancel(admin, new_id())


async def test_cancelling_races_with_sending(admin: Principal) -> None:
    """Either it is sent or it is cancelled, and whoever cancels knows which."""
    for _ in range(10):
        scheduled = await system.notify(admin, tomorrow())
        before = await count_recorded("SystemNotification")
        sent, cancelled = await asyncio.gather(
            system.send_due(in_a_week()), system.cancel(admin, scheduled.id), return_exceptions=True
        )
        assert await count_recorded("SystemNotification") - before == sent
        assert isinstance(cancelled, ConflictError) == bool(sent)


async def test_they_are_listed_by_status(admin: Principal) -> None:
    """Latest first, whoever of the administrators sent them."""
    scheduled = await system.notify(admin, tomorrow())
    cancelled = await system.notify(admin, tomorrow())
    await system.cancel(admin, cancelled.id)
    sent = await system.notify(admin, system.Draft("Hello", "World"))
    page = await system.notifications(admin, EVERYTHING)
    assert [found.id for found in page.data] == [sent.id, cancelled.id, scheduled.id]
    for status, expected in zip(SystemNotificationStatus, (scheduled, sent, cancelled), strict=True):
        page = await system.notifications(admin, EVERYTHING, status=status)
        assert [(found.id, found.status) for found in page.data] == [(expected.id, status)]


async def test_what_is_still_to_be_sent_is_not_pruned(admin: Principal) -> None:
    """However old: a server that was off for months sends it."""
    kept = await system.notify(admin, tomorrow())
    gone = await system.notify(admin, tomorrow())
    await system.cancel(admin, gone.id)
    assert await system.prune(in_a_week() + inbox.KEPT) == 1
    assert [row.id for row in await models.ScheduledNotification.all()] == [kept.id]
