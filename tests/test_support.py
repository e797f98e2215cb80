"""What docs/upgrades.md promises to run on is what is tested, and what the package says of itself."""

import re
import tomllib

import pytest
import yaml
from conftest import ALL_TARGETS, Database

from peerledger.sqlfiles import ROOT


def row(name: str) -> tuple[str, str]:
    """Supported and tested."""
    page = (ROOT / "docs" / "upgrades.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| {re.escape(name)} \| ([^|]+) \| ([^|]+) \|$", page, flags=re.MULTILINE)
    assert found is not None, name
    return found.group(1), found.group(2)


def test_each_python_that_is_supported_is_tried() -> None:
    supported = re.findall(r"3\.\d+", row("Python, for the runner")[0])
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = [line.rsplit(" ", 1)[1] for line in package["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert supported == said
    assert package["requires-python"] == f">={supported[0]}"
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    tried = {
        str(step["with"]["python-version"])
        for step in jobs["everything"]["steps"]
        if "python-version" in step.get("with", {})
    }
    tried |= set(jobs["embedded"]["strategy"]["matrix"]["python"])
    assert tried == set(supported)


def test_each_postgresql_that_is_called_tested_is() -> None:
    supported, tested = row("PostgreSQL")
    versions = set(re.findall(r"\d\d", tested))
    assert versions == {target[-2:] for target in ALL_TARGETS}
    assert versions <= set(re.findall(r"\d\d", supported))
    on_supabase = {target[-2:] for target in ALL_TARGETS if target.startswith("supabase")}
    assert set(re.findall(r"\d\d", row("Supabase")[0])) == on_supabase


def test_the_notes_lead_to_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    page = (ROOT / "docs" / "upgrades.md").read_text(encoding="utf-8")
    assert re.search(rf"^## From [\d.]+ to {re.escape(version)}$", page, flags=re.MULTILINE)


@pytest.mark.one_target
def test_every_foreign_key_holds_the_organisation(database: Database) -> None:
    """docs/scale.md: organisations can be put into as many databases as one likes."""
    with database.superuser() as connection:
        found = connection.execute(
            "select reference.conrelid::regclass::text, reference.conname from pg_constraint as reference "
            "where reference.contype = 'f' and reference.connamespace = 'public'::regnamespace "
            "and reference.confrelid <> 'public.organisations'::regclass and not exists ("
            "select from unnest(reference.conkey) as key inner join pg_attribute as field "
            "on field.attrelid = reference.conrelid and field.attnum = key and field.attname = 'organisation_id')"
        ).fetchall()
    assert found == []
