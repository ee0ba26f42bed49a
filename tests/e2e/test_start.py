"""A start that cannot work fails at once, with one line that says what to change."""

import socket
from pathlib import Path

import pytest

from tests.support.processes import Server, refused_start

WRONG = [
    ({"bind": "nowhere"}, "ITCOOK_BIND must be HOST:PORT"),
    ({"bind": "127.0.0.1:99999"}, "ITCOOK_BIND must be HOST:PORT"),
    ({"database_url": "mysql://x"}, "ITCOOK_DATABASE_URL must be sqlite:///PATH"),
    ({"database_url": "postgres://cook:short#cut@db/itcook"}, "ITCOOK_DATABASE_URL must be sqlite:///PATH"),
    ({"database_url": "postgres://cook:short?cut@db/itcook"}, "ITCOOK_DATABASE_URL must be sqlite:///PATH"),
    ({"database_url": "postgres://cook@db:short/itcook"}, "ITCOOK_DATABASE_URL must be sqlite:///PATH"),
    ({"database_url": "sqlite:///:memory:"}, "ITCOOK_DATABASE_URL must name a file"),
    ({"secret": "short"}, "ITCOOK_SECRET must have at least 32 bytes"),
    ({"heartbeat_seconds": "often"}, "ITCOOK_HEARTBEAT_SECONDS"),
    ({"heartbeat_seconds": 20, "timeout_seconds": 30}, "ITCOOK_TIMEOUT_SECONDS must be at least twice"),
    ({"allowed_origins": "app.example"}, "ITCOOK_ALLOWED_ORIGINS"),
    ({"log_level": "loud"}, "ITCOOK_LOG_LEVEL"),
    ({"history_entries": 10}, "ITCOOK_HISTORY_ENTRIES"),
    ({"signing_key_file": "missing.pem"}, "ITCOOK_SIGNING_KEY_FILE: missing.pem"),
    ({"workers": 2}, "ITCOOK_WORKERS: SQLite serves one process only"),
    ({"workers": 0}, "ITCOOK_WORKERS"),
    ({"database_url": "postgres://localhost/itcook"}, "ITCOOK_SECRET must be set with PostgreSQL"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG, ids=[str(settings) for settings, _ in WRONG])
async def test_a_setting_that_cannot_be_right_stops_the_start(
    tmp_path: Path, settings: dict[str, object], message: str
) -> None:
    """Exit code 2 and one line that names the setting; a secret is not in it."""
    code, errors = await refused_start(tmp_path, **settings)
    assert code == 2, errors
    assert errors.startswith(f"itcook: {message}")
    assert errors.count("\n") == 1
    assert "short" not in errors


async def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path) -> None:
    """One line that names the file, and the file is left alone."""
    (tmp_path / "itcook.sqlite3").write_text("shopping list\n" * 100)
    code, errors = await refused_start(tmp_path)
    assert (code, errors.count("\n")) == (2, 1)
    assert "itcook.sqlite3 is not an SQLite database" in errors
    assert (tmp_path / "itcook.sqlite3").read_text().startswith("shopping list")


async def test_a_database_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """One line, instead of a server that can serve nobody."""
    nowhere = "postgres://cook@127.0.0.1:1/itcook"
    code, errors = await refused_start(tmp_path, database_url=nowhere, secret="s" * 32)
    assert (code, errors.count("\n")) == (2, 1)
    assert errors.startswith("itcook: ITCOOK_DATABASE_URL: the database cannot be used")


async def test_a_second_server_on_the_same_file_is_refused(server: Server) -> None:
    """SQLite serves one process; the second one says so, and the first one goes on."""
    code, errors = await refused_start(server.directory)
    assert (code, errors.count("\n")) == (2, 1)
    assert "is open in another process" in errors


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """One line with the address, in place of a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = "{}:{}".format(*taken.getsockname())
        code, errors = await refused_start(tmp_path, bind=bind)
    assert (code, errors.count("\n")) == (2, 1)
    assert errors.startswith(f"itcook: ITCOOK_BIND: cannot listen on {bind}")
