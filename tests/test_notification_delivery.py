"""The delivery loop on a real database: several workers, a lost connection, a stop in the middle."""

import asyncio
import io
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from conftest import Database
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from http_receiver import Answer, receiver

from peerledger import logs
from peerledger.notify.delivery import Delivery
from peerledger.notify.fcm import Fcm
from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import Text

pytestmark = pytest.mark.one_target

_PATIENCE = 60
TOKEN = "device-token-that-nobody-may-read"


@dataclass
class Recorder:
    """Keeps what it is given; `on_send` may take its time."""

    name: str = "recorder"
    sent: list[uuid.UUID] = field(default_factory=list)
    on_send: Callable[[Message], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        pass

    async def send(self, message: Message, text: Text) -> list[Attempt]:
        assert text.title
        if self.on_send is not None:
            await self.on_send(message)
        else:
            await asyncio.sleep(0)
        self.sent.append(message.id)
        return [Attempt(200)]


class Charity:
    """An organisation without quiet hours, and a mentor to write to."""

    def __init__(self, database: Database) -> None:
        self.connection = database.superuser()
        self.conninfo = database.dsn(database.target.server.migrator_dsn)
        self.organisation_id = self.fetch(
            "insert into public.organisations (slug, name) values ('nord', 'Nord') returning id"
        )
        self.connection.execute(
            "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
            " values (%s, '00:00', '00:00')",
            (self.organisation_id,),
        )
        self.user_id = uuid.uuid4()
        self.mentor_id = self.fetch(
            "insert into public.peer_mentors (organisation_id, user_id, display_name)"
            " values (%s, %s, 'Kari Nordmann') returning id",
            self.organisation_id,
            self.user_id,
        )

    def write(self, count: int = 1, kind: str = "badge_awarded", payload: str = "{}") -> list[uuid.UUID]:
        rows = self.connection.execute(
            """
            insert into public.notifications (
                organisation_id, recipient_mentor_id, kind, payload, dedupe_key
            )
            select %s, %s, %s, %s::jsonb, gen_random_uuid()::text
            from generate_series(1, %s)
            returning id
            """,
            (self.organisation_id, self.mentor_id, kind, payload, count),
        ).fetchall()
        return [row[0] for row in rows]

    def states(self) -> dict[str, int]:
        query = "select state, count(*) from public.notifications group by state"
        return dict(self.connection.execute(query).fetchall())

    def fetch(self, query: str, *arguments: object) -> Any:
        row = self.connection.execute(query.encode(), arguments).fetchone()
        assert row is not None
        return row[0]

    def delivery(self, transport: Any, **options: Any) -> Delivery:
        return Delivery(self.conninfo, transport, **({"poll_seconds": 0.2} | options))


@pytest.fixture
def charity(database: Database) -> Charity:
    return Charity(database)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.setup(stream)
    yield stream
    logs.setup(io.StringIO())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def test_two_workers_send_each_message_once(charity: Charity) -> None:
    written = charity.write(400)
    recorders = [Recorder(), Recorder()]

    async def both() -> None:
        both_at_work = asyncio.Event()
        working: set[int] = set()
        for number, recorder in enumerate(recorders):
            # However fast the one is, the other takes part.
            async def wait_for_the_other(_: Message, number: int = number) -> None:
                working.add(number)
                if len(working) == 2:
                    both_at_work.set()
                await both_at_work.wait()

            recorder.on_send = wait_for_the_other
        stop = asyncio.Event()
        workers = [
            asyncio.create_task(charity.delivery(recorder, batch_size=20).run(stop)) for recorder in recorders
        ]
        await until(lambda: charity.states() == {"sent": 400})
        stop.set()
        await asyncio.gather(*workers)

    asyncio.run(both())
    assert Counter(recorders[0].sent + recorders[1].sent) == Counter(written)
    assert all(recorder.sent for recorder in recorders), "both took part"


def test_a_written_message_wakes_a_sleeping_worker(charity: Charity) -> None:
    recorder = Recorder()

    async def wait_for_them() -> None:
        stop = asyncio.Event()
        delivery = charity.delivery(recorder, poll_seconds=3600)
        worker = asyncio.create_task(delivery.run(stop))
        # Starting up it looks twice by itself, and that may find the first two.
        for number in range(1, 6):
            charity.write()
            await until(lambda n=number: delivery.outcomes["success"] == n)  # type: ignore[misc]
        stop.set()
        await worker

    asyncio.run(wait_for_them())
    assert len(recorder.sent) == 5


def test_a_worker_told_to_stop_finishes_its_requests_and_releases_the_rest(charity: Charity) -> None:
    charity.write(10)
    begun: list[uuid.UUID] = []
    release = asyncio.Event()

    async def wait(message: Message) -> None:
        begun.append(message.id)
        await release.wait()

    recorder = Recorder(on_send=wait)

    async def stop_in_the_middle() -> Counter[str]:
        stop = asyncio.Event()
        delivery = charity.delivery(recorder, at_once=3)
        worker = asyncio.create_task(delivery.run(stop))
        await until(lambda: len(begun) == 3)
        stop.set()
        release.set()
        async with asyncio.timeout(_PATIENCE):
            await worker
        return delivery.outcomes

    assert asyncio.run(stop_in_the_middle()) == {"success": 3, "give_back": 7}
    assert charity.states() == {"sent": 3, "pending": 7}
    assert charity.fetch("select max(attempts) from public.notifications where state = 'pending'") == 0


def test_results_survive_a_lost_connection(charity: Charity, log: io.StringIO) -> None:
    charity.write(5)
    cut: list[uuid.UUID] = []

    async def cut_the_line(message: Message) -> None:
        if not cut:
            cut.append(message.id)
            charity.connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    recorder = Recorder(on_send=cut_the_line)

    async def survive() -> None:
        stop = asyncio.Event()
        worker = asyncio.create_task(charity.delivery(recorder).run(stop))
        await until(lambda: charity.states() == {"sent": 5})
        charity.write(1)
        await until(lambda: charity.states() == {"sent": 6})
        stop.set()
        await worker

    asyncio.run(survive())
    assert Counter(Counter(recorder.sent).values()) == {1: 6}, "each was sent once"
    assert "database_lost" in log.getvalue()


def test_a_dead_workers_messages_are_taken_over(charity: Charity) -> None:
    written = charity.write(3)
    charity.connection.execute("update public.notifications set next_attempt_at = now() - interval '1 hour'")
    claimed = (
        "select count(*) from public.claim_notifications('dead', 50, '1 second', now() - interval '1 hour')"
    )
    assert charity.fetch(claimed) == 3
    recorder = Recorder()
    asyncio.run(charity.delivery(recorder).run_once(asyncio.Event()))
    assert sorted(recorder.sent) == sorted(written)
    assert charity.states() == {"sent": 3}


def test_messages_without_text_are_dead_lettered_and_stop_nothing(charity: Charity, log: io.StringIO) -> None:
    (broken,) = charity.write(1, "certification_reminder", '{"expires_on": "Kari Nordmann"}')
    charity.write(2)
    recorder = Recorder()
    asyncio.run(charity.delivery(recorder).run_once(asyncio.Event()))
    assert charity.states() == {"sent": 2, "dead_lettered": 1}
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["notification_id"] for line in lines if line["event"] == "no_text"] == [str(broken)]
    assert "Kari" not in log.getvalue()
    assert charity.fetch("select kind from public.ops_alerts") == "notification_dead_letter"


def test_a_transport_that_breaks_costs_one_attempt(charity: Charity, log: io.StringIO) -> None:
    charity.write(1)

    async def explode(_: Message) -> None:
        raise RuntimeError(f"secret {TOKEN}")

    asyncio.run(charity.delivery(Recorder(on_send=explode)).run_once(asyncio.Event()))
    state = charity.connection.execute(
        "select state, attempts, last_error from public.notifications"
    ).fetchone()
    assert state == ("pending", 1, "The receiver's answer made no sense.")
    assert "RuntimeError" in log.getvalue()
    assert TOKEN not in log.getvalue()


def test_no_request_starts_on_an_expiring_lease(charity: Charity) -> None:
    charity.write(2)
    recorder = Recorder()
    delivery = charity.delivery(recorder, lease=timedelta(seconds=5))

    async def briefly() -> None:
        stop = asyncio.Event()
        worker = asyncio.create_task(delivery.run(stop))
        await until(lambda: delivery.outcomes["give_back"] >= 2)
        stop.set()
        await worker

    asyncio.run(briefly())
    assert recorder.sent == []
    assert charity.states() == {"pending": 2}


def test_a_message_travels_from_the_outbox_to_a_phone(
    charity: Charity, tmp_path: Path, log: io.StringIO
) -> None:
    """FCM: out for a while, one device gone; and no secret in any log line."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for token in (TOKEN, "gone"):
        charity.connection.execute(
            "insert into public.device_tokens (user_id, token, platform) values (%s, %s, 'ios')",
            (charity.user_id, token),
        )
    charity.write(1)
    with receiver() as web:
        file = tmp_path / "key.json"
        account = {
            "type": "service_account",
            "project_id": "p",
            "private_key": pem.decode(),
            "client_email": "x@p.iam.gserviceaccount.com",
            "token_uri": web.url + "/token",
        }
        file.write_text(json.dumps(account))
        web.answer("/token", Answer(body={"access_token": "access-secret", "expires_in": 3600}))
        path = "/v1/projects/p/messages:send"

        def deliver() -> None:
            async def once() -> None:
                transport = Fcm.from_file(file, web.url)
                async with transport:
                    await charity.delivery(transport).run_once(asyncio.Event())

            asyncio.run(once())

        web.answer(path, Answer(503, headers={"retry-after": "600"}))
        deliver()
        waits = "select next_attempt_at - now() > interval '9 minutes' from public.notifications"
        assert charity.fetch(waits) is True
        assert len(web.received(path)) == 2

        charity.connection.execute("update public.notifications set next_attempt_at = now()")
        charity.connection.execute("delete from public.device_tokens where token = %s", (TOKEN,))
        gone = {"error": {"details": [{"errorCode": "UNREGISTERED"}]}}
        web.answer(path, Answer(404, gone))
        deliver()
    assert charity.states() == {"dead_lettered": 1}
    assert charity.fetch("select count(*) from public.device_tokens") == 0
    assert charity.fetch("select severity from public.ops_alerts") == "info"
    for secret in (TOKEN, "access-secret", "PRIVATE KEY", "Kari"):
        assert secret not in log.getvalue()


def test_the_service_role_is_enough(charity: Charity, database: Database) -> None:
    """A login that only may become service_role delivers as well."""
    charity.write(1)
    connection = database.connect_as("service_role")
    row = connection.execute("select id from public.claim_notifications('w', 1)").fetchone()
    assert row is not None
    result = json.dumps([{"id": str(row[0]), "worker": "w", "response_code": 200}])
    answered = connection.execute("select outcome from public.complete_notifications(%s)", (result,))
    assert answered.fetchone() == ("success",)


def test_two_workers_at_once_make_one_digest(charity: Charity, database: Database) -> None:
    coordinator = charity.fetch(
        "insert into public.coordinator_assignments (organisation_id, user_id) values (%s, gen_random_uuid())"
        " returning user_id",
        charity.organisation_id,
    )
    charity.connection.execute(
        """
        insert into public.notifications (
            organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at
        )
        select %s, %s, 'status_changed', 'copy ' || number, '2026-01-15 03:00+01', '2026-01-15 03:00+01'
        from generate_series(1, 40) as number
        """,
        (charity.organisation_id, coordinator),
    )
    claim = "select payload from public.claim_notifications(%s, 50, '1 minute', '2026-01-15 08:00+01')"
    first, second = database.superuser(), database.superuser()
    with first.transaction():
        taken = first.execute(claim.encode(), ("first",)).fetchall()
        assert [row[0]["counts"] for row in taken] == [{"status_changed": 40}]
        second.execute("set lock_timeout = '1s'")
        assert second.execute(claim.encode(), ("second",)).fetchall() == []
    assert second.execute(claim.encode(), ("second",)).fetchall() == []


def test_once_delivers_digests_that_need_several_claims(charity: Charity) -> None:
    coordinator = charity.fetch(
        "insert into public.coordinator_assignments (organisation_id, user_id) values (%s, gen_random_uuid())"
        " returning user_id",
        charity.organisation_id,
    )
    charity.connection.execute(
        """
        insert into public.notifications (
            organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at
        )
        select %s, %s, 'status_changed', 'copy ' || number, past.at, past.at
        from (select now() - interval '2 days' as at) as past
        cross join generate_series(1, 10100) as number
        """,
        (charity.organisation_id, coordinator),
    )
    recorder = Recorder()
    asyncio.run(charity.delivery(recorder).run_once(asyncio.Event()))
    assert len(recorder.sent) == 1
    assert charity.states() == {"sent": 10100}


def test_a_second_night_is_refused(database: Database) -> None:
    first, second = database.migrator(), database.migrator()
    first.execute("select private.begin_night()")
    with pytest.raises(psycopg.Error) as refused:
        second.execute("select private.begin_night()")
    assert refused.value.sqlstate == "PL004"
    first.execute("select private.end_night()")
    second.execute("select private.begin_night()")
    second.close()
    third = database.migrator()
    third.execute("set statement_timeout = '20s'")
    # It is gone when the server has noticed.
    third.execute(
        """
        do $$
        begin
            while exists (select from pg_locks where locktype = 'advisory' and database = (
                select oid from pg_database where datname = current_database()
            )) loop
                perform pg_sleep(0.01);
            end loop;
        end
        $$
        """
    )
    third.execute("select private.begin_night()")
