"""The schedule: work that the clock causes, done by one node at a time."""
