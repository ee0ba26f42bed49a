"""The servers under attack: one for a module, as in the end-to-end tests."""

from tests.e2e.conftest import ada, api, database_settings, grace, server, server_settings

__all__ = ["ada", "api", "database_settings", "grace", "server", "server_settings"]
