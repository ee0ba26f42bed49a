"""What causes each event: what a person does over HTTP, or what the clock does, and whom it is for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from itcook import events
from itcook.events import DurableEvent
from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server

PAST = "2020-01-01 08:00:00+00:00"

Body = dict[str, Any]
Cause = Callable[[], Awaitable[Body]]
Audience = Sequence[tuple[Person, str]]


@dataclass(frozen=True)
class Stage:
    """A server and its people. Ada and Grace share a kitchen, Alan is an administrator."""

    api: Api
    server: Server
    ada: Person
    grace: Person
    alan: Person
    kitchen_id: str

    def does(self, person: Person, method: str, path: str, body: Body | None = None) -> Cause:
        """A request of someone, yet to be sent."""
        return partial(self.api.done, method, path, person, json=body)

    def becomes_due(self, table: str, column: str, identifier: str) -> Cause:
        """A moment that passes while the server is down."""
        return partial(self._let_pass, f"UPDATE {table} SET {column} = ? WHERE id = ?", identifier)  # noqa: S608 # no input

    async def put(self) -> Body:
        """Something new in the kitchen, the last day of which is today."""
        return await self.api.done("POST", "/fridge/items", self.grace, json=self.milk)

    @property
    def milk(self) -> Body:
        """What is put into the kitchen."""
        today = str(datetime.now(UTC).date())
        milk = {"name": "Milk", "quantity": 1, "unit": "l", "category": "dairy", "expires_on": today}
        return {**milk, "kitchen_id": self.kitchen_id}

    async def _let_pass(self, statement: str, identifier: str) -> Body:
        async with self.server.stopped():
            self.server.change(statement, PAST, identifier)
        return {}


@dataclass(frozen=True)
class Deed:
    """What is about to happen. `cause` does it, and gives what was answered.

    The event shows itself on `channel`, and reaches each person of `audience` over the one channel that is
    named beside them; `says` gives, for the answer, some of its data.
    """

    cause: Cause
    channel: str
    audience: Audience
    says: Callable[[Body], Body]

    @property
    def is_public(self) -> bool:
        return self.channel in {"community", "system"}


Prepare = Callable[[Stage], Awaitable[Deed]]


@dataclass(frozen=True)
class Walk:
    """A way in which an event comes about; `prepare` does all but the deed."""

    event: type[DurableEvent]
    prepare: Prepare

    def __str__(self) -> str:
        return f"{self.event.__name__}-{self.prepare.__name__}"


WALKS: list[Walk] = []


def _causes(event: type[DurableEvent]) -> Callable[[Prepare], Prepare]:
    def add(prepare: Prepare) -> Prepare:
        WALKS.append(Walk(event, prepare))
        return prepare

    return add


def _readers(stage: Stage, post: Body) -> Audience:
    """Of a post of Ada's."""
    names = ("community", f"author:{stage.ada.id}", f"post:{post['id']}")
    return [(stage.grace, name) for name in names]


def _participants(stage: Stage, post: Body) -> Audience:
    """In a post of Ada's."""
    return [(stage.grace, "community"), (stage.grace, f"post:{post['id']}"), (stage.ada, "personal")]


def _members(stage: Stage) -> Audience:
    return [(stage.ada, "kitchens"), (stage.grace, f"kitchen:{stage.kitchen_id}")]


@_causes(events.NewCommunityPost)
async def post(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.ada, "POST", "/community/posts", {"content": "Soup"}),
        "community",
        [(stage.grace, "community"), (stage.grace, f"author:{stage.ada.id}")],
        lambda answer: {"post_id": answer["id"], "author_name": stage.ada.name, "content": "Soup"},
    )


@_causes(events.PostUpdated)
async def edit(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    return Deed(
        stage.does(stage.ada, "PATCH", f"/community/posts/{soup['id']}", {"content": "Stew"}),
        "community",
        _readers(stage, soup),
        lambda _: {"post_id": soup["id"], "content": "Stew"},
    )


@_causes(events.PostDeleted)
async def delete(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    return Deed(
        stage.does(stage.ada, "DELETE", f"/community/posts/{soup['id']}"),
        "community",
        _readers(stage, soup),
        lambda _: {"post_id": soup["id"], "author_id": str(stage.ada.id)},
    )


@_causes(events.PostLiked)
async def like(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    return Deed(
        stage.does(stage.grace, "PUT", f"/community/posts/{soup['id']}/like"),
        "community",
        _participants(stage, soup),
        lambda _: {"post_id": soup["id"], "liker_name": stage.grace.name, "total_likes": 1},
    )


@_causes(events.PostUnliked)
async def unlike(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    await stage.api.like(stage.grace, soup["id"])
    return Deed(
        stage.does(stage.grace, "DELETE", f"/community/posts/{soup['id']}/like"),
        "community",
        _participants(stage, soup),
        lambda _: {"post_id": soup["id"], "liker_id": str(stage.grace.id), "total_likes": 0},
    )


@_causes(events.NewComment)
async def comment(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    return Deed(
        stage.does(stage.grace, "POST", f"/community/posts/{soup['id']}/comments", {"content": "With dill?"}),
        "community",
        _participants(stage, soup),
        lambda answer: {"post_id": soup["id"], "comment_id": answer["id"], "content": "With dill?"},
    )


@_causes(events.CommentDeleted)
async def uncomment(stage: Stage) -> Deed:
    soup = await stage.api.post(stage.ada, "Soup")
    comment = await stage.api.comment(stage.grace, soup["id"], "With dill?")
    return Deed(
        stage.does(stage.grace, "DELETE", f"/community/comments/{comment['id']}"),
        "community",
        _participants(stage, soup),
        lambda _: {"post_id": soup["id"], "comment_id": comment["id"]},
    )


@_causes(events.NewFollower)
async def follow(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.grace, "PUT", f"/community/users/{stage.ada.id}/follow"),
        "personal",
        [(stage.ada, "personal")],
        lambda _: {"follower_id": str(stage.grace.id), "follower_name": stage.grace.name},
    )


@_causes(events.ExpiringItems)
async def morning(stage: Stage) -> Deed:
    item = await stage.put()
    return Deed(
        stage.becomes_due("kitchens", "scan_at", stage.kitchen_id),
        f"kitchen:{stage.kitchen_id}",
        _members(stage),
        lambda _: {"kitchen_id": stage.kitchen_id, "days_left": 0, "items": [_expiring(item)]},
    )


def _expiring(item: Body) -> Body:
    return {"id": item["id"], "name": item["name"], "expires_on": item["expires_on"], "days_left": 0}


@_causes(events.FridgeItemChanged)
async def put(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.ada, "POST", "/fridge/items", stage.milk),
        f"kitchen:{stage.kitchen_id}",
        _members(stage),
        lambda answer: {"item_id": answer["id"], "change": "added", "changed_by_name": stage.ada.name},
    )


@_causes(events.FridgeItemChanged)
async def take(stage: Stage) -> Deed:
    item = await stage.put()
    return Deed(
        stage.does(stage.ada, "POST", f"/fridge/items/{item['id']}/take", {"quantity": 0.5}),
        f"kitchen:{stage.kitchen_id}",
        _members(stage),
        lambda _: {"item_id": item["id"], "change": "updated", "quantity": 0.5},
    )


@_causes(events.FridgeItemChanged)
async def throw_away(stage: Stage) -> Deed:
    item = await stage.put()
    return Deed(
        stage.does(stage.ada, "DELETE", f"/fridge/items/{item['id']}"),
        f"kitchen:{stage.kitchen_id}",
        _members(stage),
        lambda _: {"item_id": item["id"], "change": "removed", "name": "Milk"},
    )


@_causes(events.GoalAchieved)
async def progress(stage: Stage) -> Deed:
    body = {"title": "Drink more", "goal_type": "water", "target_value": 2, "unit": "l"}
    goal = await stage.api.done("POST", "/goals", stage.ada, json=body)
    return Deed(
        stage.does(stage.ada, "POST", f"/goals/{goal['id']}/progress", {"value": 2.5}),
        "personal",
        [(stage.ada, "personal")],
        lambda _: {"goal_id": goal["id"], "achievement_type": "water", "target_value": 2, "unit": "l"},
    )


@_causes(events.RecipeGenerated)
async def wish(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.ada, "POST", "/recipes/generate", {"ingredients": ["beetroot"]}),
        "personal",
        [(stage.ada, "personal")],
        lambda answer: {"request_id": answer["request_id"]},
    )


@_causes(events.RecipeFailed)
async def impossible_wish(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.ada, "POST", "/recipes/generate", {"ingredients": ["toothpaste"]}),
        "personal",
        [(stage.ada, "personal")],
        lambda answer: {"request_id": answer["request_id"]},
    )


WORD: Body = {"title": "Maintenance", "message": "Tonight at ten", "level": "Warning"}


@_causes(events.SystemNotification)
async def word_to_everyone(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.alan, "POST", "/notifications", WORD),
        "system",
        [(stage.ada, "system"), (stage.grace, "personal")],  # whatever they follow
        lambda _: WORD,
    )


@_causes(events.SystemNotification)
async def word_to_one(stage: Stage) -> Deed:
    return Deed(
        stage.does(stage.alan, "POST", "/notifications", {**WORD, "recipient_id": str(stage.ada.id)}),
        "personal",
        [(stage.ada, "personal")],
        lambda _: WORD,
    )


@_causes(events.SystemNotification)
async def scheduled_word(stage: Stage) -> Deed:
    later = f"{datetime.now(UTC) + timedelta(1):%Y-%m-%dT%H:%M:%SZ}"
    body = {**WORD, "recipient_id": str(stage.ada.id), "send_at": later}
    scheduled = await stage.api.done("POST", "/notifications", stage.alan, json=body)
    return Deed(
        stage.becomes_due("scheduled_notifications", "send_at", scheduled["id"]),
        "personal",
        [(stage.ada, "personal")],
        lambda _: WORD,
    )
