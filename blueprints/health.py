"""Whether the process lives, and whether it can serve: for orchestrators and load balancers."""

from quart import Blueprint
from quart_schema import hide
from tortoise import Tortoise

from blueprints.guard import public

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
@public
@hide
async def live() -> dict[str, str]:
    """The process answers. Never touches the database: restarting would not mend that."""
    return {"status": "live"}


@blueprint.get("/ready")
@public
@hide
async def ready() -> dict[str, str]:
    """The database answers too; a problem with status 503 if it does not."""
    await Tortoise.get_connection("default").execute_query("SELECT 1")
    return {"status": "ready"}
