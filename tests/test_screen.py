"""What comes from the database cannot give orders to the terminal: seen in `status`, `alerts` and `notify`."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Database
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from peerledger.cli import app
from peerledger.screen import Console, echo, plain

# Clear the screen; the same by its C1 twin; write from right to left; a bell; back to the beginning of the line.
ORDERS = ("\x1b[2J", "\x9b2J", "\u202e", "\u2066", "\x07", "\r", "\x85", "\u2028")


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_passes(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert order[0] not in plain(f"a{order}b")
    out = io.StringIO()
    Console(file=out, markup=False, highlight=False).print(f"a{order}b", soft_wrap=True)
    echo(f"a{order}b")
    for said in (out.getvalue(), capsys.readouterr().out):
        assert order[0] not in said
        assert said.startswith("a")


def test_what_people_write_passes() -> None:
    for text in ("Æ ø å", "عربي עברית 日本", "👩\u200d👧", "two\nlines\tand a tab"):
        assert plain(text) == text


@pytest.mark.one_target
def test_names_with_orders_do_not_reach_the_screen(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a database has them that was filled before names were checked."""
    connection = database.superuser()
    for table in ("organisations", "badge_definitions", "peer_mentors"):
        column = "display_name" if table == "peer_mentors" else "name"
        connection.execute(f"alter table public.{table} drop constraint {column}_is_one_line".encode())
    name = "Nord" + "".join(ORDERS) + "lys"
    connection.execute(
        "insert into public.organisations (id, slug, name) values (tests.id('organisation', 'nord'), 'nord', %s)",
        (name,),
    )
    connection.execute("select tests.make_mentor('olga', 'nord')")
    connection.execute(
        "insert into public.badge_definitions (organisation_id, slug, name, criteria)"
        " values (tests.id('organisation', 'nord'), 'first', %s, '{\"metric\": \"activity_count\", \"at_least\": 1}')",
        (name,),
    )
    connection.execute(
        "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
        " values (tests.id('organisation', 'nord'), '00:00', '00:00')"
    )
    connection.execute("select tests.make_activity('a', 'olga')")
    connection.execute(
        "select private.raise_alert('dead_letters', 'critical', %s, 'x', tests.id('organisation', 'nord'))",
        (name,),
    )
    server = database.target.server
    monkeypatch.setenv("PEERLEDGER_DATABASE_URL", database.dsn(server.migrator_dsn))
    for command in (["status"], ["alerts"], ["notify", "--once"]):
        said = CliRunner().invoke(app, command).output
        assert "Nord" in said, command
        for order in ORDERS:
            assert order[0] not in said, command


@pytest.mark.one_target
@pytest.mark.parametrize("columns", ["40", "80"])
def test_the_id_of_an_alert_is_whole_in_every_window(database: Database, columns: str) -> None:
    connection = database.superuser()
    connection.execute("select tests.make_organisation('nord')")
    connection.execute(
        "select private.raise_alert('dead_letters', 'warning', repeat('Something broke. ', 20), 'x',"
        " tests.id('organisation', 'nord'))"
    )
    row = connection.execute("select id::text from public.ops_alerts").fetchone()
    assert row is not None
    result = subprocess.run(
        [sys.executable, "-m", "peerledger", "alerts"],
        env=os.environ
        | {"COLUMNS": columns, "PEERLEDGER_DATABASE_URL": database.dsn(database.target.server.migrator_dsn)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert row[0] in [line.strip() for line in result.stdout.splitlines()]


def test_psql_is_given_no_secret_on_its_command_line(tmp_path: Path) -> None:
    """On Linux everybody may read everybody's arguments."""
    fake = tmp_path / "psql"
    fake.write_text(
        '#!/bin/sh\nprintf \'%s\\n\' "$@" > arguments\nstat -c %a "$PGSERVICEFILE" > mode\n'
        'cat "$PGSERVICEFILE" > service\necho "$PGSERVICEFILE" > place\necho "$PGPASSWORD" > password\n'
    )
    fake.chmod(0o755)
    secrets = {"password": "hemmelig one", "sslpassword": "hemmelig two"}
    address = make_conninfo("host=127.0.0.1 dbname=x user=kari sslkey=/k", **secrets)
    subprocess.run(
        [sys.executable, "-m", "peerledger", "psql", "--", "-c", "select 1"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PEERLEDGER_DATABASE_URL": address},
        cwd=tmp_path,
        check=True,
    )
    arguments = (tmp_path / "arguments").read_text()
    assert "dbname=x" in arguments
    assert "hemmelig" not in arguments
    assert (tmp_path / "password").read_text().strip() == secrets["password"]
    assert "sslpassword=hemmelig two\n" in (tmp_path / "service").read_text()
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert not Path((tmp_path / "place").read_text().strip()).exists(), "it goes when psql ends"
