from tests.support.core import backend, database, everywhere
from tests.support.readership import admin, author, post, reader

__all__ = ["admin", "author", "backend", "database", "everywhere", "post", "reader"]
