"""What a process does, told to whoever draws it: stretches of time with a name and a few facts, and the article that
they belong to. Where nobody listens it costs the look whether somebody does.

Facts are numbers, states and hosts. Whole addresses never are, since those of hooks and of many feeds let anybody in
who knows them; nor is anything that stands in an article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Fact = str | int | float | bool | Sequence[int]
Facts = Mapping[str, Fact | None]
"""By name; names with a dot are those of OpenTelemetry's conventions. None is left out."""
Kind = Literal["inside", "asks", "answers", "takes"]
"""Work of our own; a question to somebody else; a question of somebody else; a bell that was taken up."""


@dataclass(frozen=True, slots=True)
class Way:
    """What steps have in common that are taken at different desks: the poll of a feed, or the article. The number and
    the moment at which it was seen stand in the rows, so that every desk knows the way without being told."""

    of: Literal["poll", "article"]
    number: int
    seen_at: datetime


class Span(Protocol):
    """A stretch of time that has begun."""

    def note(self, facts: Facts) -> None:
        """Adds what has become known."""


class Recorder(Protocol):
    """Whoever draws what is told here."""

    def span(self, name: str, kind: Kind, facts: Facts, along: Sequence[Way]) -> AbstractContextManager[Span]:
        """What happens within it; on the first of the ways, linked with the others."""
        ...

    def step(
        self,
        name: str,
        way: Way,
        took_s: float,
        facts: Facts,
        *,
        first: bool,
        after: Way | None,
    ) -> None:
        """A step of a way that has just ended: its `first` one, or a later; it came `after` another way's."""
        ...

    def carried(self) -> dict[str, str] | None:
        """What a bell brings along, so that whoever takes it up is drawn behind whoever rang it."""
        ...


class _Silent:
    """Nobody listens."""

    def __enter__(self) -> _Silent:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def note(self, _facts: Facts) -> None:
        """Says it to nobody."""


_SILENT = _Silent()
_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """From now on this is told what happens; None: nobody is."""
    global _recorder
    _recorder = recorder


def recording() -> bool:
    """Whether somebody listens, for facts that would cost something to know."""
    return _recorder is not None


def span(name: str, kind: Kind, facts: Facts, along: Sequence[Way] = ()) -> AbstractContextManager[Span]:
    """A stretch of time that begins now and ends with its block."""
    return _SILENT if _recorder is None else _recorder.span(name, kind, facts, along)


def step(
    name: str, way: Way, took_s: float, facts: Facts, *, first: bool = False, after: Way | None = None
) -> None:
    """A step of an article's way, or of a poll's, that has ended now."""
    if _recorder is not None:
        _recorder.step(name, way, took_s, facts, first=first, after=after)


def carried() -> dict[str, str] | None:
    """What a bell brings along; None where nothing is drawn."""
    return None if _recorder is None else _recorder.carried()
