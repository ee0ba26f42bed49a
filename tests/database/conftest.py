from tests.support.core import database

__all__ = ["database"]
