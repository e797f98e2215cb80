"""The TypeScript that we show is typed right and does what it says, with supabase-js and Node."""

import fcntl
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Database
from rest_server import rest_server, token

from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.one_target

_EXAMPLE = ROOT / "examples" / "supabase-js"
_MODULES = _EXAMPLE / "node_modules"

_WORLD = """
select tests.make_two_organisations();
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'first', 'First', '{"metric": "activity_count", "at_least": 1}');
select tests.make_listed_mentor('sol', 'south');
select public.run_certification_expiry();
select public.claim_hlf_sync('w', 10, '1 minute');
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('sol', 503)))
"""

_TOUR = """
import { connect, nights, onBadge, register, registerForMentors, setDuration, websiteFailures } from
'./peerledger.js'

declare const process: { argv: string[]; exit(code: number): never }
const [url, mentorToken, coordinatorToken, ids] = process.argv.slice(2) as [string, string, string, string]
const { activity, organisation, mentor, proxied } = JSON.parse(ids) as Record<string, string> as {
  activity: string; organisation: string; mentor: string; proxied: string
}
const own = connect(url, 'key', mentorToken)
const row = {
  id: activity, organisation_id: organisation, mentor_id: mentor, activity_type: 'visit',
  occurred_on: '2026-02-01', duration_minutes: 60,
}
await register(own, row)
const edited = await setDuration(own, activity, 90)
await register(own, row)
const { data: kept } = await own.from('activities').select('*').eq('id', activity)
const refused = await setDuration(own, proxied, 5)
const coordinator = connect(url, 'key', coordinatorToken)
const good = { mentor_id: mentor, activity_type: 'visit', occurred_on: '2026-02-02', duration_minutes: 30 }
const bad = await registerForMentors(coordinator, [good, { ...good, duration_minutes: 0 }, { ...good,
mentor_id: organisation }])
const done = await registerForMentors(coordinator, [good])
const runs = await nights(coordinator)
const failures = await websiteFailures(coordinator)
const isTyped: (id: string) => void = () => undefined
export const subscribe = () => onBadge(own, mentor, isTyped)
console.log(JSON.stringify({ edited, kept: kept?.[0]?.duration_minutes, refused, bad, done, runs, failures }))
process.exit(0)
"""


@pytest.fixture(scope="module")
def compile_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, with what it needs installed."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node is not installed")
    # Two processes of the tests that install at once leave a folder in which files are missing.
    with (_EXAMPLE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # npm writes this file last: a folder without it was left half done.
        if not (_MODULES / ".package-lock.json").exists():
            installed = subprocess.run(
                ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
                cwd=_EXAMPLE,
                capture_output=True,
                check=False,
            )
            if installed.returncode:
                pytest.skip("supabase-js could not be installed")
    root = tmp_path_factory.mktemp("typescript")
    example = root / "examples" / "supabase-js"
    shutil.copytree(_EXAMPLE, example, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(ROOT / "types", root / "types")
    (example / "node_modules").symlink_to(_MODULES)
    return example


def compiled(example: Path, name: str, source: str) -> subprocess.CompletedProcess[str]:
    (example / "src" / f"{name}.ts").write_text(source, encoding="utf-8")
    return subprocess.run(
        ["node", "node_modules/typescript/bin/tsc", "--outDir", "built"],
        cwd=example,
        capture_output=True,
        text=True,
        check=False,
    )


def run(database: Database, example: Path, name: str, source: str) -> dict[str, Any]:
    outcome = compiled(example, name, source)
    assert outcome.returncode == 0, outcome.stdout
    superuser = database.superuser()
    for statement in _WORLD.split(";\n"):
        superuser.execute(statement.encode())

    def id_of(kind: str, of: str) -> str:
        row = superuser.execute("select tests.id(%s, %s)", (kind, of)).fetchone()
        assert row is not None
        return str(row[0])

    superuser.execute("select tests.make_activity('proxied', 'sara', 'sven')")
    ids = {
        "activity": id_of("activity", "new"),
        "organisation": id_of("organisation", "south"),
        "mentor": id_of("mentor", "sara"),
        "proxied": id_of("activity", "proxied"),
    }
    with rest_server(lambda: database._connect(database.target.server.login_dsn)) as url:
        finished = subprocess.run(
            [
                "node",
                # Older versions of Node have none, and supabase-js asks for it when a client is made.
                "--import=data:text/javascript,globalThis.WebSocket%20%3F%3F%3D%20class%7B%7D",
                f"built/examples/supabase-js/src/{name}.js",
                url,
                token("authenticated", id_of("user", "sara")),
                token("authenticated", id_of("user", "sven")),
                json.dumps(ids),
            ],
            cwd=example,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def test_the_example_does_what_it_says(database: Database, compile_in: Path) -> None:
    told = run(database, compile_in, "tour", _TOUR)
    # What was edited stays edited when the phone sends its first version again.
    assert (told["edited"], told["kept"]) == (90, 90)
    assert told["refused"] is None
    assert told["bad"]["registered"] == 0
    assert [problem["path"] for problem in told["bad"]["problems"]] == [
        "entries[1].duration_minutes",
        "entries[2].mentor_id",
    ]
    assert told["done"] == {"registered": 1, "problems": []}
    assert [(night["transitioned"], night["finished"]) for night in told["runs"]] == [(0, True)]
    assert [failure["name"] for failure in told["failures"]] == ["sol"]


def snippets(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def test_the_snippets_of_the_readme_run_as_they_stand(database: Database, compile_in: Path) -> None:
    as_mentor, as_coordinator = snippets("js")
    head = """
import { connect } from './peerledger.js'
declare const process: { argv: string[]; exit(code: number): never }
const [url, mentorToken, coordinatorToken, ids] = process.argv.slice(2) as [string, string, string, string]
const { activity: id, organisation: organisation_id, mentor: mentor_id } = JSON.parse(ids) as Record<string,
string> as {
  activity: string; organisation: string; mentor: string
}
const entries = [{ mentor_id, activity_type: 'visit', occurred_on: '2026-02-02', duration_minutes: 0 }]
const shown: string[] = []
let leaves: number | undefined, minutes: number | undefined
const show = (details: string) => shown.push(details)
"""
    source = f"""{head}
{{
const supabase = connect(url, 'key', mentorToken)
{as_mentor}
leaves = progress?.length
minutes = changed?.duration_minutes
}}
const supabase = connect(url, 'key', coordinatorToken)
{as_coordinator}
console.log(JSON.stringify({{ shown, runs: runs?.length, leaves, minutes, saved: data }}))
process.exit(0)
"""
    told = run(database, compile_in, "readme", source)
    assert told == {
        "shown": ["entries[0].duration_minutes"],
        "runs": 1,
        "leaves": 1,
        "minutes": 90,
        "saved": None,
    }


def test_what_is_typed_wrong_is_refused(compile_in: Path) -> None:
    """The types would otherwise guard nothing: null where there may be one, a column that is not there."""
    wrong = {
        "run.finished_at.length": "possibly 'null'",
        "run.finish": "does not exist",
        "run.total_count.length": "does not exist",
    }
    source = "import type { Database } from '../../../types/database.js'\n" + "\n".join(
        f"export const f{n} = (run: Database['public']['CompositeTypes']['certification_run']) => "
        f"{expression}"
        for n, expression in enumerate(wrong)
    )
    outcome = compiled(compile_in, "wrong", source)
    (compile_in / "src" / "wrong.ts").unlink()
    lines = [line for line in outcome.stdout.splitlines() if "wrong.ts" in line]
    assert len(lines) == len(wrong)
    for line, why in zip(lines, wrong.values(), strict=True):
        assert why in line
