"""Thousands of alerts on a bad day, told by the real desk to receivers on loopback: what each got in the end."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from ops.store.audit import audit

pytestmark = pytest.mark.servers

SEEDS = (1, 2, 3)

# Two topics in every article, so two alerts; with threads every fifth article begins a story that the next four
# follow.
_FILL = text("""
    WITH places AS (SELECT id, kind, row_number() OVER (ORDER BY id) AS place FROM channels),
    said AS (
        INSERT INTO articles (feed_id, identity, url, source, title, body, language, authors, tags, seen_at, read_at,
                              backlog, method, summary_only)
        SELECT :feed, 'https://feed.example/' || n, 'https://feed.example/' || n, 'Feed', 'Article ' || n,
               'NATO met.', 'id', '{}', '{}', now(), now(), false, 'fast', false
        FROM generate_series(1, :articles) n RETURNING id),
    matched AS (
        INSERT INTO matches (topic_id, article_id, hits, quote, state)
        SELECT t.id, said.id, '[["body", 0, 4, "NATO"]]',
               '{"field": "body", "text": "NATO met.", "marks": [[0, 4]]}', 'planned'
        FROM said, topics t RETURNING id, article_id),
    due AS (
        INSERT INTO deliveries (channel_id, subscription_id, kind, bundle, state, due_at, on_doubt, expires_at)
        SELECT places.id, :subscription, 'article', 'article:' || said.id, 'ready', now(), :on_doubt,
               now() + interval '2 days'
        FROM said, places ORDER BY said.id RETURNING id, channel_id, bundle),
    slots AS (
        INSERT INTO delivery_articles (delivery_id, article_id, channel_id)
        SELECT due.id, said.id, due.channel_id FROM due JOIN said ON due.bundle = 'article:' || said.id)
    INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id)
    SELECT matched.id, :subscription, due.channel_id, due.id
    FROM due JOIN matched ON due.bundle = 'article:' || matched.article_id
""")

_THREADS = text("""
    WITH numbered AS (
        SELECT d.id, d.channel_id, (row_number() OVER (PARTITION BY channel_id ORDER BY d.id) - 1) AS n
        FROM deliveries d JOIN channels c ON c.id = d.channel_id WHERE c.kind = 'slack_bot')
    UPDATE deliveries SET thread_of = roots.id
    FROM numbered
    JOIN numbered roots ON roots.channel_id = numbered.channel_id AND roots.n = numbered.n - numbered.n % 5
    WHERE deliveries.id = numbered.id AND numbered.n % 5 > 0
""")


@pytest.fixture
def fill(rows):
    """Writes announced articles for channels of one kind, two alerts each."""

    def write(kind, targets, articles, on_doubt="resend", **facts):
        topics = [rows.topic("NATO"), rows.topic("Kyiv")]
        for n, target in enumerate(targets):
            rows.channel(f"{kind} {n}", to=target, kind=kind, **facts)
        values = {
            "feed": rows.feed(),
            "subscription": rows.subscription(["NATO", "Kyiv"]),
            "articles": articles,
        }
        with rows.engine.begin() as connection:
            connection.execute(_FILL, {**values, "on_doubt": on_doubt})
            connection.execute(_THREADS)
        return len(targets) * articles * len(topics)

    return write


def ledger(rows):
    with rows.engine.connect() as connection:
        return audit(connection)


def states(rows):
    return dict(rows.all("SELECT state, count(*)::int FROM deliveries GROUP BY 1"))


def keys(rows):
    return {key for (key,) in rows.all("SELECT key::text FROM deliveries WHERE state = 'sent'")}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slack_bot_hears_everything_once(world, rows, fill, seed):
    w = world(seed)
    alerts = fill("slack_bot", [f"C0DESK{n:05}" for n in range(8)], 25, credential="slack")
    w.live()
    heard = Counter(m.payload["metadata"]["event_payload"]["d"] for m in (*w.slack.roots, *w.slack.replies))
    found = ledger(rows)
    assert (found.alerts, found.sent, found.lost, found.doubled) == (alerts, alerts, 0, 0)
    assert found.possible_repeats == 0
    assert set(heard) == keys(rows)
    assert set(heard.values()) == {1}
    assert w.dice.thrown["lost"] + w.dice.thrown["fatal"] + w.dice.thrown["killed"] > 30
    print(seed, w.runs, dict(w.dice.thrown), states(rows), w.time.at, len(w.slack.calls))
