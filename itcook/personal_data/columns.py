"""The columns of a model, as they are declared: also before Tortoise was initialised, which adds those of
foreign keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.fields import JSONField
from tortoise.fields.relational import BackwardFKRelation, ForeignKeyFieldInstance
from tortoise.models import Model


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the type of its values; `refers_to` names the model, if it is a foreign key."""

    name: str
    kind: Any
    refers_to: str | None = None


def columns_of(model: type[Model]) -> list[Column]:
    """The columns of the table of `model`, in the order of their declaration."""
    return list(_columns(model))


def _columns(model: type[Model]) -> Iterator[Column]:
    declared = model._meta.fields_map
    keys = {f"{name}_id" for name, field in declared.items() if isinstance(field, ForeignKeyFieldInstance)}
    for name, field in declared.items():
        if isinstance(field, ForeignKeyFieldInstance):
            related = field.model_name if isinstance(field.model_name, str) else field.model_name.__name__
            yield Column(f"{name}_id", _optional(UUID, field.null), related.rpartition(".")[2])
        elif name not in keys and not isinstance(field, BackwardFKRelation):
            kind = Any if isinstance(field, JSONField) else field.field_type
            yield Column(name, _optional(kind, field.null))


def _optional(kind: Any, null: bool) -> Any:
    return kind | None if null else kind
