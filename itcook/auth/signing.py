"""The key that access tokens are signed with, and where it comes from."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from itcook.setting_values import MIN_SECRET_LENGTH
from itcook.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """One key, good for one algorithm. `id` travels as `kid` and says nothing about the key."""

    id: str
    algorithm: str
    private: bytes | Ed25519PrivateKey
    public: bytes | Ed25519PublicKey


def signing_key(settings: Settings) -> SigningKey:
    """The key of this installation, the same on every node and after every restart.

    Without a setting, a random secret is kept beside the embedded database. Raises `SettingsError`.
    """
    if settings.signing_key_file is not None:
        return _from_pem(settings.signing_key_file)
    if settings.secret is not None:
        return _from_secret(settings.secret.get_secret_value().encode())
    return _from_secret(_kept_secret(settings.database_path))


def _from_secret(secret: bytes) -> SigningKey:
    return SigningKey(_id(b"HS256" + secret), "HS256", secret, secret)


def _from_pem(path: Path) -> SigningKey:
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"ITCOOK_SIGNING_KEY_FILE: {path} cannot be read as an unencrypted PEM: {error}"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SettingsError(
            f"ITCOOK_SIGNING_KEY_FILE: {path} must hold an Ed25519 key; try:"
            " openssl genpkey -algorithm ed25519"
        )
    public = private.public_key()
    return SigningKey(_id(public.public_bytes(Encoding.Raw, PublicFormat.Raw)), "EdDSA", private, public)


def _id(material: bytes) -> str:
    return hashlib.sha256(b"itcook kid" + material).hexdigest()[:16]


def _kept_secret(database: Path) -> bytes:
    path = database.with_name(database.name + ".secret")
    if not path.exists():
        _create(path, secrets.token_hex(MIN_SECRET_LENGTH))
    secret = path.read_bytes().strip()
    if len(secret) < MIN_SECRET_LENGTH:
        raise SettingsError(
            f"{path} is too short to be the secret it was; remove it, and everyone logs in again"
        )
    return secret


def _create(path: Path, text: str) -> None:
    """Have `path` appear whole or not at all, readable by its owner alone; leave it if it is there."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was first; its secret is the one
    finally:
        draft.unlink()
