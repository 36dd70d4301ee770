"""An article's story in words, as `pantau why` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

from alerts.letter import plain_text

if TYPE_CHECKING:
    from ops.store.storied import Storied

_REASONS = {
    "same_text": "the same text as",
    "same_event": "the same event as",
    "across_languages": "the same event, in another language, as",
}


def story_lines(story: Storied | None) -> Iterator[str]:
    """How widely its story is told, and why it was put there."""
    if story is None:
        return
    counts = ", ".join(
        _counted(number, word)
        for number, word in (
            (story.articles, "article"),
            (story.outlets, "outlet"),
            (story.languages, "language"),
        )
    )
    since = f"{story.first_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    yield f"story      {story.number}, {counts}, since {since}: {plain_text(story.title, 120)}"
    yield f"           {_why(story)}"


def _why(story: Storied) -> str:
    if story.reason not in _REASONS:
        return "it began the story (new)"
    like = f"“{plain_text(story.like_title or '', 100)}” ({plain_text(story.like_source or '', 60)})"
    alike = f", alike {story.likeness:.2f}" if story.reason != "same_text" else ""
    both = (
        f", both have {', '.join(plain_text(term.lstrip('#'), 40) for term in story.shared)}"
        if story.shared
        else ""
    )
    return f"{_REASONS[story.reason]} {like}{alike}{both} ({story.reason})"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
