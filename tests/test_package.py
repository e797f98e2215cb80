"""What `pip install .` gives somebody else: a command that works with no checkout near it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from peerledger.sqlfiles import ROOT

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".peerledger", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "*.egg-info"
)
_BUILD = "import sys, setuptools.build_meta as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def build(source: Path, kind: str, into: Path) -> Path:
    """As a build front end does it, with the packages that are here: no network."""
    into.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-c", _BUILD, kind, str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From the sdist, and the sdist from a clean copy of the checkout: so both are whole."""
    directory = tmp_path_factory.mktemp("package")
    checkout = directory / "checkout"
    shutil.copytree(ROOT, checkout, ignore=_LEFT_OUT)
    # From an earlier build, of a file that is gone by now.
    stale = checkout / "build" / "lib" / "peerledger" / "files" / "migrations" / "9999.stale.sql"
    stale.parent.mkdir(parents=True)
    stale.write_text("select 1;")
    direct = build(checkout, "wheel", directory / "direct")

    with tarfile.open(build(checkout, "sdist", directory / "sdist")) as archive:
        # The Python 3.11.2 of Debian 12 has no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory / "unpacked")  # noqa: S202 - made a moment ago
    made = build(directory / "unpacked" / f"peerledger-{VERSION}", "wheel", directory / "wheel")
    assert contents(made) == contents(direct)
    return made


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_holds_every_file_that_the_command_reads(wheel: Path) -> None:
    held = contents(wheel)
    for folder in ("migrations", "sql", "examples/likeperson"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                name = f"peerledger/files/{path.relative_to(ROOT).as_posix()}"
                assert held.get(name) == path.read_bytes(), name
    for verifier in ("verify_proof.py", "verify_package.py"):
        assert held[f"peerledger/files/docs/{verifier}"] == (ROOT / "docs" / verifier).read_bytes()
    package = ROOT / "runner" / "peerledger"
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            name = f"peerledger/{path.relative_to(package).as_posix()}"
            assert held.get(name) == path.read_bytes(), name
    assert "peerledger/files/migrations/9999.stale.sql" not in held
    assert {name.split("/")[0] for name in held} == {
        "peerledger",
        "standin",
        f"peerledger-{VERSION}.dist-info",
    }
    assert f"peerledger-{VERSION}.dist-info/licenses/LICENSE" in held


def test_an_installed_command_needs_no_checkout(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    # What it depends on is taken from here; a .pth of these, which leads to the checkout, is not followed.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = tmp_path / "en tom mappe på Ørlandet"
    empty.mkdir()

    def peerledger(*arguments: str) -> str:
        ours = ("PEERLEDGER_", "PYTHON")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        command = [str(environment / "bin" / "peerledger"), *arguments]
        done = subprocess.run(command, cwd=empty, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    assert peerledger("--version") == f"peerledger {VERSION}\n"
    assert "The database is up to date." in peerledger("migrate")
    assert "Nothing to do." in peerledger("migrate")
    assert "Nothing would change." in peerledger("migrate", "--check")
    assert "0014.norwegian_codes" in peerledger("migrate", "--print")
    assert [path.name for path in empty.iterdir()] == [".peerledger"]
