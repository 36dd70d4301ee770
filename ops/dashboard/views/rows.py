"""PURE. From rows to what the tables show. Titles, sentences, names and answers come from strangers: they
leave here as pieces of plain text with marks beside them, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.evidence import Evidence, show_why
from alerts.letter import plain_text, runs, safe_link
from ops.amounts import count, span
from ops.causes import cause
from ops.dashboard.words import (
    Stamp,
    State,
    attempt_state,
    delivery_state,
    due_stamp,
    feed_state,
    language_tag,
    maybe_stamp,
    stamp,
)
from ops.remarks import notes, remarks
from ops.said import Said, joined, said, said_n

Row = Mapping[str, Any]
Runs = tuple[tuple[str, bool], ...]
"""Text in pieces; True for those that matched."""

_TITLE, _QUOTE, _NAME, _ANSWER, _WORDS = 250, 360, 80, 300, 3
_KINDS = {
    "backlog": said("what was already in the feeds"),
    "digest": said("digest"),
    "followup": said("follow-up"),
    "quiet": said("after quiet hours"),
    "rollup": said("roll-up"),
}
_SUMMARIES = frozenset({"backlog", "digest", "quiet", "rollup"})
_PLACES = {"title": said("in the title"), "body": said("in the text")}
_PROMPT_S = 60.0
_WHY = {
    "asked_for": said("somebody asked for it"),
    "catching_up": said("entries may have slipped through"),
    "every": said("as often as set"),
    "failing": said("fails, so ever more seldom"),
    "feed_found": said("its feed was just found"),
    "gap_possible": said("entries may have slipped through"),
    "host_cooling": said("its site wants to be left alone"),
    "news": said("as often as it brings news"),
    "pinged": said("its hub has told of news"),
    "pushed": said("its hub is trusted to tell"),
    "retry_after": said("its server named the time"),
    "server_hint": said("its server wants it less often"),
    "skipped_hours": said("it says that it rests until then"),
    "unchanged": said("nothing new, so more seldom"),
}


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of an article on one channel."""

    channel: str
    state: State
    note: Said | str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An article that people hear of: why (`places` are matched words with where they stand) and how fast
    (`lag` is the first channel's, `slow` if that is our own fault)."""

    id: int
    told: Stamp
    topics: tuple[str, ...]
    title: Runs
    link: str | None
    language: str | None
    quote: Runs
    source: str
    places: tuple[tuple[str, Said], ...]
    summary_only: bool
    lag: Said | str
    lag_of: Said
    slow: bool
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt at a delivery."""

    n: int
    at: Stamp
    state: State
    answer: Said | str
    took: Said | str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message to a channel, with its attempts; `key` is its public id."""

    id: int
    key: str
    created: Stamp
    channel: str
    title: Said | str
    language: str | None
    about: Said | str
    state: State
    repeat: bool
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed: how it does, when it is polled next and why then."""

    id: int
    name: str
    site: str
    state: State
    next_poll: Stamp | None
    why_then: Said | str
    last_ok: Stamp | None
    error: Said | str
    note: Said | str
    last_entry: Stamp | None
    entries: Said | str


def alert_row(row: Row, now: datetime) -> AlertRow:
    """An article with its evidence and sendings (`ops.store.overview.latest_alerts`)."""
    quote, marks, title_marks = show_why([evidence_of(match) for match in row["evidence"]])
    lag, lag_of, slow = _lag(row)
    return AlertRow(
        id=row["id"],
        told=stamp(_first_sent(row) or row["seen_at"], now),
        topics=tuple(dict.fromkeys(name_of(match["topic"]) for match in row["evidence"])),
        title=title_runs(row["title"], title_marks),
        link=safe_link(row["url"]),
        language=language_tag(row["language"]),
        quote=tuple(runs(quote, marks, _QUOTE)),
        source=name_of(row["source"]),
        places=_places(row),
        summary_only=row["summary_only"],
        lag=lag,
        lag_of=lag_of,
        slow=slow,
        sendings=tuple(sending_row(sending, now) for sending in row["sendings"]),
    )


def delivery_row(row: Row, attempts: Sequence[Row], now: datetime) -> DeliveryRow:
    """A delivery with its attempts (`latest_deliveries`, `attempts_among`)."""
    title, theirs = headline(row), row["kind"] not in _SUMMARIES
    return DeliveryRow(
        id=row["id"],
        key=str(row["key"]),
        created=stamp(row["created_at"], now),
        channel=name_of(row["channel"]),
        title=title,
        language=language_tag(row["language"]) if theirs else None,
        about=_about(row),
        state=delivery_state(row["state"], row["reason"], row["due_at"], now),
        repeat=row["possible_repeat"],
        attempts=tuple(attempt_row(attempt, now) for attempt in attempts),
    )


def headline(row: Row) -> Said | str:
    """What a message is, in a line: the headline it tells of, or what it is made of."""
    title = plain_text(row["title"] or "", _TITLE)
    if row["kind"] in _SUMMARIES and row["articles"]:
        return said_n("Summary of {n} article", "Summary of {n} articles", row["articles"])
    if row["kind"] == "update":
        return said("Update: {title}", title=title) if title else said("Update of an earlier message")
    if row["kind"] == "notice":
        return said("Notice about Pantau itself")
    return title or (said("(without a title)") if row["articles"] else said("No article yet"))


def _about(row: Row) -> Said:
    """What there is to know of a message beside its headline."""
    more, newest = row["articles"] - 1, plain_text(row["title"] or "", _TITLE)
    summary = row["kind"] in _SUMMARIES
    parts = (
        _KINDS.get(row["kind"], ""),
        said("the newest: {title}", title=newest) if summary and newest else "",
        said_n("and {n} more article", "and {n} more articles", more) if more > 0 and not summary else "",
        ", ".join(map(name_of, row["topics"] or ())),
    )
    return joined(parts, " · ")


def attempt_row(row: Row, now: datetime) -> AttemptRow:
    """One attempt: the receiver's own words where there are any, else ours."""
    answer = plain_text(row["answer"] or "", _ANSWER) or reason_in_words(row["reason"])
    took = "" if row["elapsed_s"] is None else span(row["elapsed_s"])
    return AttemptRow(row["n"], stamp(row["started_at"], now), attempt_state(row["verdict"]), answer, took)


def feed_row(row: Row, now: datetime) -> FeedRow:
    """A feed as the list shows it (`ops.store.overview.feed_list`)."""
    rests = row["state"] in ("gone", "paused")
    return FeedRow(
        id=row["id"],
        name=feed_name(row),
        site=host_of(row["url"]),
        state=feed_state("silent" if row.get("silence") and row["state"] == "ok" else row["state"]),
        next_poll=None if rests else due_stamp(row["next_poll_at"], now),
        why_then=said("not polled any more") if rests else why_then(row),
        last_ok=maybe_stamp(row["last_ok_at"], now),
        error=trouble(row, now),
        note=joined(notes(row, now), "; "),
        last_entry=maybe_stamp(row["last_entry_at"], now),
        entries=count(row["entries"], "entry"),
    )


def trouble(row: Row, now: datetime) -> Said | str:
    """What is wrong with the feed, in words; \"\" where nothing is."""
    if row["state"] in ("failing", "gone"):
        return reason_in_words(row["last_error"])
    return joined(remarks(row, now), "; ")


def reason_in_words(reason: str | None) -> Said | str:
    """A reason as the rows have it, in words. What it holds of strangers' words is made harmless first, so that the
    sentence around them can still be put into the reader's language."""
    return cause(plain_text(reason or "", _ANSWER))


def why_then(row: Row) -> Said | str:
    """Why the next poll is when it is; a site that is left alone goes before what its feed would want."""
    return _WHY["host_cooling"] if row.get("cooling_until") else _spoken(row["next_poll_why"])


def feed_name(row: Row) -> str:
    """The feed's name, or its host where it has none."""
    return name_of(row["name"] or "") or host_of(row["url"])


def _spoken(code: str | None) -> Said | str:
    return _WHY.get(code or "") or plain_text((code or "").replace("_", " "), _NAME)


def name_of(name: str) -> str:
    """A name as one harmless line."""
    return plain_text(name, _NAME)


def host_of(url: str) -> str:
    """The host alone: the rest of a feed's address may be a key."""
    try:
        return plain_text(urlsplit(url).hostname or "", _NAME)
    except ValueError:
        return ""


def evidence_of(match: Row) -> Evidence:
    """What one match shows of its topic."""
    quote = match["quote"]
    in_title = tuple((start, end) for field, start, end, _ in match["hits"] if field == "title")
    marks = tuple((start, end) for start, end in quote["marks"])
    return Evidence(in_title, quote["field"], quote["text"], marks)


def title_runs(title: str, marks: Sequence[tuple[int, int]]) -> Runs:
    """A title in pieces, never empty."""
    pieces = tuple(runs(title, marks, _TITLE))
    visible = any(piece.strip() for piece, _ in pieces)
    return pieces if visible else ((said("(without a title)"), False),)


def _places(row: Row) -> tuple[tuple[str, Said], ...]:
    """The matched words, and where they stand: each word once, at most three of a place."""
    found: dict[str, dict[str, str]] = {"title": {}, "body": {}}
    for match in row["evidence"]:
        for field, _, _, word in match["hits"]:
            found.setdefault(field, {}).setdefault(word.casefold(), plain_text(word, 40))
    told = set(found["title"])
    fresh = {
        field: [shown for key, shown in words.items() if field == "title" or key not in told]
        for field, words in found.items()
    }
    return tuple(
        (", ".join(words[:_WORDS]), _PLACES.get(field) or said("in: {field}", field=field))
        for field, words in fresh.items()
        if words
    )


def _first_sent(row: Row) -> datetime | None:
    return min((s["ended_at"] for s in row["sendings"] if s["state"] == "sent"), default=None)


def _lag(row: Row) -> tuple[Said | str, Said, bool]:
    """How long the first channel took, since when, and whether that is long for a message sent at once."""
    sent = _first_sent(row)
    if sent is None:
        return "–", said("not sent yet"), False
    published = row["published_at"] is not None
    seconds = (sent - (row["published_at"] if published else row["seen_at"])).total_seconds()
    since = said("since it was published") if published else said("since it was seen")
    first = min((s for s in row["sendings"] if s["state"] == "sent"), key=lambda s: s["ended_at"])
    prompt = (sent - row["seen_at"]).total_seconds() - first["waited_s"] <= _PROMPT_S
    return span(seconds), since, first["kind"] == "article" and not prompt


def sending_row(row: Row, now: datetime) -> Sending:
    """What became of an article on one channel."""
    notes = (_KINDS.get(row["kind"], ""), said("possible repeat") if row["possible_repeat"] else "")
    state = delivery_state(row["state"], row["reason"], row["due_at"], now)
    return Sending(name_of(row["channel"]), state, joined(notes, ", "))
