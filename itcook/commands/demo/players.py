"""Has a server do what people do in a demonstration, over its public API, as those people."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import singledispatchmethod
from hashlib import sha256
from typing import Any

from itcook.commands.api import Answer, Api, RefusedError, UnreachableError
from itcook.commands.demo.deeds import (
    Arrive,
    AskForRecipe,
    Aspire,
    Comment,
    Deed,
    Follow,
    Join,
    Like,
    OpenKitchen,
    Progress,
    Share,
    Stock,
    Take,
)
from itcook.commands.login import Login, sign_in

FIRST_PAUSE = 1.0  # seconds until a server that is away is asked again; doubled each time
LONGEST_PAUSE = 30.0
OVERTAKEN = {403, 404, 409, 422, 429}  # somebody was faster, or it was enough for today
NEEDED = (Arrive, OpenKitchen)  # nothing goes on without these
OTHER_PASSWORD = {"email_taken", "invalid_credentials"}  # of one person: the answers to both ways in


@dataclass(slots=True)
class Players:
    """The people, and what they have made: numbers lead to the server's ids, None for what it did not take.

    `told` hears why it waits. Within a day the same deed of the same `run` is done once, however often it is
    asked for: what was interrupted can be run again.
    """

    api: Api
    password: str
    run: str
    told: Callable[[str], None]
    done: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    _logins: list[Login] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _posts: list[str | None] = field(default_factory=list)
    _kitchens: list[tuple[str, str]] = field(default_factory=list)  # with an invite's code
    _items: list[str | None] = field(default_factory=list)
    _goals: list[str | None] = field(default_factory=list)
    _asked: int = 0
    # Whoever comes next is most likely of an earlier run, as the last one was. To register them first would
    # be counted as asking who has an account, and that quota is small.
    _are_known: bool = False

    async def do(self, deed: Deed) -> str | None:
        """Do it; in words what was done, None if it could not be done. Waits for a server that is away, or
        busy. Raises `RefusedError` for what should not be refused.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                words = await self._do(deed)
            except UnreachableError as error:
                if not self._logins:
                    raise
                self.told(str(error))
            except RefusedError as error:
                if _may_be_missed(deed, error):
                    self._forget(deed)
                    return None
                if error.status < 500 and error.status != 429:
                    raise
                self.told(error.detail)
                pause = max(pause, error.retry_after or 0)
            else:
                self.done[type(deed).__name__] += 1
                return f"{self.names[deed.who]} {words}"
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def leave(self) -> None:
        """Everybody signs out."""
        await asyncio.gather(*[login.leave() for login in self._logins])

    @singledispatchmethod
    async def _do(self, deed: Deed) -> str:
        raise AssertionError(f"nobody knows how to {deed}")

    @_do.register
    async def _(self, deed: Arrive) -> str:
        login, account = await self._arrived(deed)
        self._logins.append(login)
        self._ids.append(account["id"])
        self.names.append(account["name"])
        return "is here"

    @_do.register
    async def _(self, deed: Follow) -> str:
        await self._ask(deed, "PUT", f"/community/users/{self._ids[deed.other]}/follow")
        return f"follows {self.names[deed.other]}"

    @_do.register
    async def _(self, deed: Share) -> str:
        body = {"content": deed.content, "post_type": deed.post_type}
        self._posts.append((await self._create(deed, "/community/posts", body))["id"])
        return f"shares: {deed.content}"

    @_do.register
    async def _(self, deed: Like) -> str:
        await self._ask(deed, "PUT", f"/community/posts/{_there(self._posts[deed.post])}/like")
        return f"likes {self.names[deed.author]}'s post"

    @_do.register
    async def _(self, deed: Comment) -> str:
        path = f"/community/posts/{_there(self._posts[deed.post])}/comments"
        await self._create(deed, path, {"content": deed.content})
        return f"comments: {deed.content}"

    @_do.register
    async def _(self, deed: OpenKitchen) -> str:
        kitchen = (await self._create(deed, "/kitchens", {"name": deed.name}))["id"]
        invite = await self._create(deed, f"/kitchens/{kitchen}/invites", {"max_uses": 50})
        self._kitchens.append((kitchen, invite["code"]))
        return f"opens the kitchen {deed.name}"

    @_do.register
    async def _(self, deed: Join) -> str:
        await self._ask(deed, "POST", "/kitchens/join", json={"code": self._kitchens[deed.kitchen][1]})
        return "joins a kitchen"

    @_do.register
    async def _(self, deed: Stock) -> str:
        food = deed.food
        body: dict[str, Any] = {
            "name": food.name,
            "quantity": food.quantity,
            "unit": food.unit,
            "category": food.category,
            "location": food.location,
        }
        if deed.days is not None:
            body["expires_on"] = str(datetime.now(UTC).date() + timedelta(days=deed.days))
        if deed.kitchen is not None:
            body["kitchen_id"] = self._kitchens[deed.kitchen][0]
        self._items.append((await self._create(deed, "/fridge/items", body))["id"])
        return f"puts {food.name} into the {food.location}"

    @_do.register
    async def _(self, deed: Take) -> str:
        path = f"/fridge/items/{_there(self._items[deed.item])}/take"
        left = await self._create(deed, path, {"quantity": deed.quantity})
        return "uses up something in the fridge" if left["removed"] else "takes something out of the fridge"

    @_do.register
    async def _(self, deed: Aspire) -> str:
        aim = deed.aim
        body = {
            "title": aim.title,
            "goal_type": aim.goal_type,
            "target_value": aim.target,
            "unit": aim.unit,
            "direction": "up",
        }
        self._goals.append((await self._create(deed, "/goals", body))["id"])
        return f"sets a goal: {aim.title}"

    @_do.register
    async def _(self, deed: Progress) -> str:
        path = f"/goals/{_there(self._goals[deed.goal])}/progress"
        goal = await self._create(deed, path, {"value": deed.value})
        return f"{'reaches' if goal['status'] == 'completed' else 'comes nearer to'} a goal: {goal['title']}"

    @_do.register
    async def _(self, deed: AskForRecipe) -> str:
        await self._create(deed, "/recipes/generate", {"from_fridge": True})
        return "asks for a recipe of what is in the fridge"

    def _forget(self, deed: Deed) -> None:
        """Later deeds name what is made by its number, also if this was not made."""
        match deed:
            case Share():
                self._posts.append(None)
            case Stock():
                self._items.append(None)
            case Aspire():
                self._goals.append(None)

    async def _arrived(self, deed: Arrive) -> tuple[Login, Answer]:
        ways = (self._signed_in, self._registered)
        first, second = ways if self._are_known else ways[::-1]
        try:
            pair = await first(deed)
        except RefusedError as error:
            if error.code not in OTHER_PASSWORD:
                raise
            self._are_known = error.code == "email_taken"
            try:
                pair = await second(deed)
            except RefusedError as other:
                if {error.code, other.code} != OTHER_PASSWORD:
                    raise
                raise _other_password(deed.email) from None
        return Login(self.api, pair["access_token"], pair["refresh_token"]), pair["user"]

    async def _signed_in(self, deed: Arrive) -> Answer:
        return await sign_in(self.api, deed.email, self.password)

    async def _registered(self, deed: Arrive) -> Answer:
        registration = {
            "email": deed.email,
            "password": self.password,
            "first_name": deed.first_name,
            "last_name": deed.last_name,
            "time_zone": deed.time_zone,
        }
        return await self.api.request("POST", "/auth/register", json=registration)

    async def _create(self, deed: Deed, path: str, body: dict[str, Any]) -> Answer:
        self._asked += 1
        # With the body: another number of people or another day is another deed.
        digest = sha256(f"{path} {body}".encode()).hexdigest()[:16]
        headers = {"Idempotency-Key": f"demo-{self.run}-{self._asked}-{digest}"}
        return await self._ask(deed, "POST", path, json=body, headers=headers)

    async def _ask(self, deed: Deed, method: str, path: str, **more: Any) -> Answer:
        return await self._logins[deed.who].request(method, path, **more)


def _may_be_missed(deed: Deed, error: RefusedError) -> bool:
    """Whether to go on without it, rather than to wait or to give up."""
    if isinstance(deed, NEEDED) or error.code == "rate_limited":
        return False
    return error.status in OVERTAKEN


def _other_password(email: str) -> RefusedError:
    return RefusedError(
        401,
        "invalid_credentials",
        f"{email} has another password here: give it with --password, or take other people with --seed",
    )


def _there(made: str | None) -> str:
    if made is None:
        raise RefusedError(404, "not_found", "it was never made")
    return made
