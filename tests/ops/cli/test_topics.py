"""Listing topics and subscriptions, and trying a query on what was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOW = datetime.now(UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.fixture
def library(installation: None, rows: Any) -> Any:
    """Thirty articles of NATO, an older one, and one of something else."""
    feed = rows.feed()
    for hour in range(1, 31):
        rows.article(feed, title=f"NATO {hour}", read_at=ago(hours=hour), published_at=ago(hours=hour + 1))
    rows.article(feed, title="NATO of old", read_at=ago(days=20))
    rows.article(feed, title="\x1b[31mBanjir", body="Hujan.", read_at=ago(hours=1), authors=["Sari Utami"])
    return rows


@pytest.mark.servers
def test_a_query_is_counted_over_the_week_and_shown_with_the_newest_twenty(pantau: Any, library: Any) -> None:
    answer = pantau("topics", "test", "nato", "--json")
    (found,) = answer.lines
    assert (answer.code, found["articles"], found["matched"]) == (0, 31, 30)
    assert [each["title"] for each in found["newest"]] == [f"NATO {hour}" for hour in range(1, 21)]
    assert found["newest"][0]["words"] == ["NATO"]
    assert found["newest"][0]["at"].startswith(f"{ago(hours=2):%Y-%m-%dT%H:%M}")
    shown = pantau("topics", "test", "nato").out
    assert shown.startswith("30 of 31 articles of the last 7d match\n")
    assert len(shown.splitlines()) == 3 + 20


@pytest.mark.servers
@pytest.mark.parametrize(("since", "matched"), [("90m", 1), ("30d", 31), ("9999999999999d", 31)])
def test_a_query_looks_as_far_back_as_it_is_told(pantau: Any, library: Any, since: str, matched: int) -> None:
    assert pantau("topics", "test", "nato", "--since", since, "--json").lines[0]["matched"] == matched


@pytest.mark.servers
def test_a_query_that_finds_nothing_ends_with_4(pantau: Any, library: Any) -> None:
    answer = pantau("topics", "test", "samudra")
    assert (answer.code, answer.out) == (4, "0 of 31 articles of the last 7d match\n")


@pytest.mark.servers
def test_a_query_sees_the_author_and_shows_no_control_character(pantau: Any, library: Any) -> None:
    answer = pantau("topics", "test", 'hujan author:"Sari Utami"')
    assert answer.code == 0
    assert "\x1b" not in answer.out


def test_a_query_that_cannot_be_read_names_the_column_before_any_database_is_asked(pantau: Any) -> None:
    answer = pantau("topics", "test", "nato OR (")
    assert answer.code == 65
    assert "column " in answer.err


def test_a_time_that_cannot_be_read_is_bad_input(pantau: Any) -> None:
    answer = pantau("topics", "test", "nato", "--since", "week")
    assert answer.code == 65
    assert '--since: "week" is not a duration' in answer.err


@pytest.mark.parametrize("noun", ["topics", "subscriptions", "channels", "deliveries"])
def test_a_list_without_an_installation_says_what_to_start(pantau: Any, noun: str) -> None:
    answer = pantau(noun, "list")
    assert answer.code == 69
    assert "pantau up" in answer.err


@pytest.mark.servers
@pytest.mark.parametrize("noun", ["topics", "subscriptions", "channels"])
def test_a_list_of_nothing_says_how_to_begin(pantau: Any, installation: None, noun: str) -> None:
    assert "declare them in a watchlist" in pantau(noun, "list").out
    assert pantau(noun, "list", "--json").out == ""


@pytest.mark.servers
def test_topics_are_listed_with_their_queries_and_matches(pantau: Any, library: Any) -> None:
    topic = library.topic("NATO", "@nato", tags=["war"])
    library.match(topic, library.article(library.feed()))
    library.topic("gone", removed_at=NOW)
    (row,) = pantau("topics", "list", "--json").lines
    assert row == {"name": "NATO", "query": "@nato", "tags": ["war"], "declared": False, "matches_24h": 1}
    assert pantau("topics", "list").out.splitlines()[1].split() == ["NATO", "war", "1", "@nato"]


@pytest.mark.servers
def test_subscriptions_are_listed_with_all_that_was_declared(
    pantau: Any, installation: None, rows: Any
) -> None:
    rows.subscription(name="pagi", when=["daily 07:00"], timezone="Asia/Jakarta", quiet="22:00-06:00")
    rows.subscription(name="gone", removed_at=NOW)
    (row,) = pantau("subscriptions", "list", "--json").lines
    assert (row["name"], row["topics"], row["channels"]) == ("pagi", ["NATO"], ["desk"])
    assert (row["when"], row["timezone"], row["group"], row["on_doubt"]) == (
        ["daily 07:00"],
        "Asia/Jakarta",
        "story",
        "resend",
    )
    assert "daily 07:00 (Asia/Jakarta)" in pantau("subscriptions", "list").out
