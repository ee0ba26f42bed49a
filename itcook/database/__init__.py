"""The database: opening it, and transactions that a vanished client cannot break."""

from itcook.database.failures import as_problem
from itcook.database.opening import MIGRATION_CONFIG, Database, migrate, tortoise_config
from itcook.database.transactions import Transaction, transactional

__all__ = [
    "MIGRATION_CONFIG",
    "Database",
    "Transaction",
    "as_problem",
    "migrate",
    "tortoise_config",
    "transactional",
]
