"""Which articles a subscription wants: by its sources and its languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.decision import Reason
from alerts.wanted import answers_to, unwanted

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)

FEED = {
    "source": "Harian Contoh",
    "names": ("Harian Contoh", "Contoh Daily RSS"),
    "hosts": ("news.example.id", "feeds.example.net", "www.bisnis.example"),
    "tags": ("indonesia", "Ekonomi"),
}


@pytest.mark.parametrize(
    "name",
    [
        *("Harian Contoh", "harian contoh", "Contoh Daily RSS"),
        *("indonesia", "tag:indonesia", "ekonomi", "TAG:Ekonomi".replace("TAG", "tag")),
        *("news.example.id", "example.id", "EXAMPLE.ID", "feeds.example.net", "bisnis.example"),
    ],
)
def test_a_source_is_found_by_name_title_tag_and_host(news_of: Make, name: str) -> None:
    assert answers_to(name, news_of(**FEED))


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "Harian", "Contoh", "tag:", "tag:Harian Contoh", "id", "net", "ample.id", "example"),
        *("s.example.id", "m.news.example.id", "example.id/rss", "-news.example.id"),
    ],
)
def test_what_is_only_like_it_is_not_it(news_of: Make, name: str) -> None:
    assert not answers_to(name, news_of(**FEED))


def test_the_same_letters_are_the_same_name_however_they_are_composed(news_of: Make) -> None:
    assert answers_to("Le\u0301man", news_of(source="L\u00e9man"))


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ((), None),
        (("example.id",), None),
        (("other.example",), Reason.SOURCE_FILTER),
        (("other.example", "tag:ekonomi"), None),
        (("-other.example",), None),
        (("-example.id",), Reason.SOURCE_FILTER),
        (("tag:indonesia", "-bisnis.example"), Reason.SOURCE_FILTER),
        (("tag:indonesia", "-Koran Lain"), None),
        ((" - Harian Contoh ",), Reason.SOURCE_FILTER),
    ],
)
def test_what_is_left_out_wins_over_what_is_named(
    news_of: Make, subscription_of: Make, sources: tuple[str, ...], reason: Reason | None
) -> None:
    assert unwanted(news_of(**FEED), subscription_of(sources=sources), NOW) is reason
