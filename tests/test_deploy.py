"""What is deployed, as far as it can be tried without a registry."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT

DEPLOY = ROOT / "deploy"


def test_the_settings_of_the_examples_are_settings() -> None:
    for file in DEPLOY.iterdir():
        for name in re.findall(r"PEERLEDGER_([A-Z_]+)", file.read_text()):
            assert name.rstrip("_").lower() in Settings.model_fields or name == "DYNAMICS_", (file.name, name)


def test_the_image_holds_what_the_runner_reads() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    sources = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    assert {"requirements.txt", "pyproject.toml", "runner", "migrations", "sql", "examples"} <= sources
    assert all((ROOT / source).exists() for source in sources)
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text()
    assert all(f"!{source}\n" in ignored for source in sources)
    assert "USER peerledger" in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        # There is no /opt/peerledger here.
        text = unit.read_text().replace("/opt/peerledger/.venv/bin/peerledger", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    result = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
