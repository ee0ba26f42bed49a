"""Ports that stay a server's own while it is down."""

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """One that the system gives nobody by itself, also while the server that will need it again is down."""
    while True:
        # Linux itself gives 32768 to 60999. Hypothesis makes the common numbers the same in all processes.
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
