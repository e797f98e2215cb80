"""The container image, built from the Containerfile on a base that needs no registry, and run as compose runs it."""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from servers import NoContainerError, container_server, engine_error, run_script

from peerledger.sqlfiles import ROOT

# Whose Python is that of these tests: the packages are those that are installed for it.
BASES = {(3, 11): "python3.11", (3, 13): "python3.13"}
CONTAINERFILE = ROOT / "deploy" / "Containerfile"


def docker(*arguments: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert fails or done.returncode == 0, done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's Python, with the packages beside it: whoever builds has a registry of their own, or none."""
    if reason := engine_error():
        pytest.skip(reason)
    if (kind := BASES.get(sys.version_info[:2])) is None:
        pytest.skip(f"no base for Python {sys.version_info.major}.{sys.version_info.minor}")
    try:
        debian = run_script("image.sh", kind).splitlines()[-1]
    except NoContainerError as error:
        pytest.skip(str(error))
    directory = tmp_path_factory.mktemp("base")
    got = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(directory / "wheels")),
            *("--requirement", str(ROOT / "requirements.txt"), "setuptools>=77"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode != 0:
        pytest.skip("the packages cannot be had")
    (directory / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    (directory / "Dockerfile").write_text(
        f"FROM {debian}\nCOPY wheels /wheels\nCOPY pip.conf /etc/pip.conf\nRUN chmod -R a+rX /wheels\n"
    )
    tag = f"peerledger-test-base:{uuid.uuid4().hex}"
    docker("build", "--quiet", "--tag", tag, str(directory))
    yield tag
    docker("rmi", "--force", tag)


@pytest.fixture(scope="module")
def image(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # What is copied and nothing else: the ignore file beside the Containerfile is for newer builders alone.
    context = tmp_path_factory.mktemp("context") / "context"
    context.mkdir()
    for line in CONTAINERFILE.read_text().splitlines():
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                (context / source).parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / source).is_dir():
                    shutil.copytree(
                        ROOT / source,
                        context / source,
                        ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
                    )
                else:
                    shutil.copyfile(ROOT / source, context / source)
    shutil.copyfile(CONTAINERFILE, context / "Containerfile")
    tag = f"peerledger-test-runner:{uuid.uuid4().hex}"
    docker(
        *("build", "--quiet", "--tag", tag, "--build-arg", f"BASE={base}"),
        *("--file", str(context / "Containerfile"), str(context)),
    )
    yield tag
    docker("rmi", "--force", tag)


def as_compose_runs_it() -> list[str]:
    """The restrictions of the worker."""
    service = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["hosted-worker"]
    assert service["read_only"] is True
    return [
        "--read-only",
        *(f"--tmpfs={path}" for path in service["tmpfs"]),
        *(f"--cap-drop={name}" for name in service["cap_drop"]),
        *(f"--security-opt={option}" for option in service["security_opt"]),
    ]


def test_the_image_migrates_and_works(image: str, tmp_path: Path) -> None:
    assert docker("run", "--rm", image, "--version").stdout.startswith("peerledger ")
    service = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["hosted-worker"]
    port = service["environment"]["PEERLEDGER_METRICS_PORT"]
    with container_server("plain17") as server:
        settings = tmp_path / "worker.env"
        settings.write_text(
            f"PEERLEDGER_DATABASE_URL={server.migrator_dsn}\nPEERLEDGER_METRICS_PORT={port}\n"
        )
        settings.chmod(0o600)
        options = [*as_compose_runs_it(), "--network=host", f"--env-file={settings}"]
        migrated = docker("run", "--rm", *options, image, "migrate")
        assert "The database is up to date." in migrated.stdout
        # Samples, SQL and pages are inside.
        assert "Nothing would change." in docker("run", "--rm", *options, image, "migrate", "--check").stdout
        assert docker("run", "--rm", "--entrypoint=id", image, "--user").stdout.strip() == "10001"

        worker = docker("run", "--detach", *options, image).stdout.strip()
        try:
            test = service["healthcheck"]["test"]
            assert test[0] == "CMD"
            for _ in range(120):
                health = docker("exec", worker, *test[1:], fails=True)
                running = docker("inspect", "--format", "{{.State.Running}}", worker).stdout.strip()
                assert running == "true", docker("logs", worker).stderr
                if health.returncode == 0:
                    break
            assert health.returncode == 0, health.stderr + docker("logs", worker).stderr
            docker("stop", "--time=110", worker)
            ended = docker("inspect", "--format", "{{.State.ExitCode}}", worker).stdout.strip()
            assert ended == "0", docker("logs", worker).stderr
            assert '"event": "stopped"' in docker("logs", worker).stderr
        finally:
            docker("rm", "--force", worker)
