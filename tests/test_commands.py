"""Every command, found live: help, a wrong flag, no database, one not migrated, Ctrl-C; and no secret."""

import base64
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer
from conftest import new_database
from psycopg import sql
from psycopg.conninfo import make_conninfo

from peerledger import cli
from peerledger.database import Database
from peerledger.migrate import migrate
from peerledger.sqlfiles import ROOT
from standin import StandIn

# They run until they are told to end, which is no failure.
UNTIL_STOPPED = {("worker",), ("notify",), ("sync",)}
# psql speaks for itself; restore-archive looks at the files first; what is sent by hand needs no database.
NOT_AT_ONCE = {("psql",), ("restore-archive",), ("alerts", "send")}
NOWHERE = "postgresql://u:hemmelig@127.0.0.1:1/x"


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if getattr(command, "invoke_without_command", False) or not hasattr(command, "commands"):
        yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from leaves(each, (*path, name))


COMMANDS = dict(leaves(typer.main.get_command(cli.app)))
every_command = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
every_database_command = pytest.mark.parametrize("path", sorted(COMMANDS.keys() - NOT_AT_ONCE), ids=" ".join)


def arguments(path: tuple[str, ...], directory: Path) -> list[str]:
    """The command with what it cannot do without."""
    found = list(path)
    if path == ("demo",):
        found.append("--use-database-url")
    for parameter in COMMANDS[path].params:
        if not parameter.required:
            continue
        # The name that the help gives it says what it is.
        if parameter.metavar == "DIR":
            folder = directory / "-".join(path)
            folder.mkdir(exist_ok=True)
            if path == ("load",):
                (folder / "organisations.csv").write_text("id,slug,name\n")
            value = str(folder)
        else:
            known = {"ID": str(uuid.uuid4()), "DATE": "2026-01-01", "YYYY": "2026"}
            value = known.get(parameter.metavar or "", "some_name")
        is_option = parameter.param_type_name == "option"
        found += [parameter.opts[0], value] if is_option else [value]
    return found


def clean_environment(**given: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    return clean | {"PYTHONPATH": str(ROOT)} | {f"PEERLEDGER_{name}": value for name, value in given.items()}


DYNAMICS = {
    "DYNAMICS_URL": "https://127.0.0.1:1",
    "DYNAMICS_AUTHORITY": "https://127.0.0.1:1",
    "DYNAMICS_TENANT_ID": "tenant",
    "DYNAMICS_CLIENT_ID": "client",
    "DYNAMICS_CLIENT_SECRET": "hemmelig",
}
# What a command cannot do without.
NEEDED = DYNAMICS | {"STAGING_URL": NOWHERE, "ALERT_URLS": "json://user:hemmelig@127.0.0.1:1/hook"}


class Console:
    """The command line in this process, for it is asked a hundred times."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch, cwd: Path) -> None:
        self._capsys = capsys
        self._patch = patch
        patch.chdir(cwd)
        for name in [name for name in os.environ if name.startswith("PEERLEDGER_")]:
            patch.delenv(name)

    def run(self, *given: str, **settings: str) -> tuple[int, str, str]:
        with self._patch.context() as patch:
            patch.setattr(sys, "argv", ["peerledger", *given])
            for name, value in settings.items():
                patch.setenv(f"PEERLEDGER_{name}", value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        captured = self._capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Console:
    return Console(capsys, monkeypatch, tmp_path)


def assert_one_line(outcome: tuple[int, str, str], code: int, *words: str) -> None:
    assert outcome[0] == code, outcome
    lines = [line for line in outcome[2].splitlines() if not line.startswith('{"at"')]
    assert len(lines) == 1, outcome
    assert lines[0].startswith("peerledger: ")
    for word in words:
        assert word in lines[0]


@every_command
def test_help_is_readable_by_newcomers(console: Console, path: tuple[str, ...]) -> None:
    code, out, err = console.run(*path, "--help")
    assert (code, err) == (0, "")
    sentences = re.findall(r"[A-Z][^.\n]{15,}", out)
    assert sentences, "it says in a sentence what it does"
    for parameter in COMMANDS[path].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, f"{parameter.name} is explained"


@every_command
def test_a_wrong_flag_is_one_line(console: Console, path: tuple[str, ...]) -> None:
    if path != ("psql",):
        assert_one_line(console.run(*path, "--flies"), 2, "--flies")


@every_database_command
def test_no_database_is_one_line(console: Console, path: tuple[str, ...], tmp_path: Path) -> None:
    outcome = console.run(*arguments(path, tmp_path), DATABASE_URL=NOWHERE, START_WAIT_SECONDS="1", **NEEDED)
    last = [line for line in outcome[2].splitlines() if line.startswith("peerledger: ")]
    assert outcome[0] == 1, outcome
    assert len(last) == 1
    assert "No connection" in last[0]
    assert "hemmelig" not in outcome[1] + outcome[2]
    assert "Traceback" not in outcome[2]


@pytest.fixture(scope="module")
def server(own_server: str) -> str:
    migrate(Database(own_server, True, None))
    return own_server


@pytest.fixture
def migrated(server: str) -> Iterator[str]:
    with new_database(server, "peerledger") as address:
        yield address


@every_database_command
def test_a_database_that_is_not_migrated_says_so(
    console: Console, path: tuple[str, ...], tmp_path: Path, server: str
) -> None:
    if path in (("migrate",), ("demo",)):
        return
    outcome = console.run(
        *arguments(path, tmp_path), DATABASE_URL=make_conninfo(server, dbname="postgres"), **NEEDED
    )
    assert outcome[0] == 1
    assert "migrate" in outcome[1] + outcome[2]
    assert "Traceback" not in outcome[2]
    if path != ("status",):
        assert_one_line(outcome, 1)


def test_a_command_starts_without_what_it_does_not_need() -> None:
    """They take longer to import than most commands to run."""
    loaded = "import sys; from peerledger import cli; print({'httpx', 'peerledger.demo', 'standin'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", loaded], env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def start(*given: str, cwd: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "peerledger", *given],
        cwd=cwd,
        env=clean_environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(reached: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


@every_database_command
def test_ctrl_c_is_one_line(path: tuple[str, ...], tmp_path: Path, migrated: str) -> None:
    """In the middle: each waits for tables that somebody holds."""
    address = make_conninfo(migrated, application_name="interrupted")
    with psycopg.connect(migrated) as holder, psycopg.connect(migrated, autocommit=True) as observer:
        if path not in UNTIL_STOPPED:
            for schema, table in holder.execute(
                "select schemaname, tablename from pg_tables where schemaname in ('public', 'private')"
            ).fetchall():
                holder.execute(
                    sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(schema, table))
                )
            seen = "wait_event_type = 'Lock'"
        else:
            seen = "query like 'listen%'"
        waiting = f"select from pg_stat_activity where application_name = 'interrupted' and {seen}"
        with start(*arguments(path, tmp_path), cwd=tmp_path, DATABASE_URL=address, **NEEDED) as process:
            until(lambda: observer.execute(waiting.encode()).fetchall(), process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        holder.rollback()
    assert "Traceback" not in err
    if path in UNTIL_STOPPED:
        assert process.returncode == 0, err
    else:
        assert process.returncode == 130, err
        assert [line for line in err.splitlines() if line.startswith("peerledger: ")] != []


SECRETS = {
    "DYNAMICS_CLIENT_SECRET": "dynamics-hemmelig-1",
    "WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"webhook-hemmelig-webhook-hemmelig").decode(),
    "WEBHOOK_URL": "http://127.0.0.1:1/hook/webhook-hemmelig-2",
    "ALERT_URLS": "json://user:alert-hemmelig-4@127.0.0.1:1/hook",
    "DATABASE_PASSWORD": "database-hemmelig-3",
}


def test_no_secret_is_ever_printed(migrated: str, tmp_path: Path) -> None:
    """Not printed, logged, in the list of processes or in the database; also when everything fails."""
    with psycopg.connect(migrated, autocommit=True) as connection, StandIn() as standin:
        connection.execute("insert into public.organisations (slug, name) values ('north', 'North')")
        # No quiet hours, in which nothing would be sent.
        connection.execute(
            "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
            " select id, '00:00', '00:00' from public.organisations"
        )
        connection.execute(
            "insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id)"
            " select id, 'M', gen_random_uuid() from public.organisations"
        )
        connection.execute(
            "insert into public.notifications"
            " (organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at)"
            " select organisation_id, id, 'status_changed', 'test', '2026-01-01' from public.peer_mentors"
        )
        settings = {name.removeprefix("PEERLEDGER_"): value for name, value in standin.settings().items()}
        right = settings.pop("DYNAMICS_CLIENT_SECRET")
        settings |= {name: value for name, value in SECRETS.items() if name != "DATABASE_PASSWORD"}
        settings["DATABASE_URL"] = make_conninfo(migrated, password=SECRETS["DATABASE_PASSWORD"])
        settings["NOTIFY_TRANSPORT"] = "webhook"
        listening = b"select from pg_stat_activity where query = 'listen peerledger_notifications'"
        seen = ""
        for given in (
            ["status"],
            ["status", "--json"],
            ["nightly"],
            ["check-credentials"],
            ["sync", "--once"],
            ["reconcile", "website"],
            ["notify", "--once"],
            ["alerts"],
            ["alerts", "tell"],
            ["alerts", "send", "text"],
            ["worker"],
        ):
            # The stand-in refuses the secret, and the webhook is not there: everything that can fails.
            with start(*given, cwd=tmp_path, **settings) as process:
                if given == ["worker"]:
                    until(lambda: connection.execute(listening).fetchall(), process)
                    seen += subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True).stdout
                    process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=120)
                seen += out + err
        held = ""
        for schema, table in connection.execute(
            "select schemaname, tablename from pg_tables where schemaname in ('public', 'private')"
        ).fetchall():
            query = sql.SQL("select coalesce(string_agg(row::text, ' '), '') from {} as row")
            held += connection.execute(query.format(sql.Identifier(schema, table))).fetchone()[0]  # type: ignore
    assert "auth_failure" in held
    assert '"event": "answered"' in seen
    for secret in (*SECRETS.values(), right, "hemmelig"):
        assert secret not in seen
        assert secret not in held
