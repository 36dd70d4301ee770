"""An installation with matches that nobody has decided about, and with messages that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ops.kit import clock
from worker.secrets import KeyRing, Secret
from worker.store.engine import Engine

KEYS = KeyRing.of(("a key for benchmarks alone",))


@dataclass(frozen=True)
class Size:
    """So many topics, subscriptions, channels, and articles with so many matches each; every subscription hears one
    topic in `one_in`, on two channels."""

    topics: int = 200
    subscriptions: int = 40
    channels: int = 80
    articles: int = 2000
    matches: int = 3
    one_in: int = 5


def world(engine: Engine, size: Size) -> None:
    """Topics, subscriptions, channels, and articles with new matches."""
    now = clock()
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO feeds (url, name, next_poll_at) VALUES ('https://b.example/f', 'Feed', 'infinity')"
            )
        )
        connection.execute(
            text("""
                INSERT INTO topics (name, query, created_at)
                SELECT 'topic ' || n, 'word' || n, now() - interval '30 days' FROM generate_series(1, :n) n"""),
            {"n": size.topics},
        )
        for n in range(1, size.channels + 1):
            target = KEYS.seal(Secret(f"https://b.example/{n}"), f"channel:c{n}:target")
            connection.execute(
                text("""INSERT INTO channels (name, kind, target, target_ref, fingerprint, created_at)
                        VALUES (:name, 'webhook', :target, 'env:X', :name, now() - interval '30 days')"""),
                {"name": f"c{n}", "target": target},
            )
        for n in range(size.subscriptions):
            heard = [f"topic {t}" for t in range(1, size.topics + 1) if t % size.one_in == n % size.one_in]
            told = [f"c{(2 * n + k) % size.channels + 1}" for k in range(2)]
            connection.execute(
                text("""INSERT INTO subscriptions (name, topics, channels, cap_per_hour, created_at, changed_at)
                        VALUES (:name, :topics, :channels, 100000, now() - interval '30 days',
                                now() - interval '30 days')"""),
                {"name": f"s{n}", "topics": heard, "channels": told},
            )
    with_matches(engine, size, now)


def with_matches(engine: Engine, size: Size, now: datetime) -> None:
    """The articles, each matched by some topics, all still to be decided about."""
    with engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO articles (identity, url, feed_id, source, title, body, language, authors, tags,
                                      published_at, seen_at, read_at, backlog, method, summary_only)
                SELECT 'b' || n, 'https://b.example/' || n, (SELECT min(id) FROM feeds), 'Source ' || n % 50,
                       'Title ' || n, 'Words.', 'en', '{}', '{}', :now, :now, :now, false, 'extracted', false
                FROM generate_series(1, :n) n"""),
            {"n": size.articles, "now": now},
        )
        connection.execute(
            text("""
                INSERT INTO matches (topic_id, article_id, hits, quote)
                SELECT 1 + (a.id * 7 + k * 13) % :topics, a.id, '[["body", 0, 5, "Words"]]'::jsonb,
                       '{"field": "body", "text": "Words.", "marks": [[0, 5]]}'::jsonb
                FROM articles a, generate_series(1, :k) k ON CONFLICT DO NOTHING"""),
            {"topics": size.topics, "k": size.matches},
        )
