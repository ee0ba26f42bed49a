"""Keyset pagination, over every small list, page size and place to begin."""

from collections.abc import AsyncIterator
from uuid import UUID

import pydantic
import pytest

from itcook.clock import utc_now
from itcook.database import Database
from itcook.identifiers import new_id
from itcook.models import User
from itcook.pages import MAX_LIMIT, Page, PageQuery, read_page
from itcook.settings import Settings

COUNT = 7


@pytest.fixture
async def ids(settings: Settings) -> AsyncIterator[list[UUID]]:
    """The ids of `COUNT` rows, newest first."""
    database = Database(settings)
    await database.open()
    made = []
    for number in range(COUNT):
        user = await User.create(
            email=str(number), password_hash="", first_name="A", last_name="B", created_at=utc_now()
        )
        made.append(user.id)
    yield made[::-1]
    await database.close()


async def test_pages_partition_the_list(ids: list[UUID]) -> None:
    """For every limit: each row once, newest first, every page full but the last, and never an empty one."""
    for limit in range(1, COUNT + 2):
        pages: list[list[UUID]] = []
        before = None
        while not pages or before is not None:
            rows, before = await read_page(User.all(), PageQuery(limit=limit, before=before))
            pages.append([row.id for row in rows])
        assert [identifier for page in pages for identifier in page] == ids
        assert all(len(page) == limit for page in pages[:-1])
        assert 1 <= len(pages[-1]) <= limit


async def test_a_page_begins_after_any_id(ids: list[UUID]) -> None:
    """`before` need not be on a page boundary, nor exist."""
    for place, identifier in enumerate(ids):
        rows, _ = await read_page(User.all(), PageQuery(limit=MAX_LIMIT, before=identifier))
        assert [row.id for row in rows] == ids[place + 1 :]
    rows, _ = await read_page(User.all(), PageQuery(limit=MAX_LIMIT, before=new_id()))
    assert [row.id for row in rows] == ids
    rows, next_before = await read_page(User.all(), PageQuery(before=UUID(int=0)))
    assert (rows, next_before) == ([], None)


async def test_what_is_deleted_meanwhile_shifts_nothing(ids: list[UUID]) -> None:
    """The row that the next page hangs on may go away between two pages."""
    rows, next_before = await read_page(User.all(), PageQuery(limit=3))
    assert next_before == ids[2] == rows[-1].id
    await User.filter(id__in=ids[:3]).delete()
    rows, _ = await read_page(User.all(), PageQuery(limit=3, before=next_before))
    assert [row.id for row in rows] == ids[3:6]


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1, 2**70])
def test_the_limit_is_limited(limit: int) -> None:
    """One to a hundred."""
    with pytest.raises(pydantic.ValidationError):
        PageQuery(limit=limit)


def test_has_more_and_next_before_agree() -> None:
    """A client may use either."""
    identifier = new_id()
    assert Page[int].of([1], identifier).model_dump() == {
        "data": [1],
        "has_more": True,
        "next_before": identifier,
    }
    assert not Page[int].of([1], None).has_more
