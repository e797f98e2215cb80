"""What the transports send, and what they say of each answer. Against a local receiver."""

import asyncio
import gzip
import json
import tracemalloc
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from http_receiver import Answer, Receiver, receiver
from standardwebhooks import Webhook as Verifier

from peerledger.errors import SettingsError
from peerledger.notify import transports
from peerledger.notify.fcm import Fcm
from peerledger.notify.messages import Attempt, Device, Message
from peerledger.notify.texts import Text, compose
from peerledger.notify.transports import Transport, make_transport
from peerledger.notify.webhook import Webhook
from peerledger.settings import load_settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZI"
URL = "https://example.org/hook"
TEXT = Text("Tittel", "Løst og fast")
SEND = "/v1/projects/test-project/messages:send"
UNREGISTERED = {
    "error": {
        "code": 404,
        "status": "NOT_FOUND",
        "details": [
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": "UNREGISTERED",
            }
        ],
    }
}


def a_message(*tokens: str, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "organisation_id": uuid.uuid4(),
        "organisation_name": "Nord",
        "kind": "certification_reminder",
        "locale": "nb",
        "recipient_user_id": None,
        "recipient_mentor_id": uuid.uuid4(),
        "payload": {"certification_id": str(uuid.uuid4()), "expires_on": "2026-03-01"},
        "badge_name": None,
        "devices": tuple(Device(uuid.uuid4(), token) for token in tokens),
        "attempts": 0,
        "created_at": datetime(2026, 2, 1, 12, tzinfo=UTC),
        "lease_expires_at": datetime(2026, 2, 1, 12, 5, tzinfo=UTC),
        "is_on_website": True,
    }
    return Message(**(values | changes))


def send(transport: Transport, *messages: Message) -> list[list[Attempt]]:
    async def all_of_them() -> list[list[Attempt]]:
        async with transport:
            return [await transport.send(message, TEXT) for message in messages]

    return asyncio.run(all_of_them())


@pytest.fixture
def web() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def send_until_it_comes(
    web: Receiver, path: str, answer: Answer, transport: Transport, message: Message
) -> list[Attempt]:
    """To who answers so. Where nobody answers, not for long, and again when the time was out too early."""
    web.answer(path, answer)
    with pytest.MonkeyPatch.context() as patch:
        if answer.hangs:
            patch.setattr(transports, "LONGEST_POST_SECONDS", 1)
        for _ in range(10):
            (attempts,) = send(transport, message)
            if web.received(path) or not answer.hangs:
                break
    assert len(web.received(path)) == 1, "nothing is sent again behind our back"
    return attempts


def test_receivers_can_verify_the_signature(web: Receiver) -> None:
    message = a_message()
    assert send(Webhook(f"{web.url}/hook", SECRET), message) == [[Attempt(200)]]
    (request,) = web.received("/hook")
    content = Verifier(SECRET).verify(request.body.decode(), request.headers)
    assert content == request.json
    assert request.headers["webhook-id"] == str(message.id)
    with pytest.raises(Exception, match="signature"):
        Verifier(SECRET).verify(request.body.decode().replace("nb", "en"), request.headers)


def test_a_webhook_carries_only_ids_dates_and_our_texts(web: Receiver) -> None:
    message = a_message("a-device-token")
    send(Webhook(web.url + "/hook", SECRET), message)
    (request,) = web.requests
    assert request.json == {
        "type": "certification_reminder",
        "timestamp": "2026-02-01T12:00:00+00:00",
        "data": {
            "notification_id": str(message.id),
            "organisation_id": str(message.organisation_id),
            "recipient_user_id": None,
            "recipient_mentor_id": str(message.recipient_mentor_id),
            "locale": "nb",
            "title": "Tittel",
            "body": "Løst og fast",
            "payload": message.payload,
        },
    }
    assert b"a-device-token" not in request.body


@pytest.mark.parametrize(
    ("answer", "attempt"),
    [
        (Answer(204), Attempt(204)),
        (Answer(302, headers={"location": "https://example.org/"}), Attempt(302)),
        (Answer(401), Attempt(401)),
        (Answer(404), Attempt(404)),
        (Answer(429, headers={"retry-after": "120"}), Attempt(429, retry_after="120")),
        (Answer(503, headers={"retry-after": "soon"}), Attempt(503, retry_after="soon")),
        (Answer(resets=True), Attempt(error_kind="connection")),
        (Answer(hangs=True), Attempt(error_kind="timeout")),
    ],
    ids=lambda value: str(getattr(value, "error_kind", None) or getattr(value, "response_code", "")),
)
def test_webhook_responses_have_outcomes(web: Receiver, answer: Answer, attempt: Attempt) -> None:
    transport = Webhook(web.url + "/hook", SECRET)
    assert send_until_it_comes(web, "/hook", answer, transport, a_message()) == [attempt]


def test_an_unreachable_receiver_is_retried() -> None:
    with receiver() as gone:
        url = gone.url
    assert send(Webhook(url, SECRET), a_message()) == [[Attempt(error_kind="connection")]]


@pytest.fixture(scope="module")
def key() -> str:
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def credentials(tmp_path: Path, web: Receiver, key: str) -> Path:
    """A service account whose token endpoint is the local one."""
    web.answer("/token", Answer(body={"access_token": "one", "expires_in": 3600, "token_type": "Bearer"}))
    file = tmp_path / "service-account.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "test-project",
                "private_key_id": "1",
                "private_key": key,
                "client_email": "test@test-project.iam.gserviceaccount.com",
                "token_uri": f"{web.url}/token",
            }
        )
    )
    return file


def test_fcm_sends_to_each_device_with_one_token(web: Receiver, credentials: Path) -> None:
    first, second = a_message("phone", "tablet"), a_message("other")
    attempts = send(Fcm.from_file(credentials, web.url), first, second)
    assert attempts == [
        [Attempt(200, device_id=device.id) for device in message.devices] for message in (first, second)
    ]
    assert len(web.received("/token")) == 1
    sent = web.received(SEND)
    assert {request.headers["authorization"] for request in sent} == {"Bearer one"}
    assert {request.json["message"]["token"] for request in sent} == {"phone", "tablet", "other"}
    content = next(request.json for request in sent if request.json["message"]["token"] == "other")
    assert content["message"] == {
        "token": "other",
        "notification": {"title": "Tittel", "body": "Løst og fast"},
        "data": {
            **second.payload,
            "kind": "certification_reminder",
            "notification_id": str(second.id),
            "organisation_id": str(second.organisation_id),
        },
        "android": {"collapse_key": str(second.id), "notification": {"tag": str(second.id)}},
        "apns": {"headers": {"apns-collapse-id": str(second.id)}},
    }


@pytest.mark.parametrize(
    ("answer", "attempt"),
    [
        (Answer(404, UNREGISTERED), Attempt(404, "unregistered")),
        (Answer(404, {"error": {"status": "NOT_FOUND"}}), Attempt(404)),
        (Answer(404, "no such page"), Attempt(404)),
        (Answer(400, {"error": {"status": "INVALID_ARGUMENT"}}), Attempt(400)),
        (Answer(403), Attempt(403)),
        (Answer(429, headers={"retry-after": "60"}), Attempt(429, retry_after="60")),
        (Answer(503), Attempt(503)),
        (Answer(resets=True), Attempt(error_kind="connection")),
        (Answer(hangs=True), Attempt(error_kind="timeout")),
    ],
    ids=["unregistered", "wrong project", "not JSON", "400", "403", "429", "503", "reset", "time-out"],
)
def test_fcm_responses_have_outcomes(
    web: Receiver, credentials: Path, answer: Answer, attempt: Attempt
) -> None:
    message = a_message("phone")
    (seen,) = send_until_it_comes(web, SEND, answer, Fcm.from_file(credentials, web.url), message)
    assert seen == Attempt(
        attempt.response_code, attempt.error_kind, attempt.retry_after, message.devices[0].id
    )


def test_a_revoked_token_is_replaced_once(web: Receiver, credentials: Path) -> None:
    web.answer(
        "/token",
        Answer(body={"access_token": "old", "expires_in": 3600}),
        Answer(body={"access_token": "new", "expires_in": 3600}),
    )
    web.answer(SEND, Answer(401), Answer(200))
    ((seen,),) = send(Fcm.from_file(credentials, web.url), a_message("phone"))
    assert seen.response_code == 200
    assert [request.headers["authorization"] for request in web.received(SEND)] == [
        "Bearer old",
        "Bearer new",
    ]


def test_a_refusal_with_a_fresh_token_blames_the_credentials(web: Receiver, credentials: Path) -> None:
    web.answer(SEND, Answer(401))
    ((seen,),) = send(Fcm.from_file(credentials, web.url), a_message("phone"))
    assert seen.response_code == 401
    assert len(web.received(SEND)) == 2


def test_a_refused_service_account_blames_the_credentials(web: Receiver, credentials: Path) -> None:
    web.answer("/token", Answer(400, {"error": "invalid_grant"}))
    ((seen,),) = send(Fcm.from_file(credentials, web.url), a_message("phone"))
    assert seen.error_kind == "token_refused"
    assert web.received(SEND) == []


def test_an_unreachable_token_endpoint_is_an_outage(web: Receiver, credentials: Path) -> None:
    web.answer("/token", Answer(resets=True))
    ((seen,),) = send(Fcm.from_file(credentials, web.url), a_message("phone"))
    assert seen.error_kind == "connection"


def test_a_recipient_without_devices_has_no_address(web: Receiver, credentials: Path) -> None:
    assert send(Fcm.from_file(credentials, web.url), a_message()) == [[Attempt(error_kind="no_address")]]
    assert web.requests == []


def test_a_digest_fits_into_a_push_message(web: Receiver, credentials: Path) -> None:
    payload = {
        "digest_on": "2026-03-01",
        "counts": {"certification_reminder": 400},
        "messages": {"certification_reminder": [{"notification_id": str(uuid.uuid4())}] * 400},
    }
    message = a_message("phone", kind="digest", payload=payload)
    send(Fcm.from_file(credentials, web.url), message)
    (request,) = web.received(SEND)
    assert len(request.body) < 4096
    assert "400 likepersoner med kursbevis" in compose(message).body


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"NOTIFY_TRANSPORT": "pigeon"}, "PEERLEDGER_NOTIFY_TRANSPORT"),
        ({"NOTIFY_TRANSPORT": "webhook"}, "PEERLEDGER_WEBHOOK_URL"),
        ({"NOTIFY_TRANSPORT": "webhook", "WEBHOOK_URL": "hemmelig.example"}, "PEERLEDGER_WEBHOOK_URL"),
        ({"NOTIFY_TRANSPORT": "webhook", "WEBHOOK_URL": "http://[hemmelig"}, "PEERLEDGER_WEBHOOK_URL"),
        ({"NOTIFY_TRANSPORT": "webhook", "WEBHOOK_URL": "https://example.org/"}, "PEERLEDGER_WEBHOOK_SECRET"),
        (
            {
                "NOTIFY_TRANSPORT": "webhook",
                "WEBHOOK_URL": "https://example.org/",
                "WEBHOOK_SECRET": "hemmelig",
            },
            "PEERLEDGER_WEBHOOK_SECRET",
        ),
        ({"NOTIFY_TRANSPORT": "fcm"}, "PEERLEDGER_FCM_CREDENTIALS_FILE"),
        ({"NOTIFY_TRANSPORT": "fcm", "FCM_CREDENTIALS_FILE": "nowhere"}, "PEERLEDGER_FCM_CREDENTIALS_FILE"),
        ({"NOTIFY_TRANSPORT": "fcm", "FCM_URL": "hemmelig"}, "PEERLEDGER_FCM_URL"),
    ],
)
def test_a_setting_that_is_missing_or_malformed_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: dict[str, str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for key, value in settings.items():
        monkeypatch.setenv(f"PEERLEDGER_{key}", value)
    with pytest.raises(SettingsError) as raised:
        make_transport(load_settings())
    assert raised.value.exit_code == 2
    assert raised.value.message.startswith(name)
    assert "hemmelig" not in raised.value.message
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"type": "service_account", "private_key": "hemmelig"}']
)
def test_a_file_that_is_no_service_account_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match="PEERLEDGER_FCM_CREDENTIALS_FILE") as raised:
        Fcm.from_file(file, "https://fcm.googleapis.com")
    assert "hemmelig" not in str(raised.value)


@pytest.mark.parametrize("code", [200, 404, 500])
@pytest.mark.parametrize("is_webhook", [True, False], ids=["webhook", "fcm"])
def test_an_answer_of_any_size_costs_little(
    web: Receiver, credentials: Path, is_webhook: bool, code: int
) -> None:
    """A few hundred kilobytes that unpack to many megabytes, asked for or not."""
    path = "/hook" if is_webhook else SEND
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    web.answer(path, Answer(code, headers={"Content-Encoding": "gzip"}, raw=bomb))
    transport = Webhook(f"{web.url}/hook", SECRET) if is_webhook else Fcm.from_file(credentials, web.url)
    tracemalloc.start()
    try:
        (attempts,) = send(transport, a_message("a"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [attempt.response_code for attempt in attempts] == [code]
    assert peak < 20_000_000
    assert {request.headers["accept-encoding"] for request in web.received(path)} == {"identity"}
