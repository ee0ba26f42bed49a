"""What a view has at hand: the running services, and who is asking."""

from typing import cast

from quart import current_app, g

from itcook.auth.principal import Principal
from itcook.services import Services


def services() -> Services:
    """The services of the running server."""
    return cast("Services", current_app.extensions["itcook"])


def principal() -> Principal:
    """Whoever the guard let in. Only for views that are not public."""
    return cast("Principal", g.principal)
