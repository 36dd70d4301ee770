"""How things do, closely: a feed, a subscription's messages, the machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.store.schema import subscriptions
from worker.store.schema import entries, matches, topics

pytestmark = pytest.mark.servers

HOSTILE = "<b>\u202eberita"


def test_a_feed_tells_how_it_does(program: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed("Warta", polls="nuec?", last_status=200)
        facts = {"summary": "", "content": "", "authors": [], "tags": [], "backlog": False}
        gone = {"title": HOSTILE, "link": "javascript:alert(1)", "state": "failed", "reason": "gone"}
        news.put(entries, feed_id=feed, seen_at=datetime.now(UTC), **facts, **gone)
        silent = news.feed("Sepi")
    reader = program("read")
    told = reader.get(f"/feeds/{feed}/health").json
    assert told["polls"] == ["news", "same", "failed", "cooling", "same"]
    (entry,) = told["entries"]
    assert (entry["state"], entry["reason"], entry["link"], entry["article_id"]) == (
        "failed",
        "gone",
        None,
        None,
    )
    assert "\u202e" not in entry["title"]
    assert (told["per_day"][-1], told["set_aside"], told["missed"]) == (1, 1, [])
    assert reader.get(f"/feeds/{silent}/health").json["entries"] == []
    assert reader.get("/feeds/999999/health").status == 404


def test_a_subscription_shows_what_its_messages_look_like(program: Any, world: Any) -> None:
    with world() as news:
        topic = news.put(topics, name="Nikel", query="nikel")
        number = news.put(subscriptions, name="quiet", topics=["Nikel"], channels=["none"])
        article = news.article(news.feed(), "Harga nikel naik", url="https://kabar.example/nikel")
    path = f"/subscriptions/{number}/preview"
    before = program("read").get(path).json
    with world() as news:
        quote = {"field": "title", "text": "Harga nikel naik", "marks": [[6, 11]]}
        hits = [["title", 6, 11, "nikel"]]
        news.put(matches, topic_id=topic, article_id=article, hits=hits, quote=quote, state="planned")
    shown = program("read").get(path).json
    assert before == []
    assert [each["kind"] for each in shown] == ["slack_webhook", "email"]
    assert all("Harga nikel naik" in each["title"] + each["text"] for each in shown)
    assert program("read").get("/subscriptions/999999/preview").status == 404


def test_the_machine_tells_of_desks_workers_and_failures(program: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.feed("Warta", state="failing", last_error="http 500")
        news.feed("Lain", state="failing", last_error="http 500")
    told = program("read").get("/machine").json
    assert set(told["desks"]) == {"poll", "read", "plan", "send"}
    assert told["tick_at"] is not None
    failed = [each for each in told["failures"] if each["kind"] == "poll"]
    assert [(each["reason"], each["count"]) for each in failed] == [("http 500", 2)]
    assert told["database_bytes"] > 0
    assert len(told["tables"]) == 6
