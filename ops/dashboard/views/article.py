"""PURE. One article as Pantau read it: where it came from, its text with what matched, how long each step took, and who
was told or why not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from alerts.letter import plain_text, runs, safe_link
from ops.amounts import count, span
from ops.badly_read import LONGEST_REPORT
from ops.dashboard import charts
from ops.dashboard.charts import Bar
from ops.dashboard.views.rows import AttemptRow, Runs, attempt_row, host_of
from ops.dashboard.words import Stamp, State, delivery_state, feed_state, language_tag, maybe_stamp, stamp
from ops.moments import Instant
from ops.outcome import outcome
from ops.placed import placed_because
from ops.readings import noted, taken
from ops.said import Said, joined, said, said_n
from ops.store.storied import Storied
from ops.tracing import Asked, Trace, nearest_feeds, parts_of, sentence
from worker.model import ReadingNotes

Row = Mapping[str, Any]

STRIP = (1000.0, 8.0)
LONGEST_TEXT = 60_000
_PARAGRAPHS, _PARAGRAPH = 400, 6_000
_TITLE, _NAME, _SENTENCE, _ADDRESS, _LINE = 400, 80, 600, 300, 300
_PARTS, _DEEPEST = 60, 6
_MOST = 100
"""So many topics, decisions and messages are shown."""
_KINDS = {
    "article": said("at once"),
    "backlog": said("what was already in the feeds"),
    "digest": said("digest"),
    "followup": said("follow-up"),
    "quiet": said("after quiet hours"),
    "rollup": said("roll-up"),
    "update": said("update of a message"),
}


@dataclass(frozen=True, slots=True)
class Brought:
    """A feed that brought the article; `notes` tell what is remarkable about that."""

    feed: str
    site: str
    seen: Stamp
    state: str
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the article's way: when it was done (None: not, or nobody knows) and how long after the one before."""

    word: Said
    at: Stamp | None
    after: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query: how deep it stands, whether it holds, and its words or what is missing."""

    depth: int
    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class TopicPart:
    """A topic: whether it matches the article as it reads, why or why not, and who hears of it."""

    name: str
    page: str
    path: str
    chosen: bool
    state: State
    notes: tuple[Said, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided for one topic, subscription and channel, and what became of that."""

    topic: str
    subscription: str
    channel: str
    state: State
    said: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has the article, with its attempts. `mine`: what who looks at it said of it; `others`: what
    others did."""

    key: str
    channel: str
    kind: Said | str
    state: State
    at: Stamp
    repeat: bool
    attempts: tuple[AttemptRow, ...]
    mine: bool | None
    others: tuple[tuple[str, Said], ...]


@dataclass(frozen=True, slots=True)
class StoryPart:
    """The story that the article is in, and why."""

    path: str
    title: str
    size: str
    because: str


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reported of the text; `old` if it was taken in another way then."""

    by: str
    at: Stamp
    text: str
    old: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole page. `paragraphs` are the text as it is matched, in pieces; `cut` tells of what is not shown or was
    taken out of it; `asked` is the topic that was asked for, `unknown` that there is none of that name."""

    path: str
    title: Runs
    language: str | None
    source: str
    link: str | None
    address: str
    sentence: str
    steps: tuple[Step, ...]
    strip: tuple[Bar, ...]
    brought: tuple[Brought, ...]
    facts: tuple[tuple[Said, str], ...]
    summary_only: str
    again_due: bool
    paragraphs: tuple[Runs, ...]
    cut: tuple[Said, ...]
    earlier: tuple[tuple[Stamp, str], ...]
    topics: tuple[TopicPart, ...]
    silent: str
    everything: str
    asked: str
    unknown: bool
    told: tuple[Told, ...]
    more_told: Said | str
    messages: tuple[Message, ...]
    more_messages: Said | str
    story: StoryPart | None
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read for one view. `named` is the topic that was asked for, `unknown` if there is none."""

    number: int
    trace: Trace
    story: Storied | None
    said: Sequence[Row]
    reports: Sequence[Row]
    user: str
    named: str = ""
    unknown: bool = False


def compose(facts: Facts, now: datetime) -> View:
    """The page that these facts make; the article is known."""
    trail, article = facts.trace.trail, facts.trace.trail.article
    assert article is not None
    path = f"/articles/{facts.number}"
    steps = _steps(facts, now)
    marked = [match for match in trail.matches if facts.named in ("", match["topic"])]
    title = tuple(runs(article["title"], _marks(marked, "title", article["title"]), _TITLE))
    paragraphs, left = _paragraphs(article["body"], _marks(marked, "body", article["body"]))
    return View(
        path=path,
        title=title if any(piece.strip() for piece, _ in title) else ((said("(without a title)"), False),),
        language=language_tag(article["language"]),
        source=_name(article["source"]),
        link=safe_link(article["url"]),
        address=plain_text(article["identity"], _ADDRESS),
        sentence=_harmless(sentence(facts.trace)),
        steps=steps,
        strip=_strip(facts),
        brought=tuple(_brought(entry, now) for entry in trail.entries),
        facts=tuple(_facts(article)),
        summary_only=plain_text(article["page_problem"] or "", _LINE) if article["summary_only"] else "",
        again_due=any(entry["page_due_at"] for entry in trail.entries),
        paragraphs=paragraphs,
        cut=tuple(_cut(article, left)),
        earlier=tuple((stamp(row["read_at"], now), _earlier(row)) for row in trail.earlier),
        topics=tuple(_topic(asked, trail.matches, facts.named, path) for asked in facts.trace.asked[:_MOST]),
        silent=f"{facts.trace.silent:,}" if facts.trace.silent else "",
        everything=f"{path}?{urlencode({'hold': 'all'})}",
        asked=plain_text(facts.named, _NAME),
        unknown=facts.unknown,
        told=tuple(_told(alert, now) for alert in trail.alerts[:_MOST]),
        more_told=_more(trail.alerts),
        messages=tuple(_message(row, facts, now) for row in trail.deliveries[:_MOST]),
        more_messages=_more(trail.deliveries),
        story=_story(facts.story),
        reports=tuple(_report(row, article["method"], now) for row in facts.reports),
    )


@dataclass(frozen=True, slots=True)
class Unknown:
    """The page of an address whose article nobody read: why, which entries there are, which feeds are near, and the
    `command` that reads the page now."""

    asked: str
    sentence: str
    brought: tuple[Brought, ...]
    command: str
    near: tuple[tuple[str, str, State, str], ...]


def unread(trace: Trace, feeds: Sequence[Row], now: datetime) -> Unknown:
    """What is known of an address without an article."""
    near = [] if trace.known else nearest_feeds(trace.url, feeds)
    return Unknown(
        asked=plain_text(trace.url, 1000),
        sentence=_harmless(sentence(trace)),
        brought=tuple(_brought(entry, now) for entry in trace.trail.entries),
        command="" if trace.known else f"pantau why --fetch {shlex.quote(plain_text(trace.url, 1000))}",
        near=tuple(
            (
                _name(feed["name"]),
                host_of(feed["url"]),
                feed_state(feed["state"]),
                plain_text(feed["last_error"] or "", _LINE),
            )
            for feed in near
        ),
    )


def _steps(facts: Facts, now: datetime) -> tuple[Step, ...]:
    steps, before = [], None
    for word, at in _moments(facts):
        after = span((at - before).total_seconds()) if at is not None and before is not None else ""
        steps.append(Step(word, maybe_stamp(at, now), after))
        before = at or before
    return tuple(steps)


def _strip(facts: Facts) -> tuple[Bar, ...]:
    """What part of the whole way each step took."""
    known = [at for _, at in _moments(facts) if at is not None]
    lengths = [max((later - at).total_seconds(), 0.0) for at, later in pairwise(known)]
    return charts.shares(lengths, *STRIP) if sum(lengths) else ()


def _moments(facts: Facts) -> tuple[tuple[Said, datetime | None], ...]:
    trail, article = facts.trace.trail, facts.trace.trail.article
    assert article is not None
    sent = (row["ended_at"] for row in trail.deliveries if row["state"] == "sent")
    return (
        (said("Published"), article["published_at"]),
        (said("Seen"), article["seen_at"]),
        (said("Read"), article["read_at"]),
        (said("Matched"), min((match["found_at"] for match in trail.matches), default=None)),
        (said("Planned"), min((alert["decided_at"] for alert in trail.alerts), default=None)),
        (said("Sent"), min(sent, default=None)),
    )


def _brought(entry: Row, now: datetime) -> Brought:
    notes = [
        said("not watched any more") if entry["feed_removed"] else "",
        said("in the feed when it was added") if entry["backlog"] else "",
        said_n("edited {n} time since", "edited {n} times since", entry["edits"]) if entry["edits"] else "",
        said_n("its page was tried {n} time", "its page was tried {n} times", entry["page_tries"])
        if entry["page_tries"]
        else "",
        said("set aside: {why}", why=plain_text(entry["reason"], _LINE)) if entry["reason"] else "",
    ]
    return Brought(
        feed=_name(entry["feed"]),
        site=host_of(entry["feed_url"]),
        seen=stamp(entry["seen_at"], now),
        state=entry["feed_state"],
        notes=tuple(note for note in notes if isinstance(note, Said)),
    )


def _facts(article: Row) -> Iterator[tuple[Said, str]]:
    """How the article was had, a line each."""
    yield said("Language"), language_tag(article["language"]) or said("unknown")
    if article["authors"]:
        yield said("By"), plain_text(", ".join(article["authors"]), _LINE)
    yield said("Text"), joined((_characters(article["text_length"]), _how(article["method"])), ", ")
    if article["via"]:
        yield said("Via"), plain_text(article["via"], _LINE)
    words = {
        "asked": said("Asked"),
        "answered": said("Answered"),
        "decoded": said("Decoded"),
        "cut": said("Cut"),
    }
    word = said("Asked")
    for label, sentences in noted(ReadingNotes.of(article["notes"])):
        word = words.get(label, word)
        yield word, plain_text("; ".join(sentences), _SENTENCE)


def _how(method: str) -> Said:
    return said("the feed's own words") if method == "feed" else said("taken {how}", how=taken(method))


def _characters(n: int) -> Said:
    return said_n("{n} character", "{n} characters", n)


def _earlier(reading: Row) -> Said:
    only = said("summary only") if reading["summary_only"] else ""
    return joined((_characters(reading["text_length"]), _how(reading["method"]), only), ", ")


def _cut(article: Row, left: int) -> Iterator[Said]:
    repeated = ReadingNotes.of(article["notes"]).repeated
    if repeated:
        yield said(
            "{n} characters were cut because the site repeats them from article to article.",
            n=f"{repeated:,}",
        )
    if left:
        yield said("{n} more characters are matched, and not shown here.", n=f"{left:,}")


def _marks(matches: Sequence[Row], field: str, text: str) -> list[tuple[int, int]]:
    """Where the words stand that matched; a place whose word is another by now is none."""
    return [
        (start, end)
        for match in matches
        for where, start, end, word in match["hits"]
        if where == field and text[start:end] == word
    ]


def _paragraphs(body: str, marks: Sequence[tuple[int, int]]) -> tuple[tuple[Runs, ...], int]:
    """The text by paragraphs with what matched in each, and how many characters are left out at its end."""
    shown: list[Runs] = []
    end = 0
    for found in re.finditer(r"[^\n]+", body[:LONGEST_TEXT]):
        if len(shown) == _PARAGRAPHS:
            break
        begin, end = found.span()
        here = [(start - begin, stop - begin) for start, stop in marks if start < end and stop > begin]
        pieces = tuple(runs(found[0], here, _PARAGRAPH))
        if any(piece.strip() for piece, _ in pieces):
            shown.append(pieces)
    return tuple(shown), len(body[end:].strip())


def _topic(asked: Asked, matches: Sequence[Row], named: str, path: str) -> TopicPart:
    holds, name = asked.explained.holds, asked.topic.name
    was = name in {match["topic"] for match in matches}
    heard = ", ".join(_name(each) for each in asked.heard_by[:5])
    notes = [
        said("added or changed since it was read") if asked.changed_since else "",
        said("it matched when the article was read") if was and not holds else "",
        said("heard by {names}", names=heard) if heard else said("no subscription hears of it"),
    ]
    return TopicPart(
        name=_name(name),
        page=f"/topics/{asked.topic.id}",
        path=path if name == named else f"{path}?{urlencode({'topic': name})}",
        chosen=name == named,
        state=State("ok", said("matches")) if holds else State("off", said("does not match")),
        notes=tuple(note for note in notes if isinstance(note, Said)),
        parts=tuple(
            Part(min(depth, _DEEPEST), held, _harmless(text))
            for (depth, held, text), _ in zip(parts_of(asked.explained), range(_PARTS), strict=False)
        ),
    )


def _told(alert: Row, now: datetime) -> Told:
    topic, subscription, channel = (_name(alert[key]) for key in ("topic", "subscription", "channel"))
    return Told(topic, subscription, channel, _alert_state(alert, now), _harmless(outcome(alert)))


def _alert_state(alert: Row, now: datetime) -> State:
    if alert["state"] == "suppressed" or alert["due_at"] is None:
        return State("off", said("not told"))
    return delivery_state(alert["state"], None, alert["due_at"], now)


def _message(row: Row, facts: Facts, now: datetime) -> Message:
    here = [word for word in facts.said if word["channel"] == row["channel"]]
    mine = next((word["relevant"] for word in here if word["said_by"] == said_by(facts.user)), None)
    others = [word for word in here if word["said_by"] != said_by(facts.user)]
    return Message(
        key=str(row["key"]),
        channel=_name(row["channel"]),
        kind=_KINDS.get(row["kind"], ""),
        state=delivery_state(row["state"], row["reason"], row["due_at"], now),
        at=stamp(row["ended_at"] or row["created_at"], now),
        repeat=row["possible_repeat"],
        attempts=tuple(attempt_row(attempt, now) for attempt in row["attempts"]),
        mine=mine,
        others=tuple(
            (_name(word["said_by"]), said("relevant") if word["relevant"] else said("not relevant"))
            for word in others[:10]
        ),
    )


def _more(rows: Sequence[Row]) -> Said | str:
    left = len(rows) - _MOST
    return said_n("{n} more is not shown.", "{n} more are not shown.", left) if left > 0 else ""


def said_by(user: str) -> str:
    """Who says something of an article on the pages, as it is kept beside what is said in Slack."""
    return f"page:{user}"


def _story(story: Storied | None) -> StoryPart | None:
    if story is None:
        return None
    size = joined(
        (
            count(story.articles, "article"),
            said_n("{n} source", "{n} sources", story.outlets),
            said_n("{n} language", "{n} languages", story.languages),
        ),
        ", ",
    )
    title = plain_text(story.title, _TITLE)
    return StoryPart(
        f"/stories/{story.number}", title or said("(without a title)"), size, placed_because(story)
    )


def _report(row: Row, method: str, now: datetime) -> Report:
    return Report(
        by=_name(row["said_by"]),
        at=stamp(row["said_at"], now),
        text=plain_text(row["said"], LONGEST_REPORT),
        old=row["method"] != method,
    )


def _harmless(text: str) -> str:
    """A sentence of ours with what strangers wrote in it made harmless."""
    if isinstance(text, Said):
        return text.filled_by(lambda value: _harmless(value) if isinstance(value, str) else value)
    return text if isinstance(text, Instant) else plain_text(text, _LINE)


def _name(name: str) -> str:
    return plain_text(name, _NAME)
