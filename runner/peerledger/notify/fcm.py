"""Firebase Cloud Messaging, HTTP v1: each message to each device of its recipient."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import google.auth.exceptions
import google.auth.transport
import httpx
from google.oauth2 import service_account

from peerledger.answers import UNPACKED, Answered, read_now
from peerledger.errors import SettingsError
from peerledger.notify.messages import Attempt, Device, Message
from peerledger.notify.texts import Text
from peerledger.notify.transports import TIMEOUT_SECONDS, posted
from peerledger.settings import PREFIX

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_SETTING = f"{PREFIX}FCM_CREDENTIALS_FILE"


class Fcm:
    name = "fcm"

    def __init__(self, credentials: service_account.Credentials, base_url: str) -> None:
        self._credentials = credentials
        self._url = f"{base_url.rstrip('/')}/v1/projects/{credentials.project_id}/messages:send"
        self._refreshing = asyncio.Lock()

    @classmethod
    def from_file(cls, file: Path, base_url: str) -> Self:
        try:
            info = json.loads(file.read_text())
        except OSError as error:
            raise SettingsError(f"{_SETTING}: {file} cannot be read ({error.strerror}).") from None
        except ValueError:
            raise SettingsError(f"{_SETTING}: {file} is not JSON.") from None
        try:
            credentials = service_account.Credentials.from_service_account_info(info, scopes=[_SCOPE])
        except (google.auth.exceptions.GoogleAuthError, ValueError, AttributeError, TypeError):
            # Never the library's own words, nor as a cause: they may quote the key.
            raise SettingsError(f"{_SETTING}: {file} is not the key of a service account.") from None
        if not credentials.project_id:
            raise SettingsError(f"{_SETTING}: {file} names no project_id.")
        return cls(credentials, base_url)

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, headers=UNPACKED)
        self._token_client = httpx.Client(timeout=TIMEOUT_SECONDS, headers=UNPACKED)
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.aclose()
        self._token_client.close()

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        if not message.devices:
            return [Attempt(error_kind="no_address")]
        return list(
            await asyncio.gather(*(self._send_to(device, message, text) for device in message.devices))
        )

    async def _send_to(self, device: Device, message: Message, text: Text) -> Attempt:
        try:
            token = await self._token()
            attempt = await self._post(token, device, message, text)
            if attempt.response_code == httpx.codes.UNAUTHORIZED:
                # Perhaps revoked before its time. A fresh one that is refused too is no accident.
                token = await self._token(refused=token)
                attempt = await self._post(token, device, message, text)
        except google.auth.exceptions.TransportError:
            return Attempt(error_kind="connection", device_id=device.id)
        except google.auth.exceptions.GoogleAuthError as error:
            kind = "connection" if getattr(error, "retryable", False) else "token_refused"
            return Attempt(error_kind=kind, device_id=device.id)  # type: ignore[arg-type]
        return attempt

    async def _post(self, token: str, device: Device, message: Message, text: Text) -> Attempt:
        attempt = await posted(
            self._client,
            self._url,
            _read,
            json=_content(device, message, text),
            headers={"authorization": f"Bearer {token}"},
        )
        return replace(attempt, device_id=device.id)

    async def _token(self, refused: str | None = None) -> str:
        async with self._refreshing:
            if not self._credentials.valid or self._credentials.token == refused:
                request = _TokenRequest(self._token_client)
                await asyncio.to_thread(self._credentials.refresh, request)
            return str(self._credentials.token)


def _content(device: Device, message: Message, text: Text) -> dict[str, Any]:
    message_id = str(message.id)
    # A data field is a string. A digest's members stay behind: 4 kB is the limit, and the app can ask.
    data = {name: str(value) for name, value in message.payload.items() if not isinstance(value, dict | list)}
    return {
        "message": {
            "token": device.token,
            "notification": {"title": text.title, "body": text.body},
            "data": {
                **data,
                "kind": message.kind,
                "notification_id": message_id,
                "organisation_id": str(message.organisation_id),
            },
            # A repetition replaces the first on the device.
            "android": {"collapse_key": message_id, "notification": {"tag": message_id}},
            "apns": {"headers": {"apns-collapse-id": message_id}},
        }
    }


def _read(answer: Answered) -> Attempt:
    return Attempt(
        answer.code,
        # Only when it says so: a wrong project is a 404 as well, and must not cost everybody's devices.
        error_kind="unregistered" if _error_code(answer) == "UNREGISTERED" else None,
        retry_after=answer.headers.get("retry-after"),
    )


def _error_code(answer: Answered) -> str | None:
    if answer.code != httpx.codes.NOT_FOUND:
        return None
    try:
        details = json.loads(answer.body)["error"]["details"]
        return next((str(item["errorCode"]) for item in details if "errorCode" in item), None)
    except (ValueError, KeyError, TypeError):
        return None


class _TokenRequest(google.auth.transport.Request):
    """What google-auth asks for tokens with; it brings none of its own for httpx."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **options: object,
    ) -> google.auth.transport.Response:
        try:
            with self._client.stream(method, url, content=body, headers=headers) as response:
                return _TokenResponse(Answered(response.status_code, response.headers, read_now(response)))
        except httpx.HTTPError:
            # Not as a cause: nothing here says more than that it failed.
            raise google.auth.exceptions.TransportError("The token endpoint did not answer.") from None


class _TokenResponse(google.auth.transport.Response):
    def __init__(self, answer: Answered) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        return self._answer.code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    @property
    def data(self) -> bytes:
        return self._answer.body
