"""What is loaded from files is logged like everything else."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import Database

from peerledger.database import Database as RunnerDatabase
from peerledger.load import load

pytestmark = pytest.mark.two_targets

_HEADER = "id,organisation_id,mentor_id,coordinator_id,activity_type,occurred_on,duration_minutes"


def test_loaded_proxy_activities_are_logged(database: Database, tmp_path: Path) -> None:
    owner = database.superuser()
    owner.execute("select tests.make_two_organisations()")
    ids = owner.execute(
        "select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina')"
    ).fetchone()
    assert ids is not None
    north, olga, nina = ids
    lines = [_HEADER]
    for number in range(300):
        coordinator = nina if number % 3 else ""
        lines.append(
            f"00000000-0000-4000-8000-{number:012},{north},{olga},{coordinator},walk,{date(2025, 1, 1) + timedelta(days=number)},30"
        )
    (tmp_path / "activities.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    target = RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)

    for inserted in (300, 0):
        assert load(target, tmp_path).counts["activities"].inserted == inserted
        logged = owner.execute(
            "select log.event_type, count(*) from public.proxy_audit_log as log"
            " inner join public.activities as activity on activity.id = log.proxy_activity_id"
            " where activity.activity_type = 'walk' and log.coordinator_id = activity.coordinator_id"
            " and log.payload_snapshot = private.proxy_activity_record(activity)"
            " group by 1"
        ).fetchall()
        assert logged == [("bulk_created", 200)]
