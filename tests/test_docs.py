"""What the documentation says of the database is what the database is."""

import re
import uuid
from pathlib import Path

import pytest
from conftest import Database

from docs import call_paths, generate
from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT

_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_TESTS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
_NAMES = [str(page.relative_to(ROOT)) for page in _PAGES]


@pytest.mark.one_target
def test_what_is_generated_is_up_to_date(database: Database) -> None:
    with database.superuser() as connection:
        for name, text in generate.generate(connection).items():
            committed = (generate.DOCS / name).read_text(encoding="utf-8")
            assert committed == text, f"docs/{name} is out of date: run `make docs`"


@pytest.mark.one_target
def test_the_statements_in_the_runbook_fit_the_database(database: Database) -> None:
    """Those in back-ticks that are written out; `<organisation>` and its like stand for an id."""
    connection = database.superuser()
    tried = set()
    for page in _PAGES:
        for found in re.findall(r"`(select\s[^`]+)`", page.read_text(encoding="utf-8")):
            statement = re.sub(r"'<\w+>'", f"'{uuid.UUID(int=0)}'", " ".join(found.split()))
            if "…" not in statement and "cron." not in statement:
                connection.execute(f"explain {statement}".encode())
                tried.add(statement)
    assert len(tried) > 8


def test_every_sqlstate_is_explained() -> None:
    page = (generate.DOCS / "errors.md").read_text(encoding="utf-8").split("## Where each is raised")[0]
    explained = set(re.findall(r"^\| `(\w{5})` \|", page, flags=re.MULTILINE))
    assert len(explained) >= 9
    assert explained == set(generate.raised())


@pytest.mark.parametrize("page", _PAGES, ids=_NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor and file.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in anchors, f"{page.name} links to {target}"


@pytest.mark.parametrize("page", _PAGES, ids=_NAMES)
def test_files_and_tests_that_are_named_exist(page: Path) -> None:
    """Paths in the tables of guarantees; `…` stands for a part of a name."""
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:tests|runner|sql|bench|migrations|docs)/[\w./*…]+)`", text):
        assert list(ROOT.glob(name.replace("…", "*").rstrip("/"))), f"{page.name} names {name}"


@pytest.mark.parametrize("page", _PAGES, ids=_NAMES)
def test_the_tests_of_a_guarantee_exist(page: Path) -> None:
    """The last column of the tables of guarantees; which folder a test is in the page says once."""
    text = page.read_text(encoding="utf-8")
    for table in re.findall(r"^## [^\n]*test.*?(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE):
        for cell in re.findall(r"\| ([^|]+) \|$", table, flags=re.MULTILINE):
            for name in re.findall(r"`(?:[\w/]*/)?([a-z]+(?:_\w+)+?)(?:\.py|\.sql)?`", cell):
                files = [path.stem for path in (ROOT / "tests").rglob("*.*")]
                is_function = re.search(rf"def {name}\b", _TESTS)
                assert name in files or is_function, f"{page.name} names {name}"


def test_every_setting_is_explained() -> None:
    """By its whole name, or in a table whose head or first column says how it begins."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in _PAGES)
    for name in Settings.model_fields:
        whole, short = f"PEERLEDGER_{name.upper()}", name.upper().removeprefix("DYNAMICS_")
        assert whole in text or (short != name.upper() and re.search(rf"`{short}`", text)), whole


@pytest.mark.one_target
def test_the_glossary_names_what_the_database_has(database: Database) -> None:
    rows = re.findall(
        r"^\| ([\w ]+) \| (.+) \| (`.+`) \|$",
        (generate.DOCS / "glossary.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    words = [word for word, _, _ in rows]
    assert len(words) > 30
    assert words == sorted(set(words)), "each once, in order"
    with database.superuser() as connection:
        names = {
            name
            for (name,) in connection.execute(
                "select proname from pg_proc union select relname from pg_class union select rolname from pg_roles "
                "union select attname from pg_attribute union select typname from pg_type"
            ).fetchall()
        }
    # Made by a load, in its own session.
    names |= {"load_findings"}
    assert {name for _, _, column in rows for name in re.findall(r"`(\w+)`", column)} - names == set()


def test_the_architecture_page_names_every_folder() -> None:
    page = (generate.DOCS / "architecture.md").read_text(encoding="utf-8")
    folders = {path.name for path in (ROOT / "sql" / "functions").iterdir() if path.is_dir()}
    assert set(re.findall(r"^\| `([a-z_]+)` \|", page, flags=re.MULTILINE)) == folders


@pytest.mark.one_target
def test_the_paths_follow_calls_and_triggers(database: Database) -> None:
    """A small house of its own: in firing order, through a write into another table, each function once."""
    with database.superuser() as connection:
        connection.execute("set role peerledger_owner")
        for name, body in (
            ("tried_c", "begin return null; end"),
            ("tried_b", "begin perform private.tried_e(); return new; end"),
            (
                "tried_a",
                "begin insert into public.chapters default values; return new; -- private.tried_d()\nend",
            ),
        ):
            connection.execute(
                f"create function private.{name}() returns trigger language plpgsql as $$ {body} $$".encode()
            )
        connection.execute(
            "create function private.tried_e() returns void language sql as 'select private.tried_e()'"
        )
        for trigger, when, table, name in (
            ("_900_last", "after", "organisations", "tried_c"),
            ("_901_first", "before", "organisations", "tried_a"),
            ("_100_inner", "before", "chapters", "tried_b"),
        ):
            connection.execute(
                f"create trigger {trigger} {when} insert on public.{table} for each row "
                f"execute function private.{name}()".encode()
            )
        steps = call_paths.Paths(connection).walk("insert organisations")
    ours = [(step.depth, step.name.split(".")[1]) for step in steps if "tried" in step.name]
    assert ours == [(0, "tried_a"), (1, "tried_b"), (2, "tried_e"), (0, "tried_c")]
