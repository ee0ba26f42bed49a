"""People of a demonstration come to a server that may know some of them already."""

from typing import Any

import pytest

from itcook.commands.api import Answer, Api, RefusedError
from itcook.commands.demo.deeds import Arrive, OpenKitchen, Share
from itcook.commands.demo.players import Players
from itcook.commands.demo.village import Village

HOW_MANY = 40  # more than an address may ask about: the quota `email-taken` is 30


PASSWORD = "a password"


class Door(Api):
    """Lets people in as the server does, and counts whom it told that there is an account. The `known` have
    the password of everybody, unless they are `strangers`, too.
    """

    def __init__(self, known: set[str], strangers: frozenset[str] = frozenset()) -> None:
        self.known = known
        self.strangers = strangers
        self.told = 0

    async def request(self, method: str, path: str, *, json: Any = None, **_: Any) -> Answer:
        if path == "/auth/register":
            if json["email"] in self.known:
                self.told += 1
                raise RefusedError(409, "email_taken", "this e-mail has an account")
            self.known.add(json["email"])
        elif json["email"] not in self.known - self.strangers:
            raise RefusedError(401, "invalid_credentials", "this e-mail and password belong to no account")
        user = {"id": json["email"], "name": json["email"]}
        return {"access_token": "a", "refresh_token": "r", "user": user}


def coming(count: int) -> list[Arrive]:
    """So many arrivals of one community."""
    return [deed for deed in Village(1, count).founding(0) if isinstance(deed, Arrive)]


@pytest.mark.parametrize("known", [0, 1, HOW_MANY // 2, HOW_MANY])
async def test_who_was_there_before_is_asked_about_once(known: int) -> None:
    """Everybody comes in, and only the first of an earlier run is told to have an account: the quota for that
    is the whole address's, which could not register anybody afterwards.
    """
    arrivals = coming(HOW_MANY)
    door = Door({deed.email for deed in arrivals[:known]})
    players = Players(door, PASSWORD, "1", print)
    for deed in arrivals:
        await players.do(deed)
    assert len(players.names) == HOW_MANY
    assert door.told == min(known, 1)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["the first", "after one known", "after one new"])
async def test_who_has_another_password_is_named(which: int) -> None:
    """Whichever way in was tried first: the line says who it is and what to do, and nobody is forgotten."""
    arrivals = coming(3)
    known = {arrivals[which].email} | ({arrivals[0].email} if which == 1 else set())
    players = Players(Door(known, frozenset({arrivals[which].email})), PASSWORD, "1", print)
    for deed in arrivals[:which]:
        await players.do(deed)
    with pytest.raises(RefusedError) as refused:
        await players.do(arrivals[which])
    assert refused.value.status == 401
    assert arrivals[which].email in refused.value.detail
    assert "--password" in refused.value.detail
    assert len(players.names) == which


class Full(Door):
    """Has room for people, and for nothing that they make."""

    async def request(self, method: str, path: str, *, json: Any = None, **more: Any) -> Answer:
        if not path.startswith("/auth/"):
            raise RefusedError(409, "too_many", "there are enough")
        return await super().request(method, path, json=json, **more)


async def test_what_others_build_on_is_not_gone_without() -> None:
    """A kitchen that is refused ends it; a post is left out."""
    players = Players(Full(set()), PASSWORD, "1", print)
    (somebody,) = coming(1)
    await players.do(somebody)
    assert await players.do(Share(0, "Soup", "general")) is None
    with pytest.raises(RefusedError) as refused:
        await players.do(OpenKitchen(0, "Home"))
    assert refused.value.code == "too_many"
