"""Settings from the environment or `.env`, all named PEERLEDGER_…"""

import re
from datetime import time
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, HttpUrl, IPvAnyAddress, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from peerledger import errors

PREFIX = "PEERLEDGER_"


def is_protected(url: str) -> bool:
    """Over TLS, or to this machine itself: nobody on the way can read or change it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = None
    # Where `copy-for-staging` writes: an empty database.
    staging_url: SecretStr | None = None
    data_dir: Path = Path(".peerledger")
    # How long what runs until it is stopped waits, at its start, for a database that is away.
    start_wait_seconds: float = Field(default=60, ge=0, le=86_400)
    # How long a migrator waits for another one to finish.
    migrate_wait_seconds: float = Field(default=60, gt=0, le=86_400)

    notify_transport: Literal["console", "webhook", "fcm"] = "console"
    # An address may hold a secret of its own.
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    fcm_credentials_file: Path | None = None
    fcm_url: str = Field(default="https://fcm.googleapis.com", pattern="^https?://[^/ ]+")
    # Without a signal, the outbox is looked at this often.
    notify_poll_seconds: float = Field(default=15, gt=0, le=3600)
    # When the worker does the nightly work. At 03:15 no clock is ever changed in Norway.
    nightly_at: time = time(3, 15)
    nightly_zone: str = "Europe/Oslo"
    # Who is told of each night that all steps of it went well: an address of healthchecks.io or the like.
    heartbeat_url: SecretStr | None = None
    # Whom the worker tells of what needs a person: addresses of Apprise, with blanks between them.
    alert_urls: SecretStr | None = None
    alert_seconds: float = Field(default=60, gt=0, le=3_600)
    # Where the worker shows its metrics; without a port nowhere, without a host on this machine only.
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    metrics_host: IPvAnyAddress = IPv4Address("127.0.0.1")
    # The seals: the name of the tree in its checkpoints, the key that signs them, where the runner keeps its
    # own copy, and where else each goes. The database never sees the key.
    seal_origin: str | None = Field(default=None, pattern="^[^\\s+]{1,200}$")
    seal_key_file: Path | None = None
    seal_dir: Path | None = None
    seal_webhook: SecretStr | None = None
    seal_tsa_url: SecretStr | None = None
    seal_tsa_ca_file: Path | None = None
    seal_witness_url: SecretStr | None = None
    seal_witness_key: str | None = None
    seal_seconds: float = Field(default=10, gt=0, le=3_600)
    checkpoint_minutes: float = Field(default=15, gt=0, le=1_440)
    # How to reach Dynamics; `peerledger.dynamics.credentials` checks them when they are needed.
    dynamics_url: str | None = None
    dynamics_authority: str | None = None
    dynamics_tenant_id: str | None = None
    dynamics_client_id: str | None = None
    dynamics_client_secret: SecretStr | None = None
    dynamics_certificate_path: Path | None = None
    dynamics_entity_set: str | None = None
    dynamics_key_column: str | None = None
    dynamics_listed_column: str | None = None
    dynamics_ca_file: Path | None = None
    dynamics_credentials_file: Path | None = None
    # What one worker may do. Dynamics counts all workers of an account together: divide by their number.
    dynamics_max_in_flight: int = Field(default=52, ge=1, le=52)
    dynamics_max_requests: int = Field(default=6_000, ge=1, le=6_000)
    dynamics_timeout_seconds: float = Field(default=30, gt=0, le=300)
    # For how long a worker has a mentor for itself; a dead one's are taken over after that.
    sync_lease_seconds: float = Field(default=120, gt=5, le=3_600)

    @property
    def has_dynamics(self) -> bool:
        """Something is said of it. Whether that is enough, `peerledger.dynamics.credentials` says."""
        return any(
            getattr(self, f"dynamics_{name}") is not None
            for name in (
                "url",
                "tenant_id",
                "client_id",
                "client_secret",
                "certificate_path",
                "credentials_file",
            )
        )

    @field_validator("nightly_at")
    @classmethod
    def _is_a_time_of_day(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("a time of day like 03:15; its zone is PEERLEDGER_NIGHTLY_ZONE")
        return at

    @field_validator("nightly_zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("not a time zone like Europe/Oslo") from None
        return zone

    @field_validator("webhook_url", "seal_webhook", "seal_tsa_url", "seal_witness_url", "heartbeat_url")
    @classmethod
    def _is_a_web_address(cls, url: SecretStr | None) -> SecretStr | None:
        try:
            if url is not None:
                TypeAdapter(HttpUrl).validate_python(url.get_secret_value())
        except ValidationError:
            raise ValueError("not a web address like https://example.org/hook") from None
        if url is not None and not is_protected(url.get_secret_value()):
            raise ValueError("http:// goes only to this machine itself; give an address with https://")
        return url

    @field_validator("seal_witness_key")
    @classmethod
    def _is_a_witness_key(cls, key: str | None) -> str | None:
        from peerledger.witness import is_key

        if key is not None and not is_key(key):
            raise ValueError("not the public key of a witness, of the form name+id+base64")
        return key

    @field_validator("fcm_url")
    @classmethod
    def _is_protected(cls, url: str) -> str:
        if not is_protected(url):
            raise ValueError("http:// goes only to this machine itself; give an address with https://")
        return url

    @field_validator("database_url", "staging_url")
    @classmethod
    def _is_an_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        if _hides_a_password(url.get_secret_value()):
            raise ValueError(_ENCODE)
        try:
            conninfo_to_dict(url.get_secret_value())
        except ProgrammingError:
            # Never the parser's own words, nor as a cause: they quote the address, password and all.
            raise ValueError(
                "not a PostgreSQL address like postgresql://user:password@host:5432/database; "
                "signs such as @ / : ? # % in the password are percent-encoded (@ is %40, / is %2F, % is %25)"
            ) from None
        return url


_ENCODE = (
    "the user or the password holds a sign that means something in an address: "
    "percent-encode the password (@ is %40, / is %2F, : is %3A, ? is %3F, # is %23, % is %25)"
)


def _hides_a_password(url: str) -> bool:
    """A sign that was not encoded ends the password early; what is left of it would be taken for a host or a
    database, and printed as such."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres"):
        return False
    # As libpq reads it: the first @ ends the password, unless a / comes before it.
    end = re.search("[@/]", rest)
    if end is None:
        return False
    following = rest[end.end() :].partition("?")[0]
    return "@" in following and not (end.group() == "/" and end.start() == 0)


def load_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise errors.SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    except (SettingsError, UnicodeDecodeError, OSError) as error:
        raise errors.SettingsError(f".env cannot be read ({type(error).__name__}).") from None
