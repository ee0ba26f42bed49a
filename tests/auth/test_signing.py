import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from itcook.auth.signing import signing_key
from itcook.settings import Settings, SettingsError


def with_settings(tmp_path: Path, **changes: object) -> Settings:
    database_url = f"sqlite:///{tmp_path / 'itcook.sqlite3'}"
    return Settings(_env_file=None, database_url=database_url, **changes)  # type: ignore[arg-type] # pydantic checks


def pem(path: Path, key: object) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # type: ignore[attr-defined] # any key
    return path


def test_the_kept_secret_survives_a_restart(tmp_path: Path) -> None:
    """Without a setting, tokens stay valid after a restart, and nobody else can read the secret."""
    key = signing_key(with_settings(tmp_path))
    kept = tmp_path / "itcook.sqlite3.secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert signing_key(with_settings(tmp_path)) == key
    assert key.private == kept.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [kept.name], "drafts are removed"


def test_raced_starts_keep_one_secret(tmp_path: Path) -> None:
    """Whoever comes second uses the first one's secret, and never half of it."""
    settings = with_settings(tmp_path)
    with ThreadPoolExecutor(16) as threads:
        keys = list(threads.map(lambda _: signing_key(settings), range(64)))
    assert {key.id for key in keys} == {keys[0].id}


def test_a_secret_that_was_cut_off_stops_the_start(tmp_path: Path) -> None:
    """A secret that could be guessed is worse than no start."""
    (tmp_path / "itcook.sqlite3.secret").write_text("short")
    with pytest.raises(SettingsError, match="too short"):
        signing_key(with_settings(tmp_path))


def test_the_secret_of_the_settings_is_used(tmp_path: Path) -> None:
    """Every node derives the same key and the same key id, and no file appears."""
    secret = "0123456789abcdef" * 2
    key = signing_key(with_settings(tmp_path, secret=secret))
    assert (key.algorithm, key.private) == ("HS256", secret.encode())
    assert not list(tmp_path.iterdir())
    assert secret not in repr(key)


def test_an_ed25519_key_signs_with_eddsa(tmp_path: Path) -> None:
    """The key file decides the algorithm."""
    path = pem(tmp_path / "key.pem", Ed25519PrivateKey.generate())
    assert signing_key(with_settings(tmp_path, signing_key_file=path)).algorithm == "EdDSA"


def test_another_key_file_stops_the_start(tmp_path: Path) -> None:
    """The message says which keys are right, or that the file cannot be read."""
    path = pem(tmp_path / "key.pem", generate_private_key(SECP256R1()))
    with pytest.raises(SettingsError, match="ed25519"):
        signing_key(with_settings(tmp_path, signing_key_file=path))
    path.write_text("no key")
    with pytest.raises(SettingsError, match="cannot be read"):
        signing_key(with_settings(tmp_path, signing_key_file=path))
    with pytest.raises(SettingsError, match="cannot be read"):
        signing_key(with_settings(tmp_path, signing_key_file=tmp_path / "missing.pem"))
