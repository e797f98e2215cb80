"""The sync from the database to the stand-in and back: what is sent, what is on record, what happens next."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import pytest
from conftest import Database
from website import QUICK, Website, make_website

from runner.dynamics.credentials import Account
from runner.standin import Fault, StandIn
from runner.standin.faults import HTML_PAGE


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
            " where entry.error_message is null or entry.error_message not like '%token%'"
        )
    )
    assert entries == requests
    without = website.value(
        "select count(*) from public.hlf_sync_audit_log where error_message like '%token%'"
    )
    assert without == tokens_failed


def test_everybody_is_shown_as_the_database_wants(website: Website) -> None:
    active = website.add_mentors(150)
    expired = website.add_mentors(150, status="expired_cert")
    summary = website.sync_once()
    assert (summary.restored, summary.removed, summary.is_good) == (150, 150, True)
    assert website.shown_wrongly() == []
    assert {website.state(mentor) for mentor in (*active, *expired)} == {"synced"}
    assert_on_record(website)
    first = website.standin.journal.patches()[:150]
    assert {request.body["hlf_listed"] for request in first[:140]} == {False}, "removals go first"
    assert {request.headers["If-Match"] for request in first} == {"*"}
    assert all(list(request.body) == ["hlf_listed"] for request in first)
    assert website.standin.journal.most_in_flight <= 52
    website.standin.journal.clear()
    assert website.sync_once().is_good
    assert len(website.standin.journal) == 0, "nothing is due: no request, not even for a token"
