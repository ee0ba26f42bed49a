from tortoise import fields
from tortoise.models import Model


class StreamEntry(Model):
    """One durable event, written by the transaction of its cause (the outbox) and kept as history.

    `id` says when the row was inserted, which is not when it was committed: PostgreSQL shows ids out of
    order. `position` is given after the commit, by the relay, dense and in commit order; null until then.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    position = fields.BigIntField(null=True, unique=True)
    channels = fields.TextField()  # names, separated by a space, the first one first
    body = fields.TextField()  # the event's JSON without its opening brace and without `id`
    created_at = fields.DatetimeField(db_index=True)
    # W3C's, of its transaction, where that is traced.
    traceparent = fields.CharField(max_length=55, null=True)

    class Meta:
        table = "stream_entries"


class StreamHead(Model):
    """Where the stream stands: a single row."""

    id = fields.IntField(primary_key=True, generated=False)
    epoch = fields.CharField(max_length=16)  # names this history; another database has another
    position = fields.BigIntField()  # the last one given

    class Meta:
        table = "stream_heads"
