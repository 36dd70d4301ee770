"""PURE. Why an article stands in its story, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alerts.letter import plain_text

_REASONS = {
    "same_text": "the same text as",
    "same_event": "the same event as",
    "across_languages": "the same event, in another language, as",
}


class Placed(Protocol):
    """What is kept of it: the reason, the article that decided, how alike they are (0 to 1) and in what."""

    @property
    def reason(self) -> str:
        """`worker.story.Reason`, or "" where none was kept."""

    @property
    def like_title(self) -> str | None:
        """The title of the article that decided."""

    @property
    def like_source(self) -> str | None:
        """Its source."""

    @property
    def likeness(self) -> float:
        """How alike both are."""

    @property
    def shared(self) -> Sequence[str]:
        """What both have."""


def placed_because(placed: Placed) -> str:
    """The reason, in words that are harmless already."""
    if placed.reason not in _REASONS:
        return "it began the story (new)"
    like = f"“{plain_text(placed.like_title or '', 100)}” ({plain_text(placed.like_source or '', 60)})"
    alike = f", alike {placed.likeness:.2f}" if placed.reason != "same_text" else ""
    both = (
        f", both have {', '.join(plain_text(term.lstrip('#'), 40) for term in placed.shared)}"
        if placed.shared
        else ""
    )
    return f"{_REASONS[placed.reason]} {like}{alike}{both} ({placed.reason})"
