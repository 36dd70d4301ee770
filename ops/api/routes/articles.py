"""Articles: what was read, why somebody heard of it, and reading it once more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do
from ops.api.pieces import ArticleCursor, Limit, cursor_of, place, told
from ops.api.problems import bad_query, invalid, not_found
from ops.api.shapes.articles import Again, ArticleText, Found, Retried
from ops.api.shapes.values import AskedMoment, Listed, NamePart, Number, NumberInPath
from ops.searching import Sighting, sightings
from ops.store import audit_log, programs
from ops.store.pages.articles import BEGUN, ENDED, Show, Sought, find
from ops.store.programs import NEWEST, Place, Seen
from ops.store.unread import all_set_aside, entries_of
from ops.tracing import names_of
from worker.errors import BadQuery
from worker.match import parse_query
from worker.store.engine import Connection
from worker.store.rereading import try_now
from worker.store.topics import catalogue

router = APIRouter(tags=["articles"])

WINDOW, SEARCHED = 2000, 500
"""How many articles one request looks at, at most: by what their rows say, and by their whole texts."""

_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


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
    words: Annotated[
        str,
        Query(
            max_length=300,
            pattern=r"^[^\x00]*$",
            description='As in a web search: word, "a phrase", or, -not. All articles are searched, by an index.',
        ),
    ] = "",
    source: NamePart = "",
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$")] = "",
    since: Annotated[AskedMoment | None, Query(description="Read since then.")] = None,
    show: Annotated[
        Show, Query(description="Those that a topic matched, that none did, or whose text was reported.")
    ] = "all",
) -> dict[str, Any]:
    """List or search the articles. One request looks at so many articles at most, so a piece can be short or empty and
    still have a `next`: go on until that is null. `words` finds at once among all; `q` reads 500 articles closely."""
    if q and (words or show != "all"):
        raise invalid("#/words" if words else "#/show", "Give words and show, or q.", "query")
    if words or show != "all":
        last = _number(place(cursor))
        asked = Sought(words, source, language, show=show, since=since, until=since and LATEST, before=last)
        items, following = await house.ask(lambda c: _sought(c, asked, topic, limit))
        return told(request, response, items, following)
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


def _number(start: Place) -> int | None:
    return None if start.id == NEWEST else start.id


def _sought(
    connection: Connection, asked: Sought, topic: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """The articles that have the words, or are to be shown, as the page of articles finds them."""
    if topic is not None:
        name = programs.name_of(connection, "topic", int(topic))
        if name is None:
            return [], None
        asked = replace(asked, topic=name)
    found = find(connection, asked)
    if found.problem == "no_words":
        raise invalid("#/words", "Nothing can be searched for by these words.", "query")
    shown = found.rows[:limit]
    rows = {row["id"]: row for row in programs.articles(connection, [row["id"] for row in shown])}
    items = [{**rows[row["id"]], **_marked(row)} for row in shown if row["id"] in rows]
    further = shown[-1]["id"] if len(found.rows) > limit else found.further
    return items, None if further is None else f"0.{further}"


def _marked(row: Mapping[str, Any]) -> dict[str, Any]:
    """The words that were found, and the passage that shows them."""
    marked = f"{row['headline']} {row['excerpt']}"
    words = dict.fromkeys(re.findall(f"{BEGUN}([^{ENDED}]*){ENDED}", marked))
    return {"quote": row["excerpt"].replace(BEGUN, "").replace(ENDED, ""), "words": list(words)}


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
