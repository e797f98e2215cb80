"""From every release to this version: by `migrate` and by the printed step, with a year's rows in it."""

import gzip
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from conftest import Target

from peerledger import embedded
from peerledger.database import Database as RunnerDatabase
from peerledger.migrate import check, migrate, render_since

RELEASES = Path(__file__).parent / "releases"

pytestmark = pytest.mark.two_targets

# Through the doors of that release, so that every log holds what it wrote.
ROWS = """
insert into public.organisations (id, slug, name)
values ('00000000-0000-4000-8000-000000000001', 'north', 'North');
insert into public.coordinator_assignments (user_id, organisation_id)
values ('00000000-0000-4000-8000-000000000009', '00000000-0000-4000-8000-000000000001');
insert into public.peer_mentors (id, organisation_id, display_name, dynamics_contact_id)
select
    format('00000000-0000-4000-8000-0000000001%s', lpad(number::text, 2, '0'))::uuid,
    '00000000-0000-4000-8000-000000000001', 'Mentor ' || number, gen_random_uuid()
from generate_series(1, 9) as number;
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'three_walks', 'Three walks',
    '{"metric": "activity_count", "at_least": 3}'
);
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select mentor.organisation_id, mentor.id, 'walk', current_date - number, 30
from public.peer_mentors as mentor, generate_series(1, 4) as number;
insert into public.certifications (mentor_id, organisation_id, issued_on, expires_on)
select id, organisation_id, current_date - 400, current_date - 1
from public.peer_mentors
where display_name <= 'Mentor 5';
select public.run_certification_expiry();
select public.claim_hlf_sync('w', 3, '1 minute');
select public.complete_hlf_sync(
    (
        select jsonb_agg(jsonb_build_object(
            'mentor_id', mentor_id, 'desired_version', claimed_version, 'worker', 'w', 'dynamics_response_code', 204
        ))
        from public.hlf_sync_state
        where leased_by = 'w'
    )
);
"""

PROXY = """
set role authenticated;
select set_config(
    'request.jwt.claims', '{"sub": "00000000-0000-4000-8000-000000000009", "role": "authenticated"}', false
);
select public.register_proxy_activity(
    '00000000-0000-4000-8000-000000000109', 'walk', current_date, 45
);
reset role;
"""


@pytest.fixture(params=sorted(path.name.removesuffix(".sql.gz") for path in RELEASES.glob("*.sql.gz")))
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Place:
    """A database on the target, at first as the hoster hands it out."""

    target: Target
    name: str

    @property
    def runner(self) -> RunnerDatabase:
        return RunnerDatabase(self.dsn(self.target.server.migrator_dsn), is_embedded=False, psql=None)

    def dsn(self, role_dsn: str) -> str:
        return self.target.server.dsn(role_dsn, self.name)

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn(self.target.server.superuser_dsn), autocommit=True)

    def schema(self) -> list[str]:
        """As a set: an altered column or constraint stands elsewhere in the dump than a new one."""
        command = [
            str(embedded.BIN / "pg_dump"),
            "--schema-only",
            "--schema=public",
            "--schema=private",
            self.dsn(self.target.server.superuser_dsn),
        ]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return sorted(
            line.rstrip(",")
            for line in text.splitlines()
            # pg_attver is a counter that some builds of the server keep.
            if not line.startswith(("--", "\\restrict", "\\unrestrict")) and "pg_attver" not in line
        )


@contextmanager
def new_place(target: Target) -> Iterator[Place]:
    name = f"test_{uuid.uuid4().hex}"
    target.server.create_empty_database(name)
    yield Place(target, name)
    target.server.drop_database(name)


@pytest.fixture
def old(target: Target, release: str) -> Iterator[Place]:
    """A database as the release left it, in use."""
    with new_place(target) as place:
        with place.runner.connect() as connection:
            connection.execute(gzip.decompress((RELEASES / f"{release}.sql.gz").read_bytes()))
        with place.superuser() as superuser:
            for statement in (ROWS + PROXY).split(";\n"):
                superuser.execute(statement.encode())
        yield place


def logs(place: Place) -> dict[str, list[dict[str, object]]]:
    """Every entry of every log, by the columns that the log has now."""
    with place.superuser() as superuser:
        names = superuser.execute("select log_name from private.logs").fetchall()
        return {
            name: [
                entry
                for (entry,) in superuser.execute(
                    f"select to_jsonb(entry) from public.{name} as entry".encode()
                )
            ]
            for (name,) in names
        }


@pytest.mark.parametrize("way", ["migrate", "print"])
def test_a_database_of_a_release_is_brought_to_this_one_and_loses_no_entry(
    target: Target, old: Place, release: str, way: str
) -> None:
    before = logs(old)
    # An attempt on a log is recorded by a connection of its own, where that is set up.
    assert [name for name, entries in before.items() if not entries] in ([], ["security_events"])
    if way == "print":
        with old.runner.connect() as connection:
            connection.execute(render_since(release).encode())
    migrate(old.runner)
    assert check(old.runner).is_empty
    after = logs(old)
    for name, entries in before.items():
        of_then = {key for entry in entries for key in entry}
        kept = [{key: entry[key] for key in of_then} for entry in after[name]]
        assert [entry for entry in entries if entry not in kept] == [], name
    with new_place(target) as fresh:
        migrate(fresh.runner)
        assert old.schema() == fresh.schema()
