"""The workers page on real servers: living and dead workers, reasons, versions; and with hostile words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from ops.store.schema import heartbeats
from worker.settings import from_env
from worker.store.schema import articles, entries

pytestmark = pytest.mark.servers

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SOON_S = -60.0
"""Its next sign is noted already, so that a slow test does not outlive it."""
EVERYTHING = ["tick", "poll", "read", "plan", "send"]


def worker(news: Any, name: str, queues: list[str], age_s: float = SOON_S, **says: Any) -> None:
    facts = {"name": name, "queues": queues, "slots": 4, "busy": 1, "pid": 99, "host": "vm", **says}
    at = news.now - timedelta(seconds=age_s)
    row = {"part": f"worker:{name}:{age_s}", "at": at, "says": facts}
    news.connection.execute(insert(heartbeats).values(row))


def test_an_installation_without_workers_says_so(site: Any) -> None:
    page = site.known_visitor().get("/workers")
    assert page.status == 200
    assert "No worker is alive: nothing is polled, read or sent." in page.text
    assert "Nothing. No feed fails, no page is left unread, no message is stuck." in page.text
    assert "PostgreSQL 1" in page.text
    assert 'aria-current="page"' in page.text


def test_it_says_who_lives_and_who_is_gone(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        worker(news, "all-of-it", EVERYTHING, version="7.8.9")
        worker(news, "reader", ["read"], age_s=400, version="6.0")
        worker(news, "ancient", ["read"], age_s=100_000)
    page = site.known_visitor().get("/workers").text
    assert "The worker keeps up." in page
    assert page.count("no sign of life</span>") == 1
    assert "another one" in page
    assert "ancient" not in page


def test_it_says_what_went_wrong_and_why(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        worker(news, "all", EVERYTHING)
        feed = news.feed("Broken", "failing", last_error="dns")
        article = news.article(feed, "Rusia gempur Kiev")
        match = news.match(
            article, [["title", 0, 5, "Rusia"]], {"field": "title", "text": "Rusia", "marks": []}
        )
        for state, reason in (("failed", "http_418"), ("held", "circuit: http_500"), ("failed", HOSTILE)):
            news.delivery(article, match, news.channel(f"desk {reason}"), state, reason=reason)
        words = {"title": "x", "summary": "", "content": "", "authors": [], "tags": [], "backlog": False}
        news.put(entries, feed_id=feed, **words, state="failed", reason="too_big", seen_at=news.now)
    page = site.known_visitor().get("/workers").text
    for words in ("Feeds that fail", "its name is not known (DNS)", "Messages that failed", "it answers 418"):
        assert words in page
    assert "Messages held" in page
    assert "Entries set aside" in page
    assert 'href="/deliveries"' in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_what_workers_say_is_only_ever_text(site: Any, world: Any) -> None:
    with world() as news:
        worker(news, "odd", [HOSTILE], host=HOSTILE, version=HOSTILE, since=HOSTILE, memory=HOSTILE)
        worker(news, HOSTILE, "not a list", slots=[], busy={})
        row = {"part": "worker:empty:1", "at": news.now, "says": {}}
        news.connection.execute(insert(heartbeats).values(row))
    page = site.known_visitor().get("/workers")
    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_it_names_the_broker_that_answers(make_site: Any, database: Any, urls: Any) -> None:
    given = from_env({"PANTAU_REDIS_URL": urls.redis, "PANTAU_DATABASE_URL": urls.database})
    assert "Valkey 9" in make_site(database, settings=given).known_visitor().get("/workers").text


def test_strangers_see_nothing(site: Any) -> None:
    assert site.visitor().get("/workers").status == 303


def test_the_room_of_the_largest_tables_is_told(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        news.article(news.feed(), "Rusia gempur Kiev")
    page = site.known_visitor().get("/workers").text
    assert "<code>articles</code>" in page
    with engine.begin() as connection:
        assert connection.execute(select(articles.c.id)).all()
