"""The inbox: what was addressed to a person while they were away, and what they have read of it.

What is for everyone is one row for everyone, however many people there are. It is merged into each
inbox when that is read: the ids of both kinds are in the order of sending.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from itcook import models
from itcook.auth.principal import Principal
from itcook.database import Transaction, transactional
from itcook.errors import NotFoundError
from itcook.events import NewComment, NewFollower, PostLiked
from itcook.notifications import views
from itcook.pages import PageQuery, read_page

KEPT = timedelta(days=90)  # longer than people are away who will read what they missed
# The events that one person causes and another finds in their inbox.
TELLING_OF_PEOPLE = [event.__name__ for event in (PostLiked, NewComment, NewFollower)]
PRUNE_BATCH = 1000  # rows a transaction: SQLite's one writer must not be held for long


@dataclass(frozen=True, slots=True)
class _Inbox:
    """What one person finds: their own items, and everyone's since they came but what they removed."""

    own: QuerySet[models.InboxItem]
    everyones: QuerySet[models.InboxItem]
    marks: QuerySet[models.InboxMark]

    def unread(self) -> "_Inbox":
        marked = Subquery(self.marks.values("item_id"))
        return _Inbox(self.own.filter(read_at=None), self.everyones.filter(id__not_in=marked), self.marks)

    async def count(self) -> int:
        return await self.own.count() + await self.everyones.count()

    async def page(self, asked: PageQuery) -> tuple[list[models.InboxItem], UUID | None]:
        """As `read_page`, of both kinds together."""
        own, more_own = await read_page(self.own, asked)
        everyones, more_everyones = await read_page(self.everyones, asked)
        rows = sorted(own + everyones, key=lambda row: row.id, reverse=True)
        has_more = bool(more_own or more_everyones or rows[asked.limit :])
        return rows[: asked.limit], rows[: asked.limit][-1].id if has_more else None

    async def find(self, item_id: UUID) -> models.InboxItem:
        """Raises `NotFoundError`."""
        found = await self.own.get_or_none(id=item_id) or await self.everyones.get_or_none(id=item_id)
        if found is None:
            raise NotFoundError("there is no such notification in your inbox")
        return found


async def inbox(reader: Principal, asked: PageQuery, *, unread: bool = False) -> views.InboxPage:
    """The person's inbox, the latest first; of what they have not read, if asked for."""
    mine = await _inbox_of(reader)
    rows, next_before = await (mine.unread() if unread else mine).page(asked)
    marks = mine.marks.filter(item_id__in=[row.id for row in rows])
    read_at: dict[UUID, datetime] = dict(await marks.values_list("item_id", "read_at"))
    items = (views.InboxItem.of(row, row.read_at or read_at.get(row.id)) for row in rows)
    return views.InboxPage(
        data=list(items),
        has_more=next_before is not None,
        next_before=next_before,
        unread_count=await mine.unread().count(),
    )


@transactional
async def read_item(transaction: Transaction, reader: Principal, item_id: UUID) -> views.InboxState:
    """Mark an item as read, whether it was or not. Raises `NotFoundError`, for others' items too."""
    mine = await _inbox_of(reader, transaction)
    row = await mine.find(item_id)
    if row.user_id is None:
        await _mark(transaction, reader, [row.id])
    else:
        await mine.unread().own.filter(id=row.id).update(read_at=transaction.now)
    return views.InboxState(unread_count=await mine.unread().count())


@transactional
async def read_up_to(transaction: Transaction, reader: Principal, last_id: UUID) -> views.InboxState:
    """Mark everything as read that is not newer than `last_id`, which need not be there any more."""
    mine = await _inbox_of(reader, transaction)
    unread = mine.unread()
    everyones = await unread.everyones.filter(id__lte=last_id).values_list("id")
    await _mark(transaction, reader, [item_id for (item_id,) in everyones])
    await unread.own.filter(id__lte=last_id).update(read_at=transaction.now)
    return views.InboxState(unread_count=await mine.unread().count())


@transactional
async def remove_item(transaction: Transaction, reader: Principal, item_id: UUID) -> None:
    """Take an item out of the person's inbox, and of nobody else's. Raises `NotFoundError`."""
    mine = await _inbox_of(reader, transaction)
    row = await mine.find(item_id)
    if row.user_id is not None:
        await mine.own.filter(id=row.id).delete()
        return
    await _mark(transaction, reader, [row.id])
    await mine.marks.filter(item_id=row.id).update(removed=True)


async def forget_person(transaction: Transaction, user_id: UUID) -> None:
    """Remove from others' inboxes what tells of the person, who leaves for good. It looks through all items
    of these types: nobody leaves often.
    """
    telling = models.InboxItem.filter(type__in=TELLING_OF_PEOPLE, body__contains=str(user_id))
    await telling.using_db(transaction.connection).delete()


async def prune(now: datetime) -> int:
    """Remove what is older than 90 days, read or not; how many items."""
    removed = 0
    while count := await _delete_before(now - KEPT):
        removed += count
    return removed


@transactional
async def _delete_before(transaction: Transaction, cutoff: datetime) -> int:
    items = models.InboxItem.filter(created_at__lt=cutoff).using_db(transaction.connection)
    batch = await items.limit(PRUNE_BATCH).values_list("id", flat=True)
    await models.InboxItem.filter(id__in=batch).using_db(transaction.connection).delete()
    return len(batch)  # SQLite's own count has the marks that go with them


async def _inbox_of(reader: Principal, transaction: Transaction | None = None) -> _Inbox:
    connection = transaction.connection if transaction else None
    user = await models.User.get(id=reader.user_id, using_db=connection)
    own = models.InboxItem.filter(user_id=user.id).using_db(connection)
    everyones = models.InboxItem.filter(user_id=None, created_at__gte=user.created_at).using_db(connection)
    marks = models.InboxMark.filter(user_id=user.id).using_db(connection)
    removed = Subquery(marks.filter(removed=True).values("item_id"))
    return _Inbox(own, everyones.filter(id__not_in=removed), marks)


async def _mark(transaction: Transaction, reader: Principal, item_ids: list[UUID]) -> None:
    """Note that the person has read these items of everyone's, those they had not read before."""
    marks = [
        models.InboxMark(user_id=reader.user_id, item_id=item_id, read_at=transaction.now, removed=False)
        for item_id in item_ids
    ]
    await models.InboxMark.bulk_create(marks, ignore_conflicts=True, using_db=transaction.connection)
