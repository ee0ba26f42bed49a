from tests.support.household import database, kitchen, member, owner, stranger

__all__ = ["database", "kitchen", "member", "owner", "stranger"]
