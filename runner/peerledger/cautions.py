"""What is set so that it works, and so that others could read along: said, and never refused."""

import ipaddress
import stat
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from peerledger.settings import PREFIX, Settings

_SECRET_FILES = (
    "seal_key_file",
    "fcm_credentials_file",
    "dynamics_certificate_path",
    "dynamics_credentials_file",
)


def cautions(settings: Settings) -> list[str]:
    return [*_open_files(settings), *_unverified_server(settings)]


def is_readable_by_others(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    # Whether a group is anybody else, nobody can tell from here.
    return stat.S_ISREG(mode) and bool(mode & (stat.S_IROTH | stat.S_IWOTH))


def _open_files(settings: Settings) -> list[str]:
    files = [Path(".env"), *(getattr(settings, name) for name in _SECRET_FILES)]
    return [
        f"{file} holds secrets and can be read by everybody on this machine. Run: chmod 600 {file}"
        for file in files
        if file is not None and is_readable_by_others(file)
    ]


def _unverified_server(settings: Settings) -> list[str]:
    """Without verify-full the password goes to whoever answers for the name."""
    return [
        f"{PREFIX}{name.upper()} does not have the server prove who it is. Add sslmode=verify-full, "
        "and sslrootcert=system or the file of the authority that signed its certificate."
        for name in ("database_url", "staging_url")
        if (url := getattr(settings, name)) is not None and _is_unverified(url.get_secret_value())
    ]


def _is_unverified(url: str) -> bool:
    parts = conninfo_to_dict(url)
    return parts.get("sslmode") != "verify-full" and any(map(_is_elsewhere, _hosts(parts)))


def _hosts(parts: Mapping[str, object]) -> list[str]:
    return [host for name in ("host", "hostaddr") for host in str(parts.get(name) or "").split(",") if host]


def _is_elsewhere(host: str) -> bool:
    """Over a network that is not one's own. A name without a dot is of this one, or of a container."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        is_path = host.startswith(("/", "@"))
        return "." in host and not is_path and not host.endswith((".localhost", ".local", ".internal"))
