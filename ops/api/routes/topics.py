"""Topics: what is looked for; trying a query on what was read; which topics match a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from ops import editing_topics
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, IfMatch, Key, as_seen, changed, do
from ops.api.house import Watched
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import Problem, bad_query, declared, not_found
from ops.api.refusals import wrong_parts
from ops.api.shapes.topics import Compared, Matches, NewTopic, TextToMatch, Topic, TopicVersion, TriedQuery
from ops.api.shapes.values import Listed, NamePart, NumberInPath, seconds, version
from ops.editing_topics import Faulty, ReadOnly, Saved, Stale
from ops.editing_topics import Gone as TopicGone
from ops.findings import comparison_json, search_json
from ops.plain_json import plain
from ops.searching import Shelved, compare, search
from ops.store import programs
from ops.store.declared import alone
from ops.store.topics import Version, versions
from ops.store.watched import articles_of_last
from ops.watchlist import DeclaredTopic
from worker.errors import BadQuery
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.model import Article
from worker.store.engine import Connection
from worker.store.topics import catalogue

router = APIRouter(tags=["topics"])

VersionCursor = Annotated[
    str | None,
    Query(pattern="^[0-9]{1,9}$", description="`next` of the piece before. None: from the newest on."),
]

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


@router.post("/topics", operation_id="addTopic", response_model=Topic, status_code=201)
async def add_topic(
    request: Request, house: Here, caller: Writer, asked: NewTopic, key: Key = None
) -> Response:
    """Watch for a new topic, in whatever is read from now on."""

    def work(connection: Connection) -> Done:
        made = editing_topics.add(connection, _draft(asked), caller.who)
        if isinstance(made, Faulty):
            raise _faulty(connection, made, asked.query)
        return _saved(connection, made, 201, f"{request.url.path}/{made.topic}")

    return await do(house, request, caller, key, work)


_CHANGES: dict[int | str, dict[str, Any]] = {409: {}, 412: {}, 428: {}}


@router.put("/topics/{number}", operation_id="changeTopic", response_model=Topic, responses=_CHANGES)
async def change_topic(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    asked: NewTopic,
    if_match: IfMatch = None,
) -> Response:
    """Save a topic as its next version. Workers look for it so within seconds; what was matched stays."""

    def work(connection: Connection) -> Done:
        seen = _seen(connection, number, if_match)
        saved = editing_topics.save(connection, int(number), _draft(asked), seen, caller.who)
        return _saved(connection, _settled(connection, saved, number, asked.query))

    return await do(house, request, caller, None, work)


@router.delete("/topics/{number}", operation_id="removeTopic", status_code=204, responses=_CHANGES)
async def remove_topic(
    house: Here, caller: Writer, number: NumberInPath, if_match: IfMatch = None
) -> Response:
    """Watch for a topic no longer. What was matched and told stays."""

    def work(connection: Connection) -> None:
        _seen(connection, number, if_match)
        removed = editing_topics.remove(connection, int(number), caller.who)
        if isinstance(removed, ReadOnly):
            raise declared("topic")

    await house.ask(work)
    return Response(status_code=204)


@router.get(
    "/topics/{number}/versions", operation_id="listTopicVersions", response_model=Listed[TopicVersion]
)
async def list_versions(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    number: NumberInPath,
    limit: Limit = 50,
    cursor: VersionCursor = None,
) -> dict[str, Any]:
    """List what a topic was and is."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        if programs.topic(connection, int(number)) is None:
            raise not_found("topic", number)
        start = int(cursor) if cursor is not None else 2**31 - 1
        return [_version(each) for each in versions(connection, int(number), limit + 1, start)]

    rows = await house.ask(read)
    return piece(request, response, rows, limit, lambda row: str(row["version"]))


@router.post(
    "/topics/{number}/versions/{earlier}/restore",
    operation_id="restoreTopicVersion",
    response_model=Topic,
    responses=_CHANGES,
)
async def restore_version(
    request: Request,
    house: Here,
    caller: Writer,
    number: NumberInPath,
    earlier: Annotated[str, Path(pattern="^[0-9]{1,9}$")],
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Save the query and the tags of an earlier version as the next one; the topic keeps its name."""

    def work(connection: Connection) -> Done:
        seen = _seen(connection, number, if_match)
        saved = editing_topics.take_back(connection, int(number), int(earlier), seen, caller.who)
        if isinstance(saved, TopicGone):
            raise not_found("version", earlier)
        return _saved(connection, _settled(connection, saved, number, ""))

    return await do(house, request, caller, key, work)


def _draft(asked: NewTopic) -> DeclaredTopic:
    return DeclaredTopic(asked.name, asked.query, tuple(asked.tags))


def _seen(connection: Connection, number: str, condition: str | None) -> int:
    """The number of the topic's version, which stays the newest until this transaction ends."""
    alone(connection)
    row = as_seen(programs.topic(connection, int(number)), "topic", number, condition)
    return int(row["version"])


def _settled(
    connection: Connection, outcome: Saved | Faulty | Stale | ReadOnly | TopicGone, number: str, query: str
) -> Saved:
    match outcome:
        case Saved():
            return outcome
        case Faulty():
            raise _faulty(connection, outcome, query)
        case ReadOnly():
            raise declared("topic")
        case Stale():
            raise changed()
        case TopicGone():
            raise not_found("topic", number)


def _faulty(connection: Connection, faulty: Faulty, query: str) -> Problem:
    """What is wrong; with a query that cannot be read, where in it."""
    if "query" in faulty.wrong and len(faulty.wrong) == 1:
        _refuse_unreadable(query, catalogue(connection))
    said = {str(part): sentence for part, sentence in faulty.wrong.items()}
    return Problem(422, "invalid", "; ".join(said.values()), faults=wrong_parts(said))


def _saved(connection: Connection, saved: Saved, status: int = 200, location: str | None = None) -> Done:
    row = programs.topic(connection, saved.topic)
    assert row is not None
    return Done(Topic.model_validate(row).model_dump(mode="json"), status, location, version(row))


def _version(found: Version) -> dict[str, Any]:
    topic = found.topic
    said = {"name": topic.name, "query": topic.query, "tags": topic.tags}
    return {"version": found.number, **said, "saved_by": found.by, "saved_at": found.at}


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
    found = watched.match(connection, article)
    named = programs.topic_names_of(connection, [match.topic for match in found])
    return [
        {"topic_id": match.topic, "topic": named[match.topic], "hits": [hit._asdict() for hit in match.hits]}
        for match in found
        if match.topic in named
    ]


def _articles(connection: Connection, since: str) -> Iterator[Shelved]:
    return articles_of_last(connection, seconds(since), TRIED)


def _refuse_unreadable(query: str, known: Catalogue) -> None:
    try:
        parse_query(query, known)
    except BadQuery as slip:
        raise bad_query(slip, query, "#/query") from None
