"""What is said of settings that work and let others read along; and the watchdog of the nights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from http_receiver import Answer, receiver

from peerledger import heartbeat
from peerledger.cautions import cautions
from peerledger.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("url", "is_said"),
    [
        ("postgresql://u:hemmelig@db.example.org/x", True),
        ("postgresql://u:hemmelig@db.example.org/x?sslmode=require", True),
        ("postgresql://u:hemmelig@db.example.org/x?sslmode=verify-ca", True),
        ("postgresql://u:hemmelig@db.example.org/x?sslmode=verify-full", False),
        ("postgresql://u:hemmelig@8.8.8.8/x", True),
        ("postgresql://u:hemmelig@database,db.example.org/x", True),
        ("host=db.example.org user=u", True),
        ("postgresql://u:hemmelig@database:5432/x", False),
        ("postgresql://u:hemmelig@127.0.0.1/x", False),
        ("postgresql://u:hemmelig@10.0.0.5/x", False),
        ("postgresql://u:hemmelig@[::1]/x", False),
        ("postgresql:///x?host=/run/a.b/postgresql", False),
        ("postgresql:///x", False),
    ],
)
def test_a_hosted_server_that_need_not_prove_who_it_is(
    url: str, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEERLEDGER_DATABASE_URL", url)
    said = cautions(load_settings())
    assert bool(said) is is_said
    assert all("verify-full" in line and "hemmelig" not in line for line in said)


@pytest.mark.parametrize(("mode", "is_said"), [(0o600, False), (0o640, False), (0o644, True), (0o606, True)])
@pytest.mark.parametrize("name", [".env", "SEAL_KEY_FILE", "FCM_CREDENTIALS_FILE"])
def test_a_file_with_secrets_that_everybody_can_read(
    name: str, mode: int, is_said: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / (".env" if name == ".env" else "key")
    file.write_text("")
    file.chmod(mode)
    if name != ".env":
        monkeypatch.setenv(f"PEERLEDGER_{name}", str(file))
    said = cautions(load_settings())
    assert bool(said) is is_said
    assert all(f"chmod 600 {file.name if name == '.env' else file}" in line for line in said)


def test_it_is_said_after_the_answer_and_stops_nothing(tmp_path: Path, data_directory: Path) -> None:
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    done = subprocess.run(
        [sys.executable, "-m", "peerledger", "status"],
        env=clean | {"PEERLEDGER_DATA_DIR": str(data_directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, "it is not migrated"
    assert "not up to date" in done.stdout
    assert (
        done.stderr
        == "peerledger: .env holds secrets and can be read by everybody on this machine. Run: chmod 600 .env\n"
    )


@pytest.mark.parametrize(("is_good", "path"), [(True, "/ping/1"), (False, "/ping/1/fail")])
def test_a_watchdog_hears_of_each_night(is_good: bool, path: str) -> None:
    with receiver() as web:
        settings = Settings.model_validate({"heartbeat_url": f"{web.url}/ping/1"})
        assert heartbeat.send(settings, is_good=is_good)
        assert [request.path for request in web.requests] == [path]


def test_a_watchdog_that_does_not_answer_costs_no_night() -> None:
    with receiver() as web:
        web.answer("/ping/1", Answer(500))
        assert not heartbeat.send(
            Settings.model_validate({"heartbeat_url": f"{web.url}/ping/1"}), is_good=True
        )
    assert not heartbeat.send(Settings.model_validate({"heartbeat_url": "http://127.0.0.1:1/"}), is_good=True)
    assert not heartbeat.send(Settings.model_construct(), is_good=True)
