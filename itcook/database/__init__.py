"""The database: opening it, transactions that a vanished client cannot break, and lookups made together."""

from itcook.database.failures import as_problem
from itcook.database.lookup import Lookup
from itcook.database.opening import MIGRATION_CONFIG, Database, Pool, is_behind, migrate, tortoise_config
from itcook.database.postgresql import connect
from itcook.database.sql import as_uuid, rows_among
from itcook.database.transactions import Transaction, inserts_only, outcomes, running, transactional

__all__ = [
    "MIGRATION_CONFIG",
    "Database",
    "Lookup",
    "Pool",
    "Transaction",
    "as_problem",
    "as_uuid",
    "connect",
    "inserts_only",
    "is_behind",
    "migrate",
    "outcomes",
    "rows_among",
    "running",
    "tortoise_config",
    "transactional",
]
