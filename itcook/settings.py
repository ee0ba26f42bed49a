"""Settings, read once from the environment (`ITCOOK_*`) and a `.env` file, frozen from then on."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from itcook import setting_values
from itcook.setting_values import address_of

PREFIX = "ITCOOK_"
MAX_WORKERS = 64  # of one machine; each takes some 150 MB, and a processor is served best by one


class SettingsError(Exception):
    """A setting cannot be right; the message is one line that names it and says what would be."""


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

    bind: Annotated[str, AfterValidator(setting_values.bind)] = Field(
        default="127.0.0.1:3000", examples=["HOST:PORT"]
    )
    """where to listen; port 0 lets the system choose; an IPv6 host is in brackets"""
    workers: int = Field(default=1, ge=1, le=MAX_WORKERS)
    """how many processes of this machine serve; more than one needs PostgreSQL; `--workers` wins"""
    database_url: Annotated[str, AfterValidator(setting_values.database_url)] = Field(
        default="sqlite:///data/itcook.sqlite3",
        examples=["sqlite:///PATH", "postgres://USER:PASSWORD@HOST:PORT/NAME"],
    )
    """the database; an absolute path has four slashes; PostgreSQL's may end in `?sslmode=`, as libpq's"""
    database_pool_size: int = Field(default=10, ge=1, le=500)
    """how many connections to PostgreSQL a process has at most, besides one that listens"""
    database_timeout_seconds: float = Field(default=5, ge=0.1, le=600)
    """how long PostgreSQL may take for a connection, a statement or a lock; then the answer is 503"""
    redis_url: Annotated[SecretStr, AfterValidator(setting_values.redis_url)] | None = Field(
        default=None, examples=["redis://USER:PASSWORD@HOST:PORT/NUMBER", "rediss://…"]
    )
    """Redis or Valkey, for several nodes on one PostgreSQL; `rediss` is with TLS; the host alone is enough"""
    secret: Annotated[SecretStr | None, AfterValidator(setting_values.secret)] = None
    """signs access tokens (HS256), 32 bytes or more; without it, SQLite keeps one beside the database"""
    signing_key_file: Path | None = None
    """an unencrypted Ed25519 PEM that signs access tokens (EdDSA) instead of `ITCOOK_SECRET`"""
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(setting_values.origins)] = Field(
        default=(), examples=["SCHEME://HOST[:PORT],…"]
    )
    """whose pages may use this server, besides its own host's; in lower case"""
    tls_cert_file: Path | None = None
    """the certificate, a PEM file with its chain; with it the server speaks TLS, HTTP/2 and HTTP/1.1"""
    tls_key_file: Path | None = None
    """the certificate's key, an unencrypted PEM file; the two belong together"""
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(setting_values.networks)
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
    llm_base_url: Annotated[str, AfterValidator(setting_values.llm_base_url)] | None = Field(
        default=None, examples=["http://…", "https://…"]
    )
    """an OpenAI-compatible API that makes recipes, without `/chat/completions`; else the cookbook does"""
    llm_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """the model to ask; needed with the address, and with nothing else"""
    llm_api_key: Annotated[SecretStr, AfterValidator(setting_values.llm_api_key)] | None = None
    """the key for that API, where it wants one"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """the least level that is logged"""
    log_format: Literal["console", "json"] = "console"
    """lines for people, or one JSON object a line"""
    log_requests: Literal["on", "off"] = "on"
    """whether each answer has a line at level `info`, or only at `debug`"""
    metrics_bind: Annotated[str, AfterValidator(setting_values.bind)] | None = Field(
        default=None, examples=["HOST:PORT"]
    )
    """where metrics are read, by whoever reaches it; further workers have the next ports"""
    metrics_token: Annotated[SecretStr, AfterValidator(setting_values.metrics_token)] | None = None
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
