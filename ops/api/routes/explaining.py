"""Why somebody heard of an article, or why nobody did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ops.api.callers import Here, Reader
from ops.api.house import Watched
from ops.api.problems import not_found
from ops.api.shapes.values import NO_NUL, Number, NumberInPath, with_string_ids
from ops.asking import hold_against, why_json
from ops.plain_json import plain
from ops.store import programs
from ops.store.storied import story_of
from ops.store.tracing import Trail, feeds_named, trail_of
from ops.tracing import Trace, name_of_site, names_of, nearest_feeds, sentence
from worker.model import Article, Topic
from worker.store.engine import Connection

router = APIRouter(tags=["articles"])

AskedTopic = Annotated[Number | None, Query(description="Explain this topic, whether it matches or not.")]


@router.get("/articles/{number}/why", operation_id="explainArticle", response_model=dict[str, Any])
async def explain_article(house: Here, _: Reader, number: NumberInPath, topic: AskedTopic = None) -> Any:
    """Tell why somebody heard of an article, or why nobody did: the whole trace, as `pantau why --json` has it."""

    def read(connection: Connection) -> dict[str, Any]:
        said = programs.article_text(connection, int(number))
        if said is None:
            raise not_found("article", number)
        return _told(connection, house.watched, said["identity"], ([said["identity"]], []), topic)

    return with_string_ids(plain(await house.ask(read)))


@router.get("/why", operation_id="explainAddress", response_model=dict[str, Any], responses={404: {}})
async def explain_address(
    house: Here,
    _: Reader,
    url: Annotated[str, Query(min_length=1, max_length=3000, pattern=NO_NUL)],
    topic: AskedTopic = None,
) -> Any:
    """The same for whatever is at an address: if nobody has read it, what became of the entries that named it, and the
    feeds of its site."""

    def read(connection: Connection) -> dict[str, Any]:
        told = _told(connection, house.watched, url, names_of(url), topic)
        near = [] if told["known"] else nearest_feeds(url, feeds_named(connection, name_of_site(url)))
        return {**told, "nearest_feeds": near}

    return with_string_ids(plain(await house.ask(read)))


def _told(
    connection: Connection,
    watched: Watched,
    name: str,
    names: tuple[Iterable[str], Iterable[str]],
    topic: str | None,
) -> dict[str, Any]:
    named = programs.topic_value(connection, int(topic)) if topic is not None else None
    if topic is not None and named is None:
        raise not_found("topic", topic)
    identities, keys = names
    trail: Trail = trail_of(connection, list(identities), list(keys))
    topics = [named] if named is not None else _matching(connection, watched, trail.read)
    asked, silent = hold_against(connection, trail.read, trail.topic_set, topics)
    trace = Trace(name, trail, asked, silent, named.name if named is not None else None)
    story = None if trail.article is None else story_of(connection, trail.article["id"])
    return {**why_json(trace), "story": story, "sentence": sentence(trace)}


def _matching(connection: Connection, watched: Watched, article: Article | None) -> list[Topic]:
    """The topics that match the article today. To hold each of a thousand against it would take a second."""
    if article is None:
        return []
    found = [match.topic for match in watched.match(connection, article)]
    topics = (programs.topic_value(connection, topic) for topic in found)
    return [topic for topic in topics if topic is not None]
