"""How every route is asked, by somebody who does it right: only whether they may is in question.

The table in docs/reference/authorization.md says what each row asks for; here is how that is made, and what
goes along with it.
"""

from collections.abc import Awaitable, Callable, Mapping

from tests.hostile import scene
from tests.hostile.scene import Body, Scene, Thing
from tests.support.people import PASSWORD, Person, registration
from tests.support.recipes import BORSCHT

Route = tuple[str, str]  # method and path
MakeBody = Callable[[Scene, Person], Awaitable[Body]]

API = "/api/v1"

# The ids in a path, by what the table says that they are of.
OF: Mapping[str, Mapping[str, Thing]] = {
    "-": {},
    "of the kitchen": {},
    "nothing": {"name": scene.nothing},
    "the owner": {"user_id": scene.person},
    "the owner's login": {"session_id": scene.login},
    "the owner's connection": {"connection_id": scene.connection},
    "somebody": {"user_id": scene.stranger},
    "the owner's post": {"post_id": scene.post},
    "the owner's comment": {"comment_id": scene.comment},
    "the owner's goal": {"goal_id": scene.goal},
    "the kitchen": {"kitchen_id": scene.shared_kitchen},
    "a kitchen to leave": {"kitchen_id": scene.kitchen},
    "a kitchen to hand over": {"kitchen_id": scene.kitchen},
    "another member": {"kitchen_id": scene.shared_kitchen, "user_id": scene.guest},
    "an invite": {"kitchen_id": scene.shared_kitchen, "invite_id": scene.invite},
    "food in the kitchen": {"item_id": scene.item},
    "an item of the owner's inbox": {"item_id": scene.news},
    "a scheduled notification": {"notification_id": scene.scheduled},
    "a private recipe": {"recipe_id": scene.private_recipe},
    "a public recipe": {"recipe_id": scene.public_recipe},
    "the owner's request": {"request_id": scene.wish},
    "the owner's request, fulfilled": {"request_id": scene.fulfilled_wish},
}
# Made once for a row and not for each who asks: they are dear, or there may be few of them.
ONCE: frozenset[Thing] = frozenset(
    {
        scene.kitchen,
        scene.guest,
        scene.wish,
        scene.fulfilled_wish,
        scene.login,
        scene.connection,
        scene.stranger,
    }
)
# Asked with the kitchen in the query.
IN_THE_KITCHEN: frozenset[Route] = frozenset(
    {
        ("GET", f"{API}/fridge/categories"),
        ("GET", f"{API}/fridge/expiring"),
        ("GET", f"{API}/fridge/items"),
        ("GET", f"{API}/fridge/suggestions"),
    }
)
# Whoever asks loses something of their own: their place is taken by somebody else who is what they are.
COSTLY: frozenset[Route] = frozenset(
    {
        ("POST", f"{API}/auth/logout"),
        ("PUT", f"{API}/auth/password"),
        ("PUT", f"{API}/auth/email"),
        ("POST", f"{API}/auth/deletion"),
        ("DELETE", f"{API}/auth/sessions"),
    }
)


def says(body: Body) -> MakeBody:
    """Always the same."""

    async def make(at: Scene, asker: Person) -> Body:
        return body

    return make


async def _registration(at: Scene, asker: Person) -> Body:
    at.registered += 1
    return registration("New Comer", email=f"comer{at.registered}@example.com")


async def _login(at: Scene, asker: Person) -> Body:
    return {"email": asker.email, "password": PASSWORD}


async def _refresh(at: Scene, asker: Person) -> Body:
    return {"refresh_token": (await at.login(asker)).refresh_token}


async def _another_address(at: Scene, asker: Person) -> Body:
    at.registered += 1
    return {"current_password": PASSWORD, "email": f"moved{at.registered}@example.com"}


async def _food(at: Scene, asker: Person) -> Body:
    return {**scene.ITEM, "kitchen_id": at.kitchen_id}


async def _code(at: Scene, asker: Person) -> Body:
    """An invite to a kitchen of the owner's in which only the member is."""
    owner = at.person("owner")
    kitchen_id = await scene.kitchen(at, owner)
    invite = await at.api.done("POST", f"/kitchens/{kitchen_id}/invites", owner, json={})
    return {"code": invite["code"]}


async def _heir(at: Scene, asker: Person) -> Body:
    return {"user_id": str(at.person("member").id)}


async def _own_news(at: Scene, asker: Person) -> Body:
    return {"up_to": await scene.news(at, at.person("owner"))}


BODIES: Mapping[Route, MakeBody] = {
    ("POST", f"{API}/auth/register"): _registration,
    ("POST", f"{API}/auth/login"): _login,
    ("POST", f"{API}/auth/refresh"): _refresh,
    ("PUT", f"{API}/auth/password"): says({"current_password": PASSWORD, "new_password": PASSWORD[::-1]}),
    ("PUT", f"{API}/auth/email"): _another_address,
    ("POST", f"{API}/auth/deletion"): says({"current_password": PASSWORD}),
    ("POST", f"{API}/community/posts"): says(scene.POST),
    ("PATCH", f"{API}/community/posts/{{post_id}}"): says({"content": "Stew"}),
    ("POST", f"{API}/community/posts/{{post_id}}/comments"): says(scene.COMMENT),
    ("POST", f"{API}/fridge/items"): _food,
    ("PATCH", f"{API}/fridge/items/{{item_id}}"): says({"notes": "opened"}),
    ("POST", f"{API}/fridge/items/{{item_id}}/take"): says({"quantity": 0.5}),
    ("POST", f"{API}/goals"): says(scene.GOAL),
    ("PATCH", f"{API}/goals/{{goal_id}}"): says({"title": "Drink less"}),
    ("POST", f"{API}/goals/{{goal_id}}/progress"): says({"value": 1}),
    ("POST", f"{API}/kitchens"): says(scene.KITCHEN),
    ("PATCH", f"{API}/kitchens/{{kitchen_id}}"): says({"name": "Theirs"}),
    ("POST", f"{API}/kitchens/{{kitchen_id}}/invites"): says({}),
    ("PUT", f"{API}/kitchens/{{kitchen_id}}/owner"): _heir,
    ("POST", f"{API}/kitchens/join"): _code,
    ("POST", f"{API}/notifications"): says(scene.WORD),
    ("PUT", f"{API}/notifications/preferences"): says({"muted": []}),
    ("PUT", f"{API}/notifications/read"): _own_news,
    ("POST", f"{API}/recipes"): says(BORSCHT),
    ("PATCH", f"{API}/recipes/{{recipe_id}}"): says({"title": "Red soup"}),
    ("PUT", f"{API}/recipes/{{recipe_id}}/rating"): says({"stars": 5}),
    ("POST", f"{API}/recipes/generate"): says(scene.WISH),
    ("POST", f"{API}/realtime/connections/{{connection_id}}/messages"): says({"type": "Heartbeat"}),
}
