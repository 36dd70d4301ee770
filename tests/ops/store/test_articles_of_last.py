"""Stored articles come whole, in order and each once, however many pieces they are brought in."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from ops.searching import search
from ops.store import watched
from ops.store.watched import articles_of_last, count_articles_of_last
from tests.conftest import NOW
from worker.match import TopicIndex
from worker.model import Article, Topic, TopicId
from worker.store.engine import DatabaseTrouble, TablesDoNotFit

pytestmark = pytest.mark.servers

WEEK_S = 7 * 86400.0
TEXTS = (
    "Gempa di Łódź", "Gempuran", "GEMPA", "g\u0065\u0301mpa", "Hujan “deras”", "地震 di 東京", "Ge\u00admpa",
    "GÉMPA 🚀",
)  # fmt: skip


@pytest.fixture
def shelf(rows: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sixteen articles of this week, several read at the same moment, and one that is older; brought three by three."""
    monkeypatch.setattr(watched, "_PIECE", 3)
    feed = rows.feed()
    for n in range(16):
        facts = (
            {"language": None}
            if n % 3
            else {"language": "id", "authors": ["Ani", "Budi"], "tags": ['a "b"', "ц"]}
        )
        moment = NOW - timedelta(days=n // 5, minutes=1)
        rows.article(
            feed, title=TEXTS[n % 8], body=f"Isi {n}.\n\n{TEXTS[(n + 3) % 8]}", read_at=moment, **facts
        )
    rows.article(feed, title="gempa", read_at=NOW - timedelta(days=8))
    return rows


def test_they_come_whole_and_in_order(shelf: Any, database: Any) -> None:
    with database.connect() as connection:
        found = [each.opened() for each in articles_of_last(connection, WEEK_S)]
        assert count_articles_of_last(connection, WEEK_S) == 16
    stored = shelf.all(
        "SELECT id, title, body, language, url, source, authors, tags, read_at, coalesce(published_at, seen_at) "
        "FROM articles WHERE read_at > now() - interval '7 days' ORDER BY read_at DESC, id DESC"
    )
    assert len(stored) == 16
    assert [
        (each.id, each.article.title, each.article.body, each.article.language, each.article.url,
         each.article.source, each.article.author, each.article.tags, each.read_at, each.at)
        for each in found
    ] == [(*row[:6], ", ".join(row[6]), tuple(row[7]), row[8], row[9]) for row in stored]  # fmt: skip


@pytest.mark.parametrize("limit", [0, 1, 3, 7, 16, 99])
def test_no_more_come_than_are_wanted(shelf: Any, database: Any, limit: int) -> None:
    with database.connect() as connection:
        assert len(list(articles_of_last(connection, WEEK_S, limit))) == min(limit, 16)


def test_who_stops_half_way_may_use_the_connection_at_once(shelf: Any, database: Any) -> None:
    with database.connect() as connection:
        with closing(articles_of_last(connection, WEEK_S)) as coming:
            assert len(list(islice(coming, 4))) == 4
        assert count_articles_of_last(connection, WEEK_S) == 16


@pytest.mark.parametrize(
    "query", ["gempa", "gempa -deras", "lodz OR 東京", '"isi 3"', "gemp* AND deras", "lang:id gempa"]
)
def test_a_query_finds_what_reading_every_article_finds(shelf: Any, database: Any, query: str) -> None:
    index = TopicIndex()
    index.add(Topic(TopicId(1), "", query))
    every = [
        Article(row[0], row[1], row[2])
        for row in shelf.all(
            "SELECT title, body, language FROM articles WHERE read_at > now() - interval '7 days'"
        )
    ]
    with database.connect() as connection:
        found = search(query, articles_of_last(connection, WEEK_S))
    assert (found.articles, found.matched) == (16, sum(bool(index.match(article)) for article in every))


def test_trouble_is_told_as_all_trouble_of_the_database_is(shelf: Any, database: Any) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE articles RENAME body TO text")
        with pytest.raises(TablesDoNotFit):
            list(articles_of_last(connection, WEEK_S))
    with database.connect() as connection, database.connect() as other:
        coming = articles_of_last(connection, WEEK_S)
        next(coming)
        other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        with pytest.raises(DatabaseTrouble):
            list(coming)
