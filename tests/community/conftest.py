from tests.support.core import database, everywhere
from tests.support.readership import admin, author, post, reader

__all__ = ["admin", "author", "database", "everywhere", "post", "reader"]
