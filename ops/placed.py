"""PURE. Why an article stands in its story, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from alerts.letter import plain_text
from ops.said import Said, joined, said

_REASONS: Mapping[str, Callable[[str], Said]] = {
    "same_text": lambda like: said("the same text as {like}", like=like),
    "same_event": lambda like: said("the same event as {like}", like=like),
    "across_languages": lambda like: said("the same event, in another language, as {like}", like=like),
}
_BY_HAND: Mapping[str, Callable[[str], Said]] = {
    "taken_out": lambda who: said("{who} took it out of another story", who=who),
    "merged": lambda who: said("{who} merged its story into this one", who=who),
    "taken_apart": lambda who: said("{who} took its story apart from another again", who=who),
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
    def by(self) -> str:
        """Who put it there, where a person did."""

    @property
    def likeness(self) -> float:
        """How alike both are."""

    @property
    def shared(self) -> Sequence[str]:
        """What both have."""


def placed_because(placed: Placed) -> Said:
    """The reason, in words that are harmless already."""
    if placed.reason in _BY_HAND:
        by_hand = _BY_HAND[placed.reason](plain_text(placed.by, 120))
        return joined((by_hand, f"({placed.reason})"))
    if placed.reason not in _REASONS:
        return said("it began the story (new)")
    like = f"“{plain_text(placed.like_title or '', 100)}” ({plain_text(placed.like_source or '', 60)})"
    shared = ", ".join(plain_text(term.lstrip("#"), 40) for term in placed.shared)
    alike = said("alike {share}", share=f"{placed.likeness:.2f}") if placed.reason != "same_text" else ""
    both = said("both have {words}", words=shared) if shared else ""
    because = joined((_REASONS[placed.reason](like), alike, both), ", ")
    return joined((because, f"({placed.reason})"))
