"""`pantau why` tells which story an article was put into, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.store.stories import assign

pytestmark = pytest.mark.servers

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
EN = (
    "A shallow earthquake of magnitude 6.1 shook the city of Palu on Indonesia's Sulawesi island, injuring at least 17 "
    "people and damaging about 140 homes. The agency BMKG put the depth at 12 kilometres northwest of Donggala."
)
ID = (
    "Gempa bumi bermagnitudo 6,1 mengguncang Kota Palu, Sulawesi Tengah. BMKG menyatakan gempa berpusat pada kedalaman "
    "12 kilometer. BPBD mencatat 17 orang luka-luka dan 140 rumah rusak di Donggala."
)


@pytest.fixture
def told(installation: None, rows: Any, database: Any) -> None:
    """A quake in three articles, the last by a joker, and an article that no topic touches."""
    feed = rows.feed()
    texts = (
        ("Quake hits Palu", EN, "en", "Wire"),
        ("Gempa Palu", ID, "id", "Harian"),
        ("\x1b[2JQuake", EN, "en", "X"),
    )
    made = [
        rows.article(
            feed,
            title=title,
            body=body,
            language=language,
            source=source,
            url=f"https://n.example/{n}",
            identity=f"https://n.example/{n}",
            seen_at=NOW + timedelta(minutes=n),
        )
        for n, (title, body, language, source) in enumerate(texts)
    ]
    rows.article(feed, title="Other", identity="https://n.example/9", url="https://n.example/9")
    with database.begin() as connection:
        assign(connection, made, NOW)


def story(out: str) -> list[str]:
    lines = out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("story"))
    return lines[at : at + 2]


def test_the_first_article_began_the_story(pantau: Any, told: None) -> None:
    size, why = story(pantau("why", "https://n.example/0").out)
    assert size.endswith("3 articles, 3 outlets, 2 languages, since 2026-03-04 09:00: Quake hits Palu")
    assert why.strip() == "it began the story (new)"


def test_another_language_says_by_what_it_was_found(pantau: Any, told: None) -> None:
    _, why = story(pantau("why", "https://n.example/1").out)
    assert "the same event, in another language, as “Quake hits Palu” (Wire), alike 0." in why
    assert "@palu" in why
    assert "6.1" in why
    assert why.endswith("(across_languages)")


def test_a_copy_says_of_what_and_shows_no_control_characters(pantau: Any, told: None) -> None:
    answer = pantau("why", "https://n.example/2").out
    assert story(answer)[1].strip() == "the same text as “Quake hits Palu” (Wire) (same_text)"
    assert "\x1b" not in answer


def test_scripts_get_the_same(pantau: Any, told: None) -> None:
    found = json.loads(pantau("why", "https://n.example/1", "--json").out)["story"]
    assert found["reason"] == "across_languages"
    assert found["articles"] == 3


def test_an_article_without_a_story_says_nothing_of_one(pantau: Any, told: None) -> None:
    assert "story" not in pantau("why", "https://n.example/9").out
