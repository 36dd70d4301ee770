"""PURE. What a topic was, version by version, each beside the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from alerts.letter import plain_text
from ops.dashboard.views.difference import Piece, difference
from ops.dashboard.words import Stamp, stamp
from ops.said import Said, said
from ops.store.topics import Standing, Version


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version: who saved it, and what it changed. `newest` is the one that stands; `name` and `tags` are what they
    became where they changed."""

    number: int
    by: Said | str
    at: Stamp
    pieces: tuple[Piece, ...]
    name: str
    tags: str
    newest: bool
    same_query: bool


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The versions of a topic, the newest first."""

    id: int
    name: str
    declared: bool
    version: int
    versions: tuple[VersionRow, ...]
    further: str


def history_view(topic: Standing, found: Sequence[Version], page: int, now: datetime) -> HistoryView:
    """The versions; one more than a page holds is what the last one is compared with."""
    pairs = [*pairwise(found), *([(found[-1], None)] if 0 < len(found) <= page else [])]
    return HistoryView(
        id=topic.id,
        name=plain_text(topic.topic.name, 120),
        declared=topic.declared,
        version=topic.version,
        versions=tuple(_row(version, before, topic.version, now) for version, before in pairs),
        further=f"/topics/{topic.id}/history?before={found[page - 1].number}" if len(found) > page else "",
    )


def _row(version: Version, before: Version | None, newest: int, now: datetime) -> VersionRow:
    was, became = (before or version).topic, version.topic
    return VersionRow(
        number=version.number,
        by=plain_text(version.by, 80) if version.by else said("not known"),
        at=stamp(version.at, now),
        pieces=difference(was.query, became.query),
        name=plain_text(became.name, 200) if was.name != became.name else "",
        tags=(plain_text(", ".join(became.tags), 300) or "–") if was.tags != became.tags else "",
        newest=version.number == newest,
        same_query=before is not None and was.query == became.query,
    )
