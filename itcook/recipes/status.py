from enum import StrEnum


class Status(StrEnum):
    """Of a request: it waits, is being made, or is over in one of three ways."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
