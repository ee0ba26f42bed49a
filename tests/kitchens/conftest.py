from tests.support.core import backend, database, everywhere
from tests.support.household import kitchen, member, owner, stranger

__all__ = ["backend", "database", "everywhere", "kitchen", "member", "owner", "stranger"]
