"""Where messages go: one transport, chosen by PEERLEDGER_NOTIFY_TRANSPORT."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

import httpx

from peerledger import answers
from peerledger.answers import Answered
from peerledger.errors import SettingsError
from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text
from peerledger.settings import PREFIX, Settings

TIMEOUT_SECONDS = 10.0
"""For each step: connecting, writing, and each piece of the answer."""
LONGEST_POST_SECONDS = 25.0
_T = TypeVar("_T")


class Transport(Protocol):
    """An async context manager. `send` raises nothing for what a receiver or a network does."""

    name: str

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *details: object) -> None: ...

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        """Says of each address that was tried how it went."""
        ...


def make_transport(settings: Settings) -> Transport:
    """Refuses settings that it cannot work with, each by its name."""
    # Imported here: each of them imports this module. The console needs neither's libraries.
    if settings.notify_transport == "webhook":
        from peerledger.notify.webhook import Webhook

        url = required(settings.webhook_url, "WEBHOOK_URL", "the address that messages are posted to")
        secret = required(settings.webhook_secret, "WEBHOOK_SECRET", "the secret that they are signed with")
        return Webhook(url.get_secret_value(), secret.get_secret_value())
    if settings.notify_transport == "fcm":
        from peerledger.notify.fcm import Fcm

        file = required(
            settings.fcm_credentials_file, "FCM_CREDENTIALS_FILE", "the key file of a service account"
        )
        return Fcm.from_file(file, settings.fcm_url)
    from peerledger.notify.console import Console

    return Console()


def required(value: _T | None, name: str, what: str) -> _T:
    if value is None:
        raise SettingsError(f"{PREFIX}{name} is not set: {what}.")
    return value


async def posted(
    client: httpx.AsyncClient, url: str, read: Callable[[Answered], Attempt], **request: Any
) -> Attempt:
    """One POST; what goes wrong on the way is an attempt like any other."""
    try:
        async with (
            asyncio.timeout(LONGEST_POST_SECONDS),
            client.stream("POST", url, **request) as response,
        ):
            body = await answers.read(response)
            return read(Answered(response.status_code, response.headers, body))
    except (httpx.TimeoutException, TimeoutError):
        return Attempt(error_kind="timeout")
    except httpx.HTTPError:
        return Attempt(error_kind="connection")
