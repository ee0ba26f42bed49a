"""What the bodies of all answers have in common."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from itcook import models


class View(BaseModel):
    """Frozen, and exact: an unknown field is a defect."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(View):
    """Someone, as others see them in passing."""

    id: UUID
    name: str

    @classmethod
    def of(cls, user: models.User) -> "Person":
        return cls(id=user.id, name=user.name)
