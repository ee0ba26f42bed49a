"""Passwords: argon2id (RFC 9106), off the event loop and never on more threads than there are cores."""

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, VerifyMismatchError

from itcook.errors import UnavailableError

T = TypeVar("T")


class Passwords:
    """Hashes and verifies. A hash takes some 50 ms and 64 MiB, so both time and memory are bounded.

    The threads are the bound: a waiter that is cancelled leaves its thread busy, which a semaphore would
    count as free. Where the memory cannot be had, both raise `UnavailableError`.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash(secrets.token_hex())  # of a password that nobody knows

    async def hash(self, password: str) -> str:
        """The hash of `password`, as a PHC string with its parameters."""
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` is the one. Without a hash it takes as long and is False."""
        return await self._run(lambda: self._matches(password_hash or self._nobody, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Whether `password_hash` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _normal(password))
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Argon2Error as error:  # it knows no other reason to fail with a hash of its own
            raise UnavailableError("the server is short of memory; try again", retry_after=2) from error


def _normal(password: str) -> str:
    # Two keyboards write the same letter differently (NIST SP 800-63B section 3.1.1.2).
    return unicodedata.normalize("NFKC", password)
