"""What is for one person, through a real server: over both transports to them, and to nobody else."""

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import Server
from tests.support.streams import TRANSPORTS, Transport

WORD = {"title": "Maintenance", "message": "Tonight at ten", "level": "Warning"}


@pytest.fixture(scope="module")
async def alan(api: Api, server: Server) -> Person:
    """The first administrator, made as the operator makes one."""
    alan = await api.register("Alan Turing")
    code, output = await server.itcook("user", "promote", alan.email)
    assert code != 0
    assert "is open in another process" in output
    async with server.stopped():
        assert await server.itcook("user", "promote", "nobody@example.com") == (
            1,
            "Error: no account has the e-mail nobody@example.com: register it first\n",
        )
        promoted = await server.itcook("user", "promote", alan.email.upper())
        assert promoted == (0, "Alan Turing is an administrator now\n")
    return alan


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_only_whose_goal_it_is_hears_of_it(
    api: Api, ada: Person, grace: Person, transport: Transport
) -> None:
    """GoalAchieved live; someone else hears the next thing, and nothing before it."""
    body = {"title": "Drink more", "goal_type": "water", "target_value": 2, "unit": "l"}
    goal = (await api.request("POST", "/goals", ada, json=body)).json()
    async with (
        await api.connect(transport, ada) as hers,
        await api.connect(transport, grace) as others,
    ):
        await hers.next_of("Connected")
        await others.next_of("Connected")
        await api.request("POST", f"/goals/{goal['id']}/progress", ada, json={"value": 2.5})
        heard = await hers.next_of("GoalAchieved")
        await api.post(ada, "Done")
        seen = await others.until(lambda event: event.type == "NewCommunityPost")
    assert heard.json["channel"] == "personal"
    assert heard.data == {
        "goal_id": goal["id"],
        "title": "Drink more",
        "achievement_type": "water",
        "target_value": 2.0,
        "unit": "l",
    }
    assert "GoalAchieved" not in {event.type for event in seen}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_word_to_one_person_is_heard_by_them(
    api: Api, alan: Person, ada: Person, grace: Person, transport: Transport
) -> None:
    """And word to everyone by everyone, whatever they subscribed to; nobody else can send either."""
    async with (
        await api.connect(transport, ada) as hers,
        await api.connect(transport, grace, channels="community") as others,
    ):
        await hers.next_of("Connected")
        await others.next_of("Connected")
        private = {**WORD, "title": "For Ada", "recipient_id": str(ada.id)}
        assert (await api.request("POST", "/notifications", grace, json=private)).status_code == 403
        assert (await api.request("POST", "/notifications", alan, json=private)).status_code == 201
        heard = await hers.next_of("SystemNotification")
        assert (await api.request("POST", "/notifications", alan, json=WORD)).status_code == 201
        everyones = await hers.next_of("SystemNotification")
        seen = await others.next_of("SystemNotification")
    assert (heard.json["channel"], heard.data["title"]) == ("personal", "For Ada")
    assert (everyones.json["channel"], everyones.data) == ("system", WORD)
    assert seen.text == everyones.text


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_muted_type_is_not_heard(api: Api, ada: Person, grace: Person, transport: Transport) -> None:
    """Neither live nor in the inbox; what is not muted is both."""
    post = await api.post(ada, "Soup")
    await api.request("PUT", "/notifications/preferences", ada, json={"muted": ["PostLiked"]})
    before = (await api.request("GET", "/notifications", ada)).json()["unread_count"]
    async with await api.connect(transport, ada, channels="personal") as stream:
        await stream.next_of("Connected")
        await api.like(grace, post["id"])
        comment = await api.comment(grace, post["id"], "Mine too")
        seen = await stream.until(lambda event: event.type == "NewComment")
    assert "PostLiked" not in {event.type for event in seen}
    assert seen[-1].data["comment_id"] == comment["id"]
    inbox = (await api.request("GET", "/notifications", ada)).json()
    assert inbox["unread_count"] == before + 1
    assert inbox["data"][0]["data"] == seen[-1].data
