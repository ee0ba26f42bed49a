"""Settings, read once from the environment (`ITCOOK_*`) and a `.env` file, frozen from then on."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "ITCOOK_"
MAX_WORKERS = 64  # of one machine; each takes some 150 MB, and a processor is served best by one
_REDIS_URL = re.compile(r"rediss?://[^/?#]+(/[0-9]{0,4})?")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")  # as libpq has them
MIN_SECRET_LENGTH = 32  # bytes of an HS256 key, RFC 7518 section 3.2
MIN_TOKEN_LENGTH = 16  # characters of a bearer token that is never exchanged for another


class SettingsError(Exception):
    """A setting cannot be right; the message is one line that names it and says what would be."""


def address_of(bind: str) -> tuple[str, int]:
    """Host and port of a setting such as `127.0.0.1:3000` or `[::1]:3000`."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def _bind(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("must be HOST:PORT with a port of 0 to 65535, such as 127.0.0.1:3000")
    return value


def _database_url(value: str) -> str:
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


def _redis_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not (_REDIS_URL.fullmatch(url) and _names_a_host(url)):
        raise ValueError(
            "must be redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], or rediss:// with TLS,"
            " with the special characters of the password written as %XX"
        )
    return value


def _origins(value: object) -> object:
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


def _networks(value: object) -> object:
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


def _secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value().encode()) < MIN_SECRET_LENGTH:
        raise ValueError(f"must have at least {MIN_SECRET_LENGTH} bytes; try: openssl rand -hex 32")
    return value


def _metrics_token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if len(token) < MIN_TOKEN_LENGTH or not all("!" <= character <= "~" for character in token):
        raise ValueError(
            f"must be at least {MIN_TOKEN_LENGTH} visible ASCII characters without spaces;"
            " try: openssl rand -hex 32"
        )
    return value


def _llm_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be SCHEME://HOST[:PORT][/PATH], such as https://api.openai.com/v1")
    if parts.username or parts.query or parts.fragment:
        raise ValueError(f"must have no user, query or fragment; a key goes into {PREFIX}LLM_API_KEY")
    return value


def _llm_api_key(value: SecretStr) -> SecretStr:
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("must be visible ASCII characters without spaces, as headers are")
    return value


class Settings(BaseSettings):
    """Every setting of the server. Durations are in seconds, sizes in bytes.

    What stands below each is its line in the documents: `make generate` writes their table.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    bind: Annotated[str, AfterValidator(_bind)] = Field(default="127.0.0.1:3000", examples=["HOST:PORT"])
    """where to listen; port 0 lets the system choose; an IPv6 host is in brackets"""
    workers: int = Field(default=1, ge=1, le=MAX_WORKERS)
    """how many processes of this machine serve; more than one needs PostgreSQL; `--workers` wins"""
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        default="sqlite:///data/itcook.sqlite3",
        examples=["sqlite:///PATH", "postgres://USER:PASSWORD@HOST:PORT/NAME"],
    )
    """the database; an absolute path has four slashes; PostgreSQL's may end in `?sslmode=`, as libpq's"""
    database_pool_size: int = Field(default=10, ge=1, le=500)
    """how many connections to PostgreSQL a process has at most, besides one that listens"""
    database_timeout_seconds: float = Field(default=5, ge=0.1, le=600)
    """how long PostgreSQL may take for a connection, a statement or a lock; then the answer is 503"""
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        default=None, examples=["redis://USER:PASSWORD@HOST:PORT/NUMBER", "rediss://…"]
    )
    """Redis or Valkey, for several nodes on one PostgreSQL; `rediss` is with TLS; the host alone is enough"""
    secret: Annotated[SecretStr | None, AfterValidator(_secret)] = None
    """signs access tokens (HS256), 32 bytes or more; without it, SQLite keeps one beside the database"""
    signing_key_file: Path | None = None
    """an unencrypted Ed25519 PEM that signs access tokens (EdDSA) instead of `ITCOOK_SECRET`"""
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), examples=["SCHEME://HOST[:PORT],…"]
    )
    """whose pages may use this server, besides its own host's; in lower case"""
    tls_cert_file: Path | None = None
    """the certificate, a PEM file with its chain; with it the server speaks TLS, HTTP/2 and HTTP/1.1"""
    tls_key_file: Path | None = None
    """the certificate's key, an unencrypted PEM file; the two belong together"""
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = Field(default=(), examples=["ADDRESS[/BITS],…"])
    """whose word about clients is taken: addresses and networks of proxies"""
    rate_limits: Literal["on", "off"] = "on"
    """whether requests and handshakes are held to their quotas; `off` is for benchmarks"""
    connections: int = Field(default=10_000, ge=1, le=1_000_000)
    """how many streams a process takes at most; needs as many open files"""
    connections_per_user: int = Field(default=10, ge=1, le=1_000_000)
    """how many streams one person has, on all nodes that share Redis; one more ends the oldest with 4409"""
    access_token_seconds: int = Field(default=900, ge=5, le=86_400)
    """life of an access token; also the longest a connection lasts without a newer one"""
    refresh_token_days: int = Field(default=30, ge=1, le=365)
    """a login session ends after so many days without a refresh"""
    history_hours: float = Field(default=24, gt=0, le=24 * 365)
    """events older than this cannot be resumed over"""
    history_entries: int = Field(default=100_000, ge=1_000, le=10_000_000)
    """the number of events that are kept at most"""
    heartbeat_seconds: float = Field(default=10, ge=0.1, le=60)
    """time between heartbeats"""
    timeout_seconds: float = Field(default=30, ge=0.3, le=600)
    """silence, or unsent bytes that do not move, for so long end a connection; twice the heartbeat or more"""
    drain_seconds: float = Field(default=8, ge=0, le=60)
    """how long a stopping server waits for stream clients to leave"""
    expiry_scan_seconds: float = Field(default=60, ge=0.05, le=3600)
    """how often it is looked up which kitchens have their morning and are told what expires"""
    recipes_per_day: int = Field(default=20, ge=0, le=10_000)
    """how many recipes a person may ask for in one day of theirs"""
    llm_base_url: Annotated[str, AfterValidator(_llm_base_url)] | None = Field(
        default=None, examples=["http://…", "https://…"]
    )
    """an OpenAI-compatible API that makes recipes, without `/chat/completions`; else the cookbook does"""
    llm_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """the model to ask; needed with the address, and with nothing else"""
    llm_api_key: Annotated[SecretStr, AfterValidator(_llm_api_key)] | None = None
    """the key for that API, where it wants one"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """the least level that is logged"""
    log_format: Literal["console", "json"] = "console"
    """lines for people, or one JSON object a line"""
    log_requests: Literal["on", "off"] = "on"
    """whether each answer has a line at level `info`, or only at `debug`"""
    metrics_bind: Annotated[str, AfterValidator(_bind)] | None = Field(default=None, examples=["HOST:PORT"])
    """where metrics are read, by whoever reaches it; further workers have the next ports"""
    metrics_token: Annotated[SecretStr, AfterValidator(_metrics_token)] | None = None
    """the bearer token for `/metrics` of the public port, 16 or more visible characters; for one worker"""
    tracing: Literal["on", "off"] = "off"
    """whether spans go where `OTEL_EXPORTER_OTLP_ENDPOINT` says; needs `requirements-tracing.txt`"""

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of this process (SQLite)."""
        return self.database_url.startswith("sqlite:")

    @property
    def database_path(self) -> Path:
        """The file of the embedded database."""
        assert self.embedded, "only the embedded database is a file"
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def host(self) -> str:
        return address_of(self.bind)[0]

    @property
    def port(self) -> int:
        return address_of(self.bind)[1]

    def of_worker(self, slot: int) -> "Settings":
        """Those of one of several workers. Each counts for itself, so each has a port for its metrics."""
        host, _, port = (self.metrics_bind or "").rpartition(":")
        if not int(port or 0):
            return self
        return self.model_copy(update={"metrics_bind": f"{host}:{int(port) + slot}"})


def read_settings(**overrides: object) -> Settings:
    """The settings of this process. Raises `SettingsError` for the first value that cannot be right."""
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type] # pydantic checks what it is given
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{'_'.join(str(part) for part in first['loc'][:1]).upper()}"
        raise SettingsError(f"{name} {first['msg'].removeprefix('Value error, ')}") from None
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    if settings.workers > 1 and settings.embedded:
        raise SettingsError(
            f"{PREFIX}WORKERS: SQLite serves one process only: name a PostgreSQL database in"
            f" {PREFIX}DATABASE_URL, or serve with one worker"
        )
    if settings.workers > 1 and settings.metrics_token:
        raise SettingsError(
            f"{PREFIX}METRICS_TOKEN: of several workers another would answer each time:"
            f" set {PREFIX}METRICS_BIND, from which on each has a port of its own"
        )
    if settings.secret and settings.signing_key_file:
        raise SettingsError(f"{PREFIX}SECRET and {PREFIX}SIGNING_KEY_FILE exclude each other: set one")
    if not settings.embedded and not settings.secret and not settings.signing_key_file:
        raise SettingsError(
            f"{PREFIX}SECRET must be set with PostgreSQL, the same on every node; try: openssl rand -hex 32"
        )
    if settings.redis_url and settings.embedded:
        raise SettingsError(
            f"{PREFIX}REDIS_URL is for several nodes, and an SQLite database serves one process:"
            f" leave it out, or name a PostgreSQL database in {PREFIX}DATABASE_URL"
        )
    if settings.timeout_seconds < 2 * settings.heartbeat_seconds:
        raise SettingsError(
            f"{PREFIX}TIMEOUT_SECONDS must be at least twice {PREFIX}HEARTBEAT_SECONDS,"
            " or a client that answers every heartbeat could still time out"
        )
    if bool(settings.tls_cert_file) != bool(settings.tls_key_file):
        raise SettingsError(
            f"{PREFIX}TLS_CERT_FILE and {PREFIX}TLS_KEY_FILE belong together: set both for TLS, or neither"
        )
    if bool(settings.llm_base_url) != bool(settings.llm_model):
        raise SettingsError(
            f"{PREFIX}LLM_BASE_URL and {PREFIX}LLM_MODEL belong together: set both for a language model,"
            " neither for the cookbook"
        )
    if settings.llm_api_key and not settings.llm_base_url:
        raise SettingsError(f"{PREFIX}LLM_API_KEY needs {PREFIX}LLM_BASE_URL and {PREFIX}LLM_MODEL")
