"""PURE. A page that was read again, as `pantau why --fetch` says it: its paragraphs, those that are no part of the
article apart from the others, and what would come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text, safe_link
from ops.dashboard.words import Stamp, language_tag, stamp
from ops.readings import taken
from ops.said import Said, said, said_n

Reading = Mapping[str, Any]

_TITLE, _LINE, _PARAGRAPH, _PARAGRAPHS = 400, 300, 4_000, 500


@dataclass(frozen=True, slots=True)
class View:
    """The page. `paragraphs` are all that a reader sees on it, True for the article's own; `more` are not shown."""

    path: str
    at: Stamp
    title: str
    language: str | None
    link: str | None
    sentence: str
    good: bool
    facts: tuple[tuple[Said, str], ...]
    paragraphs: tuple[tuple[str, bool], ...]
    more: Said | str
    topics: tuple[tuple[str, bool], ...]


def compose(number: int, reading: Reading, at: datetime, now: datetime) -> View:
    """What a reading that was made at that moment says."""
    article = (reading.get("article") or {}).get("article") or {}
    seen: Sequence[tuple[str, bool]] = reading.get("seen") or ()
    left = len(seen) - _PARAGRAPHS
    return View(
        path=f"/articles/{number}",
        at=stamp(at, now),
        title=plain_text(article.get("title") or "", _TITLE) or said("(without a title)"),
        language=language_tag(article.get("language")),
        link=safe_link(reading.get("url") or ""),
        sentence=plain_text(reading.get("sentence") or "", 1000),
        good=bool(article),
        facts=tuple(_facts(reading, article)),
        paragraphs=tuple((plain_text(text, _PARAGRAPH), bool(kept)) for text, kept in seen[:_PARAGRAPHS]),
        more=said_n("{n} more paragraph is not shown.", "{n} more paragraphs are not shown.", left)
        if left > 0
        else "",
        topics=tuple(
            (plain_text(topic["name"], 80), bool(topic["matches"])) for topic in reading.get("topics") or ()
        ),
    )


def _facts(reading: Reading, article: Mapping[str, Any]) -> Iterator[tuple[Said, str]]:
    fetched, page = reading.get("fetched") or {}, reading.get("page") or {}
    if fetched.get("status"):
        yield said("Answered"), f"{fetched['status']}"
    if reading.get("problem"):
        yield said("Problem"), plain_text(reading["problem"], _LINE)
    if page.get("method") and article:
        yield (
            said("Text"),
            said(
                "{n} of {all} words of the page, taken {how}",
                n=f"{reading.get('words') or 0:,}",
                all=f"{reading.get('page_words') or 0:,}",
                how=taken(plain_text(page["method"], _LINE)),
            ),
        )
    if article:
        yield said("Language"), plain_text(article.get("language") or "", 40) or said("unknown")
    if authors := (reading.get("article") or {}).get("authors"):
        yield said("By"), plain_text(", ".join(authors), _LINE)
