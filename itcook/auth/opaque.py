"""Opaque secrets: 256 random bits that mean nothing, for whoever holds them; their hash, for the database."""

import hashlib
import secrets


def new_secret() -> str:
    """A secret that nobody guesses, of characters that fit anywhere: a header, a cookie, an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of it: SHA-256, hexadecimal. So many random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
