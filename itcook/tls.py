"""TLS of our own, for where no proxy ends it."""

import ssl

from itcook.settings import PREFIX, Settings, SettingsError

PROTOCOLS = ["h2", "http/1.1"]  # what is offered by ALPN, the best first
HANDSHAKE_SECONDS = 10.0  # a phone on a bad line takes two
SHUTDOWN_SECONDS = 3.0  # for a client to close, after we have


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """How to speak TLS; None where that is not configured. Raises `SettingsError` for files of no use."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2, what HTTP/2 allows (RFC 9113, 9.2.2)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(PROTOCOLS)
    try:
        # An empty password, so that an encrypted key is an error and no question on the terminal.
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file, password="")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{PREFIX}TLS_CERT_FILE and {PREFIX}TLS_KEY_FILE: {settings.tls_cert_file} and"
            f" {settings.tls_key_file} {_reason(error)}"
        ) from None
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return "must be a certificate in PEM with its chain, and its own key, not encrypted"
    return f"cannot be read: {error.strerror}"
