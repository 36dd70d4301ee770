"""Articles: what was read, why somebody heard of it, and reading it once more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do
from ops.api.pieces import ArticleCursor, Limit, cursor_of, place, told
from ops.api.problems import bad_query, invalid, not_found
from ops.api.shapes import (
    Again,
    ArticleText,
    AskedMoment,
    Found,
    Listed,
    NamePart,
    Number,
    NumberInPath,
    Retried,
    with_string_ids,
)
from ops.asking import hold_against, why_json
from ops.plain_json import plain
from ops.searching import Sighting, sightings
from ops.store import audit_log, programs
from ops.store.programs import Place, Seen
from ops.store.storied import story_of
from ops.store.tracing import trail_of
from ops.store.unread import all_set_aside, entries_of
from ops.tracing import Trace, names_of, sentence
from worker.errors import BadQuery
from worker.match import parse_query
from worker.store.engine import Connection
from worker.store.rereading import try_now
from worker.store.topics import catalogue

router = APIRouter(tags=["articles"])

WINDOW, SEARCHED = 2000, 500
"""How many articles one request looks at, at most: by what their rows say, and by their whole texts."""

_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)


@router.get("/articles", operation_id="listArticles", response_model=Listed[Found])
async def list_articles(
    request: Request,
    response: Response,
    house: Here,
    _: Reader,
    limit: Limit = 50,
    cursor: ArticleCursor = None,
    q: Annotated[
        str,
        Query(max_length=2000, pattern=r"^[^\x00]*$", description="A query, as topics have it: words, OR, …"),
    ] = "",
    topic: Annotated[Number | None, Query(description="The id of a topic that matched them.")] = None,
    source: NamePart = "",
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$")] = "",
    since: Annotated[AskedMoment | None, Query(description="Read since then.")] = None,
) -> dict[str, Any]:
    """List or search the articles. One request looks at so many articles at most, so a piece can be short or empty and
    still have a `next`: go on until that is null."""
    start, began = place(cursor), since or _BEGINNING
    window = SEARCHED if q else limit + 1 if not (source or language) else WINDOW

    def read(connection: Connection) -> tuple[list[dict[str, Any]], str | None]:
        looked = programs.look(
            connection,
            start,
            window,
            since=began,
            source=source,
            language=language,
            topic=int(topic or 0),
        )
        chosen, last = _chosen(connection, looked, q, limit)
        rows = {row["id"]: row for row in programs.articles(connection, list(chosen))}
        items = [{**rows[number], **_shown(seen)} for number, seen in chosen.items() if number in rows]
        done = len(looked) < window and (not looked or last == looked[-1].place)
        return items, None if done or last is None else cursor_of(last)

    items, following = await house.ask(read)
    return told(request, response, items, following)


def _chosen(
    connection: Connection, looked: list[Seen], q: str, limit: int
) -> tuple[dict[int, Sighting | None], Place | None]:
    """The wanted ones of those that were looked at, at most `limit`, and how far that went."""
    fitting = [seen.place for seen in looked if seen.fits]
    found: dict[int, Sighting | None] = {}
    if q:
        known = catalogue(connection)
        _read(q, lambda: parse_query(q, known))
        stored = programs.stored(connection, [each.id for each in fitting])
        for sighting in sightings(q, stored, known):
            found[sighting.stored.id] = sighting
            if len(found) == limit:
                break
    else:
        found = {each.id: None for each in fitting[:limit]}
    if len(found) == limit:
        last = next(reversed(found))
        return found, next(each for each in fitting if each.id == last)
    return found, looked[-1].place if looked else None


def _shown(seen: Sighting | None) -> dict[str, Any]:
    if seen is None:
        return {"quote": "", "words": []}
    return {"quote": seen.quote.text if seen.quote.field == "body" else "", "words": list(seen.words)}


def _read(query: str, reading: Any) -> None:
    try:
        reading()
    except BadQuery as slip:
        raise bad_query(slip, query, "#/q", "query") from None


@router.get("/articles/{number}", operation_id="getArticle", response_model=ArticleText)
async def get_article(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Look at an article, with its text."""

    def read(connection: Connection) -> dict[str, Any] | None:
        rows = programs.articles(connection, [int(number)])
        said = programs.article_text(connection, int(number))
        return {**rows[0], **said, "text": said["body"]} if rows and said else None

    found = await house.ask(read)
    if found is None:
        raise not_found("article", number)
    return found


@router.get("/articles/{number}/why", operation_id="explainArticle", response_model=dict[str, Any])
async def explain_article(
    house: Here,
    _: Reader,
    number: NumberInPath,
    topic: Annotated[
        Number | None, Query(description="Explain this topic, whether it matches or not.")
    ] = None,
) -> Any:
    """Tell why somebody heard of an article, or why nobody did: the whole trace, as `pantau why --json` has it."""

    def read(connection: Connection) -> dict[str, Any]:
        said = programs.article_text(connection, int(number))
        if said is None:
            raise not_found("article", number)
        named = programs.topic_value(connection, int(topic)) if topic is not None else None
        if topic is not None and named is None:
            raise not_found("topic", topic)
        trail = trail_of(connection, [said["identity"]], [])
        topics = [named] if named is not None else None
        asked, silent = hold_against(connection, trail.read, trail.topic_set, topics)
        trace = Trace(said["identity"], trail, asked, silent, named.name if named is not None else None)
        story = story_of(connection, int(number))
        return {**why_json(trace), "story": story, "sentence": sentence(trace)}

    return with_string_ids(plain(await house.ask(read)))


@router.post("/articles/retry", operation_id="readAgain", response_model=Again)
async def read_again(
    request: Request, house: Here, caller: Writer, asked: Retried, key: Key = None
) -> Response:
    """Read an article once more, or all that were set aside. Nobody hears of one twice."""
    if (asked.url is None) is not asked.set_aside:
        raise invalid("", "Give one url, or set_aside: true.")
    url = asked.url

    def work(connection: Connection) -> Done:
        wanted: Iterable[int]
        wanted = entries_of(connection, *names_of(url)) if url is not None else all_set_aside(connection)
        entries = list(wanted)
        due = try_now(connection, entries)
        if due:
            audit_log.note(
                connection, caller.who, "retried", "article", url or "all set aside", after={"due": due}
            )
        return Done({"entries": len(entries), "due": due})

    return await do(house, request, caller, key, work)
