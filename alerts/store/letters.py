"""What a delivery has to say: its articles, topics and the sentences that show why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from alerts.decision import Reason
from alerts.evidence import Evidence, show_why
from alerts.model import Item, Letter, Thread
from alerts.store.deliveries import DueDelivery
from worker.model import ArticleId

_NEWS = text("""
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only,
           t.name AS topic, m.hits, m.quote, a.reason, s.name AS subscription, s.timezone
    FROM alerts a
    JOIN matches m ON m.id = a.match_id
    JOIN articles r ON r.id = m.article_id
    JOIN topics t ON t.id = m.topic_id
    JOIN subscriptions s ON s.id = a.subscription_id
    WHERE a.delivery_id = :delivery
    ORDER BY r.seen_at, r.id, t.name, s.id
""")


_ROOT = text("""
    SELECT r.key::text AS key, r.remote_id,
           (SELECT min(a.title) FROM delivery_articles da JOIN articles a ON a.id = da.article_id
            WHERE da.delivery_id = r.id) AS title
    FROM deliveries r WHERE r.id = :root
""")


@dataclass(slots=True)
class _Told:
    row: Any
    topics: list[str] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)


def load_letter(connection: Connection, due: DueDelivery, now: datetime) -> Letter:
    """The letter as of now: topics that joined since the delivery was opened are in it."""
    rows = connection.execute(_NEWS, {"delivery": due.id}).all()
    told: dict[int, _Told] = {}
    for row in rows:
        article = told.setdefault(row.id, _Told(row))
        if row.topic not in article.evidence:
            article.topics.append(row.topic)
            article.evidence[row.topic] = _evidence(row)
    names: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        names["subscriptions"].append(row.subscription)
        names["topics"].append(row.topic)
    return Letter(
        key=due.key,
        kind=due.kind,
        items=tuple(_item(article) for article in told.values()),
        now=now,
        subscriptions=tuple(dict.fromkeys(names["subscriptions"])),
        topics=tuple(dict.fromkeys(names["topics"])),
        timezone=rows[0].timezone if rows else "UTC",
        possible_repeat=due.possible_repeat,
        simpler=due.simpler,
        backlog_total=len(told) if due.kind == "backlog" else 0,
        older=due.kind == "backlog" and any(row.reason == Reason.APPLIED_BACK for row in rows),
        thread=_thread(connection, due),
    )


def _thread(connection: Connection, due: DueDelivery) -> Thread | None:
    if due.thread_of is None:
        return None
    root = connection.execute(_ROOT, {"root": due.thread_of}).one()
    return Thread(root.key, root.title or "", root.remote_id)


def _evidence(row: Any) -> Evidence:
    return Evidence(
        title_spans=tuple((start, end) for field_, start, end, _ in row.hits if field_ == "title"),
        field=row.quote["field"],
        text=row.quote["text"],
        marks=_spans(row.quote["marks"]),
    )


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in pairs)


def _item(article: _Told) -> Item:
    row = article.row
    quote, marks, title_marks = show_why(tuple(article.evidence.values()))
    return Item(
        article=ArticleId(row.id),
        title=row.title,
        url=row.url,
        source=row.source,
        topics=tuple(article.topics),
        quote=quote,
        marks=marks,
        title_marks=title_marks,
        published_at=row.published_at,
        seen_at=row.seen_at,
        summary_only=row.summary_only,
        language=row.language,
    )
