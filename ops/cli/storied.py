"""An article's story in words, as `pantau why` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

from alerts.letter import plain_text
from ops.placed import placed_because

if TYPE_CHECKING:
    from ops.store.storied import Storied


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
    yield f"           {placed_because(story)}"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
