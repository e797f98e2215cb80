"""Each kind of receiver of alerts against a stand-in on this machine; and no address is ever shown."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from http_receiver import Answer, Receiver, receiver
from pydantic import SecretStr

from peerledger import receivers
from peerledger.errors import SettingsError
from peerledger.receivers import Tone
from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT

# An address of each kind, whose secret is the word; where it posts to, and what of it holds the words.
SECRET = "hemmelig"
KINDS = {
    "slack": ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "hooks.slack.com"),
    "workflow": (f"workflows://prod-01.example.org/0123{SECRET}/4567{SECRET}", "prod-01.example.org"),
    "pagerduty": (f"pagerduty://integration{SECRET}@api{SECRET}", "events.pagerduty.com"),
    "opsgenie": ("opsgenie://12345678-1234-1234-1234-123456789012", "api.opsgenie.com"),
    "tgram": (f"tgram://123456789:{SECRET}_opqrstuvwxyz012345678901234/12345678", "api.telegram.org"),
    "ntfy": (f"ntfys://user:{SECRET}@ntfy.example.org/topic", "ntfy.example.org"),
    "json": (f"jsons://user:{SECRET}@hook.example.org/path", "hook.example.org"),
}

# What the service says when it has taken a message, where its code alone is not enough.
ANSWERS = {
    "hooks.slack.com": Answer(raw=b"ok"),
    "api.opsgenie.com": Answer(202, {"result": "Request will be processed", "requestId": "43a29c5c"}),
}


def settings(addresses: str) -> Settings:
    return Settings.model_construct(None, alert_urls=SecretStr(addresses))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """All that is posted anywhere comes here, with its host as the first part of the path."""
    with receiver() as here:
        request = requests.Session.request

        def redirected(session: Any, method: str, url: str, **options: Any) -> requests.Response:
            assert url.startswith("https://"), url
            return request(session, method, f"{here.url}/{url.removeprefix('https://')}", **options)

        monkeypatch.setattr(requests.Session, "request", redirected)
        here.otherwise = lambda sent: ANSWERS.get(sent.path.split("/")[1], Answer())
        yield here


@dataclass
class Mailbox:
    messages: list[EmailMessage] = field(default_factory=list)
    refuses: bool = False

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return "550 no"
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 taken"


@pytest.fixture
def smtp() -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gets_the_words(web: Receiver, kind: str) -> None:
    address, host = KINDS[kind]
    (made,) = receivers.receivers(settings(address))
    assert made.name == f"1 ({kind})"
    assert made.send("Two critical", "Somebody waits.\n  → peerledger status", Tone.CRITICAL)
    sent = [request for request in web.requests if request.path.startswith(f"/{host}")]
    assert sent, [request.path for request in web.requests]
    # Where the text is Markdown, what would be an order in it is escaped.
    held = "".join(request.body.decode() for request in sent).replace("\\", "")
    assert "Two critical" in held
    assert "Somebody waits." in held
    # Nothing is fetched from elsewhere by whoever reads it.
    assert "github" not in held


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_taken_is_said(web: Receiver, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address, _ = KINDS[kind]
    (made,) = receivers.receivers(settings(address))
    web.otherwise = lambda sent: Answer(403, {"error": "no"})
    assert not made.send("Title", "Body", Tone.WARNING)
    assert [record.message for record in caplog.records if record.name.startswith("peerledger")] == [
        "not_taken"
    ]
    # What sends the requests is silent, too, where `logs.setup` says what is printed.
    said = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert SECRET not in " ".join(record.getMessage() for record in said)
    assert "apprise" not in {record.name for record in said}


def test_an_email(smtp: tuple[Mailbox, int]) -> None:
    mailbox, port = smtp
    address = f"mailto://127.0.0.1:{port}?from=peerledger@example.org&to=operator@example.org"
    (made,) = receivers.receivers(settings(address))
    assert made.send("Peerledger: 1 over", "Bø er ferdig.", Tone.OVER)
    (message,) = mailbox.messages
    assert message["to"] == "operator@example.org"
    assert message["subject"] == "Peerledger: 1 over"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Bø er ferdig." in body.get_content()
    mailbox.refuses = True
    assert not made.send("Title", "Body", Tone.OVER)


def test_nobody_there_is_not_taken() -> None:
    (made,) = receivers.receivers(settings("json://127.0.0.1:1/hook"))
    assert not made.send("Title", "Body", Tone.CRITICAL)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"nonsense://{SECRET}", "no address that Apprise knows"),
        (f"slack://{SECRET}", "no address that Apprise knows"),
        (f"json://user:{SECRET}@hook.example.org/path", r"json.*jsons://"),
        (f"mailto://user:{SECRET}@mail.example.org", r"mailto.*mailtos://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_quoting_it(address: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        receivers.receivers(settings(f"{KINDS['slack'][0]} {address}"))
    assert "number 2" in refused.value.message
    assert "PEERLEDGER_ALERT_URLS" in refused.value.message
    assert SECRET not in refused.value.message
    assert SECRET not in str(refused.value.__cause__) + str(refused.value.__context__)


def test_only_what_is_critical(web: Receiver) -> None:
    slack, pager = receivers.receivers(settings(f"{KINDS['slack'][0]}\n  critical={KINDS['pagerduty'][0]} "))
    assert (slack.only_critical, pager.only_critical) == (False, True)
    assert pager.name == "2 (pagerduty)"


def test_a_receiver_is_known_by_the_same_key_and_shows_no_secret() -> None:
    first = f"jsons://a:{SECRET}1@example.org {KINDS['slack'][0]} jsons://a:{SECRET}2@example.org"
    made, again = (receivers.receivers(settings(first)) for _ in range(2))
    keys = [each.key for each in made]
    assert keys == [each.key for each in again]
    assert len(set(keys)) == 3
    assert SECRET not in repr(made)


def test_a_long_message_ends_with_where_the_rest_is(web: Receiver) -> None:
    (made,) = receivers.receivers(settings(KINDS["json"][0]))
    assert made.send("Many", "\n".join(f"line {number}" for number in range(1_000)), Tone.WARNING)
    (request,) = web.requests
    message = request.json["message"]
    assert message.endswith("\n… and more: peerledger status")
    assert len(message) < 3_100


def test_the_command_sends_without_a_database(smtp: tuple[Mailbox, int], tmp_path: Path) -> None:
    mailbox, port = smtp
    good = f"mailto://127.0.0.1:{port}?from=peerledger@example.org&to=operator@example.org"

    def run(addresses: str | None) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
        given = {"PEERLEDGER_ALERT_URLS": addresses} if addresses else {}
        return subprocess.run(
            [sys.executable, "-m", "peerledger", "alerts", "send", "peerledger-worker failed"],
            cwd=tmp_path,
            env=clean | given | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run(good)
    assert (done.returncode, done.stdout) == (0, "1 (mailto): taken\n"), done.stderr
    (message,) = mailbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    assert "peerledger-worker failed" in body.get_content()

    one_of_two = run(f"{good} json://user:{SECRET}@127.0.0.1:1/hook")
    assert one_of_two.returncode == 1
    assert one_of_two.stdout == "1 (mailto): taken\n2 (json): not taken\n"
    assert SECRET not in one_of_two.stderr
    unset = run(None)
    assert unset.returncode == 2
    assert unset.stderr.startswith("peerledger: PEERLEDGER_ALERT_URLS is not set")
