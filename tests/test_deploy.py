"""What is deployed, as far as it can be tried without a registry."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from peerledger import metrics
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
        text = re.sub(
            r"/opt/peerledger/(\.venv/bin/peerledger|deploy/backup\.sh)", "/bin/true", unit.read_text()
        )
        (tmp_path / unit.name).write_text(text)
    for name in ("worker", "nightly", "status", "backup"):
        assert (
            "OnFailure=peerledger-failed@%n.service\n" in (DEPLOY / f"peerledger-{name}.service").read_text()
        )
    units = sorted(str(path) for path in tmp_path.iterdir())
    result = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def compose() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return services


@pytest.mark.parametrize("profile", ["database", "hosted"])
def test_each_profile_is_whole_by_itself(profile: str) -> None:
    """Nothing waits for a service of the other one, and a worker comes after its migration."""
    started = {name: service for name, service in compose().items() if profile in service["profiles"]}
    for name, service in started.items():
        assert set(service.get("depends_on", ())) <= started.keys(), name
    commands = [service["command"][0] for service in started.values() if service["image"] == "peerledger"]
    assert sorted(commands) == ["migrate", "worker"]
    assert ("database" in started) is (profile == "database")


def test_every_service_has_one_profile() -> None:
    for name, service in compose().items():
        assert service["profiles"] in (["database"], ["hosted"]), name


def test_prometheus_reaches_the_metrics_and_nobody_else_does_unasked() -> None:
    for name, service in compose().items():
        if service.get("command") != ["worker"]:
            assert "ports" not in service, name
            continue
        environment = service["environment"]
        assert environment["PEERLEDGER_METRICS_HOST"] == "0.0.0.0"  # noqa: S104
        port = environment["PEERLEDGER_METRICS_PORT"]
        assert service["ports"] == [f"${{METRICS_ADDRESS:-127.0.0.1}}:{port}:{port}"]
        assert f"127.0.0.1:{port}/ready" in service["healthcheck"]["test"][-1]


def test_what_fails_is_told_without_a_database() -> None:
    unit = (DEPLOY / "peerledger-failed@.service").read_text()
    assert 'ExecStart=/opt/peerledger/.venv/bin/peerledger alerts send "' in unit


def test_a_hosted_database_is_the_one_of_the_settings_file() -> None:
    """What `environment` says wins over the file; and no variable of the other profile must be set."""
    for name, service in compose().items():
        environment = service.get("environment", {})
        if service["image"] == "peerledger":
            assert service["env_file"] == ["worker.env"], name
            assert ("PEERLEDGER_DATABASE_URL" in environment) is ("database" in service["profiles"]), name
    assert ":?" not in (DEPLOY / "compose.yaml").read_text()


def test_the_settings_file_with_its_secrets_stays_out_of_git() -> None:
    assert "deploy/worker.env" in (ROOT / ".gitignore").read_text().splitlines()
    assert "worker.env" not in (DEPLOY / "Containerfile.dockerignore").read_text()


@pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="docker compose is not there",
)
@pytest.mark.parametrize("profile", ["database", "hosted"])
def test_compose_understands_its_file(profile: str, tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "deploy" / "worker.env").write_text("PEERLEDGER_DATABASE_URL=postgresql://hosted/x\n")
    result = subprocess.run(
        [
            "docker",
            "compose",
            "-f",
            str(tmp_path / "deploy" / "compose.yaml"),
            "--profile",
            profile,
            "config",
        ],
        env={name: value for name, value in os.environ.items() if name != "POSTGRES_PASSWORD"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert ("postgresql://hosted/x" in result.stdout) is (profile == "hosted")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "peerledger.rules.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    shown = set(re.findall(rb"^(peerledger_\w+)", metrics.render({}, {"sync": "running"}), re.MULTILINE))
    for rule in rules():
        asked = {name.encode() for name in re.findall(r"peerledger_\w+", rule["expr"])}
        assert asked <= shown, rule["alert"]
        assert asked or "up{" in rule["expr"], rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert {"summary", "action"} == rule["annotations"].keys(), rule["alert"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not there")
def test_promtool_accepts_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(DEPLOY / "peerledger.rules.yml")], check=True)


def test_the_worker_is_started_again_for_as_long_as_the_database_is_away() -> None:
    unit = (DEPLOY / "peerledger-worker.service").read_text()
    assert "StartLimitIntervalSec=0\n" in unit
    assert "Restart=on-failure\n" in unit
    assert "RestartPreventExitStatus=2\n" in unit
