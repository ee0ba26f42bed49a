from tests.support.core import backend, database, everywhere

__all__ = ["backend", "database", "everywhere"]
