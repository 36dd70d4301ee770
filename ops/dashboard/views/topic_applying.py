"""PURE. A topic applied to articles that were read before: what would be done, what was done, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from alerts.model import Asked
from ops.applying_back import Applied
from ops.dashboard.views.topic_editor import Running
from ops.dashboard.words import Stamp, stamp
from ops.said import Said, said, said_n
from ops.store.topics import Standing

SPANS = (1, 7, 30)
ASKED: Mapping[Asked, Said] = {
    "catch_up": said("Tell of them: each subscription gets one summary on each of its channels"),
    "silent": said("Keep the matches, and tell nobody"),
}
REASONS: Mapping[str, Said] = {
    "already_told": said("the channel was told of the article already"),
    "applied_back": said("nobody is to be told"),
    "before_subscription": said("the subscription is younger than the article"),
    "source_filter": said("the subscription does not hear of the source"),
    "language_filter": said("the subscription does not hear of the language"),
    "too_old": said("the article was older than 7 days when its feed was added"),
    "silenced": said("a silence holds"),
    "unsubscribed": said("the reader has unsubscribed"),
    "address_blocked": said("nothing may be written to the address"),
    "not_confirmed": said("the owner of the address has not confirmed it"),
}


@dataclass(frozen=True, slots=True)
class AppliedView:
    """What came of it, or would come of it; `found` is False where there is nothing to do."""

    matched: Said
    told: Said
    suppressed: tuple[Said, ...]
    looked: Said
    found: bool


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """An earlier time that the topic was applied back."""

    at: Stamp
    who: str
    told: Said


@dataclass(frozen=True, slots=True)
class ApplyView:
    """The page. `look` is a look at what would be done, `done` what was done; `running` says how far either is."""

    id: int
    name: str
    since: int
    asked: Asked
    spans: tuple[tuple[int, Said], ...]
    ways: tuple[tuple[Asked, Said], ...]
    running: Running | None
    look: AppliedView | None
    done: AppliedView | None
    stopped: Said | str
    earlier: tuple[EarlierRow, ...]


def apply_view(
    topic: Standing,
    since: int,
    asked: Asked,
    earlier: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    running: Running | None = None,
    look: Applied | None = None,
    done: Applied | None = None,
    stopped: Said | str = "",
) -> ApplyView:
    """The page with what there is to say."""
    return ApplyView(
        id=topic.id,
        name=plain_text(topic.topic.name, 120),
        since=since,
        asked=asked,
        spans=tuple((days, said_n("{n} day", "{n} days", days)) for days in SPANS),
        ways=tuple(ASKED.items()),
        running=running,
        look=None if look is None else applied_view(look, asked, would=True),
        done=None if done is None else applied_view(done, asked, would=False),
        stopped=stopped,
        earlier=tuple(earlier_row(row, now) for row in earlier),
    )


def applied_view(applied: Applied, asked: Asked, *, would: bool) -> AppliedView:
    """What was, or would be, done, in words."""
    return AppliedView(
        matched=said(
            "{articles}; {new}",
            articles=said_n("{n} article matches", "{n} articles match", applied.matched),
            new=said_n("{n} match is new", "{n} matches are new", applied.new_matches),
        ),
        told=_told(applied, asked, would=would),
        suppressed=tuple(_suppressed(applied)),
        looked=said_n(
            "{n} article was looked through.", "{n} articles were looked through.", applied.articles
        ),
        found=bool(applied.new_matches or applied.told),
    )


def _told(applied: Applied, asked: Asked, *, would: bool) -> Said:
    if asked == "silent":
        return said("Nobody would be told.") if would else said("Nobody is told.")
    if not applied.told and not applied.suppressed:
        return said(
            "Nobody hears of them: everything was decided before, or no subscription hears of this topic."
        )
    if would:
        return said_n(
            "{n} alert would go out, in one summary for each subscription and channel.",
            "{n} alerts would go out, in one summary for each subscription and channel.",
            applied.told,
        )
    return said_n(
        "{n} alert goes out, in one summary for each subscription and channel.",
        "{n} alerts go out, in one summary for each subscription and channel.",
        applied.told,
    )


def _suppressed(applied: Applied) -> Iterator[Said]:
    for reason, count in sorted(applied.suppressed.items()):
        why = REASONS.get(reason, reason.replace("_", " "))
        yield said_n("{n} alert does not go out: {why}", "{n} alerts do not go out: {why}", count, why=why)


def earlier_row(row: Mapping[str, Any], now: datetime) -> EarlierRow:
    """A note of the audit log."""
    facts = row["after"] or {}
    return EarlierRow(
        at=stamp(row["at"], now),
        who=plain_text(row["who"], 80),
        told=said(
            "the last {since}: {new}, {told}",
            since=plain_text(str(facts.get("since", "?")), 20),
            new=said_n("{n} new match", "{n} new matches", _number(facts, "new matches")),
            told=said_n("{n} alert", "{n} alerts", _number(facts, "told")),
        ),
    )


def _number(facts: Mapping[str, Any], key: str) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) else 0
