"""Tells a watchdog that a night was good, so that one that never ran is noticed by somebody else.

As healthchecks.io and its like take it: the address after a good night, and with /fail after a bad one.
"""

import httpx

from peerledger.answers import UNPACKED
from peerledger.logs import Log
from peerledger.settings import Settings

_SECONDS = 10
_log = Log("heartbeat")


def send(settings: Settings, *, is_good: bool) -> bool:
    """Whether it was taken. That it was not is no reason to fail: the watchdog hears nothing, and says so."""
    if settings.heartbeat_url is None:
        return False
    url = settings.heartbeat_url.get_secret_value().rstrip("/")
    try:
        with httpx.stream(
            "POST", url if is_good else f"{url}/fail", headers=UNPACKED, timeout=_SECONDS
        ) as response:
            response.raise_for_status()
    except httpx.HTTPError as error:
        _log.warning("not_taken", error=error)
        return False
    return True
