"""A whole life in the product: whatever leaves a row of a person behind."""

from typing import Any

from quart.typing import TestClientProtocol as Client

from tests.support.http import send
from tests.support.people import Person

RECIPE = {
    "title": "Borscht",
    "ingredients": [{"name": "beet"}],
    "instructions": ["Cook it."],
    "servings": 2,
    "is_public": True,
}


async def live(client: Client, person: Person, friend: Person, admin: Person) -> None:
    """Have `person` do and receive everything there is; `friend` is who they do it with."""

    async def do(who: Person, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"headers": {**who.headers, **headers}, **({} if body is None else {"json": body})}
        response = await send(client, method, f"/api/v1{path}", **sent)
        assert response.status_code < 300, (path, await response.get_data())
        return await response.get_json()

    own = await do(person, "POST", "/community/posts", {"content": "Mine"}, **{"Idempotency-Key": "one"})
    theirs = await do(friend, "POST", "/community/posts", {"content": "Theirs"})
    for who in (person, friend):
        for post in (own, theirs):
            await do(who, "PUT", f"/community/posts/{post['id']}/like")
            await do(who, "POST", f"/community/posts/{post['id']}/comments", {"content": "Tasty!"})
    await do(person, "PUT", f"/community/users/{friend.id}/follow")
    await do(friend, "PUT", f"/community/users/{person.id}/follow")
    await _keep_house(do, person, friend)
    recipe = await do(friend, "POST", "/recipes", RECIPE)
    await do(person, "POST", "/recipes", RECIPE)
    await do(person, "PUT", f"/recipes/{recipe['id']}/favourite")
    await do(person, "PUT", f"/recipes/{recipe['id']}/rating", {"stars": 4})
    await do(friend, "POST", "/recipes/generate", {"ingredients": ["beet"]})
    await do(person, "POST", "/recipes/generate", {"ingredients": ["beet"]})
    goal = {"title": "Walk", "goal_type": "exercise", "target_value": 1, "unit": "km"}
    goal = await do(person, "POST", "/goals", goal)
    await do(person, "POST", f"/goals/{goal['id']}/progress", {"value": 2})
    await do(person, "POST", "/realtime/tickets")
    await _be_told(do, person, admin)


async def _keep_house(do: Any, person: Person, friend: Person) -> None:
    """Homes and a kitchen that the friend is in too, one of the friend's, and one that nobody else is in."""
    own = await do(person, "POST", "/kitchens", {"name": "Ours"})
    await do(person, "POST", "/kitchens", {"name": "Alone"})
    theirs = await do(friend, "POST", "/kitchens", {"name": "Theirs"})
    [home] = [each for each in (await do(person, "GET", "/kitchens"))["data"] if each["is_home"]]
    for owner, guest, kitchen in ((person, friend, own), (person, friend, home), (friend, person, theirs)):
        invite = await do(owner, "POST", f"/kitchens/{kitchen['id']}/invites", {})
        await do(guest, "POST", "/kitchens/join", {"code": invite["code"]})
        item = {"name": "Beet", "quantity": 1, "unit": "kg", "category": "vegetables"}
        await do(person, "POST", "/fridge/items", {**item, "kitchen_id": kitchen["id"]})


async def _be_told(do: Any, person: Person, admin: Person) -> None:
    """Word from and to administrators, of whom the person was one."""
    word = {"title": "Hello", "message": "Welcome."}
    await do(admin, "POST", "/notifications", {**word, "recipient_id": str(person.id)})
    await do(admin, "POST", "/notifications", word)
    everyones = (await do(person, "GET", "/notifications"))["data"][0]
    await do(person, "PUT", f"/notifications/{everyones['id']}/read")
    await do(person, "PUT", "/notifications/preferences", {"muted": ["ExpiringItems"]})
    await do(admin, "DELETE", f"/admin/users/{person.id}/disabled")
