"""With what to reach Dynamics: one set for all organisations, or others for some, from a file."""

import functools
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from azure.identity.aio import CertificateCredential
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import DotEnvSettingsSource

from peerledger.errors import SettingsError
from peerledger.settings import PREFIX, Settings

_ENVIRONMENT = PREFIX + "DYNAMICS_"
_ORGANISATIONS = "organisations"
_PATHS = ("certificate_path", "ca_file")
# One of them proves who we are: giving one takes the place of the other one given further out.
_PROOFS = ("client_secret", "certificate_path")

_Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
_Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _origin(address: str) -> str:
    """Tokens travel there, so https only; and nothing behind the host, since we put the path there."""
    try:
        parts = urlsplit(address.rstrip("/"))
        port = parts.port
    except ValueError:
        raise ValueError("not an address like https://example.crm4.dynamics.com") from None
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise ValueError("not an address like https://example.crm4.dynamics.com")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("must end after the host name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}" + (f":{port}" if port and port != 443 else "")


def _readable(path: Path) -> Path:
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    return path


_Origin = Annotated[str, AfterValidator(_origin)]
_File = Annotated[Path, AfterValidator(_readable)]


class Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: _Origin
    authority: _Origin = "https://login.microsoftonline.com"
    tenant_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,200}$")]
    client_id: _Text
    client_secret: SecretStr | None = Field(default=None, min_length=1)
    certificate_path: _File | None = None
    entity_set: _Name = "contacts"
    key_column: _Name = "contactid"
    listed_column: _Name = "hlf_listed"
    ca_file: _File | None = None

    @model_validator(mode="after")
    def _proves_who_we_are(self) -> "Credentials":
        if self.client_secret is not None and self.certificate_path is not None:
            raise _NamedError("client_secret", "give either this or the certificate, not both")
        if self.client_secret is None and self.certificate_path is None:
            raise _NamedError("client_secret", "not set, and no certificate either")
        if self.certificate_path is not None:
            try:
                CertificateCredential(self.tenant_id, self.client_id, str(self.certificate_path))
            except ValueError:
                raise _NamedError(
                    "certificate_path", "holds no certificate with its RSA key, as PEM and without a password"
                ) from None
        try:
            self.tls()
        except ssl.SSLError:
            raise _NamedError("ca_file", "holds no certificate as PEM") from None
        return self

    def tls(self) -> ssl.SSLContext:
        """Trusts the usual authorities, and the one of `ca_file` as well."""
        return _tls(self.ca_file, self.ca_file.stat().st_mtime_ns if self.ca_file else None)


# Reading all authorities takes longer than a request; a file that was written anew is read anew.
@functools.lru_cache(maxsize=16)
def _tls(ca_file: Path | None, written_at: int | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class _NamedError(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Account:
    """Credentials, and for whom they are."""

    credentials: Credentials
    slugs: frozenset[str] | None
    """None: for every organisation that no other account names."""

    @property
    def name(self) -> str:
        return "all organisations" if self.slugs is None else ", ".join(sorted(self.slugs))


def load_accounts(settings: Settings, file: Path | None = None) -> list[Account]:
    """The file wins over the environment, an organisation's table over the rest of the file."""
    file = file or settings.dynamics_credentials_file
    outer = _from_environment(settings)
    if file is None:
        return [Account(_checked(outer, _environment_name), None)]
    content = _read(file)
    tables = content.pop(_ORGANISATIONS, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingsError(f"{file}: {_ORGANISATIONS}: must be tables like [{_ORGANISATIONS}.slug]")
    common = _merged(outer, content, file)
    # With tables for some, what stands outside them may be only what the tables share.
    shared_only = bool(tables) and not all(common.get(name) for name in ("url", "tenant_id", "client_id"))
    accounts: dict[Credentials, set[str]] = {}
    default = None if shared_only else _checked(common, _file_name(file))
    for slug, table in tables.items():
        name_of = _file_name(file, f"{_ORGANISATIONS}.{slug}.")
        credentials = _checked(_merged(common, table, file), name_of)
        if credentials != default:
            accounts.setdefault(credentials, set()).add(slug)
    named = [Account(credentials, frozenset(slugs)) for credentials, slugs in accounts.items()]
    return [*named, *([Account(default, None)] if default is not None else [])]


def _from_environment(settings: Settings) -> dict[str, Any]:
    found = {name: getattr(settings, f"dynamics_{name}") for name in Credentials.model_fields}
    return {name: value for name, value in found.items() if value is not None}


def _read(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text())
        # A flat list with our settings in it is an .env file that happens to be TOML as well.
        is_flat = all(isinstance(value, str) for value in content.values())
        is_toml = not (is_flat and any(name.upper().startswith(_ENVIRONMENT) for name in content))
    except OSError as error:
        raise SettingsError(f"The credentials file {file} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # Not the parser's words: they may quote the line, and with it a secret.
        is_toml = False
    return content if is_toml else _read_as_environment(file)


def _read_as_environment(file: Path) -> dict[str, Any]:
    """Somebody in a hurry may have another worker's `.env`: its names, and whatever else is in there."""
    prefix = _ENVIRONMENT.removeprefix(PREFIX).lower()
    try:
        found = DotEnvSettingsSource(Settings, env_file=file)()
    except UnicodeDecodeError:
        found = {}
    content = {
        name.removeprefix(prefix): value
        for name, value in found.items()
        if name.startswith(prefix) and name.removeprefix(prefix) in Credentials.model_fields
    }
    if not content:
        raise SettingsError(
            f"The credentials file {file} is not TOML, and has no {_ENVIRONMENT}… as in .env."
        )
    return content


def _merged(outer: dict[str, Any], inner: Mapping[str, Any], file: Path) -> dict[str, Any]:
    replaced = _PROOFS if any(name in inner for name in _PROOFS) else ()
    merged = {name: value for name, value in outer.items() if name not in replaced} | dict(inner)
    for name in _PATHS:
        if isinstance(inner.get(name), str):
            # The file speaks of its neighbours.
            merged[name] = file.parent / inner[name]
    return merged


def _environment_name(field: str) -> str:
    return _ENVIRONMENT + field.upper()


def _file_name(file: Path, place: str = "") -> Callable[[str], str]:
    return lambda field: f"{file}: {place}{field}"


def _checked(values: Mapping[str, Any], name_of: Callable[[str], str]) -> Credentials:
    try:
        return Credentials.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        field = cause.field if isinstance(cause, _NamedError) else str(first["loc"][0])
        message = {
            "missing": "not set",
            "extra_forbidden": "no such setting",
            "string_pattern_mismatch": "has characters that cannot be part of it",
        }.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise SettingsError(f"{name_of(field)}: {message}") from None
