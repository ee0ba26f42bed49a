"""People who stand in every relation to a thing, and a new thing of each kind for the asking.

The owner's things are asked for by everybody else: a member of the owner's kitchen, an administrator,
somebody who has nothing to do with it, and nobody.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from itcook import models
from tests.support.api import Api
from tests.support.people import PASSWORD, Person
from tests.support.recipes import BORSCHT

# Who changes least comes first: whoever may do away with a thing does so after the others have tried.
Role = Literal["nobody", "other", "administrator", "member", "owner"]
ROLES: tuple[Role, ...] = ("nobody", "other", "administrator", "member", "owner")
AS_DOCUMENTED: tuple[Role, ...] = ("nobody", "other", "member", "owner", "administrator")

Body = dict[str, Any]
Thing = Callable[["Scene", Person], Awaitable[str]]


@dataclass
class Scene:
    """The people, and where they are. `kitchen_id` is the owner's, shared with the member."""

    api: Api
    people: dict[Role, Person | None]
    open_streams: AsyncExitStack
    kitchen_id: str = ""
    registered: int = 0

    @classmethod
    async def set(cls, api: Api, open_streams: AsyncExitStack) -> "Scene":
        """Register everybody."""
        scene = cls(api, {"nobody": None}, open_streams)
        for role in ROLES[1:]:
            scene.people[role] = await scene.newcomer(role)
        scene.kitchen_id = await kitchen(scene, scene.person("owner"))
        return scene

    def person(self, role: Role) -> Person:
        """Somebody."""
        person = self.people[role]
        assert person is not None, "somebody, not nobody"
        return person

    async def newcomer(self, role: Role) -> Person:
        """One more person who is what `role` says, with things of their own to lose."""
        self.registered += 1
        letters = "".join(chr(ord("a") + int(digit)) for digit in str(self.registered))
        person = await self.api.register(f"{role.capitalize()} {letters.capitalize()}")
        if role == "administrator":
            await models.User.filter(id=person.id).update(role="admin")
        return person

    async def login(self, person: Person) -> Person:
        """The same person, by a login of its own."""
        body = {"email": person.email, "password": PASSWORD}
        answer = await self.api.done("POST", "/auth/login", None, json=body)
        return replace(person, access_token=answer["access_token"], refresh_token=answer["refresh_token"])

    async def make(self, person: Person, path: str, body: Body) -> str:
        """The id of what somebody makes."""
        return str((await self.api.done("POST", path, person, json=body))["id"])


async def post(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, "/community/posts", POST)


async def comment(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, f"/community/posts/{await post(scene, owner)}/comments", COMMENT)


async def person(scene: Scene, owner: Person) -> str:
    return str(owner.id)


async def stranger(scene: Scene, owner: Person) -> str:
    return str((await scene.newcomer("other")).id)


async def item(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, "/fridge/items", {**ITEM, "kitchen_id": scene.kitchen_id})


async def goal(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, "/goals", GOAL)


async def kitchen(scene: Scene, owner: Person) -> str:
    """One that is shared with the member."""
    kitchen_id = await scene.make(owner, "/kitchens", KITCHEN)
    invite = await scene.api.done("POST", f"/kitchens/{kitchen_id}/invites", owner, json={})
    await scene.api.done("POST", "/kitchens/join", scene.person("member"), json={"code": invite["code"]})
    return kitchen_id


async def shared_kitchen(scene: Scene, owner: Person) -> str:
    return scene.kitchen_id


async def guest(scene: Scene, owner: Person) -> str:
    """One more member of the owner's kitchen."""
    invite = await scene.api.done("POST", f"/kitchens/{scene.kitchen_id}/invites", owner, json={})
    guest = await scene.newcomer("member")
    await scene.api.done("POST", "/kitchens/join", guest, json={"code": invite["code"]})
    return str(guest.id)


async def invite(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, f"/kitchens/{scene.kitchen_id}/invites", {})


async def private_recipe(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, "/recipes", BORSCHT)


async def public_recipe(scene: Scene, owner: Person) -> str:
    return await scene.make(owner, "/recipes", {**BORSCHT, "is_public": True})


async def wish(scene: Scene, owner: Person) -> str:
    answer = await scene.api.done("POST", "/recipes/generate", owner, json=WISH)
    return str(answer["request_id"])


async def fulfilled_wish(scene: Scene, owner: Person) -> str:
    """One that there is nothing left to do for."""
    request_id = await wish(scene, owner)
    while not (await scene.api.done("GET", f"/recipes/requests/{request_id}", owner))["finished_at"]:
        pass
    return request_id


async def news(scene: Scene, owner: Person) -> str:
    """An item of the owner's inbox."""
    await scene.api.comment(scene.person("member"), await post(scene, owner), "Lovely")
    inbox = await scene.api.done("GET", "/notifications", owner)
    return str(inbox["data"][0]["id"])


async def scheduled(scene: Scene, owner: Person) -> str:
    return await scene.make(scene.person("administrator"), "/notifications", WORD)


async def login(scene: Scene, owner: Person) -> str:
    """Another login of the owner's."""
    known = {one["id"] for one in (await scene.api.done("GET", "/auth/sessions", owner))["data"]}
    await scene.login(owner)
    logins = (await scene.api.done("GET", "/auth/sessions", owner))["data"]
    return next(str(one["id"]) for one in logins if one["id"] not in known)


async def connection(scene: Scene, owner: Person) -> str:
    """An open stream of the owner's."""
    stream = await scene.open_streams.enter_async_context(await scene.api.connect("sse", owner))
    return str((await stream.next()).data["connection_id"])


async def nothing(scene: Scene, owner: Person) -> str:
    return "nothing"


POST: Body = {"content": "Soup", "post_type": "general"}
COMMENT: Body = {"content": "With dill?"}
ITEM: Body = {"name": "Milk", "quantity": 1, "unit": "l", "category": "dairy"}
GOAL: Body = {"title": "Drink more", "goal_type": "water", "target_value": 2, "unit": "l"}
KITCHEN: Body = {"name": "Ours"}
WISH: Body = {"ingredients": ["beetroot"]}
WORD: Body = {
    "title": "Maintenance",
    "message": "Tonight at ten",
    "send_at": f"{datetime.now(UTC) + timedelta(1):%Y-%m-%dT%H:%M:%SZ}",
}
