"""Turn HTTP requests into calls of the core."""
