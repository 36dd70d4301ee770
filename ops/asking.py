"""Topics held against an article as it reads: which match, why or why not, and who hears of them; and its whole trace,
as an object for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ops.moments import due_at
from ops.outcome import outcome
from ops.store.tracing import heard_by
from ops.tracing import Asked, Trace
from worker.errors import BadInput
from worker.match import TopicIndex, explain
from worker.match.entities import Catalogue
from worker.model import Article, Topic
from worker.store.engine import Connection
from worker.store.topics import catalogue, topic_changes


def hold_against(
    connection: Connection,
    article: Article | None,
    topic_set: int | None,
    only: Sequence[Topic] | None = None,
) -> tuple[list[Asked], int]:
    """The topics of `only`, or every one that matches, and how many do not. `topic_set` is the last change that
    the article's reader had taken in; None: it is read now."""
    if article is None:
        return [], 0
    changes = topic_changes(connection)
    known = catalogue(connection)
    chosen = (
        _matching([change.topic for change in changes.values()], article, known) if only is None else only
    )
    asked = [
        Asked(
            topic,
            explain(topic.query, article, known),
            topic_set is not None and changes[topic.id].number > topic_set,
            heard_by(connection, topic.id),
        )
        for topic in chosen
    ]
    return asked, len(changes) - sum(each.explained.holds for each in asked)


def _matching(topics: Sequence[Topic], article: Article, known: Catalogue) -> list[Topic]:
    """The topics that match; one that cannot be read is none of them."""
    index = TopicIndex(known)
    for topic in topics:
        with suppress(BadInput):
            index.add(topic)
    found = {match.topic for match in index.match(article)}
    return [topic for topic in topics if topic.id in found]


def why_json(trace: Trace) -> dict[str, Any]:
    """The trace, for programs."""
    trail = trace.trail
    left_out = {"body", "title_length", "feed_id"}
    article = None if trail.article is None else {k: v for k, v in trail.article.items() if k not in left_out}
    return {
        "url": trace.url,
        "known": trace.known,
        "entries": trail.entries,
        "article": article,
        "earlier_readings": trail.earlier,
        "topics": [asked_json(asked) for asked in trace.asked],
        "silent": trace.silent,
        "matches": trail.matches,
        "alerts": [_alert_json(alert) for alert in trail.alerts],
        "deliveries": [{**delivery, "due_at": due_at(delivery)} for delivery in trail.deliveries],
    }


def _alert_json(alert: Mapping[str, Any]) -> dict[str, Any]:
    told = ("topic", "subscription", "channel", "delivery", "decided_at", "reason", "decided_for", "state")
    return {**{key: alert[key] for key in told}, "sentence": outcome(alert)}


def asked_json(asked: Asked) -> dict[str, Any]:
    """A topic that was asked, for programs."""
    return {
        "name": asked.topic.name,
        "query": asked.topic.query,
        "matches": asked.explained.holds,
        "changed_since": asked.changed_since,
        "heard_by": asked.heard_by,
        "explained": asked.explained,
    }
