"""PURE. The list of stored articles, as one value: what was sought, what was found, and where it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

from alerts.evidence import show_why
from alerts.letter import plain_text, runs, safe_link
from ops.dashboard.views.rows import Runs, Sending, evidence_of, sending_row
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.row_number import number_in
from ops.said import Said, said
from ops.store.pages.articles import BEGUN, ENDED, Found, Show, Sought

Row = Mapping[str, Any]

_LONGEST_WORDS, _LONGEST_NAME = 200, 120
_TITLE, _EXCERPT, _NAME = 250, 400, 80
_SHOWS: tuple[tuple[Show, Said], ...] = (
    ("all", said("All")),
    ("matched", said("Matched")),
    ("unmatched", said("Not matched")),
    ("reported", said("Reported")),
)
_PROBLEMS = {
    "no_words": said(
        "There is nothing in this to look for. Write at least one word that articles should have; a word behind a "
        "minus only leaves articles out."
    ),
    "no_feed": said("No feed has this in its name."),
    "no_topic": said("No topic has this name."),
}


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article of the list: `excerpt` shows the words that were sought, or the sentence that a topic matched;
    `untold`: it matched, and no message has it; `topics` each with the address of their articles."""

    path: str
    read: Stamp
    source: str
    language: str | None
    title: Runs
    excerpt: Runs
    link: str | None
    topics: tuple[tuple[str, str], ...]
    sendings: tuple[Sending, ...]
    untold: bool
    summary_only: bool
    backlog: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole page; `asked` is what stands in the form."""

    asked: Mapping[str, str]
    shows: tuple[tuple[Said, str, bool], ...]
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    rows: tuple[ArticleRow, ...]
    narrowed: bool
    problem: Said | str
    looked_to: Stamp | None
    further: str


def sought(query: Mapping[str, str]) -> Sought:
    """What an address asks for; what cannot be understood in it asks for nothing."""
    day = _day(query.get("day", ""))
    show = query.get("show", "all")
    before = query.get("before", "")
    return Sought(
        words=plain_text(query.get("words", ""), _LONGEST_WORDS),
        feed=plain_text(query.get("feed", ""), _LONGEST_NAME),
        language=language_tag(query.get("language", "")) or "",
        topic=plain_text(query.get("topic", ""), _LONGEST_NAME),
        show=show if show in get_args(Show) else "all",  # type: ignore[arg-type]
        since=day,
        until=day + timedelta(days=1) if day else None,
        before=number_in(before),
    )


def compose(
    wanted: Sought, found: Found, languages: Sequence[str], topics: Sequence[str], now: datetime
) -> View:
    """The page that shows what was found."""
    asked = _asked(wanted)
    spoken = [tag for tag in languages if language_tag(tag)]
    return View(
        asked=asked,
        shows=tuple(
            (word, _address(replace(wanted, show=key, before=None)), key == wanted.show)
            for key, word in _SHOWS
        ),
        languages=tuple(sorted({*spoken, *filter(None, [wanted.language])})),
        topics=tuple(plain_text(name, _LONGEST_NAME) for name in topics),
        rows=tuple(article_row(row, now) for row in found.rows),
        narrowed=any(asked.values()) or wanted.before is not None,
        problem=_PROBLEMS.get(found.problem, ""),
        looked_to=stamp(found.looked_to, now) if found.looked_to else None,
        further=_address(replace(wanted, before=found.further)) if found.further else "",
    )


def article_row(row: Row, now: datetime) -> ArticleRow:
    """An article with its `matches` and `sendings` (`ops.store.pages.articles.find`)."""
    quote, marks, title_marks = show_why([evidence_of(match) for match in row["matches"]])
    _, sought_marks = _unmarked(row["headline"])
    excerpt, excerpt_marks = _unmarked(row["excerpt"]) if row["excerpt"] else (quote, marks)
    title = tuple(runs(row["title"], [*title_marks, *sought_marks], _TITLE))
    return ArticleRow(
        path=f"/articles/{row['id']}",
        read=stamp(row["read_at"], now),
        source=plain_text(row["source"], _NAME),
        language=language_tag(row["language"]),
        title=title if any(piece.strip() for piece, _ in title) else ((said("(without a title)"), False),),
        excerpt=tuple(runs(excerpt, excerpt_marks, _EXCERPT)),
        link=safe_link(row["url"]),
        topics=tuple(
            (plain_text(name, _NAME), f"/articles?{urlencode({'topic': name})}")
            for name in dict.fromkeys(match["topic"] for match in row["matches"])
        ),
        sendings=tuple(sending_row(sending, now) for sending in row["sendings"]),
        untold=bool(row["matches"]) and not row["sendings"],
        summary_only=row["summary_only"],
        backlog=row["backlog"],
    )


def _unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without the signs around what was sought, and where that stands in it."""
    plain, marks, begun = "", [], 0
    for piece in text.split(BEGUN):
        inside, ended, outside = piece.partition(ENDED)
        if ended:
            begun = len(plain)
            marks.append((begun, begun + len(inside)))
        plain += inside + outside
    return plain, marks


def _asked(wanted: Sought) -> dict[str, str]:
    """The address's words for it; "" where nothing is asked."""
    return {
        "words": wanted.words,
        "feed": wanted.feed,
        "topic": wanted.topic,
        "language": wanted.language,
        "day": f"{wanted.since:%Y-%m-%d}" if wanted.since else "",
        "show": "" if wanted.show == "all" else wanted.show,
    }


def _address(wanted: Sought) -> str:
    asked = {name: value for name, value in _asked(wanted).items() if value}
    if wanted.before is not None:
        asked["before"] = str(wanted.before)
    return f"/articles?{urlencode(asked)}" if asked else "/articles"


def _day(text: str) -> datetime | None:
    """The beginning of this day (UTC); None for what is no day."""
    try:
        found = date.fromisoformat(text)
        beginning = datetime(found.year, found.month, found.day, tzinfo=UTC)
        return beginning if 1970 < found.year < 9000 else None
    except ValueError:
        return None
