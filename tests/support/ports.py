"""Ports that stay a server's own while it is down."""

import random
import socket
from contextlib import ExitStack, suppress


def free_port(count: int = 1) -> int:
    """One that the system gives nobody by itself, also while the server that will need it again is down; the
    first of `count` in a row.
    """
    while True:
        # Linux itself gives 32768 to 60999. Hypothesis makes the common numbers the same in all processes.
        first = random.SystemRandom().randrange(20_000, 32_000)
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
