"""Who runs where: the server has one core to itself, and whatever loads it another."""

import os

SERVER_CORE = 0
LOAD_CORE = 1


def pin(pid: int, core: int) -> None:
    """Keep the process `pid` (0 is this one) on `core`; on a machine without that core, leave it be."""
    if core in range(os.cpu_count() or 1):
        os.sched_setaffinity(pid, {core})
