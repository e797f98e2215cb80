"""The words of each kind, in every language."""

import re
import uuid
from typing import Any

import pytest
from conftest import Database
from test_notification_transports import a_message

from peerledger.notify.texts import TEMPLATES, NoTextError, compose

LOCALES = ("nb", "nn", "en")
PAYLOADS: dict[str, dict[str, Any]] = {
    "badge_awarded": {"badge_definition_id": str(uuid.uuid4()), "qualified_on": "2026-01-15"},
    "certification_reminder": {"certification_id": str(uuid.uuid4()), "expires_on": "2026-03-01"},
    "certification_expired": {"certification_id": str(uuid.uuid4()), "expires_on": "2026-03-01"},
    "status_changed": {"mentor_id": str(uuid.uuid4()), "changed_on": "2026-03-01"},
    "proxy_registered": {"mentor_id": str(uuid.uuid4()), "digest_on": "2026-03-01", "activity_count": 2},
    "proxy_disputed": {"dispute_id": str(uuid.uuid4()), "disputed_on": "2026-03-01"},
    "ops_alert": {"alert_id": str(uuid.uuid4())},
    "digest": {"digest_on": "2026-03-01", "counts": {"certification_expired": 1, "status_changed": 3}},
}


@pytest.mark.one_target
def test_every_kind_of_the_database_has_a_text(database: Database) -> None:
    row = (
        database.superuser()
        .execute(
            "select pg_get_constraintdef(oid) from pg_constraint"
            " where conname = 'kind_is_known' and conrelid = 'public.notifications'::regclass"
        )
        .fetchone()
    )
    assert row is not None
    kinds = set(re.findall(r"'(\w+)'", row[0])) | {"digest"}
    assert kinds == set(PAYLOADS)
    for locale in LOCALES:
        assert {file.stem for file in (TEMPLATES / locale).glob("*.j2")} == kinds
        # An alert never waits for a digest.
        for kind in kinds - {"digest", "ops_alert"}:
            one, several = (
                compose(a_message(kind="digest", locale=locale, payload={"counts": {kind: count}})).body
                for count in (1, 2)
            )
            assert one.replace("1", "2", 1) != several


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_text_is_a_title_and_whole_sentences(kind: str, locale: str) -> None:
    payload = PAYLOADS[kind] | {"display_name": "Kari Nordmann"}
    text = compose(a_message(kind=kind, locale=locale, payload=payload, badge_name="Ti samtaler"))
    assert 5 < len(text.title) <= 60
    assert text.body.endswith(".")
    for words in (text.title, text.body):
        assert not re.search(r"[{}%\n]|  | [.,]", words), words
        assert "Kari" not in words
    assert "Nord" in text.title + text.body


def test_dates_and_names_are_written_as_people_write_them() -> None:
    payload = PAYLOADS["certification_reminder"]
    assert "utløper 1. mars 2026." in compose(a_message(payload=payload)).body
    assert "expires on 1 March 2026." in compose(a_message(payload=payload, locale="en")).body
    badge = a_message(kind="badge_awarded", payload=PAYLOADS["badge_awarded"], badge_name="Ti <samtaler>")
    assert "«Ti <samtaler>»" in compose(badge).body
    digest = a_message(kind="digest", payload=PAYLOADS["digest"])
    assert compose(digest).body.startswith("1 likeperson med utløpt kursbevis, 3 statusendringer.")
    sealed = {"origin": "o", "tree_size": 41, "root": "0123456789abcdef", "key_id": "89abcdef"}
    digest = a_message(kind="digest", payload=PAYLOADS["digest"] | {"checkpoint": sealed})
    kept = "Ta vare på dette: kontrollpunkt for loggene, 41 oppføringer, rot 0123 4567 89ab cdef, nøkkel 89abcdef."
    assert compose(digest).body.endswith(kept)
    sealed["key_id"] = None
    assert compose(digest).body.endswith("rot 0123 4567 89ab cdef.")
    assert "går ut 1. mars 2026." in compose(a_message(payload=payload, locale="nn")).body


@pytest.mark.parametrize(
    ("locale", "words"), [("nb", "nettsiden"), ("nn", "nettsida"), ("en", "the website")]
)
def test_the_website_is_mentioned_only_where_there_is_one(locale: str, words: str) -> None:
    for is_on_website in (True, False):
        expired = a_message(
            kind="certification_expired",
            locale=locale,
            payload=PAYLOADS["certification_expired"],
            is_on_website=is_on_website,
        )
        assert (words in compose(expired).body) == is_on_website


@pytest.mark.parametrize("locale", LOCALES)
def test_the_mentor_is_told_how_their_dispute_was_settled(locale: str) -> None:
    texts = [
        compose(a_message(kind="proxy_disputed", locale=locale, payload=payload))
        for payload in (PAYLOADS["proxy_disputed"], {"outcome": "upheld"}, {"outcome": "rejected"})
    ]
    assert len({text.body for text in texts}) == 3
    assert texts[1].title == texts[2].title != texts[0].title
    for text in texts:
        assert 5 < len(text.title) <= 60
        assert text.body.endswith(".")


@pytest.mark.parametrize("locale", LOCALES)
def test_one_activity_is_not_several(locale: str) -> None:
    one, two = (
        compose(a_message(kind="proxy_registered", locale=locale, payload={"activity_count": count})).body
        for count in (1, 2)
    )
    assert "2" in two
    assert "1" not in one


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "unknown"},
        {"locale": "sv"},
        {"payload": {"expires_on": "soon"}},
        {"payload": {"expires_on": None}},
        {"kind": "digest", "payload": {}},
        {"kind": "digest", "payload": {"counts": {"unknown": 1}}},
    ],
)
def test_no_text_is_made_from_missing_data(changes: dict[str, Any]) -> None:
    with pytest.raises(NoTextError):
        compose(a_message(**changes))
