"""The settings, and the files that they name."""

import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from cryptography import x509
from dotenv import dotenv_values

from itcook.auth.signing import signing_key
from itcook.commands.doctor.findings import Finding, broken, note, ok, warning
from itcook.settings import PREFIX, Settings, SettingsError

OF_THE_COMMAND_LINE = {"ITCOOK_URL", "ITCOOK_TOKEN", "ITCOOK_EMAIL", "ITCOOK_PASSWORD"}
SOON_DAYS = 14  # before a certificate's end; who renews by machine does so earlier


def unknown_names() -> Iterator[Finding]:
    """A setting with a typo in its name is no setting, and nobody says so."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {
        name.upper() for name in (*os.environ, *dotenv_values(".env")) if name.upper().startswith(PREFIX)
    }
    for name in sorted(given - known - OF_THE_COMMAND_LINE):
        near = get_close_matches(name, known, 1)
        mend = f"did you mean {near[0]}?" if near else "remove it; docs/OPERATIONS.md has them all"
        yield warning("settings", f"{name} is no setting, and is passed over", mend)


def look(settings: Settings) -> Iterator[Finding]:
    """Settings that can be right, and are not."""
    yield ok("settings", f"can be right; .env {'is read' if Path('.env').exists() else 'is not there'}")
    yield _key(settings)
    yield from _tls(settings)
    if settings.rate_limits == "off":
        yield warning("quotas", "ITCOOK_RATE_LIMITS is off, which is for benchmarks", "remove it")
    if settings.tls_cert_file is None and not _stays_here(settings):
        yield from _clear_text(settings)


def _key(settings: Settings) -> Finding:
    if settings.embedded and settings.secret is None and settings.signing_key_file is None:
        return ok("signing key", "kept beside the database")  # not looked for: looking would make one
    try:
        return ok("signing key", signing_key(settings).algorithm)
    except SettingsError as error:
        return broken("signing key", str(error), "openssl genpkey -algorithm ed25519 -out key.pem")


def _stays_here(settings: Settings) -> bool:
    return settings.host in {"localhost", "::1"} or settings.host.startswith("127.")


def _clear_text(settings: Settings) -> Iterator[Finding]:
    if settings.trusted_proxies:
        yield note("TLS", f"{settings.bind} is in clear text; the proxy in front of it should end TLS")
        return
    yield warning(
        "TLS",
        f"{settings.bind} is open to others, in clear text, and no proxy is trusted",
        "set ITCOOK_TLS_CERT_FILE and ITCOOK_TLS_KEY_FILE; or bind to 127.0.0.1 behind a proxy, and set"
        " ITCOOK_TRUSTED_PROXIES",
    )


def _tls(settings: Settings) -> Iterator[Finding]:
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_cert_file, settings.tls_key_file, password=_no_password
        )
        ends = x509.load_pem_x509_certificate(settings.tls_cert_file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        yield broken(
            "TLS",
            f"{settings.tls_cert_file}, {settings.tls_key_file}: {error}",
            "name a PEM chain and its key",
        )
        return
    days = (ends - datetime.now(UTC)).days
    if days < 0:
        yield broken("TLS", f"the certificate ended on {ends:%Y-%m-%d}", "renew it, and restart")
    elif days < SOON_DAYS:
        yield warning("TLS", f"the certificate ends on {ends:%Y-%m-%d}", "renew it, and restart")
    else:
        yield ok("TLS", f"the certificate is good until {ends:%Y-%m-%d}")


def _no_password() -> str:
    raise ValueError("the key is encrypted")
