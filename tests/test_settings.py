"""Settings that cannot be right stop the start with one line that names them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from itcook.settings import Settings, SettingsError, read_settings

SECRET = "s" * 32


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` file here, and nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ITCOOK_{name.upper()}", raising=False)


def test_the_defaults_serve() -> None:
    """One process, this machine only, a file beside it."""
    settings = read_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.embedded
    assert settings.database_path == Path("data/itcook.sqlite3")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are read, an empty variable is none, and what is not ours is left alone."""
    Path(".env").write_text("ITCOOK_BIND=0.0.0.0:1\nITCOOK_HISTORY_HOURS=2\nOTHER=x\n")
    monkeypatch.setenv("ITCOOK_BIND", "[::1]:2")
    monkeypatch.setenv("ITCOOK_HISTORY_HOURS", "")
    settings = read_settings()
    assert (settings.host, settings.port, settings.history_hours) == ("::1", 2, 2)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BIND", "3000", "HOST:PORT"),
        ("BIND", "localhost:", "HOST:PORT"),
        ("BIND", ":3000", "HOST:PORT"),
        ("BIND", "localhost:65536", "0 to 65535"),
        ("BIND", "localhost:http", "HOST:PORT"),
        ("DATABASE_URL", "mysql://x", "sqlite:///PATH"),
        ("DATABASE_URL", "sqlite:///", "sqlite:///PATH"),
        ("DATABASE_URL", "sqlite:///:memory:", "must name a file"),
        ("DATABASE_URL", "postgres://", "postgres://USER"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("REDIS_URL", "http://redis.example", "redis://"),
        ("REDIS_URL", "redis://", "redis://"),
        ("REDIS_URL", "redis://u:short#x@redis.example", "%XX"),
        ("REDIS_URL", "redis://redis.example/itcook", "[/NUMBER]"),
        ("REDIS_URL", "redis://redis.example?db=0", "[/NUMBER]"),
        ("DATABASE_URL", "postgres://u:p@db/itcook?sslmdoe=require", "it may have sslmode, and no other"),
        ("DATABASE_URL", "postgres://u:p@db/itcook?sslmode=", "disable, allow, prefer"),
        ("DATABASE_POOL_SIZE", "0", "greater than or equal"),
        ("SECRET", "short", "at least 32 bytes"),
        ("ALLOWED_ORIGINS", "itcook.example", "SCHEME://HOST"),
        ("ALLOWED_ORIGINS", "https://a.example/", "must end after the host"),
        ("ALLOWED_ORIGINS", "https://A.example", "SCHEME://HOST"),
        ("ALLOWED_ORIGINS", "*", "SCHEME://HOST"),
        ("TRUSTED_PROXIES", "proxy.example", "an address or a network"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "an address or a network"),
        ("TRUSTED_PROXIES", "*", "an address or a network"),
        ("HISTORY_HOURS", "0", "greater than 0"),
        ("HISTORY_ENTRIES", "many", "integer"),
        ("HEARTBEAT_SECONDS", "nan", "less than or equal"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("METRICS_BIND", "9464", "HOST:PORT"),
        ("METRICS_TOKEN", "short", "at least 16 visible"),
        ("TIMEOUT_SECONDS", "15", "twice ITCOOK_HEARTBEAT_SECONDS"),
    ],
)
def test_what_cannot_be_right(monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str) -> None:
    """One line, with the name and what would be right, and never with the value of a secret."""
    monkeypatch.setenv(f"ITCOOK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    message = str(caught.value)
    assert message.startswith(f"ITCOOK_{name} ")
    assert right in message
    assert "\n" not in message
    assert "short" not in message


def test_what_excludes_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two keys are one too many, and nodes that share a database need the same one."""
    monkeypatch.setenv("ITCOOK_DATABASE_URL", "postgresql://u:p@db/itcook")
    with pytest.raises(SettingsError, match="ITCOOK_SECRET must be set with PostgreSQL"):
        read_settings()
    monkeypatch.setenv("ITCOOK_SECRET", SECRET)
    assert not read_settings().embedded
    monkeypatch.setenv("ITCOOK_SIGNING_KEY_FILE", "key.pem")
    with pytest.raises(SettingsError, match="exclude each other"):
        read_settings()


def test_redis_is_for_several_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process has nobody to share with."""
    monkeypatch.setenv("ITCOOK_REDIS_URL", "rediss://user:p%23@redis.example:6380/1")
    with pytest.raises(SettingsError, match="ITCOOK_REDIS_URL is for several nodes, and an SQLite"):
        read_settings()
    monkeypatch.setenv("ITCOOK_DATABASE_URL", "postgres://u:p@db/itcook")
    monkeypatch.setenv("ITCOOK_SECRET", SECRET)
    assert "p%23" not in repr(read_settings())


def test_origins_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Separated by commas, spaces are nobody's."""
    monkeypatch.setenv("ITCOOK_ALLOWED_ORIGINS", "https://a.example, http://localhost:5173,")
    assert read_settings().allowed_origins == ("https://a.example", "http://localhost:5173")


def test_settings_are_frozen_and_keep_secrets() -> None:
    """Nobody changes them, and no log shows the secret."""
    settings = read_settings(secret=SECRET)
    with pytest.raises(ValidationError):
        setattr(settings, "bind", "0.0.0.0:1")  # noqa: B010 # mypy knows that it is read-only
    assert SECRET not in repr(settings)


def test_each_worker_has_a_port_for_its_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the one that is set on; a token for the shared port would be answered by another one each time."""
    settings = read_settings(metrics_bind="[::1]:9464")
    assert [settings.of_worker(slot).metrics_bind for slot in range(3)] == [
        "[::1]:9464",
        "[::1]:9465",
        "[::1]:9466",
    ]
    assert read_settings(metrics_bind="127.0.0.1:0").of_worker(2).metrics_bind == "127.0.0.1:0"
    assert read_settings().of_worker(1).metrics_bind is None
    monkeypatch.setenv("ITCOOK_DATABASE_URL", "postgres://u:p@db/itcook")
    with pytest.raises(SettingsError, match="ITCOOK_METRICS_TOKEN: of several workers"):
        read_settings(workers=2, secret=SECRET, metrics_token="x" * 16)
