"""Keyset pagination: newest first, and each page begins where the one before it ended.

Ids are UUIDv7, so their order is the order of creation and `before=<id>` is an index lookup however far
back it is. Unlike with an offset, rows that appear or vanish meanwhile shift nothing: no row is shown
twice, and none that stays is skipped.
"""

from collections.abc import Iterable
from typing import Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from tortoise.models import Model
from tortoise.queryset import QuerySet

DEFAULT_LIMIT = 20
MAX_LIMIT = 100  # rows of one answer: bounds the memory and time that one request can ask for

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")


class PageQuery(BaseModel):
    """Which page: the `limit` newest rows, of those older than the id `before`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    before: UUID | None = None


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next_before` asks for the next one; null on the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: list[Item]
    has_more: bool
    next_before: UUID | None

    @classmethod
    def of(cls, items: Iterable[Item], next_before: UUID | None) -> Self:
        return cls(data=list(items), has_more=next_before is not None, next_before=next_before)


async def read_page(query: QuerySet[Row], asked: PageQuery) -> tuple[list[Row], UUID | None]:
    """The rows of one page, newest first, and the `next_before` that asks for the next one."""
    if asked.before is not None:
        query = query.filter(id__lt=asked.before)
    # One row more than asked for tells whether there is a next page, without counting.
    rows = await query.order_by("-id").limit(asked.limit + 1)
    if len(rows) <= asked.limit:
        return rows, None
    return rows[: asked.limit], rows[asked.limit - 1].pk
