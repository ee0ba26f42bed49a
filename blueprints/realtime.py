"""What can be asked about the stream over plain HTTP."""

from quart import Blueprint
from quart_schema import tag, validate_response

from blueprints.context import services
from itcook.stream.node import Stats

blueprint = Blueprint("realtime", __name__, url_prefix="/api/v1/realtime")


@blueprint.get("/stats")
@tag(["realtime"])
@validate_response(Stats)
async def stats() -> Stats:
    """Connections, channels by kind, and events, since the server started."""
    return services().stream.stats()
