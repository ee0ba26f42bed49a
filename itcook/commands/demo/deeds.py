"""What people do in a demonstration. Who and what is meant is said by number, in order of appearance."""

from dataclasses import dataclass

from itcook.commands.demo.content import Aim, Food


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that the person of this number does."""

    who: int


@dataclass(frozen=True, slots=True)
class Arrive(Deed):
    """Come to the community."""

    first_name: str
    last_name: str
    email: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Follow(Deed):
    other: int


@dataclass(frozen=True, slots=True)
class Share(Deed):
    """Make a post."""

    content: str
    post_type: str


@dataclass(frozen=True, slots=True)
class Like(Deed):
    post: int
    author: int


@dataclass(frozen=True, slots=True)
class Comment(Deed):
    post: int
    content: str


@dataclass(frozen=True, slots=True)
class OpenKitchen(Deed):
    """Share a kitchen with others."""

    name: str


@dataclass(frozen=True, slots=True)
class Join(Deed):
    kitchen: int


@dataclass(frozen=True, slots=True)
class Stock(Deed):
    """Put food into the shared kitchen of this number, or into one's own; it is good for so many `days`."""

    food: Food
    kitchen: int | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Take(Deed):
    """Take this part of what was put in as the item of this number."""

    item: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Aspire(Deed):
    """Set a goal."""

    aim: Aim


@dataclass(frozen=True, slots=True)
class Progress(Deed):
    """Come nearer to the goal of this number."""

    goal: int
    value: float


@dataclass(frozen=True, slots=True)
class AskForRecipe(Deed):
    """Wish for something of what is in the fridge."""
