"""Posts each message to one address, signed as Standard Webhooks asks (standardwebhooks.com).

The receiver checks the signature with any library for it, and tells a repetition by `webhook-id`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Self

import httpx

from peerledger.answers import UNPACKED, Answered
from peerledger.errors import SettingsError
from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text
from peerledger.notify.transports import TIMEOUT_SECONDS, posted
from peerledger.settings import PREFIX

_SECRET_PREFIX = "whsec_"  # noqa: S105 - not a secret
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


class Webhook:
    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._key = _key(secret)

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, headers=UNPACKED)
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.aclose()

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        body = json.dumps(_content(message, text), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": "application/json"} | self._signature(str(message.id), body)
        return [await posted(self._client, self._url, _read, content=body, headers=headers)]

    def _signature(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        signed = b".".join((message_id.encode(), timestamp.encode(), body))
        signature = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }


def _content(message: Message, text: Text) -> dict[str, object]:
    """Ids, dates and our own words; the receiver knows who they are."""
    return {
        "type": message.kind,
        "timestamp": message.created_at.isoformat(),
        "data": {
            "notification_id": str(message.id),
            "organisation_id": str(message.organisation_id),
            "recipient_user_id": message.recipient_user_id and str(message.recipient_user_id),
            "recipient_mentor_id": message.recipient_mentor_id and str(message.recipient_mentor_id),
            "locale": message.locale,
            "title": text.title,
            "body": text.body,
            "payload": message.payload,
        },
    }


def _read(answer: Answered) -> Attempt:
    return Attempt(answer.code, retry_after=answer.headers.get("retry-after"))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        # Never the value itself, nor as a cause.
        raise SettingsError(
            f"{PREFIX}WEBHOOK_SECRET: not {_SECRET_PREFIX} and 24 to 64 bytes in base64. "
            f"Make one with: echo {_SECRET_PREFIX}$(head -c 32 /dev/urandom | base64)"
        ) from None
    return key
