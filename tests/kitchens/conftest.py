from tests.support.core import database, everywhere
from tests.support.household import kitchen, member, owner, stranger

__all__ = ["database", "everywhere", "kitchen", "member", "owner", "stranger"]
