"""Stored articles for the pages: found by words, feed, topic, language and day; and what hangs on one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, text
from sqlalchemy.dialects.postgresql import insert as upsert

from ops.store.schema import extraction_reports

Row = Mapping[str, Any]
Show = Literal["all", "matched", "unmatched", "reported"]

SHOWN = 50
WINDOW = 5_000
"""So many articles are looked at for one part of the list, where no index knows what is sought."""
_WINDOW_OF_WORDS = 500
"""The same where words are sought: of a common one the server may make the words of each article anew."""
BEGUN, ENDED = "\x02", "\x03"
"""Around each word that was sought, in `headline` and `excerpt`."""

_NEWEST = 2**62
_MOST_FEEDS = 20
_WIDER = (5_000, 50_000, 500_000, _NEWEST)
"""Numbers of articles among which words are sought, one after the other until enough are found: what is common is found
among the newest, and what is rare is quickly found among all."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which articles: with these words (as in a web search: "a phrase", or, -not), of feeds with this in their name,
    in this language, that this topic matched, read in this stretch, with a number below `before`. "" and None: any."""

    words: str = ""
    feed: str = ""
    language: str = ""
    topic: str = ""
    show: Show = "all"
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The articles, newest first, each with `matches` and `sendings`. `further` is where the list goes on (`before`);
    `looked_to` is how far back was looked where fewer than a part were found. `problem`: why nothing was sought."""

    rows: Sequence[Row] = ()
    further: int | None = None
    looked_to: datetime | None = None
    problem: Literal["", "no_words", "no_feed", "no_topic"] = ""


_SEARCHABLE = text("SELECT querytree(websearch_to_tsquery('simple', :words)) NOT IN ('', 'T')")

_FEEDS = text("""
    SELECT id FROM feeds WHERE strpos(lower(coalesce(name, title, url)), lower(:feed)) > 0
    ORDER BY lower(coalesce(name, title, url)) <> lower(:feed), removed_at IS NOT NULL, id LIMIT :most
""")

_TOPIC = text("SELECT id FROM topics WHERE name = :topic ORDER BY removed_at IS NOT NULL, id DESC LIMIT 1")

# Numbers go with time, but for what several readers had in hand at once.
_BETWEEN = text("""
    SELECT (SELECT id FROM articles WHERE read_at >= :since ORDER BY read_at LIMIT 1) - :strayed AS least,
           (SELECT id FROM articles WHERE read_at < :until ORDER BY read_at DESC LIMIT 1) + :strayed AS before
""")
_STRAYED = 2_000

# What a common word is found in is remembered to the row, not to the page: else the words of every article of a page
# are made anew. The default of 4 MB is enough for 60,000 pages, and a million articles fill four times as many. How
# common a word is decides how it is best found, so no plan serves two searches.
_PREPARE = text("""
    SELECT set_config('work_mem', '32MB', true), set_config('max_parallel_workers_per_gather', '0', true),
           set_config('plan_cache_mode', 'force_custom_plan', true)
""")

_DRIVERS = {
    "words": """
        SELECT id FROM articles
        WHERE article_words(title, body) @@ websearch_to_tsquery('simple', :words) AND id < :before AND id >= :least
          AND feed_id <> -1
        ORDER BY id DESC LIMIT :window""",
    "topic": """
        SELECT article_id FROM matches WHERE topic_id = :topic AND article_id < :before AND article_id >= :least
        ORDER BY article_id DESC LIMIT :window""",
    "feeds": """
        SELECT a.id FROM unnest(CAST(:feeds AS bigint[])) AS f(feed_id) CROSS JOIN LATERAL (
            SELECT id FROM articles WHERE articles.feed_id = f.feed_id AND id < :before AND id >= :least
            ORDER BY id DESC LIMIT :window) AS a
        ORDER BY a.id DESC LIMIT :window""",
    "matched": """
        SELECT DISTINCT article_id FROM matches WHERE article_id < :before AND article_id >= :least AND topic_id <> -1
        ORDER BY article_id DESC LIMIT :window""",
    "reported": """
        SELECT DISTINCT article_id FROM extraction_reports WHERE article_id < :before AND article_id >= :least
        ORDER BY article_id DESC LIMIT :window""",
    "all": """
        SELECT id FROM articles WHERE id < :before AND id >= :least AND feed_id <> -1
        ORDER BY id DESC LIMIT :window""",
}
"""What is walked through, the fewest first: the rest is asked of each article."""

_ASKED = {
    "topic": "EXISTS (SELECT FROM matches m WHERE m.article_id = r.id AND m.topic_id = :topic)",
    "feeds": "r.feed_id = ANY(:feeds)",
    "language": "r.language = :language",
    "day": "r.read_at >= :since AND r.read_at < :until",
    "matched": "EXISTS (SELECT FROM matches m WHERE m.article_id = r.id)",
    "unmatched": "NOT EXISTS (SELECT FROM matches m WHERE m.article_id = r.id)",
    "reported": "EXISTS (SELECT FROM extraction_reports x WHERE x.article_id = r.id)",
}

_COLUMNS = "r.id, r.title, r.url, r.source, r.language, r.seen_at, r.read_at, r.summary_only, r.backlog"

_EXCERPTS = text(f"""
    SELECT id, ts_headline('simple', translate(left(title, 1000), E'{BEGUN}{ENDED}', ''), q,
               E'HighlightAll=true, StartSel="{BEGUN}", StopSel="{ENDED}"') AS headline,
           ts_headline('simple', translate(left(body, 20000), E'{BEGUN}{ENDED}', ''), q,
               E'MaxWords=40, MinWords=20, StartSel="{BEGUN}", StopSel="{ENDED}"') AS excerpt
    FROM articles, websearch_to_tsquery('simple', :words) AS q WHERE id = ANY(:articles)
""")  # noqa: S608  no foreign text

_MATCHES = text("""
    SELECT m.article_id, t.name AS topic, m.hits, m.quote
    FROM matches m JOIN topics t ON t.id = m.topic_id WHERE m.article_id = ANY(:articles) ORDER BY m.id
""")

_SENDINGS = text("""
    SELECT DISTINCT m.article_id, d.id, d.kind, d.state, d.reason, d.due_at, d.ended_at, d.possible_repeat,
           c.name AS channel
    FROM matches m JOIN alerts a ON a.match_id = m.id
    JOIN deliveries d ON d.id = a.delivery_id JOIN channels c ON c.id = d.channel_id
    WHERE m.article_id = ANY(:articles) ORDER BY d.id
""")

_LANGUAGES = text("""
    SELECT DISTINCT language FROM (
        SELECT language FROM articles WHERE feed_id <> -1 ORDER BY id DESC LIMIT 2000) AS newest
    WHERE language IS NOT NULL ORDER BY language
""")

_TOPICS = text("SELECT name FROM topics WHERE removed_at IS NULL ORDER BY name LIMIT :most")

_READ_AT = text("SELECT read_at FROM articles WHERE id = :article")

_IDENTITY = text("SELECT identity FROM articles WHERE id = :article")

_NUMBER = text("SELECT id FROM articles WHERE identity = ANY(:identities) ORDER BY id LIMIT 1")

_SAID = text("""
    SELECT f.delivery_id, f.relevant, f.said_by, f.said_at, c.name AS channel
    FROM feedback f JOIN channels c ON c.id = f.channel_id
    WHERE f.channel_id = ANY(ARRAY(SELECT DISTINCT a.channel_id FROM matches m JOIN alerts a ON a.match_id = m.id
                                   WHERE m.article_id = :article)) AND f.article_id = :article
    ORDER BY f.said_at DESC LIMIT 50
""")

_REPORTS = text("""
    SELECT said_by, said, method, said_at FROM extraction_reports WHERE article_id = :article
    ORDER BY said_at DESC LIMIT 20
""")


def find(connection: Connection, sought: Sought) -> Found:
    """The newest such articles."""
    asked: dict[str, Any] = {
        "most": SHOWN + 1,
        "language": sought.language,
        "words": sought.words,
    }
    if sought.words and not connection.execute(_SEARCHABLE, asked).scalar_one():
        return Found(problem="no_words")
    if sought.feed:
        feeds = connection.execute(_FEEDS, {"feed": sought.feed, "most": _MOST_FEEDS}).scalars().all()
        if not feeds:
            return Found(problem="no_feed")
        asked["feeds"] = list(feeds)
    if sought.topic:
        asked["topic"] = connection.execute(_TOPIC, {"topic": sought.topic}).scalar_one_or_none()
        if asked["topic"] is None:
            return Found(problem="no_topic")
    least, before = _between(connection, sought)
    asked |= {"since": sought.since, "until": sought.until}
    rows, walked = _walk(connection, sought, asked, least, before)
    return _found(connection, sought, rows, walked)


def _between(connection: Connection, sought: Sought) -> tuple[int, int]:
    """Between which numbers the articles lie: from the first up to, and without, the second."""
    before = _NEWEST if sought.before is None else sought.before
    if sought.since is None:
        return 0, before
    asked = {"since": sought.since, "until": sought.until, "strayed": _STRAYED}
    span = connection.execute(_BETWEEN, asked).one()
    return span.least or 0, min(before, span.before or 0)


def _walk(
    connection: Connection, sought: Sought, asked: dict[str, Any], least: int, before: int
) -> tuple[list[dict[str, Any]], Sequence[int]]:
    """The rows, and the numbers of all articles that were looked at for them where there may be more."""
    driver, conditions = _plan(sought)
    if driver != "words":
        return _look(connection, driver, conditions, {**asked, "least": least, "before": before})
    connection.execute(_PREPARE)
    newest = connection.execute(text("SELECT max(id) FROM articles")).scalar_one() or 0
    top = min(before, newest + 1)
    for span in _WIDER:
        bottom = max(least, top - span)
        rows, walked = _look(connection, driver, conditions, {**asked, "least": bottom, "before": before})
        if len(rows) > SHOWN or walked or bottom == least:
            break
    return rows, walked


def _plan(sought: Sought) -> tuple[str, list[str]]:
    wanted = {
        "words": bool(sought.words),
        "topic": bool(sought.topic),
        "feeds": bool(sought.feed),
        "language": bool(sought.language),
        "day": sought.since is not None,
        sought.show: sought.show != "all",
    }
    driver = next(name for name in _DRIVERS if name == "all" or wanted.get(name))
    return driver, [_ASKED[name] for name, asked in wanted.items() if asked and name not in (driver, "words")]


def _look(
    connection: Connection, driver: str, conditions: Sequence[str], asked: dict[str, Any]
) -> tuple[list[dict[str, Any]], Sequence[int]]:
    window = asked["most"] if not conditions else _WINDOW_OF_WORDS if driver == "words" else WINDOW
    looked = connection.execute(text(_DRIVERS[driver]), {**asked, "window": window}).scalars().all()
    where = " AND ".join(["r.id = ANY(:looked)", *conditions])
    chosen = text(f"SELECT {_COLUMNS} FROM articles r WHERE {where} ORDER BY r.id DESC LIMIT :most")  # noqa: S608
    rows = [dict(row) for row in connection.execute(chosen, {**asked, "looked": list(looked)}).mappings()]
    return rows, looked if len(looked) == window else ()


def _found(
    connection: Connection, sought: Sought, rows: list[dict[str, Any]], walked: Sequence[int]
) -> Found:
    shown = rows[:SHOWN]
    numbers = [row["id"] for row in shown]
    marked = _marked(connection, sought.words, numbers) if sought.words and numbers else {}
    nothing = ("", "")
    told = [
        {**row, "headline": marked.get(row["id"], nothing)[0], "excerpt": marked.get(row["id"], nothing)[1]}
        for row in what_became_of(connection, shown)
    ]
    if len(rows) > SHOWN:
        return Found(told, further=numbers[-1])
    if not walked:
        return Found(told)
    read_at = connection.execute(_READ_AT, {"article": walked[-1]}).scalar_one()
    return Found(told, further=walked[-1], looked_to=read_at)


def what_became_of(connection: Connection, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """These articles, each with its `matches` (topic, hits, quote) and its `sendings` (messages that have it)."""
    numbers = [row["id"] for row in rows]
    matches = _grouped(connection, _MATCHES, articles=numbers)
    sendings = _grouped(connection, _SENDINGS, articles=numbers)
    return [
        {**row, "matches": matches.get(row["id"], []), "sendings": sendings.get(row["id"], [])}
        for row in rows
    ]


def _marked(connection: Connection, words: str, articles: list[int]) -> dict[int, tuple[str, str]]:
    rows = connection.execute(_EXCERPTS, {"words": words, "articles": articles})
    return {row.id: (row.headline, row.excerpt) for row in rows}


def languages(connection: Connection) -> Sequence[str]:
    """The languages of the newest articles."""
    return list(connection.execute(_LANGUAGES).scalars())


def topic_names(connection: Connection, most: int = 300) -> Sequence[str]:
    """What topics are called, the first so many."""
    return list(connection.execute(_TOPICS, {"most": most}).scalars())


def identity_of(connection: Connection, article: int) -> str | None:
    """The identity of the article of this number; None where there is none."""
    found: str | None = connection.execute(_IDENTITY, {"article": article}).scalar_one_or_none()
    return found


def number_of(connection: Connection, identities: Collection[str]) -> int | None:
    """The number of the article with one of these identities."""
    found: int | None = connection.execute(_NUMBER, {"identities": list(identities)}).scalar_one_or_none()
    return found


def said_of(connection: Connection, article: int) -> Sequence[Row]:
    """What people said of the article, on the pages and in Slack, the newest first."""
    return [dict(row) for row in connection.execute(_SAID, {"article": article}).mappings()]


def reports_of(connection: Connection, article: int) -> Sequence[Row]:
    """What people reported of the article's text, the newest first."""
    return [dict(row) for row in connection.execute(_REPORTS, {"article": article}).mappings()]


def report(connection: Connection, article: int, said_by: str, said: str, method: str) -> None:
    """Keeps what somebody says is wrong with an article's text; the last word of each counts."""
    word = {"said": said, "method": method, "said_at": func.clock_timestamp()}
    connection.execute(
        upsert(extraction_reports)
        .values(article_id=article, said_by=said_by, **word)
        .on_conflict_do_update(index_elements=["article_id", "said_by"], set_=word)
    )


def _grouped(connection: Connection, query: Any, **asked: Any) -> dict[int, list[Row]]:
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(query, asked).mappings():
        groups[row["article_id"]].append(dict(row))
    return groups
