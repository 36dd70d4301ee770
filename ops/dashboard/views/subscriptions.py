"""PURE. Subscriptions as their pages show them: who hears of what, where and when, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.digest import At, AtOnce, Hourly, next_due, parse_when
from alerts.letter import plain_text
from alerts.model import Item
from ops.amounts import span
from ops.causes import BY_READERS, cause
from ops.dashboard.views.channels import called
from ops.dashboard.words import Stamp, State, due_stamp, language_tag, maybe_stamp, stamp
from ops.previews import Preview
from ops.said import Said, said, said_n
from ops.watchlist.values import duration_text

Row = Mapping[str, Any]

_NAME, _LISTED = 80, 6
_DAYS = (said("Mon"), said("Tue"), said("Wed"), said("Thu"), said("Fri"), said("Sat"), said("Sun"))


@dataclass(frozen=True, slots=True)
class Reached:
    """A channel of a subscription, and how it does; `id` 0 where there is none of that name any more."""

    id: int
    name: str
    state: State
    note: Said | str


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription in words; `rhythm` has a sentence for each of its times."""

    id: int
    name: str
    declared: bool
    topics: tuple[str, ...]
    more_topics: int
    channels: tuple[Reached, ...]
    rhythm: tuple[Said | str, ...]
    limits: tuple[Said, ...]
    state: State
    until: Stamp | None
    next_due: Stamp | None
    collecting: Said | str
    last_told: Stamp | None
    paused: bool
    resting: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """What is collected and goes out later: to which channel, when, how much; `previews` where it is not too much."""

    channel: str
    due: Stamp | None
    articles: Said
    previews: tuple[Preview, ...] = ()


def compose(
    rows: Sequence[Row], channels: Mapping[str, Row], collecting: Mapping[int, int], now: datetime
) -> tuple[SubscriptionView, ...]:
    """Subscriptions with the channels that they lead to and what is collected for them."""
    return tuple(_subscription(row, channels, collecting.get(row["id"], 0), now) for row in rows)


def _subscription(row: Row, channels: Mapping[str, Row], collected: int, now: datetime) -> SubscriptionView:
    state, until = _state(row, now)
    topics = tuple(plain_text(name, _NAME) for name in row["topics"])
    return SubscriptionView(
        id=row["id"],
        name=called(row["name"], 200),
        declared=row["declared"],
        topics=topics[:_LISTED],
        more_topics=max(0, len(topics) - _LISTED),
        channels=tuple(_reached(name, channels.get(name), row["name"]) for name in row["channels"]),
        rhythm=tuple(rhythm(text, row["timezone"]) for text in row["when"]),
        limits=tuple(limits(row)),
        state=state,
        until=until,
        next_due=_next(row, now),
        collecting=said_n("{n} article collected", "{n} articles collected", collected) if collected else "",
        last_told=maybe_stamp(row["last_told_at"], now),
        paused=row["paused_at"] is not None,
        resting=row["paused_at"] is not None or row["snoozed_until"] is not None,
    )


def rhythm(when: str, timezone: str) -> Said:
    """One of a subscription's times in words: "at once", "daily 07:00 Asia/Jakarta"."""
    match parse_when(when):
        case AtOnce():
            return said("at once")
        case Hourly():
            return said("at every full hour")
        case At(days, clock) if len(days) == 7:
            return said("daily {clock} {zone}", clock=f"{clock:%H:%M}", zone=timezone)
        case At(days, clock):
            return said("{days} {clock} {zone}", days=_named(days), clock=f"{clock:%H:%M}", zone=timezone)


def _named(days: Collection[int]) -> Said:
    """ "Mon, Fri", in whatever language it is shown."""
    first, *others = (_DAYS[day] for day in sorted(days))
    for day in others:
        first = said("{days}, {day}", days=first, day=day)
    return first


def limits(row: Row) -> list[Said]:
    """What holds back or narrows what a subscription hears; what is as usual is left out."""
    found: list[Said] = []
    if row["quiet"]:
        found.append(said("quiet {hours} {zone}", hours=row["quiet"], zone=row["timezone"]))
    if row["urgent"]:
        found.append(said("urgent even then: {topics}", topics=_listed(row["urgent"])))
    if row["wait_s"]:
        found.append(said("collects for {span} before telling", span=span(row["wait_s"])))
    if row["group"] == "text":
        found.append(said("only copies follow a message"))
    if row["group"] == "off":
        found.append(said("each article by itself"))
    if row["cap_per_hour"] != 12:
        found.append(
            said_n("at most {n} message an hour", "at most {n} messages an hour", row["cap_per_hour"])
        )
    only = [name for name in row["sources"] if not name.startswith("-")]
    never = [name[1:] for name in row["sources"] if name.startswith("-")]
    if only:
        found.append(said("only from {sources}", sources=_listed(only)))
    if never:
        found.append(said("never from {sources}", sources=_listed(never)))
    if row["languages"]:
        found.append(said("only in {languages}", languages=_listed(row["languages"])))
    if row["on_doubt"] == "hold":
        found.append(said("never twice: held where an answer was lost"))
    return found


def as_given(row: Row) -> dict[str, str]:
    """A subscription as the form shows it: a text for each field, lists a line each."""
    lists = ("topics", "channels", "when", "sources", "languages", "urgent")
    return {
        **{key: "\n".join(row[key]) for key in lists},
        "name": row["name"],
        "timezone": row["timezone"],
        "quiet": row["quiet"] or "",
        "wait": duration_text(row["wait_s"]),
        "group": row["group"],
        "cap_per_hour": str(row["cap_per_hour"]),
        "on_doubt": row["on_doubt"],
    }


def told_of(row: Row, numbers: Mapping[str, int]) -> tuple[tuple[Said | str, int], ...]:
    """Its topics and tags with their numbers; 0 for a tag, and for a topic that there is none of."""
    return tuple((called(name), numbers.get(name, 0)) for name in row["topics"])


def coming(
    rows: Sequence[Row], shown: Mapping[int, tuple[Preview, ...]], now: datetime
) -> tuple[Coming, ...]:
    """What goes out later, the soonest first."""
    return tuple(
        Coming(
            called(row["channel"]),
            # what a pause keeps has no time yet
            due_stamp(row["due_at"], now) if row["due_at"].year < 9999 else None,
            said_n("{n} article", "{n} articles", row["articles"]),
            shown.get(row["id"], ()),
        )
        for row in rows
    )


def language_of(article: Item | None) -> str:
    """The language of the article in a preview, as HTML may carry it."""
    return (language_tag(article.language) or "") if article else ""


def _state(row: Row, now: datetime) -> tuple[State, Stamp | None]:
    if row["paused_at"]:
        return State("off", said("paused")), stamp(row["paused_at"], now)
    if row["snoozed_until"]:
        return State("off", said("snoozes")), due_stamp(row["snoozed_until"], now)
    return State("ok", said("hears")), None


def _next(row: Row, now: datetime) -> Stamp | None:
    """When its next digest goes out; None where it has none."""
    times = [parse_when(text) for text in row["when"]]
    due = [next_due(when, row["timezone"], now) for when in times if not isinstance(when, AtOnce)]
    return due_stamp(min(due), now) if due else None


def _reached(name: str, row: Row | None, subscription: str) -> Reached:
    shown = called(name)
    if row is None:
        return Reached(0, shown, State("bad", said("gone")), said("no channel is called so any more"))
    if row["blocked_by"]:
        return Reached(row["id"], shown, State("bad", said("blocked")), "")
    if subscription in row["departed"]:
        return Reached(row["id"], shown, State("off", said("unsubscribed")), said("its reader left"))
    if row["unconfirmed"]:
        return Reached(row["id"], shown, State("off", said("waits for its owner's yes")), "")
    if row["stopped"] and row["stopped"] not in BY_READERS:
        why = cause(plain_text(row["stopped"], 200))
        return Reached(row["id"], shown, State("bad", said("lets nothing through")), why)
    if row["stopped"]:
        return Reached(row["id"], shown, State("off", said("resting")), "")
    if row["paused_until"]:
        return Reached(row["id"], shown, State("slow", said("paused")), "")
    return Reached(row["id"], shown, State("ok", said("open")), "")


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(plain_text(name, _NAME) for name in names[:_LISTED])
    return f"{first} +{len(names) - _LISTED}" if len(names) > _LISTED else first
