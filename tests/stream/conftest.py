from tests.support.core import backend, database

__all__ = ["backend", "database"]
