"""Listing topics, and trying a query on what was read."""

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
    assert found["newest"][0]["quote"] == {"field": "body", "text": "NATO met.", "marks": [[0, 4]]}
    assert sum(day["matched"] for day in found["days"]) == 30
    assert found["days"][-1].keys() == {"day", "articles", "matched"}
    assert found["terms"] == [
        {"term": "nato", "found": 30, "found_share": 1.0, "alone": 30, "alone_share": 1.0}
    ]


@pytest.mark.servers
def test_in_words_a_query_comes_with_its_days_its_terms_and_the_newest_sentences(
    pantau: Any, library: Any
) -> None:
    answer = pantau("topics", "test", "nato OR hujan OR gempa")
    assert answer.out.startswith("31 of 31 articles of the last 7d match (100 %)\n")
    assert "█" in answer.out
    assert "nato   97 %       97 %" in answer.out
    assert "the newest 5 of 31 that match:" in answer.out
    assert "  > NATO met." in answer.out
    assert answer.err == (
        "warning: it matches 100.0% of 31 articles, more than 5%; a narrower query is told less often and read more\n"
    )


@pytest.mark.servers
def test_a_topic_is_tried_as_it_is_saved(pantau: Any, library: Any) -> None:
    library.topic("Hujan", "hujan")
    (found,) = pantau("topics", "backtest", "Hujan", "--json").lines
    assert (found["topic"], found["query"], found["matched"], found["articles"]) == ("Hujan", "hujan", 1, 31)
    assert pantau("topics", "backtest", "Hujan").out.startswith(
        "1 of 31 articles of the last 7d match (3.2 %)\n"
    )


@pytest.mark.servers
def test_another_query_is_held_against_the_saved_one(pantau: Any, library: Any) -> None:
    library.topic("Hujan", "hujan OR title:1")
    answer = pantau("topics", "backtest", "Hujan", "--query", "hujan OR title:2 OR title:3", "--json")
    (found,) = answer.lines
    assert answer.code == 0
    assert (found["saved"]["matched"], found["new"]["matched"]) == (2, 3)
    assert (found["gained"]["articles"], found["lost"]["articles"]) == (2, 1)
    assert [each["title"] for each in found["gained"]["newest"]] == ["NATO 2", "NATO 3"]
    assert [each["title"] for each in found["lost"]["newest"]] == ["NATO 1"]
    shown = pantau("topics", "backtest", "Hujan", "--query", "hujan OR title:2 OR title:3").out
    assert "new articles 2, lost articles 1\n" in shown
    assert "2 that are new:" in shown
    assert "1 that are lost:" in shown
    assert pantau("topics", "backtest", "Hujan", "--query", "gempa", "--since", "30m").code == 4


@pytest.mark.servers
def test_an_unknown_topic_is_told_with_the_one_that_was_probably_meant(pantau: Any, library: Any) -> None:
    library.topic("Hujan lebat", "hujan")
    answer = pantau("topics", "backtest", "hujan lebat")
    assert answer.code == 65
    assert 'no topic is called "hujan lebat" (did you mean "Hujan lebat"?)' in answer.err


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


def test_an_unknown_entity_is_told_where_no_database_is_there_to_know_it(pantau: Any) -> None:
    answer = pantau("topics", "test", "@ukraina")
    assert answer.code == 65
    assert "did you mean '@ukraine'" in answer.err


@pytest.mark.servers
def test_a_query_may_name_an_entity_of_ones_own(pantau: Any, library: Any) -> None:
    library.entity({"key": "rain", "title": "Rain", "names": {"id": {"any": ["hujan"]}}})
    assert pantau("topics", "test", "@rain", "--json").lines[0]["matched"] == 1
    library.topic("Rain", "@rain")
    assert pantau("topics", "backtest", "Rain", "--json").lines[0]["terms"][0]["term"] == "@rain"
    assert pantau("topics", "test", "@rein").code == 65


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
def test_topics_are_applied_to_older_articles(pantau: Any, library: Any) -> None:
    library.topic("NATO", "nato")
    library.channel()
    library.subscription()
    (planned,) = pantau("topics", "apply-back", "NATO", "--since", "7d", "--dry-run", "--json").lines
    assert (planned["dry_run"], planned["matched"], planned["told"]) == (True, 30, 30)
    answer = pantau("topics", "apply-back", "NATO", "--since", "7d", "--catch-up")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "30 of 31 articles of the last 7d match, 30 matches are new",
        "30 alerts go out, in one summary for each subscription and channel",
    ]
    again = pantau("topics", "apply-back", "NATO", "--since", "7d", "--silent")
    assert again.out.splitlines()[1].startswith("nobody is told: everything was decided before")
    assert pantau("audit").code == 0


@pytest.mark.servers
def test_topics_that_find_nothing_older_end_with_4(pantau: Any, library: Any) -> None:
    library.topic("Gempa", "gempa")
    assert pantau("topics", "apply-back", "Gempa", "--since", "7d").code == 4
    assert pantau("topics", "apply-back", "Gmepa", "--since", "7d").code == 65
    assert pantau("topics", "apply-back", "--since", "7d").code == 2
    assert pantau("topics", "apply-back", "Gempa").code == 2


@pytest.mark.servers
def test_the_doctor_names_a_topic_that_can_no_longer_be_read(pantau: Any, library: Any) -> None:
    library.topic("Lost", "@nobody-knows-it")
    library.topic("NATO", "@nato")
    answer = pantau("doctor", "--json")
    about = {finding["about"]: finding for finding in answer.lines[0]["findings"]}
    assert answer.code == 1
    assert "unknown entity '@nobody-knows-it'" in about["Lost"]["says"]
    assert "NATO" not in about
