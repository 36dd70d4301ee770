"""Topics held against an article as it reads: which match, why or why not, and who hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ops.store.tracing import heard_by
from ops.tracing import Asked
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
