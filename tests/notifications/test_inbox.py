"""The inbox: read, marked, emptied, pruned; what is for everyone among what is for one person."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import transactional
from itcook.errors import NotFoundError
from itcook.identifiers import new_id
from itcook.notifications import inbox, system, views
from itcook.pages import PageQuery
from tests.support.community import sign_up

EVERYTHING = PageQuery(limit=100)


async def tell(admin: Principal, title: str, recipient: Principal | None = None) -> None:
    """Word from the administrator, to one person or to everyone."""
    recipient_id = recipient.user_id if recipient else None
    await system.notify(admin, system.Draft(title, "…", recipient_id=recipient_id))


async def titles(person: Principal, *, unread: bool = False) -> list[str]:
    page = await inbox.inbox(person, EVERYTHING, unread=unread)
    return [item.data["title"] for item in page.data]


async def item(person: Principal, title: str) -> views.InboxItem:
    """The person's item with this title."""
    page = await inbox.inbox(person, EVERYTHING)
    return next(item for item in page.data if item.data["title"] == title)


async def test_both_kinds_are_merged_in_the_order_of_sending(admin: Principal, reader: Principal) -> None:
    """Page by page, whatever the size of the pages; nothing twice and nothing left out."""
    sent = []
    for number, everyone in enumerate((True, False, False, True, True, False, True)):
        await tell(admin, f"n{number}", None if everyone else reader)
        sent.append(f"n{number}")
    for limit in (1, 2, 3, 7, 8):
        seen: list[str] = []
        before = None
        has_more = True
        while has_more:
            page = await inbox.inbox(reader, PageQuery(limit=limit, before=before))
            assert len(page.data) <= limit
            assert page.unread_count == len(sent)
            seen += [found.data["title"] for found in page.data]
            before, has_more = page.next_before, page.has_more
        assert seen == sent[::-1]


async def test_nobody_sees_what_is_for_another(
    admin: Principal, author: Principal, reader: Principal
) -> None:
    """Neither in the list nor by its id."""
    await tell(admin, "for Grace", reader)
    private = await item(reader, "for Grace")
    assert await titles(author) == []
    for attempt in (inbox.read_item, inbox.remove_item):
        with pytest.raises(NotFoundError):
            await attempt(author, private.id)
    await inbox.read_up_to(author, private.id)
    assert await titles(reader, unread=True) == ["for Grace"]


@pytest.mark.parametrize("everyone", [True, False])
async def test_reading_is_ones_own(
    admin: Principal, author: Principal, reader: Principal, everyone: bool
) -> None:
    """Again is the same as once, with the time of the first; others have not read what is everyone's."""
    await tell(admin, "a", None if everyone else reader)
    await tell(admin, "b")
    first = await inbox.read_item(reader, (await item(reader, "a")).id)
    read_at = (await item(reader, "a")).read_at
    assert read_at is not None
    again = await inbox.read_item(reader, (await item(reader, "a")).id)
    assert first.unread_count == again.unread_count == 1
    assert (await item(reader, "a")).read_at == read_at
    assert await titles(reader) == ["b", "a"]
    assert await titles(reader, unread=True) == ["b"]
    assert "b" in await titles(author, unread=True)
    if everyone:
        assert "a" in await titles(author, unread=True)


async def test_reading_up_to_an_item(admin: Principal, author: Principal, reader: Principal) -> None:
    """It and all before it, of both kinds, for one person; the item may be gone by then."""
    for title in ("a", "b"):
        await tell(admin, title)
        await tell(admin, f"{title} for Grace", reader)
    last = (await item(reader, "b")).id
    assert (await inbox.read_up_to(reader, last)).unread_count == 1
    assert await titles(reader, unread=True) == ["b for Grace"]
    assert await titles(author, unread=True) == ["b", "a"]
    await inbox.remove_item(reader, last)
    assert (await inbox.read_up_to(reader, last)).unread_count == 1
    assert (await inbox.read_up_to(reader, new_id())).unread_count == 0


@pytest.mark.parametrize("everyone", [True, False])
async def test_removing_is_ones_own(
    admin: Principal, author: Principal, reader: Principal, everyone: bool
) -> None:
    """Gone and not unread for who removed it, read before or not; for others everyone's is still there."""
    for title in ("read", "unread"):
        await tell(admin, title, None if everyone else reader)
    await inbox.read_item(reader, (await item(reader, "read")).id)
    for title in ("read", "unread"):
        found = await item(reader, title)
        await inbox.remove_item(reader, found.id)
        for attempt in (inbox.remove_item, inbox.read_item):
            with pytest.raises(NotFoundError):
                await attempt(reader, found.id)
    page = await inbox.inbox(reader, EVERYTHING)
    assert (page.data, page.unread_count) == ([], 0)
    assert await titles(author) == (["unread", "read"] if everyone else [])


async def test_racing_readers_mark_once(admin: Principal, reader: Principal) -> None:
    """Twenty at once, in three ways: one mark, and no failure."""
    await tell(admin, "a")
    found = await item(reader, "a")
    await asyncio.gather(
        *(inbox.read_item(reader, found.id) for _ in range(10)),
        *(inbox.read_up_to(reader, found.id) for _ in range(10)),
    )
    assert await models.InboxMark.all().count() == 1
    results = await asyncio.gather(
        *(inbox.remove_item(reader, found.id) for _ in range(5)), return_exceptions=True
    )
    assert sum(result is None for result in results) >= 1
    assert all(result is None or isinstance(result, NotFoundError) for result in results)
    assert await titles(reader) == []


async def test_newcomers_do_not_have_old_news(admin: Principal) -> None:
    """Their inbox begins with their account."""
    await tell(admin, "before")
    newcomer = await sign_up("Barbara Liskov")
    assert await titles(newcomer) == []
    await tell(admin, "after")
    assert await titles(newcomer) == ["after"]


async def test_old_items_are_pruned(
    admin: Principal, reader: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 90 days, read or not, in several batches, with the marks; younger ones stay."""
    monkeypatch.setattr(inbox, "PRUNE_BATCH", 2)
    now = datetime.now(UTC)
    with monkeypatch.context() as back_then:
        back_then.setattr(transactional, "clock", lambda: now - inbox.KEPT - timedelta(seconds=1))
        for number in range(3):
            await tell(admin, f"old {number}", reader)
        await tell(admin, "old for all")
    await models.User.all().update(created_at=now - timedelta(days=365))
    await inbox.read_item(reader, (await item(reader, "old for all")).id)
    await tell(admin, "new", reader)
    assert await inbox.prune(now) == 4
    assert await inbox.prune(now) == 0
    assert await titles(reader) == ["new"]
    assert await models.InboxMark.all().count() == 0
    assert await system.prune(now) == 4
    assert await models.ScheduledNotification.all().count() == 1
