"""How a search over stored articles is told at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from alerts.letter import plain_text
from ops.cli.output import highlighted, percent, table

if TYPE_CHECKING:
    from ops.searching import Comparison, Day, Search, Sighting

_BAR = 24
_TERMS = 12
_SAMPLES = 5


def search_in_words(found: Search, since: str) -> str:
    """What a search found, for the terminal."""
    summary = f"{found.matched:,} of {found.articles:,} articles of the last {since} match"
    if not found.matched:
        return summary
    return "\n".join(
        [
            f"{summary} ({percent(found.matched, found.articles)})",
            *_days(found.days),
            *_terms(found),
            "",
            *_samples(found.sightings, found.matched, "match"),
        ]
    )


def comparison_in_words(found: Comparison, since: str) -> str:
    """Two searches and what is between them, for the terminal."""
    saved, new = found.saved, found.new
    lines = [
        f"{saved.articles:,} articles of the last {since}",
        f"saved query  {saved.matched:,} match ({percent(saved.matched, saved.articles)})",
        f"new query    {new.matched:,} match ({percent(new.matched, new.articles)})",
        f"new articles {found.gained.articles:,}, lost articles {found.lost.articles:,}",
        *_days_compared(found),
        *_terms(new),
    ]
    for words, difference in (("are new", found.gained), ("are lost", found.lost)):
        if difference.articles:
            lines += ["", *_samples(difference.sightings, difference.articles, words)]
    return "\n".join(lines)


def _days(days: tuple[Day, ...]) -> Iterator[str]:
    most = max(day.matched for day in days)
    rows = [(day.day, day.articles, day.matched, _bar(day.matched, most)) for day in days]
    yield ""
    yield table(rows, ("day", "articles", "matched", ""))


def _days_compared(found: Comparison) -> Iterator[str]:
    pairs = list(zip(found.saved.days, found.new.days, strict=True))
    if not pairs:
        return
    most = max(day.matched for pair in pairs for day in pair)
    rows = [(old.day, old.articles, old.matched, new.matched, _bar(new.matched, most)) for old, new in pairs]
    yield ""
    yield table(rows, ("day", "articles", "saved", "new", ""))


def _bar(part: int, most: int) -> str:
    """A bar as long as the part is large, in eighths of a letter."""
    eighths = round(8 * _BAR * part / most) if most else 0
    rest = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return "█" * (eighths // 8) + rest


def _terms(found: Search) -> Iterator[str]:
    """What each term brings, where there is more than one."""
    if len(found.terms) < 2 or not found.matched:
        return
    rows = [
        (plain_text(share.term, 60), percent(share.found, found.matched), percent(share.alone, found.matched))
        for share in found.terms[:_TERMS]
    ]
    yield ""
    yield table(rows, ("term", "stands in", "brings alone"))
    if len(found.terms) > _TERMS:
        yield f"and {len(found.terms) - _TERMS:,} more terms, which stand in fewer"


def _samples(sightings: tuple[Sighting, ...], of: int, words: str) -> Iterator[str]:
    shown = sightings[:_SAMPLES]
    yield f"the newest {len(shown)} of {of:,} that {words}:" if of > len(shown) else f"{of:,} that {words}:"
    for sighting in shown:
        yield from _sighting(sighting)


def _sighting(sighting: Sighting) -> Iterator[str]:
    stored = sighting.stored
    title = highlighted(stored.article.title, sighting.title_marks, 160) or "(without a title)"
    head = click.style(f"{stored.at:%Y-%m-%d %H:%M}  {plain_text(stored.article.source, 40)}", dim=True)
    yield ""
    yield f"{head}  {title}"
    if stored.article.url:
        yield f"  {plain_text(stored.article.url, 300)}"
    if sighting.quote.text and sighting.quote.field == "body":
        yield f"  > {highlighted(sighting.quote.text, sighting.quote.marks, 300)}"
