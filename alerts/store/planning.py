"""What planning reads: news with everything known of it, what channels have heard, what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, select, text

from alerts.decision import MOST_ARTICLES, Group, Message, Pair, Reason, Running, Told
from alerts.grouping import STORY_LASTS
from alerts.model import Asked, ChannelId, DeliveryId, News, SubscriptionId
from alerts.store.alone import plan_alone
from alerts.store.schema import alerts, channels, deliveries, delivery_articles
from worker.model import ArticleId, FeedId, MatchId, StoryId, TopicId
from worker.store.schema import articles, feeds, matches

_STATES = {
    "collecting": "collecting",
    "ready": "collecting",
    "waiting": "going",
    "held": "going",
    "sending": "told",
    "sent": "told",
    "unknown": "told",
}


def take_news(connection: Connection, limit: int) -> list[News]:
    """All new matches of up to `limit` articles, the live ones first. The caller plans alone: each subscription hears
    of what is read after it or finds the decision taken."""
    plan_alone(connection)
    chosen = (
        select(articles.c.id)
        .where(articles.c.id.in_(select(matches.c.article_id).where(matches.c.state == "new")))
        .order_by(articles.c.backlog, articles.c.id)
        .limit(limit)
    )
    return _news(connection, (matches.c.state == "new") & articles.c.id.in_(chosen))


def older_news(connection: Connection, wanted: Collection[MatchId], asked: Asked) -> list[News]:
    """These matches of older articles, taken in because somebody asked for it. One that waits for the plan desk is
    left to it."""
    planned = matches.c.id.in_(wanted) & (matches.c.state == "planned")
    return [replace(news, asked=asked) for news in _news(connection, planned)]


def news_of(connection: Connection, wanted: Collection[MatchId]) -> list[News]:
    """These matches, whatever became of them."""
    return _news(connection, matches.c.id.in_(wanted)) if wanted else []


def decided(connection: Connection, of: Collection[MatchId]) -> frozenset[Pair]:
    """What was decided about these matches for good. That a subscription came too late for an article is not:
    somebody may ask for it."""
    rows = connection.execute(
        select(alerts.c.match_id, alerts.c.subscription_id, alerts.c.channel_id).where(
            alerts.c.match_id.in_(of), alerts.c.suppressed.is_distinct_from(Reason.BEFORE_SUBSCRIPTION)
        )
    )
    return frozenset(
        Pair(MatchId(match), SubscriptionId(subscription), ChannelId(channel))
        for match, subscription, channel in rows
    )


def _news(connection: Connection, wanted: ColumnElement[bool]) -> list[News]:
    feed = (feeds.c[name].label(f"feed_{name}") for name in ("name", "title", "url", "found_url"))
    rows = connection.execute(
        select(matches.c.id.label("match_id"), matches.c.topic_id, articles, *feed)
        .join(articles, articles.c.id == matches.c.article_id)
        .join(feeds, feeds.c.id == articles.c.feed_id)
        .where(wanted)
        .order_by(matches.c.id)
    )
    return [
        News(
            match=MatchId(row.match_id),
            topic=TopicId(row.topic_id),
            article=ArticleId(row.id),
            source=row.source,
            tags=tuple(row.tags),
            language=row.language,
            published_at=row.published_at,
            seen_at=row.seen_at,
            read_at=row.read_at,
            backlog=row.backlog,
            story=None if row.story_id is None else StoryId(row.story_id),
            text=ArticleId(row.copy_of or row.id),
            feed=FeedId(row.feed_id),
            names=_each_once(row.feed_name, row.feed_title),
            hosts=_each_once(*map(_host, (row.feed_url, row.feed_found_url, row.url))),
        )
        for row in rows
    ]


def _each_once(*texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _host(address: str | None) -> str | None:
    """The host of an address; what is none has none."""
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def told_of(
    connection: Connection, where: Collection[ChannelId], what: Collection[ArticleId]
) -> dict[tuple[ChannelId, ArticleId], Told]:
    """What these channels know of these articles; the deliveries stay as they are until the caller is done."""
    rows = connection.execute(
        select(delivery_articles.c.channel_id, delivery_articles.c.article_id, deliveries)
        .join(deliveries, deliveries.c.id == delivery_articles.c.delivery_id)
        .where(
            delivery_articles.c.taken,
            delivery_articles.c.channel_id.in_(where),
            delivery_articles.c.article_id.in_(what),
        )
        .order_by(deliveries.c.id)
        .with_for_update(of=deliveries)
    )
    return {
        (ChannelId(row.channel_id), ArticleId(row.article_id)): Told(
            DeliveryId(row.id),
            row.due_at,
            _STATES.get(row.state, "told"),  # type: ignore[arg-type]
        )
        for row in rows
    }


# Each half by the index of first messages: over half a million deliveries 1 ms, and 320 without it.
_RECENT = text("""
    SELECT channel_id, ended_at AS at FROM deliveries
    WHERE channel_id = ANY(:channels) AND ended_at > :since
      AND kind = 'article' AND state NOT IN ('failed', 'expired', 'suppressed')
    UNION ALL
    SELECT channel_id, greatest(due_at, :now) FROM deliveries
    WHERE channel_id = ANY(:channels) AND ended_at IS NULL
      AND kind = 'article' AND state NOT IN ('failed', 'expired', 'suppressed')
""")


def recent_times(
    connection: Connection, where: Collection[ChannelId], now: datetime
) -> dict[ChannelId, list[datetime]]:
    """When each channel's first messages of the last hour were taken, or are to be: what is overdue, because it is
    tried again or the channel is blocked, counts as of now."""
    asked = {"channels": list(where), "since": now - timedelta(hours=1), "now": now}
    times: defaultdict[ChannelId, list[datetime]] = defaultdict(list)
    for channel, at in connection.execute(_RECENT, asked):
        times[ChannelId(channel)].append(at)
    return dict(times)


# A thread is that of the story which its first message was about, wherever a person put its articles since: taken out
# of a story, they begin a message of their own; merged, they bring their thread along.
# OFFSET 0 has each article's slots looked up by their index: a story of 600 articles takes 15 ms, and 110 where the
# server would rather read all half million slots.
_MESSAGES = text("""
    SELECT d.id, d.channel_id, coalesce(d.thread_of, d.id) AS first, d.bundle, d.state = 'held' AS held,
           d.state IN ('collecting', 'ready') OR d.state = 'held' AND d.kind = 'followup' AND d.attempts = 0 AS open,
           coalesce(d.ended_at, greatest(d.due_at, :now)) AS at,
           array_agg(DISTINCT r.story_id) FILTER (WHERE about.story IS NULL OR about.story = r.story_id) AS stories,
           array_agg(DISTINCT coalesce(r.copy_of, r.id)) AS texts
    FROM articles r
    CROSS JOIN LATERAL (
        SELECT d.* FROM delivery_articles s JOIN deliveries d ON d.id = s.delivery_id
        WHERE s.article_id = r.id AND s.taken AND s.channel_id = ANY(:channels) AND d.kind IN ('article', 'followup')
          AND coalesce(d.ended_at, greatest(d.due_at, :now)) > :since
        OFFSET 0) AS d
    LEFT JOIN deliveries f ON f.id = d.thread_of
    LEFT JOIN LATERAL (SELECT coalesce(t.merged_into, t.id) AS story FROM stories t
                       WHERE t.id = coalesce(f.story_id, d.story_id)) AS about ON true
    WHERE (r.story_id = ANY(:stories) OR r.id = ANY(:texts) OR r.copy_of = ANY(:texts))
      AND d.state NOT IN ('failed', 'expired', 'suppressed')
      AND (f.id IS NULL OR f.state NOT IN ('failed', 'expired', 'suppressed'))
    GROUP BY d.id, d.channel_id, d.thread_of, d.bundle, d.state, d.kind, d.attempts, d.ended_at, d.due_at
""")

_HELD_ROLLUPS = text("""
    SELECT DISTINCT ON (channel_id) channel_id, id FROM deliveries
    WHERE channel_id = ANY(:channels) AND state = 'held' AND kind = 'rollup' AND attempts = 0
    ORDER BY channel_id, id DESC
""")

_LOCKED = text("""
    SELECT id, state, due_at, (SELECT count(*) FROM delivery_articles s WHERE s.delivery_id = deliveries.id) AS told
    FROM deliveries WHERE id = ANY(:open) ORDER BY id FOR UPDATE
""")


def kinds_of(connection: Connection, where: Collection[ChannelId]) -> dict[ChannelId, str]:
    """The kind of each of these channels."""
    rows = connection.execute(select(channels.c.id, channels.c.kind).where(channels.c.id.in_(where)))
    return {ChannelId(number): kind for number, kind in rows}


def running(
    connection: Connection,
    where: Collection[ChannelId],
    threaded: frozenset[ChannelId],
    news: Sequence[News],
    now: datetime,
) -> Running:
    """How things stand on the channels for the stories that the news belong to. What still collects stays as it is
    until the caller is done: nobody begins to send it."""
    found = _messages(connection, where, news, now)
    held = connection.execute(_HELD_ROLLUPS, {"channels": list(where)}).all()
    room = _lock(connection, [*(row.id for row in found if row.open), *(row.id for row in held)])
    messages: defaultdict[ChannelId, list[Message]] = defaultdict(list)
    for row in found:
        messages[ChannelId(row.channel_id)].append(_message(row, room.get(row.id, 0)))
    rollups = {ChannelId(row.channel_id): (DeliveryId(row.id), room.get(row.id, 0)) for row in held}
    roomy = {channel: rollup for channel, rollup in rollups.items() if rollup[1] > 0}
    return Running(dict(messages), roomy, threaded)


def _messages(
    connection: Connection, where: Collection[ChannelId], news: Iterable[News], now: datetime
) -> Sequence[Any]:
    asked = {
        "channels": list(where),
        "stories": list({item.story for item in news if item.story is not None}),
        "texts": list({item.text for item in news if item.text is not None}),
        "now": now,
        "since": now - STORY_LASTS,
    }
    return connection.execute(_MESSAGES, asked).all()


def _lock(connection: Connection, open_ones: Sequence[int]) -> Mapping[int, int]:
    """The room that each of them has, once it is ours; none where somebody began to send it meanwhile."""
    if not open_ones:
        return {}
    rows = connection.execute(_LOCKED, {"open": list(open_ones)})
    return {row.id: MOST_ARTICLES - row.told for row in rows if row.state in ("collecting", "ready", "held")}


def _message(row: Any, room: int) -> Message:
    stories = {Group("story", story) for story in row.stories or () if story is not None}
    texts = {Group("text", text_) for text_ in row.texts}
    return Message(
        delivery=DeliveryId(row.id),
        first=DeliveryId(row.first),
        bundle=row.bundle,
        at=row.at,
        groups=frozenset(stories | texts),
        room=max(room, 0),
        held=row.held,
    )
