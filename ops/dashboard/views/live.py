"""PURE. The stream of articles as one value: what is shown of each, and where its words lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from alerts.evidence import show_why
from alerts.letter import plain_text, runs, safe_link
from ops.dashboard.views.rows import Row, Runs, evidence_of, name_of, title_runs
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.said import Said, said, said_n
from ops.store.pages.live import Choices, Found, Sieve

_QUOTE, _NAME = 300, 200


@dataclass(frozen=True, slots=True)
class StreamRow:
    """An article: when it was read, where it comes from, and what it touches. `link` leads to its page here, or where
    there is none to the article itself (`out`)."""

    id: int
    at: Stamp
    clock: str
    source: str
    of_source: str
    language: str | None
    of_language: str
    title: Runs
    link: str | None
    out: bool
    quote: Runs
    topics: tuple[tuple[str, str], ...]
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose in a filter; a chosen one that there is none of any more stays to be seen."""

    value: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole page; `live` is the newest part of the stream, which grows by itself."""

    at: Stamp
    clock: str
    live: bool
    rows: tuple[StreamRow, ...]
    topics: tuple[Option, ...]
    sources: tuple[Option, ...]
    languages: tuple[Option, ...]
    matched: bool
    sifted: bool
    further: str
    newest: str
    empty: Said


def compose(found: Found, choices: Choices, sieve: Sieve, now: datetime, article_pages: bool) -> View:
    """The page of this part of the stream; `article_pages` says whether articles have pages of their own here."""
    sifted = bool(sieve.topic or sieve.source or sieve.language or sieve.matched)
    newest = replace(sieve, before=None)
    return View(
        at=stamp(now, now),
        clock=f"{now:%H:%M:%S} UTC",
        live=sieve.before is None,
        rows=tuple(_row(row, now, article_pages) for row in found.rows),
        topics=_options(choices.topics, sieve.topic),
        sources=_options(choices.sources, sieve.source),
        languages=_options(choices.languages, sieve.language),
        matched=sieve.matched,
        sifted=sifted,
        further=address(replace(sieve, before=found.further)) if found.further else "",
        newest=address(newest),
        empty=_nothing(sifted, found.further is not None),
    )


def address(sieve: Sieve) -> str:
    """Where this part of the stream is seen: a view can be sent to a colleague."""
    asked = {
        "topic": sieve.topic,
        "source": sieve.source,
        "language": sieve.language,
        "matched": "1" if sieve.matched else "",
        "before": str(sieve.before or ""),
    }
    told = urlencode({name: value for name, value in asked.items() if value})
    return f"/live?{told}" if told else "/live"


def _row(row: Row, now: datetime, article_pages: bool) -> StreamRow:
    quote, marks, title_marks = show_why([evidence_of(match) for match in row["evidence"]])
    language = language_tag(row["language"])
    names = dict.fromkeys(match["topic"] for match in row["evidence"])
    return StreamRow(
        id=row["id"],
        at=stamp(row["read_at"], now),
        clock=f"{row['read_at']:%H:%M:%S}",
        source=name_of(row["source"]),
        of_source=address(Sieve(source=row["source"][:_NAME])),
        language=language,
        of_language=address(Sieve(language=language)) if language else "",
        title=title_runs(row["title"], title_marks),
        link=f"/articles/{row['id']}" if article_pages else safe_link(row["url"]),
        out=not article_pages,
        quote=tuple(runs(quote, marks, _QUOTE)),
        topics=tuple((plain_text(name, 80), address(Sieve(topic=name[:_NAME]))) for name in names),
        notes=tuple(_notes(row)),
    )


def _notes(row: Row) -> list[Said]:
    notes = []
    if row["told"]:
        notes.append(said_n("told on {n} channel", "told on {n} channels", row["told"]))
    if row["backlog"]:
        notes.append(said("already in its feed when that was added"))
    if row["summary_only"]:
        notes.append(said("summary only"))
    return notes


def _options(values: Sequence[str], chosen: str) -> tuple[Option, ...]:
    known = list(values) if not chosen or chosen in values else [chosen, *values]
    return tuple(Option(value, value == chosen) for value in known)


def _nothing(sifted: bool, further: bool) -> Said:
    if sifted and further:
        return said("None of the articles that were looked through. There are older ones.")
    if sifted:
        return said("No article fits. Choose less, or wait: what is read appears here by itself.")
    return said("No article has been read yet. Add a feed, and its articles appear here as they are read.")
