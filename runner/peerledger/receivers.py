"""Who is woken: addresses of Apprise, which knows Slack, Teams, e-mail, PagerDuty and a hundred others.

An address holds its secret. So it is never printed, Apprise's own log is off, and a receiver is named by its
kind and its place in the setting.
"""

import hashlib
import ipaddress
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from peerledger.errors import SettingsError
from peerledger.logs import Log
from peerledger.settings import PREFIX, Settings

with warnings.catch_warnings():
    # It still asks for modules that a later Python has no more, and goes on without them.
    warnings.simplefilter("ignore")
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

_SETTING = f"{PREFIX}ALERT_URLS"
_CRITICAL = "critical="
# What every service takes; the rest is in `peerledger status`.
_LONGEST_BODY = 3_000
_log = Log("alerts")
# It quotes addresses.
logging.getLogger("apprise").disabled = True


class Tone(Enum):
    CRITICAL = NotifyType.FAILURE
    WARNING = NotifyType.WARNING
    OVER = NotifyType.SUCCESS


@dataclass(frozen=True)
class Receiver:
    name: str
    """Its place and its kind, like 2 (slack); no part of its address."""
    key: str
    """What the database knows it by: the same as long as its address is."""
    only_critical: bool
    _service: Any = field(repr=False, compare=False)

    def send(self, title: str, body: str, tone: Tone) -> bool:
        """Whether it was taken; Apprise ends each request after some seconds."""
        try:
            taken = bool(
                self._service.notify(
                    body=_cut(body), title=title, notify_type=tone.value, body_format=NotifyFormat.TEXT
                )
            )
        # A hundred services, and libraries below them.
        except Exception as error:
            _log.warning("not_taken", receiver=self.name, error=error)
            return False
        if not taken:
            _log.warning("not_taken", receiver=self.name)
        return taken


def receivers(settings: Settings) -> list[Receiver]:
    """Refuses an address that Apprise does not know, or over which somebody could read along."""
    if settings.alert_urls is None:
        return []
    made: list[Receiver] = []
    for place, word in enumerate(settings.alert_urls.get_secret_value().split(), start=1):
        address = word.removeprefix(_CRITICAL)
        service = _service(address)
        if service is None:
            raise SettingsError(
                f"{_SETTING}: number {place} is no address that Apprise knows, as slack://… is; "
                "several are separated by blanks."
            )
        kind = _kind(service)
        if not _is_protected(service):
            raise SettingsError(
                f"{_SETTING}: number {place} ({kind}) would go over the network for everybody to read. "
                f"Use the protected form, {kind}s://."
            )
        # Not of the secret: a short one could be found out from its hash. Two that differ in nothing else
        # get a number.
        key = f"{kind}-{hashlib.sha256(service.url(privacy=True).encode()).hexdigest()[:16]}"
        twins = sum(known.key.startswith(key) for known in made)
        made.append(
            Receiver(
                f"{place} ({kind})",
                f"{key}-{twins + 1}" if twins else key,
                word.startswith(_CRITICAL),
                service,
            )
        )
    return made


def required(settings: Settings) -> list[Receiver]:
    found = receivers(settings)
    if not found:
        raise SettingsError(f"{_SETTING} is not set: whom to tell, as addresses of Apprise.")
    return found


def send_to_all(told: Sequence[Receiver], title: str, body: str, tone: Tone) -> list[Receiver]:
    """Those that did not take it."""
    return [receiver for receiver in told if not receiver.send(title, body, tone)]


def _service(address: str) -> Any:
    with warnings.catch_warnings():
        # It loads its services with the first address.
        warnings.simplefilter("ignore")
        return Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)


def _asset() -> AppriseAsset:
    # No picture from elsewhere in a message, and nothing loaded or kept on the disk.
    return AppriseAsset(
        app_id="Peerledger",
        app_desc="Peerledger",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        plugin_paths=[],
    )


def _kind(service: Any) -> str:
    names = service.protocol or service.secure_protocol
    return str(names if isinstance(names, str) else names[0])


def _is_protected(service: Any) -> bool:
    """Over TLS, to this machine, or a service that has no other way than its own over https."""
    host = getattr(service, "host", None)
    if service.secure or not service.protocol or not host:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return bool(host == "localhost" or host.endswith(".localhost"))


def _cut(body: str) -> str:
    if len(body) <= _LONGEST_BODY:
        return body
    return body[:_LONGEST_BODY].rsplit("\n", 1)[0] + "\n… and more: peerledger status"
