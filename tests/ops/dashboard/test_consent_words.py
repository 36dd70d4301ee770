"""Both languages say the same things, with the same blanks to fill; times read as people say them."""

from __future__ import annotations

from string import Formatter

import pytest

from alerts.invitation import WORDS as ASKS
from ops.dashboard.consent_words import WORDS, language_of, when_in_words


@pytest.mark.parametrize("words", [WORDS, ASKS])
def test_both_languages_say_the_same_things(words: dict[str, dict[str, str]]) -> None:
    english, indonesian = words["en"], words["id"]
    assert list(english) == list(indonesian)
    for key, said in english.items():
        blanks = [
            {name for _, name, _, _ in Formatter().parse(text) if name} for text in (said, indonesian[key])
        ]
        assert blanks[0] == blanks[1], key
        assert indonesian[key].strip()
    assert [key for key in english if english[key] == indonesian[key]] == []


@pytest.mark.parametrize(
    ("times", "english", "indonesian"),
    [
        (("now",), "at once", "seketika"),
        (("hourly",), "each hour", "tiap jam"),
        (("daily 07:00",), "daily 07:00", "harian 07:00"),
        (
            ("daily 07:00", "weekly mon,fri 12:00"),
            "daily 07:00, weekly mon,fri 12:00",
            "harian 07:00, mingguan sen,jum 12:00",
        ),
    ],
)
def test_times_are_said_in_both(times: tuple[str, ...], english: str, indonesian: str) -> None:
    assert (when_in_words(times, "en"), when_in_words(times, "id")) == (english, indonesian)


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("id", "en", "id"),
        (None, "", "en"),
        (None, "id", "id"),
        (None, "en;q=0.3, id;q=0.4", "id"),
        (None, "id;q=0, en;q=0", "en"),
        ("fr", "id", "id"),
        (None, "id;q=abc", "en"),
    ],
)
def test_the_language_is_the_channels_or_what_the_browser_would_rather_have(
    chosen: str | None, accepted: str, language: str
) -> None:
    assert language_of(chosen, accepted) == language
