"""Topics: what is looked for; trying a query on what was read; which topics match a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ops.api.callers import Here, Reader
from ops.api.house import Watched
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import bad_query, not_found
from ops.api.shapes import (
    Compared,
    Listed,
    Matches,
    NamePart,
    NumberInPath,
    TextToMatch,
    Topic,
    TriedQuery,
    seconds,
    version,
)
from ops.findings import comparison_json, search_json
from ops.plain_json import plain
from ops.searching import Stored, compare, search
from ops.store import programs
from ops.store.watched import articles_of_last
from worker.errors import BadQuery
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.model import Article
from worker.store.engine import Connection
from worker.store.topics import catalogue

router = APIRouter(tags=["topics"])

TRIED = 3000
"""The newest articles that a query is tried on, at most: a request must end."""


@router.get("/topics", operation_id="listTopics", response_model=Listed[Topic])
async def list_topics(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    tag: NamePart = "",
) -> dict[str, Any]:
    """List the topics."""
    rows = await house.ask(lambda c: programs.topics(c, before(cursor), limit + 1, tag))
    return piece(request, response, rows, limit)


@router.get("/topics/{number}", operation_id="getTopic", response_model=Topic)
async def get_topic(request: Request, house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at a topic."""
    found = await house.ask(lambda c: programs.topic(c, int(number)))
    if found is None:
        raise not_found("topic", number)
    request.state.version = version(found)
    return found


@router.post("/topics/preview", operation_id="previewQuery", response_model=dict[str, Any])
async def preview(house: Here, _: Reader, asked: TriedQuery) -> Any:
    """Try a query on the newest articles, and change nothing: how many it finds day by day, what each of its terms
    brings, the newest, and what to think over. `most` is how many articles are looked at, at most."""

    def look(connection: Connection) -> Any:
        known = catalogue(connection)
        _refuse_unreadable(asked.query, known)
        return search_json(search(asked.query, _articles(connection, asked.since), known))

    return {"since": asked.since, "most": TRIED, **plain(await house.ask(look))}


@router.post("/topics/{number}/backtest", operation_id="backtestTopic", response_model=dict[str, Any])
async def backtest(house: Here, _: Reader, number: NumberInPath, asked: Compared) -> Any:
    """Look for a saved topic in the newest articles; with `query`, what that would find in its place."""

    def look(connection: Connection) -> Any:
        topic = programs.topic_value(connection, int(number))
        if topic is None:
            raise not_found("topic", number)
        known = catalogue(connection)
        if asked.query is None:
            return search_json(search(topic.query, _articles(connection, asked.since), known))
        _refuse_unreadable(asked.query, known)
        return comparison_json(compare(topic.query, asked.query, _articles(connection, asked.since), known))

    return {"since": asked.since, "most": TRIED, **plain(await house.ask(look))}


@router.post("/match", operation_id="matchText", response_model=Matches)
async def match(house: Here, _: Reader, asked: TextToMatch) -> Any:
    """Which topics match a text, and in which words. Nothing is stored, and nobody is told."""
    article = Article(
        title=asked.title,
        body=asked.body,
        language=asked.language,
        url=asked.url,
        source=asked.source,
        author=asked.author,
        tags=tuple(asked.tags),
    )
    return {"items": await house.ask(lambda connection: _matching(connection, house.watched, article))}


def _matching(connection: Connection, watched: Watched, article: Article) -> list[dict[str, Any]]:
    with watched.alone:
        watched.topics.follow(connection)
        found = watched.topics.index.match(article)
    named = programs.topic_names_of(connection, [match.topic for match in found])
    return [
        {"topic_id": match.topic, "topic": named[match.topic], "hits": [hit._asdict() for hit in match.hits]}
        for match in found
        if match.topic in named
    ]


def _articles(connection: Connection, since: str) -> Iterator[Stored]:
    return articles_of_last(connection, seconds(since), TRIED)


def _refuse_unreadable(query: str, known: Catalogue) -> None:
    try:
        parse_query(query, known)
    except BadQuery as slip:
        raise bad_query(slip, query, "#/query") from None
