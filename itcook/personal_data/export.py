"""Everything that is kept of a person, as one JSON document."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model
from tortoise.models import Model

from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.database import Transaction, transactional
from itcook.events import Timestamp, format_timestamp
from itcook.personal_data.tables import TABLES, Table

BATCH = 200  # rows that are read, and in memory, at once: an export is as long as a life here

_EXACT = ConfigDict(frozen=True, extra="forbid")
_SHOWN: Mapping[Any, Any] = {
    datetime: Timestamp,
    datetime | None: Timestamp | None,
    Decimal: float,
    Decimal | None: float | None,
}


def _row_type(table: Table) -> type[BaseModel]:
    """What is shown of a row of `table`: its columns, as they stand there."""
    members: dict[str, Any] = {
        column.name: (_SHOWN.get(column.kind, column.kind), ...) for column in table.columns
    }
    name = "".join(part.title() for part in table.name.split("_"))
    return create_model(f"Exported{name}", __config__=_EXACT, **members)


_ROWS = {table.name: _row_type(table) for table in TABLES}

_members: dict[str, Any] = {name: (list[row], ...) for name, row in _ROWS.items()}  # type: ignore[valid-type] # made above
PersonalData: type[BaseModel] = create_model(
    "PersonalData", __config__=_EXACT, __doc__=__doc__, exported_at=(Timestamp, ...), **_members
)


@transactional
async def note_export(transaction: Transaction, principal: Principal) -> None:
    """Have the audit log tell of it: whoever has stolen a login would want this first."""
    await note(transaction, Action.DATA_EXPORTED, principal, principal.user_id)


async def written(user_id: UUID) -> AsyncIterator[str]:
    """The document of `PersonalData`, in parts. Each table is read as it is when its turn comes."""
    yield f'{{"exported_at":"{format_timestamp(utc_now())}"'
    for table in TABLES:
        yield f',"{table.name}":['
        separator = ""
        async for row in _rows(table, user_id):
            yield separator + _shown(table, row)
            separator = ","
        yield "]"
    yield "}"


async def _rows(table: Table, user_id: UUID) -> AsyncIterator[Model]:
    key = table.model._meta.pk_attr
    rows = table.rows(user_id).order_by(key).limit(BATCH)
    batch = await rows
    while batch:
        for row in batch:
            yield row
        batch = await rows.filter(**{f"{key}__gt": batch[-1].pk})


def _shown(table: Table, row: Model) -> str:
    values = {column.name: getattr(row, column.name) for column in table.columns}
    return _ROWS[table.name](**values).model_dump_json()
