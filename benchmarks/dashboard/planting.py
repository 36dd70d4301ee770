"""A database that has been in use for a while: made from a seed, in the shapes that pages ask for."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from benchmarks import stored
from worker.secrets import KeyRing, Secret


@dataclass(frozen=True)
class Size:
    """What the database holds. Articles spread evenly over `days`, three in four of them touched by no topic."""

    articles: int = 1_000_000
    feeds: int = 10_000
    topics: int = 1_000
    deliveries: int = 200_000
    subscriptions: int = 400
    channels: int = 100
    days: int = 90


def plant(engine: Engine, url: str, size: Size, keys: KeyRing, now: datetime, seed: int = 7) -> None:
    """Fills an empty, migrated database. Articles go in without their index of words, which is built afterwards, as a
    restore would."""
    chance = random.Random(seed)
    with engine.begin() as connection:
        connection.execute(text(_FEEDS), {"n": size.feeds, "now": now})
        connection.execute(text(_TOPICS), {"n": size.topics, "now": now})
        for n in range(1, size.channels + 1):
            target = keys.seal(Secret(f"http://127.0.0.1:9/{n}"), f"channel:channel {n}:target")
            connection.execute(text(_CHANNEL), {"n": n, "target": target, "now": now})
        connection.execute(text(_SUBSCRIPTIONS), {"n": size.subscriptions, "now": now, **_counts(size)})
        stored.drop_index_of_words(connection)
    stored.copy_articles(url, stored.made_up(size.articles, size.feeds, size.days, now, chance))
    with engine.begin() as connection:
        stored.build_index_of_words(connection)
        for statement in (
            _MATCHES,
            _STORIES,
            _IN_STORIES,
            _DELIVERIES,
            _SLOTS,
            _ALERTS,
            _ATTEMPTS,
            _ENTRIES,
            _BEATS,
        ):
            connection.execute(text(statement), {"now": now, **_counts(size)})
            connection.execute(text("ANALYZE"))  # else what follows joins tables that are thought to be empty
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _counts(size: Size) -> dict[str, int]:
    return {
        "articles": size.articles,
        "feeds": size.feeds,
        "topics": size.topics,
        "deliveries": size.deliveries,
        "subscriptions": size.subscriptions,
        "channels": size.channels,
    }


_FEEDS = """
INSERT INTO feeds (url, name, title, tags, language, state, next_poll_at, next_poll_why, last_polled_at, last_ok_at,
                   failures, last_status, last_error, polls, created_at)
SELECT 'https://site' || n || '.example/feed', 'Source ' || n, 'News of site ' || n, ARRAY['tag' || n % 20],
       (ARRAY['en','id','de','fr','uk'])[1 + n % 5],
       CASE WHEN n % 50 = 0 THEN 'failing' WHEN n % 400 = 1 THEN 'gone' ELSE 'ok' END,
       CAST(:now AS timestamptz) + n % 300 * interval '1 second', 'rhythm',
       CAST(:now AS timestamptz) - n % 300 * interval '1 second',
       CAST(:now AS timestamptz) - n % 300 * interval '1 second',
       CASE WHEN n % 50 = 0 THEN 4 ELSE 0 END, CASE WHEN n % 50 = 0 THEN 503 ELSE 200 END,
       CASE WHEN n % 50 = 0 THEN 'the server answered 503' END, repeat('n', 30),
       CAST(:now AS timestamptz) - interval '100 days'
FROM generate_series(1, :n) n"""

_TOPICS = """
INSERT INTO topics (name, query, tags, created_at)
SELECT 'Topic ' || n, 'word' || n || ' OR "two words" OR nato', ARRAY['tag' || n % 10],
       CAST(:now AS timestamptz) - interval '100 days'
FROM generate_series(1, :n) n"""

_CHANNEL = """
INSERT INTO channels (name, kind, target, target_ref, fingerprint, created_at)
VALUES ('channel ' || CAST(:n AS text), 'webhook', :target, 'env:HOOK', 'print ' || CAST(:n AS text),
        CAST(:now AS timestamptz) - interval '100 days')"""

_SUBSCRIPTIONS = """
INSERT INTO subscriptions (name, topics, channels, "when", created_at, changed_at)
SELECT 'Desk ' || n, ARRAY(SELECT 'Topic ' || 1 + (n * 31 + k * 17) % :topics FROM generate_series(1, 10) k),
       ARRAY['channel ' || 1 + n % :channels],
       CASE WHEN n % 4 = 0 THEN ARRAY['daily 07:00'] ELSE ARRAY['now'] END,
       CAST(:now AS timestamptz) - interval '100 days', CAST(:now AS timestamptz) - interval '100 days'
FROM generate_series(1, :n) n"""

_MATCHES = """
INSERT INTO matches (topic_id, article_id, hits, quote, state, created_at)
SELECT 1 + (a.id * 13 + k * 101) % :topics, a.id,
       jsonb_build_array(jsonb_build_array('body', 0, 5, left(a.body, 5))),
       jsonb_build_object('field', 'body', 'text', left(a.body, 160), 'marks', '[[0, 5]]'::jsonb),
       'planned', a.read_at + interval '0.2 seconds'
FROM articles a, generate_series(1, 2) k WHERE a.id % 4 = 0 ON CONFLICT DO NOTHING"""

_STORIES = """
INSERT INTO stories (title, first_at, last_at, articles)
SELECT title, seen_at, seen_at + interval '5 hours', 5 FROM articles WHERE id % 20 = 0"""

_IN_STORIES = """
UPDATE articles a SET story_id = s.id, story_reason = '{"reason": "same_event", "like": null, "likeness": 0.4}'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM stories) s
WHERE a.id % 4 = 0 AND s.n = (a.id + 19) / 20"""

_DELIVERIES = """
INSERT INTO deliveries (channel_id, subscription_id, kind, story_id, bundle, state, reason, due_at, on_doubt, attempts,
                        last_answer, expires_at, first_attempt_at, ended_at, created_at)
SELECT 1 + d.n % :channels, 1 + d.n % :subscriptions, CASE WHEN d.n % 30 = 0 THEN 'digest' ELSE 'article' END,
       a.story_id, 'article:' || a.id,
       CASE WHEN d.n > :deliveries - 40 THEN 'ready' WHEN d.n % 500 = 0 THEN 'failed' WHEN d.n % 900 = 1 THEN 'unknown'
            ELSE 'sent' END,
       CASE WHEN d.n % 500 = 0 THEN 'refused' END, a.read_at + interval '1 second', 'resend', 1, '200 ok',
       a.read_at + interval '1 day', a.read_at + interval '1 second',
       CASE WHEN d.n > :deliveries - 40 THEN NULL ELSE a.read_at + interval '2 seconds' END,
       a.read_at + interval '0.5 seconds'
FROM generate_series(1, :deliveries) AS d(n)
JOIN articles a ON a.id = 4 * (CAST(d.n AS bigint) * (:articles / 4) / :deliveries)"""

_SLOTS = """
INSERT INTO delivery_articles (delivery_id, article_id, channel_id, taken)
SELECT id, CAST(substr(bundle, 9) AS bigint), channel_id, state <> 'failed' FROM deliveries ON CONFLICT DO NOTHING"""

_ALERTS = """
INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id, reason, created_at)
SELECT m.id, d.subscription_id, d.channel_id, d.id, 'at_once', d.created_at
FROM deliveries d JOIN matches m ON m.article_id = CAST(substr(d.bundle, 9) AS bigint) ON CONFLICT DO NOTHING"""

_ATTEMPTS = """
INSERT INTO attempts (delivery_id, n, started_at, ended_at, verdict, answer, elapsed_s)
SELECT id, 1, first_attempt_at, ended_at, CASE state WHEN 'failed' THEN 'never' WHEN 'unknown' THEN 'unsure'
       ELSE 'sent' END, '200 ok', 0.2 FROM deliveries WHERE ended_at IS NOT NULL"""

_ENTRIES = """
INSERT INTO entries (feed_id, guid, link, title, summary, content, authors, tags, published_at, seen_at, backlog, state,
                     article_id)
SELECT feed_id, url, url, title, left(body, 200), '', '{}', '{}', published_at, seen_at, false, 'read', id
FROM articles"""

_BEATS = """
INSERT INTO heartbeats (part, at) VALUES ('tick', now() + interval '1 day')"""
