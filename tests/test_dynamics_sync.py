"""The sync from the database to the stand-in and back: what is sent, what is on record, what happens next."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, pairwise

import pytest
from conftest import Database
from test_dynamics_cli import until
from website import PATIENCE, QUICK, Website, make_website

from peerledger.dynamics.auth import TokenSource
from peerledger.dynamics.credentials import Account
from standin import Fault, StandIn
from standin.faults import HTML_PAGE

pytestmark = pytest.mark.one_target


@pytest.fixture(scope="module")
def shared_standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def standin(shared_standin: StandIn) -> StandIn:
    shared_standin.faults.clear()
    # Of a test before, whose client did not wait for the answer.
    deadline = time.monotonic() + PATIENCE
    while shared_standin.journal.in_flight:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shared_standin.token_faults.clear()
    shared_standin.table.rows.clear()
    shared_standin.journal.clear()
    shared_standin.entra.lifetime_seconds = 3_599
    return shared_standin


@pytest.fixture
def website(database: Database, standin: StandIn) -> Website:
    return make_website(database, standin)


def assert_on_record(website: Website, tokens_failed: int = 0) -> None:
    """Every request has its entry, every entry its request; a refused token is an entry without one."""
    requests = sorted(
        (str(request.contact_id), request.status or 0) for request in website.standin.journal.patches()
    )
    entries = sorted(
        (str(contact), code or 0)
        for contact, code in website.rows(
            "select mentor.dynamics_contact_id, entry.dynamics_response_code"
            " from public.hlf_sync_audit_log as entry"
            " join public.peer_mentors as mentor on mentor.id = entry.mentor_id"
            " where entry.error_message is null or entry.error_message not like '%Entra%'"
        )
    )
    assert entries == requests
    without = website.value(
        "select count(*) from public.hlf_sync_audit_log where error_message like '%Entra%'"
    )
    assert without == tokens_failed


def test_the_website_lists_whom_the_database_lists(website: Website) -> None:
    active = website.add_mentors(150)
    expired = website.add_mentors(150, status="expired_cert")
    summary = website.sync_once()
    assert (summary.restored, summary.removed, summary.is_good) == (150, 150, True)
    assert website.shown_wrongly() == []
    assert {website.state(mentor) for mentor in (*active, *expired)} == {"synced"}
    assert_on_record(website)
    first = website.standin.journal.patches()[:150]
    assert {request.body["hlf_listed"] for request in first[: 150 - 52]} == {False}, "removals go first"
    assert {request.headers["If-Match"] for request in first} == {"*"}
    assert all(list(request.body) == ["hlf_listed"] for request in first)
    assert website.standin.journal.most_in_flight <= 52
    website.standin.journal.clear()
    assert website.sync_once().is_good
    assert len(website.standin.journal) == 0, "nothing is due: no request, not even for a token"


def test_retry_after_is_respected(website: Website) -> None:
    waits, dated = website.add_mentors(2)
    website.standin.faults.add(Fault(status=429, retry_after="1700"), contact=website.contact_of[waits])
    moment = datetime.now(UTC) + timedelta(minutes=50)
    website.standin.faults.add(
        Fault(status=503, retry_after=format_datetime(moment, usegmt=True)), contact=website.contact_of[dated]
    )
    began = datetime.now(UTC)
    assert website.sync_once().to_be_retried == 2
    ended = datetime.now(UTC)
    due = dict(website.rows("select mentor_id, next_attempt_at from public.hlf_sync_state"))
    assert began + timedelta(seconds=1700) <= due[waits] <= ended + timedelta(seconds=1700)
    # A date is in whole seconds.
    assert abs(due[dated] - moment) <= timedelta(seconds=1)
    assert website.sync_once().table().row_count > 0
    assert len(website.standin.journal.patches()) == 2, "not due, so not asked again"
    website.make_due()
    assert website.sync_once().restored == 2
    assert website.shown_wrongly() == []
    assert_on_record(website)


def test_a_mentor_who_always_fails_is_dead_lettered(website: Website) -> None:
    (mentor,) = website.add_mentors(1, status="withdrawn")
    website.standin.faults.always = Fault(status=503)
    for _ in range(8):
        website.sync_once()
        website.make_due()
    assert website.state(mentor) == "dead_lettered"
    assert [(outcome, code, count) for _, outcome, code, count, _ in website.log(mentor)] == [
        *(("failure", 503, tried) for tried in range(7)),
        ("dead_lettered", 503, 8),
    ]
    website.standin.faults.clear()
    assert website.sync_once().is_good
    assert website.is_listed(mentor)
    assert_on_record(website)


def test_a_missing_contact_is_dead_lettered_and_not_created(website: Website) -> None:
    (mentor,) = website.add_mentors(1)
    del website.standin.table.rows[website.contact_of[mentor]]
    summary = website.sync_once()
    assert (summary.given_up, summary.is_good) == (1, False)
    assert website.state(mentor) == "dead_lettered"
    assert website.standin.table.rows == {}
    assert_on_record(website)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (HTML_PAGE, 200),
        (Fault(status=302, location="/api/data/v9.2/WhoAmI"), 302),
        (Fault(raw=b"garbage\r\n\r\n"), None),
        (Fault(cut="before"), None),
    ],
    ids=["a page", "a redirect", "garbage", "a broken connection"],
)
def test_only_204_is_success(website: Website, fault: Fault, code: int | None) -> None:
    (mentor,) = website.add_mentors(1)
    website.standin.faults.add(fault)
    summary = website.sync_once()
    assert (summary.to_be_retried, summary.restored) == (1, 0)
    assert website.state(mentor) == "pending"
    assert [(outcome, seen) for _, outcome, seen, _, _ in website.log(mentor)] == [("failure", code)]
    assert len(website.standin.journal.patches()) == 1, "no attempt that is not on record"


@pytest.mark.parametrize("way", ["time-out", "reset"])
def test_requests_without_an_answer_are_sent_again(
    website: Website, released: threading.Event, way: str
) -> None:
    (mentor,) = website.add_mentors(1, status="expired_cert")
    hangs = way == "time-out"
    website.standin.faults.always = Fault(answers_after=released) if hangs else Fault(cut="after")
    # Again, should the time be out before the request has even come.
    while website.is_listed(mentor):
        website.make_due()
        assert website.sync_once(pace=replace(QUICK, request=1 if hangs else 30)).to_be_retried == 1
    assert website.state(mentor) == "pending", "applied, but nobody said so"
    released.set()
    website.standin.faults.clear()
    website.make_due()
    assert website.sync_once().removed == 1
    *failures, last = [outcome for _, outcome, *_ in website.log(mentor)]
    assert (set(failures), last) == ({"failure"}, "success")
    assert len(website.standin.journal.patches(website.contact_of[mentor])) >= 2


def test_a_request_that_lands_after_its_time_out_does_not_win(
    website: Website, released: threading.Event
) -> None:
    """A restore hangs, the mentor withdraws, the removal is confirmed, and then the restore is carried out."""
    (mentor,) = website.add_mentors(1)
    contact = website.contact_of[mentor]
    website.standin.faults.add(Fault(waits_for=released), contact=contact)
    assert website.sync_once(pace=replace(QUICK, request=1)).to_be_retried == 1
    website.set_status([mentor], "withdrawn")
    assert website.sync_once().removed == 1
    released.set()
    until(lambda: website.is_listed(mentor))
    assert website.state(mentor) == "synced"
    # Nothing is due yet; nobody has to see it for it to be put right.
    assert website.sync_once().removed == 0
    website.do(
        "update public.hlf_sync_state"
        " set next_attempt_at = next_attempt_at - interval '11 minutes',"
        " restore_unsettled_until = restore_unsettled_until - interval '11 minutes'"
    )
    assert website.sync_once().removed == 1
    assert not website.is_listed(mentor)
    assert website.shown_wrongly() == []
    assert website.sync_once().removed == 0, "once"


def test_the_last_state_wins_when_it_changes_during_a_request(
    website: Website, released: threading.Event
) -> None:
    (mentor,) = website.add_mentors(1)
    contact = website.contact_of[mentor]
    website.standin.faults.add(Fault(waits_for=released), contact=contact)

    def flaps_and_settles() -> bool:
        if website.standin.journal.in_flight and not released.is_set():
            for status in ("paused", "active", "withdrawn"):
                website.set_status([mentor], status)
            released.set()
        return website.state(mentor) == "synced" and not website.is_listed(mentor)

    website.sync_until(flaps_and_settles)
    sent = website.standin.journal.patches(contact)
    assert sent[0].body == {"hlf_listed": True}
    assert sent[-1].body == {"hlf_listed": False}
    ends = [request.finished_at for request in sent]
    assert all(
        end is not None and end <= later.started_at for end, later in zip(ends, sent[1:], strict=False)
    )
    assert_on_record(website)


def test_a_refused_token_pauses_the_sync_until_it_is_accepted(website: Website) -> None:
    website.add_mentors(300)
    website.sync_once()
    website.standin.journal.clear()
    expired = [mentor for (mentor,) in website.rows("select id from public.peer_mentors limit 200")]
    website.set_status(expired, "expired_cert")
    website.standin.faults.add(*[Fault(latency=0.05)] * 60, Fault(revokes_tokens=True))
    worker = website.sync_until(lambda: website.shown_wrongly() == [])
    assert worker.summary.removed == 200
    codes = {code for _, _, code, _, _ in website.log()}
    assert codes == {204, 401}
    refused = [request for request in website.standin.journal.patches() if request.status == 401]
    assert 1 <= len(refused) <= 52, "those that were on their way, and nobody else"
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0
    assert website.value("select max(attempts) from public.hlf_sync_state") == 0, "401 does not count"
    assert website.value("select count(*) from public.ops_alerts where kind = 'auth_failure'") >= 1


def test_a_wrong_secret_is_logged_once_and_pauses_the_sync(website: Website) -> None:
    website.add_mentors(20)
    wrong = [Account(website.credentials(client_secret="wrong"), None)]
    summary = website.sync_once(wrong)
    assert summary.given_back == 0, "nobody else was even claimed"
    assert website.standin.journal.patches() == []
    assert len(website.log()) == 1
    assert website.value("select count(*) from public.hlf_sync_pauses") == 1
    assert website.value("select count(*) from public.hlf_sync_state where state = 'pending'") == 20

    assert website.sync_once(wrong).restored == 0
    assert len(website.log()) == 1, "while it stands still nobody tries with a mentor"
    assert website.sync_once().restored == 20, "the right one is tried and ends the standstill"
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0


def test_a_token_that_cannot_be_renewed_is_logged_once(
    website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at the fifteenth request: of those that were claimed with it, five at least are waiting."""
    website.add_mentors(100)
    # While the one that asks waits for its answer, others come to where they would ask too.
    refused = Fault(status=401, body=b'{"error": "invalid_client"}', latency=0.3)
    website.standin.token_faults.add(Fault(), *[refused] * 100)
    asked, give = count(1), TokenSource.token

    async def ends_at_the_fifteenth(tokens: TokenSource) -> str:
        if next(asked) == 15:
            tokens.forget()
        return await give(tokens)

    monkeypatch.setattr(TokenSource, "token", ends_at_the_fifteenth)
    # One is claimed without a token, then up to twice as many as may be in flight.
    summary = website.sync_once(in_flight=10)
    assert summary.given_back >= 5
    assert len([words for *_, words in website.log() if words and "Entra" in words]) == 1
    assert len(website.log()) == 1 + len(website.standin.journal.patches())


@pytest.mark.parametrize(
    "fault",
    [Fault(status=503), Fault(status=429, retry_after="1"), Fault(cut="before"), HTML_PAGE],
    ids=["503", "429", "reset", "a page"],
)
def test_an_unavailable_token_endpoint_is_not_a_refusal(website: Website, fault: Fault) -> None:
    website.add_mentors(20)
    website.standin.entra.revoke_tokens()
    website.standin.token_faults.add(fault)
    assert website.sync_once().to_be_retried == 1
    assert len(website.standin.journal.token_requests()) == 1, "azure-identity does not try again by itself"
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0
    assert [code for _, _, code, _, _ in website.log()] == [None]
    assert website.sync_once().restored == 19


def test_a_certificate_authenticates(website: Website) -> None:
    website.add_mentors(3)
    path = website.standin.use_certificate()
    other = website.standin.use_certificate()
    assert website.sync_once([Account(website.credentials(certificate_path=other), None)]).restored == 3
    website.set_status([website.add_mentors(1)[0]], "paused")
    # Known no more since the other was made.
    assert website.sync_once([Account(website.credentials(certificate_path=path), None)]).to_be_retried == 1
    assert website.value("select count(*) from public.hlf_sync_pauses") == 1


def test_break_glass_works_while_the_others_are_paused(website: Website) -> None:
    mentors = website.add_mentors(5, status="withdrawn")
    website.do("select public.pause_hlf_sync(null, 'credentials_refused')")
    wrong = [Account(website.credentials(client_secret="wrong"), None)]
    assert website.sync_once(wrong).removed == 0
    assert website.sync_once(is_break_glass=True).removed == 5
    assert len([entry for mentor in mentors for entry in website.log(mentor)]) == 5
    assert website.value("select count(*) from public.hlf_sync_pauses") == 1, "the usual ones are still bad"
    assert_on_record(website)


def test_wrong_break_glass_credentials_do_not_pause_the_others(website: Website) -> None:
    website.add_mentors(5)
    wrong = [Account(website.credentials(client_secret="wrong"), None)]
    website.sync_once(wrong, is_break_glass=True)
    assert len(website.log()) == 1
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0
    website.make_due()
    assert website.sync_once().restored == 5


def test_an_outage_does_not_use_up_attempts(website: Website) -> None:
    website.add_mentors(400)
    website.standin.faults.always = Fault(latency=0.02, cut="before")
    # Forty are claimed at once: at the tenth failure some are still waiting, however fast the others were.
    worker = website.sync_until(
        lambda: len(website.standin.journal.patches()) >= 40,
        pace=replace(QUICK, outage_after=10),
        in_flight=20,
    )
    assert worker.summary.to_be_retried >= 40
    assert worker.summary.given_back >= 10
    # Ten to find out, nineteen that were on their way; then one after the other.
    probes = website.standin.journal.patches()[29:]
    for earlier, later in pairwise(probes):
        assert earlier.finished_at is not None
        assert earlier.finished_at < later.started_at
    website.standin.faults.clear()
    website.make_due()
    website.sync_until(lambda: website.shown_wrongly() == [])
    assert_on_record(website)


def test_organisations_can_have_their_own_credentials(website: Website) -> None:
    south = website.add_organisation("south")
    north_mentors, south_mentors = website.add_mentors(10), website.add_mentors(10, south)
    good = website.credentials()
    bad = website.credentials(client_secret="wrong")
    accounts = [Account(bad, frozenset({"south"})), Account(good, None)]
    website.sync_once(accounts)
    assert all(website.is_listed(mentor) for mentor in north_mentors)
    assert not any(website.is_listed(mentor) for mentor in south_mentors)
    assert website.rows("select organisation_id from public.hlf_sync_pauses") == [(south,)]
    website.sync_once([Account(good, frozenset({"south"})), Account(good, None)])
    assert website.shown_wrongly() == []


def test_two_workers_share_the_work(website: Website) -> None:
    website.add_mentors(400)

    async def both() -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(website.sync(in_flight=26).run(), website.sync(in_flight=26).run())

    asyncio.run(both())
    assert website.shown_wrongly() == []
    assert len(website.standin.journal.patches()) == 400, "nobody twice"
    assert_on_record(website)


def test_a_worker_told_to_stop_finishes_its_requests(website: Website, released: threading.Event) -> None:
    website.add_mentors(300)
    website.hold_all_but_one(released)
    worker = website.sync_until(
        lambda: website.standin.journal.in_flight == 52 and website.in_progress() > 52, then=released.set
    )
    assert worker.summary.given_back > 0
    assert website.in_progress() == 0
    assert worker.summary.restored == len(website.standin.journal.patches()) == 53
    assert_on_record(website)


def test_a_change_wakes_the_worker(website: Website) -> None:
    (mentor,) = website.add_mentors(1)
    has_changed = False

    def expires_then_removed() -> bool:
        nonlocal has_changed
        if not has_changed:
            if website.state(mentor) == "synced":
                website.set_status([mentor], "expired_cert")
                has_changed = True
            return False
        return website.state(mentor) == "synced" and not website.is_listed(mentor)

    # A poll would come when patience has long ended.
    website.sync_until(expires_then_removed, pace=replace(QUICK, poll=10 * PATIENCE))
