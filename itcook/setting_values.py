"""What single settings may be: a function for each kind.

It is given the value as it was read, gives it back, taken apart where it is several, and raises `ValueError`
with what it must be.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")  # as libpq has them
MIN_SECRET_LENGTH = 32  # bytes of an HS256 key, RFC 7518 section 3.2
MIN_TOKEN_LENGTH = 16  # characters of a bearer token that is never exchanged for another

_REDIS_URL = re.compile(r"rediss?://[^/?#]+(/[0-9]{0,4})?")


def address_of(value: str) -> tuple[str, int]:
    """Host and port of what `bind` lets pass, such as `127.0.0.1:3000` or `[::1]:3000`."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def bind(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("must be HOST:PORT with a port of 0 to 65535, such as 127.0.0.1:3000")
    return value


def database_url(value: str) -> str:
    if value.startswith(("postgres://", "postgresql://")) and _names_a_host(value):
        _check_parameters(value)
        return value
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        if ":memory:" in value:
            raise ValueError("must name a file: events outlive the process, and memory does not")
        return value
    raise ValueError(
        "must be sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME,"
        " with the special characters of the password written as %XX"
    )


def _check_parameters(url: str) -> None:
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name != "sslmode":
            raise ValueError(f"has the parameter {name!r}; it may have sslmode, and no other")
        if value not in SSL_MODES:
            raise ValueError(f"has sslmode={value}; it must be one of {', '.join(SSL_MODES)}")


def _names_a_host(url: str) -> bool:
    # A `#`, `?` or `/` in a password ends the address in the middle of it, and what is left is no port. Later
    # that would be a traceback with half of the password in it.
    try:
        parts = urlsplit(url)
        return parts.hostname is not None and (parts.port is None or parts.port > 0) and not parts.fragment
    except ValueError:
        return False


def redis_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not (_REDIS_URL.fullmatch(url) and _names_a_host(url)):
        raise ValueError(
            "must be redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], or rediss:// with TLS,"
            " with the special characters of the password written as %XX"
        )
    return value


def origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    origins = tuple(origin.strip() for origin in value.split(",") if origin.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or origin != origin.lower():
            raise ValueError(f"{origin!r} must be SCHEME://HOST[:PORT], such as https://itcook.example")
        if parts.path or parts.query or parts.fragment:
            raise ValueError(f"{origin!r} must end after the host and port")
    return origins


def networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_network(part.strip()) for part in value.split(",") if part.strip())


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} must be an address or a network, such as 10.0.0.5 or 10.0.0.0/24"
        ) from None


def secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value().encode()) < MIN_SECRET_LENGTH:
        raise ValueError(f"must have at least {MIN_SECRET_LENGTH} bytes; try: openssl rand -hex 32")
    return value


def metrics_token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if len(token) < MIN_TOKEN_LENGTH or not all("!" <= character <= "~" for character in token):
        raise ValueError(
            f"must be at least {MIN_TOKEN_LENGTH} visible ASCII characters without spaces;"
            " try: openssl rand -hex 32"
        )
    return value


def llm_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be SCHEME://HOST[:PORT][/PATH], such as https://api.openai.com/v1")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must have no user, query or fragment; a key goes into ITCOOK_LLM_API_KEY")
    return value


def llm_api_key(value: SecretStr) -> SecretStr:
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("must be visible ASCII characters without spaces, as headers are")
    return value
