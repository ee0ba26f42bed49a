"""The stream's table: the truth that brokers and memories only speed up."""

from datetime import datetime, timedelta

from itcook.database import Transaction, transactional
from itcook.models import StreamEntry, StreamHead
from itcook.stream.cursor import Cursor, new_epoch
from itcook.stream.envelope import Envelope, durable

HEAD_ID = 1  # the only row of stream_heads
PRUNE_BATCH = 1000  # rows a transaction; SQLite's one writer must not be held for long

FROZEN = "1s"  # after which PostgreSQL ends a relay that has the head and says nothing

_LOCK_HEAD = f"""
    SET LOCAL idle_in_transaction_session_timeout = '{FROZEN}';
    SELECT position FROM stream_heads WHERE id = {HEAD_ID} FOR UPDATE
"""  # noqa: S608 # constants
_STAMP = f"""
    UPDATE stream_entries SET position = numbered.position FROM (
        SELECT entry.id, head.position + row_number() OVER (ORDER BY entry.id) AS position
        FROM stream_entries AS entry JOIN stream_heads AS head ON head.id = {HEAD_ID}
        WHERE entry.position IS NULL ORDER BY entry.id LIMIT {{limit:d}}
    ) AS numbered WHERE stream_entries.id = numbered.id
    RETURNING stream_entries.position, channels, body, traceparent
"""  # noqa: S608 # integers only
_MOVE_HEAD = f"""
    UPDATE stream_heads SET position = (SELECT max(position) FROM stream_entries) WHERE id = {HEAD_ID}
"""  # noqa: S608 # a constant


class StreamTable:
    """Reads and writes of the stored stream. `epoch` is known once `open` has run."""

    epoch: str

    async def open(self) -> int:
        """Begin the history if there is none yet; the position of the last stamped event."""
        self.epoch, position = await _ensure_head()
        return position

    async def stamp(self, limit: int) -> list[Envelope]:
        """Give the next positions to at most `limit` committed events; those events in order."""
        rows = await _stamp(limit)
        return [self._envelope(*row) for row in rows]

    async def read(self, after: int, limit: int) -> list[Envelope]:
        """At most `limit` events with positions above `after`, in order."""
        rows = (
            await StreamEntry.filter(position__gt=after)
            .order_by("position")
            .limit(limit)
            .values_list("position", "channels", "body", "traceparent")
        )
        return [self._envelope(*row) for row in rows]

    async def prune(self, now: datetime, *, hours: float, entries: int) -> int:
        """Remove events older than `hours` and all but the last `entries`; how many were removed."""
        keep_from = await self._first_to_keep(now - timedelta(hours=hours), entries)
        removed = 0
        while count := await _delete_before(keep_from):
            removed += count
        return removed

    async def _first_to_keep(self, cutoff: datetime, entries: int) -> int:
        head: int = (await StreamHead.get(id=HEAD_ID)).position
        # By position, not by the latest old timestamp: a clock that once went back must not take newer
        # events along.
        young = (
            await StreamEntry.filter(position__not_isnull=True, created_at__gte=cutoff)
            .order_by("position")
            .first()
        )
        first_young: int = young.position if young is not None else head + 1
        return max(first_young, head - entries + 1)

    def _envelope(self, position: int, channels: str, body: str, traceparent: str | None) -> Envelope:
        return durable(Cursor(self.epoch, position), tuple(channels.split(" ")), body, traceparent)


@transactional
async def _ensure_head(transaction: Transaction) -> tuple[str, int]:
    head, _ = await StreamHead.get_or_create(
        defaults={"epoch": new_epoch(), "position": 0}, using_db=transaction.connection, id=HEAD_ID
    )
    return head.epoch, head.position


@transactional
async def _stamp(transaction: Transaction, limit: int) -> list[tuple[int, str, str, str | None]]:
    connection = transaction.connection
    if connection.capabilities.support_for_update:
        # Relays on other nodes wait here, so positions stay dense whoever stamps.
        await connection.execute_script(_LOCK_HEAD)
    rows = await connection.execute_query_dict(_STAMP.format(limit=limit))
    if rows:
        await connection.execute_query(_MOVE_HEAD)
    return sorted((row["position"], row["channels"], row["body"], row["traceparent"]) for row in rows)


@transactional
async def _delete_before(transaction: Transaction, position: int) -> int:
    batch = (
        await StreamEntry.filter(position__lt=position)
        .using_db(transaction.connection)
        .order_by("position")
        .limit(PRUNE_BATCH)
        .values_list("position", flat=True)
    )
    if not batch:
        return 0
    return await StreamEntry.filter(position__lte=batch[-1]).using_db(transaction.connection).delete()
