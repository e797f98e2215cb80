"""Addresses with a slip of the pen in them: nothing of a password is taken for a host and printed, and nothing goes
out in clear."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from peerledger.cli import app
from peerledger.errors import SettingsError
from peerledger.settings import is_protected, load_settings

_SECRET = "hemmelig"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kari:pass@hemmelig@db.example.org:5432/postgres",
        "postgresql://kari:pass/hemmelig@db.example.org:5432/postgres",
        "postgres://kari:pass@/hemmelig@db.example.org/postgres",
        "postgresql://kari:p@hemm/elig@db.example.org/postgres?sslmode=require",
        "postgresql://kari:5432/hemmelig@db.example.org/postgres",
        "postgresql://kari:@@hemmelig@db.example.org/postgres",
        "postgresql://kari@firma:hemmelig@db.example.org/postgres",
        "postgresql://kari:hemmelig%zz@db.example.org/postgres",
        "postgresql://kari:hemmelig%@db.example.org/postgres",
        "postgresql://kari:hemmelig@a?b@db.example.org/postgres",
    ],
)
def test_a_password_that_is_not_encoded_is_said_and_never_shown(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEERLEDGER_DATABASE_URL", url)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.exit_code == 2
    assert refused.value.message.startswith("PEERLEDGER_DATABASE_URL: ")
    assert "percent-encode" in refused.value.message
    result = CliRunner().invoke(app, ["status"])
    said = "".join([refused.value.message, result.output, *capfd.readouterr()])
    assert not [part for part in (_SECRET, "hemm", "elig", "kari", "example") if part in said]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kari:pass%40hemmelig@db.example.org:5432/postgres",
        "postgresql://kari:p%2Fq#r?s:t@db.example.org/postgres?sslmode=require",
        "postgresql://db.example.org/postgres?user=kari&password=p@ss",
        "postgresql:///postgres?host=/var/run/postgresql",
        "postgresql://kari@/postgres?host=@abstract",
        "postgresql://a:5432,b:5433/postgres",
        "postgresql://[::1]:5432/postgres",
        "host=db.example.org user=kari password='p@ss/word'",
    ],
)
def test_addresses_that_libpq_reads_rightly_pass(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEERLEDGER_DATABASE_URL", url)
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == url


@pytest.mark.parametrize("name", ["WEBHOOK_URL", "SEAL_WEBHOOK", "FCM_URL"])
@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://example.org/hook", True),
        ("http://localhost:8000/hook", True),
        ("http://hook.localhost/", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://example.org/hemmelig", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://localhost@example.org", False),
    ],
)
def test_nothing_is_sent_in_clear_but_to_this_machine(
    name: str, url: str, is_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_protected(url) is is_good
    monkeypatch.setenv(f"PEERLEDGER_{name}", url)
    if is_good:
        load_settings()
        return
    with pytest.raises(SettingsError, match=f"^PEERLEDGER_{name}: .*https://") as refused:
        load_settings()
    assert _SECRET not in refused.value.message
