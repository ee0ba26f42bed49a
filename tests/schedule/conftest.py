from tests.support.core import database, everywhere

__all__ = ["database", "everywhere"]
