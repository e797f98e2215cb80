"""Credentials, tokens, limits and the listing: what the client does, without a database."""

import asyncio
import os
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import pytest
from website import credentials

from peerledger.dynamics.auth import TokenError, TokenSource
from peerledger.dynamics.client import DynamicsClient, ReadError, Seen, seconds_to_wait
from peerledger.dynamics.credentials import load_accounts
from peerledger.dynamics.limits import RequestLimits
from peerledger.errors import RunnerError
from peerledger.settings import Settings, load_settings
from standin import Fault, StandIn
from standin.faults import HTML_PAGE


@pytest.fixture(scope="module")
def shared_standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def standin(shared_standin: StandIn) -> StandIn:
    shared_standin.faults.clear()
    shared_standin.token_faults.clear()
    shared_standin.table.rows.clear()
    shared_standin.journal.clear()
    return shared_standin


@asynccontextmanager
async def client(standin: StandIn, timeout: float = 30) -> AsyncIterator[tuple[DynamicsClient, TokenSource]]:
    tokens = TokenSource(credentials(standin), timeout)
    async with DynamicsClient(credentials(standin), tokens, RequestLimits(), timeout) as made:
        yield made, tokens


# The listing. ---------------------------------------------------------------------------------------


def read(standin: StandIn, page_size: int = 100) -> dict[UUID, bool]:
    async def work() -> dict[UUID, bool]:
        async with client(standin) as (made, _):
            return {contact: listed async for contact, listed in made.listing(page_size)}

    return asyncio.run(work())


def test_the_listing_is_read_page_by_page(standin: StandIn) -> None:
    wanted = {standin.add_contact(listed=number % 3 == 0): number % 3 == 0 for number in range(250)}
    wanted[standin.add_contact(listed=None)] = False
    assert read(standin) == wanted
    pages = [request for request in standin.journal if request.path.endswith("/contacts")]
    assert len(pages) == 3
    assert {page.headers["Prefer"] for page in pages} == {"odata.maxpagesize=100"}


def test_a_page_is_tried_again(standin: StandIn) -> None:
    for _ in range(150):
        standin.add_contact()
    standin.faults.add(Fault(), Fault(status=503), Fault(cut="before"), Fault(revokes_tokens=True))
    assert len(read(standin)) == 150


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b'{"value": [], "@odata.nextLink": "https://elsewhere.example/api/data/v9.2/contacts"}',
            "another host",
        ),
        (b'{"value": [], "@odata.nextLink": "https://127.0.0.1.elsewhere.example/"}', "another host"),
        (b'{"value": [], "@odata.nextLink": "//elsewhere.example/api/data/v9.2/contacts"}', "another host"),
        (b'{"value": [], "@odata.nextLink": 17}', "no address"),
        (b'{"value": [{"contactid": "no uuid", "hlf_listed": true}]}', "not the list"),
        (b'{"value": [{"hlf_listed": true}]}', "not the list"),
        (b'{"error": "none"}', "not the list"),
        (b"[]", "not the list"),
    ],
)
def test_a_listing_that_is_none_is_not_compared(standin: StandIn, answer: bytes, words: str) -> None:
    standin.add_contact()
    standin.faults.add(Fault(status=200, body=answer))
    with pytest.raises(ReadError, match=f"{words}.*Nothing was compared"):
        read(standin)
    assert len([request for request in standin.journal if not request.is_token_request]) == 1


def test_endless_pages_are_given_up(standin: StandIn) -> None:
    again = f'{{"value": [], "@odata.nextLink": "{standin.url}/api/data/v9.2/contacts"}}'.encode()
    standin.faults.always = Fault(status=200, body=again)
    with pytest.raises(ReadError, match="no end"):
        read(standin)


# Tokens. --------------------------------------------------------------------------------------------


HANGS = Fault(waits_for=threading.Event())


def ask(standin: StandIn, timeout: float = 30) -> TokenError | None:
    async def work() -> TokenError | None:
        try:
            await TokenSource(credentials(standin), timeout).token()
        except TokenError as error:
            return error
        return None

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("fault", "kind", "retry_after"),
    [
        (Fault(status=401, body=b'{"error": "invalid_client"}'), "token_refused", None),
        (Fault(status=400, body=b'{"error": "unauthorized_client"}'), "token_refused", None),
        (Fault(status=400, body=b'{"error": "temporarily_unavailable"}'), "token_unavailable", None),
        (Fault(status=429, retry_after="17", body=b"{}"), "token_unavailable", "17"),
        (Fault(status=503), "token_unavailable", None),
        (Fault(status=500, body=b"<html>", content_type="text/html"), "token_unavailable", None),
        (Fault(cut="before"), "token_unavailable", None),
        (Fault(cut="after"), "token_unavailable", None),
        (HANGS, "token_unavailable", None),
        (Fault(raw=b"garbage\r\n\r\n"), "token_unavailable", None),
        (Fault(status=200, body=b"{}"), "token_unavailable", None),
        (HTML_PAGE, "token_unavailable", None),
    ],
    ids=repr,
)
def test_token_errors_name_their_cause(
    standin: StandIn, released: threading.Event, fault: Fault, kind: str, retry_after: str | None
) -> None:
    hangs = fault is HANGS
    standin.token_faults.add(Fault(waits_for=released) if hangs else fault)
    for _ in range(10):
        error = ask(standin, timeout=1 if hangs else 30)
        assert error is not None
        assert (error.kind, error.retry_after) == (kind, retry_after)
        # Again only when the time was out before the request had come.
        if standin.journal.token_requests() or not hangs:
            break
    assert len(standin.journal.token_requests()) == 1, "no attempt but the one that is known of"


def test_a_token_is_kept_until_it_is_refused(standin: StandIn) -> None:
    async def work() -> None:
        tokens = TokenSource(credentials(standin))
        first, again = await asyncio.gather(tokens.token(), tokens.token())
        assert first == again
        tokens.forget("another one, refused after we had a new one")
        assert await tokens.token() == first
        tokens.forget(first)
        assert await tokens.token() != first

    asyncio.run(work())
    assert len(standin.journal.token_requests()) == 2


def test_a_token_is_renewed_before_its_end(standin: StandIn) -> None:
    async def work() -> bool:
        tokens = TokenSource(credentials(standin))
        await tokens.token()
        return tokens.holds_one

    assert asyncio.run(work())
    standin.entra.lifetime_seconds = 0
    try:
        assert not asyncio.run(work())
    finally:
        standin.entra.lifetime_seconds = 3_599


def test_who_am_i_is_no_page(standin: StandIn) -> None:
    async def work() -> list[Seen]:
        async with client(standin) as (made, tokens):
            token = await tokens.token()
            return [await made.who_am_i(token), await made.who_am_i(token), await made.who_am_i("stolen")]

    standin.faults.add(Fault(), HTML_PAGE)
    good, page, stolen = asyncio.run(work())
    assert good == Seen(200)
    assert page == Seen(200, "bad_response")
    assert stolen == Seen(401)


def test_nobody_else_s_certificate_is_trusted(standin: StandIn) -> None:
    with StandIn() as impostor:
        pretending = credentials(standin).model_copy(update={"url": impostor.url, "authority": impostor.url})

        async def work() -> tuple[Seen, str]:
            tokens = TokenSource(pretending)
            async with DynamicsClient(pretending, tokens, RequestLimits(), 30) as made:
                seen = await made.set_listed(uuid.uuid4(), True, "secret")
                with pytest.raises(TokenError) as refused:
                    await tokens.token()
            return seen, refused.value.kind

        assert asyncio.run(work()) == (Seen(None, "connection"), "token_unavailable")
        assert len(impostor.journal) == 0


# Limits. --------------------------------------------------------------------------------------------


def test_request_limits_hold_in_every_window() -> None:
    window, allowed = 0.3, 20
    spans: list[tuple[float, float]] = []

    async def request(limits: RequestLimits) -> None:
        async with limits.request():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            spans.append((began, time.monotonic()))

    async def work() -> None:
        limits = RequestLimits(in_flight=5, per_window=allowed, window=window)
        await asyncio.gather(*(request(limits) for _ in range(70)))

    began = time.monotonic()
    asyncio.run(work())
    assert time.monotonic() - began >= 3 * window
    for start, _ in spans:
        assert sum(other_start <= start < other_end for other_start, other_end in spans) <= 5
        # Whenever between its start and its end each of them arrived.
        assert sum(
            start <= other_end and other_start < start + window for other_start, other_end in spans
        ) <= (allowed + 5)
    ends = sorted(end for _, end in spans)
    starts = sorted(start for start, _ in spans)
    assert all(later - earlier >= window for earlier, later in zip(ends, starts[allowed:], strict=False))


def test_a_request_that_fails_counts_too() -> None:
    async def work() -> RequestLimits:
        limits = RequestLimits(in_flight=1, per_window=2, window=60, clock=lambda: 1000)
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                async with limits.request():
                    raise ValueError("broken")
        return limits

    assert asyncio.run(work()).seconds_to_wait() == 60


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(None, 0), ("", 0), ("120", 120), ("nonsense", 0), ("-5", 0), ("1.5", 0), ("٣", 0)],
)
def test_retry_after_in_seconds(asked: str | None, seconds: float) -> None:
    assert seconds_to_wait(asked) == seconds


def test_retry_after_as_a_date() -> None:
    # A date is in whole seconds.
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    longest = (moment - datetime.now(UTC)).total_seconds()
    found = seconds_to_wait(format_datetime(moment, usegmt=True))
    shortest = (moment - datetime.now(UTC)).total_seconds()
    assert shortest <= found <= longest
    assert seconds_to_wait("Thu, 01 Jan 1970 00:00:00 GMT") == 0


# Settings. ------------------------------------------------------------------------------------------

GOOD = {
    "URL": "https://example.crm4.dynamics.com",
    "TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "CLIENT_ID": "client",
    "CLIENT_SECRET": "hush-hush",
}


def settings(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> Settings:
    for name in list(os.environ):
        if name.startswith("PEERLEDGER_"):
            monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(f"PEERLEDGER_DYNAMICS_{name}", value)
    return load_settings()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"URL": ""}, "PEERLEDGER_DYNAMICS_URL"),
        ({"URL": "http://example.crm4.dynamics.com"}, "PEERLEDGER_DYNAMICS_URL"),
        ({"URL": "https://user:hush-hush@example.com"}, "PEERLEDGER_DYNAMICS_URL"),
        ({"URL": "https://example.com/api/data/v9.2"}, "PEERLEDGER_DYNAMICS_URL"),
        ({"URL": "https://example.com:port"}, "PEERLEDGER_DYNAMICS_URL"),
        ({"AUTHORITY": "login.microsoftonline.com"}, "PEERLEDGER_DYNAMICS_AUTHORITY"),
        ({"TENANT_ID": ""}, "PEERLEDGER_DYNAMICS_TENANT_ID"),
        ({"TENANT_ID": "a/b"}, "PEERLEDGER_DYNAMICS_TENANT_ID"),
        ({"CLIENT_ID": ""}, "PEERLEDGER_DYNAMICS_CLIENT_ID"),
        ({"CLIENT_SECRET": ""}, "PEERLEDGER_DYNAMICS_CLIENT_SECRET"),
        ({"CERTIFICATE_PATH": __file__}, "PEERLEDGER_DYNAMICS_CLIENT_SECRET"),
        ({"CLIENT_SECRET": "", "CERTIFICATE_PATH": __file__}, "PEERLEDGER_DYNAMICS_CERTIFICATE_PATH"),
        ({"CLIENT_SECRET": "", "CERTIFICATE_PATH": "missing.pem"}, "PEERLEDGER_DYNAMICS_CERTIFICATE_PATH"),
        ({"ENTITY_SET": "contacts(1)"}, "PEERLEDGER_DYNAMICS_ENTITY_SET"),
        ({"LISTED_COLUMN": "a,b"}, "PEERLEDGER_DYNAMICS_LISTED_COLUMN"),
        ({"CA_FILE": "missing.pem"}, "PEERLEDGER_DYNAMICS_CA_FILE"),
        ({"CA_FILE": __file__}, "PEERLEDGER_DYNAMICS_CA_FILE"),
    ],
    ids=repr,
)
def test_a_bad_setting_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, changes: Mapping[str, str], named: str
) -> None:
    with pytest.raises(RunnerError) as refused:
        load_accounts(settings(monkeypatch, {**GOOD, **changes}))
    assert refused.value.exit_code == 2
    assert refused.value.message.startswith(named + ": ")
    assert "\n" not in refused.value.message
    assert "hush" not in refused.value.message


def test_good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    (account,) = load_accounts(settings(monkeypatch, {**GOOD, "URL": "https://example.crm4.dynamics.com/"}))
    assert account.slugs is None
    assert account.credentials.url == "https://example.crm4.dynamics.com"
    assert account.credentials.authority == "https://login.microsoftonline.com"
    assert (account.credentials.entity_set, account.credentials.listed_column) == ("contacts", "hlf_listed")
    assert "hush" not in repr(account) + str(account.credentials)


def test_the_stand_in_says_where_it_is(monkeypatch: pytest.MonkeyPatch, standin: StandIn) -> None:
    elsewhere = settings(monkeypatch, {**GOOD, "CREDENTIALS_FILE": "missing.toml"})
    (account,) = load_accounts(standin.configure(elsewhere))
    assert account.credentials == credentials(standin)


def test_nothing_of_the_real_dynamics_is_left_where_the_stand_in_is(
    monkeypatch: pytest.MonkeyPatch, standin: StandIn
) -> None:
    elsewhere = settings(monkeypatch, {**GOOD, "LISTED_COLUMN": "visible", "MAX_REQUESTS": "1"})
    made = standin.configure(elsewhere)
    assert (made.dynamics_listed_column, made.dynamics_max_requests) == (None, 6_000)


def test_a_file_for_some_organisations(
    monkeypatch: pytest.MonkeyPatch, standin: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "south.pem").write_bytes(standin.use_certificate().read_bytes())
    file = tmp_path / "credentials.toml"
    file.write_text(
        'tenant_id = "common"\n'
        '[organisations.south]\ncertificate_path = "south.pem"\n'
        '[organisations.west]\nclient_secret = "western"\n'
        '[organisations.east]\nclient_secret = "western"\n'
        "[organisations.north]\n"
    )
    accounts = load_accounts(settings(monkeypatch, GOOD), file)
    assert [account.name for account in accounts] == ["south", "east, west", "all organisations"]
    south, west, default = (account.credentials for account in accounts)
    assert {each.tenant_id for each in (south, west, default)} == {"common"}
    assert south.client_secret is None
    assert south.certificate_path == tmp_path / "south.pem"
    assert west.client_secret is not None
    assert west.client_secret.get_secret_value() == "western"

    only_shared = load_accounts(
        settings(monkeypatch, {}),
        _write(
            file,
            (
                'url = "https://example.com"\ntenant_id = "t"\n'
                '[organisations.south]\nclient_id = "c"\nclient_secret = "s"\n'
            ),
        ),
    )
    assert [account.name for account in only_shared] == ["south"]


@pytest.mark.parametrize("quote", ["", "'"])
def test_the_file_may_be_an_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quote: str) -> None:
    names = {
        "DATABASE_URL": "postgresql://elsewhere",
        "DYNAMICS_CLIENT_ID": "another",
        "DYNAMICS_CLIENT_SECRET": "other#1",
    }
    lines = [f"PEERLEDGER_{name}={quote}{value}{quote}" for name, value in names.items()]
    file = _write(tmp_path / "other.env", "\n".join(lines))
    (account,) = load_accounts(settings(monkeypatch, GOOD), file)
    assert account.slugs is None
    assert account.credentials.client_id == "another"
    assert account.credentials.client_secret is not None
    assert account.credentials.client_secret.get_secret_value() == "other#1"
    assert account.credentials.tenant_id == GOOD["TENANT_ID"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("client_secret = hush-hush", "is not TOML"),
        ("PEERLEDGER_DATABASE_URL=hush-hush", "is not TOML, and has no PEERLEDGER_DYNAMICS_"),
        ("PEERLEDGER_DYNAMICS_URL=hush-hush", "url: not an address"),
        ('secret = "hush-hush"', "secret: no such setting"),
        ('[organisations.south]\nurl = "hush-hush"', "organisations.south.url: not an address"),
        ("organisations = 3", "organisations: must be tables"),
        (
            'PEERLEDGER_DYNAMICS_CLIENT_SECRET = "hush-hush"\n[organisations.south]\nurl = "hush-hush"',
            "PEERLEDGER_DYNAMICS_CLIENT_SECRET: no such setting",
        ),
    ],
)
def test_a_bad_file_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(RunnerError, match=words) as refused:
        load_accounts(settings(monkeypatch, GOOD), _write(tmp_path / "c.toml", text))
    assert refused.value.exit_code == 2
    assert "hush" not in refused.value.message


def _write(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
