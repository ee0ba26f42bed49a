"""Roles: who may do what others may not."""

from itcook.auth.principal import Principal
from itcook.errors import ForbiddenError


def check_admin(principal: Principal) -> None:
    """Raises `ForbiddenError` for everyone who is not an administrator."""
    if not principal.is_admin:
        raise ForbiddenError("only administrators may do this", code="admin_only")
