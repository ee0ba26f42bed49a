"""Identifiers of everything stored."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ordered by creation, so a list pages by its id and indexes stay dense."""
    return uuid7()
