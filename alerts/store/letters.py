"""What a delivery has to say: its articles, topics and the sentences that show why, and what it hangs on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from alerts.decision import Reason
from alerts.evidence import Evidence, show_why
from alerts.model import Coverage, Item, Letter, Thread
from alerts.store.deliveries import DueDelivery
from worker.model import ArticleId, StoryId

_HANGS_ON = text("""
    SELECT c.options ->> 'language' AS language, d.notice, r.id AS root, r.key::text AS key, r.remote_id,
           r.first_attempt_at AS told_at,
           (SELECT a.title FROM delivery_articles da JOIN articles a ON a.id = da.article_id
            WHERE da.delivery_id = r.id ORDER BY a.seen_at, a.id LIMIT 1) AS title
    FROM deliveries d
    JOIN channels c ON c.id = d.channel_id
    LEFT JOIN deliveries r ON r.id = d.thread_of
    WHERE d.id = :delivery
""")

# What a delivery tells; an update shows what the message told that is there already (`told`), and what was found of
# its articles since. Topics stand in the order of the subscription that follows them: where its list names one, or a
# tag of its.
_SHOWN = text("""
    WITH shown AS (
        SELECT id FROM alerts WHERE delivery_id = :told
        UNION ALL
        SELECT a.id FROM alerts a JOIN matches m ON m.id = a.match_id
        WHERE :update AND a.channel_id = :channel AND a.suppressed = 'already_told'
          AND m.article_id IN (SELECT article_id FROM delivery_articles WHERE delivery_id = :told)
    )
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only, r.story_id,
           t.name AS topic, m.quote, a.reason, s.id AS subscription_id, s.name AS subscription, s.timezone,
           (SELECT coalesce(json_agg(json_build_array(h -> 1, h -> 2)), '[]')
            FROM jsonb_array_elements(m.hits) h WHERE h ->> 0 = 'title') AS title_spans,
           (SELECT min(array_position(s.topics, selector))
            FROM unnest(t.name || ARRAY(SELECT 'tag:' || tag FROM unnest(t.tags) tag)) selector) AS place
    FROM shown
    JOIN alerts a USING (id)
    JOIN matches m ON m.id = a.match_id
    JOIN articles r ON r.id = m.article_id
    JOIN topics t ON t.id = m.topic_id
    JOIN subscriptions s ON s.id = a.subscription_id
    ORDER BY r.seen_at, r.id, t.name, s.id
""")

# A further article that is on its way below the message counts for the message's update: both go out together.
_COVERAGE = text("""
    SELECT r.story_id, count(*) AS articles, count(DISTINCT r.source) AS outlets,
           count(DISTINCT r.language) AS languages
    FROM articles r
    JOIN delivery_articles da ON da.article_id = r.id AND da.channel_id = :channel
    JOIN deliveries d ON d.id = da.delivery_id
    WHERE r.story_id = ANY(:stories) AND da.taken
      AND (d.state IN ('sending', 'sent', 'unknown') OR d.id = :delivery OR (:update AND d.thread_of = :root))
    GROUP BY r.story_id
""")


_AWAY = (Reason.PAUSED, Reason.SNOOZED, Reason.RESTING)


@dataclass(slots=True)
class _Told:
    row: Any
    topics: list[str] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)


def load_letter(connection: Connection, due: DueDelivery, now: datetime) -> Letter:
    """The letter as of now: topics that joined since the delivery was opened are in it."""
    hangs_on = connection.execute(_HANGS_ON, {"delivery": due.id}).one()
    update = due.kind == "update"
    told = {"told": hangs_on.root if update else due.id, "update": update, "channel": due.channel_id}
    rows = connection.execute(_SHOWN, told).all()
    order = _order(rows)
    items = tuple(_item(article, order) for article in _articles(rows))
    return Letter(
        key=due.key,
        kind=due.kind,
        items=items,
        now=now,
        subscriptions=tuple(dict.fromkeys(row.subscription for row in rows)),
        topics=tuple(order),
        timezone=rows[0].timezone if rows else "UTC",
        possible_repeat=due.possible_repeat,
        simpler=due.simpler,
        backlog_total=len(items) if due.kind == "backlog" else 0,
        older=due.kind == "backlog" and any(row.reason == Reason.APPLIED_BACK for row in rows),
        away=due.kind == "quiet" and any(row.reason in _AWAY for row in rows),
        language=_language(hangs_on.language),
        thread=_thread(connection, due, hangs_on),
        coverage=_coverage(connection, due, hangs_on.root, {item.story for item in items}),
        told_at=hangs_on.told_at if update else None,
        notice=tuple(hangs_on.notice or ()),
    )


def _order(rows: Iterable[Any]) -> dict[str, int]:
    """The topics as their subscriptions list them, the older subscription first; one that a list no longer names
    comes last."""
    places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        places[row.topic].append((row.subscription_id, row.place or float("inf")))
    ordered = sorted(places, key=lambda topic: (*min(places[topic]), topic))
    return {topic: place for place, topic in enumerate(ordered)}


def _articles(rows: Iterable[Any]) -> Iterable[_Told]:
    told: dict[int, _Told] = {}
    for row in rows:
        article = told.setdefault(row.id, _Told(row))
        if row.topic not in article.evidence:
            article.topics.append(row.topic)
            article.evidence[row.topic] = _evidence(row)
    return told.values()


def _thread(connection: Connection, due: DueDelivery, hangs_on: Any) -> Thread | None:
    if hangs_on.root is None:
        return None
    topics: tuple[str, ...] = ()
    if due.kind == "followup":
        told = {"told": hangs_on.root, "update": False, "channel": due.channel_id}
        topics = tuple(_order(connection.execute(_SHOWN, told).all()))
    return Thread(hangs_on.key, hangs_on.title or "", hangs_on.remote_id, topics)


def _coverage(
    connection: Connection, due: DueDelivery, root: int | None, stories: Collection[StoryId | None]
) -> dict[StoryId, Coverage]:
    """How widely these stories are told, as far as the channel has heard or hears now."""
    named = [story for story in stories if story is not None]
    if not named:
        return {}
    values = {"channel": due.channel_id, "delivery": due.id, "stories": named}
    rows = connection.execute(_COVERAGE, {**values, "root": root, "update": due.kind == "update"})
    return {StoryId(row.story_id): Coverage(row.articles, row.outlets, row.languages) for row in rows}


def _language(option: str | None) -> Literal["en", "id"]:
    return "id" if option == "id" else "en"


def _evidence(row: Any) -> Evidence:
    return Evidence(
        title_spans=_spans(row.title_spans),
        field=row.quote["field"],
        text=row.quote["text"],
        marks=_spans(row.quote["marks"]),
    )


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in pairs)


def _item(article: _Told, order: dict[str, int]) -> Item:
    row = article.row
    quote, marks, title_marks = show_why(tuple(article.evidence.values()))
    return Item(
        article=ArticleId(row.id),
        title=row.title,
        url=row.url,
        source=row.source,
        topics=tuple(sorted(article.topics, key=order.__getitem__)),
        quote=quote,
        marks=marks,
        title_marks=title_marks,
        published_at=row.published_at,
        seen_at=row.seen_at,
        summary_only=row.summary_only,
        language=row.language,
        story=None if row.story_id is None else StoryId(row.story_id),
    )
