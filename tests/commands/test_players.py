"""People of a demonstration come to a server that may know some of them already."""

from typing import Any

import pytest

from itcook.commands.api import Answer, Api, RefusedError
from itcook.commands.demo.deeds import Arrive
from itcook.commands.demo.players import Players
from itcook.commands.demo.village import Village

HOW_MANY = 40  # more than an address may ask about: the quota `email-taken` is 30


class Door(Api):
    """Lets people in as the server does, and counts whom it told that there is an account."""

    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.told = 0

    async def request(self, method: str, path: str, *, json: Any = None, **_: Any) -> Answer:
        if path == "/auth/register":
            if json["email"] in self.known:
                self.told += 1
                raise RefusedError(409, "email_taken", "this e-mail has an account")
            self.known.add(json["email"])
        elif json["email"] not in self.known:
            raise RefusedError(401, "invalid_credentials", "this e-mail and password belong to no account")
        user = {"id": json["email"], "name": json["email"]}
        return {"access_token": "a", "refresh_token": "r", "user": user}


@pytest.mark.parametrize("known", [0, 1, HOW_MANY // 2, HOW_MANY])
async def test_who_was_there_before_is_asked_about_once(known: int) -> None:
    """Everybody comes in, and only the first of an earlier run is told to have an account: the quota for that
    is the whole address's, which could not register anybody afterwards.
    """
    arrivals = [deed for deed in Village(1, HOW_MANY).founding(0) if isinstance(deed, Arrive)]
    door = Door({deed.email for deed in arrivals[:known]})
    players = Players(door, "a password", "1", print)
    for deed in arrivals:
        await players.do(deed)
    assert len(players.names) == HOW_MANY
    assert door.told == min(known, 1)
