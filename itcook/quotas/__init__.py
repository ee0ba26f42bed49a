"""Quotas: how many requests of which kind somebody may make in which time."""
